"""Data sets as NumPy arrays, and the pipeline that turns them into batches."""

from importlib import import_module
from typing import TYPE_CHECKING

from ganzoo.data.dataset import Data as Data
from ganzoo.data.load import load_data as load_data
from ganzoo.data.tables import Table as Table

if TYPE_CHECKING:
    from ganzoo.data.batch_spec import BatchSpec as BatchSpec
    from ganzoo.data.door import Door as Door
    from ganzoo.data.pipeline import batches as batches

# Names that need TensorFlow are imported when first used, each from its module.
_LAZY = {"BatchSpec": "batch_spec", "Door": "door", "batches": "pipeline"}

__all__ = ["Data", "Table", "load_data", *_LAZY]


def __getattr__(name: str):
    if name in _LAZY:
        return getattr(import_module(f"ganzoo.data.{_LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
