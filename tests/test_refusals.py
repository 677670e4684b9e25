"""Bad input to a model: refused early, with what is wrong and what is allowed."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import arrays_for, tiny
from keras.callbacks import TerminateOnNaN

from ganzoo import networks
from ganzoo.models.assemble import assemble
from ganzoo.utils import precision

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (24, 8, 8, 1), dtype="uint8")
LABELS = np.arange(24) % 10


def test_a_small_last_batch_leaves_the_weights_finite():
    model = tiny("vanilla", d_steps=3)
    data = tf.data.Dataset.from_tensor_slices(IMAGES[:14]).batch(12)
    model.fit(data, epochs=1, verbose=0)
    assert model.step == 2
    assert all(np.isfinite(w).all() for w in model.get_weights())


def test_a_rate_of_zero_is_a_rate_of_zero():
    model = tiny("vanilla", d_learning_rate=0.0)
    assert float(model.d_optimizer.learning_rate) == 0.0
    usual = float(tiny("vanilla").g_optimizer.learning_rate)
    assert float(model.g_optimizer.learning_rate) == usual > 0


@pytest.mark.parametrize(
    "name,options,message",
    [
        ("pix2pix", {"adversarial": 0, "l1": 0}, "Nothing trains this model"),
        ("cyclegan", {"pool": -1}, "`pool` must be a whole number from 0"),
        ("cgan", {"num_classes": 0}, "`num_classes` must be a whole number from 1"),
    ],
)
def test_options_that_would_fail_later_or_say_nothing(name, options, message):
    with pytest.raises(ValueError, match=message):
        tiny(name, **options)


@pytest.mark.parametrize("seed", [-1, 1.5, 2**31])
@pytest.mark.parametrize("name", ["vae", "made", "ddpm"])
def test_seeds_of_a_likelihood(name, seed):
    model = tiny(name)
    x = np.zeros((2, *model.sample_shape), "uint8")
    with pytest.raises(ValueError, match="`seed` must be"):
        model.log_likelihood(x, seed=seed)


@pytest.mark.parametrize(
    "name,kwargs,message",
    [
        ("cgan", {"x": IMAGES}, "need a label of each sample"),
        ("sgan", {"x": IMAGES}, "need a label of each sample"),
        ("cgan", {"x": IMAGES, "y": np.r_[LABELS[:-1], 50]}, "0 to 9. Received: 0, 1"),
        ("cgan", {"x": IMAGES, "y": np.full(24, -1)}, "must be from 0 to 9"),
        ("sgan", {"x": IMAGES, "y": np.full(24, -2)}, "-1 for unlabelled"),
        ("vanilla", {"x": {"image": IMAGES}}, "needs the key 'real'"),
        ("vanilla", {"x": IMAGES, "batch_size": 0}, "`batch_size` must be a whole"),
        ("vanilla", {"x": IMAGES, "batch_size": 8.0}, "`batch_size` must be a whole"),
        ("vanilla", {"x": IMAGES, "epochs": 1.5}, "`epochs` must be a whole number"),
        ("vanilla", {"x": IMAGES, "steps_per_epoch": 0}, "`steps_per_epoch` must be a"),
        ("vanilla", {"x": None}, "load_data.*Received: None"),
        ("vanilla", {"x": IMAGES, "callbacks": [print]}, "LambdaCallback.*print"),
        ("vanilla", {"x": IMAGES, "callbacks": TerminateOnNaN}, "are objects, .*class"),
        (
            "vanilla",
            {"x": tf.data.Dataset.from_tensor_slices(IMAGES).batch(8)},
            "`batch_size` is for arrays.*batch_size=8",
        ),
        ("vanilla", {"x": IMAGES[:4]}, "Fewer samples than a batch"),
        ("vanilla", {"x": IMAGES[:, :4]}, "must have the model's shape"),
        (
            "vanilla",
            {"x": IMAGES, "steps_per_epoch": 5, "steps_per_call": 2},
            "must divide steps_per_epoch=5",
        ),
        (
            "vanilla",
            {
                "x": tf.data.Dataset.from_tensor_slices(IMAGES[:0]).batch(8),
                "batch_size": None,
            },
            "data set is empty",
        ),
    ],
)
def test_fit_refuses(name, kwargs, message):
    model = tiny(name)
    with pytest.raises(ValueError, match=message):
        model.fit(**{"batch_size": 8, "verbose": 0, **kwargs})
    assert model.step == 0


@pytest.mark.parametrize(
    "x,message",
    [
        (IMAGES.astype("float32"), "outside the model's value_range"),
        (np.full((8, 8, 8, 1), np.nan, "float32"), "'real'"),
        (IMAGES[:, :4], "must have the model's shape"),
    ],
)
def test_evaluate_and_probability_refuse(x, message):
    model = tiny("vanilla")
    with pytest.raises(ValueError, match=message):
        model.evaluate(x, verbose=0)
    with pytest.raises(ValueError, match=message):
        model.probability_real(x)


def test_evaluate_needs_samples_and_a_batch():
    model = tiny("vanilla")
    with pytest.raises(ValueError, match="Samples are arrays.*Received: None"):
        model.evaluate(verbose=0)
    with pytest.raises(ValueError, match="`batch_size` must be a whole number"):
        model.evaluate(IMAGES, batch_size=0, verbose=0)


@pytest.mark.parametrize(
    "settings", [{"n": 1.0}, {"n": "3"}, {"n": True}, {"seed": None}, {"seed": 1.5}]
)
def test_sample_takes_whole_numbers(settings):
    with pytest.raises(ValueError, match="must be a whole number from 0"):
        tiny("vanilla").sample(**{"n": 2, **settings})


def test_whole_numbers_may_be_those_of_numpy():
    model, one, eight = tiny("vanilla"), np.int64(1), np.uint8(8)
    model.fit(IMAGES, batch_size=eight, epochs=one, steps_per_epoch=one, verbose=0)
    assert model.step == 1
    assert len(model.sample(eight, seed=one)) == 8


def test_no_samples_give_no_answers():
    assert tiny("vanilla").probability_real(IMAGES[:0]).shape == (0,)
    assert tiny("sgan").classify(IMAGES[:0]).shape == (0, 10)


def test_labels_of_a_conditional_model():
    model = tiny("cgan")
    a, b = model.latents(2)
    path = model.interpolate(a, b, 3)
    np.testing.assert_array_equal(path[:1], model.decode(a[None], label=0))
    np.testing.assert_array_equal(path[2:], model.decode(b[None], label=0))
    with pytest.raises(ValueError, match="give `label`"):
        model.probability_real(IMAGES)
    with pytest.raises(ValueError, match="whole number"):
        model.sample(2, label=1.7)
    with pytest.raises(ValueError, match="or 3 of them"):
        model.sample(3, label=[1, 2])
    with pytest.raises(ValueError, match="Missing: label"):
        model(model.latents(2))


def test_sgan_evaluates_labelled_arrays_alone():
    with pytest.raises(ValueError, match="label of every sample"):
        tiny("sgan").evaluate(IMAGES, np.full(24, -1), verbose=0)


def test_a_discriminator_needs_steps():
    with pytest.raises(ValueError, match="`d_steps` must be a whole number from 1"):
        tiny("vanilla", d_steps=0)


def test_a_batch_names_the_sizes_that_would_do():
    model = tiny("vanilla", d_steps=3)
    real = arrays_for(model)["real"]
    for size, would_do in ((8, "6 or 9"), (2, "3 would do")):
        data = tf.data.Dataset.from_tensor_slices(real).batch(size)
        with pytest.raises(ValueError, match=would_do):
            model.fit(data, verbose=0)


def test_several_replicas_refuse_xla_and_clipping(mirrored):
    with mirrored.scope():
        with pytest.raises(ValueError, match="jit_compile=False under 2 replicas"):
            tiny("vanilla", jit_compile=True)
        with pytest.raises(ValueError, match="Remove clipnorm"):
            tiny("vanilla", g_optimizer={"name": "adam", "clipnorm": 1.0})


@pytest.mark.long
def test_xla_compiles_the_step():
    model = tiny("vanilla", jit_compile=True)
    history = model.fit(IMAGES, batch_size=8, verbose=0).history
    assert model.step == 3
    assert np.isfinite(history["g_loss"]).all()


@pytest.mark.parametrize("dtype", ["mixed_float16", "float16"])
def test_float16_is_refused_with_the_reason_and_the_way_out(dtype):
    with pytest.raises(ValueError, match="scaled loss.*Use mixed_bfloat16") as error:
        tiny("vanilla", dtype=dtype)
    assert f"Received: dtype='{dtype}'" in str(error.value)


def test_the_policy_of_keras_is_the_default():
    with precision.policy("mixed_bfloat16"):
        assert tiny("vanilla").dtype_policy.name == "mixed_bfloat16"
        assert tiny("vanilla", dtype="float32").dtype_policy.name == "float32"
    with precision.policy("mixed_float16"):
        with pytest.raises(ValueError, match="dtype='mixed_float16'"):
            tiny("vanilla")


def test_networks_of_the_users_own_in_float16_are_refused():
    with precision.policy("mixed_float16"):
        players = networks.make("mlp", (8, 8, 1), latent_dim=4)
        with pytest.raises(ValueError, match="dtype='mixed_float16'"):
            assemble(**players)
    with pytest.raises(ValueError, match="compute in float16.*mixed_bfloat16"):
        assemble(**players)


def test_options_that_describe_an_object_for_keras_are_refused():
    spec = {"class_name": "Lambda", "module": "keras.layers", "config": {}}
    table = {"name": "mlp", "g_initializer": [spec]}
    with pytest.raises(ValueError, match="no tables with a class_name"):
        tiny("vanilla", network=table)
