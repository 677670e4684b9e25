"""Seed of the first weights of a model."""

import random
from contextlib import contextmanager


@contextmanager
def first_weights(seed: int | None):
    """Lets Keras draw first weights from `seed` within the block; None changes nothing.

    Keras draws the seed of an initializer from Python's `random`, whose state is given
    back.
    """
    if seed is None:
        yield
        return
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
