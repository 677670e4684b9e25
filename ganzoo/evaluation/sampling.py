"""A model is measured: asked for samples, and these scored with their protocol."""

from ganzoo.data.dataset import Data
from ganzoo.evaluation.scorer import Scorer


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
