"""One door for arrays, data sets and each of their batches: the same words, once."""

import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import tiny

from ganzoo.data import BatchSpec, Door
from ganzoo.data.batch_spec import Samples, Tokens
from ganzoo.data.jitter import Jitter
from ganzoo.data.labels import Labels, Tags

POINTS = BatchSpec({"real": Samples((2,), (-1.0, 1.0))}, {"d_steps": 3, "replicas": 2})
LABELLED = POINTS.plus(label=Labels(10))
PARTLY = POINTS.plus(
    label=Labels(10, lowest=-1, unless="labeled_label"),
    labeled=Samples((2,), (-1.0, 1.0), unless="label"),
    labeled_label=Labels(10, lowest=-1, unless="label"),
)
CAPTIONED = POINTS.plus(caption=Tokens(3, 9), mismatched=Tokens(3, 9, origin="caption"))
ZEROS = np.zeros((6, 2), "float32")


def through_arrays(spec, batch):
    """The arrays that the door lets in."""
    return Door(spec).arrays(batch)


def through_a_data_set(spec, batch):
    """The batch that the door lets in of a data set of one."""
    with Door(spec) as door:
        data = tf.data.Dataset.from_tensors(batch)
        (out,) = door.dataset(data).as_numpy_iterator()
    return out


def through_a_later_batch(spec, batch):
    """The second batch that the door lets in of a data set."""
    good = {key: tf.zeros_like(value) for key, value in batch.items()}
    data = tf.data.Dataset.from_tensors(good).concatenate(
        tf.data.Dataset.from_tensors(batch)
    )
    with Door(spec) as door:
        _, out = door.dataset(data).as_numpy_iterator()
    return out


WAYS = [through_arrays, through_a_data_set, through_a_later_batch]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int64", "uint16"])
def test_labels_of_any_whole_type_are_int32_labels(way, dtype):
    label = np.arange(6, dtype=dtype)
    for column in (label, label[:, None]):
        out = way(LABELLED, {"real": ZEROS, "label": column})
        assert out["label"].dtype == np.int32
        np.testing.assert_array_equal(out["label"], label)


@pytest.mark.parametrize("way", WAYS)
def test_samples_keep_their_bytes_or_become_floatx(way):
    pixels = np.arange(12, dtype="uint8").reshape(6, 2)
    out = way(POINTS, {"real": pixels})["real"]
    assert out.dtype == np.uint8
    np.testing.assert_array_equal(out, pixels)
    assert way(POINTS, {"real": ZEROS.astype("float64")})["real"].dtype == np.float32
    keras.config.set_floatx("float64")
    try:
        assert way(POINTS, {"real": ZEROS})["real"].dtype == np.float64
    finally:
        keras.config.set_floatx("float32")


@pytest.mark.parametrize("way", WAYS)
def test_keys_that_no_spec_names_stay_as_they_are(way):
    extra = np.arange(6, dtype="uint8")
    out = way(POINTS, {"real": ZEROS, "label": extra})["label"]
    assert out.dtype == np.uint8
    np.testing.assert_array_equal(out, extra)


