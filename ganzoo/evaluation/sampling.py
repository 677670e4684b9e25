"""Samples of a model for a scorer, and the scores that apply to them."""

from collections.abc import Iterable

from ganzoo.data.dataset import Data
from ganzoo.evaluation.scorer import Scorer


def draw(model, scorer: Scorer, seed: int, n: int | None = None) -> Data:
    """Makes samples of a model, with what is known of each.

    Args:
        model: a model of the zoo.
        scorer: holds the data that the samples are made for: labels of the reference,
            so that both sets have equal shares of classes, or captions and sources of
            the test part, which the model has not seen.
        seed: seed of the samples' noise.
        n: number of samples; by default as many as the scorer takes.

    Raises:
        ValueError: the data set lacks what the model makes samples from.
    """
    labels_alone = {"label"}.issuperset(model.sample_keys)
    data = (scorer.reference if labels_alone else scorer.test).data
    arrays = model.sample_for(data, scorer.n if n is None else n, seed)
    names = data.class_names if "label" in arrays else ()
    return Data("samples", arrays, names)


def applicable(model, scorer: Scorer, only: Iterable[str] | None = None) -> list[str]:
    """Returns the scores that apply to a model, by what is known of one sample.

    Args:
        model: a model of the zoo.
        scorer: holds the data.
        only: names of scores; by default all that apply.

    Raises:
        ValueError: as `draw`; a score of `only` that does not apply.
    """
    return scorer.names(draw(model, scorer, seed=0, n=1).arrays, only)
