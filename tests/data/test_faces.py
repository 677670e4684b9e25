import re
from itertools import product

import numpy as np
import pytest

from ganzoo.data import faces, load_data
from ganzoo.data.face_drawings import DRAWINGS
from ganzoo.data.faces import ATTRIBUTES, SHAPES, draw, encode, read_attributes
from ganzoo.data.made_pairs import PAIRS
from ganzoo.utils.tokenizer import Tokenizer, words

SIZES = [len(values) for values in ATTRIBUTES.values()]
COLUMNS = {name: column for column, name in enumerate(ATTRIBUTES)}
COLOURS = len(ATTRIBUTES) - len(SHAPES)
SEED = 7


@pytest.fixture(scope="module")
def some():
    return faces.sample_attributes(SEED, 2000)


def variants(names):
    """All faces that differ in these attributes alone."""
    values = [*product(*(range(SIZES[COLUMNS[name]]) for name in names))]
    drawn = np.zeros((len(values), len(SIZES)), int)
    drawn[:, [COLUMNS[name] for name in names]] = values
    return drawn


def test_a_face_is_fixed_by_seed_and_index(some):
    np.testing.assert_array_equal(faces.sample_attributes(SEED, 10), some[:10])
    rng = np.random.default_rng(SEED)
    np.testing.assert_array_equal(faces.sample_attributes(rng, 10), some[:10])
    assert (faces.sample_attributes(SEED + 1, 10) != some[:10]).any()
    np.testing.assert_array_equal(draw(some[:50]), draw(some)[:50])
    np.testing.assert_array_equal(draw(some[3]), draw(some)[3])


def test_values_are_as_likely_as_stated():
    drawn = faces.sample_attributes(SEED, 100_000)
    for column, (name, values) in zip(drawn.T, ATTRIBUTES.items(), strict=True):
        assert sum(values.values()) == pytest.approx(1), name
        share = np.bincount(column, minlength=len(values)) / len(drawn)
        np.testing.assert_allclose(share, [*values.values()], atol=0.006)
    correlation = np.corrcoef(drawn.T) - np.eye(len(SIZES))
    assert np.abs(correlation).max() < 0.015


def test_every_shape_has_a_drawing():
    assert {name: [*x] for name, x in SHAPES.items()} == {
        name: [*DRAWINGS[name]] for name in SHAPES
    }


@pytest.mark.parametrize("style", faces.STYLES)
def test_an_attribute_changes_the_cells_that_it_touches_alone(some, style):
    touched = faces.touched_cells(style)
    changed = np.zeros_like(touched)
    for column, size in enumerate(SIZES):
        other = some.copy()
        other[:, column] = (other[:, column] + 1) % size
        differ = (draw(some, style) != draw(other, style)).any(axis=-1)
        changed[column] = differ.any(axis=0).ravel()
        if style == "flat" or column >= COLOURS:
            assert differ.any(axis=(1, 2)).all()
    assert not (changed & ~touched).any()
    # A hat may lay background on background, which changes nothing.
    assert (changed.sum(axis=1) >= 0.85 * touched.sum(axis=1)).all()


def test_shapes_overlap_where_they_may_alone():
    touched = faces.touched_cells("ink")

    def together(a, b):
        return (touched[COLUMNS[a]] & touched[COLUMNS[b]]).any()

    found = {
        frozenset((a, b)) for a in SHAPES for b in SHAPES if a < b and together(a, b)
    }
    assert found == {
        frozenset(pair)
        for pair in [
            ("hair", "hat"),
            ("hair", "brows"),
            ("hair", "beard"),
            ("hair", "earrings"),
            ("hair", "glasses"),
            ("beard", "mouth"),
            ("beard", "glasses"),
        ]
    }


def test_every_face_has_a_picture_of_its_own():
    """Blocks are read in turn: each, given those before it, shows all of its values.

    For every block and each combination of what else touches certain cells, all
    values of the block look different there. Those cells depend on blocks that come
    before alone, so equal pictures have equal attributes, one block after another.
    """
    assert faces.COUNT == np.prod(SIZES) == 91_445_760
    touched, known = faces.touched_cells(), []
    for block in faces.BLOCKS:
        columns = [COLUMNS[name] for name in block]
        # Earrings hang in the hair; elsewhere what shares a cell are colours.
        shares = [*block, "hair"] if block == ("earrings",) else block
        others = [n for n in ATTRIBUTES if n not in known and n not in block]
        others += [n for n in SHAPES if n not in shares and n not in others]
        clear = ~touched[[COLUMNS[name] for name in others]].any(axis=0)
        cells = touched[columns].any(axis=0) & clear
        context = [n for n in known if (touched[COLUMNS[n]] & cells).any()]
        assert cells.any() and set(context) <= set(known)
        drawn = variants([*context, *block])
        pictures = draw(drawn).reshape(len(drawn), 256, 3)[:, cells]
        together = np.concatenate(
            [drawn[:, [COLUMNS[n] for n in context]], pictures.reshape(len(drawn), -1)],
            axis=1,
        )
        assert len({row.tobytes() for row in together}) == len(drawn), block
        known += block
    assert sorted(known) == sorted(ATTRIBUTES)


