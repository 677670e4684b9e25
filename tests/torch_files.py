"""Files as torch writes them, made without torch, so that they can be hostile."""

import io
import pickle
import zipfile
from collections import OrderedDict

import numpy as np

from ganzoo.utils import untrusted
from ganzoo.utils.torch_file import parse_tensors


def read_tensors(path):
    """The arrays of a file, read as those of published networks are."""
    return parse_tensors(untrusted.read_bytes(path, untrusted.MAX_WEIGHTS), str(path))


class Name:
    """Pickled as the name of a thing to import, which need not exist."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class Call:
    """Pickled as a call of a named thing."""

    def __init__(self, module, name, *arguments):
        self.name, self.arguments = Name(module, name), arguments


class _Pickler(pickle._Pickler):
    dispatch = dict(pickle._Pickler.dispatch)

    def _save_name(self, value):
        self.write(b"c" + f"{value.module}\n{value.name}\n".encode())

    def _save_call(self, value):
        self.save(value.name)
        self.save(value.arguments)
        self.write(b"R")

    def _save_storage(self, value):
        self.save(value.identity)
        self.write(b"Q")

    dispatch[Name], dispatch[Call] = _save_name, _save_call


class Storage:
    """Pickled as torch refers to numbers that lie elsewhere in the file."""

    def __init__(self, key, count, kind="FloatStorage", place="cpu"):
        self.identity = ("storage", Name("torch", kind), key, place, count)


_Pickler.dispatch[Storage] = _Pickler._save_storage


def pickled(value) -> bytes:
    file = io.BytesIO()
    _Pickler(file, 2).dump(value)
    return file.getvalue()


def tensor(key="0", count=6, offset=0, shape=(2, 3), strides=(3, 1), **storage):
    held = Storage(key, count, **storage)
    arguments = (held, offset, shape, strides, False, OrderedDict())
    return Call("torch._utils", "_rebuild_tensor_v2", *arguments)


def zipped(path, table, storages=None, compression=zipfile.ZIP_STORED, **members):
    """A file in torch's zip format; `table` is pickled unless it is bytes."""
    content = table if isinstance(table, bytes) else pickled(table)
    numbers = {"0": np.arange(6, dtype="<f4").tobytes()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("archive/data.pkl", content)
        for key, data in (numbers if storages is None else storages).items():
            archive.writestr(f"archive/data/{key}", data)
        for name, data in members.items():
            archive.writestr(f"archive/{name}", data)
    return path
