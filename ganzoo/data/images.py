"""Decoding and reshaping of single images, with Pillow."""

from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image, ImageOps

_GREY_MODES = frozenset({"1", "L", "LA", "I;16", "I;16B", "I;16L"})


@dataclass(frozen=True)
class Form:
    """Size and channels that images should get; None keeps their own."""

    size: tuple[int, int] | None = None  # height, width
    channels: int | None = None
    stride: int | None = None  # between patches; without it images are resized

    @classmethod
    def of(
        cls,
        image_size: int | tuple[int, int] | None,
        channels: int | None,
        patch_stride: int | None = None,
    ) -> "Form":
        """Returns the checked form; an int stands for a square.

        Raises:
            ValueError: sizes below 1, channels other than 1 and 3, or a stride below 1
                or without a size.
        """
        if isinstance(image_size, int):
            image_size = (image_size, image_size)
        if image_size is not None and (len(image_size) != 2 or min(image_size) < 1):
            raise ValueError(
                "Unfit image_size; allowed: a positive side or (height, width). "
                f"Received: {image_size}."
            )
        if channels not in (None, 1, 3):
            raise ValueError(
                f"Unfit channels; allowed: 1 (grey) or 3 (RGB). Received: {channels}."
            )
        if patch_stride is not None and (image_size is None or patch_stride < 1):
            raise ValueError(
                "Unfit patch_stride; allowed: a number of pixels from 1, with "
                f"image_size, the side of a patch. Received: {patch_stride} and "
                f"image_size={image_size}."
            )
        size = None if image_size is None else tuple(image_size)
        return cls(size, channels, patch_stride)


def is_grey(image: Image.Image) -> bool:
    """Tells from its header if an image has one channel."""
    return image.mode in _GREY_MODES


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Returns (height, width) after EXIF rotation, from the header."""
    width, height = image.size
    # Without the chunk, Pillow would decode a whole PNG to look behind the pixels.
    skip = image.format == "PNG" and "exif" not in image.info
    turned = not skip and image.getexif().get(ExifTags.Base.Orientation, 1) >= 5
    return (width, height) if turned else (height, width)


def check_range(image: Image.Image) -> None:
    """Raises ValueError for pixels whose value for white is unknown."""
    if image.mode in ("F", "I"):
        raise ValueError("32-bit pixels, which have no fixed range")


def columns(image: Image.Image, count: int) -> list[Image.Image]:
    """Returns the images that stand side by side in one, upright."""
    image = ImageOps.exif_transpose(image)
    width = image.width // count
    return [
        image.crop((i * width, 0, (i + 1) * width, image.height)) for i in range(count)
    ]


def patch_count(sides: tuple[int, int], size: tuple[int, int], stride: int) -> int:
    """Returns the number of patches in an image of these sides.

    Raises:
        ValueError: the image is too small for a patch.
    """
    (height, width), (h, w) = sides, size
    if height < h or width < w:
        raise ValueError(f"{height}x{width} pixels, smaller than a patch")
    return ((height - h) // stride + 1) * ((width - w) // stride + 1)


def patches(pixels: np.ndarray, size: tuple[int, int], stride: int) -> np.ndarray:
    """Cuts an image (H, W, C) into patches (n, h, w, C), row by row."""
    windows = np.lib.stride_tricks.sliding_window_view(pixels, size, axis=(0, 1))
    chosen = windows[::stride, ::stride]  # (down, along, C, h, w)
    return np.moveaxis(chosen.reshape(-1, *chosen.shape[2:]), 1, -1)


def to_array(image: Image.Image, size: tuple[int, int], channels: int) -> np.ndarray:
    """Returns uint8 `(H, W, channels)`: upright, on white, resized, centre-cropped."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):
        # 65535 / 255 = 257; Pillow's own conversion clips at 255.
        image = Image.fromarray((np.asarray(image) // 257).astype(np.uint8))
    elif image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    image = image.convert("L" if channels == 1 else "RGB")
    if size != (image.height, image.width):
        image = ImageOps.fit(image, size[::-1], method=Image.Resampling.BICUBIC)
    return np.asarray(image).reshape(image.height, image.width, channels)


def reshape_images(real: np.ndarray, form: Form) -> np.ndarray:
    """Returns samples in another size or number of channels, if `form` asks for it.

    Raises:
        ValueError: the samples are not uint8 images.
    """
    if form == Form():
        return real
    if real.ndim != 4 or real.dtype != np.uint8:
        raise ValueError(
            "image_size and channels apply to uint8 images (N, H, W, C) alone. "
            f"Received: {real.dtype} of shape {real.shape}."
        )
    size = form.size or real.shape[1:3]
    channels = form.channels or real.shape[3]
    if (*size, channels) == real.shape[1:]:
        return real
    return np.stack([to_array(from_array(x), size, channels) for x in real])


def from_array(pixels: np.ndarray) -> Image.Image:
    """Returns the Pillow image of uint8 or uint16 `(H, W, C)`."""
    if pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    elif pixels.dtype == np.uint16:
        pixels = (pixels // 257).astype(np.uint8)
    return Image.fromarray(pixels)
