import h5py
import numpy as np
import pytest

from ganzoo.data import account, load_data
from ganzoo.data.dataset import NoSuchSplit
from ganzoo.data.splits import load_parts


def save(path, **arrays):
    np.savez_compressed(path, **arrays)
    return path


def grey(n):
    return np.full((n, 6, 5), 7, np.uint8)


def test_grey_images_get_a_channel_axis_and_labels_become_int32(tmp_path):
    path = save(
        tmp_path / "set.npz",
        x_train=grey(3),
        y_train=np.array([[0], [1], [0]], np.uint8),
        x_test=grey(2),
        y_test=np.array([3, 1]),
    )
    train = load_data(path)
    assert train.name == "set"
    assert train.arrays["real"].shape == (3, 6, 5, 1)
    assert train.arrays["label"].dtype == np.int32
    assert train.arrays["label"].tolist() == [0, 1, 0]
    # Three classes, though class 3 is in the test split alone.
    test, both = (load_data(path, split=split) for split in ("test", "all"))
    assert train.class_names == test.class_names == ("0", "1", "3")
    assert both.arrays["label"].tolist() == [0, 1, 0, 2, 1]


def test_class_names_are_read(tmp_path):
    path = save(
        tmp_path / "set.npz",
        x_train=grey(2),
        y_train=np.array([0, 1]),
        class_names=np.array(["cat", "dog", "emu"]),
    )
    assert load_data(path).class_names == ("cat", "dog", "emu")


@pytest.mark.parametrize("shape", [(2, 4, 4, 4), (2, 4, 4, 4, 1)])
@pytest.mark.parametrize("dtype", [np.uint8, bool])
def test_voxels_of_0_and_1_become_0_and_255(tmp_path, shape, dtype):
    grid = np.zeros(shape, dtype)
    grid[1, 2] = 1
    real = load_data(save(tmp_path / "v.npz", x_train=grid)).arrays["real"]
    assert real.shape == (2, 4, 4, 4, 1)
    assert real.dtype == np.uint8
    assert np.unique(real[1, 2]) == [255]
    assert real.sum() == 16 * 255


