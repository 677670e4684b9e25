"""A model is measured: asked for samples, and these scored with their protocol."""

from dataclasses import replace

import numpy as np

from ganzoo import extractors, scores
from ganzoo.data.parts import Parts
from ganzoo.data.record import Data
from ganzoo.protocol import Score, protocol
from ganzoo.scorer import FINAL, Scorer


def scorer_for(model, parts: Parts, *, n=10_000, extractor=None, roles=FINAL):
    """The scorer of a data set, for `evaluate` and for scores during training.

    Args:
        model: says what floats of the data mean, by its `value_range`.
        parts: of `load_parts`.
        n: samples.
        extractor: see `extractors.get`.
        roles: see `Scorer`.
    """
    parts = Parts(*(_as_samples(model, data) for data in (parts.train, parts.held_out)))
    return Scorer(parts, extractors.get(extractor, parts), n, roles)


def asked_of(model, scorer: Scorer) -> dict:
    """What is known of each sample of a model before it is made, by key.

    A conditional model is asked for the labels of the reference. A model of captions
    gets those of the test samples, which it has not seen; the labels of their images,
    where they have any, say what should come out.

    Raises:
        ValueError: the data set has no captions, or in other words than the model.
    """
    if model.vocabulary:
        if scorer.parts.train.vocabulary != model.vocabulary:
            raise ValueError(
                f"The captions of {scorer.parts.train.name!r} are not those that the "
                "model was trained on: it takes other words."
            )
        arrays = scorer.test.data.arrays
        return {key: arrays[key] for key in ("caption", "label") if key in arrays}
    return {"label": scorer.labels} if model.conditional else {}


def draw(model, scorer: Scorer, seed: int) -> Data:
    """As many samples as the scorer takes, made for what `asked_of` says.

    One that translates gets the sources of the test part, whose answers stand beside
    its own.
    """
    known = asked_of(model, scorer)
    if not known:
        given = scorer.test.data.arrays
        samples = model.draw(given, scorer.n, seed)
        return Data("samples", {"real": samples, **model.beside(given, samples)})
    told = {key: known[key] for key in model.told}
    samples = model.sample(scorer.n, seed=seed, **told)
    names = scorer.parts.train.class_names
    return Data("samples", {"real": samples, **known}, names)


def measure(scorer: Scorer, samples: Data, *, only=None, seed, step, checkpoint):
    """The scores of samples beside the floor, each with its protocol.

    Args:
        scorer: holds the real data.
        samples: of `draw`.
        only: names of scores, by default all that apply.
        seed: of the samples' latents.
        step: of the checkpoint.
        checkpoint: which one it is.

    Returns:
        A list of `Score`.
    """
    values = scorer.score(samples, only)
    floors = scorer.floor(samples.arrays, only)
    provenance = {"samples": f"seed {seed}, step {step}"}
    return [
        Score(
            metric=name,
            value=value,
            floor=floors[name],
            better=scores.BETTER[name],
            protocol=protocol(scorer.conditions(name), provenance),
            checkpoint=checkpoint,
            step=step,
        )
        for name, value in values.items()
    ]


def _as_samples(model, data):
    if data is None or data.arrays["real"].dtype == np.uint8:
        return data
    real = model.as_samples(data.arrays["real"])
    return replace(data, arrays={**data.arrays, "real": real})
