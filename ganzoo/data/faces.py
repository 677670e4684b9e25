"""`faces`: small coloured faces, drawn by rule from attributes that are known.

A face is a drawing on a grid of 16x16 cells, shown at any multiple of it. Its
attributes are independent, of known probability, and always visible: the hair's colour
shows in the brows of a bald face, the eyes show through dark glasses. So each of the
`COUNT` faces has a picture of its own, and `read_attributes` finds them in it.

There are two styles: `flat` is in colour, `ink` is the same face as a drawing in black
ink and grey wash on paper, which shows the shapes (`SHAPES`) but no colours.

    >>> face = encode(mouth="smiling", hair="bald", glasses="dark", hat="red cap")
    >>> caption(face, ["mouth", "hair", "glasses", "hat"])
    'a smiling bald face with dark glasses and a red cap'
    >>> draw(face, size=64).shape
    (64, 64, 3)
"""

from collections.abc import Collection
from functools import cache
from itertools import product

import numpy as np

from ganzoo.data.dataset import Data, check_finite
from ganzoo.data.face_drawings import BASE, CELLS, COLOURS, DRAWINGS, INK, PAINTS, PAPER
from ganzoo.data.images import Form, reshape_images
from ganzoo.data.reading import Reading
from ganzoo.utils.options import check_known
from ganzoo.utils.tokenizer import Tokenizer, vocabulary, words

STYLES = ("flat", "ink")
SIDE = 32
LABEL = "glasses"
SPLITS = {"train": 20_000, "test": 5_000}
BATCH = 128  # images read at once, which bounds the memory

SHAPES = {
    "hair": {
        "bald": 0.1,
        "short": 0.2,
        "spiky": 0.15,
        "curly": 0.15,
        "bobbed": 0.15,
        "long": 0.15,
        "pigtailed": 0.1,
    },
    "brows": {"straight": 0.4, "raised": 0.35, "stern": 0.25},
    "mouth": {"smiling": 0.5, "neutral": 0.25, "sad": 0.25},
    "glasses": {"none": 0.4, "round": 0.2, "square": 0.2, "dark": 0.2},
    "beard": {"none": 0.6, "moustache": 0.15, "goatee": 0.1, "full beard": 0.15},
    "hat": {
        "none": 0.46,
        "red cap": 0.09,
        "azure cap": 0.09,
        "lime beanie": 0.09,
        "amber beanie": 0.09,
        "top hat": 0.09,
        "crown": 0.09,
    },
    "earrings": {"none": 0.6, "golden": 0.2, "turquoise": 0.2},
}
"""The attributes that are shapes -> value -> probability."""

ATTRIBUTES = {
    name: dict.fromkeys(colours, 1 / len(colours)) for name, colours in COLOURS.items()
} | SHAPES
"""Attribute -> value -> probability, in the order of the columns of attribute arrays.

Those that are colours come first; their values are equally likely."""

COUNT = int(np.prod([len(values) for values in ATTRIBUTES.values()]))
"""Number of faces, each with its own picture: 91,445,760."""

_COLUMNS = {name: column for column, name in enumerate(ATTRIBUTES)}
_NOUNS = ("hair", "brows", "glasses", "earrings")

TAGS = {
    (f"{value} {name}" if name in _NOUNS else value): (_COLUMNS[name], place)
    for name, values in SHAPES.items()
    for place, value in enumerate(values)
    if value != "none"
}
"""Tag, such as "dark glasses" -> column of its attribute, and its value there.

A face that has none of an attribute's tags, such as no glasses, has its value "none".
"""

_FIXED = len(ATTRIBUTES)  # the column of paints that no attribute colours
_NUMBERS = {paint: number for number, paint in enumerate(PAINTS, start=1)}


def _numbers(drawings):
    return np.array([[_NUMBERS.get(paint, 0) for paint in x] for x in drawings], "u1")


# Attribute -> numbers of the paints of its drawings (values, 256), 0 for none.
_LAYERS = {
    name: _numbers(drawings[value] for value in SHAPES[name])
    for name, drawings in DRAWINGS.items()
}
_BASE = _numbers([BASE])[0]


def _mixed(colour, other, share):
    colour, other = np.array(colour, float), np.array(other, float)
    return np.rint(colour + share * (other - colour))


