import json
import warnings

import numpy as np
import pytest
from PIL import Image

from ganzoo.data import captions, load_data
from ganzoo.data.dataset import NoSuchSplit
from ganzoo.data.splits import load_parts


def folder(path, rows, lines=(), spare=()):
    """Writes rows (file, caption, category), with images whose red is their place."""
    (path / "images").mkdir(parents=True)
    for i, (file, *_) in enumerate(rows):
        (path / file).parent.mkdir(exist_ok=True)
        Image.new("RGB", (4, 4), (i, 0, 0)).save(path / file)
    for file in spare:
        Image.new("RGB", (4, 4)).save(path / file)
    names = ("file", "caption", "category")
    written = [json.dumps(dict(zip(names, row, strict=False))) for row in rows]
    (path / captions.FILE).write_text("\n".join([*written, *lines]) + "\n")
    return path


def rows(count, categories=True):
    kinds = [("sun",) if i % 2 else ("moon",) for i in range(count)]
    return [
        (f"images/{i}.png", f"{'bright' if i % 2 else 'pale'} thing {i}", *kinds[i])
        if categories
        else (f"images/{i}.png", f"thing {i}")
        for i in range(count)
    ]


def test_images_and_captions_go_together_and_a_fifth_is_held_out(tmp_path):
    path = folder(tmp_path / "sky", rows(200))
    train, test = (load_data(path, split=split) for split in ("train", "test"))
    everything = load_data(path, split="all")
    assert len(train) + len(test) == len(everything) == 200
    assert 25 <= len(test) <= 55
    assert train.class_names == test.class_names == ("moon", "sun")
    assert train.vocabulary == test.vocabulary
    assert train.vocabulary[0] == "thing"
    assert set(train.vocabulary[1:3]) == {"bright", "pale"}
    assert train.arrays["caption"].shape[1] == 3
    places = everything.arrays["real"][:, 0, 0, 0]
    np.testing.assert_array_equal(places, np.arange(200))
    for data in (train, test):
        place = data.arrays["real"][:, 0, 0, 0]
        np.testing.assert_array_equal(data.arrays["label"], place % 2)
        second = {"bright": 1, "pale": 0}
        first = [data.vocabulary[t - 1] for t in data.arrays["caption"][:, 0]]
        np.testing.assert_array_equal([second[word] for word in first], place % 2)
    # The words of held-out captions that no training caption has are no words.
    assert (test.arrays["caption"][:, 2] == 0).all()
    assert (train.arrays["caption"][:, 2] > 0).all()
    assert load_parts(path).held_out.fingerprint == test.fingerprint


def test_the_split_follows_the_name_of_the_file_alone(tmp_path):
    one = folder(tmp_path / "one", rows(40))
    two = folder(tmp_path / "two", rows(60)[20:])
    held = set(load_data(one, split="test").arrays["real"][20:, 0, 0, 0])
    assert held.isdisjoint(load_data(two).arrays["real"][:, 0, 0, 0] + 20)


@pytest.mark.parametrize("part", ["test", "val"])
def test_train_and_test_folders_are_the_splits(tmp_path, part):
    path = folder(tmp_path / "x", [("train/a.png", "red"), (f"{part}/b.png", "blue")])
    train, test = load_data(path), load_data(path, split="test")
    assert train.vocabulary == ("red",) and len(train) == len(test) == 1
    assert train.num_classes == 0
    assert (train.account.test, train.account.left_out) == (1, {})
    assert test.arrays["caption"].tolist() == [[0]]
    Image.new("RGB", (4, 4)).save(path / "images/c.png")
    with open(path / captions.FILE, "a") as file:
        file.write('{"file": "images/c.png", "caption": "green"}\n')
    with pytest.raises(ValueError, match="all must.*images/c.png"):
        load_data(path)