REFUSED = [
    (POINTS, {"real": ZEROS.astype(complex)}, "'real'; allowed: whole.*complex128"),
    (POINTS, {"real": ZEROS + 200}, r"scale them to \[-1, 1\].* or pass uint8"),
    (POINTS, {"real": ZEROS - 1.5}, r"Received: \[-1.5, -1.5\]"),
    (POINTS, {"real": ZEROS * np.nan}, "NaN or infinite values in 'real'.*12 of 12"),
    (POINTS, {"real": ZEROS[:, :1]}, r"shape \(2,\): build it with image_shape=\(1,\)"),
    (POINTS, {"real": ZEROS[0]}, r"first axis: data.batch\(64\).*one: \(2,\)"),
    (LABELLED, {"real": ZEROS}, r"need a label of each sample \(0 to 9\).*keys: real"),
    (LABELLED, {"real": ZEROS, "label": np.full(6, 10)}, "from 0 to 9. Received: 10"),
    (LABELLED, {"real": ZEROS, "label": np.full(6, -1)}, "from 0 to 9. Received: -1"),
    (LABELLED, {"real": ZEROS, "label": np.full(6, 2**32)}, "Received: 4294967296"),
    (LABELLED, {"real": ZEROS, "label": np.zeros(6)}, "Unfit labels 'label'.*float64"),
    (LABELLED, {"real": ZEROS, "label": np.zeros((6, 10), int)}, r"shape \(6, 10\)"),
    (LABELLED, {"real": ZEROS, "label": np.zeros(5, int)}, "'real': 6, 'label': 5"),
    (PARTLY, {"real": ZEROS}, "need a label of each sample .*-1 for unlabelled"),
    (PARTLY, {"real": ZEROS, "label": np.full(6, -2)}, "-1 for unlabelled. Rec.*: -2"),
    (
        CAPTIONED,
        {"real": ZEROS, "caption": np.full((6, 3), 10), "mismatched": np.ones((6, 3))},
        "Unfit captions 'mismatched'|must be from 0 .no word. to 9",
    ),
    (CAPTIONED, {"real": ZEROS}, "need captions 'caption', tokens"),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("spec,batch,message", REFUSED)
def test_the_door_refuses(way, spec, batch, message):
    with pytest.raises(ValueError, match=message):
        way(spec, batch)


@pytest.mark.parametrize("way", WAYS)
def test_a_labelled_stream_stands_for_labels(way):
    labeled = {"labeled": ZEROS, "labeled_label": np.arange(6) - 1}
    out = way(PARTLY, {"real": ZEROS, **labeled})
    np.testing.assert_array_equal(out["labeled_label"], np.arange(6) - 1)


def test_arrays_need_no_captions_that_the_pipeline_makes():
    batch = {"real": ZEROS, "caption": np.ones((6, 3), "int64")}
    assert through_arrays(CAPTIONED, batch)["caption"].dtype == np.int32
    with pytest.raises(ValueError, match="made of 'caption' where arrays are given"):
        through_a_data_set(CAPTIONED, batch)


IMAGES = BatchSpec({"real": Samples((4, 5, 3), (-1.0, 1.0))})
GREY = BatchSpec({"real": Samples((4, 4, 1), (-1.0, 1.0))})


def pixels(*shape, dtype="uint8"):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "spec, x, message",
    [
        (GREY, pixels(6, 4, 4), r"add the axis of the channel, x\[..., None\]"),
        (GREY, pixels(6, 1, 4, 4), "channels first: np.moveaxis.x, 1, -1."),
        (IMAGES, pixels(6, 3, 4, 5), "channels first: np.moveaxis.x, 1, -1."),
        (IMAGES, pixels(6, 4, 5, 4), r"fourth channel, x\[..., :3\], or build it with"),
        (GREY, pixels(6, 16), r"x.reshape\(-1, 4, 4, 1\)"),
        (GREY, pixels(4, 4, 1), r"come many at once.*one: \(4, 4, 1\)"),
        (GREY, pixels(4, 4), r"come many at once.*one: \(4, 4\)"),
        (GREY, pixels(6, 5, 4, 1), r"build it with image_shape=\(5, 4, 1\)"),
        (GREY, pixels(6, 4, 4, 1) / 95 + 0.00001, r"outside the model's.*1.00001\]"),
        (GREY, pixels(6, 4, 4, 1) - 1.0, r"outside the model's.*\[-1, 95|\[-1, 94"),
        (GREY, pixels(6, 4, 4, 1, dtype="int64") - 9, r"outside 0..255.*\[-9, 86\]"),
    ],
)
def test_samples_of_another_form_are_told_the_remedy(way, spec, x, message):
    with pytest.raises(ValueError, match=message):
        way(spec, {"real": x})


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dtype", ["int8", "uint16", "int32", "int64"])
def test_whole_numbers_are_pixels(way, dtype):
    x = pixels(6, 4, 4, 1).astype(dtype)
    out = way(GREY, {"real": x})["real"]
    assert out.dtype == np.uint8
    np.testing.assert_array_equal(out, x)


@pytest.mark.parametrize("way", WAYS)
def test_booleans_are_black_and_white(way):
    out = way(GREY, {"real": pixels(6, 4, 4, 1) > 7})["real"]
    np.testing.assert_array_equal(np.unique(out), [0, 255])


@pytest.mark.parametrize("way", WAYS)
def test_whole_vectors_without_a_range_are_floats(way):
    spec = BatchSpec({"real": Samples((2,), None)})
    out = way(spec, {"real": np.array([[-3, 700]] * 6)})["real"]
    assert out.dtype == np.float32
    assert out[0].tolist() == [-3, 700]


def test_more_bits_are_scaled_as_a_whole_or_refused():
    x = np.full((6, 4, 4, 1), 4095, "uint16")
    x[0] = 0
    with pytest.warns(UserWarning, match="up to 4095.* 12 bits"):
        out = through_arrays(GREY, {"real": x})["real"]
    assert np.unique(out).tolist() == [0, 255]
    with pytest.raises(ValueError, match=r"outside 0..255.*\[0, 4095\]"):
        through_a_data_set(GREY, {"real": x})