def test_floats_colour_images_and_points_are_kept(tmp_path):
    for shape in [(2, 4, 4, 3), (5, 2)]:
        array = np.linspace(-1, 1, np.prod(shape), dtype=np.float32).reshape(shape)
        path = save(tmp_path / "f.npz", x_train=array)
        data = load_data(path)
        np.testing.assert_array_equal(data.arrays["real"], array)
        assert data.num_classes == 0


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x_test": grey(2)}, "No 'x_train'"),
        ({"x_train": grey(0)}, "Empty"),
        ({"x_train": np.zeros(3, np.float32)}, "rank"),
        ({"x_train": np.uint8(3)}, "rank"),
        ({"x_train": np.array(["a"])}, "dtype of samples.*<U1"),
        ({"x_train": np.zeros(3, [("a", "f4")])}, "dtype of samples"),
        ({"images": grey(2), "labels": grey(2)}, "it holds images, labels"),
        ({"x_train": grey(2) - np.int64(9)}, "dtype of samples"),
        ({"x_train": grey(2) + np.int64(2**16)}, "dtype of samples.*int64"),
        ({"x_train": np.zeros((2, 16, 32, 32), "uint8")}, "voxels are .N, D, H, W, C"),
        ({"x_train": np.zeros((2, 4, 8, 8), "uint8")}, "allowed: 1, 3 or 4"),
        ({"x_train": np.full((2, 3), np.inf, np.float32)}, "6 of 6"),
        ({"x_train": grey(2), "y_train": np.array([0, -2])}, "Received: -2"),
        ({"x_train": grey(2), "y_train": np.array([0])}, "do not match"),
        ({"x_train": grey(2), "y_train": np.array([0.0, np.nan])}, "NaN"),
        ({"x_train": grey(2), "y_train": np.array([0, 1], complex)}, "allowed: whole"),
        ({"x_train": grey(2), "y_train": np.zeros((2, 2, 2))}, "labels.*(2, 2, 2)"),
        ({"x_train": grey(2), "y_train": [b"\xe9", b"e"]}, "are in UTF-8.*xe9"),
        (
            {"X_train": grey(2), "y_train": [0, 1]},
            "No 'x_train'.*Did you mean 'X_train'.*keys: y_train, X_train",
        ),
        (
            {"x_train": grey(2), "x_test": grey(2)[:, :3]},
            r"x_train whole numbers \(6, 5\), x_test whole numbers \(3, 5\)",
        ),
        (
            {"x_train": grey(2), "x_test": grey(2) / 255},
            "one kind and shape.*x_test floats",
        ),
        (
            {"x_train": grey(2), "y_train": [0, 1], "y_test": np.eye(2)},
            r"y_train whole numbers \(\), y_test floats \(2,\)",
        ),
        (
            {"x_train": grey(2), "y_train": [0, 1], "y_test": ["a", "b"]},
            r"y_test texts \(\)",
        ),
        (
            {"x_train": grey(2), "y_train": [0, 1], "class_names": ["a", "a"]},
            "a name of its own. Received twice: a",
        ),
        (
            {"x_train": grey(1), "y_train": ["x"], "class_names": ["a", "b"]},
            "a name in class_names.*Received: x",
        ),
        (
            {"x_train": grey(1), "y_train": np.array([2]), "class_names": ["a", "b"]},
            "0 to 1",
        ),
    ],
)
def test_refuses_unfit_arrays(tmp_path, arrays, message):
    path = save(tmp_path / "bad.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        load_data(path)


@pytest.mark.parametrize(
    ("labels", "missing"), [("y_test", "y_train"), ("y_train", "y_test")]
)
def test_all_needs_the_labels_of_both_splits(tmp_path, labels, missing):
    arrays = {"x_train": grey(1), "x_test": grey(1), labels: np.array([0])}
    path = save(tmp_path / "half.npz", **arrays)
    with pytest.raises(ValueError, match=f"No '{missing}'"):
        load_data(path, split="all")
    part = missing.removeprefix("y_")
    assert load_data(path, split=part).num_classes == 0


def test_labels_without_their_samples_are_refused(tmp_path):
    arrays = {"x_train": grey(3), "y_train": np.arange(3), "y_test": np.arange(2)}
    with pytest.raises(ValueError, match="`y_test` in .* need their samples, `x_test`"):
        load_data(save(tmp_path / "x.npz", **arrays))


def test_one_array_is_the_training_samples_whatever_its_name(tmp_path):
    np.savez(tmp_path / "x.npz", grey(3))
    assert len(load_data(tmp_path / "x.npz")) == 3


def test_what_else_the_file_holds_is_said(tmp_path):
    arrays = {"x_train": grey(3), "y": np.arange(3), "x_val": grey(1)}
    alone = load_data(save(tmp_path / "x.npz", **arrays))
    assert account.line(alone) == (
        "x: 3 images 6x5x1, no test split (scores take a fixed third); arrays that are "
        "not read: y, x_val"
    )
    arrays = {"x_train": grey(3), "y_train": np.arange(3.0), "x_test": grey(1)}
    both = load_data(save(tmp_path / "x.npz", **arrays))
    assert account.line(both) == (
        "x: 4 images 6x5x1, labels of 1 number, 3 train / 1 test"
    )
    arrays |= {"y_train": np.array([2, 0, 2]), "class_names": [*"abcd"]}
    named = load_data(save(tmp_path / "x.npz", **arrays))
    assert account.line(named).endswith("1 test; no training sample of: b, d")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["x_train"], file["group/y_train"] = grey(2), np.arange(2)
    remarks = load_data(tmp_path / "x.h5").account.remarks
    assert remarks == ("arrays that are not read: group",)


@pytest.mark.parametrize("name", ["x.tar.gz", "x.xlsx", "photo.png", "x.data"])
def test_files_of_other_kinds_are_told_what_a_data_set_is(name, tmp_path):
    (tmp_path / name).write_bytes(b"\x89 of another kind")
    message = r"folders of images or a zip.*\.csv.*begins as none of these"
    with pytest.raises(ValueError, match=message):
        load_data(tmp_path / name)


def test_refuses_pickled_objects(tmp_path):
    path = save(tmp_path / "p.npz", x_train=np.array([{"a": 1}], object))
    with pytest.raises(ValueError, match="never pickled"):
        load_data(path)


@pytest.mark.parametrize("keep", [0, 10, 0.3, 0.9])
def test_refuses_a_truncated_file(tmp_path, keep):
    rng = np.random.default_rng(0)
    path = save(tmp_path / "t.npz", x_train=rng.integers(0, 255, (9, 9, 9), np.uint8))
    content = path.read_bytes()
    path.write_bytes(content[: keep if keep > 1 else int(keep * len(content))])
    with pytest.raises(ValueError, match=r"Cannot read .*t\.npz"):
        load_data(path)


def test_refuses_damaged_bytes(tmp_path):
    rng = np.random.default_rng(0)
    path = save(tmp_path / "d.npz", x_train=rng.integers(0, 255, (9, 9, 9), np.uint8))
    content = bytearray(path.read_bytes())
    content[300:400] = bytes(100)
    path.write_bytes(content)
    with pytest.raises(ValueError, match="Cannot read"):
        load_data(path)


def test_members_with_path_names_are_never_written(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    arrays = {"x_train": grey(2), "../evil": grey(1)}
    data = load_data(save(folder / "x.npz", **arrays))
    assert len(data) == 2
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["in", "x.npz"]


# --- forms of images and labels ------------------------------------------------------


def loaded(tmp_path, **arrays):
    return load_data(save(tmp_path / "set.npz", **arrays))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_channels_first_are_turned_with_a_word(tmp_path, channels, dtype):
    x = np.arange(2 * channels * 20).reshape(2, channels, 4, 5).astype(dtype)
    with pytest.warns(UserWarning, match=r"channels first: .*\(4, 5, "):
        real = loaded(tmp_path, x_train=x).arrays["real"]
    np.testing.assert_array_equal(real, np.moveaxis(x, 1, -1))


@pytest.mark.parametrize("sides", [(16, 16), (8, 12)])
def test_four_channels_are_rgb_on_white_and_not_voxels(tmp_path, sides):
    x = np.zeros((2, *sides, 4), np.uint8)
    x[0, 0, 0] = [10, 20, 30, 255]
    x[1, 0, 0] = [10, 20, 30, 0]
    with pytest.warns(UserWarning, match="four channels.*white"):
        real = loaded(tmp_path, x_train=x).arrays["real"]
    assert real.shape == (2, *sides, 3)
    assert real[:, 0, 0].tolist() == [[10, 20, 30], [255, 255, 255]]


def four_channels(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("ending", ["npz", "npy", "h5"])
def test_four_channels_are_kept_where_asked(tmp_path, ending):
    x, path = four_channels(2, 5, 6, 4), tmp_path / f"x.{ending}"
    if ending == "npz":
        save(path, x_train=x)
    elif ending == "npy":
        np.save(path, x)
    else:
        with h5py.File(path, "w") as file:
            file["x_train"] = x
    np.testing.assert_array_equal(load_data(path, channels=4).arrays["real"], x)


def test_four_channels_in_other_forms_are_kept_where_asked(tmp_path):
    x, path = four_channels(2, 8, 6, 4), tmp_path / "x.npz"
    first = save(tmp_path / "first.npz", x_train=np.moveaxis(x, -1, 1))
    with pytest.warns(UserWarning, match=r"channels first: .*\(8, 6, 4\)"):
        real = load_data(first, channels=4).arrays["real"]
    np.testing.assert_array_equal(real, x)
    floats = x.astype(np.float32)
    real = load_data(save(path, x_train=floats), channels=4).arrays["real"]
    np.testing.assert_array_equal(real, floats)
    x[..., 3] = 51  # one opacity, so that only its own value can come out
    small = load_data(save(path, x_train=x), channels=4, image_size=4).arrays["real"]
    assert small.shape == (2, 4, 4, 4)
    assert np.unique(small[..., 3]) == [51]


@pytest.mark.parametrize("shape", [(12, 2), (5000, 12), (1, 64), (80, 128)])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_floats_that_might_be_signals_are_not_guessed(tmp_path, shape, dtype):
    x = np.linspace(-1, 1, 2 * np.prod(shape)).reshape(2, *shape).astype(dtype)
    path, (long, wide) = save(tmp_path / "x.npz", x_train=x), shape
    message = f"{long}x{wide} pixels, .*--channels=1.*{long} with {wide} channels.*fit"
    with pytest.raises(ValueError, match=message):
        load_data(path)
    real = load_data(path, channels=1).arrays["real"]
    np.testing.assert_array_equal(real, x[..., None])


@pytest.mark.parametrize("dtype, shape", [("float32", (8, 8)), ("uint8", (12, 2))])
def test_other_arrays_of_three_axes_are_grey_images(tmp_path, dtype, shape):
    x = np.ones((2, *shape), dtype)
    real = loaded(tmp_path, x_train=x).arrays["real"]
    np.testing.assert_array_equal(real, x[..., None])


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint16"])
def test_whole_numbers_up_to_255_are_pixels(tmp_path, dtype):
    x = np.arange(256).reshape(1, 16, 16).astype(dtype)
    real = loaded(tmp_path, x_train=x).arrays["real"]
    assert real.dtype == np.uint8
    np.testing.assert_array_equal(real[..., 0], x)


@pytest.mark.parametrize(
    "top, bits", [(256, 10), (1023, 10), (4095, 12), (16383, 14), (65535, 16)]
)
def test_more_bits_are_scaled_by_their_range_with_a_word(tmp_path, top, bits):
    x = np.array([0, top, 256], np.uint16).reshape(1, 3, 1)
    with pytest.warns(UserWarning, match=f"up to {top}.* {bits} bits"):
        real = loaded(tmp_path, x_train=x).arrays["real"]
    scale = 255 / (2**bits - 1)
    assert real.reshape(-1).tolist() == [0, round(top * scale), round(256 * scale)]


def test_both_splits_share_a_range(tmp_path):
    path = save(
        tmp_path / "set.npz",
        x_train=np.full((1, 2, 2), 1023, "int64"),
        x_test=np.full((1, 2, 2), 4095, "int64"),
    )
    for split, value in (("train", round(1023 * 255 / 4095)), ("test", 255)):
        with pytest.warns(UserWarning, match="12 bits"):
            real = load_data(path, split=split).arrays["real"]
        assert (real == value).all()


def test_whole_points_are_floats(tmp_path):
    x = np.array([[300, -4], [1, 2]])
    real = loaded(tmp_path, x_train=x).arrays["real"]
    assert real.dtype == np.float32
    np.testing.assert_array_equal(real, x)


CLASSES = [
    ([1, 5, 1], ("1", "5"), [0, 1, 0]),
    ([900, 3, -1], ("3", "900"), [1, 0, -1]),
    ([2**32, 0, 0], ("0", "4294967296"), [1, 0, 0]),
    (["dog", "cat", "dog"], ("cat", "dog"), [1, 0, 1]),
    (["10", "9", "10"], ("9", "10"), [1, 0, 1]),
    ([b"dog", b"cat", b"dog"], ("cat", "dog"), [1, 0, 1]),
    ([True, False, True], ("0", "1"), [1, 0, 1]),
    ([[0, 0, 1], [1, 0, 0], [0, 0, 1]], ("0", "1", "2"), [2, 0, 2]),
    ([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]], ("0", "1"), [1, 0, 1]),
]


@pytest.mark.parametrize("y, names, places", CLASSES)
def test_distinct_labels_are_the_classes(tmp_path, y, names, places):
    data = loaded(tmp_path, x_train=grey(3), y_train=np.array(y))
    assert data.class_names == names
    assert data.arrays["label"].dtype == np.int32
    assert data.arrays["label"].tolist() == places


def test_strings_are_places_among_the_names(tmp_path):
    names = np.array(["emu", "cat", "dog"])
    y = np.array(["dog", "emu"])
    data = loaded(tmp_path, x_train=grey(2), y_train=y, class_names=names)
    assert data.class_names == ("emu", "cat", "dog")
    assert data.arrays["label"].tolist() == [2, 0]


@pytest.mark.parametrize("names", [None, ["a", "b", "c"]])
def test_several_classes_at_once(tmp_path, names):
    y = np.array([[1, 1, 0], [0, 0, 0]])
    given = {} if names is None else {"class_names": names}
    data = loaded(tmp_path, x_train=grey(2), y_train=y, **given)
    assert data.class_names == tuple(names or "012")
    assert data.arrays["label"].tolist() == y.tolist()
    assert data.num_classes == 0


@pytest.mark.parametrize("y", [[0.5, 2.0], [[0.5, 1], [2, 3]], [[7, 1], [2, 3]]])
def test_numbers(tmp_path, y):
    data = loaded(tmp_path, x_train=grey(2), y_train=np.array(y))
    assert data.class_names == () and data.num_classes == 0
    np.testing.assert_array_equal(
        data.arrays["label"], np.array(y, "float32").reshape(2, -1)
    )


# --- .npy and HDF5 ------------------------------------------------------------------


def test_an_npy_holds_the_training_samples(tmp_path):
    np.save(tmp_path / "x.npy", grey(3))
    data = load_data(tmp_path / "x.npy")
    np.testing.assert_array_equal(data.arrays["real"][..., 0], grey(3))
    with pytest.raises(NoSuchSplit):
        load_data(tmp_path / "x.npy", split="test")


def test_groups_of_hdf5_are_named(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["train/x"], file["y"], file["z"] = grey(2), [0, 1], [0, 1]
    with pytest.raises(ValueError, match=r"holds y \(2,\), z \(2,\), train \(a group"):
        load_data(tmp_path / "x.h5")


def test_an_npy_of_objects_is_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(ValueError, match="Cannot read.*Python objects|allow_pickle"):
        load_data(tmp_path / "x.npy")


def test_hdf5_holds_what_an_npz_holds(tmp_path):
    arrays = {"x_train": grey(3), "y_train": np.array([0, 1, 0]), "x_test": grey(1)}
    arrays |= {"y_test": np.array([1])}
    save(tmp_path / "x.npz", **arrays)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        for key, array in arrays.items():
            file.create_dataset(key, data=array, compression="gzip")
        file["class_names"] = ["cat", "dog"]
        file["group/other"] = grey(9)
    found, wanted = load_data(tmp_path / "x.h5"), load_data(tmp_path / "x.npz")
    assert found.fingerprint == wanted.fingerprint
    assert found.class_names == ("cat", "dog")


def test_one_array_of_hdf5_is_the_training_samples_whatever_its_name(tmp_path):
    with h5py.File(tmp_path / "x.hdf5", "w") as file:
        file["images"] = grey(3)
    assert len(load_data(tmp_path / "x.hdf5")) == 3
    with h5py.File(tmp_path / "x.hdf5", "a") as file:
        file["masks"] = grey(3)
    with pytest.raises(ValueError, match=r"x_train.*images \(3, .*masks \(3, "):
        load_data(tmp_path / "x.hdf5")


def test_a_test_split_that_cannot_serve_is_none(tmp_path):
    real = np.zeros((6, 4, 4), "uint8")
    real[0, 0, 0] = 255
    y = np.arange(4) % 2
    kinds = {
        "unlabelled": {"x_test": real[4:]},
        "another": {"x_test": real[4:], "y_test": np.zeros(2, int)},
        "empty": {"x_test": real[:0], "y_test": y[:0]},
    }
    for name, more in kinds.items():
        path = tmp_path / f"{name}.npz"
        np.savez(path, x_train=real[:4], y_train=y, **more)
        assert load_parts(path, class_name="1").held_out is None
    assert load_parts(tmp_path / "empty.npz").held_out is None
