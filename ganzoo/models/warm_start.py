"""Weights that a model takes over from another, trained before."""

from itertools import zip_longest


def load_generators(model, start) -> None:
    """Copies weights from the generators of `start` to the generators of `model`.

    Running averages are copied if `start` keeps them, since samples come from them;
    the averages of `model` start from the same weights. D, the optimizers and the step
    stay as they are.

    Args:
        model: such as `srgan`.
        start: such as `srresnet` of the same sizes.

    Raises:
        ValueError: the networks differ: the first difference is named.
    """
    mine, theirs = model.generators, start.generators
    if len(mine) != len(theirs):
        raise ValueError(
            "The models must have as many generators. "
            f"Received: {len(mine)} to fill, {len(theirs)} to start from."
        )
    for network, source in zip(mine, theirs, strict=True):
        _check_alike(network, source)
    for network, source in zip(mine, theirs, strict=True):
        weights = start.average_of(source).get_weights()
        network.set_weights(weights)
        model.average_of(network).set_weights(weights)


def _check_alike(network, source):
    mine, theirs = _weights(network), _weights(source)
    if mine == theirs:
        return
    pairs = enumerate(zip_longest(mine, theirs, fillvalue="none"), start=1)
    i, own, other = next((i, *pair) for i, pair in pairs if pair[0] != pair[1])
    raise ValueError(
        f"The {network.name} differs from the one to start from: build both with the "
        f"same options. Received: {len(mine)} weights to fill and {len(theirs)} to "
        f"start from; weight {i} differs first, {own} and {other}."
    )


def _weights(network) -> list[str]:
    """Kind of the layer, name and shape of each weight.

    Layers without weights are left out: their names may change between releases.
    """
    return [
        f"{type(layer).__name__} {variable.name} {tuple(variable.shape)}"
        for layer in network.layers
        for variable in layer.weights
    ]
