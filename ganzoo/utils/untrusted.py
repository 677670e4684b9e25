"""Validates untrusted files before they are parsed or memory is allocated.

The limits stand here, and nowhere else. docs/safety.md lists what was tried.
"""

import csv
import datetime
import functools
import io
import json
import lzma
import math
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import numpy as np

from ganzoo.utils.extras import extra

# Pillow chooses the decoder by the content, whatever the name says: without a list, a
# PostScript file called x.png would start Ghostscript.
FORMATS = (
    "AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP"
)  # fmt: skip
TGA = {".icb", ".tga", ".vda", ".vst"}  # the one format that no content tells
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
MAX_PIXELS = 64_000_000  # of an image: about 8000 x 8000
MAX_TEXT = 2**24  # bytes of a config
MAX_LINE = 2**14  # bytes of a line of a log or of captions
MAX_LOG = 2**34  # bytes of a log, which is read line by line
MAX_CAPTIONS = 2**28  # bytes of a captions.jsonl
MAX_COLUMNS = 4096  # of a table
TABLE_RATIO = 8  # bytes of memory for one of a table of text
MAX_MEMBERS = 2**21  # of a zip of images
MAX_RATIO = 200  # of the bytes of a zip of images, unpacked and packed
MAX_DEPTH = 20  # tables within tables of a config; those of .keras files are deeper
MAX_NUMBER = 2**63
MAX_WORDS = 2**16  # of a vocabulary
MAX_WORD = 100  # characters of a word of it
MAX_CAPTION = 256  # words of a caption
MAX_WEIGHTS = 2**29  # bytes of a file of published weights
MAX_OPCODES = 100_000  # of a pickle in it; a tensor has about thirty
MAX_NODES = 100_000  # of a graph of TensorFlow
MAX_NODE = 2**24  # bytes of one; the largest of the network of FID has 8 MB

_NAMES = ("metadata.json", "config.json", "model.weights.h5")
_MODULES = {
    "keras",
    "keras.activations",
    "keras.constraints",
    "keras.initializers",
    "keras.layers",
    "keras.optimizers",
    "keras.optimizers.schedules",
    "keras.regularizers",
    "keras.src.models.functional",
    "keras.src.models.sequential",
}
_OPERATIONS = "keras.src.ops."
# Layers that run code or files that the model names.
CODE_LAYERS = {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"}
_VALUES = {"__keras_tensor__", "__slice__", "__ellipsis__", "__tuple__", "__numpy__"}


# --- text -------------------------------------------------------------------------


def read_bytes(path, limit: int) -> bytes:
    """The bytes of a regular file of at most `limit` bytes.

    Raises:
        ValueError: a pipe, a device or a folder, or too large.
        OSError: it is not there or not readable.
    """
    with open_bytes(path, limit) as file:
        return file.read(os.fstat(file.fileno()).st_size)


@contextmanager
def open_bytes(path, limit: int) -> Iterator[BinaryIO]:
    """Opens a file to read; errors as in `read_bytes`."""
    path = Path(path)
    size = path.stat().st_size
    if not path.is_file():  # a pipe would be waited for, a device has no end
        raise ValueError(f"{path} is no regular file.")
    if size > limit:
        raise ValueError(f"{path} has more than the {limit} bytes allowed.")
    with open(path, "rb") as file:
        yield file


def read_lines(path) -> list[str]:
    """The lines of a file of text in UTF-8, whose size is checked.

    Raises:
        ValueError: no regular file, no UTF-8, or too large for this machine's memory.
        OSError: it is not there or not readable.
    """
    # A mark at its start, as Windows writes, is no text.
    text = read_bytes(path, _memory() // TABLE_RATIO).decode("utf-8-sig")
    # `splitlines` would also end a line at a form feed, or within a paragraph.
    return [line.removesuffix("\n") for line in io.StringIO(text, newline=None)]


def check_fits(size: int, what: str) -> None:
    """Refuses what would take more bytes than this machine's memory has."""
    if size > _memory():
        raise ValueError(f"{what} would take {size} bytes, more than {_memory()}.")


def read_json(path) -> dict:
    """The table in a JSON file; see `parse_json`."""
    return parse_json(read_bytes(path, MAX_TEXT), str(path))


def parse_json(data: bytes, where: str, depth: int = MAX_DEPTH) -> dict:
    """The table that JSON text holds.

    Raises:
        ValueError: it is no JSON table, nested too deep, or holds too large a number.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where} is damaged: {error}.") from error
    if not isinstance(value, dict):
        raise ValueError(f"{where} is damaged: it is no table.")
    check_values(value, where, depth)
    return value


def check_values(value, where: str, depth: int = MAX_DEPTH) -> None:
    """Refuses values nested too deep, whole numbers beyond 64 bits, and dates."""
    level = [value]
    for _ in range(depth):
        for number in level:
            if isinstance(number, int) and not -MAX_NUMBER <= number < MAX_NUMBER:
                raise ValueError(f"{where} holds a number beyond 64 bits.")
            if isinstance(number, datetime.date | datetime.time):
                raise ValueError(f"{where} holds a date or time, {number}.")
        level = [inner for outer in level for inner in _inner(outer)]
        if not level:
            return
    raise ValueError(f"{where} is nested more than {depth} deep.")


def tables(value) -> Iterator[dict]:
    """Every table within a value, itself included."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        waiting.extend(_inner(value))
        if isinstance(value, dict):
            yield value


def _inner(value) -> Iterable:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list | tuple) else ()


# --- folders ----------------------------------------------------------------------


def files_below(root, what: str) -> Iterator[Path]:
    """The files below a folder, which may be a link itself, but holds none.

    So the paths that are checked are those that are used.

    Args:
        what: names the folder in a message.

    Raises:
        ValueError: a link, to a file or a folder.
    """
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder, name)
            if path.is_symlink():
                raise ValueError(
                    f"{what} may hold plain files and folders alone; put the real ones "
                    f"in their place. Received a link: {path}."
                )
        yield from (Path(folder, name) for name in files)


