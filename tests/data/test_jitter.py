import numpy as np
import pytest
import tensorflow as tf

from ganzoo.data import batches
from ganzoo.data.jitter import Jitter
from ganzoo.data.pipeline import stream_of

# Every pixel tells where it is: row in the first channel, column in the second.
PLACES = np.stack(np.mgrid[:12, :12], axis=-1).astype(np.uint8)[None].repeat(6, 0)
SMALL = PLACES[:, :6, :6] * 2
JITTER = Jitter({"real": (8, 8)}, flip=True)


def run(arrays, jitter, steps=4, batch_size=4, seed=3, start=0):
    stream = iter(batches(arrays, batch_size, seed=seed, start=start, jitter=jitter))
    return [{k: v.numpy() for k, v in next(stream).items()} for _ in range(steps)]


def test_crops_are_windows_at_every_offset_flipped_half_the_time():
    found = run({"real": PLACES}, JITTER, steps=50)
    seen = set()
    for image in np.concatenate([batch["real"] for batch in found]):
        flipped = image[0, 0, 1] > image[0, 1, 1]
        image = image[:, ::-1] if flipped else image
        top, left = map(int, image[0, 0])
        np.testing.assert_array_equal(image, PLACES[0, top : top + 8, left : left + 8])
        seen.add((top, left, bool(flipped)))
    assert {top for top, _, _ in seen} == {left for _, left, _ in seen} == set(range(5))
    assert len(seen) > 40  # of 50, after 200 draws
    assert {top - left for top, left, _ in seen} == set(range(-4, 5))


def test_offsets_and_flips_have_seeds_of_their_own(monkeypatch):
    draw, seeds = tf.random.stateless_uniform, []

    def recorded(shape, seed, *options):
        seeds.append(tuple(seed.numpy()))
        return draw(shape, seed, *options)

    monkeypatch.setattr(tf.random, "stateless_uniform", recorded)
    for step in (0, 1):
        JITTER({"real": PLACES}, 3, step, stream_of)
    assert len(set(seeds)) == len(seeds) == 6


def test_both_halves_of_a_pair_are_cut_alike():
    arrays = {"real": PLACES, "source": 255 - PLACES}
    jitter = Jitter({"real": (8, 8), "source": (8, 8)}, flip=True)
    for batch in run(arrays, jitter):
        np.testing.assert_array_equal(batch["source"], 255 - batch["real"])


def test_a_smaller_source_is_cut_at_its_own_scale():
    jitter = Jitter({"real": (8, 8), "source": (4, 4)})
    for batch in run({"real": PLACES, "source": SMALL}, jitter):
        np.testing.assert_array_equal(batch["source"], batch["real"][:, ::2, ::2])


def test_unpaired_images_are_cut_by_themselves():
    jitter = Jitter({"real": (8, 8), "unpaired": (8, 8)})
    found = run({"real": PLACES, "unpaired": PLACES[:5]}, jitter)
    assert any((batch["real"] != batch["unpaired"]).any() for batch in found)


def test_is_a_function_of_seed_and_step():
    arrays = {"real": PLACES}
    whole, later = run(arrays, JITTER), run(arrays, JITTER, steps=2, start=2)
    for before, after in zip(whole[2:], later, strict=True):
        np.testing.assert_array_equal(before["real"], after["real"])
    other = run(arrays, JITTER, seed=4)
    assert (whole[0]["real"] != other[0]["real"]).any()
    assert (whole[0]["real"] != whole[1]["real"]).any()


def test_labels_stay_and_shapes_are_static():
    arrays = {"real": PLACES, "label": np.arange(6, dtype=np.int32)}
    spec = batches(arrays, 4, seed=0, jitter=JITTER).element_spec
    assert spec["real"].shape == (4, 8, 8, 2) and spec["label"].shape == (4,)
    assert JITTER.cut(arrays)["real"].shape == (6, 8, 8, 2)


def test_too_small_images_are_refused():
    with pytest.raises(ValueError, match=r"'real' must be.*\(13, 8\).*\(12, 12\)"):
        batches({"real": PLACES}, 4, seed=0, jitter=Jitter({"real": (13, 8)}))
