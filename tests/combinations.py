"""Every combination of the two axes: what is built, what is refused, and why."""

import itertools

import keras
import numpy as np

import ganzoo
from ganzoo import losses, penalties
from ganzoo.networks import FAMILIES, norms

AXES = {
    "loss": (
        *(n for n in losses.LOSSES if n not in ("logistic", "f_divergence")),
        *losses.DIVERGENCES,
    ),
    "penalty": ("none", *penalties.PENALTIES, "clip"),
    "network": tuple(FAMILIES),
    "d_norm": tuple(norms.NORMS),
    "dtype": ("float32", "mixed_bfloat16"),
}
PER_SAMPLE = ("gradient_penalty", "dragan", "r1", "r2")
SMALL = {
    "mlp": {"hidden": (8, 8)},
    "graph": {"hidden": (8, 8), "convolutions": (6,), "aggregation": 8},
}
SHAPES = {"volumetric": (8, 8, 8, 1), "graph": (6, 5), "resnet1d": (6, 5)}


def everything():
    """All combinations, as tuples in the order of `AXES`."""
    return list(itertools.product(*AXES.values()))


def refusal(loss, penalty, network, d_norm, dtype):
    """Words in the message of a combination that is refused, else None."""
    if network in ("mlp", "graph") and d_norm == "instance":
        return "hidden vectors have none"
    if penalty in PER_SAMPLE and d_norm == "batch":
        return "batch normalisation makes depend on the others"
    if penalty == "clip" and d_norm == "spectral":
        return "needs weights without another constraint"
    return None


def attempt(loss, penalty, network, d_norm, dtype, steps=2):
    """Builds a tiny model and trains it; returns what is wrong, None if nothing is.

    Raises:
        ValueError: the combination is refused when it is built.
    """
    keras.utils.set_random_seed(3)
    divergence = {"name": "f_divergence", "divergence": loss}
    options = {"d_clip": 0.1} if penalty == "clip" else {}
    if penalty in penalties.PENALTIES:
        options["penalties"] = {penalty: 1.0}
    shape = SHAPES.get(network, (8, 8, 1))
    model = ganzoo.build(
        "dcgan",
        image_shape=shape,
        latent_dim=4,
        loss=divergence if loss in losses.DIVERGENCES else loss,
        network={"name": network, **SMALL.get(network, {"filters": 2})},
        d_norm=d_norm,
        dtype=dtype,
        **options,
    )
    before = _kernels(model)
    batch = np.random.default_rng(0).integers(0, 256, (4, *shape), dtype="uint8")
    logs = [model.train_step(batch) for _ in range(steps)]
    if not np.isfinite([float(v) for step in logs for v in step.values()]).all():
        return f"a term is not finite: {logs}"
    if not all(np.isfinite(v).all() for v in model.get_weights()):
        return "a weight is not finite"
    after = _kernels(model)
    unmoved = [path for path, old in before.items() if (old == after[path]).all()]
    return f"did not move: {unmoved}" if unmoved else None


def _kernels(model):
    """D's last bias may rest: to a critic a constant is nothing."""
    return {v.path: v.numpy() for v in model.trainable_variables if len(v.shape) > 1}


def pairs(combination):
    """Its pairs of options of two axes."""
    return set(itertools.combinations(zip(AXES, combination, strict=True), 2))


def covering():
    """Few combinations, in which every pair of options occurs that can."""
    possible = [c for c in everything() if refusal(*c) is None]
    missing = set().union(*map(pairs, possible))
    chosen = []

    def choose(candidates):
        chosen.append(max(candidates, key=lambda c: len(pairs(c) & missing)))
        missing.difference_update(pairs(chosen[-1]))

    for both in itertools.product(AXES["loss"], AXES["penalty"]):
        choose([c for c in possible if c[:2] == both])
    while missing:
        choose(possible)
    return chosen


def refused():
    """One combination for every pair of options that cannot be."""
    possible = set().union(*(pairs(c) for c in everything() if refusal(*c) is None))
    chosen = {}
    for combination in everything():
        for pair in pairs(combination) - possible:
            chosen.setdefault(pair, combination)
    return list(dict.fromkeys(chosen.values()))
