"""Similarity of image pairs: PSNR, SSIM, multi-scale SSIM, also for diversity."""

import numpy as np
from scipy.ndimage import correlate1d

from ganzoo.metrics.arrays import check_alike, check_count, check_finite, slices

_RADIUS = 5  # the window of Wang et al. 2004: 11 x 11, Gaussian of std 1.5
_WINDOW = np.exp(-0.5 * (np.arange(-_RADIUS, _RADIUS + 1) / 1.5) ** 2)
_WINDOW /= _WINDOW.sum()
_SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang et al. 2003, section 3.2
_BLOCK = 64  # images that are filtered at once


def mean_gradient(images: np.ndarray) -> float:
    """Sharpness without a reference: the mean length of the gradient of the grey image.

    Differences between neighbours below and to the right, over the mean of the
    channels. Noise raises it as edges do, so compare it with the value of real images.

    Args:
        images: `(N, H, W, C)`, sides of at least 2.

    Raises:
        ValueError: another shape, or NaN or infinite values.
    """
    images = np.asarray(images)
    if images.ndim != 4 or not images.size or min(images.shape[1:3]) < 2:
        raise ValueError(
            "Needed are images (N, H, W, C) with sides of at least 2. "
            f"Received shape: {images.shape}."
        )
    check_finite("images", images)
    sums = 0.0
    for part in slices(len(images), _BLOCK):
        grey = images[part].mean(axis=-1, dtype=np.float64)
        down = np.diff(grey, axis=1)[:, :, :-1]
        right = np.diff(grey, axis=2)[:, :-1]
        sums += np.hypot(down, right).mean(axis=(1, 2)).sum()
    return float(sums / len(images))


def psnr(
    images_a: np.ndarray, images_b: np.ndarray, *, data_range: float | None = None
) -> float:
    """Peak signal-to-noise ratio in dB, mean over pairs; infinite for an equal pair.

    10 log10(data_range^2 / MSE), the MSE over all pixels and channels of a pair.

    Args:
        images_a: `(N, H, W, C)`.
        images_b: the same shape and type.
        data_range: highest minus lowest value that a pixel can take; 255 for uint8,
            needed for other types.

    Raises:
        ValueError: different shapes or types, NaN, values beyond `data_range`.
    """
    a, b, data_range = _pairs(images_a, images_b, data_range)
    errors = np.concatenate(
        [
            ((a[rows].astype(float) - b[rows]) ** 2).mean(axis=(1, 2, 3))
            for rows in slices(len(a), _BLOCK)
        ]
    )
    with np.errstate(divide="ignore"):
        return float((10 * np.log10(data_range**2 / errors)).mean())


def ssim(
    images_a: np.ndarray, images_b: np.ndarray, *, data_range: float | None = None
) -> float:
    """Structural similarity, mean over pairs, -1..1 and 1 for equal images.

    Wang et al. 2004, eq. 13, with their Gaussian window of 11 x 11 pixels (std 1.5)
    wherever it fits in the image, K1 0.01, K2 0.03; mean over windows and channels.

    Args:
        images_a: `(N, H, W, C)`, H and W >= 11.
        images_b: the same shape and type.
        data_range: as in `psnr`.

    Raises:
        ValueError: as `psnr`, and images smaller than the window.
    """
    a, b, data_range = _pairs(images_a, images_b, data_range)
    _check_size(a, 1)
    parts = [
        _ssim_terms(a[rows].astype(float), b[rows].astype(float), data_range)[0]
        for rows in slices(len(a), _BLOCK)
    ]
    return float(np.concatenate(parts).mean())


def ms_ssim(
    images_a: np.ndarray,
    images_b: np.ndarray,
    *,
    data_range: float | None = None,
    scales: int | None = None,
) -> float:
    """Multi-scale structural similarity, mean over pairs, 0..1 and 1 for equal images.

    Wang et al. 2003, eq. 7, with the windows of `ssim`, scales halved by 2 x 2 means
    and negative terms as 0. The five weights of the paper need 176 pixels; smaller
    images use the first ones, scaled to sum to 1, and values for different numbers of
    scales cannot be compared.

    Args:
        images_a: `(N, H, W, C)`.
        images_b: the same shape and type.
        data_range: as in `psnr`.
        scales: 1 to 5; by default as many as the images allow (28 pixels: 2).

    Raises:
        ValueError: as `ssim`, and images too small for `scales`.
    """
    a, b, data_range = _pairs(images_a, images_b, data_range)
    scales = _scales(a) if scales is None else scales
    check_count("scales", scales, 1, len(_SCALES))
    _check_size(a, scales)
    parts = [
        _ms_ssim(a[rows].astype(float), b[rows].astype(float), data_range, scales)
        for rows in slices(len(a), _BLOCK)
    ]
    return float(np.concatenate(parts).mean())


