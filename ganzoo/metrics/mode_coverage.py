"""Mode coverage of a Gaussian mixture, as in PacGAN (Lin et al., 2018)."""

import numpy as np


def mode_coverage(
    samples: np.ndarray, centers: np.ndarray, std: float, threshold: float = 3.0
) -> dict[str, float | int]:
    """Scores points against the known centres of an equal-weight mixture.

    A sample belongs to its nearest centre; it is of high quality if it lies within
    `threshold` standard deviations of it, and a mode is captured by one such sample.

    Args:
        samples: points `(N, d)`.
        centers: centres `(K, d)`.
        std: standard deviation of every component, along each axis.
        threshold: radius in units of `std`.

    Returns:
        `modes`, the captured modes (of K); `high_quality`, the share of samples in
        0..1; `reverse_kl`, ln K minus the entropy in nats of the high-quality samples
        over the modes: 0 is best, ln K means one mode, and so does no sample at all.

    Raises:
        ValueError: no samples, or shapes that do not fit.
    """
    samples, centers = np.asarray(samples, float), np.asarray(centers, float)
    if samples.ndim != 2 or not samples.size or samples.shape[1:] != centers.shape[1:]:
        raise ValueError(
            "Samples do not fit the centres; needed: (N, d) with N > 0 and (K, d). "
            f"Received: {samples.shape} and {centers.shape}."
        )
    distance = np.linalg.norm(samples[:, None] - centers, axis=-1) / std
    nearest = distance.argmin(axis=1)
    good = distance.min(axis=1) < threshold
    counts = np.bincount(nearest[good], minlength=len(centers))
    share = counts[counts > 0] / max(1, counts.sum())
    return {
        "modes": int((counts > 0).sum()),
        "high_quality": float(good.mean()),
        "reverse_kl": float(np.log(len(centers)) + (share * np.log(share)).sum()),
    }