# --- archives ---------------------------------------------------------------------


def read_arrays(file, limit: int | None = None) -> dict[str, np.ndarray]:
    """The arrays of an .npz; sizes are checked before anything is allocated.

    Args:
        file: a path, or a file of bytes.
        limit: bytes of all arrays; by default this machine's memory.

    Raises:
        ValueError: no sound archive of plain arrays: pickled objects, sizes that are
            not those declared, or more than `limit` bytes.
    """
    with _opened(file) as archive:
        return _read_members(archive, members(archive, ".npy"), limit)


@contextmanager
def _opened(file):
    """An open zip; whatever fails with it becomes a `ValueError`."""
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except MemoryError as error:
        raise ValueError("its arrays do not fit into memory") from error
    # Archives fail in as many ways as there are libraries below them.
    except Exception as error:
        raise ValueError(f"{error}" or type(error).__name__) from error


def _read_members(archive, infos, limit=None):
    """The arrays of members by name, at most `limit` bytes."""
    total, limit = sum(info.file_size for info in infos.values()), limit or _memory()
    if total > limit:
        raise ValueError(f"{total} bytes, more than the {limit} allowed")
    return {name: _read_array(archive, info) for name, info in infos.items()}


def members(archive, suffix: str) -> dict[str, zipfile.ZipInfo]:
    """The members of a zip by name without `suffix`; `ValueError` if one is twice."""
    members = {}
    for info in archive.infolist():
        name = info.filename.removesuffix(suffix)
        if name in members:
            raise ValueError(f"it holds {name!r} twice")
        members[name] = info
    return members


def stored_members(archive, size: int, whose: str) -> dict[str, zipfile.ZipInfo]:
    """As `members`, of an archive of `size` bytes in which nothing is compressed."""
    held = members(archive, "")
    if any(member.compress_type != zipfile.ZIP_STORED for member in held.values()):
        raise ValueError(f"it is compressed, which {whose} own files are not")
    if sum(member.file_size for member in held.values()) > size:
        raise ValueError("it declares more bytes than it has")
    return held


