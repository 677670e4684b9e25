"""Trainer: training of two players with Keras on any number of replicas."""

import inspect
import weakref
from collections.abc import Mapping

import keras
import tensorflow as tf

from ganzoo import distribute
from ganzoo.data import codecs, pipeline, sources
from ganzoo.data.batch_spec import BatchSpec, Samples, as_dict, scaled
from ganzoo.data.door import Door
from ganzoo.models import facts, keras_habits, players
from ganzoo.models.compiled_steps import CompiledSteps
from ganzoo.models.state import LogMean, Updates, total_of
from ganzoo.models.user_networks import check_layers, check_loadable, check_scope
from ganzoo.utils import html, precision
from ganzoo.utils.options import (
    check_flags,
    check_seed,
    check_whole,
    largest_divisor,
    span_of,
)

KEYWORDS = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Trainer(CompiledSteps):
    """A Keras model with two optimizers; `AdversarialModel` adds the step.

    It replaces the parts of Keras that do not fit: the single optimizer and loss,
    averages of weights, and the saving of both optimizers.

    Every keyword of `__init__` is kept as an attribute of the same name, so
    `get_config` is generic.

    Args:
        d_steps: D updates for each G update (Algorithm 1's k), each on fresh real
            samples and fresh noise; 0 for a model without D.
        ema_decay: decay of the running average of the `averaged` networks, in
            [0, 1), ramped up as min(decay, (1 + t) / (10 + t)); 0 keeps none.
        value_range: (low, high) of the samples, or None for unbounded vectors.
        codec: what one-hot symbols mean, see `data.codecs`; None for other samples.
        seed: seed of all noise in training, and of the order of the data.
    """

    loss_terms: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()
    conditional = False  # True if samples are conditioned on labels
    vocabulary: tuple[str, ...] = ()  # known words of captions
    table: dict | None = None  # schema of the rows that samples are
    sample_shape: tuple[int, ...] | None = None  # of one real sample, if it is fixed

    def __init__(
        self,
        *,
        d_steps=1,
        ema_decay=0.0,
        value_range=(-1.0, 1.0),
        codec=None,
        seed=0,
        name=None,
    ):
        super().__init__(name=name)
        _check_settings(d_steps, ema_decay, seed)
        self.d_steps = d_steps
        self.ema_decay = ema_decay
        self.value_range = span_of(value_range)
        self.codec = codecs.get(codec) and codecs.get(codec).spec
        self.seed = seed
        self.updates = Updates(earlier=lambda: self.g_optimizer.iterations)
        self.averages = []
        self.d_optimizer = self.g_optimizer = None
        self.warm = ()  # names of networks whose weights come from another model

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

    @property
    def evaluation_spec(self) -> BatchSpec:
        """Layout of the batches of `evaluate`."""
        return self.batch_spec

    def learn(self, spec: BatchSpec) -> None:
        """Keeps what the data declared in a spec, such as the names of classes."""

    def adapt(self, batch: Mapping[str, tf.Tensor]) -> None:
        """Initialises what depends on the data, from the first batch, before step 0."""

    def compile(
        self,
        d_optimizer=None,
        g_optimizer=None,
        jit_compile=None,
        run_eagerly=None,
        local_batch_norm=None,
        **others,
    ):
        """Gives each player its optimizer, and builds the state of training.

        Call it again, without arguments, after freezing or unfreezing layers. An
        optimizer whose weights have changed begins anew, with the same settings.

        Args:
            d_optimizer: a `keras.optimizers.Optimizer` or the name of one; None keeps
                the present one. A model without D has none.
            g_optimizer: the same for the generators.
            jit_compile: compile the step with XLA (one device only); None keeps the
                present setting, at first False.
            run_eagerly: run the step line by line, to debug it; None as above.
            local_batch_norm: normalise each replica's share of a batch by its own
                statistics, instead of those of the global batch: fewer exchanges, but
                weights other than on one device. The statistics that are kept for
                sampling are the first replica's. None as above.
            **others: refused. The losses are options of the build.

        Raises:
            ValueError: a player without an optimizer; a weight that both players own; a
                layer that computes in float16, or runs code that a file cannot hold;
                with several replicas, XLA, or an optimizer that clips (it would clip
                before gradients are summed).
        """
        keras_habits.check_compile(others)
        first = not self.compiled
        if jit_compile is None:
            jit_compile = False if first else self.jit_compile
        if run_eagerly is None:
            run_eagerly = False if first else self.run_eagerly
        if local_batch_norm is None:
            local_batch_norm = False if first else self.local_batch_norm
        check_flags(
            jit_compile=jit_compile,
            run_eagerly=run_eagerly,
            local_batch_norm=local_batch_norm,
        )
        with self.distribute_strategy.scope():
            self._check_networks(jit_compile)
            both = [
                players.optimizer_of(networks, spec, present)
                for networks, spec, present in (
                    (self.discriminators, d_optimizer, self.d_optimizer),
                    (self.generators, g_optimizer, self.g_optimizer),
                )
            ]
            super().compile(
                optimizer=None,
                jit_compile=jit_compile and not run_eagerly,
                run_eagerly=run_eagerly,
            )
            self.local_batch_norm = local_batch_norm
            synchronized = distribute.replica_count() > 1 and not local_batch_norm
            for layer in self._flatten_layers():
                if isinstance(layer, keras.layers.BatchNormalization):
                    layer.synchronized = synchronized
            self.d_optimizer, self.g_optimizer = both
            self.optimizer = players.BothOptimizers(
                self.d_optimizer, self.g_optimizer, self.updates
            )
            if first:
                totals = dict.fromkeys(total_of(term) for term in self.loss_terms)
                names = [*totals, *self.loss_terms, *self.watched]
                self.log = LogMean(names, dtype=self.variable_dtype)
            if self.ema_decay and not self.averages:
                self.averages = [frozen_copy(network) for network in self.averaged]
        self._functions = {}

    def _check_networks(self, jit_compile):
        networks = [*self.generators, *self.discriminators]
        players.check_owners(self.generators, self.discriminators)
        players.check_precision(networks)
        check_layers(networks)
        check_scope(self.distribute_strategy, networks)
        if self.discriminators and not self.d_steps:
            raise ValueError(
                "`d_steps` must be a whole number from 1 where there is a "
                "discriminator. Received: 0."
            )
        if jit_compile and distribute.replica_count() > 1:
            raise ValueError(
                "XLA compiles the step for one device. Build with jit_compile=False "
                f"under {distribute.replica_count()} replicas."
            )

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
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        class_weight=None,
        sample_weight=None,
        *,
        steps_per_epoch=None,
        steps_per_call=None,
        jitter=None,
        halt=None,
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
            verbose: as in Keras: "auto", 0 (silent), 1 (a bar) or 2 (a line an epoch).
            callbacks: callbacks of Keras or of ganzoo. Those that set a learning rate
                set G's, and D's follows in proportion. TerminateOnNaN watches both
                losses.
            validation_split: share of the arrays, from their end, to use as
                `validation_data`.
            validation_data: as `x`, or (x, y); evaluated after each epoch.
            shuffle: True; arrays are shuffled in an order that `seed` fixes.
            class_weight: refused; so is `sample_weight`.
            sample_weight: refused.
            steps_per_epoch: batches per epoch; by default one pass over the arrays.
            steps_per_call: steps per call of the compiled function; by default the
                largest divisor of `steps_per_epoch` up to 16, and 1 for data sets or
                with `validation_data`. Callbacks see the last step of a call.
            jitter: a `data.jitter.Jitter` that crops and mirrors arrays of images;
                those that `validation_split` holds out are cropped at the first corner.
            halt: a `distribute.Halt`: a call ends after the step in which the halt was
                requested. The caller's callback then ends the training.
            **kwargs: the other arguments of `keras.Model.fit`.

        Raises:
            ValueError: samples or labels that the model cannot take; a batch that
                does not divide by `d_steps` x replicas; weights of samples; layers
                frozen since `compile`; endless batches without `steps_per_epoch`.
        """
        keras_habits.check_unweighted(class_weight, sample_weight)
        keras_habits.check_callbacks(callbacks)
        check_whole(0, epochs=epochs)
        given = {"steps_per_epoch": steps_per_epoch, "steps_per_call": steps_per_call}
        check_whole(1, **{k: v for k, v in given.items() if v is not None})
        with self._opened(Door(self.batch_spec)) as door:
            source = sources.as_dataset(
                x, y, failed=door.refuse, steps_per_epoch=steps_per_epoch
            )
            if source is not None:
                keras_habits.check_unsplit(validation_split)
                keras_habits.check_of_batches(batch_size=batch_size, jitter=jitter)
                batch_size = 128  # of arrays as validation_data
                first, batches = door.full_batches(source)
                keras_habits.check_whole_calls(source, steps_per_epoch, steps_per_call)
            else:
                keras_habits.check_shuffled(shuffle)
                batch_size = 128 if batch_size is None else batch_size
                arrays = door.arrays(x, y, batch_size, jitter)
                for key in arrays.keys() & door.spec.entries:
                    door.spec.entries[key].warn_of_absent(arrays[key])
                if validation_split:
                    arrays, validation_data = keras_habits.split(
                        arrays, validation_split, validation_data, batch_size
                    )
                    if jitter is not None:
                        validation_data = jitter.cut(validation_data)
                size = int(batch_size) * max(1, self.d_steps)
                steps_per_epoch = steps_per_epoch or max(1, len(arrays["real"]) // size)
                most = 16 if validation_data is None else 1
                steps_per_call = steps_per_call or largest_divisor(
                    steps_per_epoch, most
                )
                batches = pipeline.batches(
                    arrays,
                    size,
                    seed=self.seed,
                    start=_step_of(weakref.ref(self)),
                    jitter=jitter,
                )
                first = next(iter(batches))
            self.learn(door.spec)
            door.spec.check_size(len(first["real"]))
            if steps_per_call and steps_per_epoch and steps_per_epoch % steps_per_call:
                raise ValueError(
                    f"`steps_per_call` must divide steps_per_epoch={steps_per_epoch}. "
                    f"Received: {steps_per_call}."
                )
            own_size = kwargs.pop("validation_batch_size", None)
            if validation_data is not None:
                keras_habits.check_single_steps(steps_per_call)
                steps = {"validation_steps": kwargs.get("validation_steps")}
                size = batch_size if own_size is None else own_size
                validation_data = _one_pass(
                    Door(self.evaluation_spec, outer=door),
                    validation_data,
                    None,
                    size,
                    **steps,
                )
            self._begin(first)
            self.steps_per_execution = steps_per_call or 1
            self._halt = halt
            try:
                return super().fit(
                    batches,
                    epochs=epochs,
                    verbose=verbose,
                    steps_per_epoch=steps_per_epoch,
                    callbacks=keras_habits.with_loss(callbacks),
                    validation_data=validation_data,
                    shuffle=False,
                    **kwargs,
                )
            finally:
                self.steps_per_execution = 1
                self._halt = None

    def _begin(self, batch):
        """Prepares training, from its first batch."""
        networks = [*self.generators, *self.discriminators]
        check_scope(self.distribute_strategy, networks)
        players.check_owned(self.d_optimizer, self.discriminators)
        players.check_owned(self.g_optimizer, self.generators)
        if self.step == 0:
            self.adapt(self.as_batch(batch))
            self._reset_averages()

    def evaluate(
        self,
        x=None,
        y=None,
        batch_size=128,
        verbose="auto",
        sample_weight=None,
        **kwargs,
    ):
        """Computes the mean of every term over a data set, without an update.

        Args:
            x: samples as for `fit`; none are dropped.
            y: labels (N,) if the variant uses them.
            batch_size: samples per step.
            verbose: as for `fit`.
            sample_weight: refused.
            **kwargs: the other arguments of `keras.Model.evaluate`.
        """
        keras_habits.check_unweighted(None, sample_weight)
        with self._opened(Door(self.evaluation_spec)) as door:
            x = _one_pass(door, x, y, batch_size, steps=kwargs.get("steps"))
            return super().evaluate(x, verbose=verbose, **kwargs)

    def train_on_batch(
        self, x, y=None, sample_weight=None, class_weight=None, return_dict=False
    ):
        """Trains for one step: `d_steps` updates of D, each on a part of x; one of G.

        Args:
            x: real samples as for `fit`, for the whole step.
            y: labels (N,) if the variant uses them.
            sample_weight: refused.
            class_weight: refused.
            return_dict: if True, return the terms by name, else a list of them in the
                order of their names.

        Raises:
            ValueError: as `fit`.
        """
        keras_habits.check_unweighted(class_weight, sample_weight)
        with self._opened(Door(self.batch_spec)) as door:
            arrays = door.arrays(x, y)
            door.spec.check_size(len(arrays["real"]))
            self.learn(door.spec)
            self._begin(arrays)
            return self._on_batch("train_step", arrays, return_dict)

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """Computes every term on a batch, without an update; see `train_on_batch`."""
        keras_habits.check_unweighted(None, sample_weight)
        with self._opened(Door(self.evaluation_spec)) as door:
            arrays = door.arrays(x, y)
            return self._on_batch("test_step", arrays, return_dict)

    def as_batch(self, data):
        """Converts an element of a data set to the networks' tensors, by batch key."""
        return self.batch_spec.tensors(as_dict(data), self.variable_dtype)

    def _scale(self, value):
        return scaled(value, self.value_range, self.variable_dtype)

    def _reset_averages(self):
        for network, average in zip(self.averaged, self.averages, strict=False):
            if network.name not in self.warm:
                average.set_weights(network.get_weights())

    def _repr_html_(self):
        return html.table(facts.of(self))

    # --- saving -----------------------------------------------------------------

    def save(self, filepath, *args, **kwargs):
        """As `keras.Model.save`; refuses what `ganzoo.load` could not load.

        Raises:
            ValueError: an ending other than .keras, a layer that runs code, or a class
                or function of your own that is not registered with Keras.
        """
        check_loadable(self)
        if not str(filepath).endswith(".keras"):
            raise ValueError(
                "A model is saved to NAME.keras, with both optimizers; save_weights "
                f"writes NAME.weights.h5. Received: {str(filepath)!r}."
            )
        super().save(filepath, *args, **kwargs)

    def export(self, filepath, format="tf_saved_model", **settings):
        """Refuses Keras' export: it holds what the class calls, not what it samples."""
        raise ValueError(
            "ganzoo.export(model, 'folder', format='saved_model') writes the network "
            "behind `sample`; other formats are keras, tflite and onnx. "
            f"Received: {str(filepath)!r}, {format!r}, {settings}."
        )

    @classmethod
    def setting_names(cls):
        """The settings of every `__init__` from `cls` up to this class."""
        return set(cls._settings())

    @classmethod
    def needed_settings(cls):
        """The settings without a default."""
        settings = cls._settings().values()
        return {p.name for p in settings if p.default is p.empty}

    @classmethod
    def _settings(cls):
        """The parameters of every `__init__`, by name, as the lowest class has them."""
        chain = cls.__mro__[: cls.__mro__.index(Trainer) + 1]
        return {
            parameter.name: parameter
            for owner in reversed(chain)
            for parameter in inspect.signature(owner.__init__).parameters.values()
            if parameter.kind in KEYWORDS and parameter.name != "self"
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
            "local_batch_norm": self.local_batch_norm,
        }

    def compile_from_config(self, config):
        settings = {
            k: keras.saving.deserialize_keras_object(v) for k, v in config.items()
        }
        with precision.policy(self.dtype_policy.name):
            self.compile(**settings)


def _step_of(model):
    """Asks a model, by its weak reference, for its step.

    Callbacks may restore an earlier step after `fit` began. TensorFlow never lets go of
    a generator's function, so the function must not hold the model.
    """
    return lambda: model().step


def _one_pass(door, x, y, batch_size, **steps):
    source = sources.as_dataset(x, y, failed=door.refuse, **steps)
    if source is not None:
        return door.dataset(source)
    check_whole(1, batch_size=batch_size)
    return pipeline.finite(door.arrays(x, y), batch_size)


def _check_settings(d_steps, ema_decay, seed):
    check_whole(0, d_steps=d_steps)
    check_seed(seed)
    if not 0 <= ema_decay < 1:
        raise ValueError(
            f"`ema_decay` must be in [0, 1); 0 keeps no average. Received: {ema_decay}."
        )


def frozen_copy(network):
    """Copies a network with its weights, frozen: the start of a running average."""
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    copy.trainable = False
    return copy
