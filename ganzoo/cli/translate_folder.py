"""`ganzoo translate`: translates the images of a folder into another folder."""

from dataclasses import dataclass
from pathlib import Path

from ganzoo.data import flood, images, listing
from ganzoo.data.decoded_cache import default_dir
from ganzoo.data.image_files import DAMAGE, read_parts, survey
from ganzoo.models.from_image import TranslationModel
from ganzoo.models.masked import MaskedModel
from ganzoo.utils.files import replacing
from ganzoo.utils.options import sides_of
from ganzoo.utils.progress import Bar

SAVING = {
    **dict.fromkeys((".jpg", ".jpeg", ".jfif", ".jpe"), {"quality": 95}),
    **dict.fromkeys((".bmp", ".gif", ".pgm", ".png", ".ppm", ".tif", ".tiff"), {}),
    ".webp": {"lossless": True},
}
"""Endings that are kept, with options of Pillow; results of others become .png."""
WITH_OPACITY = (".png", ".tif", ".tiff", ".webp")


@dataclass(frozen=True)
class Translated:
    """The outcome of `translate_folder`.

    Attributes:
        count: number of translated images.
        broken: errors of images that could not be read, by path within the folder.
        remarks: how values were read that the files leave open, as of a data set.
    """

    count: int
    broken: dict[Path, str]
    remarks: tuple[str, ...] = ()


def translate_folder(
    model,
    source,
    target,
    *,
    image_size: int | None = None,
    samples: int | None = None,
    seed: int = 0,
    reverse: bool = False,
    water: float | None = None,
    progress: bool = True,
) -> Translated:
    """Translates the images under a folder, one at a time, in bounded memory.

    Images are read as in training: upright, alpha on white, grey values of more than 8
    bits scaled by the range of the whole folder, in the model's channels. Each result
    has the path and the format of its image, with .png added where the format cannot
    hold it; several results of an image are numbered.

    Args:
        model: a `TranslationModel`.
        source: folder of images, read with its subfolders, except for `target`.
        target: another folder, made if needed; files in it are replaced, links too.
        image_size: side for resized and cropped images, as in training; by default
            each image keeps its size.
        samples: translations of each image, for a model with noise: `a.png` becomes
            `a_1.png`, `a_2.png`, ...; by default one, `a.png`.
        seed: seed of the noise.
        reverse: if True, translate in the other direction, if the model has two.
        water: height of a flood, a share of the image's height, for a model that
            changes what a mask marks, see `ganzoo.data.flood.sources`.
        progress: if True, show a bar on a terminal.

    Raises:
        ValueError: a model that does not translate single images, no folder, a folder
            without images, a size or a number of `samples` below 1, several for a model
            without noise, `water` above 1 or for another model, results of two
            images in one place, or a folder for results that is a link within `target`.
        OSError: the disk is full; what was written so far is whole.
    """
    source, target = Path(source), Path(target)
    if not isinstance(model, TranslationModel):
        raise ValueError(
            "`translate` needs a model that makes images from images, such as pix2pix "
            f"or cyclegan. Received: {type(model).__name__}."
        )
    paths = listing.walk(source).images if source.is_dir() else []
    if source.resolve() in target.resolve().parents:
        # Results of an earlier call are no sources.
        paths = [p for p in paths if target.resolve() not in p.resolve().parents]
    if not paths:
        raise ValueError(f"There is no folder {str(source)!r} with images in it.")
    if target.resolve() == source.resolve():
        raise ValueError(
            f"The results would overwrite the images in {str(source)!r}. Choose "
            "another folder for them."
        )
    channels = model.image_shape[-1] if reverse else model.source_shape[-1]
    if water is not None:
        _check_floods(model)
        channels = model.image_shape[-1]
    elif channels not in (1, 3, 4) or isinstance(model, MaskedModel):
        raise ValueError(
            "A folder holds grey, RGB or RGBA images, and the sources of this "
            f"model have {channels} channels, such as a mask or further frames. Stack "
            "them, and use model.translate; or, of a flood, give its height: --water."
        )
    size = sides_of(image_size)
    times = 1 if samples is None else samples
    broken = {}
    of_answers = model.source_shape if reverse else model.image_shape
    places = _places(paths, source, target, samples, of_answers[-1] == 4)
    bits, remarks = survey(paths, channels, default_dir())
    with Bar(len(paths), "images", show=progress, words="translating") as bar:
        for count, path in enumerate(paths, 1):
            name = path.relative_to(source)
            try:
                (image,) = read_parts(path, size, channels, bits=bits)
            except DAMAGE as error:
                broken[name] = str(error) or type(error).__name__
            else:
                x = image[None] if water is None else flood.sources(image[None], water)
                (answers,) = model.translate(
                    x, samples=times, seed=seed, reverse=reverse
                )
                _write(answers, places[path], target)
            bar.to(count)
    return Translated(len(paths) - len(broken), broken, remarks)


def _check_floods(model):
    if not isinstance(model, MaskedModel) or model.source_shape[-1] != 4:
        raise ValueError(
            "`water` is for a model of RGB images that changes what a mask marks, such "
            f"as pix2pix_flood. Received: {type(model).__name__} with sources of "
            f"{model.source_shape[-1]} channels."
        )


def _places(paths, source, target, samples, with_opacity):
    """The places of the results of each image.

    Raises:
        ValueError: results of two images in one place.
    """
    endings = WITH_OPACITY if with_opacity else SAVING
    numbers = [""] if samples is None else [f"_{i + 1}" for i in range(samples)]
    places, owners = {}, {}
    for path in paths:
        name = target / path.relative_to(source)
        ending = "" if name.suffix.lower() in endings else ".png"
        places[path] = [
            name.with_name(f"{name.stem}{number}{name.suffix}{ending}")
            for number in numbers
        ]
        for place in places[path]:
            other = owners.setdefault(place, path)
            if other != path:
                raise ValueError(
                    f"The results of {str(other)!r} and {str(path)!r} would both be "
                    f"{place.name!r}. Rename one of the images."
                )
    return places


def _write(answers, places, target):
    """Writes answers below a folder; each is there whole or not at all."""
    inner = places[0].relative_to(target)
    for below in places[0].parents[: len(inner.parts) - 1]:
        if below.is_symlink():
            raise ValueError(
                f"{str(below)!r} is a link, and nothing is written through links. "
                "Remove it, or choose another folder for the results."
            )
    for pixels, place in zip(answers, places, strict=True):
        with replacing(place) as temporary:
            image = images.from_array(pixels)
            image.save(temporary, **SAVING.get(place.suffix.lower(), {}))
