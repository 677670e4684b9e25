"""Image folders with captions: `captions.jsonl` describes the images."""

import hashlib
import warnings
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np

from ganzoo.data import listing
from ganzoo.data.dataset import Data, NoSuchSplit
from ganzoo.data.folder import read_images
from ganzoo.data.reading import Reading
from ganzoo.utils import tokenizer, untrusted

FILE = "captions.jsonl"
TEST_SHARE = 5  # one file name in five is held out


def load_captioned(folder: Path, reading: Reading) -> Data:
    """Loads the images that `captions.jsonl` names, in the order of its lines.

    A line is a JSON table with `file`, a path within the folder, `caption`, and
    optionally `category`, which becomes the label. If files lie in `train/` and
    `test/` (or `val/`), these are the splits. Otherwise about a fifth is held out as
    "test": the files whose `file`, as written, has a SHA-256 divisible by 5. The
    vocabulary and the length come from the training captions for every split: other
    words of held-out captions count as no word, and longer captions are cut.

    Args:
        folder: the folder that holds `captions.jsonl`.
        reading: as in `folder.load_folder`.

    Raises:
        ValueError: a line that is not a table or lacks a file or caption, with its
            number; a file that is missing, outside the folder, a link or named twice;
            with `strict`, an image without a line; and what `load_folder` refuses.
    """
    rows = _read(folder)
    files = _with_spare(listing.walk(folder), rows, reading.strict)
    parts = _parts(folder, list(rows))
    known = [row["caption"] for file, row in rows.items() if parts[file] == "train"]
    chosen = [file for file in rows if parts[file] in reading.parts]
    if not known or not chosen:
        raise NoSuchSplit(
            f"No caption of {str(folder)!r} is of the split {reading.split!r}, or none "
            f"is of 'train'. Received: {len(rows)} captions, {len(known)} of 'train'."
        )
    rest = [file for file in rows if parts[file] not in reading.parts]
    entries, others = ([(folder / f,) for f in part] for part in (chosen, rest))
    pictures = read_images(folder, entries, reading, others=others)
    chosen = [rows[chosen[i]] for i in pictures.rows]
    longest = max(len(tokenizer.words(caption)) for caption in known)
    reader = tokenizer.Tokenizer(
        tokenizer.vocabulary(known), min(longest, untrusted.MAX_CAPTION)
    )
    tokens, _ = reader.encode([row["caption"] for row in chosen])
    arrays = {"real": pictures.real, "caption": tokens}
    names = tuple(sorted({row["category"] for row in rows.values()} - {None}))
    if len(names) > 1:
        numbers = {name: i for i, name in enumerate(names)} | {None: -1}
        labels = [numbers[row["category"]] for row in chosen]
        arrays["label"] = np.array(labels, "int32")
    return Data(
        files.name,
        arrays,
        names if len(names) > 1 else (),
        vocabulary=reader.vocabulary,
        account=pictures.account(files, has_others=reading.split == "train"),
    )


def _read(folder: Path) -> dict[str, dict]:
    """Returns the checked rows of the file by the image's path."""
    path = folder / FILE
    if path.is_symlink():
        raise ValueError(f"{path} is a link; put the real file in its place.")
    rows = {}
    for number, line in enumerate(
        untrusted.read_bytes(path, untrusted.MAX_CAPTIONS).splitlines(), start=1
    ):
        where = f"{path}, line {number}"
        if not line.strip():
            continue
        if len(line) > untrusted.MAX_LINE:
            raise ValueError(f"{where} is damaged: it is too long.")
        row = untrusted.parse_json(line, where)
        for name in ("file", "caption"):
            if not isinstance(row.get(name), str) or not row[name].strip():
                raise ValueError(
                    f"{where} needs a {name!r}, a text that is not empty. "
                    f"Received: {row.get(name)!r}."
                )
        if not tokenizer.words(row["caption"]):
            raise ValueError(
                f"{where} needs a word in its 'caption'. Received: {row['caption']!r}."
            )
        if not isinstance(row.get("category"), str | None):
            raise ValueError(
                f"{where} has a 'category' that is no text. "
                f"Received: {row['category']!r}."
            )
        _check_file(folder, row["file"], rows, where)
        rows[row["file"]] = {"caption": row["caption"], "category": row.get("category")}
    if not rows:
        raise ValueError(f"{path} holds no caption; at least one is needed.")
    return rows


def _check_file(folder, file, rows, where):
    pure = PurePosixPath(file)
    if pure.is_absolute() or ".." in pure.parts:
        raise ValueError(f"{where} names a file outside of the folder: {file!r}.")
    if file in rows:
        raise ValueError(f"{where} names a file again; one line each: {file!r}.")
    path = folder / file
    for below in (path, *path.parents[: len(pure.parts) - 1]):
        if below.is_symlink():
            raise ValueError(
                f"{where} names a file that is reached through a link, {str(below)!r}; "
                f"put the real one in its place. Received: {file!r}."
            )
    if not path.is_file():
        raise ValueError(f"{where} names a file that is not there: {file!r}.")


def _with_spare(files: listing.Listing, rows, strict) -> listing.Listing:
    """Leaves out the images without a caption; with `strict`, refuses them."""
    others = {
        kind: left
        for kind, names in files.left_out.items()
        if (left := [name for name in names if name != FILE])
    }
    files = replace(files, left_out=others)
    captioned = {files.folder / file for file in rows}
    spare = [p for p in files.images if p not in captioned]
    if not spare:
        return files
    names = ["/".join(files.parts(path)) for path in spare]
    message = (
        f"{len(spare)} image(s) in {str(files.folder)!r} have no caption: "
        f"{', '.join(names[:5])}"
    )
    if strict:
        raise ValueError(f"{message}. Add lines, or leave them out: strict=False.")
    warnings.warn(f"{message}. They are left out.", stacklevel=4)
    return replace(files, left_out={**files.left_out, "without a caption": names})


def _parts(folder: Path, files: list[str]) -> dict[str, str]:
    """Returns the split of each file: by its first folder, or by a hash of its name."""
    first = {file: PurePosixPath(file).parts[0].lower() for file in files}
    if not {*listing.TRAIN, *listing.TEST} & set(first.values()):
        return {file: "test" if _held_out(file) else "train" for file in files}
    outside = [file for file in files if first[file] not in _SPLITS]
    if outside:
        raise ValueError(
            f"Some images of {str(folder)!r} lie in 'train' or 'test', so that all "
            f"must. Received: {outside[0]!r}."
        )
    return {file: _SPLITS[name] for file, name in first.items()}


_SPLITS = {
    **dict.fromkeys(listing.TRAIN, "train"),
    **dict.fromkeys((*listing.TEST, *listing.VALIDATION), "test"),
}


def _held_out(file: str) -> bool:
    return int(hashlib.sha256(file.encode()).hexdigest(), 16) % TEST_SHARE == 0
