"""Reads the tensors of a file that torch wrote, without torch and without unpickling.

`torch.save` wraps its arrays in a pickle, which may call anything. Here no pickle is
loaded: the opcodes of a table of tensors are interpreted one by one, and any other
opcode or name refuses the file. Nothing is called, nothing is imported, and the arrays
are views of the file's bytes, so no size that a file declares is ever allocated.
"""

import io
import math
import pickletools
import zipfile
from typing import NamedTuple

import numpy as np

from ganzoo.utils import untrusted

_TYPES = {
    "Float": "<f4",
    "Double": "<f8",
    "Half": "<f2",
    "Long": "<i8",
    "Int": "<i4",
    "Short": "<i2",
    "Char": "<i1",
    "Byte": "<u1",
    "Bool": "?",
}
_TABLE, _TENSOR = "collections OrderedDict", "torch._utils _rebuild_tensor_v2"
_NAMES = {_TABLE, _TENSOR, *(f"torch {name}Storage" for name in _TYPES)}
_MAGIC = 0x1950A86A20F9469CFC6C  # opens the format of torch before 1.6
_VALUES = {"BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE"}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}


class _Name(NamedTuple):
    name: str  # stands for what a pickle would import


class _Storage(NamedTuple):
    key: str
    dtype: np.dtype
    count: int


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]  # in numbers


def parse_tensors(data: bytes, where: str) -> dict[str, np.ndarray]:
    """The arrays of a state_dict, by name: torch's zip format, or the older one.

    Raises:
        ValueError: anything but a table of plain tensors; other names or opcodes,
            compressed or missing storages, sizes beyond the file's.
    """
    try:
        reader = _read_zip if data.startswith(b"PK") else _read_old
        table, storages = reader(data)
        if type(table) is not dict:
            raise ValueError("it is no table")
        return {name: _array(name, table[name], storages) for name in table}
    # Damaged bytes fail in as many ways as there are opcodes.
    except Exception as error:
        reason = f"{error}" or type(error).__name__
        raise ValueError(
            f"{where} holds no plain tensors of torch: {reason}"
        ) from error


def _read_zip(data: bytes):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = untrusted.stored_members(archive, len(data), "torch's")
        (root,) = (name[:-8] for name in members if name.endswith("data.pkl"))
        contents = {name.removeprefix(root): archive.read(name) for name in members}
    if contents.get("byteorder", b"little") != b"little":
        raise ValueError("its numbers are big-endian")
    table = _interpret(io.BytesIO(contents["data.pkl"]))
    return table, {k.removeprefix("data/"): v for k, v in contents.items()}


def _read_old(data: bytes):
    file = io.BytesIO(data)
    magic, version, system, table, keys = (_interpret(file) for _ in range(5))
    if magic != _MAGIC or version != 1001 or system["little_endian"] is not True:
        raise ValueError("it is of another format")
    sizes = {tensor.storage.key: tensor.storage for tensor in table.values()}
    storages = {}
    for key in keys:
        if type(key) is not str:  # hashing a value may have no end
            raise ValueError("the key of a storage is no text")
        count = int.from_bytes(file.read(8), "little")
        if count != sizes[key].count:
            raise ValueError(f"its storage {key!r:.60} has another size than declared")
        storages[key] = file.read(count * sizes[key].dtype.itemsize)
    return table, storages


def _array(name, tensor, storages) -> np.ndarray:
    if not isinstance(tensor, _Tensor):
        raise ValueError(f"its entry {name!r:.60} is no tensor")
    storage, offset, shape, strides = tensor
    content = storages.get(storage.key)
    if content is None:
        raise ValueError(f"the storage of {name!r:.60} is missing")
    if len(content) != storage.count * storage.dtype.itemsize:
        raise ValueError(f"the storage of {name!r:.60} is cut off")
    last = sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    if math.prod(shape) + offset > storage.count or last + offset >= storage.count:
        raise ValueError(f"{name!r:.60} is larger than its storage")
    numbers = np.frombuffer(content, storage.dtype)[offset:]
    steps = [step * storage.dtype.itemsize for step in strides]
    return np.lib.stride_tricks.as_strided(numbers, shape, steps, writeable=False)


# --- the machine ------------------------------------------------------------------


def _interpret(file):
    """The value of one pickle: tables, lists, texts, whole numbers and tensors."""
    stack, marks, memo = [], [], {}

    def since_mark():
        start = marks.pop()
        items = stack[start:]
        del stack[start:]
        return items

    for count, (opcode, argument, _) in enumerate(pickletools.genops(file)):
        name = opcode.name
        if count > untrusted.MAX_OPCODES:
            raise ValueError("its pickle has too many opcodes")
        if name == "STOP":
            return stack.pop()
        if name == "MARK":
            marks.append(len(stack))
        elif name in _VALUES:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
        elif name in ("EMPTY_TUPLE", "EMPTY_LIST", "EMPTY_DICT"):
            stack.append({"T": (), "L": [], "D": {}}[name[6]])
        elif name == "TUPLE":
            stack.append(tuple(since_mark()))
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
            length = int(name[-1])
            stack[-length:] = [tuple(stack[-length:])]
        elif name == "APPENDS":
            items = since_mark()
            stack[-1].extend(items)
        elif name == "SETITEM":
            key, value = stack.pop(-2), stack.pop()
            _put(stack[-1], [key, value])
        elif name == "SETITEMS":
            items = since_mark()
            _put(stack[-1], items)
        elif name == "GLOBAL":
            if argument not in _NAMES:
                raise ValueError(f"it names {argument!r:.60}, which is not allowed")
            stack.append(_Name(argument))
        elif name == "BINPERSID":
            stack.append(_storage(*stack.pop()))
        elif name == "REDUCE":
            arguments = stack.pop()
            stack.append(_make(stack.pop(), arguments))
        elif name == "BUILD":
            stack.pop()  # attributes of a table: the versions of torch's modules
        elif name != "PROTO":
            raise ValueError(f"its pickle uses {name}, which is not allowed")
    raise ValueError("its pickle has no end")


def _put(table, items):
    for key, value in zip(items[::2], items[1::2], strict=True):
        if type(key) is not str or type(table) is not dict:
            raise ValueError("a key of its table is no text")
        table[key] = value


def _storage(kind, of, key, place, count, view=None) -> _Storage:
    if kind != "storage" or type(key) is not str or view is not None:
        raise ValueError("it refers to something other than a storage")
    dtype = _TYPES[of.name.removeprefix("torch ").removesuffix("Storage")]
    return _Storage(key, np.dtype(dtype), *_sizes(count))


def _make(name, arguments):
    if name == _Name(_TABLE) and not arguments:
        return {}
    if name != _Name(_TENSOR):  # not shown: the text of a value may have no end
        raise ValueError("it calls something other than a tensor")
    storage, offset, shape, strides, *_ = arguments
    if type(storage) is not _Storage:
        raise ValueError("a tensor has no storage")
    return _Tensor(storage, *_sizes(offset), _sizes(*shape), _sizes(*strides))


def _sizes(*numbers) -> tuple[int, ...]:
    if any(type(n) is not int or not 0 <= n < 2**40 for n in numbers):
        raise ValueError("a size is no whole number from 0 to 2^40")
    if len(numbers) > 8:
        raise ValueError("a tensor has more than 8 axes")
    return numbers
