"""Habits of users of Keras: callbacks, batches, weights, compile."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import arrays_for, largest_difference, tiny

import ganzoo
from ganzoo.data.jitter import Jitter

CALLBACKS = keras.callbacks


def images(count=16):
    return np.random.default_rng(0).integers(0, 256, (count, 8, 8, 1), "uint8")


def fit(model, epochs=1, **settings):
    settings = {"steps_per_call": 1, **settings}  # a loop takes longer to trace
    return model.fit(images(), batch_size=8, epochs=epochs, verbose=0, **settings)


def rates(model):
    optimizers = (model.d_optimizer, model.g_optimizer)
    return [float(optimizer.learning_rate.numpy()) for optimizer in optimizers]


# --- a step that callbacks restore ------------------------------------------------


class Interrupt(CALLBACKS.Callback):
    """Ends training as a crash would."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


@pytest.mark.long
def test_backup_and_restore_goes_on_bit_for_bit(tmp_path):
    """The batches, the noise and the averages are those of a run without a break."""
    options = {"d_steps": 2, "penalties": {"lecam": 1.0}}
    options |= {"output_bias": "mean", "augment": "translation", "ema_decay": 0.9}

    def made():
        keras.utils.set_random_seed(3)
        return tiny("vanilla", **options)

    def train(model, *further):
        settings = {"batch_size": 8, "steps_per_call": 1, "epochs": 3, "verbose": 0}
        model.fit(arrays_for(model, 32), callbacks=[*further], **settings)

    def backed_up(model, *further):
        train(model, CALLBACKS.BackupAndRestore(str(tmp_path / "backup")), *further)

    whole = made()
    train(whole)
    with pytest.raises(KeyboardInterrupt):
        backed_up(made(), Interrupt(2))
    resumed = made()
    backed_up(resumed)
    assert resumed.step == whole.step
    assert largest_difference(whole, resumed) == 0


# --- callbacks that set a rate ----------------------------------------------------


def test_a_scheduler_sets_g_and_d_follows_in_proportion():
    model = tiny("vanilla", learning_rate={"d": 4e-4, "g": 1e-4})
    schedule = CALLBACKS.LearningRateScheduler(lambda epoch: [5e-5, 2e-4][epoch])
    history = fit(model, epochs=2, callbacks=[schedule]).history
    assert history["learning_rate"] == pytest.approx([5e-5, 2e-4])
    assert rates(model) == pytest.approx([8e-4, 2e-4])


def test_a_schedule_may_pass_through_zero():
    model = tiny("vanilla", learning_rate={"d": 4e-4, "g": 1e-4})
    schedule = CALLBACKS.LearningRateScheduler(lambda epoch: [0.0, 1e-3][epoch])
    fit(model, epochs=2, callbacks=[schedule])
    assert rates(model) == pytest.approx([4e-3, 1e-3])


def test_a_plateau_lowers_both_rates():
    model = tiny("vanilla", learning_rate={"d": 4e-4, "g": 1e-4})
    settings = {"monitor": "g_loss", "mode": "min", "patience": 1, "min_delta": 1e9}
    plateau = CALLBACKS.ReduceLROnPlateau(factor=0.5, min_lr=0, **settings)
    fit(model, epochs=2, callbacks=[plateau])
    assert rates(model) == pytest.approx([2e-4, 5e-5])


@pytest.mark.parametrize("way", ["assign", "set"])
def test_a_callback_of_ones_own_sets_both_rates(way):
    class Half(CALLBACKS.Callback):
        def on_train_begin(self, logs=None):
            optimizer = self.model.optimizer
            if way == "assign":
                optimizer.learning_rate.assign(optimizer.learning_rate / 2)
            else:
                optimizer.learning_rate = optimizer.learning_rate / 2

    model = tiny("vanilla", learning_rate=1e-3)
    fit(model, callbacks=[Half()])
    assert rates(model) == pytest.approx([5e-4, 5e-4])
    assert int(model.optimizer.iterations) == model.step == 2


def test_a_model_without_d_has_one_rate():
    model = tiny("vae", learning_rate=1e-3)
    schedule = CALLBACKS.LearningRateScheduler(lambda epoch, rate: rate / 2)
    fit(model, callbacks=[schedule])
    assert float(model.g_optimizer.learning_rate.numpy()) == pytest.approx(5e-4)


