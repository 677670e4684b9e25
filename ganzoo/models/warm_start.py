"""Weights that a model takes over from another, trained before."""

from difflib import SequenceMatcher

import keras


def take_over(model, start, optimizers: bool = False) -> list[str]:
    """Copies the weights of both players, layer by layer, from `start` to `model`.

    Layers of the same kind and shapes are matched in their order: models of another
    image size, or of other classes, share the layers that fit. The rest keep their
    first weights, and are counted. The step stays 0, and `model.warm` names the
    networks, so that `fit` does not adapt them to the data.

    Generators take the running average if `start` keeps one, since samples come from
    it; averages of `model` start from the same weights. With `optimizers`, generators
    and averages take their own, so that training continues.

    Args:
        model: the model to fill.
        start: the model to start from, such as `ganzoo.load` returns.
        optimizers: if True, also take the moments and counts of both optimizers. The
            rates are those of `model`.

    Returns:
        A line for each network: how many layers it takes, and which are new.

    Raises:
        ValueError: another number of generators; no layer of a generator fits; or
            optimizers that cannot be taken over.
    """
    if len(model.generators) != len(start.generators):
        raise ValueError(
            "The models must have as many generators. "
            f"Received: {len(model.generators)} to fill, {len(start.generators)} to "
            "start from."
        )
    plans = [
        _Plan(*pair) for pair in zip(model.generators, start.generators, strict=True)
    ]
    for plan in plans:
        plan.check()
    judges = zip(model.discriminators, start.discriminators, strict=False)
    plans += [
        _Plan(own, source)
        for own, source in judges
        if not start.warm or source.name in start.warm
    ]
    if optimizers:
        _take_optimizers(model, start, plans)
    for plan in plans:
        average = start.average_of(plan.source)
        plan.copy(plan.own, plan.source if optimizers else average)
        if model.average_of(plan.own) is not plan.own:
            plan.copy(model.average_of(plan.own), average)
    model.warm = tuple(plan.own.name for plan in plans if plan.matches)
    filled = [plan.own.name for plan in plans]
    missing = [d.name for d in model.discriminators if d.name not in filled]
    return [
        *(plan.line for plan in plans),
        *(f"{name}: new, the start has no trained one" for name in missing),
    ]


class _Plan:
    """The layers that a network takes from another: places (theirs, mine)."""

    def __init__(self, own, source):
        self.own, self.source = own, source
        self.mine, theirs = ([_kind(x) for x in _layers(net)] for net in (own, source))
        self.complete = self.mine == theirs
        match = SequenceMatcher(None, theirs, self.mine, autojunk=False)
        self.matches = [
            (block.a + i, block.b + i)
            for block in match.get_matching_blocks()
            for i in range(block.size)
        ]

    def check(self):
        """Refuses a network without a layer that fits."""
        if not self.matches:
            (theirs, *_), (mine, *_) = map(_layers, (self.source, self.own))
            raise ValueError(
                f"No layer of the {self.own.name} fits the one to start from: build "
                "both with the same network. Received: first layers "
                f"{_kind(mine)} to fill and {_kind(theirs)} to start from."
            )

    def copy(self, own, source):
        """Copies the layers of this plan between networks like its two."""
        mine, theirs = _layers(own), _layers(source)
        for i, j in self.matches:
            mine[j].set_weights(theirs[i].get_weights())

    @property
    def line(self) -> str:
        """The count of the layers, in words."""
        places = {j for _, j in self.matches}
        new = [kind for j, kind in enumerate(self.mine) if j not in places]
        text = f"{self.own.name}: takes {len(places)} of {len(self.mine)} layers"
        return f"{text}; new: {', '.join(new)}" if new else text


def _layers(network) -> list:
    """The layers with weights, in order, those of nested networks included."""
    layers = []
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            layers += _layers(layer)
        elif layer.weights:
            layers.append(layer)
    return layers


def _kind(layer) -> str:
    """Kind of a layer, with the names and shapes of its weights.

    The layer's own name is left out: it may change between releases.
    """
    weights = [f"{v.name} {tuple(v.shape)}" for v in layer.weights]
    return f"{type(layer).__name__} ({', '.join(weights)})"


def _take_optimizers(model, start, plans):
    """Copies all variables of both optimizers but the rates."""
    partial = [plan.own.name for plan in plans if not plan.complete]
    if partial or len(plans) < len([*model.generators, *model.discriminators]):
        raise ValueError(
            "Optimizers are taken over with all layers of both players, trained. "
            f"Received: {'; '.join(plan.line for plan in plans)}."
        )
    for name in ("g_optimizer", "d_optimizer"):
        own, source = getattr(model, name), getattr(start, name)
        if own is not None:
            _check_optimizer(own, source, name)
            for variable, other in zip(_state(own), _state(source), strict=True):
                variable.assign(other)


def _check_optimizer(own, source, name):
    mine, theirs = ([tuple(v.shape) for v in _state(o)] for o in (own, source))
    if type(own) is not type(source) or mine != theirs:
        raise ValueError(
            f"`{name}` must be of the same kind with the same settings, or begin anew. "
            f"Received: {type(own).__name__} with {len(mine)} variables to fill, "
            f"{type(source).__name__} with {len(theirs)} to start from."
        )
    if len(own.variables) == len(_state(own)):
        raise ValueError(
            f"The rate of `{name}` follows a schedule of its count, which would go "
            "on. Build without `decay_steps`, or let the optimizers begin anew."
        )


def _state(optimizer) -> list:
    """The variables of an optimizer but its rate; with a schedule there is none."""
    return [v for v in optimizer.variables if not v.path.endswith("/learning_rate")]
