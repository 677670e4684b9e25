"""Directions of a data set's classes, read from samples by a classifier."""

import numpy as np

from ganzoo.data.dataset import Data
from ganzoo.evaluation import classifier, small_networks
from ganzoo.models import latent
from ganzoo.utils.options import check_known


def class_direction(
    model, data: Data, name: str, *, n: int = 5000, seed: int = 0
) -> np.ndarray:
    """Unit vector (latent_dim,) that leads to samples of a class.

    Args:
        model: a `LatentModel` without labels.
        data: labelled images, on which the classifier is trained.
        name: one of its classes.
        n: number of samples that the classifier reads.
        seed: seed of the samples.

    Raises:
        ValueError: an unknown class, a data set that is not of labelled images, a
            class that all or none of the samples show, a model of the same classes.
    """
    if not data.class_names or len(data.sample_shape) != 3:
        raise ValueError(
            "A direction of a class needs a data set of labelled images. Received: "
            f"{data.name!r}, {len(data.class_names)} classes of {data.sample_shape}."
        )
    if model.conditional:
        raise ValueError(
            "A model that takes the class as its label has no direction towards it: "
            f"ask for the label. Received: {type(model).__name__}."
        )
    check_known(f"class of {data.name!r}", [name], data.class_names)
    network = classifier.trained(data)
    index = data.class_names.index(name)

    def shows(samples):
        chances = small_networks.batched(lambda x: network(x)["probabilities"], samples)
        marks = chances.argmax(axis=1) == index
        if marks.all() or not marks.any():
            raise ValueError(
                "A direction lies between samples of the class and others, and the "
                f"classifier sees {name!r} in {'all' if marks.all() else 'none'} of "
                f"{len(marks):,} samples."
            )
        return marks

    return latent.directions(model, shows, n=n, seed=seed)
