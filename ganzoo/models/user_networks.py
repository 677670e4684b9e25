"""Networks that users bring: their inputs, and what a file cannot hold of them."""

from collections.abc import Mapping
from types import FunctionType

import keras

from ganzoo.utils import untrusted

INSTEAD = (
    "Use operations of `keras.ops` on Keras tensors, a layer such as Rescaling or "
    "Activation, or a layer class of your own, registered with "
    "@keras.saving.register_keras_serializable()"
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
    if not (network.built and getattr(network, "inputs", None)):
        raise ValueError(
            f"The network for {key!r} has no known inputs. A Sequential model needs a "
            "keras.Input as its first layer. Call a subclassed model on an Input: "
            f'x = keras.Input(shape, name="{key}"); keras.Model({{"{key}": x}}, '
            f"net(x)). Received: {type(network).__name__} {network.name!r}."
        )
    sequential = isinstance(network, keras.Sequential)  # its own `input` may be unset
    if not sequential and isinstance(network.input, Mapping):
        return network
    if len(network.inputs) == 1:
        (inner,) = network.inputs
        own = keras.Input(batch_shape=inner.shape, dtype=inner.dtype, name=key)
        return keras.Model({key: own}, network(own), name=network.name)
    names = {tensor.name: tensor for tensor in network.inputs}
    return keras.Model(names, network.output, name=network.name)


def check_layers(networks) -> None:
    """Refuses layers that hold code, which no file may."""
    layers = [layer for network in networks for layer in network._flatten_layers()]
    for layer in layers:
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