def _palette():
    """The colours (n, 3), and by the number of a paint its first row and its column.

    A paint whose colour an attribute gives has one row for each value.
    """
    rows, first, column = [], [0], [_FIXED]
    for source, other, share, _ in PAINTS.values():
        first.append(len(rows))
        column.append(_COLUMNS.get(source, _FIXED))
        sources = COLOURS[source].values() if source in COLOURS else [source]
        rows += [_mixed(colour, other, share) for colour in sources]
    return np.array(rows, "u1"), np.array(first), np.array(column)


_COLOURS, _FIRST, _SOURCE = _palette()
_TONES = np.array(
    [PAPER] + [_mixed(PAPER, INK, tone) for *_, tone in PAINTS.values()], "u1"
)


def sample_attributes(seed: int | np.random.Generator, n: int) -> np.ndarray:
    """Attributes of n random faces, int32 (n, 12).

    Face i of a seed is always the same, however many are asked for. Seed 0 gives the
    faces of the training split, seed 1 those of the test split.
    """
    chance = np.random.default_rng(seed).random((n, len(ATTRIBUTES)))
    bounds = [np.cumsum([*values.values()])[:-1] for values in ATTRIBUTES.values()]
    columns = [
        np.searchsorted(bound, x, side="right")
        for bound, x in zip(bounds, chance.T, strict=True)
    ]
    return np.stack(columns, axis=1).astype(np.int32)


def encode(**values: str) -> np.ndarray:
    """The attributes of a face, int32 (12,), from names of values.

    An attribute that is not named has its most likely value, the first in a tie.

    Raises:
        ValueError: unknown attributes or values, with the nearest name.
    """
    check_known("attribute", values, ATTRIBUTES)
    for name, value in values.items():
        check_known(name, [value], ATTRIBUTES[name])
    chosen = {name: max(p, key=p.get) for name, p in ATTRIBUTES.items()} | values
    return np.array(
        [[*ATTRIBUTES[name]].index(value) for name, value in chosen.items()], np.int32
    )


def decode(face: np.ndarray) -> dict[str, str]:
    """Attribute -> value of one face (12,): the inverse of `encode`."""
    (face,) = _checked([face])
    return {
        name: [*values][value]
        for (name, values), value in zip(ATTRIBUTES.items(), face, strict=True)
    }


