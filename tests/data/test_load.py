import re
import subprocess
import sys

import numpy as np
import pandas
import pytest

from ganzoo.data import load_data


@pytest.mark.parametrize("source", [{"x": [1]}, [1, 2], None, np.zeros((9, 2))])
def test_what_is_no_source_is_refused(source):
    with pytest.raises(ValueError, match="a path or a pandas frame; arrays go to fit"):
        load_data(source)


def test_importing_the_sources_does_not_import_tensorflow():
    code = "import sys, ganzoo.data.load; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_built_in_name_wins_over_a_path(tmp_path, monkeypatch):
    (tmp_path / "digits").mkdir()
    monkeypatch.chdir(tmp_path)
    assert len(load_data("digits")) == 1437
    with pytest.raises(ValueError, match="No image"):
        load_data("./digits")


def test_images_are_reshaped_on_request():
    data = load_data("digits", image_size="16x12", channels=3)
    assert data.arrays["real"].shape == (1437, 16, 12, 3)
    real = data.arrays["real"]
    np.testing.assert_array_equal(real[..., 0], real[..., 2])
    assert len(data.arrays["label"]) == 1437


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image_size": 0}, "image_size; allowed: a positive"),
        ({"image_size": (8, 8, 1)}, "image_size; allowed: a positive"),
        ({"image_size": "8x"}, "64x48. Received: 8x"),
        ({"image_size": "8x8x1"}, "64x48. Received: 8x8x1"),
        ({"image_size": "big"}, "64x48. Received: big"),
        ({"channels": 2}, r"3 \(RGB\) or 4 \(.*\). Received: 2"),
    ],
)
def test_refuses_unfit_forms(options, message):
    with pytest.raises(ValueError, match=message):
        load_data("digits", **options)


@pytest.mark.parametrize(
    "name,form,shape",
    [
        ("ring8", {"image_size": 8}, "(2,)"),
        ("ring8", {"channels": 1}, "(2,)"),
        ("voxel_shapes", {"image_size": 8}, "(32, 32, 32, 1)"),
        ("voxel_shapes", {"channels": 3}, "(32, 32, 32, 1)"),
    ],
)
def test_points_and_volumes_have_no_form_of_images(name, form, shape):
    message = f"apply to images alone.*{re.escape(shape)} in '{name}'"
    with pytest.raises(ValueError, match=message):
        load_data(name, **form)


def test_columns_are_no_channels():
    with pytest.raises(ValueError, match="apply to images alone.*channels=3"):
        load_data(pandas.DataFrame(np.eye(12)[:, :3], columns=list("abc")), channels=3)


def test_semi_supervised_labels():
    full = load_data("digits")
    data = load_data("digits", labels_per_class=3, seed=1)
    arrays = data.arrays
    assert np.all(arrays["label"] == -1)
    assert len(arrays["label"]) == len(data) == 1437
    assert np.bincount(arrays["labeled_label"]).tolist() == [3] * 10
    assert arrays["labeled_label"].dtype == np.int32
    assert data.num_classes == 10
    by_image = dict(
        zip(map(bytes, full.arrays["real"]), full.arrays["label"].tolist(), strict=True)
    )
    assert [by_image[bytes(x)] for x in arrays["labeled"]] == arrays[
        "labeled_label"
    ].tolist()


def test_the_seed_chooses_the_labelled_samples():
    def chosen(seed):
        return load_data("digits", labels_per_class=3, seed=seed).arrays["labeled"]

    np.testing.assert_array_equal(chosen(0), chosen(0))
    assert not np.array_equal(chosen(0), chosen(1))


def test_no_labels_at_all_leaves_no_labelled_stream():
    data = load_data("digits", labels_per_class=0)
    assert set(data.arrays) == {"real", "label"}
    assert set(data.arrays["label"]) == {-1}


@pytest.mark.parametrize("per_class", [1, 3])
def test_too_few_labelled_samples_name_the_class(tmp_path, per_class):
    label = np.array([0, 0, 0, 2, 2, 2] if per_class == 1 else [0, 0, 0, 1, 1, 1, 2])
    np.savez(
        tmp_path / "x.npz",
        x_train=np.zeros((len(label), 2, 2), np.uint8),
        y_train=label,
        class_names=["cat", "dog", "emu"],
    )
    name = "dog" if per_class == 1 else "emu"
    with pytest.raises(ValueError, match=f"class '{name}'"):
        load_data(tmp_path / "x.npz", labels_per_class=per_class)


def test_semi_supervision_needs_labels():
    with pytest.raises(ValueError, match="needs a labelled set"):
        load_data("swiss_roll", labels_per_class=1)


@pytest.mark.parametrize("per_class", [-1, "1", 1.0, True])
def test_labels_of_a_class_are_counted(per_class):
    message = f"must be a whole number from 0. Received: {per_class!r}"
    with pytest.raises(ValueError, match=f"`labels_per_class` {message}"):
        load_data("digits", labels_per_class=per_class)


def test_tags_choose_samples_and_are_no_classes(tmp_path):
    tags = np.array([[1, 0], [1, 1], [0, 0]])
    images = np.arange(3, dtype="uint8").reshape(3, 1, 1)
    names = np.array(["red", "round"])
    np.savez(tmp_path / "t.npz", x_train=images, y_train=tags, class_names=names)
    red = load_data(tmp_path / "t.npz", class_name="red")
    assert red.arrays["real"].reshape(-1).tolist() == [0, 1]
    assert "label" not in red.arrays
    arrays = {"x_train": images, "y_train": tags, "class_names": names, "more": tags}
    np.savez(tmp_path / "t.npz", **arrays)
    one = load_data(tmp_path / "t.npz", class_name="red").account
    assert one.remarks == ("arrays that are not read: more (of all classes)",)
    with pytest.raises(ValueError, match="needs a labelled set"):
        load_data(tmp_path / "t.npz", labels_per_class=1)
