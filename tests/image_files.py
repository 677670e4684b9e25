"""Folders of images of every kind, and a model that copies them."""

import keras
import numpy as np
from keras import layers
from PIL import Image

from ganzoo.data.listing import walk
from ganzoo.models.assemble import assemble
from ganzoo.models.from_image import TranslationModel

RNG = np.random.default_rng(0)


def identical(factor=1, channels=1, multiple=1):
    """A model that answers its source, `factor` times larger; no D."""
    source = x = keras.Input((None, None, channels), name="source")
    x = layers.UpSampling2D(factor)(layers.Conv2D(channels, 1, use_bias=False)(x))
    network = keras.Model({"source": source}, x, name="generator")
    network.set_weights([np.eye(channels)[None, None]])
    return assemble(
        TranslationModel,
        generator=network,
        image_shape=(8 * factor, 8 * factor, channels),
        source_shape=(8, 8, channels),
        multiple=multiple,
        reconstruction={"l1": 2.0, "l2": 3.0},
        value_range=(-1.0, 1.0),
    )


def pixels(*shape):
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def make_folder(folder, count=24):
    """Writes images of every kind; returns what each should be read as, in RGB."""
    kinds = [_rgb, _grey, _alpha, _deep, _turned, _jpeg, _palette]
    wanted = {}
    (folder / "deep" / "er").mkdir(parents=True)
    for i in range(count):
        place = folder / "deep" / "er" if i % 5 == 0 else folder
        height, width = 5 + i % 7, 4 + i % 9
        path, seen = kinds[i % len(kinds)](place / f"{i:03}", height, width)
        wanted[path.relative_to(folder)] = seen
    return wanted


def break_three(folder):
    """Three files that are no images; returns their names."""
    (folder / "empty.png").write_bytes(b"")
    (folder / "text.jpg").write_bytes(b"no image")
    Image.fromarray(pixels(64, 64, 3)).save(folder / "cut.png")
    data = (folder / "cut.png").read_bytes()
    (folder / "cut.png").write_bytes(data[: len(data) // 2])
    return {"empty.png", "text.jpg", "cut.png"}


def _rgb(path, height, width):
    x = pixels(height, width, 3)
    path = path.with_suffix(".PNG")
    Image.fromarray(x).save(path, format="png")
    return path, x


def _grey(path, height, width):
    x = pixels(height, width)
    Image.fromarray(x).save(path.with_suffix(".bmp"))
    return path.with_suffix(".bmp"), np.stack([x] * 3, axis=-1)


def _alpha(path, height, width):
    x = pixels(height, width, 4)
    x[..., 3] = 255 * (x[..., 3] > 127)
    Image.fromarray(x).save(path.with_suffix(".png"))
    return path.with_suffix(".png"), np.where(x[..., 3:], x[..., :3], 255)


def _deep(path, height, width):
    x = pixels(height, width)
    Image.fromarray(x.astype(np.uint16) * 257).save(path.with_suffix(".png"))
    return path.with_suffix(".png"), np.stack([x] * 3, axis=-1)


def _turned(path, height, width):
    x = pixels(height, width, 3)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    Image.fromarray(x).save(path.with_suffix(".png"), exif=exif)
    return path.with_suffix(".png"), np.rot90(x, -1)


def _jpeg(path, height, width):
    Image.fromarray(pixels(height, width, 3)).save(path.with_suffix(".jpg"))
    return path.with_suffix(".jpg"), np.asarray(Image.open(path.with_suffix(".jpg")))


def _palette(path, height, width):
    x = pixels(height, width, 1) // 128 * np.array([255, 0, 10])
    image = Image.fromarray(x.astype(np.uint8)).quantize(2)
    image.save(path.with_suffix(".png"))
    return path.with_suffix(".png"), np.asarray(image.convert("RGB"))


def check_answers(target, wanted):
    """A model that changes nothing wrote what it read, under the same names."""
    assert {path.relative_to(target) for path in walk(target).images} == set(wanted)
    for name, seen in wanted.items():
        with Image.open(target / name) as image:
            assert image.size == seen.shape[1::-1], name
            found = np.asarray(image.convert("RGB")).astype(int)
        lossy = 60 if name.suffix == ".jpg" else 0
        assert abs(found - seen).mean() <= lossy, name
