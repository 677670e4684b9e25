"""Networks as Keras tutorials build them, and what no file can hold of them."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import arrays_for, tiny
from keras import layers

import ganzoo
from ganzoo.models.from_image import TranslationModel
from ganzoo.models.gan import GAN
from ganzoo.utils import precision

SHAPE = (8, 8, 1)


def sequential_g(*further):
    return keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(64),
            *further,
            layers.BatchNormalization(),
            layers.Reshape(SHAPE),
            layers.Activation("tanh"),
        ]
    )


def sequential_d(*further):
    return keras.Sequential(
        [keras.Input(SHAPE), layers.Flatten(), *further, layers.Dense(1)]
    )


def functional_g():
    latent = keras.Input((4,))
    return keras.Model(latent, layers.Reshape(SHAPE)(layers.Dense(64)(latent)))


@keras.saving.register_keras_serializable("tests")
class Subclassed(keras.Model):
    def __init__(self, units=64, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.dense = layers.Dense(units)

    def call(self, inputs):
        return keras.ops.reshape(self.dense(inputs), (-1, *SHAPE))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def subclassed_g():
    latent = keras.Input((4,), name="latent")
    return keras.Model({"latent": latent}, Subclassed()(latent))


def images(count=16):
    return np.random.default_rng(0).integers(0, 256, (count, *SHAPE), "uint8")


@pytest.mark.parametrize("generator", [sequential_g, functional_g, subclassed_g])
def test_nets_of_one_input_train_sample_and_load(generator, tmp_path):
    model = ganzoo.assemble(
        generator=generator(), discriminator=sequential_d(), ema_decay=0.9
    )
    assert list(model.generator.input) == ["latent"]
    assert list(model.discriminator.input) == ["sample"]
    assert (model.latent_dim, model.sample_shape) == (4, SHAPE)
    before = model.sample(4)
    model.fit(images(), batch_size=8, verbose=0)
    assert (model.sample(4) != before).any()
    model.save(tmp_path / "model.keras")
    loaded = ganzoo.load(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.sample(4), model.sample(4))


def test_the_weights_stay_those_of_the_users_net():
    generator = sequential_g()
    model = ganzoo.assemble(generator=generator, discriminator=sequential_d())
    model.fit(images(), batch_size=8, verbose=0)
    z = model.latents(3)
    np.testing.assert_array_equal(
        generator(z, training=False), model.generator({"latent": z}, training=False)
    )


def test_a_list_of_named_inputs_is_taken_by_name():
    latent, label = keras.Input((4,), name="latent"), keras.Input((), name="label")
    code = layers.Embedding(10, 4)(label)
    sample = layers.Reshape(SHAPE)(layers.Dense(64)(latent + code))
    shown = keras.Input(SHAPE, name="sample")
    told = keras.Input((), name="label")
    seen = layers.Concatenate()(
        [layers.Flatten()(shown), layers.Embedding(10, 4)(told)]
    )
    model = ganzoo.assemble(
        generator=keras.Model([latent, label], sample),
        discriminator=keras.Model([shown, told], layers.Dense(1)(seen)),
        num_classes=10,
    )
    model.fit(images(), np.arange(16) % 10, batch_size=8, verbose=0)
    assert model.sample(3, label=[1, 2, 3]).shape == (3, *SHAPE)


def unbuilt():
    return keras.Sequential([layers.Dense(64), layers.Reshape(SHAPE)])


def called():
    network = Subclassed()
    network(np.zeros((1, 4), "float32"))
    return network


def test_what_is_no_network():
    with pytest.raises(ValueError, match="'latent' must be a Keras model.*function"):
        ganzoo.assemble(generator=subclassed_g, discriminator=sequential_d())


@pytest.mark.parametrize("option", ["image_shape", "latent_dim", "generatr"])
def test_networks_decide_what_options_of_builds_do(option):
    with pytest.raises(ValueError, match=f"assemble with networks '{option}'"):
        players = {"generator": functional_g(), "discriminator": sequential_d()}
        ganzoo.assemble(**players, **{option: 8})


@pytest.mark.parametrize("form", [list, lambda tensors: dict(a=tensors[0])])
def test_outputs_of_a_discriminator_are_named(form):
    x = keras.Input((8, 8, 1))
    flat = keras.layers.Flatten()(x)
    d = keras.Model(x, form([keras.layers.Dense(units)(flat) for units in (1, 3)]))
    with pytest.raises(ValueError, match='logits alone, or a dict.*"features"'):
        ganzoo.assemble(generator=functional_g(), discriminator=d)


def test_samples_have_a_fixed_shape():
    x = keras.Input((None, None, 1))
    g = keras.Model(x, layers.Conv2D(1, 3, padding="same")(x))
    with pytest.raises(ValueError, match=r"fixed shape.*\(None, None, 1\)"):
        ganzoo.assemble(generator=g, discriminator=sequential_d())


@pytest.mark.parametrize("generator", [unbuilt, called, Subclassed])
def test_a_net_without_known_inputs_names_the_rule(generator):
    with pytest.raises(ValueError, match='keras.Input as its first.*"latent": x'):
        ganzoo.assemble(generator=generator(), discriminator=sequential_d())


def test_a_discriminator_without_known_inputs_is_told_its_own_key():
    with pytest.raises(ValueError, match='"sample": x'):
        ganzoo.assemble(generator=sequential_g(), discriminator=unbuilt())


# --- last activations -------------------------------------------------------------


def wrapped(network):
    """The same network within another, behind layers that change no value."""
    x = keras.Input(network.input_shape[1:])
    y = layers.Activation("linear", dtype="float32")(network(x))
    return keras.Model(x, layers.Flatten()(y))


def functional_d(end):
    x = keras.Input(SHAPE)
    return keras.Model(x, end(layers.Dense(1)(layers.Flatten()(x))))


def ending(*ends):
    return keras.Sequential([keras.Input(SHAPE), layers.Flatten(), *ends])


PROBABILITIES = {
    "Dense": lambda: ending(layers.Dense(1, activation="sigmoid")),
    "Activation": lambda: ending(layers.Dense(1), layers.Activation("sigmoid")),
    "hard": lambda: ending(layers.Dense(1, activation="hard_sigmoid")),
    "function": lambda: functional_d(keras.activations.sigmoid),
    "operation": lambda: functional_d(keras.ops.sigmoid),
    "softmax": lambda: ending(layers.Dense(2, activation="softmax")),
    "Softmax": lambda: ending(layers.Dense(2), layers.Softmax()),
    "spectral": lambda: ending(
        layers.SpectralNormalization(layers.Dense(1, activation="sigmoid"))
    ),
    "dropout": lambda: ending(
        layers.Dense(1, activation="sigmoid"), layers.Dropout(0.5)
    ),
    "within": lambda: wrapped(ending(layers.Dense(1, activation="sigmoid"))),
    "map": lambda: keras.Sequential(
        [keras.Input(SHAPE), layers.Conv2D(1, 4, activation="sigmoid")]
    ),
}


@pytest.mark.parametrize("kind", PROBABILITIES)
@pytest.mark.parametrize("loss", ["non_saturating", "wasserstein"])
def test_a_discriminator_of_probabilities_is_refused(kind, loss):
    with pytest.raises(ValueError, match="take logits.*Drop.*: (hard_)?[sS](igm|oft)"):
        ganzoo.assemble(
            generator=sequential_g(), discriminator=PROBABILITIES[kind](), loss=loss
        )


@keras.saving.register_keras_serializable("tests")
class OwnSigmoid(layers.Layer):
    def call(self, inputs):
        return keras.ops.sigmoid(inputs)


@pytest.mark.parametrize(
    "ends",
    [
        lambda: [layers.Dense(4, activation="sigmoid"), layers.Dense(1)],
        lambda: [layers.Dense(1, activation="tanh")],
        lambda: [layers.Dense(1), layers.LeakyReLU()],
        lambda: [layers.Dense(1), OwnSigmoid()],  # cannot be seen
        # An autoencoder as D, such as BEGAN's, answers samples.
        lambda: [layers.Dense(64, activation="sigmoid"), layers.Reshape(SHAPE)],
    ],
    ids=["inside", "tanh", "leaky", "own", "autoencoder"],
)
def test_other_ends_of_a_discriminator_are_taken(ends):
    ganzoo.assemble(generator=sequential_g(), discriminator=ending(*ends()))


def ending_g(*ends):
    return keras.Sequential(
        [keras.Input((4,)), layers.Dense(64), *ends, layers.Reshape(SHAPE)]
    )


ENDS = {
    "tanh": lambda: layers.Activation("tanh"),
    "hard_tanh": lambda: layers.Activation("hard_tanh"),
    "sigmoid": lambda: layers.Activation("sigmoid"),
    "softmax": lambda: layers.Dense(64, activation="softmax"),
    "relu": lambda: layers.Activation("relu"),
    "ReLU": lambda: layers.ReLU(),
    "linear": lambda: layers.Dense(64),
    "rescaled": lambda: keras.Sequential(
        [keras.Input((64,)), layers.Activation("tanh"), layers.Rescaling(0.5, 0.5)]
    ),
}
FITTING = {
    "auto": {"tanh", "hard_tanh", "linear", "rescaled"},
    (0.0, 1.0): {"sigmoid", "softmax", "relu", "ReLU", "linear", "rescaled"},
    (0, 255): {"relu", "ReLU", "linear", "rescaled"},
    None: {*ENDS},
}


@pytest.mark.parametrize("value_range", FITTING, ids=str)
@pytest.mark.parametrize("end", ENDS)
def test_the_end_of_a_generator_fits_the_range(end, value_range):
    def assembled():
        ganzoo.assemble(
            generator=ending_g(ENDS[end]()),
            discriminator=sequential_d(),
            value_range=value_range,
        )

    if end in FITTING[value_range]:
        return assembled()
    with pytest.raises(ValueError, match=f"fit `value_range`: tanh for.*: {end}, "):
        assembled()


def test_a_generator_of_two_images_is_checked_by_its_own_end():
    source = keras.Input((None, None, 1), name="source")
    network = keras.Model(source, layers.Conv2D(1, 1, activation="sigmoid")(source))
    with pytest.raises(ValueError, match="Received: sigmoid, which answers"):
        ganzoo.assemble(
            TranslationModel,
            generator=network,
            image_shape=SHAPE,
            source_shape=SHAPE,
            reconstruction={"l1": 1.0},
        )


# --- penalties that no loss would see ----------------------------------------------


@pytest.mark.parametrize(
    "option,name",
    [("kernel_regularizer", "held/kernel"), ("activity_regularizer", "held")],
)
def test_regularizers_are_refused_with_what_to_use(option, name):
    held = layers.Dense(64, name="held", **{option: "l2"})
    with pytest.raises(ValueError, match=f"adamw.*Received: .*{name}"):
        ganzoo.assemble(generator=sequential_g(held), discriminator=sequential_d())
    with pytest.raises(ValueError, match=f"Received: .*{name}"):
        ganzoo.assemble(generator=sequential_g(), discriminator=sequential_d(held))


# --- code in a file ---------------------------------------------------------------


@pytest.mark.parametrize(
    "layer",
    [
        lambda: layers.Lambda(lambda x: 2 * x),
        lambda: layers.Dense(64, activation=lambda x: 2 * x),
        lambda: keras.Sequential([keras.Input((64,)), layers.Lambda(lambda x: x)]),
    ],
    ids=["Lambda", "lambda", "nested"],
)
def test_code_is_refused_at_assemble_with_what_to_use(layer):
    with pytest.raises(ValueError, match="keras.ops.*Rescaling.*Received: (La|De)"):
        ganzoo.assemble(generator=sequential_g(layer()), discriminator=sequential_d())


def test_code_in_a_discriminator_too():
    judge = sequential_d(layers.Lambda(lambda x: x, name="mine"))
    with pytest.raises(ValueError, match="Received: Lambda 'mine'"):
        ganzoo.assemble(generator=sequential_g(), discriminator=judge)


class Unknown(layers.Layer):
    def call(self, inputs):
        return 2 * inputs


def twice(x):
    return 2 * x


@keras.saving.register_keras_serializable("tests")
def thrice(x):
    return 3 * x


@pytest.mark.parametrize(
    "layer,name",
    [(Unknown, "Unknown"), (lambda: layers.Activation(twice), "twice")],
)
def test_what_load_would_refuse_is_not_saved(layer, name, tmp_path):
    model = ganzoo.assemble(
        generator=sequential_g(layer()), discriminator=sequential_d()
    )
    with pytest.raises(ValueError, match=f"names .*{name}.*register_keras_serial"):
        model.save(tmp_path / "model.keras")
    assert not (tmp_path / "model.keras").exists()


def test_a_registered_function_is_saved_and_loaded(tmp_path):
    model = ganzoo.assemble(
        generator=sequential_g(layers.Activation(thrice)), discriminator=sequential_d()
    )
    model.save(tmp_path / "model.keras")
    loaded = ganzoo.load(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.sample(4), model.sample(4))


def test_every_kind_of_loss_of_ones_own(tmp_path):
    model = tiny("vanilla", loss=ganzoo.losses.Loss(d_hinge, g_hinge))
    assert model.has_probability  # a sigmoid by default
    model.train_step(arrays_for(model, 8))
    model.save(tmp_path / "model.keras")
    loaded = ganzoo.load(tmp_path / "model.keras")
    x = images(4)
    assert loaded.test_on_batch(x) == model.test_on_batch(x)


@keras.saving.register_keras_serializable("tests")
def d_hinge(real, fake):
    ops = keras.ops
    return ops.mean(ops.relu(1 - real)) + ops.mean(ops.relu(1 + fake))


@keras.saving.register_keras_serializable("tests")
def g_hinge(real, fake):
    return -keras.ops.mean(fake)


@keras.saving.register_keras_serializable("tests")
def both_hinge(real, fake):
    return d_hinge(real, fake), g_hinge(real, fake)


def test_a_function_as_loss_trains_as_the_loss_that_it_is(tmp_path):
    def made(loss):
        keras.utils.set_random_seed(3)
        model = tiny("vanilla", loss=loss)
        model.train_step(arrays_for(model, 8))
        return model

    named, own = made("hinge"), made(both_hinge)
    for a, b in zip(named.weights, own.weights, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), atol=1e-6)
    assert not own.has_probability
    own.save(tmp_path / "model.keras")
    assert ganzoo.load(tmp_path / "model.keras").loss is both_hinge
    with pytest.raises(ValueError, match="__lambda__.*register_keras"):
        with pytest.warns(UserWarning, match="lambda"):
            made(lambda real, fake: both_hinge(real, fake)).save(tmp_path / "x.keras")


# --- inputs, ranges and settings ----------------------------------------------------


def of_shape(shape, end=None):
    """A generator of samples of a shape."""
    return keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(int(np.prod(shape))),
            layers.Reshape(shape),
            layers.Activation(end or "linear"),
        ]
    )


def of_samples(shape):
    return keras.Sequential([keras.Input(shape), layers.Flatten(), layers.Dense(1)])


@pytest.mark.parametrize(
    "shape,codec,end,expected",
    [
        ((2,), None, None, None),
        ((6, 2), None, None, None),
        ((6, 4), None, "softmax", None),
        ((6, 4), {"name": "text", "alphabet": "abc"}, "softmax", (0.0, 1.0)),
        (SHAPE, None, "tanh", (-1.0, 1.0)),
    ],
)
def test_the_range_follows_the_samples(shape, codec, end, expected):
    model = ganzoo.assemble(
        generator=of_shape(shape, end), discriminator=of_samples(shape), codec=codec
    )
    assert model.value_range == expected
    family = ganzoo.assemble(
        network="mlp", image_shape=shape, codec=codec, value_range="auto"
    )
    assert codec or family.value_range == expected


def test_vectors_of_any_scale_train_and_stay_floats():
    model = ganzoo.assemble(generator=of_shape((2,)), discriminator=of_samples((2,)))
    model.fit(np.full((16, 2), 30.0, "float32"), batch_size=8, verbose=0)
    assert model.sample(2).dtype == np.float32


def labelled_g(shape=(3,), *, named="latent"):
    latent, label = keras.Input((4,), name=named), keras.Input(shape, name="label")
    joined = layers.Concatenate()([latent, layers.Flatten()(label)])
    sample = layers.Reshape(SHAPE)(layers.Dense(64, "tanh")(joined))
    return keras.Model({named: latent, "label": label}, sample)


@pytest.mark.parametrize(
    "networks,settings,message",
    [
        (
            {"generator": labelled_g(named="z")},
            {"num_classes": 3},
            "an input named 'latent'.*Received: inputs z, label",
        ),
        (
            {"generator": labelled_g()},
            {},
            "'label' needs num_classes=, or condition=",
        ),
        (
            {"generator": labelled_g()},
            {"num_classes": 3},
            r"shape of one label, as label \(n,\) int32 below 3, \(\)."
            r" Received: \(3,\)",
        ),
        ({}, {"num_classes": 3}, "Labels would be ignored"),
        (
            {"discriminator": of_samples((16, 16, 1))},
            {},
            r"shape of one sample, the generator's \(8, 8, 1\). Received: \(16, 16, 1",
        ),
    ],
    ids=["latent", "no condition", "one-hot", "no input", "sample"],
)
def test_inputs_that_do_not_fit(networks, settings, message):
    usual = {"generator": sequential_g(), "discriminator": sequential_d()}
    with pytest.raises(ValueError, match=message):
        ganzoo.assemble(**{**usual, **networks}, **settings)


class Two(GAN):
    """A second discriminator, which is not judged."""

    def __init__(self, *, second, **settings):
        super().__init__(**settings)
        self.second = second

    @property
    def discriminators(self):
        return [self.discriminator, self.second]


def test_labels_may_be_an_input_of_any_network():
    sample, label = keras.Input(SHAPE, name="sample"), keras.Input((), name="label")
    parts = [layers.Flatten()(sample), layers.Reshape((1,))(label)]
    logit = layers.Dense(1)(layers.Concatenate()(parts))
    second = keras.Model({"sample": sample, "label": label}, logit)
    networks = {"generator": sequential_g(), "discriminator": sequential_d()}
    assert ganzoo.assemble(Two, second=second, **networks, num_classes=3).conditional
    with pytest.raises(ValueError, match="'label' needs num_classes=, or condition="):
        ganzoo.assemble(Two, second=second, **networks)


def test_tags_and_sides_that_are_open_fit():
    condition = {"name": "tags", "names": ["a", "b", "c"]}
    d = keras.Sequential(
        [
            keras.Input((None, None, 1)),
            layers.Conv2D(4, 3),
            layers.GlobalAveragePooling2D(),
            layers.Dense(1),
        ]
    )
    model = ganzoo.assemble(
        generator=labelled_g(), discriminator=d, condition=condition
    )
    labels = np.eye(3, dtype="float32")[np.arange(16) % 3]
    model.fit(images(), labels, batch_size=8, verbose=0)
    assert not np.array_equal(model.sample(2, label="a"), model.sample(2, label="c"))


@pytest.mark.parametrize(
    "arguments,message",
    [
        (
            {"network": "mlp", "generator": sequential_g()},
            "give `network`, or networks of yours instead.*generator",
        ),
        ({}, "Missing for GAN: discriminator, generator"),
        ({"generator": sequential_g()}, "Missing for GAN: discriminator"),
        ({"model": Subclassed}, "inherits from ganzoo's models.*Subclassed"),
        ({"model": "GAN"}, "inherits from ganzoo's models"),
        ({"network": "mlp", "epsilon": -1}, "`epsilon` must be a number above 0"),
        ({"network": "mlp", "epsilon": "a"}, "`epsilon` must be a number above 0"),
        ({"network": "mlp", "learning_rate": float("inf")}, "`learning_rate` must"),
        ({"network": "mlp", "beta_1": "a"}, r"`beta_1` must be in \[0, 1\)"),
        ({"network": "mlp", "d_clip": True}, "`d_clip` must be a number from 0"),
        ({"network": "mlp", "decay_steps": True}, "`decay_steps` must be a whole"),
        ({"network": "mlp", "jit_compile": "yes"}, "`jit_compile` must be True or"),
        (
            {
                "network": "mlp",
                "g_optimizer": keras.optimizers.SGD(0.1),
                "g_learning_rate": 0.2,
            },
            "`g_learning_rate` is for an optimizer by name.*0.2 and SGD",
        ),
        (
            {"network": "mlp", "condition": {"name": "numbers", "mean": [1.0, 2.0]}},
            "none of `mean`, `std`, `low` and `high`, or a value of each",
        ),
    ],
)
def test_arguments_that_assemble_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        ganzoo.assemble(**arguments)


def test_a_policy_that_build_refuses_is_refused_by_assemble():
    with precision.policy("bfloat16"), pytest.raises(ValueError, match="dtype"):
        ganzoo.assemble(network="mlp")


def test_keras_noise_is_named_with_what_keeps_a_resumed_run_exact():
    with pytest.warns(UserWarning, match="a resumed training differs.*drop"):
        ganzoo.assemble(
            generator=sequential_g(),
            discriminator=sequential_d(layers.Dropout(0.5, name="drop")),
        )
    ganzoo.assemble(  # and the zoo's own are taken without a warning
        generator=sequential_g(),
        discriminator=sequential_d(ganzoo.layers.Dropout(0.5)),
    )


@keras.saving.register_keras_serializable("tests")
class Weighted(GAN):
    """A setting that may be given by place."""

    def __init__(self, alpha=1.0, **settings):
        super().__init__(**settings)
        self.alpha = alpha


def test_a_setting_by_place_is_kept_in_a_file(tmp_path):
    model = ganzoo.assemble(
        Weighted, generator=sequential_g(), discriminator=sequential_d(), alpha=5.0
    )
    model.save(tmp_path / "m.keras")
    assert ganzoo.load(tmp_path / "m.keras").alpha == 5.0
    assert ganzoo.assemble(Weighted, network="mlp", alpha=2.0).alpha == 2.0


# --- answers of losses ----------------------------------------------------------------


class Squares(GAN):
    """Adds the mean square of the samples to G's terms."""

    loss_terms = ("d_adv", "g_adv", "g_square")

    def generator_loss(self, batch, fake, training):
        terms, watched = super().generator_loss(batch, fake, training)
        error = fake["sample"] - batch["real"]
        return {**terms, "g_square": tf.reduce_mean(error**2)}, watched


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16", "float64"])
def test_samples_in_losses_are_float32_or_better(dtype):
    with precision.policy(dtype):
        model = ganzoo.assemble(Squares, network="mlp", image_shape=SHAPE)
        logs = model.fit(images(), batch_size=8, verbose=0).history
    assert np.isfinite(logs["g_square"]).all()