@pytest.mark.parametrize("size", [16, 32, 64])
@pytest.mark.parametrize("style", faces.STYLES)
def test_the_reader_is_exact(some, style, size):
    found = read_attributes(draw(some, style, size=size), style)
    expected = some.copy()
    if style == "ink":
        expected[:, :COLOURS] = -1
    np.testing.assert_array_equal(found, expected)


def test_the_reader_takes_floats_of_any_range(some):
    images = draw(some[:50], size=32)
    for low, high in ((-1, 1), (0, 1), (0, 255)):
        floats = low + images.astype("float32") / 255 * (high - low)
        found = read_attributes(floats, value_range=(low, high))
        np.testing.assert_array_equal(found, some[:50])


# As stated in the docstring of `read_attributes`.
@pytest.mark.parametrize(
    "style,size,std,most",
    [
        ("flat", 32, 16, 0),
        ("flat", 32, 32, 0.002),
        ("flat", 32, 64, 0.036),
        ("flat", 64, 32, 0),
        ("flat", 64, 64, 0.002),
        ("ink", 32, 64, 0),
    ],
)
def test_the_reader_withstands_noise(some, style, size, std, most):
    noise = np.random.default_rng(0).normal(0, std, (len(some), size, size, 3))
    noisy = draw(some, style, size=size) + noise
    found = read_attributes(noisy, style, value_range=(0, 255))
    visible = slice(COLOURS if style == "ink" else 0, None)
    wrong = (found[:, visible] != some[:, visible]).any(axis=1).mean()
    assert wrong <= most


def test_ink_is_grey_and_knows_no_colours(some):
    ink = draw(some, "ink")
    other = some.copy()
    other[:, :COLOURS] = 0
    np.testing.assert_array_equal(ink, draw(other, "ink"))
    assert np.ptp(ink.astype(int), axis=-1).max() <= 20  # warm paper, cool ink


def test_captions():
    face = encode(mouth="smiling", hair="bald", glasses="dark", hat="red cap")
    told = faces.caption(face, ["mouth", "hair", "glasses", "hat"])
    assert told == "a smiling bald face with dark glasses and a red cap"
    assert faces.caption(face, []) == "a face"
    assert faces.caption(encode(hat="amber beanie"), ["hat"]).endswith(
        "an amber beanie"
    )
    assert faces.caption(encode(skin="tan", hair="long", hair_colour="ginger")) == (
        "a smiling tan-skinned face with long ginger hair, straight brows and hazel "
        "eyes, in scarlet clothes on mint"
    )
    assert "raised pink brows" in faces.caption(
        encode(hair="bald", brows="raised", hair_colour="pink")
    )


def test_every_attribute_can_be_told_from_the_set_of_words(some):
    told = {}
    for face in some:
        key = frozenset(words(faces.caption(face)))
        np.testing.assert_array_equal(told.setdefault(key, face), face)
    for column in range(len(SIZES)):
        base = [faces.caption(x) for x in variants([[*ATTRIBUTES][column]])]
        assert len({frozenset(words(x)) for x in base}) == SIZES[column]


def test_names_and_numbers(some):
    for face in some[:20]:
        np.testing.assert_array_equal(encode(**faces.decode(face)), face)
    assert faces.decode(encode())["glasses"] == "none"


def test_as_a_data_set():
    train, test = load_data("faces"), load_data("faces", split="test")
    assert train.arrays["real"].shape == (20_000, 32, 32, 3)
    assert test.arrays["real"].shape == (5_000, 32, 32, 3)
    assert test.class_names[0] == "no glasses" and test.num_classes == 4
    known = faces.attributes("test")
    np.testing.assert_array_equal(test.arrays["label"], known[:, COLUMNS["glasses"]])
    np.testing.assert_array_equal(test.arrays["real"], draw(known, size=32))
    assert test.fingerprint == load_data("faces", split="test").fingerprint
    seen = {x.tobytes() for x in train.arrays["real"]}
    assert len(seen) > 19_900
    assert not seen & {x.tobytes() for x in test.arrays["real"]}
    assert len(faces.attributes("all")) == 25_000


def test_sizes_channels_and_classes():
    large = load_data("faces", split="test", image_size=64)
    small = load_data("faces", split="test", image_size=16, channels=1)
    assert large.sample_shape == (64, 64, 3) and small.sample_shape == (16, 16, 1)
    dark = load_data("faces", split="test", class_name="dark glasses")
    found = read_attributes(dark.arrays["real"][:100])
    assert (found[:, COLUMNS["glasses"]] == 3).all()