def in_fit(spec, x):
    with Door(spec) as door:
        return door.full_batches(tf.data.Dataset.from_tensors(x))


FITS = [lambda spec, x: Door(spec).arrays(x), in_fit]


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize(
    "x, message",
    [
        (pixels(6, 4, 4, 1) / 255, r"\[0, 1\], half.* x \* 2 - 1, or .*\(0, 1\)"),
        (pixels(6, 4, 4, 1) / 95 * 0.5 + 0.5, r"half.*Received: \[0.5, 1\]"),
        (pixels(6, 4, 4, 1) / 95 - 1e-8, r"half.*Received: \[-1e-08, 1\]"),
        (pixels(6, 4, 4, 1) / 95 - 0.5, r"in \[-0.5, 0.5\], half.* x \* 2, or"),
        (pixels(6, 4, 4, 1) % 2, "0 to 1, which are black.*x . 255, or bool"),
        (pixels(64, 4, 4, 1) % 17, r"0 to 16, which are black.*x . 15\. Received"),
    ],
)
def test_samples_of_another_scale_are_refused(fit, x, message):
    with pytest.raises(ValueError, match=message):
        fit(GREY, x)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize(
    "span, x",
    [
        ((-1.0, 1.0), np.zeros((6, 2))),
        ((-1.0, 1.0), np.linspace(-0.1, 1, 12).reshape(6, 2)),
        ((-1.0, 1.0), np.linspace(-0.5, 0.4, 12).reshape(6, 2)),
        ((0.0, 1.0), np.linspace(0, 1, 12).reshape(6, 2)),
        (None, np.linspace(0, 1, 12).reshape(6, 2)),
        (None, pixels(6, 2) % 17),
        ((-1.0, 1.0), pixels(6, 2)),
        ((-1.0, 1.0), np.linspace(-1.0000002, 1.0000002, 12).reshape(6, 2)),
    ],
)
def test_samples_of_the_right_scale_pass(fit, span, x):
    assert fit(BatchSpec({"real": Samples((2,), span)}), x) is not None


# --- arrays -----------------------------------------------------------------------


def test_arrays_come_as_x_and_y():
    images = np.zeros((3, 2), np.uint8)
    arrays = Door(LABELLED).arrays(images, np.array([[0], [1], [2]]))
    assert np.shares_memory(arrays["real"], images)
    assert arrays["label"].tolist() == [0, 1, 2]


def test_a_memory_map_is_not_read(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((3, 2), np.uint8))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert isinstance(Door(POINTS).arrays(mapped)["real"], np.memmap)


def test_a_shorter_labelled_stream_is_repeated():
    labeled = {"labeled": ZEROS[:1], "labeled_label": np.zeros(1, "int32")}
    arrays = Door(PARTLY).arrays({"real": ZEROS, **labeled}, batch_size=6)
    assert len(arrays["labeled"]) == 1
    with pytest.raises(ValueError, match="'labeled': 1, 'labeled_label': 2"):
        wrong = {**labeled, "labeled_label": np.zeros(2, "int32")}
        Door(PARTLY).arrays({"real": ZEROS, **wrong})


def test_arrays_have_a_batch_at_least():
    with pytest.raises(ValueError, match="Fewer samples than a batch.*6 samples"):
        Door(POINTS).arrays(ZEROS, batch_size=7)
    with pytest.raises(ValueError, match="`batch_size` must be a whole number"):
        Door(POINTS).arrays(ZEROS, batch_size=2.0)


def test_jittered_images_are_larger_than_the_models():
    spec = BatchSpec({"real": Samples((4, 4, 1), None)})
    images = np.zeros((3, 6, 6, 1), "uint8")
    assert Door(spec).arrays(images, jitter=Jitter({"real": (4, 4)})) is not None
    with pytest.raises(ValueError, match="must have the model's shape"):
        Door(spec).arrays(images)


