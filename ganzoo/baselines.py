"""Answers to the sources of a test set that need no model."""

import numpy as np

from ganzoo.data.images import Form, reshape_images
from ganzoo.data.record import Data
from ganzoo.scorer import Scorer

BLOCK = 256  # images at a time, which bounds the memory


def baselines(scorer: Scorer) -> dict[str, Data]:
    """As many answers as the scorer takes, by name; none where no answers are known.

    `source`: the source itself, in size and channels of the answers wanted (bicubic);
    of a source of several images, such as frames, the last of them.
    `mean image`: that of the training split, which has the least squared error of all
    answers that do not look at the source.
    """
    if "pairs" not in scorer.facts:
        return {}
    source = scorer.test.data.arrays["source"]
    height, width, channels = scorer.parts.train.sample_shape
    mean = np.rint(_mean(scorer.parts.train.arrays["real"])).astype(np.uint8)
    answers = {
        "source": reshape_images(
            source[..., -channels:], Form((height, width), channels)
        ),
        "mean image": np.repeat(mean[np.newaxis], scorer.n, axis=0),
    }
    return {name: Data(name, {"real": real}) for name, real in answers.items()}


def _mean(images):
    blocks = range(0, len(images), BLOCK)
    total = sum(images[i : i + BLOCK].sum(axis=0, dtype=float) for i in blocks)
    return total / len(images)
