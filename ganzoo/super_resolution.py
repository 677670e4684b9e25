"""SuperResolution: samples larger than their sources, of large images by tiles."""

import functools

import keras
import numpy as np

from ganzoo.translation_model import TranslationModel


@keras.saving.register_keras_serializable("ganzoo")
class SuperResolution(TranslationModel):
    """A generator of images a whole number of times larger than their sources.

    Args:
        reach: pixels of the source to each side that a pixel of a sample depends on;
            None where it depends on the whole of it.
        **settings: see `TranslationModel`.
    """

    def __init__(self, *, reach=None, **settings):
        super().__init__(**settings)
        self.reach = reach

    def translate(
        self, images, *, samples=None, seed=0, ema=None, tile=None
    ) -> np.ndarray:
        """As `TranslationModel.translate`, for large images tile by tile.

        Args:
            images: see `TranslationModel.translate`, as `samples`, `seed` and `ema`.
            tile: side of the squares of a source that are translated at once, each
                with all that its pixels depend on, so that the answer is that of the
                whole image; None for the whole.

        Raises:
            ValueError: a tile that is no whole number from 1, or a model whose pixels
                depend on the whole image.
        """
        settings = {"samples": samples, "seed": seed, "ema": ema}
        whole = functools.partial(super().translate, **settings)
        if tile is None:
            return whole(images)
        if not isinstance(tile, int) or tile < 1:
            raise ValueError(
                f"`tile` must be a whole number from 1. Received: {tile!r}."
            )
        if self.reach is None:
            raise ValueError(
                "Each pixel of this model's samples depends on the whole image, so "
                f"tiles would differ from it. Leave `tile` out. Received: {tile}."
            )
        images = self._checked_images(images, self.source_shape[-1])
        return tiled(whole, images, tile=tile, reach=self.reach, scale=self.scale)


def source_shape_of(image_shape, scale, scales) -> tuple[int, ...]:
    """The shape of what samples of `image_shape` are `scale` times as large as.

    Raises:
        ValueError: a scale that is none of `scales`, or does not divide the sides.
    """
    if scale not in scales:
        listed = " or ".join(str(allowed) for allowed in scales)
        raise ValueError(f"`scale` must be {listed}. Received: {scale!r}.")
    height, width, channels = image_shape
    if height % scale or width % scale:
        raise ValueError(
            f"Sides of `image_shape` must be multiples of scale={scale}. "
            f"Received: {tuple(image_shape)}."
        )
    return height // scale, width // scale, channels


def tiled(function, images, *, tile, reach, scale):
    """What `function` makes of images (n, H, W, C), put together from tiles.

    Args:
        function: images to samples (..., scale H, scale W, C).
        images: of any size.
        tile: side of a tile, in pixels of the images.
        reach: pixels around a tile that `function` sees too.
        scale: of the samples.
    """

    def part(top, left):
        height, width = images.shape[1:3]
        above, before = max(0, top - reach), max(0, left - reach)
        below, after = min(height, top + tile) + reach, min(width, left + tile) + reach
        made = function(images[:, above:below, before:after])
        down, along = (top - above) * scale, (left - before) * scale
        side = tile * scale
        high = min(side, (height - top) * scale)
        wide = min(side, (width - left) * scale)
        return made[..., down : down + high, along : along + wide, :]

    rows = [
        np.concatenate(
            [part(top, left) for left in range(0, images.shape[2], tile)], axis=-2
        )
        for top in range(0, images.shape[1], tile)
    ]
    return np.concatenate(rows, axis=-3)
