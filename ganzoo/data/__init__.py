"""Data sets as NumPy arrays, and the pipeline that turns them into batches."""

from importlib import import_module
from typing import TYPE_CHECKING

from ganzoo.data.dataset import Data as Data
from ganzoo.data.load import load_data as load_data

if TYPE_CHECKING:
    from ganzoo.data.pipeline import batches as batches
    from ganzoo.data.pipeline import check_arrays as check_arrays
    from ganzoo.data.pipeline import to_arrays as to_arrays

# Names that need TensorFlow are imported when first used.
_PIPELINE = ("batches", "check_arrays", "to_arrays")

__all__ = ["Data", "load_data", *_PIPELINE]


def __getattr__(name: str):
    if name in _PIPELINE:
        return getattr(import_module("ganzoo.data.pipeline"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
