"""Uses of a step's seed: each folds it with a number of its own."""

from enum import IntEnum, unique


@unique
class Use(IntEnum):
    """Numbers that `distribute.fold` mixes into a seed, one for each use.

    Files of earlier versions and runs that resume rely on the values: they never
    change.
    """

    LATENT = 0
    PENALTY = 1
    AUGMENT_REAL = 2
    AUGMENT_FAKE = 3
    AUGMENT_PENALTY = 4
    CONDITION = 5  # InfoGAN's category, text2image's mix of captions
    NOISE = 6  # of layers that stay active in inference
    POOL = 7
    G_STEP = 1_000_000  # the G step; D step i folds i
