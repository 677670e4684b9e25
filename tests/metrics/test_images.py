import numpy as np
import pytest
import tensorflow as tf
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from ganzoo.metrics import mean_gradient, ms_ssim, ms_ssim_diversity, psnr, ssim
from ganzoo.metrics.images import _SCALES

RNG = np.random.default_rng(0)
SMOOTH = np.cumsum(np.cumsum(RNG.normal(0, 3, (70, 48, 51, 3)), axis=1), axis=2)
A = np.clip(SMOOTH + 128, 0, 255).astype("uint8")
B = np.clip(SMOOTH + 128 + RNG.normal(0, 12, A.shape), 0, 255).astype("uint8")


def _skimage_ssim(a, b, data_range):
    return structural_similarity(
        a,
        b,
        data_range=data_range,
        channel_axis=-1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )


def test_psnr_parity_with_scikit_image():
    each = [peak_signal_noise_ratio(a, b) for a, b in zip(A, B, strict=True)]
    assert psnr(A, B) == pytest.approx(np.mean(each), rel=1e-12)
    a, b = A / 127.5 - 1, B / 127.5 - 1
    assert psnr(a, b, data_range=2) == pytest.approx(psnr(A, B), rel=1e-12)


def test_psnr_by_hand():
    a = np.zeros((2, 1, 2, 1), "uint8")
    b = np.array([[5, 5], [0, 10]], "uint8").reshape(a.shape)
    # MSE 25 and 50.
    expected = np.mean(10 * np.log10(255**2 / np.array([25, 50])))
    assert psnr(a, b) == psnr(b, a) == pytest.approx(expected)
    assert psnr(a, a) == np.inf


def test_ssim_parity_with_scikit_image():
    each = [_skimage_ssim(a, b, 255) for a, b in zip(A, B, strict=True)]
    assert ssim(A, B) == pytest.approx(np.mean(each), rel=1e-10)
    a, b = A[:2] / 255, B[:2] / 255
    expected = np.mean([_skimage_ssim(x, y, 1) for x, y in zip(a, b, strict=True)])
    assert ssim(a, b, data_range=1) == pytest.approx(expected, rel=1e-10)


def test_ssim_of_flat_images_is_their_luminance_term():
    a, b = (np.full((1, 11, 11, 1), v, "uint8") for v in (100, 50))
    c1 = (0.01 * 255) ** 2
    expected = (2 * 100 * 50 + c1) / (100**2 + 50**2 + c1)
    assert ssim(a, b) == pytest.approx(expected)
    assert ssim(a, a) == 1


@pytest.mark.parametrize("scales", [1, 2, 3])
def test_ms_ssim_parity_with_tensorflow(scales):
    # An odd width, which both halve to 26 and 13 pixels.
    weights = np.array(_SCALES[:scales]) / sum(_SCALES[:scales])
    expected = tf.image.ssim_multiscale(A[:4], B[:4], 255, power_factors=weights)
    found = ms_ssim(A[:4], B[:4], scales=scales)
    assert found == pytest.approx(float(np.mean(expected)), abs=1e-5)


def test_all_five_scales_parity_with_tensorflow():
    a = np.tile(A[:1], (1, 4, 4, 1))[:, :180, :176]
    b = np.tile(B[:1], (1, 4, 4, 1))[:, :180, :176]
    expected = tf.image.ssim_multiscale(a, b, 255)
    assert ms_ssim(a, b) == pytest.approx(float(expected[0]), abs=1e-5)


def test_as_many_scales_as_the_image_allows():
    small = A[:3, :28, :28], B[:3, :28, :28]
    assert ms_ssim(*small) == ms_ssim(*small, scales=2) != ms_ssim(*small, scales=1)
    with pytest.raises(ValueError, match="3 scale.* at least 44 x 44.*28 x 28"):
        ms_ssim(*small, scales=3)
    with pytest.raises(ValueError, match="scales must be.* 1 to 5"):
        ms_ssim(*small, scales=6)


def test_an_inverted_image_has_no_negative_power():
    assert ms_ssim(A[:1], 255 - A[:1]) == 0


def test_diversity_falls_with_repeats():
    repeated = np.tile(A[:1], (20, 1, 1, 1))
    assert ms_ssim_diversity(repeated, pairs=20) == pytest.approx(1)
    mixed = np.concatenate([A[:10], repeated[:10]])
    whole = ms_ssim_diversity(A, pairs=300)
    assert whole < ms_ssim_diversity(mixed, pairs=300) < 0.99
    assert whole == ms_ssim_diversity(A, pairs=300)
    assert whole != ms_ssim_diversity(A, pairs=300, seed=1)


def test_pairs_are_of_different_images():
    pair = A[:2]
    expected = ms_ssim(pair, pair[::-1])
    assert ms_ssim_diversity(pair, pairs=9) == pytest.approx(expected)


@pytest.mark.parametrize("metric", [psnr, ssim, ms_ssim])
def test_refuses_pairs_that_do_not_fit(metric):
    a = A[:2].astype("float32") / 255
    with pytest.raises(ValueError, match="data_range is needed"):
        metric(a, a)
    with pytest.raises(ValueError, match="do not fit a data_range of 0.5"):
        metric(a, a, data_range=0.5)
    with pytest.raises(ValueError, match="data_range must be a positive number"):
        metric(np.zeros_like(a), np.zeros_like(a), data_range=0)
    with pytest.raises(ValueError, match="one range"):
        metric(A[:2], a)
    with pytest.raises(ValueError, match="one shape"):
        metric(A[:2], A[:2, :20])
    with pytest.raises(ValueError, match="pairs. Received: 2 and 3"):
        metric(A[:2], A[:3])
    with pytest.raises(ValueError, match=r"\(N, H, W, C\)"):
        metric(A[0], A[0])
    with pytest.raises(ValueError, match="images_b: 1 of 2 samples hold NaN"):
        metric(a, np.where(np.arange(2).reshape(2, 1, 1, 1), np.nan, a), data_range=1)


def test_refuses_images_smaller_than_the_window_and_a_single_image():
    with pytest.raises(ValueError, match="at least 11 x 11 pixels.*8 x 8"):
        ssim(A[:2, :8, :8], B[:2, :8, :8])
    with pytest.raises(ValueError, match="number of images"):
        ms_ssim_diversity(A[:1])
    with pytest.raises(ValueError, match="pairs must be"):
        ms_ssim_diversity(A, pairs=0)


def test_mean_gradient_by_hand():
    ramp = np.zeros((1, 4, 5, 3))
    ramp += (
        3 * np.arange(4)[None, :, None, None] + 4 * np.arange(5)[None, None, :, None]
    )
    assert mean_gradient(ramp) == 5
    both = np.concatenate([ramp, np.zeros_like(ramp)])
    assert mean_gradient(both) == 2.5
    coloured = ramp * [0.0, 1.0, 2.0]
    assert mean_gradient(coloured) == pytest.approx(5)


def test_blur_lowers_the_mean_gradient_whatever_the_blocks():
    images = np.random.default_rng(0).integers(0, 256, (70, 8, 8, 1), "uint8")
    means = [mean_gradient(images[i : i + 1]) for i in range(70)]
    assert mean_gradient(images) == pytest.approx(np.mean(means))
    soft = (images[:, 1:] / 2 + images[:, :-1] / 2)[:, :, :7]
    assert mean_gradient(soft) < 0.8 * mean_gradient(images)
    for bad in (images[0], images[:, :1], np.full((1, 2, 2, 1), np.nan)):
        with pytest.raises(ValueError):
            mean_gradient(bad)