@pytest.mark.parametrize(
    "answer,message",
    [
        (lambda own: own[0], "returns two dicts of scalars"),
        (lambda own: own[0]["g_adv"], "returns two dicts of scalars"),
        (lambda own: ({"g_mine": own[0]["g_adv"]}, {}), "names: d_adv, g_adv.*g_mine"),
        (lambda own: ({**own[0], "g_more": 0.0}, {}), "Received: g_adv, g_more"),
        (lambda own: ({}, {}), "names: d_adv, g_adv"),
        (lambda own: ({"g_adv": tf.zeros(8)}, {}), r"are scalars.*'g_adv': \(8,\)"),
    ],
    ids=["one dict", "scalar", "renamed", "not named", "none", "vector"],
)
def test_answers_of_losses_are_checked(answer, message):
    class Own(GAN):
        def generator_loss(self, batch, fake, training):
            return answer(super().generator_loss(batch, fake, training))

    model = ganzoo.assemble(Own, network="mlp", image_shape=SHAPE)
    with pytest.raises(ValueError, match=message):
        model.fit(images(), batch_size=8, verbose=0)
    with pytest.raises(ValueError, match=message):
        model.evaluate(images(8), batch_size=8, verbose=0)


def test_a_logged_value_that_no_loss_returns_is_named():
    class Own(GAN):
        def discriminator_loss(self, batch, fake, training):
            terms, _ = super().discriminator_loss(batch, fake, training)
            return terms, {}

    model = ganzoo.assemble(Own, network="mlp", image_shape=SHAPE)
    with pytest.raises(ValueError, match="Missing: d_real, d_fake"):
        model.fit(images(), batch_size=8, verbose=0)


def test_a_second_discriminator_may_be_sequential():
    two = {
        "generator": sequential_g(),
        "discriminator": sequential_d(),
        "second": sequential_d(),
    }
    assert ganzoo.assemble(Two, **two).discriminators[1] is two["second"]
    two["second"].add(layers.Activation("sigmoid"))
    with pytest.raises(ValueError, match="Drop the last activation"):
        ganzoo.assemble(Two, **two)


# --- strategies -----------------------------------------------------------------------


def test_networks_and_model_belong_to_one_strategy(mirrored):
    networks = {"generator": sequential_g(), "discriminator": sequential_d()}
    with mirrored.scope(), pytest.raises(ValueError, match="made outside of that"):
        ganzoo.assemble(**networks)
    model = ganzoo.assemble(**networks)
    with mirrored.scope(), pytest.raises(ValueError, match="of this MirroredStrategy"):
        model.fit(images(), batch_size=8, verbose=0)