def _read_array(archive, info) -> np.ndarray:
    with archive.open(info) as file:
        version = np.lib.format.read_magic(file)
        if version not in _HEADERS:
            raise ValueError(f"{info.filename!r} has an unknown format")
        shape, _, dtype = _HEADERS[version](file)
        if dtype.hasobject:
            raise ValueError(
                f"{info.filename!r} holds pickled objects, which are never loaded "
                "(allow_pickle=False)"
            )
        declared = math.prod(shape) * dtype.itemsize
        if declared != info.file_size - file.tell():
            raise ValueError(
                f"{info.filename!r} declares {declared} bytes and holds "
                f"{info.file_size - file.tell()}"
            )
    with archive.open(info) as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def read_array_file(path, names) -> tuple[dict[str, np.ndarray], list[str]]:
    """The named arrays of an .npz, .npy or HDF5 file, and the names of its others.

    The content decides, whatever the ending. An array alone gets the first name.

    Raises:
        ValueError: as `read_arrays`, or none of the named arrays; in HDF5 also links,
            arrays in other files, and filters that would load a library.
    """
    import h5py

    with open(path, "rb") as file:
        head = file.read(6)
    if head == b"\x93NUMPY":
        return {names[0]: _read_npy(path)}, []
    if h5py.is_hdf5(path):
        return _read_h5(path, names)
    if not head.startswith(b"PK"):
        raise ValueError("a file that begins as none of these")
    with _opened(path) as archive:
        held = members(archive, ".npy")
        keys = _keys_of(names, held, held)
        chosen = {name: held[key] for name, key in keys.items()}
        return _read_members(archive, chosen), _others(keys, held)


def _keys_of(names, held, described) -> dict[str, str]:
    """The keys of the named arrays by name; an array alone has the first name."""
    keys = {name: name for name in names if name in held}
    if not keys and len(held) == 1:
        keys = {names[0]: next(iter(held))}
    if not keys:
        raise ValueError(f"it holds {', '.join(described) or 'no array'}")
    return keys


def _others(keys, held) -> list[str]:
    return [key for key in held if key not in keys.values()]


def _read_npy(path) -> np.ndarray:
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # NumPy fails in many ways on damaged headers
        raise ValueError(f"{error}" or type(error).__name__) from error


def _read_h5(path, names) -> tuple[dict[str, np.ndarray], list[str]]:
    import h5py

    try:
        with h5py.File(path, "r") as stored:
            linked = _links(stored)
            arrays = {
                key: stored[key]
                for key in stored
                if key not in linked and isinstance(stored[key], h5py.Dataset)
            }
            listed = [f"{key} {array.shape}" for key, array in arrays.items()]
            listed += [
                f"{key} (a {'link' if key in linked else 'group'})"
                for key in stored
                if key not in arrays
            ]
            keys = _keys_of(names, arrays, listed)
            found = {name: arrays[key] for name, key in keys.items()}
            for name, array in found.items():
                _check_array(name, array)
            total, limit = sum(array.nbytes for array in found.values()), _memory()
            if total > limit:
                raise ValueError(f"{total} bytes, more than the {limit} allowed")
            size = os.path.getsize(path)
            read = {
                name: _texts(array, size) if array.dtype.hasobject else array[()]
                for name, array in found.items()
            }
            return read, _others(keys, stored)
    except Exception as error:  # HDF5 fails in many ways on damaged files
        raise ValueError(f"{error}" or type(error).__name__) from error


