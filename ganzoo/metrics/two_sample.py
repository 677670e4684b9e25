"""The 1-nearest-neighbour two-sample test."""

import numpy as np

from ganzoo.metrics.arrays import check_features, kth_nearest, nearest


def two_sample_accuracy(real: np.ndarray, fake: np.ndarray) -> float:
    """Leave-one-out accuracy of a 1-NN classifier that tells real from fake.

    0.5 for equal distributions, 1 for separate sets, below 0.5 if fakes copy real
    samples. Lopez-Paz and Oquab 2017 (arXiv 1610.06545); as a score of GANs: Xu et al.
    2018 (arXiv 1806.07755). A sample whose nearest real and fake tie counts one half.

    Args:
        real: features `(N, d)`, N >= 2.
        fake: features `(N, d)`, as many as real: else 0.5 would not be chance.

    Raises:
        ValueError: NaN, infinite or constant features, different widths, uint8 next
            to floats, sets of different sizes or of one sample.
    """
    return float(np.mean(list(two_sample_accuracies(real, fake).values())))


def two_sample_accuracies(real: np.ndarray, fake: np.ndarray) -> dict[str, float]:
    """`two_sample_accuracy` of the `real` and of the `fake` samples alone.

    Fakes that gather in the middle of modes are the nearest neighbours of real samples
    and of each other: low for `real` and high for `fake` (Xu et al. 2018, section 3).

    Raises:
        ValueError: as `two_sample_accuracy`.
    """
    real, fake = check_features(real=real, fake=fake)
    if len(real) != len(fake) or len(real) < 2:
        raise ValueError(
            "The two-sample test needs as many fakes as reals, at least 2. "
            f"Received: {len(real)} real and {len(fake)} fake."
        )
    return {
        "real": _accuracy(kth_nearest(real, 1), nearest(real, fake)[0]),
        "fake": _accuracy(kth_nearest(fake, 1), nearest(fake, real)[0]),
    }


def _accuracy(own: np.ndarray, other: np.ndarray) -> float:
    return float((own < other).mean() + 0.5 * (own == other).mean())