def test_captions_as_a_data_set():
    data = load_data("faces_captions", split="test")
    tokens = data.arrays["caption"]
    assert tokens.shape[0] == 5_000
    reader = Tokenizer(data.vocabulary, tokens.shape[1])
    known = faces.attributes("test")
    for text, face in zip(reader.decode(tokens[:50]), known, strict=False):
        assert words(text) == words(faces.caption(face))


def test_tags_of_a_face():
    face = encode(mouth="sad", hair="bald", glasses="none", hat="crown", beard="goatee")
    shown = [
        tag for tag, x in zip(faces.TAGS, faces.tags(face[None])[0], strict=True) if x
    ]
    assert shown == ["bald hair", "straight brows", "sad", "goatee", "crown"]
    data = load_data("faces_tags", split="test")
    assert data.class_names == tuple(faces.TAGS) and data.num_classes == 0
    label = data.arrays["label"]
    assert label.shape == (5_000, 27) and label.dtype == np.uint8
    np.testing.assert_array_equal(label, faces.tags(faces.attributes("test")))


def test_pairs_of_flat_and_ink():
    known = faces.attributes("test")[:300]
    source, real = PAIRS["ink"](draw(known), None)
    np.testing.assert_array_equal(source, draw(known, "ink"))
    np.testing.assert_array_equal(real, draw(known))
    with pytest.raises(ValueError, match="Only images of `faces`, unchanged"):
        faces.inked(real[:2] // 2)


def test_pairs_without_and_with_glasses():
    """The pair differs in the glasses alone; a face keeps those that it has."""
    known, column = faces.attributes("test")[:900], [*faces.ATTRIBUTES].index("glasses")
    pairs = PAIRS["glasses"](draw(known, size=16), np.random.default_rng(0))
    off, on = (read_attributes(images) for images in pairs)
    others = np.delete(known, column, axis=1)
    for read in (off, on):
        np.testing.assert_array_equal(np.delete(read, column, axis=1), others)
    assert (off[:, column] == 0).all() and (on[:, column] > 0).all()
    had = known[:, column] > 0
    np.testing.assert_array_equal(on[had, column], known[had, column])
    drawn = np.bincount(on[~had, column], minlength=4)[1:] / (~had).sum()
    np.testing.assert_allclose(drawn, 1 / 3, atol=0.06)  # the kinds are equally likely
    with pytest.raises(ValueError, match="Only images of `faces`, unchanged"):
        faces.glasses_off_on(pairs[0][:2] // 2, np.random.default_rng(0))


@pytest.mark.parametrize(
    "call,message",
    [
        (lambda: encode(mouht="sad"), "attribute 'mouht'. Did you mean 'mouth'"),
        (lambda: encode(mouth="sadd"), "mouth 'sadd'. Did you mean 'sad'"),
        (lambda: draw(encode(), "inc"), "style 'inc'. Did you mean 'ink'"),
        (lambda: draw(encode(), size=20), "multiple of 16.*Received: 20"),
        (lambda: draw(encode()[:3]), "background, clothes.*shape .3,."),
        (lambda: draw(encode() + 0.5), "whole numbers.*float64"),
        (lambda: draw(encode() + 6), "'background'. Allowed: 0 to 5, for mint.*: 6"),
        (lambda: faces.attributes("tests"), "split of faces 'tests'. Did you mean"),
        (lambda: faces.caption(encode(), ["hats"]), "Did you mean 'hat'"),
        (lambda: load_data("faces", split="tests"), "Allowed: train, test, all"),
        (lambda: load_data("face"), "Did you mean 'faces'"),
        (lambda: load_data("faces", image_size=28), "multiple of 16.*28, 28"),
        (lambda: read_attributes(np.zeros((1, 8, 8, 3), "u1")), "Received shape"),
        (lambda: read_attributes(np.zeros((1, 32, 32, 1), "u1")), "Received shape"),
        (lambda: read_attributes(np.zeros((1, 32, 32, 3))), "need `value_range`"),
        (
            lambda: read_attributes(np.zeros((1, 32, 32, 3)), value_range=(1, 1)),
            "need `value_range`",
        ),
        (
            lambda: read_attributes(
                np.full((1, 32, 32, 3), np.nan), value_range=(0, 1)
            ),
            "NaN or infinite",
        ),
        (lambda: read_attributes(np.zeros((0, 32, 32, 3), "u1")), "at least one"),
    ],
)
def test_what_is_no_face_is_refused(call, message):
    with pytest.raises(ValueError, match=re.compile(message, re.DOTALL)):
        call()