def _texts(array, size) -> np.ndarray:
    """The texts of an array: many may be the same `size` bytes of the file."""
    if not array.size or not array.ndim:
        return array.asstr()[()]
    limit = _memory()
    step = max(1, limit * len(array) // (size * array.size))
    read, total = [], 0
    for begin in range(0, len(array), step):
        read.append(array.asstr()[begin : begin + step])
        total += sum(map(len, read[-1].flat))
        if total > limit:
            raise ValueError(f"texts of {total} bytes, more than the {limit} allowed")
    return np.concatenate(read)


def _links(group) -> list[str]:
    import h5py

    hard = h5py.HardLink
    return [k for k in group if not isinstance(group.get(k, getlink=True), hard)]


def _check_array(name, array) -> None:
    """Refuses an array of HDF5 whose values lie elsewhere or need foreign code."""
    import h5py

    if array.shape is None:
        raise ValueError(f"its array {name!r} holds nothing")
    if array.external or array.is_virtual:
        raise ValueError(f"its array {name!r} lies in another file")
    if array.dtype.hasobject and h5py.check_string_dtype(array.dtype) is None:
        raise ValueError(f"its array {name!r} holds objects, which are never loaded")
    plan = array.id.get_create_plist()
    filters = {plan.get_filter(i)[0] for i in range(plan.get_nfilters())}
    if not filters <= _FILTERS:
        raise ValueError(f"its array {name!r} is compressed by a plug-in")
    _check_written(name, array)


def _check_written(name, array) -> None:
    """Refuses an array with parts that nobody wrote.

    HDF5 fills them from a description in the file, and before 2.2.0 writes past its
    buffer if that lies (CVE-2026-106547).
    """
    import h5py

    written = array.id.get_space_status() == h5py.h5d.SPACE_STATUS_ALLOCATED
    if array.size and not written:
        raise ValueError(f"its array {name!r} has parts that were never written")


_FILTERS = {1, 2, 3, 4, 5, 6, 32000}  # those built into HDF5, and h5py's LZF


def _memory() -> int:
    """This machine's memory in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def unpack(path, target) -> None:
    """Unpacks a zip archive into a new folder.

    A damaged member becomes a file that ends where the damage begins; one packed by
    bzip2 refuses the archive.

    Raises:
        ValueError: no archive, or an encrypted one; members with paths that leave the
            folder, links, more than `MAX_MEMBERS`, or more bytes than the disk has or
            than `MAX_RATIO` times the archive.
    """
    target = Path(target)
    try:
        with zipfile.ZipFile(path) as archive:
            held = members(archive, "")
            if len(held) > MAX_MEMBERS:
                raise ValueError(f"{len(held)} members; {MAX_MEMBERS} are allowed")
            files = [info for info in held.values() if not info.is_dir()]
            for info in files:
                _check_member(info)
            total = sum(info.file_size for info in files)
            most = max(2**26, MAX_RATIO * os.path.getsize(path))
            most = min(most, shutil.disk_usage(target.parent).free)
            if total > most:
                raise ValueError(
                    f"{total} bytes unpacked, more than the {most} allowed"
                )
            target.mkdir()
            for info in files:
                out = target / info.filename
                out.parent.mkdir(parents=True, exist_ok=True)
                with open(out, "xb") as file, suppress(*_DAMAGE):
                    shutil.copyfileobj(archive.open(info), file)
    except Exception as error:  # archives fail in as many ways as there are makers
        raise ValueError(
            f"Cannot unpack {str(path)!r}; allowed: an undamaged zip of images. "
            f"Received: {error or type(error).__name__}"
        ) from error


_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError)


def _check_member(info) -> None:
    name = PurePosixPath(info.filename)
    if name.is_absolute() or ".." in name.parts or set("\\:\0") & set(info.filename):
        raise ValueError(f"a member that leaves the folder, {info.filename!r}")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise ValueError(f"a link, {info.filename!r}")
    if info.flag_bits & 1:
        raise ValueError("an encrypted archive")


_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def check_keras(path) -> None:
    """Refuses a .keras file that is not plainly a model of known layers.

    What it names must be a modelling class of Keras or one that is registered; none
    runs code. Nothing is compressed, and no array declares more than the file holds.

    Raises:
        ValueError: what is wrong with it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = os.path.getsize(path)
            held = stored_members(archive, size, "Keras'")
            if set(held) != set(_NAMES):
                raise ValueError(f"it holds {', '.join(sorted(held)[:9])}")
            config = archive.read("config.json")
            if name := foreign(parse_json(config[: MAX_TEXT + 1], "its config", 200)):
                own = not name.startswith("keras.")
                hint = "; import the module that registers it first, if it is yours"
                raise ValueError(f"it names {name}, which is not allowed{hint * own}")
            _check_h5(io.BytesIO(archive.read("model.weights.h5")), size)
    except FileNotFoundError as error:
        raise ValueError(f"No such file of a model. Received: {path}.") from error
    except Exception as error:
        raise ValueError(f"{path} holds no model of ganzoo: {error}") from error


def foreign(config: dict) -> str | None:
    """Names the first object of a model's config that Keras may not make, if any.

    It is neither a modelling class of Keras nor registered, or it runs code.
    """
    import keras

    for value in tables(config):
        if "class_name" not in value:
            continue
        name, module = value["class_name"], value.get("module")
        function = name == "function"
        # The name that Keras looks up.
        registered = value.get("config" if function else "registered_name")
        text = isinstance(registered, str)
        known = text and keras.saving.get_registered_object(registered)
        if module is None:
            ours = name in _VALUES
        elif module == "builtins":
            ours = function
        else:
            ours = module in _MODULES or str(module).startswith(_OPERATIONS)
        own_kind = str(name).startswith("__")  # Keras looks at the name alone
        if name in CODE_LAYERS or not (ours or known and not own_kind):
            return f"{module}.{name}" if module else name
    return None


def read_weights(data: bytes, where: str) -> dict[str, np.ndarray]:
    """The arrays of a `.weights.h5` of Keras, by their paths within it.

    Raises:
        ValueError: what is wrong with it.
    """
    import h5py

    arrays = {}

    def keep(name, item):
        if isinstance(item, h5py.Dataset):
            arrays[name] = item[()]

    try:
        _check_h5(io.BytesIO(data), len(data))
        with h5py.File(io.BytesIO(data), "r") as stored:
            stored.visititems(keep)
    except Exception as error:  # HDF5 fails in many ways on damaged files
        raise ValueError(f"{where} holds no weights of Keras: {error}") from error
    return arrays


def _check_h5(file: BinaryIO, limit: int) -> None:
    import h5py

    total = 0

    def check(name, item):
        nonlocal total
        if isinstance(item, h5py.Dataset):
            if item.external or item.is_virtual or item.dtype.hasobject:
                raise ValueError(f"its array {name!r} lies in another file")
            total += item.nbytes
            if total > limit:
                raise ValueError(f"its array {name!r} declares more than the file has")
            _check_written(name, item)
        else:
            if links := _links(item):
                raise ValueError(f"its weights hold a link, {links[0]!r}")

    with h5py.File(file, "r") as stored:
        check("/", stored)
        stored.visititems(check)


# --- tables -----------------------------------------------------------------------

NEED_OF_TABLES = "Tables need pandas, and Parquet pyarrow"


def header(path, separator: str) -> list[str]:
    """The names in the first line of a table of text, whose size is checked.

    Raises:
        ValueError: no regular file, larger than memory, or too many columns.
        OSError: it is not there or not readable.
    """
    with open_bytes(path, _memory() // TABLE_RATIO) as file:
        text = io.TextIOWrapper(file, "utf-8-sig", newline="")
        try:
            names = next(csv.reader(text, delimiter=separator), [])
        except csv.Error as error:
            raise ValueError(f"its first line is damaged: {error}.") from error
    _check_columns(names)
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        raise ValueError(
            f"its columns must be separated by {separator!r}. Received: {names[0]!r}."
        )
    return names


def read_parquet(path):
    """A pandas frame of a Parquet file of plain columns.

    Raises:
        ValueError: damaged, larger than memory, too many columns, or types other than
            numbers, texts, true and false and categories.
        ImportError: pyarrow is not installed.
        OSError: it is not there or not readable.
    """
    parquet_package()
    import pyarrow
    from pyarrow import parquet, types

    plain = (
        *(types.is_integer, types.is_floating, types.is_boolean, types.is_null),
        *(types.is_string, types.is_large_string, types.is_dictionary),
        *(types.is_temporal, types.is_decimal),  # which a message of ours refuses
    )
    with open_bytes(path, _memory()) as file:
        try:
            stored = parquet.ParquetFile(file)
            schema, about = stored.schema_arrow, stored.metadata
            _check_columns(schema.names)
            groups = map(about.row_group, range(about.num_row_groups))
            sizes = [group.total_byte_size for group in groups]
            needed = max(sum(sizes), 8 * about.num_rows * len(schema.names))
            if min(sizes, default=0) < 0 or needed > _memory():
                raise ValueError(f"{needed} bytes, more than the {_memory()} allowed.")
            for field in schema:
                if not any(is_kind(field.type) for is_kind in plain):
                    raise ValueError(f"column {field.name!r} holds {field.type}.")
            _check_texts(file, schema)
            # The metadata of pandas would name types, and set an index.
            return stored.read().to_pandas(ignore_metadata=True)
        except (pyarrow.ArrowException, OverflowError) as error:
            raise ValueError(f"it is damaged: {error}.") from error


def _check_texts(file, schema) -> None:
    """Refuses texts that are larger than memory: in the file each may stand once."""
    from pyarrow import compute, parquet, types

    names = [
        field.name
        for field in schema
        if types.is_string(field.type) or types.is_large_string(field.type)
    ]
    if not names:
        return
    coded = parquet.ParquetFile(file, read_dictionary=names).read(columns=names)
    total = 0
    for column in coded.columns:
        for part in column.chunks:
            sizes = compute.binary_length(part.dictionary)
            total += compute.sum(sizes.take(part.indices)).as_py() or 0
    check_fits(total, "its texts")


def parquet_package() -> None:
    """Raises `ImportError`, with the remedy, where pyarrow is not installed."""
    with extra("tables", NEED_OF_TABLES):
        import pyarrow.parquet  # noqa: F401


def _check_columns(names):
    if not 0 < len(names) <= MAX_COLUMNS:
        raise ValueError(f"{len(names)} columns; 1 to {MAX_COLUMNS} are allowed.")


# --- images -----------------------------------------------------------------------


class NeedsHeif(ValueError):
    """An image in HEIC, without the package that reads it."""


@functools.cache
def heif_formats() -> tuple[str, ...]:
    """The format of HEIC images, if pillow-heif (the extra `heic`) is installed."""
    try:
        import pillow_heif
    except ImportError:
        return ()
    pillow_heif.register_heif_opener()
    return ("HEIF",)


def begins_as_image(head: bytes) -> bool:
    """True if the first bytes are those of one of `FORMATS`, or of HEIC."""
    from PIL import Image

    Image.init()
    begins = (Image.OPEN[name][1] for name in FORMATS)
    return _is_heic(head) or any(accept(head) for accept in begins if accept)


def _is_heic(head):
    return head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS


@contextmanager
def open_image(path) -> Iterator:
    """A Pillow image of one of `FORMATS`, at most `MAX_PIXELS`, not decoded yet.

    The content decides, whatever the ending; a Targa image needs its ending.

    Raises:
        ValueError: no regular file, or more pixels; `NeedsHeif` for HEIC without the
            package that reads it.
        OSError: no image of these formats.
    """
    import warnings

    from PIL import Image, UnidentifiedImageError

    path = Path(path)
    if not path.is_file():
        raise ValueError("no regular file")
    targa = ("TGA",) if path.suffix.lower() in TGA else ()
    with warnings.catch_warnings():
        # Pillow only warns up to twice its own limit; ours is below it and final.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            image = Image.open(path, formats=FORMATS + heif_formats() + targa)
        except UnidentifiedImageError:
            with open(path, "rb") as file:
                if _is_heic(file.read(32)):
                    raise NeedsHeif("HEIC, which needs pillow-heif") from None
            raise
        except Image.DecompressionBombError as error:
            raise ValueError(f"{error}") from error
        with image:
            pixels = image.width * image.height
            if pixels > MAX_PIXELS:
                raise ValueError(f"{pixels} pixels, more than the {MAX_PIXELS} allowed")
            yield image