def draw(
    attributes: np.ndarray, style: str = "flat", *, size: int = CELLS
) -> np.ndarray:
    """Pictures of faces, uint8 (..., size, size, 3).

    Args:
        attributes: whole numbers (..., 12), see `ATTRIBUTES`.
        style: "flat" or "ink".
        size: side in pixels, a multiple of 16; a cell is a square of equal pixels.

    Raises:
        ValueError: invalid attributes, style or size.
    """
    check_known("style", [style], STYLES)
    if not isinstance(size, int) or size < CELLS or size % CELLS:
        raise ValueError(
            f"`size` must be a multiple of {CELLS}, such as 16, 32 or 64. "
            f"Received: {size!r}."
        )
    attributes = _checked(attributes, style)
    cells = _render(attributes.reshape(-1, len(ATTRIBUTES)), style)
    cells = cells.reshape(*attributes.shape[:-1], CELLS, CELLS, 3)
    return cells.repeat(size // CELLS, axis=-3).repeat(size // CELLS, axis=-2)


def _render(attributes, style, cells=slice(None)):
    """Colours uint8 (n, cells, 3) of some of the 256 cells of faces (n, 12)."""
    paints = np.broadcast_to(_BASE[cells], (len(attributes), len(_BASE[cells])))
    for name, drawings in _LAYERS.items():
        above = drawings[:, cells][attributes[:, _COLUMNS[name]]]
        paints = np.where(above, above, paints)
    if style == "ink":
        return _TONES[paints]
    values = np.pad(attributes, ((0, 0), (0, 1)))  # 0 where no attribute colours
    return _COLOURS[
        _FIRST[paints] + np.take_along_axis(values, _SOURCE[paints], axis=1)
    ]


def touched_cells(style: str = "flat") -> np.ndarray:
    """Cells that each attribute may change, bool (12, 256).

    Colours share cells with the shapes that have them. Where shapes share cells, one
    hides the other; from the lowest: beard, mouth, hair, glasses, brows, hat, earrings.
    """
    touched = np.zeros((len(ATTRIBUTES) + 1, CELLS**2), bool)
    uncovered = np.ones(CELLS**2, bool)
    layers = [("", _BASE[np.newaxis]), *_LAYERS.items()]
    for name, drawings in reversed(layers):
        visible = (drawings > 0) & uncovered
        touched[_COLUMNS.get(name, _FIXED)] |= visible.any(axis=0)
        for column in range(_FIXED if style == "flat" else 0):
            touched[column] |= (visible & (_SOURCE[drawings] == column)).any(axis=0)
        uncovered &= (drawings == 0).any(axis=0)
    return touched[:-1]


# Attributes that are read together, each after those that its colours depend on.
BLOCKS = (
    ("background",),
    ("clothes",),
    ("skin",),
    ("hair_colour", "brows"),
    ("eyes", "glasses"),
    ("mouth", "beard"),
    ("hair", "hat"),
    ("earrings",),
)


@cache
def _plan(style):
    """Columns to read, one after another, with their possible values and their cells.

    First every block, from the cells that depend on nothing else that is not yet read;
    then each attribute alone, from all cells that it touches.
    """
    names = [name for name in ATTRIBUTES if style == "flat" or name in SHAPES]
    touched = touched_cells(style)
    blocks = [[name for name in block if name in names] for block in BLOCKS]
    unread, steps = set(names), []
    for block in filter(None, blocks):
        unread -= {*block}
        steps.append((block, ~touched[[_COLUMNS[name] for name in unread]].any(axis=0)))
    steps += [([name], np.True_) for name in names]
    plan = []
    for block, clear in steps:
        columns = [_COLUMNS[name] for name in block]
        values = [*product(*(range(len(ATTRIBUTES[name])) for name in block))]
        cells = np.flatnonzero(touched[columns].any(axis=0) & clear)
        plan.append((columns, np.array(values), cells))
    return plan


def read_attributes(
    images: np.ndarray,
    style: str = "flat",
    *,
    value_range: tuple[float, float] | None = None,
) -> np.ndarray:
    """The attributes of the faces on images, int32 (n, 12), by the nearest rendering.

    A few attributes at a time, see `BLOCKS`, take the values whose drawing is nearest
    in the cells that they touch (squared error of the means of cells). It is exact on
    what `draw` returns. With Gaussian noise of this std (in 0..255) on each pixel, this
    share of 20,000 faces had any attribute misread, most often brows, eyes and hair
    colour, none of them in more than 1.2% of the faces:

        std                 16      32      64
        flat, 32 pixels      0   0.06%    2.9%
        flat, 64 pixels      0       0   0.06%
        ink, 32 pixels       0       0  0.005%

    Args:
        images: (n, side, side, 3) whose side is a multiple of 16.
        style: in "ink" the colours cannot be seen, and are -1.
        value_range: (black, white) of images that are not uint8.

    Raises:
        ValueError: images of another shape, NaN, or floats without a range.
    """
    check_known("style", [style], STYLES)
    cells = _cell_means(np.asarray(images), value_range)
    starts = range(0, len(cells), BATCH)
    return np.concatenate([_nearest(cells[i : i + BATCH], style) for i in starts])


def _nearest(cells, style):
    attributes = np.zeros((len(cells), len(ATTRIBUTES)), np.int32)
    for columns, values, where in _plan(style):
        tried = np.repeat(attributes[:, np.newaxis], len(values), axis=1)
        tried[:, :, columns] = values
        pictures = _render(tried.reshape(-1, len(ATTRIBUTES)), style, where)
        pictures = pictures.reshape(*tried.shape[:2], -1)
        targets = cells[:, where].reshape(len(cells), 1, -1)
        error = np.square(pictures - targets).sum(axis=-1)
        attributes[:, columns] = values[error.argmin(axis=1)]
    if style == "ink":
        attributes[:, : len(COLOURS)] = -1
    return attributes


def _cell_means(images, value_range):
    """Mean colours (n, 256, 3), float32 in 0..255, of the cells of images."""
    shape = images.shape
    square = len(shape) == 4 and shape[1] == shape[2] and shape[3] == 3
    if not square or shape[1] % CELLS or images.size == 0:
        raise ValueError(
            "Faces are images (n, side, side, 3) whose side is a multiple of "
            f"{CELLS}, with at least one image. Received shape: {shape}."
        )
    low, high = (0, 255) if images.dtype == np.uint8 else value_range or (0, 0)
    if low >= high:
        raise ValueError(
            "Images that are not uint8 need `value_range`, their black and white, "
            f"such as (-1, 1). Received: {images.dtype} and {value_range}."
        )
    check_finite(images, "images of faces")
    pixels = shape[1] // CELLS
    parts = images.reshape(-1, CELLS, pixels, CELLS, pixels, 3)
    means = parts.mean(axis=(2, 4), dtype=np.float32).reshape(-1, CELLS**2, 3)
    return (means - low) * np.float32(255 / (high - low))


def _checked(attributes, style="flat"):
    """Attributes as an array; 0 for attributes that the style does not show."""
    array = np.array(attributes)
    if array.dtype.kind not in "iu" or array.shape[-1:] != (len(ATTRIBUTES),):
        raise ValueError(
            f"Attributes of faces are whole numbers (..., {len(ATTRIBUTES)}): "
            f"{', '.join(ATTRIBUTES)}. Received: {array.dtype} of shape {array.shape}."
        )
    if style == "ink":
        array[..., : len(COLOURS)] = 0
    for name, column in _COLUMNS.items():
        values, top = array[..., column], len(ATTRIBUTES[name]) - 1
        wrong = values[(values < 0) | (values > top)]
        if wrong.size:
            raise ValueError(
                f"Unknown value of {name!r}. Allowed: 0 to {top}, for "
                f"{', '.join(ATTRIBUTES[name])}. Received: {wrong[0]}."
            )
    return array


def caption(face: np.ndarray, mentioned: Collection[str] = tuple(ATTRIBUTES)) -> str:
    """Describes a face (12,) in words that each belong to one attribute.

    "a smiling tan-skinned face with long ginger hair, raised brows, blue eyes, round
    glasses and golden earrings, in navy clothes on mint"; what is absent, such as
    glasses, is not mentioned.

    Args:
        face: whole numbers, see `ATTRIBUTES`.
        mentioned: names of the attributes to mention.

    Raises:
        ValueError: unknown attributes, or an invalid face.
    """
    check_known("attribute", mentioned, ATTRIBUTES)
    value = dict.fromkeys(ATTRIBUTES, "")
    value |= {n: x for n, x in decode(face).items() if n in mentioned and x != "none"}
    bald = "bald" if value["hair"] == "bald" else ""
    skin = value["skin"] and f"{value['skin']}-skinned"
    text = _article(_joined(value["mouth"], bald, skin, "face"))
    *others, last = [x for x in _features(value, bald) if x] or [""]
    if last:
        text += f" with {', '.join(others)} and {last}" if others else f" with {last}"
    if value["clothes"]:
        text += f", in {value['clothes']} clothes"
    return text + (value["background"] and f" on {value['background']}")


def _features(value, bald):
    """Phrases for what a face has, "" for what it lacks."""
    colour = value["hair_colour"]
    return [
        "" if bald else _described("hair", value["hair"], colour),
        _described("brows", value["brows"], colour if bald else ""),
        _described("eyes", value["eyes"]),
        _described("glasses", value["glasses"]),
        _article(value["beard"]),
        _described("earrings", value["earrings"]),
        _article(value["hat"]),
    ]


def _described(noun, *adjectives):
    return _joined(*adjectives, noun) if any(adjectives) else ""


def _joined(*words):
    return " ".join(filter(None, words))


def _article(noun):
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}" if noun else ""