def test_a_rate_with_a_schedule_names_the_option():
    model = tiny("vanilla", decay_steps=10)
    schedule = CALLBACKS.LearningRateScheduler(lambda epoch: 1e-4)
    with pytest.raises(ValueError, match="without `decay_steps`.*learning_rate=0.0001"):
        fit(model, callbacks=[schedule])


# --- callbacks that look for one loss ---------------------------------------------


@pytest.mark.parametrize("player", ["d_optimizer", "g_optimizer"])
def test_terminate_on_nan_watches_both_players(player):
    model = tiny("vanilla")
    getattr(model, player).learning_rate = np.nan
    history = fit(model, epochs=3, callbacks=[CALLBACKS.TerminateOnNaN()])
    assert model.stop_training and model.step < 6
    assert "loss" not in history.history


def test_terminate_on_nan_leaves_finite_losses_alone():
    model = tiny("vanilla")
    fit(model, epochs=2, callbacks=CALLBACKS.TerminateOnNaN())
    assert model.step == 4


def test_a_checkpoint_of_keras_is_loaded_by_keras_and_goes_on(tmp_path):
    path = tmp_path / "{epoch}.keras"
    model = tiny("vanilla", ema_decay=0.9)
    fit(model, epochs=2, callbacks=[CALLBACKS.ModelCheckpoint(str(path))])
    loaded = keras.models.load_model(tmp_path / "2.keras")
    assert largest_difference(model, loaded) == 0
    fit(model)
    fit(loaded)
    assert loaded.step == 6
    assert largest_difference(model, loaded) == 0


@pytest.mark.parametrize("name", ["m.h5", "m.weights.h5", "m", "m.pt", "M.KERAS"])
def test_a_model_is_saved_to_a_keras_file(name, tmp_path):
    with pytest.raises(ValueError, match=r"NAME.keras.*save_weights.*" + name):
        tiny("vanilla").save(tmp_path / name)
    assert not any(tmp_path.iterdir())


def test_export_by_keras_names_that_of_the_zoo(tmp_path):
    with pytest.raises(ValueError, match="ganzoo.export.model, .*'saved_model'"):
        tiny("vanilla").export(tmp_path / "serve")


# --- batch by batch ---------------------------------------------------------------


@pytest.mark.parametrize(
    "name,options,size",
    [
        ("vanilla", {"d_steps": 2, "ema_decay": 0.9}, 16),
        ("pix2pix", {"image_shape": (16, 16, 1)}, 4),
    ],
)
def test_train_on_batch_is_a_step_of_fit(name, options, size):
    """A data set of one batch keeps its order, as `train_on_batch` does."""

    def made():
        keras.utils.set_random_seed(3)
        return tiny(name, **options)

    one, other = made(), made()
    arrays = arrays_for(one, size)
    logs = one.train_on_batch(arrays, return_dict=True)
    history = other.fit(
        tf.data.Dataset.from_tensors(arrays), epochs=1, verbose=0
    ).history
    assert one.step == other.step == 1
    assert largest_difference(one, other) <= 1e-6
    assert logs == pytest.approx({k: v[0] for k, v in history.items()}, rel=1e-5)


def test_batches_are_new_each_time():
    """Not a constant of the first call."""
    model = tiny("vanilla", learning_rate=0.0)
    black, white = np.zeros((8, 8, 8, 1), "uint8"), np.full((8, 8, 8, 1), 255, "uint8")
    values = [
        model.test_on_batch(x, return_dict=True)["d_real"]
        for x in (black, white, black)
    ]
    assert values[0] == values[2] != values[1]


def test_on_batch_answers_as_evaluate_does():
    model = tiny("vanilla")
    listed = model.evaluate(images(8), verbose=0)
    assert model.test_on_batch(images(8)) == pytest.approx(listed, rel=1e-5)
    assert model.step == 0
    assert len(model.train_on_batch(images(8))) == len(listed)


def test_train_on_batch_checks_as_fit_does():
    model = tiny("vanilla", d_steps=2)
    with pytest.raises(ValueError, match="must divide by d_steps"):
        model.train_on_batch(images(3))
    with pytest.raises(ValueError, match="build it with image_shape"):
        model.train_on_batch(np.zeros((4, 9, 9, 1), "uint8"))


def test_train_on_batch_under_replicas(mirrored):
    with mirrored.scope():
        model = tiny("vanilla")
    model.train_on_batch(images(8))
    with pytest.raises(ValueError, match="must divide by d_steps x replicas = 2"):
        model.train_on_batch(images(7))


