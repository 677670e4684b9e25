"""Labels in any form train the same weights, and samples are asked for by name."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import tiny

import ganzoo
from ganzoo.data import Door, batches, load_data

X = np.random.default_rng(0).integers(0, 256, (24, 8, 8, 1), "uint8")
PLACES = np.arange(24) % 3
NAMES = np.array(["cat", "dog", "emu"])
FORMS = {
    "uint8": PLACES.astype("uint8"),
    "int64": PLACES,
    "strings": NAMES[PLACES],
    "one-hot": np.eye(3)[PLACES],
}


def from_arrays(y, path):
    return {"x": X, "y": y, "batch_size": 8}


def from_npz(y, path):
    np.savez(path / "set.npz", x_train=X, y_train=y)
    return {"x": load_data(path / "set.npz"), "batch_size": 8}


def from_data_set(y, path):
    """The batches that `fit` makes of the arrays, in the same order."""
    order = batches({"rows": np.arange(24), "real": X}, 8, seed=0).take(3)
    rows = np.concatenate([batch["rows"] for batch in order.as_numpy_iterator()])
    return {"x": tf.data.Dataset.from_tensor_slices((X[rows], y[rows])).batch(8)}


def trained(**settings):
    keras.utils.set_random_seed(0)
    model = tiny("cgan", num_classes=3, network={"name": "mlp", "hidden": (4,)})
    model.fit(**settings, steps_per_call=1, verbose=0)
    assert model.step == 3
    return model


def first_batch(x, y=None, batch_size=8):
    """The first samples that `fit` trains on: arrays in order, or the first batch."""
    door = Door(tiny("cgan", num_classes=3).batch_spec)
    if isinstance(x, tf.data.Dataset):
        return door.full_batches(x)[0]
    return next(iter(batches(door.arrays(x, y), batch_size, seed=0)))


@pytest.mark.parametrize("source", [from_arrays, from_npz, from_data_set])
@pytest.mark.parametrize("form", FORMS)
def test_labels_in_any_form_and_from_any_source_are_the_same_batches(
    source, form, tmp_path
):
    expected = first_batch(X, PLACES)
    batch = first_batch(**source(FORMS[form], tmp_path))
    for key in ("real", "label"):
        assert batch[key].dtype == expected[key].dtype
        np.testing.assert_array_equal(batch[key], expected[key])


@pytest.mark.long
def test_labels_in_any_form_and_from_any_source_train_the_same_weights(tmp_path):
    runs = [(from_arrays, "int64"), (from_arrays, "strings"), (from_npz, "one-hot")]
    runs += [(from_data_set, "uint8"), (from_data_set, "strings")]
    models = [trained(**source(FORMS[form], tmp_path)) for source, form in runs]
    names = [tuple(model.condition["names"]) for model in models]
    assert names == [
        tuple("012"),
        tuple(NAMES),
        tuple("012"),
        tuple("012"),
        tuple(NAMES),
    ]
    first = models[0].get_weights()
    for model in models[1:]:
        for a, b in zip(first, model.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


def test_names_are_kept_in_a_file(tmp_path):
    model = tiny("cgan", num_classes=3)
    model.fit(X, NAMES[PLACES], batch_size=24, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = ganzoo.load(tmp_path / "model.keras")
    expected = model.sample(2, label=["emu", "cat"])
    np.testing.assert_array_equal(loaded.sample(2, label=["emu", "cat"]), expected)
    np.testing.assert_array_equal(loaded.sample(2, label=[2, 0]), expected)
    with pytest.raises(ValueError, match="one of cat, dog, emu.*nearest is 'emu'"):
        loaded.sample(1, label="emo")


def test_a_condition_of_numbers(tmp_path):
    numbers = np.linspace(20, 70, 24)
    model = tiny("cgan", condition="numbers")
    model.fit(X, numbers, batch_size=24, verbose=0)
    assert model.condition == {
        "name": "numbers",
        "count": 1,
        "mean": [numbers.mean()],
        "std": [numbers.std()],
        "low": [20.0],
        "high": [70.0],
    }
    model.save(tmp_path / "model.keras")
    loaded = ganzoo.load(tmp_path / "model.keras")
    expected = model.sample(3)
    np.testing.assert_array_equal(loaded.sample(3, label=[20, 45, 70.0]), expected)
    # The networks see (label - mean) / std.
    latent = tf.constant(model.latents(1))
    seen = tf.constant([[(70 - numbers.mean()) / numbers.std()]], "float32")
    direct = model.average_of(model.generator)({"latent": latent, "label": seen})
    again = model.sample(1, label=70)
    np.testing.assert_array_equal(model.as_samples(direct), again)
    with pytest.warns(UserWarning, match="lies outside"):
        model.sample(1, label=71)


@pytest.mark.parametrize("network", ["mlp", "dcgan", "resnet"])
@pytest.mark.parametrize(
    "condition", [{"name": "tags", "count": 3}, {"name": "numbers", "count": 3}]
)
def test_networks_take_vectors(network, condition):
    sizes = {"image_shape": (8, 8, 1), "latent_dim": 4}
    table = {"name": network} | (
        {"hidden": (4,)} if network == "mlp" else {"filters": 2}
    )
    model = ganzoo.build("cgan", network=table, condition=condition, **sizes)
    assert model.generator.input["label"].shape == (None, 3)
    assert model.discriminator.input["label"].shape == (None, 3)
    a, b = (model.probability_real(X[:2], label) for label in ([1, 0, 1], [0, 1, 0]))
    assert (a != b).all()


@pytest.mark.parametrize("variant", ["acgan", "sgan"])
def test_a_d_that_classifies_takes_no_numbers(variant):
    model = tiny(variant, condition=["cat", "dog", "emu"], num_classes=10)
    label = model.batch_spec.entries["label"]
    assert label.convert("label", NAMES[[2, 0]]).tolist() == [2, 0]
    with pytest.raises(ValueError, match="D classifies here.*numbers use 'cgan'. Rec"):
        tiny(variant, condition="numbers")


def test_sgan_takes_no_tags():
    tags = {"name": "tags", "names": ["red", "round"]}
    with pytest.raises(ValueError, match="D classifies here.*; for tags and.*'cgan'"):
        tiny("sgan", condition=tags)


def test_a_semi_supervised_model_keeps_the_names():
    model = tiny("sgan", num_classes=3)
    model.learn(model.batch_spec.named(tuple(NAMES)))
    assert model.class_names == list(NAMES)
    assert model.get_config()["class_names"] == list(NAMES)
    assert not model.conditional


def test_values_without_a_range():
    for value_range in (None, "none"):
        model = tiny("vanilla", image_shape=(2,), value_range=value_range)
        assert model.value_range is None
    with pytest.raises(ValueError, match=r"must be \(low, high\).*Received: 'nome'"):
        tiny("vanilla", image_shape=(2,), value_range="nome")


def test_classes_without_a_sample_are_told():
    model = tiny("cgan", num_classes=4)
    with pytest.warns(UserWarning, match="which G does not learn: 2, 3. .*=2"):
        model.fit(X, np.arange(len(X)) % 2, batch_size=24, verbose=0)
