"""Networks that users bring: inputs, last activations, and what no file can hold."""

import math
import warnings
from collections.abc import Mapping
from types import FunctionType

import keras

from ganzoo.data import labels
from ganzoo.layers.noise import Noisy
from ganzoo.models.players import all_layers
from ganzoo.utils import untrusted

INSTEAD = (
    "Use operations of `keras.ops` on Keras tensors, a layer such as Rescaling or "
    "Activation, or a layer class of your own, registered with "
    "@keras.saving.register_keras_serializable()"
)

SPANS = {
    **dict.fromkeys(("sigmoid", "hard_sigmoid", "softmax"), (0.0, 1.0)),
    **dict.fromkeys(("Sigmoid", "HardSigmoid", "Softmax"), (0.0, 1.0)),
    **dict.fromkeys(("tanh", "hard_tanh", "Tanh", "HardTanh"), (-1.0, 1.0)),
    **dict.fromkeys(("relu", "Relu", "ReLU"), (0.0, math.inf)),
}
"""Ranges of activations, by the names of Keras' functions and operations."""
_SHAPING = (
    "Flatten",
    "Reshape",
    "Identity",
    "Squeeze",
    "ExpandDims",
    "Cast",
    "Dropout",
)


def named(network, key: str):
    """Returns a network whose inputs have names, as models feed them.

    Args:
        network: a functional model, or a Sequential model that begins with an `Input`;
            None stays None.
        key: name of the input, if there is only one and it has none.

    Raises:
        ValueError: a network of another kind, or several inputs without names.
    """
    if network is None:
        return None
    if not isinstance(network, keras.layers.Layer):
        raise ValueError(
            f"The network for {key!r} must be a Keras model. Received: {network!r}."
        )
    if not (network.built and getattr(network, "inputs", None)):
        raise ValueError(
            f"The network for {key!r} has no known inputs. A Sequential model needs a "
            "keras.Input as its first layer. Call a subclassed model on an Input: "
            f'x = keras.Input(shape, name="{key}"); keras.Model({{"{key}": x}}, '
            f"net(x)). Received: {type(network).__name__} {network.name!r}."
        )
    if not _is_sequential(network) and isinstance(network.input, Mapping):
        return network
    if len(network.inputs) == 1:
        (inner,) = network.inputs
        own = keras.Input(batch_shape=inner.shape, dtype=inner.dtype, name=key)
        return keras.Model({key: own}, network(own), name=network.name)
    names = {tensor.name: tensor for tensor in network.inputs}
    return keras.Model(names, network.output, name=network.name)


def _is_sequential(network):
    """True for a model whose own `input` and `output` may be unset."""
    return isinstance(network, keras.Sequential)


def check_inputs(model, direct: bool) -> None:
    """Refuses inputs of networks that do not fit the samples and labels of a `GAN`.

    Args:
        model: the `GAN`.
        direct: True if D sees samples as they are; a subclass may pack them.

    Raises:
        ValueError: a generator without `latent`, a discriminator of samples of another
            shape, labels of another shape, or labels in the model alone or in the
            networks alone.
    """
    generator, discriminator = model.generator, model.discriminator
    if "latent" not in generator.input:
        raise ValueError(
            "The generator needs an input named 'latent': keras.Input((100,), "
            f"name='latent'). Received: inputs {', '.join(generator.input)}."
        )
    if direct and discriminator is not None:
        _check_shape("sample", discriminator, model.sample_shape, "the generator's")
    entry = labels.get(model.condition)
    networks = [*model.generators, *model.discriminators]
    labelled = [network for network in networks if "label" in _by_name(network)]
    for network in labelled:
        if entry is None:
            raise ValueError(
                "A network with an input 'label' needs num_classes=, or condition=, "
                f"for the model. Received: {network.name!r} without either."
            )
        _check_shape("label", network, entry.shape, f"as {entry.input},")
    if model.conditional and not labelled:
        raise ValueError(
            "Labels would be ignored: no network has an input named 'label'. Add one, "
            "or leave out num_classes and condition. "
            f"Received: condition={model.condition}."
        )


def _by_name(network):
    """The inputs of a network by name; none if it has no names."""
    given = None if _is_sequential(network) else network.input
    return given if isinstance(given, Mapping) else {}


def _check_shape(key, network, shape, whose):
    if key not in network.input:
        return
    received = tuple(network.input[key].shape[1:])
    fits = len(received) == len(shape) and all(
        side in (None, own) for side, own in zip(received, shape, strict=True)
    )
    if not fits:
        raise ValueError(
            f"The input {key!r} of a network must have the shape of one {key}, "
            f"{whose} {tuple(shape)}. Received: {received}, of {network.name!r}."
        )


