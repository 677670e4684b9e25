"""Clips of moving digits, made from real digits, and pairs made from clips.

Moving MNIST (Srivastava et al. 2015, arXiv 1502.04681, section 4): clips of 20
frames of 64x64 in which two digits start anywhere, move in a direction drawn from the
unit circle at a speed drawn from a range, and bounce off the edges; where they overlap,
the brighter pixel counts.
"""

import numpy as np

from ganzoo.data.dataset import Data
from ganzoo.data.images import Form, reshape_images
from ganzoo.data.reading import Reading

NAME = "moving_mnist"
SPEED = (2.0, 5.0)  # pixels per frame; the paper gives no range; common code has 3.6
SIDE = 64  # side of a frame, with digits of 28x28
FRAMES = 5  # four that are seen, and the next one
CLIPS = 20_000
TEST_CLIPS = 2_000
_SEED = 0


def clips_of_digits(mnist: Data, reading: Reading) -> Data:
    """Makes the set `moving_mnist`: clips (n, 5, side, side, 1) of two digits each.

    Args:
        mnist: grey digits.
        reading: its split, the digits', decides the number and the draw; its size is
            that of a frame, 64x64 by default. In smaller frames digits and speeds
            shrink in proportion.

    Raises:
        ValueError: frames that are not square, too small for a digit, or not grey.
    """
    form = reading.form
    height, width = form.size or (SIDE, SIDE)
    if height != width or height < 16 or form.channels in (3, 4):
        raise ValueError(
            f"{NAME} has grey square frames with sides of at least 16. Received: "
            f"image_size={(height, width)}, channels={form.channels}."
        )
    digits, share = mnist.arrays["real"], height / SIDE
    small = round(share * digits.shape[1])
    rng = np.random.default_rng([_SEED, len(mnist)])
    clips = moving_digits(
        reshape_images(digits, Form((small, small))),
        TEST_CLIPS if reading.split == "test" else CLIPS,
        frames=FRAMES,
        side=height,
        speed=(SPEED[0] * share, SPEED[1] * share),
        seed=rng,
    )
    return Data(NAME, {"real": clips})


def moving_digits(
    images, n, *, frames=20, side=64, digits=2, speed=SPEED, seed=0
) -> np.ndarray:
    """Makes clips of bouncing digits, uint8 (n, frames, side, side, 1).

    A digit lies at whole pixels: its exact place, rounded. As in the paper, a clip
    depends only on its digits, places and velocities.

    Args:
        images: (m, h, w, 1), uint8, the moving images, such as MNIST's of 28x28, drawn
            with equal probability.
        n: number of clips.
        frames: frames of a clip.
        side: side of a frame.
        digits: digits in a clip.
        speed: smallest and largest, in pixels per frame.
        seed: seed of digits, places and velocities, or a generator.

    Raises:
        ValueError: images of another shape, or larger than a frame.
    """
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] != 1:
        raise ValueError(
            "What moves must be uint8 images (m, h, w, 1). "
            f"Received: {images.dtype} of shape {images.shape}."
        )
    height, width = images.shape[1:3]
    if max(height, width) > side:
        raise ValueError(
            f"A frame must be as large as what moves in it, {height}x{width}. "
            f"Received: side={side}."
        )
    rng = np.random.default_rng(seed)
    room = np.array([side - height, side - width])
    shape = n, digits
    choices = rng.integers(0, len(images), shape)
    start = rng.uniform(0, 1, (*shape, 2)) * room
    angle = rng.uniform(0, 2 * np.pi, shape)
    direction = np.stack([np.sin(angle), np.cos(angle)], axis=-1)
    velocity = direction * rng.uniform(*speed, shape)[..., None]
    time = np.arange(frames)[:, None]
    place = bounced(start[..., None, :] + time * velocity[..., None, :], room)
    place = np.rint(place).astype(int)
    clips = np.zeros((n, frames, side, side, 1), np.uint8)
    for clip, chosen, paths in zip(clips, choices, place, strict=True):
        for image, path in zip(images[chosen], paths, strict=True):
            for frame, (top, left) in zip(clip, path, strict=True):
                part = frame[top : top + height, left : left + width]
                np.maximum(part, image, out=part)
    return clips


def bounced(place, room):
    """Returns the position of a point at `place`, reflected by walls at 0 and room.

    Args:
        place: any array (..., d).
        room: (d,), from 0; with no room, a point stays at 0.
    """
    folded = np.mod(place, np.maximum(2 * room, 1e-9))
    return np.where(room > 0, np.minimum(folded, 2 * room - folded), 0)


def pairs(clips, history=4) -> dict[str, np.ndarray]:
    """Makes the pairs of `next-frame`: `source`, the first frames; `real`, the next.

    Args:
        clips: (n, frames, H, W, C).
        history: number of seen frames, stacked in the channels, the latest one last.

    Returns:
        {"source": (n, H, W, history C), "real": (n, H, W, C)}

    Raises:
        ValueError: the clips are too short.
    """
    clips = np.asarray(clips)
    if clips.ndim != 5 or not 1 <= history < clips.shape[1]:
        raise ValueError(
            "Clips must be (n, frames, H, W, C), with more frames than `history`, "
            f"which is at least 1. Received: {clips.shape} and history={history}."
        )
    source = np.concatenate([clips[:, i] for i in range(history)], axis=-1)
    return {"source": source, "real": clips[:, history]}