def ms_ssim_diversity(
    images: np.ndarray,
    *,
    pairs: int = 1000,
    seed: int = 0,
    data_range: float | None = None,
    scales: int | None = None,
) -> float:
    """Mean `ms_ssim` of random pairs of different images: lower is more diverse.

    Odena et al. 2017 (arXiv 1610.09585), section 4.2, within a class; over a whole set
    it falls with the number of classes as well. Meaningful only next to the value
    of real images.

    Args:
        images: `(N, H, W, C)`, N >= 2.
        pairs: number of pairs, drawn with replacement.
        seed: seed of the draw.
        data_range: as in `psnr`.
        scales: as in `ms_ssim`.

    Raises:
        ValueError: as `ms_ssim`, and fewer than 2 images.
    """
    images = np.asarray(images)
    check_count("pairs", pairs, 1, 1_000_000)
    check_count("The number of images", len(images), 2, 1_000_000_000)
    rng = np.random.default_rng(seed)
    first = rng.integers(len(images), size=pairs)
    second = (first + rng.integers(1, len(images), size=pairs)) % len(images)
    return ms_ssim(images[first], images[second], data_range=data_range, scales=scales)


def _pairs(a, b, data_range) -> tuple[np.ndarray, np.ndarray, float]:
    a, b = np.asarray(a), np.asarray(b)
    for name, images in (("images_a", a), ("images_b", b)):
        if images.ndim != 4 or not images.size or images.dtype.kind not in "iuf":
            raise ValueError(
                f"{name} must be numbers of shape (N, H, W, C). "
                f"Received: {images.dtype} of shape {images.shape}."
            )
        check_finite(name, images)
    check_alike({"images_a": a, "images_b": b})
    if len(a) != len(b):
        raise ValueError(f"Images come in pairs. Received: {len(a)} and {len(b)}.")
    if data_range is None:
        if a.dtype != np.uint8:
            raise ValueError(
                "data_range is needed for images other than uint8: 1 for [0, 1], 2 for "
                f"[-1, 1]. Received: {a.dtype}."
            )
        data_range = 255
    if not 0 < data_range < np.inf:
        raise ValueError(
            f"data_range must be a positive number. Received: {data_range}."
        )
    low, high = min(a.min(), b.min()), max(a.max(), b.max())
    if not float(high) - float(low) <= data_range * (1 + 1e-6):
        raise ValueError(
            f"Values from {low} to {high} do not fit a data_range of {data_range}."
        )
    return a, b, float(data_range)


def _scales(images: np.ndarray) -> int:
    """Returns the number of scales whose images hold the window, 1 to 5."""
    room = min(images.shape[1:3]) // len(_WINDOW)
    return min(len(_SCALES), max(1, room.bit_length()))


def _check_size(images: np.ndarray, scales: int) -> None:
    least = len(_WINDOW) * 2 ** (scales - 1)
    if min(images.shape[1:3]) < least:
        raise ValueError(
            f"{scales} scale(s) need images of at least {least} x {least} pixels. "
            f"Received: {images.shape[1]} x {images.shape[2]}."
        )


def _filter(images: np.ndarray) -> np.ndarray:
    """Gaussian means of every window within the image."""
    inner = slice(_RADIUS, -_RADIUS)
    rows = correlate1d(images, _WINDOW, axis=1)[:, inner]
    return correlate1d(rows, _WINDOW, axis=2)[:, :, inner]


def _ssim_terms(a, b, data_range) -> tuple[np.ndarray, np.ndarray]:
    """SSIM, and its contrast-structure term, each `(N, C)`."""
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    mean_a, mean_b = _filter(a), _filter(b)
    product = mean_a * mean_b
    squares = mean_a**2 + mean_b**2
    structure = (2 * (_filter(a * b) - product) + c2) / (
        _filter(a**2) + _filter(b**2) - squares + c2
    )
    luminance = (2 * product + c1) / (squares + c1)
    return (luminance * structure).mean(axis=(1, 2)), structure.mean(axis=(1, 2))


def _halve(images: np.ndarray) -> np.ndarray:
    """2 x 2 means; an odd last row or column is repeated."""
    odd = [(0, 0), (0, images.shape[1] % 2), (0, images.shape[2] % 2), (0, 0)]
    images = np.pad(images, odd, mode="edge")
    n, h, w, c = images.shape
    return images.reshape(n, h // 2, 2, w // 2, 2, c).mean(axis=(2, 4))


def _ms_ssim(a, b, data_range, scales) -> np.ndarray:
    """`(N, C)`: structure at every scale, luminance at the last."""
    weights = np.array(_SCALES[:scales]) / sum(_SCALES[:scales])
    terms = []
    for scale, weight in enumerate(weights, 1):
        full, structure = _ssim_terms(a, b, data_range)
        term = full if scale == scales else structure
        terms.append(np.maximum(term, 0) ** weight)
        a, b = _halve(a), _halve(b)
    return np.prod(terms, axis=0)