def attributes(split: str = "train") -> np.ndarray:
    """Attributes of the faces of `load_data("faces", split=split)`, int32 (n, 12).

    Args:
        split: "train" (20,000 faces), "test" (5,000, none of which is in "train") or
            "all". The sets `faces_ink` and `faces_captions` have the same faces.

    Raises:
        ValueError: unknown split.
    """
    check_known("split of faces", [split], [*SPLITS, "all"])
    train = sample_attributes(0, SPLITS["train"])
    if split == "train":
        return train
    more = sample_attributes(1, SPLITS["test"] * 2)
    test = more[~np.isin(_codes(more), _codes(train))][: SPLITS["test"]]
    return test if split == "test" else np.concatenate([train, test])


def _codes(faces):
    """One number a face."""
    sizes = [len(values) for values in ATTRIBUTES.values()]
    return np.ravel_multi_index(faces.T, sizes)


def load_faces(name: str, reading: Reading) -> Data:
    """One of the `SETS`: square images, 32 pixels wide by default.

    Raises:
        ValueError: a size that is not a multiple of 16.
    """
    form = reading.form
    height, width = form.size or (SIDE, SIDE)
    if height != width or height % CELLS:
        raise ValueError(
            f"{name} has square images whose side is a multiple of {CELLS}, such as "
            f"16, 32 or 64. Received: image_size={(height, width)}."
        )
    style, labelled = SETS[name]
    faces = attributes(reading.split)
    real = reshape_images(draw(faces, style, size=height), Form(channels=form.channels))
    arrays, class_names, words_known = labelled(faces)
    return Data(name, {"real": real, **arrays}, class_names, vocabulary=words_known)


