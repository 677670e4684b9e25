"""A folder of images is translated: every kind of file, and those that are none."""

import errno
import os
import struct
import tracemalloc

import keras
import numpy as np
import pytest
from helpers import tiny
from image_files import break_three, check_answers, identical, make_folder, pixels
from PIL import Image
from terminal import Terminal

from ganzoo.cli import main as command
from ganzoo.cli.translate_folder import translate_folder
from ganzoo.data import flood, load_data
from ganzoo.data.listing import Listing, walk

RNG = np.random.default_rng(0)


def test_every_kind_of_image_is_done_right_and_the_broken_are_named(tmp_path):
    wanted = make_folder(tmp_path / "in")
    broken = break_three(tmp_path / "in")
    done = translate_folder(
        identical(channels=3), tmp_path / "in", tmp_path / "out", progress=False
    )
    assert done.count == 24
    assert {str(name) for name in done.broken} == broken
    assert all(done.broken.values())
    check_answers(tmp_path / "out", wanted)


def test_pixels_without_a_known_range_are_named_too(tmp_path):
    make_folder(tmp_path / "in", 1)
    Image.new("F", (4, 4), 0.5).save(tmp_path / "in" / "float.tiff")
    done = translate_folder(
        identical(channels=3), tmp_path / "in", tmp_path / "out", progress=False
    )
    assert list(map(str, done.broken)) == ["float.tiff"]
    assert "32-bit pixels" in done.broken.popitem()[1]