def check_ends(model) -> None:
    """Refuses ends of networks that do not fit the losses, `value_range` or each other.

    The answers of a layer of the user's own cannot be seen.

    Raises:
        ValueError: a discriminator of probabilities, since losses take logits, or of
            several outputs without names; or a generator whose samples have no fixed
            shape, cannot fill `value_range`, or leave it.
    """
    for network in model.discriminators:
        # A Sequential model has no `output` until it is called.
        answer = network.outputs[0] if _is_sequential(network) else network.output
        several = answer if isinstance(answer, Mapping) else {"logits": answer}
        if not isinstance(several.get("logits"), keras.KerasTensor):
            raise ValueError(
                "A discriminator answers logits alone, or a dict of outputs: "
                '{"logits": ..., "features": ...}. '
                f"Received: {answer!r}, of {network.name!r}."
            )
        for output in network.outputs:
            end = last_activation(output)
            copies = output.shape == network.inputs[0].shape and len(output.shape) > 2
            if SPANS.get(end) == (0.0, 1.0) and not copies:  # an autoencoder may
                raise ValueError(
                    "Losses take logits and apply their own sigmoid or softmax. Drop "
                    "the last activation of the discriminator, as in Dense(1); a loss "
                    f"of your own can apply it. Received: {end} at the end of "
                    f"{network.name!r}."
                )
    if None in (model.sample_shape or ()):
        raise ValueError(
            "The samples of a generator need a fixed shape. Give its input one: "
            f"keras.Input((64, 64, 3)). Received: samples {model.sample_shape}."
        )
    for network in model.generators if model.value_range else ():
        for output in network.outputs:
            end = last_activation(output)
            samples = len(output.shape) == len(model.sample_shape) + 1
            if samples and end in SPANS and not _fits(SPANS[end], model.value_range):
                raise ValueError(
                    "The last activation of the generator must fit `value_range`: tanh "
                    "for (-1, 1), sigmoid for (0, 1), or none. Change either, or add a "
                    f"Rescaling layer. Received: {end}, which answers "
                    f"{list(SPANS[end])}, at the end of {network.name!r}, and "
                    f"value_range={list(model.value_range)}."
                )


def _fits(span, value_range):
    low, high = span
    return tuple(value_range) == span or (math.isinf(high) and low <= value_range[0])


def last_activation(output) -> str:
    """The name of the last function on the way to an output of a network."""
    operation, node, place = output._keras_history
    if inner := getattr(operation, "outputs", None):  # a network within
        return last_activation(inner[place])
    layer = (
        operation.layer if isinstance(operation, keras.layers.Wrapper) else operation
    )
    function = getattr(layer, "activation", None) or layer
    name = getattr(function, "__name__", type(function).__name__)
    passes = isinstance(layer, keras.layers.Activation) and name == "linear"
    if passes or type(layer).__name__ in _SHAPING:
        return last_activation(operation._inbound_nodes[node].input_tensors[0])
    return name


def check_unregularised(model) -> None:
    """Refuses regularizers of layers, whose penalties are in neither player's loss."""
    networks = [*model.generators, *model.discriminators]
    weights = [v.path for net in networks for v in net.weights if v.regularizer]
    active = [x.name for x in all_layers(networks) if x.activity_regularizer]
    if weights or active:
        raise ValueError(
            "Regularizers of layers are in neither player's loss. Decay weights with "
            'd_optimizer={"name": "adamw", "weight_decay": ...}, or g_optimizer; '
            f"`penalties` are on D. Received: {', '.join(weights + active)}."
        )


def check_scope(strategy, networks) -> None:
    """Refuses networks that were not made in the scope of the model's strategy."""
    variables = [v for network in networks for v in network.weights]
    inside = strategy.extended.variable_created_in_scope
    if strays := [v.path for v in variables if not inside(v.value)]:
        raise ValueError(
            "Networks and model are made, and trained, in the scope of one strategy: "
            "build both within `with strategy.scope():`. Received: "
            f"{strays[0]}, which was made outside of that of this "
            f"{type(strategy).__name__}."
        )


def warn_of_noise(networks) -> None:
    """Warns of layers whose noise is not that of the step: it is in no checkpoint."""
    drawing = [layer.name for layer in all_layers(networks) if _draws(layer)]
    if drawing:
        warnings.warn(
            "Layers of Keras that draw noise have a state that no file holds: a "
            "resumed training differs, and so do several replicas. ganzoo.layers has "
            f"Dropout and GaussianNoise without one. Received: {', '.join(drawing)}.",
            stacklevel=3,
        )


def _draws(layer):
    own = vars(layer).values()
    keeps_seed = any(isinstance(value, keras.random.SeedGenerator) for value in own)
    return keeps_seed and not isinstance(layer, Noisy)


def check_layers(networks) -> None:
    """Refuses layers that hold code, which no file may."""
    for layer in all_layers(networks):
        functions = [v for v in vars(layer).values() if isinstance(v, FunctionType)]
        unnamed = type(layer).__module__.startswith("keras.") and any(
            function.__name__ == "<lambda>" for function in functions
        )
        if unnamed or type(layer).__name__ in untrusted.CODE_LAYERS:
            raise ValueError(
                "Layers that hold code cannot be loaded safely from a file. "
                f"{INSTEAD}. Received: {type(layer).__name__} {layer.name!r}"
                f"{' with a lambda' * unnamed}."
            )


def check_loadable(model) -> None:
    """Refuses a model whose file `ganzoo.load` would refuse."""
    config = keras.saving.serialize_keras_object(model)
    foreign = untrusted.foreign(config) or _unknown_function(config)
    if foreign:
        raise ValueError(
            f"A file of this model could not be loaded: it names {foreign}, which "
            "is neither a modelling class of Keras nor registered. Decorate the class "
            "or function with @keras.saving.register_keras_serializable(), or save "
            "the weights alone with save_weights."
        )


def _unknown_function(config):
    for table in untrusted.tables(config):
        if table.get("class_name") == "function":
            try:
                keras.saving.deserialize_keras_object(table)
            except TypeError:  # Keras' answer for an unknown name
                return table["config"]
    return None