@pytest.mark.parametrize(
    "x, message",
    [
        (np.array([None] * 3), "Python objects; allowed: arrays.*NoneType"),
        (
            [np.zeros((4, 4))] * 2 + [np.zeros((3, 4))],
            "one shape: resize them",
        ),
        (lambda: 1, "Python objects.*function"),
        (np.array(["a", "b"]), "Unfit dtype of 'real'.*U1"),
        (np.ma.masked_less(pixels(6, 4, 4, 1), 3), "'real' are masked.*3 masked of 96"),
        ("digits", "loaded first: .*load_data.*Received: 'digits'"),
        (pathlib.Path("photos"), "loaded first: .*load_data.*'photos'"),
        ({"image": ZEROS}, "x alone and .x, label. need no keys.*keys: image"),
        (range, "batches come from a data set or a generator, iter.loader."),
    ],
)
def test_what_is_no_array_is_refused(x, message):
    with pytest.raises(ValueError, match=message):
        Door(GREY).arrays(x)


def test_a_frame_of_pixels():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(pixels(6, 16, dtype="int64"))
    spec = BatchSpec({"real": Samples((16,), (-1.0, 1.0))})
    assert Door(spec).arrays(frame)["real"].dtype == np.uint8
    with pytest.raises(ValueError, match=r"x.reshape\(-1, 4, 4, 1\)"):
        Door(GREY).arrays(frame)


def places_of(condition, frame):
    """Places or tags that the door reads from a frame, and the names that it learns."""
    door = Door(POINTS.plus(label=condition))
    label = door.arrays(ZEROS, frame)["label"].tolist()
    return label, door.spec.entry("label").names


def test_a_frame_of_one_hot_codes_names_the_classes():
    pandas = pytest.importorskip("pandas")
    codes = pandas.get_dummies(pandas.Series([*"ddcdcc"]))[["d", "c"]]
    assert places_of(Labels(2), codes) == ([0, 0, 1, 0, 1, 1], ("d", "c"))
    known = Labels(2, names=("c", "d"))
    assert places_of(known, codes) == ([1, 1, 0, 1, 0, 0], ("c", "d"))
    with pytest.raises(ValueError, match="one of a, b. Received: c"):
        places_of(Labels(2, names=("a", "b")), codes)


def test_a_frame_of_tags_names_them_in_the_models_order():
    pandas = pytest.importorskip("pandas")
    rows = np.eye(2)[[0, 1, 0, 0, 1, 1]]
    frame = pandas.DataFrame(rows, columns=["red", "round"])
    tags = Tags(2, names=("red", "round"))
    assert places_of(tags, frame) == (rows.tolist(), ("red", "round"))
    assert places_of(Tags(2), frame)[1] == ("red", "round")
    assert places_of(tags, pandas.DataFrame(rows)) == (rows.tolist(), tags.names)
    with pytest.raises(ValueError, match="red, round, in this order. Rec.*round, red"):
        places_of(tags, frame[["round", "red"]])


# --- data sets --------------------------------------------------------------------


def test_batches_have_static_shapes_and_a_smaller_one_repeats_its_samples():
    points = np.arange(10, dtype="uint8").reshape(5, 2)
    data = tf.data.Dataset.from_tensor_slices((points, np.arange(5))).batch(3)
    first, batches = Door(LABELLED).full_batches(data)
    np.testing.assert_array_equal(first["label"], [0, 1, 2])
    assert batches.element_spec == {
        "real": tf.TensorSpec((3, 2), tf.uint8),
        "label": tf.TensorSpec((3,), tf.int32),
    }
    _, last = batches.as_numpy_iterator()
    np.testing.assert_array_equal(last["label"], [3, 4, 3])
    np.testing.assert_array_equal(last["real"], points[[3, 4, 3]])


def test_a_larger_later_batch_is_not_cut_in_silence():
    data = tf.data.Dataset.from_generator(
        lambda: (ZEROS[:n] for n in (3, 4)), output_types=tf.float32
    )
    with pytest.raises(ValueError, match="first batch had 3 samples.*Received: 4"):
        with Door(POINTS) as door:
            list(door.full_batches(data)[1])


def test_a_generator_without_static_shapes():
    data = tf.data.Dataset.from_generator(
        lambda: iter([(ZEROS, np.arange(6))]), output_types=(tf.uint8, tf.uint8)
    )
    spec = Door(LABELLED).dataset(data).element_spec
    assert spec["real"] == tf.TensorSpec((None, 2), tf.uint8)
    assert spec["label"] == tf.TensorSpec((None,), tf.int32)


def test_empty_and_ragged_data_sets_are_refused():
    empty = tf.data.Dataset.from_tensor_slices(ZEROS[:0]).batch(2)
    with pytest.raises(ValueError, match="data set is empty"):
        Door(POINTS).full_batches(empty)
    rows = tf.ragged.constant([[[1.0]], [[2.0], [3.0]]])
    with pytest.raises(ValueError, match="dense tensors.*RaggedTensorSpec"):
        Door(POINTS).dataset(tf.data.Dataset.from_tensors(rows))


