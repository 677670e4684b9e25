"""SuperResolution: samples larger than their sources; tiles for large images."""

import functools

import keras
import numpy as np

from ganzoo.models.from_image import TranslationModel
from ganzoo.utils.options import check_whole


@keras.saving.register_keras_serializable("ganzoo")
class SuperResolution(TranslationModel):
    """A generator of images a whole number of times larger than their sources.

    Args:
        reach: receptive field: source pixels on each side that one pixel of a sample
            depends on; None if it depends on the whole source.
        **settings: see `TranslationModel`.
    """

    def __init__(self, *, reach=None, **settings):
        super().__init__(**settings)
        self.reach = reach

    def translate(self, images, *, tile=None, **settings) -> np.ndarray:
        """As `TranslationModel.translate`, for large images tile by tile.

        Args:
            images: (n, H, W, C), uint8 or floats in `value_range`, of any size.
            tile: side of the squares of a source that are translated at once. Each
                comes with all pixels that it depends on, so the answer equals a
                translation of the whole image. None for the whole image.
            **settings: the other arguments of `TranslationModel.translate`.

        Raises:
            ValueError: a tile that is not a whole number from 1, or a model whose
                pixels depend on the whole image.
        """
        whole = functools.partial(super().translate, **settings)
        if tile is None:
            return whole(images)
        check_whole(1, tile=tile)
        if self.reach is None:
            raise ValueError(
                "Each pixel of this model's samples depends on the whole image, so "
                f"tiles would differ from it. Leave `tile` out. Received: {tile}."
            )
        images = self._checked_images(images, self.source_shape[-1])
        return tiled(whole, images, tile=tile, reach=self.reach, scale=self.scale)


def factor(image_shape, source_shape, scale, allowed) -> tuple[tuple[int, ...], int]:
    """Returns the shape of the sources, and the scale from sources to samples.

    Args:
        image_shape: (H, W, C) of the samples.
        source_shape: shape of the sources; None to derive it from `scale`.
        scale: None to derive it from the shapes, or else the largest allowed.
        allowed: allowed scales.

    Raises:
        ValueError: a scale that is not allowed, or that does not fit the shapes.
    """
    height, width, channels = image_shape
    if scale is None:
        scale = max(allowed)
        if source_shape is not None:
            scale = height // source_shape[0]
    if scale not in allowed:
        listed = " or ".join(str(value) for value in allowed)
        raise ValueError(f"`scale` must be {listed}. Received: {scale!r}.")
    expected = height // scale, width // scale, channels
    source_shape = expected if source_shape is None else tuple(source_shape)
    if height % scale or width % scale or source_shape != expected:
        raise ValueError(
            f"Samples must have the channels of their sources and {scale} times the "
            f"sides. Received: {tuple(image_shape)} and {source_shape}."
        )
    return source_shape, scale


def tiled(function, images, *, tile, reach, scale):
    """Applies `function` to images (n, H, W, C) tile by tile.

    Args:
        function: maps images to samples (..., scale H, scale W, C).
        images: images of any size.
        tile: side of a tile, in pixels of the images.
        reach: pixels around a tile that `function` sees too.
        scale: size of the samples relative to the images.
    """

    def part(top, left):
        above, before = max(0, top - reach), max(0, left - reach)
        below, after = top + tile + reach, left + tile + reach
        samples = function(images[:, above:below, before:after])
        down, along = (top - above) * scale, (left - before) * scale
        side = tile * scale
        return samples[..., down : down + side, along : along + side, :]

    rows = [
        np.concatenate(
            [part(top, left) for left in range(0, images.shape[2], tile)], axis=-2
        )
        for top in range(0, images.shape[1], tile)
    ]
    return np.concatenate(rows, axis=-3)
