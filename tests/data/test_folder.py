import struct
import warnings

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ganzoo.data import load_data
from ganzoo.data.dataset import NoSuchSplit
from ganzoo.data.image_files import DAMAGE, read_parts
from ganzoo.data.splits import load_parts
from ganzoo.utils import untrusted


def draw(path, size=(4, 4), color=0, mode="L", **options):
    """Writes one image; size is (width, height)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, color).save(path, **options)


def draw_cut(path):
    """Writes an image with a good header and missing pixels."""
    noise = np.random.default_rng(0).integers(0, 255, (4, 4), np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:50])


def pixels(folder, **options):
    return load_data(folder, **options).arrays["real"]


def test_reads_recursively_in_path_order_and_ignores_other_files(tmp_path):
    draw(tmp_path / "b.png", color=2)
    draw(tmp_path / "a.PNG", color=1)
    draw(tmp_path / "deep" / "er" / "c.bmp", color=3)
    draw(tmp_path / "._a.png", color=9)
    (tmp_path / "notes.txt").write_text("no image")
    data = load_data(tmp_path)
    assert data.arrays["real"].shape == (3, 4, 4, 1)
    assert data.arrays["real"][:, 0, 0, 0].tolist() == [1, 2, 3]
    assert data.num_classes == 0


def test_first_level_subfolders_are_the_classes(tmp_path):
    draw(tmp_path / "dog" / "x" / "1.png", color=5)
    draw(tmp_path / "cat" / "2.png", color=6)
    data = load_data(tmp_path)
    assert data.class_names == ("cat", "dog")
    assert data.arrays["label"].tolist() == [0, 1]
    assert data.arrays["label"].dtype == np.int32
    assert data.arrays["real"][:, 0, 0, 0].tolist() == [6, 5]


def test_numbered_classes_are_in_the_order_of_their_size(tmp_path):
    for name in ("10", "9", "11"):
        draw(tmp_path / name / "1.png", color=int(name))
    data = load_data(tmp_path)
    assert data.class_names == ("9", "10", "11")
    assert data.arrays["real"][:, 0, 0, 0].tolist() == [10, 11, 9]
    assert data.arrays["label"].tolist() == [1, 2, 0]


def test_one_subfolder_is_no_class(tmp_path):
    draw(tmp_path / "images" / "1.png")
    assert load_data(tmp_path).num_classes == 0


def test_train_and_test_subfolders_are_the_splits(tmp_path):
    draw(tmp_path / "train" / "1.png", color=1)
    draw(tmp_path / "test" / "1.png", color=2)
    assert pixels(tmp_path)[:, 0, 0, 0].tolist() == [1]
    assert pixels(tmp_path, split="test")[:, 0, 0, 0].tolist() == [2]
    assert pixels(tmp_path, split="all")[:, 0, 0, 0].tolist() == [1, 2]
    with pytest.raises(NoSuchSplit, match="No subfolder 'test'"):
        load_data(tmp_path / "train", split="test")


@pytest.mark.parametrize("name", ["val", "valid", "Validation", "testing"])
def test_val_is_the_test_split_where_there_is_no_other(tmp_path, name):
    draw(tmp_path / "train" / "1.png", color=1)
    draw(tmp_path / name / "1.png", color=2)
    assert pixels(tmp_path)[:, 0, 0, 0].tolist() == [1]
    assert pixels(tmp_path, split="test")[:, 0, 0, 0].tolist() == [2]


def test_train_alone_is_scored_as_a_set_without_a_test_split(tmp_path):
    for i in range(12):
        draw(tmp_path / "train" / f"{i}.png", color=i)
    parts = load_parts(tmp_path)
    assert parts.held_out is None
    assert (parts.size("reference"), parts.size("test")) == (4, 4)


def test_a_test_split_alone_is_refused(tmp_path):
    draw(tmp_path / "test" / "1.png")
    draw(tmp_path / "val" / "1.png")
    with pytest.raises(ValueError, match="holds no 'train', but test, val"):
        load_data(tmp_path)


def test_test_images_have_the_numbers_of_the_training_classes(tmp_path):
    draw(tmp_path / "train" / "a" / "1.png")
    draw(tmp_path / "train" / "b" / "1.png")
    draw(tmp_path / "test" / "b" / "1.png")
    held_out = load_data(tmp_path, split="test")
    assert held_out.arrays["label"].tolist() == [1]
    assert held_out.class_names == ("a", "b")


def test_test_images_get_the_channels_of_the_training_images(tmp_path):
    draw(tmp_path / "train" / "1.png", color=9)
    draw(tmp_path / "test" / "1.png", color=(255, 0, 0), mode="RGB")
    assert pixels(tmp_path, split="test")[0, 0, 0].tolist() == [76]


def test_a_class_without_a_readable_image_is_refused(tmp_path):
    draw(tmp_path / "a" / "1.png")
    draw(tmp_path / "b" / "1.png")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "1.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match="Class 'c'.*no readable image"):
        with pytest.warns(UserWarning, match="Skipped 1"):
            load_data(tmp_path)


def test_colour_is_kept_unless_channels_says_otherwise(tmp_path):
    draw(tmp_path / "a.png", color=100)
    draw(tmp_path / "b.png", color=(255, 0, 0), mode="RGB")
    assert pixels(tmp_path)[:, 0, 0].tolist() == [[100] * 3, [255, 0, 0]]
    # ITU-R 601: 0.299 * 255 = 76.2.
    assert pixels(tmp_path, channels=1)[:, 0, 0].tolist() == [[100], [76]]


def test_alpha_is_composited_on_white(tmp_path):
    draw(tmp_path / "a.png", color=(0, 0, 0, 0), mode="RGBA")
    draw(tmp_path / "b.png", color=(0, 0, 0, 51), mode="RGBA")
    draw(tmp_path / "c.png", color=(10, 0), mode="LA")
    assert pixels(tmp_path)[:, 0, 0].tolist() == [[255] * 3, [204] * 3, [255] * 3]


def test_a_transparent_palette_is_composited_on_white(tmp_path):
    image = Image.new("P", (4, 4), 0)
    image.putpalette([0, 200, 0] + [0, 0, 0] * 255)
    image.save(tmp_path / "a.png", transparency=0)
    assert pixels(tmp_path)[0, 0, 0].tolist() == [255] * 3


def test_exif_rotation_is_applied(tmp_path):
    image = Image.fromarray(np.repeat(np.array([[0, 255]], np.uint8), 4, axis=1))
    image = image.resize((32, 16), Image.Resampling.NEAREST)  # black left, white right
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    image.save(tmp_path / "a.jpg", exif=exif, quality=100)
    real = pixels(tmp_path)
    assert real.shape == (1, 32, 16, 1)
    assert real[0, :8].mean() < 5
    assert real[0, -8:].mean() > 250


def test_sixteen_bit_images_are_scaled(tmp_path):
    values = np.array([[0, 257], [257 * 100, 65535]], np.uint16)
    Image.fromarray(values).save(tmp_path / "a.png")
    assert pixels(tmp_path)[0, ..., 0].tolist() == [[0, 1], [100, 255]]


@pytest.mark.parametrize("peak,values", [(1023, 1023), (4095, 1023), (65535, 1023)])
def test_deep_images_are_scaled_by_the_range_of_the_set(tmp_path, peak, values):
    """The test split has the highest value: both splits get one scale."""
    for part, value in (("train", values), ("test", peak)):
        (tmp_path / part).mkdir()
        Image.fromarray(np.full((2, 2), value, np.uint16)).save(
            tmp_path / part / "1.png"
        )
    assert pixels(tmp_path).max() == values * 255 // peak
    assert pixels(tmp_path, split="test").max() == 255


def test_a_deep_pgm_is_scaled_as_it_says(tmp_path):
    (tmp_path / "a.pgm").write_bytes(b"P5 2 1 4095 " + bytes([0, 0, 15, 255]))
    assert pixels(tmp_path)[0, 0, :, 0].tolist() == [0, 255]


def test_opacity_is_kept_as_a_fourth_channel_on_request(tmp_path):
    draw(tmp_path / "a.png", color=(10, 20, 30, 40), mode="RGBA")
    draw(tmp_path / "b.png", color=(10, 20, 30), mode="RGB")
    draw(tmp_path / "c.png", color=(10, 0), mode="LA")
    assert pixels(tmp_path, channels=4)[:, 0, 0].tolist() == [
        [10, 20, 30, 40],
        [10, 20, 30, 255],
        [10, 10, 10, 0],
    ]


def test_pixels_without_a_fixed_range_are_skipped_by_name(tmp_path):
    draw(tmp_path / "a.png")
    draw(tmp_path / "b.tiff", mode="F", color=0.5)
    with pytest.warns(UserWarning, match=r"b\.tiff \(32-bit pixels"):
        assert len(load_data(tmp_path)) == 1


@pytest.mark.parametrize("image_size", [8.0, 0, True, "8px", (8,), (8, 8.0), (8, 8, 3)])
def test_sizes_that_are_none(image_size, tmp_path):
    draw(tmp_path / "a.png")
    with pytest.raises(ValueError, match="Unfit image_size"):
        load_data(tmp_path, image_size=image_size)


def test_sizes_of_numpy(tmp_path):
    draw(tmp_path / "a.png")
    size, channels = np.int64(8), np.uint8(3)
    assert pixels(tmp_path, image_size=size, channels=channels).shape == (1, 8, 8, 3)
    with pytest.raises(ValueError, match="Unfit channels.*3.0"):
        load_data(tmp_path, channels=3.0)


def test_different_sizes_need_image_size(tmp_path):
    draw(tmp_path / "a.png", size=(4, 6))
    draw(tmp_path / "b.png", size=(8, 5))
    with pytest.raises(ValueError, match=r"give image_size.*2 sizes.*: 5x8, 6x4\."):
        load_data(tmp_path)
    assert pixels(tmp_path, image_size=3).shape == (2, 3, 3, 1)
    assert pixels(tmp_path, image_size=(2, 4)).shape == (2, 2, 4, 1)


def test_the_shorter_side_is_resized_and_the_centre_kept(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (8, 24), np.uint8)
    image = Image.fromarray(noise)
    image.save(tmp_path / "a.png")
    expected = np.asarray(image.resize((12, 4), Image.Resampling.BICUBIC))[:, 4:8]
    np.testing.assert_array_equal(pixels(tmp_path, image_size=4)[0, ..., 0], expected)


def test_shrinking_averages_instead_of_picking_pixels(tmp_path):
    image = np.indices((64, 64)).sum(axis=0) % 2 * 255  # a checkerboard
    Image.fromarray(image.astype(np.uint8)).save(tmp_path / "a.png")
    real = pixels(tmp_path, image_size=8).astype(int)
    assert np.abs(real - 127.5).max() < 20


def test_a_broken_image_is_named_counted_and_skipped(tmp_path):
    draw(tmp_path / "a" / "1.png", color=1)
    draw(tmp_path / "b" / "2.png", color=2)
    (tmp_path / "a" / "0.png").write_bytes(b"no image at all")
    draw_cut(tmp_path / "b" / "cut.png")
    with pytest.warns(UserWarning, match=r"Skipped 2 .*0\.png.*cut\.png"):
        data = load_data(tmp_path)
    assert data.arrays["real"][:, 0, 0, 0].tolist() == [1, 2]
    assert data.arrays["label"].tolist() == [0, 1]
    with pytest.raises(ValueError, match=r"Unreadable image.*0\.png"):
        load_data(tmp_path, strict=True)


@pytest.mark.parametrize("content", [b"", b"no image at all"])
def test_a_folder_without_a_readable_image_is_refused(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(ValueError, match="No usable image"):
        load_data(tmp_path)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"No image in .*\.png"):
        load_data(tmp_path)


def test_too_many_pixels_are_refused_before_decoding(tmp_path, monkeypatch):
    draw(tmp_path / "a.png", size=(4, 4))
    draw(tmp_path / "b.png", size=(5, 5))
    monkeypatch.setattr(untrusted, "MAX_PIXELS", 16)
    with pytest.warns(UserWarning, match="25 pixels, more than the 16 allowed"):
        assert len(load_data(tmp_path)) == 1


def test_a_huge_image_is_refused_though_pillow_only_warns(tmp_path):
    draw(tmp_path / "bomb.png", size=(10_000, 9_500), mode="1")
    with pytest.raises(ValueError, match="95000000 pixels"):
        load_data(tmp_path)


def test_a_large_folder_is_decoded_once_to_a_memory_map(tmp_path):
    folder, cache = tmp_path / "in", tmp_path / "cache"
    for i in range(5):
        draw(folder / "ab"[i % 2] / f"{i}.png", color=i)
    options = {"cache_dir": cache, "memory_limit": 79}
    in_memory, mapped = load_data(folder), load_data(folder, **options)
    assert isinstance(mapped.arrays["real"], np.memmap)
    assert mapped.fingerprint == in_memory.fingerprint
    files = {path: path.stat().st_mtime_ns for path in cache.glob("*.npy")}
    assert len(files) == 2  # samples and labels
    assert {p.suffix for p in cache.iterdir()} == {".lock", ".npy"}  # none temporary
    assert load_data(folder, **options).fingerprint == in_memory.fingerprint
    assert {path: path.stat().st_mtime_ns for path in cache.glob("*.npy")} == files


def test_the_memory_map_follows_the_folder(tmp_path):
    folder = tmp_path / "in"
    options = {"cache_dir": tmp_path / "cache", "memory_limit": 0}
    draw(folder / "a.png", size=(4, 4), color=1)
    assert pixels(folder, **options).max() == 1
    draw(folder / "b.png", size=(4, 4), color=2)
    assert pixels(folder, **options).max() == 2
    assert pixels(folder, image_size=2, **options).shape == (2, 2, 2, 1)


@pytest.fixture
def many(tmp_path, monkeypatch):
    """A folder of three images, one of them cut off, that counts as large."""
    monkeypatch.setattr("ganzoo.data.image_files.MANY", 1)
    monkeypatch.setattr("ganzoo.data.folder.MANY", 1)
    for i in range(2):
        draw(tmp_path / "in" / "ab"[i] / f"{i}.png", color=i)
    draw_cut(tmp_path / "in" / "b" / "cut.png")
    (tmp_path / "in" / "b" / "bad.png").write_bytes(b"no image")
    return tmp_path / "in"


def unfit(folder, count, **options):
    with pytest.warns(UserWarning, match=f"Skipped {count}"):
        return load_data(folder, **options)


def test_a_folder_of_many_images_is_read_once(many, tmp_path, monkeypatch):
    options = {"cache_dir": tmp_path / "cache"}
    first = unfit(many, 2, **options)
    assert first.account.left_out == {"broken": ("b/bad.png", "b/cut.png")}
    many.rename(tmp_path / "moved")
    with monkeypatch.context() as patched:
        patched.setattr(untrusted, "open_image", None)  # no file is opened
        second = unfit(tmp_path / "moved", 2, **options)
    assert second.fingerprint == first.fingerprint
    assert second.account == first.account
    with pytest.raises(ValueError, match="Unreadable image"):
        load_data(tmp_path / "moved", strict=True, **options)
    draw(tmp_path / "moved" / "a" / "0.png", color=7)
    assert unfit(tmp_path / "moved", 2, **options).arrays["real"].max() == 7


def test_a_cache_that_cannot_be_written_is_done_without(many, tmp_path):
    (tmp_path / "file").write_text("")
    (many / "b" / "bad.png").unlink()
    (many / "b" / "cut.png").unlink()
    options = {"cache_dir": tmp_path / "file"}
    with pytest.warns(UserWarning, match="nothing can be kept in .*GANZOO_CACHE"):
        assert len(load_data(many, **options)) == 2
    with pytest.raises(OSError, match="cannot be written. GANZOO_CACHE"):
        with pytest.warns(UserWarning, match="nothing can be kept"):
            load_data(many, memory_limit=0, **options)


def test_a_memory_map_leaves_out_broken_images(tmp_path):
    folder = tmp_path / "in"
    options = {"cache_dir": tmp_path / "cache", "memory_limit": 0}
    draw(folder / "a.png", color=1)
    draw_cut(folder / "b.png")
    draw(folder / "c.png", color=3)
    with pytest.warns(UserWarning, match="Skipped 1"):
        assert pixels(folder, **options)[:, 0, 0, 0].tolist() == [1, 3]


def test_an_interrupted_run_leaves_no_cache(tmp_path):
    folder, cache = tmp_path / "in", tmp_path / "cache"
    folder.mkdir()
    draw_cut(folder / "a.png")
    with pytest.raises(ValueError, match="No usable image"):
        load_data(folder, cache_dir=cache, memory_limit=0)
    assert {path.suffix for path in cache.iterdir()} == {".lock"}


def test_reading_a_folder_of_clean_images_warns_of_nothing(tmp_path):
    draw(tmp_path / "a.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_data(tmp_path)


def test_heic_is_read_by_its_content_where_the_extra_is_installed(tmp_path):
    pytest.importorskip("pillow_heif")
    assert untrusted.heif_formats() == ("HEIF",)
    draw(tmp_path / "a.heic", size=(16, 16), color=(200, 200, 200), mode="RGB")
    (tmp_path / "b.jpg").write_bytes((tmp_path / "a.heic").read_bytes())
    data = load_data(tmp_path)
    assert data.arrays["real"].shape == (2, 16, 16, 3)
    assert abs(data.arrays["real"].astype(int) - 200).max() < 3
    assert not data.account.left_out


# --- patches ------------------------------------------------------------------------


def test_images_are_cut_into_patches_at_their_own_size(tmp_path):
    grey = np.arange(7 * 9, dtype=np.uint8).reshape(7, 9)
    for name, image in {"a": grey, "b": grey[:4, :4] + 100}.items():
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    found = pixels(tmp_path, image_size=4, patch_stride=3)
    by_hand = [grey[i : i + 4, j : j + 4] for i in (0, 3) for j in (0, 3)]
    np.testing.assert_array_equal(found[:4, ..., 0], by_hand)
    np.testing.assert_array_equal(found[4:, ..., 0], [grey[:4, :4] + 100])


def test_patches_have_the_class_of_their_image_and_a_cache_of_their_own(tmp_path):
    for name, color in (("x", 1), ("y", 2)):
        draw(tmp_path / "in" / name / "1.png", (4, 8), color)
    settings = {"image_size": 4, "cache_dir": tmp_path / "cache", "memory_limit": 1}
    data = load_data(tmp_path / "in", **settings, patch_stride=4)
    assert data.arrays["label"].tolist() == [0, 0, 1, 1]
    assert isinstance(data.arrays["real"], np.memmap)
    assert len(load_data(tmp_path / "in", **settings, patch_stride=2)) == 6
    assert len(load_data(tmp_path / "in", **settings)) == 2


def test_images_smaller_than_a_patch_are_named(tmp_path):
    draw(tmp_path / "a.png", (8, 8))
    draw(tmp_path / "b.png", (8, 3))
    with pytest.warns(UserWarning, match=r"b.png \(3x8 pixels, smaller than a patch"):
        assert len(load_data(tmp_path, image_size=4, patch_stride=4)) == 4
    with pytest.raises(ValueError, match="smaller than a patch"):
        load_data(tmp_path, image_size=4, patch_stride=4, strict=True)


@pytest.mark.parametrize(
    "settings,message",
    [
        ({"patch_stride": 4}, "with image_size"),
        ({"patch_stride": 0, "image_size": 4}, "number of pixels from 1"),
        (
            {"patch_stride": 4, "image_size": 4, "source_key": "source"},
            "made with pairs=",
        ),
    ],
)
def test_refuses_strides(tmp_path, settings, message):
    draw(tmp_path / "a.png", (8, 8))
    with pytest.raises(ValueError, match=message):
        load_data(tmp_path, **settings)
    with pytest.raises(ValueError, match="for a folder of images.*'digits'"):
        load_data("digits", image_size=4, patch_stride=4)


@pytest.mark.parametrize("kind", ["avif", "heif", "webp"])
def test_a_flipped_byte_anywhere_is_damage_or_none(kind, tmp_path):
    """AVIF's decoder raises a RuntimeError, which ended the loading of a folder."""
    untrusted.heif_formats()
    path = tmp_path / "x.png"  # the content decides
    pixels = np.random.default_rng(0).integers(0, 255, (6, 6, 3), "uint8")
    Image.fromarray(pixels).save(path, kind)
    content, broken = path.read_bytes(), 0
    for place in range(0, len(content), 2):
        changed = bytearray(content)
        changed[place] ^= 255
        path.write_bytes(changed)
        try:
            read_parts(path, (4, 4), 3)
        except DAMAGE:
            broken += 1
    assert broken > 10


@pytest.mark.parametrize("kind,count,value", [(3, 1, b"\t\0\0\0"), (2, 2, b"6\0\0\0")])
def test_an_orientation_that_is_none_turns_nothing(tmp_path, kind, count, value):
    """9, and a text."""
    entry = struct.pack("<HHHI", 1, 0x112, kind, count) + value
    exif = b"Exif\0\0II*\0" + struct.pack("<I", 8) + entry + bytes(4)
    Image.new("L", (40, 20), 7).save(tmp_path / "a.jpg", exif=exif)
    assert pixels(tmp_path).shape == (1, 20, 40, 1)


def test_the_orientation_of_an_older_png_counts(tmp_path):
    exif = Image.Exif()
    exif[0x112] = 6
    data = exif.tobytes()
    lines = "\n".join(data.hex()[i : i + 72] for i in range(0, 2 * len(data), 72))
    text = PngInfo()
    text.add_text("Raw profile type exif", f"\nexif\n{len(data):8d}\n{lines}\n")
    Image.new("L", (40, 20), 7).save(tmp_path / "a.png", pnginfo=text)
    assert pixels(tmp_path).shape == (1, 40, 20, 1)
