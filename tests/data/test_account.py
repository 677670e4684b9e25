"""The line that `ganzoo train` prints of a data set: folders of odd layout."""

import warnings

import numpy as np
import pytest
from PIL import Image

from ganzoo.data import account, load_data
from ganzoo.data.dataset import Data
from ganzoo.utils import untrusted


def draw(folder, *names, mode="RGB", size=(8, 8), **options):
    """Writes images of equal size; the ending of a name decides the format."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new(mode, size).save(path, **options)


def write(folder, *names, content=b"text"):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


HEIC = b"\0\0\0\x18ftypheic" + bytes(20)


def a_class_called_train(folder):
    draw(folder, *(f"{c}/{i}.png" for c in ("car", "plane", "train") for i in range(4)))


def train_and_val(folder):
    draw(folder, "train/cat/1.png", "train/dog/2.png", "val/dog/3.png")


def train_alone(folder):
    draw(folder, "train/cat/1.png", "train/dog/2.png", "train/dog/3.png")


def train_test_and_val(folder):
    draw(folder, "Train/1.png", "Test/2.png", "Validation/3.png", "preview.png")


def notebooks(folder):
    draw(folder, "cat/1.png", "dog/2.png", ".ipynb_checkpoints/2-checkpoint.png")
    write(folder, ".DS_Store", "cat/._1.png", "Thumbs.db", "__MACOSX/cat/1.png")


def links(folder):
    draw(folder, "cat/1.png", "dog/2.png")
    outside = folder.parent / "outside"
    draw(outside, "3.png")
    (folder / "fox").symlink_to(outside)
    (folder / "cat" / "3.png").symlink_to(outside / "3.png")
    (folder / "cat" / "gone.png").symlink_to(outside / "gone.png")


def every_ending(folder):
    draw(folder, "1.jpe", "2.jfif", format="JPEG")
    draw(folder, "3.avif", "4.jp2", "5.tga", "6.webp", "7.dib.bmp")
    draw(folder, "endless", "8.jpg_large", format="PNG")
    write(folder, "README", "labels.csv", "a.json", "b.json")
    write(folder, "9.heic", "10.HEIC", content=HEIC)
    write(folder, "11.jpg", content=HEIC)  # as some phones name them
    write(folder, "12.png", content=b"no image")


def loose_images(folder):
    draw(folder, "cat/1.png", "dog/2.png", "cover.png")


def one_folder_within(folder):
    draw(folder, "images/cat/1.png", "images/dog/2.png")
    write(folder, "images/fox/3.txt", "license.txt")


def other_classes_in_test(folder):
    draw(folder, "train/x/a/1.png", "train/x/b/2.png", "test/x/b/3.png")
    draw(folder, "test/c/4.png", "test/5.png")


def one_class_to_train_on(folder):
    draw(folder, "train/cat/1.png", "train/cat/2.png", "test/cat/3.png")
    draw(folder, "test/dog/4.png", "test/dog/5.png")


def other_names_of_splits(folder):
    draw(folder, "training/a/1.png", "training/b/2.png", "evaluation/a/3.png")
    draw(folder, "validation/b/4.png")


def names_like_splits(folder):
    draw(folder, "train_images/1.png", "test_images/2.png", "train_images/3.png")


def words_before_names_of_splits(folder):
    draw(folder, "seg_train/a/1.png", "seg_test/a/2.png", "seg_pred/3.png")


def images_to_be_classified(folder):
    draw(folder, "train/a/1.png", "train/b/2.png", "valid/a/3.png", "test/4.png")


def images_of_an_unknown_class(folder):
    draw(folder, "train/a/1.png", "train/b/2.png", "test/test/3.png", "val/b/4.png")


def numbered_classes(folder):
    draw(folder, *(f"{i}/1.png" for i in range(12)), mode="L")


def splits_beside_an_image(folder):
    draw(folder, "data/train/1.png", "data/test/2.png", "preview.png")


def folders_of_systems(folder):
    draw(folder, "@eaDir/1.png", "cat/@eaDir/1.png", "#recycle/2.png", "cat/3.png")
    draw(folder, "dog/4.png", "$RECYCLE.BIN/5.png")


def accents(folder):
    composed, apart = "caf\u00e9", "cafe\u0301"
    draw(folder, f"train/{apart}/1.png", "train/tea/2.png", f"test/{composed}/3.png")
    (folder / "train" / f"{apart}s").mkdir()


def values_to_be_decided(folder):
    draw(folder, "1.png", mode="RGBA")
    Image.fromarray(np.full((8, 8), 4095, np.uint16)).save(folder / "2.png")
    frames = [Image.new("RGB", (8, 8), c) for c in ("red", "blue")]
    frames[0].save(folder / "3.gif", save_all=True, append_images=frames[1:])


def many_classes(folder):
    draw(folder, *(f"{i:02}/1.png" for i in range(12)), mode="L")


NO_TEST = "no test split (scores take a fixed third)"
TABLE = [
    (
        a_class_called_train,
        "12 images 8x8x3, 3 classes (car, plane, train), NO_TEST",
    ),
    (
        train_and_val,
        "3 images 8x8x3, 2 classes (cat, dog), 2 train / 1 test (val/)",
    ),
    (
        train_alone,
        "3 images 8x8x3, 2 classes (cat, dog), NO_TEST",
    ),
    (
        train_test_and_val,
        "2 images 8x8x3, 1 train / 1 test (Test/); left out: 2 outside of train"
        " and test",
    ),
    (
        notebooks,
        "2 images 8x8x3, 2 classes (cat, dog), NO_TEST; left out: 1 .db, 2 "
        "hidden files, 2 hidden folders",
    ),
    (
        links,
        "3 images 8x8x3, 2 classes (cat, dog), NO_TEST; 1 image by a link; left"
        " out: 1 broken, 1 linked folder",
    ),
    (
        every_ending,
        "9 images 8x8x3, NO_TEST; left out: 3 .heic (install pillow-heif), 2 "
        ".json, 1 .csv, 1 broken, 1 without an ending",
    ),
    (
        loose_images,
        "3 images 8x8x3, NO_TEST; no classes: 1 image outside of the 2 "
        "subfolders, such as cover.png",
    ),
    (
        one_folder_within,
        "2 images 8x8x3, 2 classes (cat, dog), NO_TEST; left out: 2 .txt, 1 "
        "folder without images",
    ),
    (
        other_classes_in_test,
        "3 images 8x8x3, 2 classes (a, b), 2 train / 1 test (test/); left out: "
        "2 of no class of the training images",
    ),
    (
        one_class_to_train_on,
        "3 images 8x8x3, 2 train / 1 test (test/); left out: 2 of no class of the"
        " training images",
    ),
    (
        other_names_of_splits,
        "3 images 8x8x3, 2 classes (a, b), 2 train / 1 test (evaluation/); left out:"
        " 1 outside of train and test",
    ),
    (
        names_like_splits,
        "3 images 8x8x3, 2 classes (test_images, train_images), NO_TEST; test_images,"
        " train_images are no splits, which stand alone and are called train and test",
    ),
    (
        words_before_names_of_splits,
        "3 images 8x8x3, 3 classes (seg_pred, seg_test, seg_train), NO_TEST; seg_test,"
        " seg_train are no splits, which stand alone and are called train and test",
    ),
    (
        images_to_be_classified,
        "3 images 8x8x3, 2 classes (a, b), 2 train / 1 test (valid/); left out: 1"
        " outside of train and test",
    ),
    (
        images_of_an_unknown_class,
        "3 images 8x8x3, 2 classes (a, b), 2 train / 1 test (val/); left out: 1"
        " outside of train and test",
    ),
    (
        numbered_classes,
        "12 images 8x8x1, 12 classes (0, 1, 2, 3, 4, 5, 6, 7, ..., 11), NO_TEST",
    ),
    (
        splits_beside_an_image,
        "3 images 8x8x3, NO_TEST; test, train are no splits, which stand alone and are"
        " called train and test",
    ),
    (
        folders_of_systems,
        "2 images 8x8x3, 2 classes (cat, dog), NO_TEST; left out: 4 hidden folders",
    ),
    (
        accents,
        "3 images 8x8x3, 2 classes (caf\u00e9, tea), 2 train / 1 test (test/); left"
        " out: 1 folder without images",
    ),
    (
        values_to_be_decided,
        "3 images 8x8x3, NO_TEST; 1 with transparency, put on white (or "
        "--channels=4); 1 of 12 bits, 0..4095 scaled to 0..255; 1 of several "
        "frames, the first read",
    ),
    (
        many_classes,
        "12 images 8x8x1, 12 classes (00, 01, 02, 03, 04, 05, 06, 07, ..., 11),"
        " NO_TEST",
    ),
]


def line_of(path, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of unfit images, which the line counts
        return account.line(load_data(path, **options))


@pytest.mark.parametrize("make,line", TABLE, ids=[make.__name__ for make, _ in TABLE])
def test_the_line_of_a_folder(make, line, tmp_path, monkeypatch):
    monkeypatch.setattr(untrusted, "heif_formats", lambda: ())
    folder = tmp_path / "photos"
    folder.mkdir()
    make(folder)
    line = f"photos: {line}".replace("NO_TEST", NO_TEST)
    assert line_of(folder) == line
    monkeypatch.chdir(folder)
    assert line_of(".") == line


@pytest.mark.parametrize(
    "label,names,said,sizes",
    [
        ([0, 1, 1], ("a", "b"), "2 classes (a, b), train split", {"a": 1, "b": 2}),
        ([0, -1, 1], ("a", "b"), "train split; 1 unlabelled", {"a": 1, "b": 1}),
        ([-1, -1, -1], (), "no label of any, train split", {}),
        (
            np.array([[1, 0], [1, 1], [0, 0]], "uint8"),
            ("red", "big"),
            "2 tags (red, big), train split",
            {"red": 2, "big": 1},
        ),
        (np.ones((3, 2), "float32"), (), "labels of 2 numbers, train split", {}),
    ],
    ids=["classes", "partly", "none", "tags", "numbers"],
)
def test_labels_in_the_line_and_the_card(label, names, said, sizes):
    arrays = {"real": np.zeros((3, 8, 8, 1), "uint8"), "label": np.array(label)}
    data = Data("set", arrays, names)
    assert said in account.line(data)
    assert account.card(data)["classes"] == sizes