@pytest.mark.parametrize("name", ["vanilla", "cgan", "pix2pix"])
def test_predict_on_batch_is_the_call(name):
    quiet = {"image_shape": (16, 16, 1), "dropout": 0.0}  # it acts in inference, too
    model = tiny(name, **(quiet if name == "pix2pix" else {}))
    rng = np.random.default_rng(0)
    given = {
        "vanilla": rng.normal(size=(3, 4)).astype("float32"),
        "cgan": {"latent": np.zeros((3, 4), "float32"), "label": np.arange(3)},
        "pix2pix": rng.uniform(-1, 1, (3, 16, 16, 1)).astype("float32"),
    }[name]
    found = model.predict_on_batch(given)
    np.testing.assert_allclose(found, model(given), atol=1e-5)


# --- arguments for one loss -------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [{"class_weight": {0: 2.0}}, {"sample_weight": np.ones(16)}],
)
def test_weights_of_samples_are_refused(settings):
    model = tiny("vanilla")
    (name,) = settings
    with pytest.raises(ValueError, match=f"`{name}`.*repeat the samples"):
        fit(model, **settings)
    with pytest.raises(ValueError, match=f"`{name}`.*repeat the samples"):
        model.train_on_batch(images(8), **settings)
    if name == "sample_weight":
        for method in (model.evaluate, model.test_on_batch):
            with pytest.raises(ValueError, match="repeat the samples"):
                method(images(8), **settings)


def test_a_validation_split_is_the_end_of_the_arrays():
    """As the same parts, passed by hand."""

    def history(x, **settings):
        keras.utils.set_random_seed(3)
        model = tiny("cgan")
        labels = np.arange(16) % 10
        settings = {"batch_size": 4, "verbose": 0, **settings}
        if "validation_data" in settings:
            settings["validation_data"] = (x[12:], labels[12:])
            return model.fit(x[:12], labels[:12], **settings).history
        return model.fit(x, labels, **settings).history

    split = history(images(), validation_split=0.25)
    assert split == history(images(), validation_data=True)
    assert "val_g_loss" in split


@pytest.mark.parametrize(
    "settings,message",
    [
        ({"validation_split": 0.9}, "leave a batch to train on.*batch_size=8"),
        ({"validation_split": 1.5}, "between 0 and 1. Received: 1.5"),
        ({"validation_split": 0.5, "validation_data": 1}, "Pass one of them"),
        ({"shuffle": False}, "tf.data.Dataset to choose the order"),
    ],
)
def test_refuses_a_split_or_an_order(settings, message):
    with pytest.raises(ValueError, match=message):
        fit(tiny("vanilla"), **settings)


def test_arguments_come_in_the_order_of_keras(capsys):
    model, x = tiny("vanilla"), np.zeros((12, 8, 8, 1), "uint8") + 99
    history = model.fit(x, None, 6, 2, 0)
    assert history.epoch == [0, 1] and model.step == 4
    model.evaluate(x, None, 6, 0)
    assert capsys.readouterr().out == ""


def test_what_is_held_out_is_cut_as_large_as_what_is_trained_on():
    x = np.random.default_rng(0).integers(0, 256, (16, 10, 10, 1), "uint8")
    model = tiny("vanilla")
    found = model.fit(
        x,
        batch_size=4,
        jitter=Jitter({"real": (8, 8)}),
        validation_split=0.25,
        verbose=0,
    ).history
    assert np.isfinite(found["val_g_loss"]).all()


def test_validation_has_a_batch_of_its_own(monkeypatch):
    model, seen = tiny("vanilla"), []
    step = model.test_step
    monkeypatch.setattr(
        model, "test_step", lambda data: seen.append(len(data["real"])) or step(data)
    )
    model.run_eagerly = True
    fit(model, validation_data=images(6), validation_batch_size=2)
    assert seen == [2, 2, 2]


@pytest.mark.parametrize(
    "settings,message",
    [
        ({"steps_per_call": -1}, "`steps_per_call` must be a whole number from 1"),
        ({"steps_per_call": 3}, "divide the number of batches.*3, 4 batches"),
        (
            {"steps_per_call": 2, "validation_data": images(8)},
            "With validation data, `steps_per_call` must be 1",
        ),
    ],
)
def test_calls_of_several_steps_are_whole(settings, message):
    data = tf.data.Dataset.from_tensor_slices(images(16)).batch(4)
    with pytest.raises(ValueError, match=message):
        tiny("vanilla").fit(data, verbose=0, **settings)


