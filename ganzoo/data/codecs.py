"""Codecs: what one-hot samples mean, as strings."""

from collections.abc import Mapping

from ganzoo.data.molecules import Molecules
from ganzoo.data.symbols import Codec
from ganzoo.data.text import Text
from ganzoo.utils.options import from_spec

CODECS = {"molecules": Molecules, "text": Text}


def get(spec: str | Mapping | None) -> Codec | None:
    """Returns the codec that a name or table describes; None for None.

    Raises:
        ValueError: an unknown name or option, with the nearest one.
    """
    return None if spec is None else from_spec("codec", spec, CODECS)
