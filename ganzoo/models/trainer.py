"""Trainer: how Keras is made to train two players on any number of replicas."""

import functools
import inspect

import keras
import numpy as np
import tensorflow as tf

from ganzoo import distribute
from ganzoo.data import pipeline
from ganzoo.data import pipeline as batches
from ganzoo.utils import precision


class Trainer(keras.Model):
    """A Keras model with two optimizers; `AdversarialModel` adds the step.

    Keras' own way is replaced where it fails: the train function under several
    replicas or workers, the symbolic build (which consumes data), the single
    optimizer, averages of weights, and the saving of both optimizers.

    Every keyword of `__init__` is kept as an attribute of the same name, which makes
    `get_config` generic.
    """

    loss_terms: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()
    label_count = 0  # labels that batches must hold: lowest_label .. label_count - 1
    lowest_label = 0
    conditional = False  # whether samples are asked for by a label
    vocabulary: tuple[str, ...] = ()  # words of the captions that batches must hold
    sample_shape: tuple[int, ...] | None = None  # of one real sample, if it is fixed
    pack = 1  # samples that D judges at once

    def compile(self, d_optimizer=None, g_optimizer=None, jit_compile=False):
        """Gives each player its optimizer, and builds what training keeps.

        Args:
            d_optimizer: a `keras.optimizers.Optimizer`; None where there is no D.
            g_optimizer: the same for the generators.
            jit_compile: compile the step with XLA (one device only).

        Raises:
            ValueError: a weight that both players own; a layer that computes in
                float16; under several replicas, XLA, or an optimizer that clips (it
                would clip before the sum over them).
        """
        if jit_compile and distribute.replica_count() > 1:
            raise ValueError(
                "XLA compiles the step for one device. Build with jit_compile=False "
                f"under {distribute.replica_count()} replicas."
            )
        super().compile(optimizer=None, jit_compile=jit_compile)
        check_owners(self.generators, self.discriminators)
        check_precision([*self.generators, *self.discriminators])
        if self.discriminators and not self.d_steps:
            raise ValueError(
                "`d_steps` must be a whole number from 1 where there is a "
                "discriminator. Received: 0."
            )
        span_replicas(self._flatten_layers())
        self.d_optimizer = d_optimizer
        self.g_optimizer = g_optimizer
        for optimizer, networks in (
            (d_optimizer, self.discriminators),
            (g_optimizer, self.generators),
        ):
            if optimizer is not None:
                check_clipping(optimizer)
                variables = [v for net in networks for v in net.trainable_variables]
                optimizer.build(variables)
        totals = dict.fromkeys(total_of(term) for term in self.loss_terms)
        names = [*totals, *self.loss_terms, *self.watched]
        self.log = LogMean(names, dtype=self.variable_dtype)
        self._functions = {}
        if self.ema_decay and not self.averages:
            self.averages = [frozen_copy(network) for network in self.averaged]

    @property
    def metrics(self):
        return [self.log]

    @property
    def step(self) -> int:
        """Number of G updates so far."""
        return int(self.updates.count.numpy())

    def average_of(self, network):
        """The running average of `network`, or itself where none is kept."""
        pairs = zip(self.averaged, self.averages, strict=False)
        return next((mean for own, mean in pairs if own is network), network)

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        steps_per_epoch=None,
        steps_per_call=None,
        validation_data=None,
        jitter=None,
        **kwargs,
    ):
        """Trains. Arrays go through the zoo's pipeline, data sets as they are.

        Args:
            x: real samples (N, ...), uint8 or floats in `value_range`; or a dict of
                arrays by batch key; or a `tf.data.Dataset` of global batches.
            y: labels (N,) where the variant uses them.
            batch_size: global number of real samples for each D step (arrays;
                default 128).
            epochs: passes over `steps_per_epoch` batches.
            steps_per_epoch: default: one pass over the arrays.
            steps_per_call: steps in one call of the compiled function; by default
                as many as divide `steps_per_epoch`, up to 16, and 1 for data sets
                and with `validation_data`. Callbacks see the last of them.
            validation_data: as `x`, or (x, y); evaluated after each epoch.
            jitter: a `data.jitter.Jitter` that crops and mirrors arrays of images.
            **kwargs: the other arguments of `keras.Model.fit`.

        Raises:
            ValueError: samples or labels that the model cannot take; a batch that
                does not divide by `d_steps` x replicas.
        """
        batch_size = 128 if batch_size is None else batch_size
        if isinstance(x, tf.data.Dataset):
            first = next(iter(x), None)
            if first is None:
                raise ValueError("The data set is empty; training needs a batch.")
            first = batches.as_dict(first)
            x = batches.full_batches(x, len(first["real"]))
        else:
            arrays = self._arrays(x, y, batch_size, jitter)
            size = batch_size * max(1, self.d_steps)
            steps_per_epoch = steps_per_epoch or max(1, len(arrays["real"]) // size)
            auto = 1 if validation_data is not None else _divisor(steps_per_epoch, 16)
            steps_per_call = steps_per_call or auto
            x = pipeline.batches(
                arrays, size, seed=self.seed, start=self.step, jitter=jitter
            )
            first = next(iter(x))
        self._check_batch(first)
        if steps_per_call and steps_per_epoch and steps_per_epoch % steps_per_call:
            raise ValueError(
                f"`steps_per_call` must divide steps_per_epoch={steps_per_epoch}. "
                f"Received: {steps_per_call}."
            )
        if self.step == 0:
            self.adapt(self.as_batch(first))
            self._reset_averages()
        if validation_data is not None:
            validation_data = self._one_pass(validation_data, None, batch_size)
        self.steps_per_execution = steps_per_call or 1
        try:
            return super().fit(
                batches.without_autotune(x),
                epochs=epochs,
                steps_per_epoch=steps_per_epoch,
                validation_data=validation_data,
                shuffle=False,
                **kwargs,
            )
        finally:
            self.steps_per_execution = 1

    def evaluate(self, x=None, y=None, batch_size=128, **kwargs):
        """The mean of every term over a data set, without an update.

        Args:
            x: samples as for `fit`; none are dropped.
            y: labels (N,) where the variant uses them.
            batch_size: samples a step.
            **kwargs: the other arguments of `keras.Model.evaluate`.
        """
        if x is not None:
            x = self._one_pass(x, y, batch_size)
        return super().evaluate(x, **kwargs)

    def _one_pass(self, x, y, batch_size):
        if isinstance(x, tf.data.Dataset):
            return batches.without_autotune(x)
        return batches.finite(self._arrays(x, y, 1), batch_size)

    def _arrays(self, x, y, batch_size, jitter=None):
        """The arrays of `fit` and `evaluate` by batch key, checked as a whole."""
        if not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError(
                f"`batch_size` must be a whole number from 1. Received: {batch_size!r}."
            )
        arrays = pipeline.to_arrays(batches.as_dict(x if y is None else (x, y)))
        pipeline.check_arrays(
            arrays, batch_size=batch_size, value_range=self.value_range
        )
        self._check_shapes(jitter.cut(arrays) if jitter else arrays)
        batches.check_labels(arrays, self.label_count, self.lowest_label)
        batches.check_captions(arrays, len(self.vocabulary))
        return arrays

    def make_train_function(self, force=False):
        self.train_function = self._function("train_step", force)

    def make_test_function(self, force=False):
        self.test_function = self._function("test_step", force)

    def _function(self, name, force):
        """Several steps a call: the loop stands outside `strategy.run`.

        Keras' own loop fails under several replicas, its reduction under several
        workers.
        """
        key = name, self.steps_per_execution
        if key not in self._functions or force:
            # The steps are plain Python; only the loop over them is converted.
            step = tf.autograph.experimental.do_not_convert(getattr(self, name))
            if self.jit_compile:
                step = tf.function(step, jit_compile=True)
            self._functions[key] = _multi_step(
                step, self.distribute_strategy, self.steps_per_execution
            )
        return self._functions[key]

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Nothing: all is built, and Keras' way would consume the data's order."""

    def _check_batch(self, batch):
        size = int(batch["real"].shape[0])
        replicas = self.distribute_strategy.num_replicas_in_sync
        unit = max(1, self.d_steps) * replicas * self.pack
        packed = " x pack" if self.pack > 1 else ""
        if size % unit:
            below, above = size - size % unit, size + unit - size % unit
            would_do = f"{below} or {above}" if below else above
            raise ValueError(
                f"The global batch must divide by d_steps x replicas{packed} = {unit}. "
                f"Received a batch of {size}; {would_do} would do."
            )
        arrays = pipeline.to_arrays({k: np.asarray(v) for k, v in batch.items()})
        pipeline.check_arrays(arrays, batch_size=1, value_range=self.value_range)
        self._check_shapes(arrays)
        batches.check_labels(arrays, self.label_count, self.lowest_label)
        batches.check_captions(arrays, len(self.vocabulary))

    @property
    def shapes(self) -> dict:
        """The shape of a sample by batch key, None for any; batches must hold these."""
        return {"real": self.sample_shape}

    def _check_shapes(self, arrays):
        missing = [key for key in self.shapes if key not in arrays]
        if missing:
            raise ValueError(
                f"Batches of this model need the keys {', '.join(self.shapes)}. "
                f"Missing: {', '.join(missing)}."
            )
        for key, wanted in self.shapes.items():
            shape = tuple(arrays[key].shape[1:])
            if wanted is not None and shape != tuple(wanted):
                option = "image_shape" if key == "real" else f"{key}_shape"
                raise ValueError(
                    f"Samples {key!r} must have the model's shape {tuple(wanted)}: "
                    f"build it with {option}={shape}, or reshape them. "
                    f"Received: {shape}."
                )

    def _reset_averages(self):
        for network, average in zip(self.averaged, self.averages, strict=False):
            average.set_weights(network.get_weights())

    # --- saving -----------------------------------------------------------------

    @classmethod
    def _config_names(cls):
        """Keywords of every `__init__` from `cls` up to this class."""
        chain = cls.__mro__[: cls.__mro__.index(Trainer)]
        return {
            parameter.name
            for owner in chain
            for parameter in inspect.signature(owner.__init__).parameters.values()
            if parameter.kind is parameter.KEYWORD_ONLY
        }

    def get_config(self):
        values = {name: getattr(self, name) for name in sorted(self._config_names())}
        made = {k: keras.saving.serialize_keras_object(v) for k, v in values.items()}
        return {"dtype": self.dtype_policy.name, **made}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        settings = dict(config)
        with precision.policy(settings.pop("dtype")):
            return cls(
                **{
                    name: keras.saving.deserialize_keras_object(value, custom_objects)
                    for name, value in settings.items()
                }
            )

    def get_compile_config(self):
        own = {"d_optimizer": self.d_optimizer, "g_optimizer": self.g_optimizer}
        return {
            **{k: keras.saving.serialize_keras_object(v) for k, v in own.items()},
            "jit_compile": self.jit_compile,
        }

    def compile_from_config(self, config):
        made = {k: keras.saving.deserialize_keras_object(v) for k, v in config.items()}
        with precision.policy(self.dtype_policy.name):
            self.compile(**made)


def _multi_step(step, strategy, steps):
    @tf.function(reduce_retracing=True)
    def one(iterator):
        logs = strategy.run(step, args=(next(iterator),))
        mean = tf.distribute.ReduceOp.MEAN
        return {k: strategy.reduce(mean, v, axis=None) for k, v in logs.items()}

    @tf.function(reduce_retracing=True)
    def several(iterator):
        logs = one(iterator)
        for _ in tf.range(steps - 1):
            logs = one(iterator)
        return logs

    return one if steps == 1 else several


def _divisor(number, limit):
    """The largest divisor of `number` up to `limit`."""
    return max(d for d in range(1, min(number, limit) + 1) if number % d == 0)


class Updates(keras.layers.Layer):
    """Counts G updates: the step that noise, penalties, averages and data order read.

    An optimizer's `iterations` will not do: gradient accumulation divides them.

    Args:
        earlier: () -> the count of a file of ganzoo 0.1.0, which holds none. There the
            optimizer counted; Keras, which loads attributes in alphabetical order, has
            loaded it before this layer.
    """

    def __init__(self, earlier):
        super().__init__(name="updates")
        self.earlier = earlier
        self.count = self.add_weight(
            (),
            "zeros",
            dtype="int64",
            trainable=False,
            aggregation="only_first_replica",
            name="count",
        )
        self.built = True

    def add_one(self, after):
        """Counts an update, once the tensors `after` are there."""
        with tf.control_dependencies(after):
            self.count.assign_add(1)

    def load_own_variables(self, store):
        self.count.assign(store["0"] if "0" in store.keys() else self.earlier())


@keras.saving.register_keras_serializable("ganzoo")
class LogMean(keras.metrics.Metric):
    """Sample-weighted means of named scalars, held in one vector."""

    def __init__(self, names, name="log", **kwargs):
        super().__init__(name=name, **kwargs)
        self.names = list(names)
        make = functools.partial(self.add_weight, initializer="zeros", dtype=self.dtype)
        self.total = make((len(self.names),), name="total")
        self.count = make((), name="count")

    def update_state(self, values, count):
        count = tf.cast(count, self.total.dtype)
        values = tf.stack([tf.cast(value, self.total.dtype) for value in values])
        self.total.assign_add(values * count)
        self.count.assign_add(count)

    def result(self):
        means = tf.math.divide_no_nan(self.total.value, self.count.value)
        return dict(zip(self.names, tf.unstack(means, len(self.names)), strict=True))


def total_of(term):
    """The total that a term belongs to: d_adv to d_loss, g_adv to g_loss."""
    return term.split("_")[0] + "_loss"


def span_replicas(layers):
    """Batch statistics follow the present strategy, wherever their layer was made."""
    for layer in layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = distribute.replica_count() > 1


def check_owners(generators, discriminators):
    """Raises ValueError where a trainable weight belongs to both players."""
    own = {id(v) for net in generators for v in net.trainable_variables}
    theirs = [v for net in discriminators for v in net.trainable_variables]
    both = [v.path for v in theirs if id(v) in own]
    if both:
        raise ValueError(
            "Every trainable weight must belong to exactly one player. "
            f"Owned by both: {', '.join(both)}."
        )


def check_precision(networks):
    """Raises ValueError where a layer computes in float16."""
    layers = [layer for network in networks for layer in network._flatten_layers()]
    half = [layer.name for layer in layers if layer.compute_dtype == "float16"]
    if half:
        raise ValueError(
            "The layers compute in float16, whose gradients vanish without a scaled "
            "loss. Build them under the policy mixed_bfloat16 or float32. "
            f"Received: {', '.join(half[:3])}, ..."
        )


def check_clipping(optimizer):
    """Raises ValueError for an optimizer that clips, under several replicas."""
    if distribute.replica_count() > 1 and (
        optimizer.clipnorm or optimizer.global_clipnorm or optimizer.clipvalue
    ):
        raise ValueError(
            "Under several replicas, Keras clips each replica's gradient before it "
            "sums them, which is not the clipping of one device. Remove clipnorm, "
            f"global_clipnorm and clipvalue from {optimizer.name!r}."
        )


def frozen_copy(network):
    """A network of the same weights that no optimizer changes: a running average."""
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    copy.trainable = False
    return copy