def test_a_data_set_is_not_split():
    data = tf.data.Dataset.from_tensor_slices(images()).batch(8)
    with pytest.raises(ValueError, match="`take` and `skip`"):
        tiny("vanilla").fit(data, validation_split=0.5)


# --- compile ----------------------------------------------------------------------


def frozen(network):
    """Freezes the first layer with weights; returns it with a copy of them."""
    layer = next(layer for layer in network.layers if layer.trainable_variables)
    layer.trainable = False
    return layer, layer.get_weights()


@pytest.mark.long
def test_a_frozen_layer_needs_compile_and_then_stays(tmp_path):
    model = tiny("vanilla", learning_rate=1e-3)
    fit(model)
    layer, before = frozen(model.generator)
    with pytest.raises(ValueError, match=r"Call `model.compile\(\)`.*generator"):
        fit(model)
    with pytest.raises(ValueError, match="changed since the model was compiled"):
        model.train_on_batch(images(8))
    model.compile()
    assert rates(model) == pytest.approx([1e-3, 1e-3])
    fit(model)
    assert model.step == 4
    for old, weight in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, weight)
    model.save(tmp_path / "model.keras")
    loaded = ganzoo.load(tmp_path / "model.keras")
    fit(model)
    fit(loaded)
    assert largest_difference(model, loaded) == 0
    layer.trainable = True
    model.compile()
    fit(model)
    assert (layer.get_weights()[0] != before[0]).any()


def test_a_whole_player_may_be_frozen():
    model = tiny("vanilla", normalize=False)
    model.discriminator.trainable = False
    model.compile()
    before = model.discriminator.get_weights()
    generator = model.generator.get_weights()[0]
    fit(model)
    for old, weight in zip(before, model.discriminator.get_weights(), strict=True):
        np.testing.assert_array_equal(old, weight)
    assert (model.generator.get_weights()[0] != generator).any()


@pytest.mark.long
def test_compile_without_a_change_keeps_the_state():
    def made():
        keras.utils.set_random_seed(3)
        model = tiny("vanilla", ema_decay=0.9)
        fit(model)
        return model

    one, other = made(), made()
    other.compile()
    fit(one)
    fit(other)
    assert largest_difference(one, other) == 0
    assert len(one.variables) == len(other.variables)


def test_compile_under_replicas_outside_of_their_scope(mirrored):
    with mirrored.scope():
        model = tiny("vanilla")
    frozen(model.discriminator)
    model.compile()
    fit(model)
    assert model.step == 2


def test_compile_takes_other_optimizers():
    model = tiny("vanilla")
    fit(model)
    one = keras.optimizers.SGD(0.5)
    model.compile(one, one)  # one object cannot own two players' weights
    assert model.d_optimizer is not model.g_optimizer
    assert rates(model) == pytest.approx([0.5, 0.5])
    model.compile("adamw", "sgd")
    assert isinstance(model.d_optimizer, keras.optimizers.AdamW)
    fit(model)


def test_a_compile_that_fails_changes_nothing():
    model = tiny("vanilla")
    before = model.optimizer, model.d_optimizer, model.g_optimizer
    with pytest.raises(ValueError, match="optimizer identifier: adamm"):
        model.compile(g_optimizer="adamm")
    assert (model.optimizer, model.d_optimizer, model.g_optimizer) == before


@pytest.mark.parametrize("argument", ["optimizer", "loss", "steps_per_execution"])
def test_compile_names_its_arguments(argument):
    with pytest.raises(
        ValueError, match="losses are options.*steps_per_call.*g_optimizer, jit"
    ):
        tiny("vanilla").compile(**{argument: "mse"})


def test_every_player_needs_an_optimizer():
    model = tiny("vanilla")
    parts = {"generator": model.generator, "discriminator": model.discriminator}
    with pytest.raises(ValueError, match="none for the discriminator"):
        ganzoo.GAN(**parts).compile()


@pytest.mark.parametrize("way", ["attribute", "compile"])
def test_run_eagerly_runs_line_by_line(way, monkeypatch):
    model = tiny("vanilla")
    seen = []
    step = model.train_step

    def spy(data):
        seen.append(tf.executing_eagerly())
        return step(data)

    monkeypatch.setattr(model, "train_step", spy)
    fit(model)
    assert seen == [False]  # traced once
    if way == "attribute":
        model.run_eagerly = True
    else:
        model.compile(run_eagerly=True)
    fit(model, steps_per_call=2)
    assert seen == [False, True, True]
    assert model.step == 4
