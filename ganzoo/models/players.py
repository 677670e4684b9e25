"""Players: what each optimizer owns, and both as one for Keras' callbacks."""

import math
from collections.abc import Callable

import keras
import tensorflow as tf

from ganzoo import distribute


def check_owners(generators, discriminators):
    """Raises ValueError if a trainable weight belongs to both players."""
    own = {id(v) for v in trained_weights(generators)}
    both = [v.path for v in trained_weights(discriminators) if id(v) in own]
    if both:
        raise ValueError(
            "Every trainable weight must belong to exactly one player. "
            f"Owned by both: {', '.join(both)}."
        )


def check_precision(networks):
    """Raises ValueError if a layer computes in float16."""
    half = [x.name for x in all_layers(networks) if x.compute_dtype == "float16"]
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


def check_followed(optimizer):
    """Raises ValueError for an optimizer with settings that a step does not follow."""
    scaled = getattr(optimizer, "loss_scale_factor", None)
    if scaled or isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        raise ValueError(
            "The losses are not scaled, so an optimizer that divides by a scale would "
            "hardly move. Use mixed_bfloat16, which needs none. "
            f"Received: {type(optimizer).__name__} {optimizer.name!r} with a scale."
        )
    if optimizer.use_ema:
        raise ValueError(
            "The average of an optimizer (use_ema) would not be used. Keep that of the "
            f"generator: `ema_decay`, such as 0.99. Received: {optimizer.name!r}."
        )


def all_layers(networks) -> list:
    """The layers of networks, those within layers as well."""
    return [layer for network in networks for layer in network._flatten_layers()]


def trained_weights(networks) -> list:
    """The trainable weights of a player's networks."""
    return [v for network in networks for v in network.trainable_variables]


def parameter_count(networks) -> int:
    """The number of trained parameters of a player's networks."""
    return sum(math.prod(v.shape) for v in trained_weights(networks))


def owns(optimizer, variables) -> bool:
    """True if an optimizer is built for exactly these variables."""
    built = [id(v) for v in optimizer._trainable_variables]
    return built == [id(v) for v in variables]


def fitted(optimizer, variables):
    """Returns the optimizer, built for these variables.

    One that was built for others is replaced by a new one of the same settings. Its
    moments and its count begin anew, as they do when Keras compiles.
    """
    if optimizer.built and not owns(optimizer, variables):
        optimizer = type(optimizer).from_config(optimizer.get_config())
    optimizer.build(variables)
    return optimizer


def optimizer_of(networks, spec, present):
    """Returns a player's optimizer, built for its weights; None without networks.

    Args:
        networks: the player's networks.
        spec: an optimizer, or the name of one; None for the present one.
        present: the player's optimizer so far.

    Raises:
        ValueError: there is neither, the name is unknown, it clips gradients under
            several replicas, or it has a scale of the loss or an average of its own.
    """
    if not networks:
        return None
    optimizer = present if spec is None else keras.optimizers.get(spec)
    if optimizer is None:
        raise ValueError(
            "Each player needs an optimizer: compile(d_optimizer=..., g_optimizer=...) "
            "takes a keras.optimizers.Optimizer or a name. "
            f"Received: none for the {networks[0].name}."
        )
    check_clipping(optimizer)
    check_followed(optimizer)
    return fitted(optimizer, trained_weights(networks))


def check_owned(optimizer, networks) -> None:
    """Raises ValueError if layers were frozen or unfrozen after `compile`."""
    variables = trained_weights(networks)
    if optimizer is not None and not owns(optimizer, variables):
        raise ValueError(
            "`trainable` of a layer has changed since the model was compiled. Call "
            "`model.compile()`, which keeps the settings of both optimizers. Received: "
            f"{len(variables)} weights to train in {networks[0].name}, compiled with "
            f"{len(optimizer._trainable_variables)}."
        )


def rate_of(optimizer) -> float:
    """The learning rate of an optimizer at its present count of updates."""
    return float(tf.convert_to_tensor(optimizer.learning_rate))


class BothOptimizers:
    """The optimizers of D and G, as Keras' callbacks expect `model.optimizer`.

    Callbacks read and set one rate: it is G's, and D's follows in proportion. So a
    schedule for `LearningRateScheduler` is G's, and `ReduceLROnPlateau` lowers both.

    Args:
        d: D's optimizer; None for a model without D.
        g: G's optimizer.
        updates: the model's count of G updates.
    """

    built = True

    def __init__(self, d, g, updates):
        self._both = [optimizer for optimizer in (g, d) if optimizer is not None]
        rates = [rate_of(optimizer) for optimizer in self._both]
        self._shares = [rate / rates[0] if rates[0] else 1.0 for rate in rates]
        self._updates = updates

    @property
    def iterations(self):
        """Number of G updates, a variable."""
        return self._updates.count

    @property
    def variables(self):
        """All variables of both optimizers."""
        return [v for optimizer in self._both for v in optimizer.variables]

    @property
    def learning_rate(self):
        """G's rate now; set it, or call its `assign`, to change both rates.

        Raises:
            ValueError: setting it, if a rate follows a schedule.
        """
        return _Rate(rate_of(self._both[0]), self._set)

    @learning_rate.setter
    def learning_rate(self, rate):
        self._set(rate)

    def _set(self, rate):
        for optimizer, share in zip(self._both, self._shares, strict=True):
            try:
                optimizer.learning_rate = share * float(rate)
            except TypeError as error:  # Keras' answer for a schedule
                raise ValueError(
                    "A rate of this model follows a schedule, which a callback cannot "
                    "set. Build it with numbers as rates and without `decay_steps`, or "
                    f"leave the callback out. Received: learning_rate={float(rate):g}."
                ) from error


class _Rate(float):
    """A rate with the `assign` of Keras' variables."""

    assign: Callable[[float], None]

    def __new__(cls, value, assign):
        rate = super().__new__(cls, value)
        rate.assign = assign
        return rate
