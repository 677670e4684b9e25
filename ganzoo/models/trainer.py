"""Trainer: training of two players with Keras on any number of replicas."""

import contextlib
import functools
import inspect
from collections.abc import Mapping

import keras
import tensorflow as tf

from ganzoo import distribute
from ganzoo.data import pipeline, sources
from ganzoo.data.batch_spec import BatchSpec, Samples, as_dict, scaled
from ganzoo.data.door import Door
from ganzoo.utils import precision
from ganzoo.utils.options import check_whole, span_of


class Trainer(keras.Model):
    """A Keras model with two optimizers; `AdversarialModel` adds the step.

    It replaces the parts of Keras that do not fit: the train function for several
    replicas or workers, the symbolic build (which consumes data), the single
    optimizer, averages of weights, and the saving of both optimizers.

    Every keyword of `__init__` is kept as an attribute of the same name, so
    `get_config` is generic.

    Args:
        d_steps: D updates for each G update (Algorithm 1's k), each on fresh real
            samples and fresh noise; 0 for a model without D.
        ema_decay: decay of the running average of the `averaged` networks, in
            [0, 1), ramped up as min(decay, (1 + t) / (10 + t)); 0 keeps none.
        value_range: (low, high) of the samples, or None for unbounded vectors.
        seed: seed of all noise in training, and of the order of the data.
    """

    loss_terms: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()
    conditional = False  # True if samples are conditioned on labels
    vocabulary: tuple[str, ...] = ()  # known words of captions
    sample_shape: tuple[int, ...] | None = None  # of one real sample, if it is fixed

    def __init__(
        self, *, d_steps=1, ema_decay=0.0, value_range=(-1.0, 1.0), seed=0, name=None
    ):
        super().__init__(name=name)
        _check_settings(d_steps, ema_decay)
        self.d_steps = d_steps
        self.ema_decay = ema_decay
        self.value_range = span_of(value_range)
        self.seed = seed
        self.updates = Updates(earlier=lambda: self.g_optimizer.iterations)
        self.averages = []
        self._doors = ()
        self._functions = {}
        self.built = True  # the networks are built: Keras need not call them

    @property
    def generators(self) -> list:
        """The networks that `g_optimizer` owns."""
        raise NotImplementedError

    @property
    def discriminators(self) -> list:
        """The networks that `d_optimizer` owns."""
        return []

    @property
    def averaged(self) -> list:
        """The networks that the running average follows."""
        return self.generators

    @property
    def batch_spec(self) -> BatchSpec:
        """Layout of the model's batches."""
        replicas = self.distribute_strategy.num_replicas_in_sync
        factors = {"d_steps": max(1, self.d_steps), "replicas": replicas}
        real = Samples(self.sample_shape, self.value_range)
        return BatchSpec({"real": real}, factors)

    def learn(self, spec: BatchSpec) -> None:
        """Keeps what the data declared in a spec, such as the names of classes."""

    def adapt(self, batch: Mapping[str, tf.Tensor]) -> None:
        """Initialises what depends on the data, from the first batch, before step 0."""

    def compile(self, d_optimizer=None, g_optimizer=None, jit_compile=False):
        """Gives each player its optimizer, and builds the state of training.

        Args:
            d_optimizer: a `keras.optimizers.Optimizer`; None for a model without D.
            g_optimizer: the same for the generators.
            jit_compile: compile the step with XLA (one device only).

        Raises:
            ValueError: a weight that both players own; a layer that computes in
                float16; with several replicas, XLA, or an optimizer that clips (it
                would clip before gradients are summed).
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
        """The running average of `network`, or `network` itself if none is kept."""
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
        """Trains. Arrays pass the zoo's pipeline; data sets are used as they are.

        Args:
            x: real samples (N, ...), whole numbers in 0..255 or floats in
                `value_range`; a dict of arrays by batch key; a set of `load_data`; or
                global batches: a `tf.data.Dataset`, a `keras.utils.PyDataset`, a
                generator.
            y: labels of arrays, if the variant uses them, see `data.labels`.
            batch_size: global number of real samples for each D step (arrays;
                default 128).
            epochs: number of epochs of `steps_per_epoch` batches.
            steps_per_epoch: batches per epoch; by default one pass over the arrays.
            steps_per_call: steps per call of the compiled function; by default the
                largest divisor of `steps_per_epoch` up to 16, and 1 for data sets or
                with `validation_data`. Callbacks see the last step of a call.
            validation_data: as `x`, or (x, y); evaluated after each epoch.
            jitter: a `data.jitter.Jitter` that crops and mirrors arrays of images.
            **kwargs: the other arguments of `keras.Model.fit`.

        Raises:
            ValueError: samples or labels that the model cannot take; a batch that
                does not divide by `d_steps` x replicas; batches without an end and
                without `steps_per_epoch`.
        """
        batch_size = 128 if batch_size is None else batch_size
        with self._door() as door:
            source = sources.as_dataset(x, y, steps_per_epoch=steps_per_epoch)
            if source is not None:
                first, batches = door.full_batches(source)
            else:
                arrays = door.arrays(x, y, batch_size, jitter)
                size = batch_size * max(1, self.d_steps)
                steps_per_epoch = steps_per_epoch or max(1, len(arrays["real"]) // size)
                most = 16 if validation_data is None else 1
                steps_per_call = steps_per_call or _divisor(steps_per_epoch, most)
                batches = pipeline.batches(
                    arrays, size, seed=self.seed, start=self.step, jitter=jitter
                )
                first = next(iter(batches))
            self.learn(door.spec)
            door.spec.check_size(len(first["real"]))
            if steps_per_call and steps_per_epoch and steps_per_epoch % steps_per_call:
                raise ValueError(
                    f"`steps_per_call` must divide steps_per_epoch={steps_per_epoch}. "
                    f"Received: {steps_per_call}."
                )
            if validation_data is not None:
                steps = {"validation_steps": kwargs.get("validation_steps")}
                validation_data = _one_pass(
                    door, validation_data, None, batch_size, **steps
                )
            if self.step == 0:
                self.adapt(self.as_batch(first))
                self._reset_averages()
            self.steps_per_execution = steps_per_call or 1
            try:
                return super().fit(
                    batches,
                    epochs=epochs,
                    steps_per_epoch=steps_per_epoch,
                    validation_data=validation_data,
                    shuffle=False,
                    **kwargs,
                )
            finally:
                self.steps_per_execution = 1

    def evaluate(self, x=None, y=None, batch_size=128, **kwargs):
        """Computes the mean of every term over a data set, without an update.

        Args:
            x: samples as for `fit`; none are dropped.
            y: labels (N,) if the variant uses them.
            batch_size: samples per step.
            **kwargs: the other arguments of `keras.Model.evaluate`.
        """
        with self._door() as door:
            if x is not None:
                x = _one_pass(door, x, y, batch_size, steps=kwargs.get("steps"))
            return super().evaluate(x, **kwargs)

    @contextlib.contextmanager
    def _door(self):
        """Opens a door for the code in its block; blocks may be nested."""
        before = self._doors
        door = Door(self.batch_spec)
        self._doors = (*before, door)
        try:
            yield door
        finally:
            self._doors = before

    def make_train_function(self, force=False):
        self.train_function = self._function("train_step", force)

    def make_test_function(self, force=False):
        self.test_function = self._function("test_step", force)

    def _function(self, name, force):
        """Compiles several steps per call, with the loop outside `strategy.run`.

        Keras' own loop fails with several replicas, its reduction with several
        workers.
        """
        key = name, self.steps_per_execution
        if key not in self._functions or force:
            # The steps are plain Python; only the loop over them is converted.
            step = tf.autograph.experimental.do_not_convert(getattr(self, name))
            if self.jit_compile:
                step = tf.function(step, jit_compile=True)
            steps = self.steps_per_execution
            function = _multi_step(step, self.distribute_strategy, steps)
            self._functions[key] = self._within_doors(function)
        return self._functions[key]

    def _within_doors(self, function):
        """Wraps `function` to report the batch that a door refused, if it fails."""

        @functools.wraps(function)
        def call(iterator):
            with contextlib.ExitStack() as stack:
                for door in self._doors:
                    stack.enter_context(door)
                return function(iterator)

        return call

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Does nothing: all is built, and Keras' own build would consume a batch."""

    def as_batch(self, data):
        """Converts an element of a data set to the networks' tensors, by batch key."""
        return self.batch_spec.tensors(as_dict(data), self.variable_dtype)

    def _scale(self, value):
        return scaled(value, self.value_range, self.variable_dtype)

    def _reset_averages(self):
        for network, average in zip(self.averaged, self.averages, strict=False):
            average.set_weights(network.get_weights())

    # --- saving -----------------------------------------------------------------

    @classmethod
    def setting_names(cls):
        """The keywords of every `__init__` from `cls` up to this class."""
        chain = cls.__mro__[: cls.__mro__.index(Trainer)]
        return {
            parameter.name
            for owner in (*chain, Trainer)
            for parameter in inspect.signature(owner.__init__).parameters.values()
            if parameter.kind is parameter.KEYWORD_ONLY
        }

    def get_config(self):
        values = {name: getattr(self, name) for name in sorted(self.setting_names())}
        settings = {
            k: keras.saving.serialize_keras_object(v) for k, v in values.items()
        }
        return {"dtype": self.dtype_policy.name, **settings}

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
        settings = {
            k: keras.saving.deserialize_keras_object(v) for k, v in config.items()
        }
        with precision.policy(self.dtype_policy.name):
            self.compile(**settings)


