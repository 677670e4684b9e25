"""Decoding and reshaping of single images, with Pillow."""

from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image, ImageOps

from ganzoo.utils.options import sides_of

_GREY_MODES = frozenset({"1", "L", "LA", "I", "I;16", "I;16B", "I;16L"})
DEPTHS = (8, 10, 12, 14, 16)  # bits of cameras and scanners, stored in 16


@dataclass(frozen=True)
class Form:
    """Size and channels that images should get; None keeps their own."""

    size: tuple[int, int] | None = None  # height, width
    channels: int | None = None
    stride: int | None = None  # between patches; without it images are resized

    @classmethod
    def of(
        cls,
        image_size: int | str | tuple[int, int] | None,
        channels: int | None,
        patch_stride: int | None = None,
    ) -> "Form":
        """Returns the checked form; see `sides_of` for sizes.

        Raises:
            ValueError: sizes below 1, channels other than 1, 3 and 4, or a stride below
                1 or without a size.
        """
        image_size = sides_of(image_size)
        if channels not in (None, 1, 3, 4) or isinstance(channels, float):
            raise ValueError(
                "Unfit channels; allowed: 1 (grey), 3 (RGB) or 4 (RGB and opacity). "
                f"Received: {channels}."
            )
        if patch_stride is not None and (image_size is None or patch_stride < 1):
            raise ValueError(
                "Unfit patch_stride; allowed: a number of pixels from 1, with "
                f"image_size, the side of a patch. Received: {patch_stride} and "
                f"image_size={image_size}."
            )
        return cls(image_size, channels, patch_stride)


_EXIF = {"exif", "Raw profile type exif", "XML:com.adobe.xmp", "xmp"}
_TURNED = (5, 6, 7, 8)  # orientations that exchange height and width


def is_grey(image: Image.Image) -> bool:
    """Tells from its header if an image has one channel."""
    return image.mode in _GREY_MODES


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Returns (height, width) after EXIF rotation, from the header."""
    width, height = image.size
    # Without such a chunk, Pillow would decode a whole PNG to look behind the pixels.
    skip = image.format == "PNG" and not _EXIF & image.info.keys()
    # For any other value, `ImageOps.exif_transpose` turns nothing.
    turned = not skip and image.getexif().get(ExifTags.Base.Orientation) in _TURNED
    return (width, height) if turned else (height, width)


def is_deep(image: Image.Image) -> bool:
    """Tells from its header if an image has grey values of more than 8 bits."""
    return image.mode.startswith("I")


def deep_values(image: Image.Image) -> np.ndarray:
    """Returns the grey values (H, W) of a deep image, in 0..65535.

    Raises:
        ValueError: values that have no such range.
    """
    values = np.asarray(image)
    if image.mode == "I" and not 0 <= values.min() <= values.max() < 2**16:
        raise ValueError("32-bit pixels, which have no fixed range")
    return values


def depth(peak: int) -> int:
    """The least of `DEPTHS` that holds a value."""
    return next(bits for bits in DEPTHS if peak < 2**bits)


def is_deep_colour(image: Image.Image) -> bool:
    """Tells from its header if Pillow drops the lower half of 16-bit colours."""
    tile = image.tile[0] if image.tile else ("", None, 0, "")
    return len(image.getbands()) > 1 and ";16" in str(tile[3])


def is_animated(image: Image.Image) -> bool:
    """Tells if a file holds several frames or pages; in JPEG they are previews."""
    return image.format not in ("JPEG", "MPO") and getattr(image, "is_animated", False)


def check_range(image: Image.Image) -> None:
    """Raises ValueError for pixels whose value for white is unknown."""
    if image.mode == "F":
        raise ValueError("32-bit pixels, which have no fixed range")


def columns(image: Image.Image, count: int) -> list[Image.Image]:
    """Returns the images that stand side by side in one, upright."""
    image = ImageOps.exif_transpose(image)
    width = image.width // count
    return [
        image.crop((i * width, 0, (i + 1) * width, image.height)) for i in range(count)
    ]


def check_columns(
    height: int, width: int, count: int, size: tuple[int, int] | None
) -> None:
    """Raises ValueError unless squares, or images like `size`, stand side by side.

    Args:
        height: height of the file.
        width: width of the file.
        count: number of images.
        size: height and width, or others of the same ratio; None for squares only.
    """
    h, w = size or (1, 1)
    part = width // count
    if width % count or (part != height and part * h != height * w):
        raise ValueError(
            f"{height}x{width} pixels, but {count} square images side by side would be "
            f"{height}x{height * count}; others need an image_size of their shape, "
            f"such as {height}x{part}"
        )


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


def to_array(
    image: Image.Image, size: tuple[int, int], channels: int, bits: int = 16
) -> np.ndarray:
    """Returns uint8 `(H, W, channels)`: upright, resized, centre-cropped.

    With 1 or 3 channels, a transparent image is put on white.

    Args:
        image: image of any mode.
        size: height and width.
        channels: 1, 3 or 4.
        bits: the depth of deep images, whose 2**bits - 1 becomes 255.
    """
    image = ImageOps.exif_transpose(image)
    if is_deep(image):  # Pillow's own conversion clips at 255
        values = deep_values(image).astype(np.int32) * 255 // (2**bits - 1)
        image = Image.fromarray(values.astype(np.uint8))
    elif channels < 4 and image.has_transparency_data:
        image = on_white(image.convert("RGBA"))
    image = image.convert(_MODES[channels])
    if size != (image.height, image.width):
        image = ImageOps.fit(image, size[::-1], method=Image.Resampling.BICUBIC)
    return np.asarray(image).reshape(image.height, image.width, channels)


def on_white(image: Image.Image) -> Image.Image:
    """Returns an RGBA image on white."""
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)


_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def reshape_images(real: np.ndarray, form: Form) -> np.ndarray:
    """Returns samples in another size or number of channels, if `form` asks for it.

    Raises:
        ValueError: samples in another form that are not uint8 images.
    """
    size = form.size or real.shape[1:3]
    channels = form.channels or real.shape[-1]
    if form == Form() or (*size, channels) == real.shape[1:]:
        return real
    if real.ndim != 4 or real.dtype != np.uint8:
        raise ValueError(
            "image_size and channels apply to uint8 images (N, H, W, C) alone. "
            f"Received: {real.dtype} of shape {real.shape}."
        )
    return np.stack([to_array(from_array(x), size, channels) for x in real])


def from_array(pixels: np.ndarray) -> Image.Image:
    """Returns the Pillow image of uint8 or uint16 `(H, W, C)`."""
    if pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    elif pixels.dtype == np.uint16:
        pixels = (pixels // 257).astype(np.uint8)
    return Image.fromarray(pixels)
