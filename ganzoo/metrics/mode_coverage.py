"""Mode coverage of Gaussian mixtures, classes and stacked digits."""

import numpy as np
from scipy.special import rel_entr

from ganzoo.metrics.arrays import check_count, check_finite


def mode_coverage(
    samples: np.ndarray, centers: np.ndarray, std: float, threshold: float = 3.0
) -> dict[str, float | int]:
    """Scores points against the known centres of an equal-weight mixture.

    As in PacGAN (Lin et al. 2018, arXiv 1712.04086), section 4.1. A sample belongs to
    its nearest centre; it is of high quality if it lies within `threshold` standard
    deviations of it, and a mode is captured by one such sample. A perfect sampler in
    two dimensions has 98.9% within 3.

    Args:
        samples: points `(N, d)`.
        centers: centres `(K, d)`.
        std: standard deviation of every component, along each axis.
        threshold: radius in units of `std`.

    Returns:
        `modes`, the captured modes (of K); `high_quality`, the share of samples in
        0..1; `reverse_kl`, ln K minus the entropy in nats of the high-quality samples
        over the modes: 0 is best, ln K means one mode, or no high-quality sample.

    Raises:
        ValueError: no samples, NaN or infinite points, shapes that do not fit, or a
            `std` that is not positive.
    """
    samples, centers = np.asarray(samples, float), np.asarray(centers, float)
    if samples.ndim != 2 or not samples.size or samples.shape[1:] != centers.shape[1:]:
        raise ValueError(
            "Samples do not fit the centres; needed: (N, d) with N > 0 and (K, d). "
            f"Received: {samples.shape} and {centers.shape}."
        )
    check_finite("samples", samples)
    check_finite("centers", centers)
    if not 0 < std < np.inf:
        raise ValueError(f"std must be a positive number. Received: {std}.")
    distance = np.linalg.norm(samples[:, None] - centers, axis=-1) / std
    nearest = distance.argmin(axis=1)
    good = distance.min(axis=1) < threshold
    counts = np.bincount(nearest[good], minlength=len(centers))
    share = counts / max(1, counts.sum())
    kl = np.log(len(centers))
    if good.any():
        kl = rel_entr(share, 1 / len(centers)).sum()
    return {
        "modes": int((counts > 0).sum()),
        "high_quality": float(good.mean()),
        "reverse_kl": float(kl),
    }


def class_coverage(
    labels: np.ndarray, classes: int, reference: np.ndarray | None = None
) -> dict[str, float | int]:
    """Scores the classes that a classifier of known accuracy assigns to samples.

    Stacked MNIST (Metz et al. 2017, arXiv 1611.02163; PacGAN, section 4.2): labels of
    the three channels, `(26000, 3)` of 10 classes, make 1000 modes. Perfect samples do
    not reach 0: N of them have a KL of about (modes - 1) / (2 N), and MNIST's digits
    are not uniform: together 0.024 here.

    Args:
        labels: predicted classes in 0..classes - 1, `(N,)`; or `(N, channels)`, whose
            combinations are the modes.
        classes: number of classes of one label.
        reference: shares of the modes in real data, which sum to 1; by default equal.

    Returns:
        `modes`, the number that occur (of classes ** channels); `reverse_kl`, KL in
        nats of the samples' shares from the reference: 0 is best, infinite if samples
        have a mode that the reference lacks.

    Raises:
        ValueError: no labels, labels that are not whole numbers below `classes`, a
            reference that is not a distribution over the modes.
    """
    labels = np.asarray(labels)
    check_count("classes", classes, 1, 1_000_000)
    if labels.ndim not in (1, 2) or not labels.size or labels.dtype.kind not in "iu":
        raise ValueError(
            "labels must be whole numbers of shape (N,) or (N, channels), N > 0. "
            f"Received: {labels.dtype} of shape {labels.shape}."
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"labels must lie in 0..{classes - 1}. "
            f"Received: {labels.min()} to {labels.max()}."
        )
    channels = labels.reshape(len(labels), -1).T
    modes = (classes,) * len(channels)
    counts = np.bincount(
        np.ravel_multi_index(tuple(channels), modes), minlength=np.prod(modes)
    )
    reference = (
        np.full(len(counts), 1 / len(counts)) if reference is None else reference
    )
    reference = np.asarray(reference, float)
    shares = reference.shape == counts.shape and np.isclose(reference.sum(), 1)
    if not shares or reference.min() < 0:
        raise ValueError(
            f"reference must hold the shares of {len(counts)} modes. Received: shape "
            f"{reference.shape} with sum {reference.sum():.3g}, the least "
            f"{reference.min(initial=np.inf):.3g}."
        )
    return {
        "modes": int((counts > 0).sum()),
        "reverse_kl": float(rel_entr(counts / counts.sum(), reference).sum()),
    }
