"""Draws the letters A to J from Debian's fonts: a set that nothing was tuned on.

    apt-get install $(python experiments/letters.py packages)
    python experiments/letters.py draw letters.npz

60,000 grey 28x28 images, 50,000 to train on: each a letter of a random font, turned,
scaled and shifted a little, from a fixed seed.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

LETTERS = "ABCDEFGHIJ"
COUNT, HELD_OUT, SIDE, SCALE = 60_000, 10_000, 28, 4
PACKAGES = """fonts-adf-accanthis fonts-adf-baskervald fonts-adf-berenis
fonts-adf-gillius fonts-adf-ikarius fonts-adf-irianis fonts-adf-libris
fonts-adf-mekanus fonts-adf-romande fonts-adf-switzera fonts-adf-tribun
fonts-adf-universalis fonts-adf-verana fonts-breip fonts-cabin fonts-cantarell
fonts-comfortaa fonts-crosextra-caladea fonts-crosextra-carlito fonts-dejavu-extra
fonts-dosis fonts-dustin fonts-ebgaramond fonts-freefont-ttf fonts-hack
fonts-humor-sans fonts-inconsolata fonts-junicode fonts-jura fonts-karla fonts-lato
fonts-liberation fonts-linuxlibertine fonts-lobster fonts-lobstertwo""".split()
FOLDERS = ("/usr/share/fonts/truetype", "/usr/share/fonts/opentype")
SYMBOLS = ("symbol", "math", "dingbat", "ornament", "initial", "keys", "icon")


def fonts():
    """The font files that draw ten different letters."""
    paths = [p for folder in FOLDERS for p in Path(folder).rglob("*.[ot]tf")]
    named = [p for p in paths if not any(s in p.stem.lower() for s in SYMBOLS)]
    return [path for path in sorted(named) if _is_latin(path)]


def _is_latin(path):
    font = ImageFont.truetype(str(path), 40)
    shapes = {bytes(font.getmask(letter)) for letter in [*LETTERS, "\uffff"]}
    return len(shapes) == len(LETTERS) + 1


def draw(font_path, letter, rng):
    """One letter, white on black, uint8 (28, 28)."""
    side = SIDE * SCALE
    font = ImageFont.truetype(str(font_path), int(side * rng.uniform(0.62, 0.82)))
    left, top, right, bottom = font.getbbox(letter)
    image = Image.new("L", (side, side))
    place = (
        (side - left - right) / 2 + rng.uniform(-1.5, 1.5) * SCALE,
        (side - top - bottom) / 2 + rng.uniform(-1.5, 1.5) * SCALE,
    )
    ImageDraw.Draw(image).text(place, letter, fill=255, font=font)
    image = image.rotate(rng.uniform(-8, 8), Image.Resampling.BILINEAR)
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX))


def main():
    if sys.argv[1:2] == ["packages"]:
        print(*PACKAGES)
        return
    rng = np.random.default_rng(0)
    paths = fonts()
    labels = rng.integers(0, len(LETTERS), COUNT)
    images = np.stack(
        [draw(paths[rng.integers(len(paths))], LETTERS[k], rng) for k in labels]
    )[..., np.newaxis]
    train, test = slice(HELD_OUT, None), slice(HELD_OUT)
    np.savez_compressed(
        sys.argv[2],
        x_train=images[train],
        y_train=labels[train].astype("int32"),
        x_test=images[test],
        y_test=labels[test].astype("int32"),
    )
    print(f"{len(paths)} fonts, {COUNT} letters")


if __name__ == "__main__":
    main()