def _one_pass(door, x, y, batch_size, **steps):
    source = sources.as_dataset(x, y, **steps)
    if source is not None:
        return door.dataset(source)
    return pipeline.finite(door.arrays(x, y), batch_size)


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

    An optimizer's `iterations` do not serve: gradient accumulation divides them.

    Args:
        earlier: () -> the count for a file of ganzoo 0.1.0, which has no such layer.
            There the optimizer counted. Keras loads attributes in alphabetical order,
            so the optimizer is loaded before this layer.
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
        """Counts an update, once the tensors `after` are computed."""
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
    """Name of the total of a term: d_loss for d_adv, g_loss for g_adv."""
    return term.split("_")[0] + "_loss"


def span_replicas(layers):
    """Synchronises batch statistics if the present strategy has several replicas."""
    for layer in layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = distribute.replica_count() > 1


def _check_settings(d_steps, ema_decay):
    check_whole(0, d_steps=d_steps)
    if not 0 <= ema_decay < 1:
        raise ValueError(
            f"`ema_decay` must be in [0, 1); 0 keeps no average. Received: {ema_decay}."
        )


def check_owners(generators, discriminators):
    """Raises ValueError if a trainable weight belongs to both players."""
    own = {id(v) for net in generators for v in net.trainable_variables}
    theirs = [v for net in discriminators for v in net.trainable_variables]
    both = [v.path for v in theirs if id(v) in own]
    if both:
        raise ValueError(
            "Every trainable weight must belong to exactly one player. "
            f"Owned by both: {', '.join(both)}."
        )


def check_precision(networks):
    """Raises ValueError if a layer computes in float16."""
    layers = [layer for network in networks for layer in network._flatten_layers()]
    half = [layer.name for layer in layers if layer.compute_dtype == "float16"]
    if half:
        raise ValueError(
            "The layers compute in float16, whose gradients vanish without a scaled "
            "loss. Build them under the policy mixed_bfloat16 or float32. "
            f"Received: {', '.join(half[:3])}, ..."
        )


def check_clipping(optimizer):
    """Raises ValueError for an optimizer that clips, with several replicas."""
    if distribute.replica_count() > 1 and (
        optimizer.clipnorm or optimizer.global_clipnorm or optimizer.clipvalue
    ):
        raise ValueError(
            "Under several replicas, Keras clips each replica's gradient before it "
            "sums them, which is not the clipping of one device. Remove clipnorm, "
            f"global_clipnorm and clipvalue from {optimizer.name!r}."
        )


def frozen_copy(network):
    """Copies a network with its weights, frozen: the start of a running average."""
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    copy.trainable = False
    return copy
