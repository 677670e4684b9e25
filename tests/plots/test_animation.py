import subprocess
import sys

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from ganzoo.plots.animation import animation, thin
from ganzoo.utils.options import evenly_spread


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


def test_a_film_has_every_frame_and_even_sides(tmp_path):
    path = tmp_path / "x.mp4"
    animation([*_frames(70, (65, 33, 3))], path, ms=100)
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path), *raw]
    pixels = subprocess.run(command, capture_output=True, check=True).stdout
    seen = np.frombuffer(pixels, "uint8").reshape(70, 66, 34, 3)
    assert np.abs(seen[50].astype(int) - 50).max() <= 6
    assert list(tmp_path.iterdir()) == [path]


def test_a_film_without_its_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(ImportError, match=r"pip install 'ganzoo-keras\[video\]'"):
        animation(_frames(2), tmp_path / "x.mp4")


def test_animation_refuses(tmp_path):
    with pytest.raises(ValueError, match=r"Allowed: .gif.*Received: .*x.avi"):
        animation(_frames(2), tmp_path / "x.avi")
    with pytest.raises(ValueError, match="Received: 0 frames"):
        animation([], tmp_path / "x.gif")
    with pytest.raises(ValueError, match="Allowed: one or more of one shape"):
        animation(_frames(1) + _frames(1, (5, 6, 3)), tmp_path / "x.gif")


@pytest.mark.parametrize("length", [60, 62, 122, 243, 485])
def test_positions_reach_from_the_first_to_the_last(length):
    places = evenly_spread(length, 60)
    assert (places[0], places[-1]) == (0, length - 1)
    assert np.diff(places).min() >= 1
