"""Networks as Keras tutorials build them, and what no file can hold of them."""

import keras
import numpy as np
import pytest
from helpers import arrays_for, tiny
from keras import layers

import ganzoo
from ganzoo.models.from_image import TranslationModel

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