def test_an_unreadable_image_takes_its_caption_along(tmp_path):
    path = folder(tmp_path / "x", rows(20, categories=False))
    (path / "images/3.png").write_bytes(b"no image")
    with pytest.warns(UserWarning, match="Skipped 1 unfit"):
        data = load_data(path, split="all")
    words = [data.vocabulary[t - 1] if t else "?" for t in data.arrays["caption"][:, 1]]
    places = data.arrays["real"][:, 0, 0, 0]
    assert 3 not in places and len(data) == 19 and data.class_names == ()
    known = [(word, str(p)) for word, p in zip(words, places, strict=True)]
    assert all(word in ("?", place) for word, place in known)


def test_rows_without_a_category_are_unlabelled(tmp_path):
    some = [*rows(30), ("images/z.png", "who knows")]
    labels = load_data(folder(tmp_path / "x", some), split="all").arrays["label"]
    assert labels[-1] == -1 and (labels[:-1] >= 0).all()


@pytest.mark.parametrize(
    "line,message",
    [
        ("{", "line 3 is damaged"),
        ('["a"]', "line 3 is damaged: it is no table"),
        ('{"caption": "red"}', "line 3 needs a 'file'.*None"),
        ('{"file": "images/0.png"}', "line 3 needs a 'caption'.*None"),
        ('{"file": "images/0.png", "caption": " "}', "line 3 needs a 'caption'.*' '"),
        ('{"file": "images/0.png", "caption": "?!"}', "line 3 needs a word in its"),
        ('{"file": "images/0.png", "caption": "a", "category": 3}', "'category'.*3"),
        ('{"file": "images/0.png", "caption": "again"}', "line 3 names a file again"),
        ('{"file": "images/9.png", "caption": "gone"}', "line 3 .* not there.*9.png"),
        ('{"file": "../x.png", "caption": "out"}', "line 3 .* outside of the folder"),
        ('{"file": "/etc/hosts", "caption": "out"}', "line 3 .* outside of the folder"),
        ('{"file": "images/0.png", "caption": "' + "a" * 20000 + '"}', "too long"),
    ],
)
def test_a_bad_line_is_named_with_its_number(tmp_path, line, message):
    path = folder(tmp_path / "x", rows(2), lines=[line])
    with pytest.raises(ValueError, match=message):
        load_data(path)


def test_images_without_a_caption_are_left_out_with_a_warning(tmp_path):
    path = folder(tmp_path / "x", rows(20), spare=["images/spare.png"])
    with pytest.warns(UserWarning, match="1 image.*no caption: images/spare.png"):
        assert len(load_data(path, split="all")) == 20
    with (
        warnings.catch_warnings(),
        pytest.raises(ValueError, match="images/spare.png.*strict=False"),
    ):
        load_data(path, strict=True)


def test_a_set_without_captions_or_without_a_split_is_refused(tmp_path):
    path = folder(tmp_path / "x", [("images/a.png", "red")])
    with pytest.raises(NoSuchSplit, match="1 captions"):
        load_data(path, split="train" if captions._held_out("images/a.png") else "test")
    with pytest.raises(ValueError, match="Unknown split"):
        load_data(path, split="valid")
    (path / captions.FILE).write_text("\n")
    with pytest.raises(ValueError, match="holds no caption"):
        load_data(path)


def test_both_splits_have_one_scale_and_the_channels_of_training(tmp_path):
    named = [(f"{part}/1.png", "a thing") for part in ("train", "test")]
    deep, plain = (folder(tmp_path / name, named) for name in ("deep", "plain"))
    for part, peak in (("train", 4000), ("test", 1000)):
        pixels = np.full((2, 2), 500, np.uint16)
        pixels[0, 0] = peak
        Image.fromarray(pixels).save(deep / part / "1.png")
    Image.new("L", (4, 4)).save(plain / "test" / "1.png")
    for split in ("train", "test"):
        found = load_data(deep, split=split).arrays["real"]
        assert found[0, 1, 1, 0] == 500 * 255 // 4000
        assert load_data(plain, split=split).sample_shape == (4, 4, 3)


def test_captions_lie_in_a_folder_of_their_own(tmp_path):
    (tmp_path / "outer").mkdir()
    inner = folder(tmp_path / "outer" / "sky", rows(60))
    found, same = load_data(tmp_path / "outer"), load_data(inner)
    np.testing.assert_array_equal(found.arrays["caption"], same.arrays["caption"])
