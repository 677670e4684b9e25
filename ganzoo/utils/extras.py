"""Packages that the extras of ganzoo install, imported where they are needed."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def extra(name: str, need: str, instead: str = "") -> Iterator[None]:
    """Lets an `ImportError` within the block say what is needed, and the remedy."""
    try:
        yield
    except ImportError as error:
        remedy = f"pip install 'ganzoo-keras[{name}]'."
        raise ImportError(f"{need}: {remedy} {instead}".rstrip()) from error
