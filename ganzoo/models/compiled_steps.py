"""CompiledSteps: the functions that run a model's steps, on any number of replicas."""

import contextlib
import functools

import keras
import tensorflow as tf

from ganzoo.data import pipeline
from ganzoo.data.door import Door


class CompiledSteps(keras.Model):
    """A Keras model with functions of its own around `train_step` and `test_step`.

    Keras' loop over several steps fails with several replicas, its reduction with
    several workers, and its symbolic build consumes data.
    """

    def __init__(self, name=None):
        super().__init__(name=name)
        self._doors = ()
        self._functions = {}
        self._halt = None
        self.built = True  # the networks are built: Keras need not call them

    @contextlib.contextmanager
    def _opened(self, door: Door):
        """Opens a door for the code in its block; blocks may be nested."""
        before = self._doors
        self._doors = (*before, door)
        try:
            yield door
        finally:
            self._doors = before

    def make_train_function(self, force=False):
        self.train_function = self._function("train_step", force, self._halt)

    def make_test_function(self, force=False):
        self.test_function = self._function("test_step", force)

    def _function(self, name, force=False, halt=None):
        """Compiles several steps per call, with the loop outside `strategy.run`."""
        key = name, self.steps_per_execution, self.run_eagerly, halt
        if key not in self._functions or force:
            step = getattr(self, name)
            if self.jit_compile and not self.run_eagerly:
                step = tf.function(step, jit_compile=True, autograph=False)
            steps = self.steps_per_execution
            make = _eager_steps if self.run_eagerly else _multi_step
            make = make if halt is None else functools.partial(_until, halt)
            function = make(step, self.distribute_strategy, steps)
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

    def _on_batch(self, name, arrays, return_dict):
        """Runs one step on checked arrays; returns its logs as Keras does."""
        batch = pipeline.finite(arrays, len(arrays["real"]))
        batch = self.distribute_strategy.experimental_distribute_dataset(batch)
        self.reset_metrics()
        logs = self._function(name)(iter(batch))
        logs = {key: float(value) for key, value in logs.items()}
        return logs if return_dict else self._flatten_metrics_in_order(logs)


def _eager_steps(step, strategy, steps):
    def several(iterator):
        for _ in range(steps):
            logs = _step(step, strategy, iterator)
        return logs

    return several


def _multi_step(step, strategy, steps):
    one = _one_step(step, strategy)

    @tf.function(reduce_retracing=True, autograph=False)
    def several(iterator):
        def body(done, logs):
            return done + 1, one(iterator)

        logs = _like_logs(one, iterator)
        return tf.while_loop(lambda done, _: done < steps, body, (0, logs))[1]

    return one if steps == 1 else several


def _until(halt, step, strategy, steps):
    """As `_multi_step`; ends after the step in which `halt` was requested."""
    one = _one_step(step, strategy)

    @tf.function(reduce_retracing=True, autograph=False)
    def several(iterator):
        def unfinished(done, halted, logs):
            return tf.logical_and(done < steps, tf.logical_not(halted))

        def body(done, halted, logs):
            logs = one(iterator)
            with tf.control_dependencies(list(logs.values())):
                return done + 1, halt.anywhere(strategy), logs

        logs = _like_logs(one, iterator)
        _, halted, logs = tf.while_loop(unfinished, body, (0, False, logs))
        return logs, halted

    def call(iterator):
        logs, halted = several(iterator)
        halt.agreed = bool(halted)
        return logs

    return call


def _one_step(step, strategy):
    @tf.function(reduce_retracing=True, autograph=False)
    def one(iterator):
        return _step(step, strategy, iterator)

    return one


def _like_logs(one, iterator):
    """Zeros in the form of a step's logs: a loop begins with them, so that it holds the
    only copy of the step, which takes seconds to optimise."""
    specs = one.get_concrete_function(iterator).structured_outputs
    return {name: tf.zeros(spec.shape, spec.dtype) for name, spec in specs.items()}


def _step(step, strategy, iterator):
    logs = strategy.run(step, args=(next(iterator),))
    mean = tf.distribute.ReduceOp.MEAN
    return {k: strategy.reduce(mean, v, axis=None) for k, v in logs.items()}
