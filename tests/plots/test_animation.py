import numpy as np
import pytest
from PIL import Image

from ganzoo.plots.animation import animation, thin


def test_thin_keeps_the_ends():
    assert thin(range(5), 3) == [0, 2, 4]
    assert thin([1, 2], 60) == [1, 2]
    assert thin([], 60) == []


def _frames(count, shape=(4, 6, 3)):
    return [np.full(shape, i, "uint8") for i in range(count)]


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".apng"])
def test_animation_is_bounded_and_keeps_the_ends(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    # Flickering, because WebP merges frames that look alike.
    frames = [np.full((4, 6, 3), value, "uint8") for value in [60, 120, 180] * 34]
    frames[0][:], frames[-1][:] = 0, 250
    animation(frames, path)
    with Image.open(path) as image:
        assert (image.n_frames, image.size) == (60, (6, 4))
        assert np.abs(np.asarray(image.convert("RGB")).astype(int)).max() <= 3
        image.seek(59)
        assert np.asarray(image.convert("RGB")).min() >= 245
    assert list(tmp_path.iterdir()) == [path]


def test_animation_reduces_large_frames(tmp_path):
    animation(_frames(2, (10, 2500, 3)), tmp_path / "x.gif")
    with Image.open(tmp_path / "x.gif") as image:
        assert image.size == (834, 4)  # a third, rounded up


def test_animation_refuses(tmp_path):
    with pytest.raises(ValueError, match=r"Allowed: .gif.*Received: .*x.mp4"):
        animation(_frames(2), tmp_path / "x.mp4")
    with pytest.raises(ValueError, match="Received: 0 frames"):
        animation([], tmp_path / "x.gif")
    with pytest.raises(ValueError, match="Allowed: one or more of one shape"):
        animation(_frames(1) + _frames(1, (5, 6, 3)), tmp_path / "x.gif")