def write_deep(folder, peak, ending="png"):
    """Two deep grey images of a range: its half, and all of it."""
    folder.mkdir()
    for name, value in (("half", peak // 2), ("whole", peak)):
        values = np.full((4, 5), value, np.uint16)
        Image.fromarray(values).save(folder / f"{name}.{ending}")


@pytest.mark.parametrize(
    "peak, bits", [(4095, 12), (1023, 10), (65535, 16), (9000, 14)]
)
@pytest.mark.parametrize("ending", ["png", "tiff"])
def test_deep_greys_are_scaled_by_the_range_of_the_folder(tmp_path, peak, bits, ending):
    write_deep(tmp_path / "in", peak, ending)
    model, out = identical(), tmp_path / "out"
    done = translate_folder(model, tmp_path / "in", out, progress=False)
    assert done.remarks == (f"2 of {bits} bits, 0..{2**bits - 1} scaled to 0..255",)
    read = load_data(tmp_path / "in").arrays["real"]  # by name, as training reads them
    for name, value, wanted in zip(
        ("half", "whole"), (peak // 2, peak), read, strict=True
    ):
        with Image.open(out / f"{name}.{ending}") as image:
            found = np.asarray(image)
        assert found.tolist() == [[value * 255 // (2**bits - 1)] * 5] * 4
        np.testing.assert_array_equal(found, wanted[..., 0])


def test_a_broken_file_has_no_say_in_the_range(tmp_path):
    write_deep(tmp_path / "in", 4095)
    Image.new("I", (4, 4), 70000).save(tmp_path / "in" / "wild.tiff")
    done = translate_folder(
        identical(), tmp_path / "in", tmp_path / "out", progress=False
    )
    assert list(map(str, done.broken)) == ["wild.tiff"]
    assert done.remarks == ("2 of 12 bits, 0..4095 scaled to 0..255",)


def test_the_command_says_how_it_read(tmp_path, capsys):
    write_deep(tmp_path / "in", 4095)
    Image.new("RGBA", (4, 4)).save(tmp_path / "in" / "clear.png")
    identical().save(tmp_path / "m.keras")
    paths = [str(tmp_path / name) for name in ("m.keras", "in", "out")]
    command.run(command.parse(["ganzoo", "translate", *paths]))
    assert (
        f"Translated 3 images to {tmp_path / 'out'}; 1 with transparency, put on "
        "white; 2 of 12 bits, 0..4095 scaled to 0..255\n"
    ) in capsys.readouterr().out


def test_a_grey_model_reads_grey(tmp_path):
    make_folder(tmp_path / "in", 3)
    translate_folder(identical(), tmp_path / "in", tmp_path / "out", progress=False)
    for path in walk(tmp_path / "out").images:
        with Image.open(path) as image:
            assert image.mode == "L"


def test_images_are_resized_where_asked(tmp_path):
    make_folder(tmp_path / "in", 3)
    model = identical(2, channels=3)
    out = tmp_path / "out"
    translate_folder(model, tmp_path / "in", out, image_size=6, progress=False)
    for path in walk(out).images:
        with Image.open(path) as image:
            assert image.size == (12, 12)


def test_one_image_at_a_time_is_in_memory(tmp_path, monkeypatch):
    """Four times as many images take no more memory: nothing of one is kept."""
    (tmp_path / "in").mkdir()
    for i in range(16):
        Image.fromarray(pixels(128, 128, 3)).save(tmp_path / "in" / f"{i}.png")
    model = identical(channels=3)
    monkeypatch.setattr(model, "translate", lambda x, **_: x[:, None].copy())
    out, peaks = tmp_path / "out", []
    tracemalloc.start()
    for count in (4, 16):
        files = sorted((tmp_path / "in").iterdir())[:count]
        monkeypatch.setattr(
            "ganzoo.cli.translate_folder.listing.walk",
            lambda folder, files=files: Listing(folder, files),
        )
        tracemalloc.reset_peak()
        translate_folder(model, tmp_path / "in", out, progress=False)
        peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    assert peaks[1] < peaks[0] + 128 * 128 * 3


def test_results_are_not_written_through_links(tmp_path):
    make_folder(tmp_path / "in", 2)
    names = [path.relative_to(tmp_path / "in") for path in walk(tmp_path / "in").images]
    mine, out = tmp_path / "mine.png", tmp_path / "out"
    mine.write_text("mine")
    (out / names[0]).parent.mkdir(parents=True)
    (out / names[0]).symlink_to(mine)
    translate_folder(identical(channels=3), tmp_path / "in", out, progress=False)
    assert mine.read_text() == "mine"
    assert not (out / names[0]).is_symlink() and (out / names[0]).is_file()
    (tmp_path / "in" / "sub").mkdir()
    Image.fromarray(pixels(8, 8, 3)).save(tmp_path / "in" / "sub" / "a.png")
    (tmp_path / "elsewhere").mkdir()
    (out / "sub").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="sub' is a link, and nothing is written"):
        translate_folder(identical(channels=3), tmp_path / "in", out, progress=False)
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize("when", ["save", "fsync"])
def test_a_full_disk_leaves_no_empty_file(when, tmp_path, monkeypatch):
    make_folder(tmp_path / "in", 3)
    out = tmp_path / "out"
    translate_folder(identical(channels=3), tmp_path / "in", out, progress=False)
    before = {path: path.read_bytes() for path in walk(out).images}
    done = []

    def full(*args, **kwargs):
        done.append(args)
        if len(done) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*args, **kwargs)

    owner = Image.Image if when == "save" else os
    real = getattr(owner, when)
    monkeypatch.setattr(owner, when, full)
    with pytest.raises(OSError, match="No space left"):
        translate_folder(identical(channels=3), tmp_path / "in", out, progress=False)
    left = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert left == before  # whole, as they were


def test_several_answers_have_their_numbers_behind_the_name(tmp_path):
    image = pixels(8, 8, 3)
    (tmp_path / "in").mkdir()
    Image.fromarray(image).save(tmp_path / "in" / "a.png")
    model = tiny("pix2pix", image_shape=(8, 8, 3), latent_dim=4)
    out = tmp_path / "out"
    translate_folder(model, tmp_path / "in", out, samples=3, seed=5, progress=False)
    assert sorted(path.name for path in walk(out).images) == [
        "a_1.png",
        "a_2.png",
        "a_3.png",
    ]
    (wanted,) = model.translate(image[None], samples=3, seed=5)
    for i, answer in enumerate(wanted, 1):
        with Image.open(out / f"a_{i}.png") as found:
            np.testing.assert_array_equal(np.asarray(found), answer)
    assert (wanted[0] != wanted[1]).any()
    with pytest.raises(ValueError, match="no noise"):
        translate_folder(
            identical(channels=3), tmp_path / "in", out, samples=2, progress=False
        )


def masked():
    shapes = {"image_shape": (8, 8, 3), "source_shape": (8, 8, 4)}
    return tiny("pix2pix", **shapes, masked=True, noise=False)


def test_a_flood_rises_to_its_height_in_every_image(tmp_path):
    image = RNG.integers(0, 256, (12, 8, 3), dtype=np.uint8)
    (tmp_path / "in").mkdir()
    Image.fromarray(image).save(tmp_path / "in/a.png")
    model, out = masked(), tmp_path / "out"
    translate_folder(model, tmp_path / "in", out, water=0.25, progress=False)
    found = np.asarray(Image.open(out / "a.png"))
    np.testing.assert_array_equal(found[:9], image[:9])
    wanted = model.translate(flood.sources(image[None], 0.25))[0]
    np.testing.assert_array_equal(found, wanted)
    assert (found[9:] != image[9:]).any()


@pytest.mark.parametrize(
    ("make", "water", "message"),
    [
        (masked, None, "4 channels, such as a mask.*give its height: --water"),
        (masked, 1.5, "from 0 to 1.*Received: 1.5"),
        (lambda: identical(channels=3), 0.5, "such as pix2pix_flood.*3 channels"),
        (lambda: tiny("context-encoder"), 0.5, "such as pix2pix_flood.*2 channels"),
    ],
)
def test_a_flood_needs_a_height_and_a_model_of_floods(tmp_path, make, water, message):
    make_folder(tmp_path / "in", 1)
    out = tmp_path / "out"
    with pytest.raises(ValueError, match=message):
        translate_folder(make(), tmp_path / "in", out, water=water, progress=False)
    assert not out.exists()


@pytest.mark.parametrize(
    "arrange,message",
    [
        (
            lambda p: (tiny("context-encoder"), p / "in", p / "out"),
            "2 channels, such as a mask.*model.translate",
        ),
        (lambda p: (tiny("vanilla"), p / "in", p / "out"), "such as pix2pix.*Received"),
        (lambda p: (identical(), p / "no", p / "out"), "no folder.*'.*no'"),
        (lambda p: (identical(), p / "empty", p / "out"), "no folder.*images in it"),
        (lambda p: (identical(), p / "in", p / "x" / ".." / "in"), "overwrite"),
    ],
)
def test_refuses_what_cannot_be(tmp_path, arrange, message):
    make_folder(tmp_path / "in", 1)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=message):
        translate_folder(*arrange(tmp_path), progress=False)


@pytest.mark.parametrize(
    "settings,message",
    [
        ({"samples": 0}, "`samples` must be a whole number from 1. Received: 0"),
        ({"image_size": 0}, "image_size; allowed: a positive side.*Received: 0"),
        ({"image_size": -4}, "image_size; allowed: a positive side.*Received: -4"),
    ],
)
def test_nothing_is_written_for_no_size_or_number(tmp_path, settings, message):
    make_folder(tmp_path / "in", 1)
    out = tmp_path / "out"
    with pytest.raises(ValueError, match=message):
        translate_folder(identical(), tmp_path / "in", out, progress=False, **settings)
    assert not out.exists()


@pytest.mark.parametrize(
    "names,samples",
    [
        (("photo", "photo.png"), None),
        (("a.tga", "a.tga.png"), None),
        (("a", "a.png"), 2),
    ],
)
def test_two_results_in_one_place_are_refused(names, samples, tmp_path):
    (tmp_path / "in").mkdir()
    for name in names:
        kind = "TGA" if name.endswith("tga") else "PNG"
        Image.new("RGB", (16, 16)).save(tmp_path / "in" / name, kind)
    with pytest.raises(ValueError, match=f"{names[0]}'.*{names[1]}' would both"):
        translate_folder(
            identical(channels=3),
            tmp_path / "in",
            tmp_path / "out",
            samples=samples,
            progress=False,
        )
    assert not (tmp_path / "out").exists()


def test_one_direction_is_said(tmp_path):
    make_folder(tmp_path / "in", 1)
    with pytest.raises(ValueError, match="one direction; cyclegan has both"):
        translate_folder(
            identical(channels=3), tmp_path / "in", tmp_path / "out", reverse=True
        )


def test_the_command_lists_the_broken_and_exits_with_1(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr", bar := Terminal())
    model = tiny("pix2pix", image_shape=(8, 8, 3))
    model.save(tmp_path / "m.keras")
    make_folder(tmp_path / "in", 2)
    words = ["ganzoo", "translate", str(tmp_path / "m.keras"), str(tmp_path / "in")]
    args = command.parse([*words, str(tmp_path / "out")])
    command.run(args)
    assert "Translated 2 images" in capsys.readouterr().out
    assert "2/2" in bar.last("translating")
    (tmp_path / "in" / "bad.png").write_bytes(struct.pack("i", 3))
    with pytest.raises(SystemExit) as stop:
        command.run(args)
    assert str(stop.value).startswith("ganzoo: 1 could not be read:\n  bad.png: ")
    assert "Translated 2 images" in capsys.readouterr().out
    assert len(walk(tmp_path / "out").images) == 2


def test_the_command_sample_says_what_to_use(tmp_path):
    tiny("pix2pix").save(tmp_path / "m.keras")
    args = command.parse(["ganzoo", "sample", str(tmp_path / "m.keras")])
    with pytest.raises(SystemExit, match="use model.translate.*ganzoo translate RUN"):
        command.run(args)


@pytest.mark.parametrize("name", ["pix2pix", "cyclegan"])
def test_the_exported_generator_answers_as_the_model(name, tmp_path, capsys):
    model = tiny(name, noise=False) if name == "pix2pix" else tiny(name)
    model.save(tmp_path / "m.keras")
    out = tmp_path / "g.keras"
    words = ["ganzoo", "export", str(tmp_path / "m.keras"), f"--out={out}"]
    command.run(command.parse(words))
    assert "source (n, H, W, 1) in [-1.0, 1.0], sides" in capsys.readouterr().out
    x = pixels(2, 8, 8, 1)
    network = keras.saving.load_model(out)
    made = network({"source": x / np.float32(127.5) - 1}, training=False)
    np.testing.assert_array_equal(model.as_samples(made), model.translate(x))


def test_results_within_the_folder_are_no_sources(tmp_path):
    make_folder(tmp_path / "in", 3)
    outs = [tmp_path / "in" / "out", tmp_path]  # within, and around
    for out in (outs[0], outs[0], outs[1]):
        found = translate_folder(identical(), tmp_path / "in", out, progress=False)
        assert found.count == 3 + (3 if out == outs[1] else 0)
    assert not (outs[0] / "out").exists()
