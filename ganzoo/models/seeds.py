"""Uses of a step's seed; each folds its own number into it."""

from enum import IntEnum, unique


@unique
class Use(IntEnum):
    """Numbers that `distribute.fold` mixes into a seed, one for each use.

    Files of earlier versions and resumed runs rely on the values, so they must never
    change.
    """

    LATENT = 0
    PENALTY = 1
    AUGMENT_REAL = 2
    AUGMENT_FAKE = 3
    AUGMENT_PENALTY = 4
    CONDITION = 5  # InfoGAN's category, text2image's mixed captions
    NOISE = 6  # dropout and noise layers
    POOL = 7
    G_STEP = 1_000_000  # the G step; D step i uses i