def _with_glasses(faces):
    names = ("no" if value == "none" else value for value in ATTRIBUTES[LABEL])
    label = {"label": faces[:, _COLUMNS[LABEL]]}
    return label, tuple(f"{name} {LABEL}" for name in names), ()


def _with_captions(faces):
    """Also captions as numbers (n, T), and the vocabulary of the training split."""
    label, class_names, _ = _with_glasses(faces)
    known = [caption(face) for face in attributes("train")]
    reader = Tokenizer(vocabulary(known), max(len(words(text)) for text in known))
    tokens, _ = reader.encode([caption(face) for face in faces])
    return {**label, "caption": tokens}, class_names, reader.vocabulary


def _with_tags(faces):
    return {"label": tags(faces)}, tuple(TAGS), ()


SETS = {
    "faces": ("flat", _with_glasses),
    "faces_ink": ("ink", _with_glasses),
    "faces_captions": ("flat", _with_captions),
    "faces_tags": ("flat", _with_tags),
}
"""Set -> style, and function of attributes to labels, class names and vocabulary.

A label is the kind of glasses or, in `faces_tags`, all `TAGS` of a face."""


def tags(faces: np.ndarray) -> np.ndarray:
    """The `TAGS` of faces (n, 12): uint8 (n, 27), 1 for each that a face has."""
    columns = [faces[:, column] == value for column, value in TAGS.values()]
    return np.stack(columns, axis=1).astype(np.uint8)


def inked(images: np.ndarray) -> np.ndarray:
    """The ink drawings of flat faces, uint8 images (n, side, side, 3), of that size.

    Raises:
        ValueError: images that are not faces.
    """
    return draw(_drawn(images), "ink", size=images.shape[1])


def glasses_off_on(images: np.ndarray, rng: np.random.Generator) -> tuple:
    """Flat faces without glasses, and the same faces with glasses.

    Args:
        images: as for `inked`.
        rng: draws the glasses of faces that have none, at the probabilities of the
            kinds.

    Returns:
        Two arrays like `images`.

    Raises:
        ValueError: images that are not faces.
    """
    column = _COLUMNS[LABEL]
    faces, shown = _drawn(images), np.array([*SHAPES[LABEL].values()])[1:]
    bare, worn = faces.copy(), faces.copy()
    bare[:, column] = 0
    drawn = rng.choice(np.arange(1, 1 + len(shown)), len(faces), p=shown / shown.sum())
    worn[:, column] = np.where(faces[:, column] > 0, faces[:, column], drawn)
    return tuple(draw(x, size=images.shape[1]) for x in (bare, worn))


def _drawn(images):
    """The attributes of images, which must be flat faces to the pixel."""
    faces = read_attributes(images)
    if (draw(faces, size=images.shape[1]) != images).any():
        raise ValueError(
            "Only images of `faces`, unchanged, can be drawn again. Received: other "
            f"{images.dtype} images of shape {images.shape}."
        )
    return faces