def test_other_errors_pass_the_door():
    with pytest.raises(tf.errors.OpError), Door(POINTS):
        tf.debugging.assert_equal(1, 2)


def test_images_of_a_folder_as_keras_reads_them(tmp_path):
    for i, name in enumerate(["cat", "dog"]):
        (tmp_path / name).mkdir()
        keras.utils.save_img(
            tmp_path / name / "1.png", np.full((4, 4, 1), 100 + i), scale=False
        )
    data = keras.utils.image_dataset_from_directory(
        tmp_path, color_mode="grayscale", image_size=(4, 4), shuffle=False, verbose=0
    )
    spec = GREY.plus(label=Labels(2))
    with pytest.raises(ValueError, match="x / 127.5 - 1, or pass uint8.*100, 101"):
        Door(spec).full_batches(data)
    scaled = data.map(lambda x, y: (x / 127.5 - 1, y))
    whole = data.map(lambda x, y: (tf.cast(x, "uint8"), y))
    for ready, value in ((scaled, 100 / 127.5 - 1), (whole, 100)):
        first, _ = Door(spec).full_batches(ready)
        assert first["label"].numpy().tolist() == [0, 1]
        assert np.unique(first["real"][0]) == pytest.approx([value], abs=1e-6)


# --- the spec ---------------------------------------------------------------------


def test_a_batch_divides_by_the_factors():
    POINTS.check_size(12)
    with pytest.raises(ValueError, match="d_steps x replicas = 6.*8; 6 or 12 would do"):
        POINTS.check_size(8)
    with pytest.raises(ValueError, match="x pack = 12.*batch of 8; 12 would do"):
        POINTS.times(pack=2).check_size(8)


@pytest.mark.parametrize("spec", [POINTS, LABELLED, PARTLY, CAPTIONED])
def test_random_arrays_pass_the_door(spec):
    arrays = spec.random(5, np.random.default_rng(0))
    assert Door(spec).arrays(arrays).keys() == arrays.keys()
    unbounded = BatchSpec({"real": Samples((2,), None)})
    assert unbounded.random(5, np.random.default_rng(0))["real"].dtype == np.float32


def test_networks_get_scaled_samples_and_whole_labels():
    batch = {
        "real": np.array([[0, 255]], "uint8"),
        "label": np.array([3], "uint8"),
        "other": np.array([7], "uint8"),
        "weight": np.array([0.5], "float32"),
    }
    tensors = LABELLED.tensors(batch, "float64")
    assert tensors["real"].numpy().tolist() == [[-1.0, 1.0]]
    assert tensors["real"].dtype == tensors["weight"].dtype == tf.float64
    assert (tensors["label"].dtype, int(tensors["label"][0])) == (tf.int32, 3)
    assert (tensors["other"].dtype, int(tensors["other"][0])) == (tf.uint8, 7)


@pytest.mark.parametrize("known", [True, False])
def test_a_bright_first_batch_says_nothing_of_the_scale(known):
    """Batches of one: the others tell."""
    x = np.linspace(-1, 1, 8 * 16, dtype="float32").reshape(8, 4, 4, 1)
    x = np.roll(x, 1, axis=0)  # the brightest first
    unit = (x + 1) / 2
    for values, fits in ((x, True), (unit, False)):
        batches = tf.data.Dataset.from_tensor_slices(values).batch(1)
        if not known:
            batches = batches.filter(lambda _: True)
        door = Door(tiny("vanilla", image_shape=(4, 4, 1)).batch_spec)
        if fits:
            _, found = door.full_batches(batches)
            read = [batch["real"] for batch in found.as_numpy_iterator()]
            np.testing.assert_array_equal(np.concatenate(read), values)
        else:
            with pytest.raises(ValueError, match="half of the model's value_range"):
                door.full_batches(batches)


def test_what_is_no_sample_is_refused():
    model = tiny("vanilla")
    with pytest.raises(ValueError, match="'real' must hold samples. Received: 3.0"):
        Door(model.batch_spec).arrays(np.float32(3), None)
    spec = tiny("cgan", condition={"name": "numbers", "count": 1}).batch_spec
    pairs = np.zeros((0, 8, 8, 1), "float32"), np.zeros((0, 1), "float32")
    empty = tf.data.Dataset.from_tensor_slices(pairs).batch(2)
    with pytest.raises(ValueError, match="The data set is empty"):
        Door(spec).full_batches(empty)
