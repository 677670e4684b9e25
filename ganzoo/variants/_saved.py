"""Classes of ganzoo for `keras.models.load_model`, imported when a file names them."""

import re

from ganzoo.utils.source import PACKAGE
from ganzoo.variants._registry import import_variants

_REGISTERED = re.compile(
    r'@keras\.saving\.register_keras_serializable\("ganzoo"\)\n(?:class|def) (\w+)'
)


def names() -> list[str]:
    """Names of all classes that files of ganzoo may hold, read from the source."""
    texts = (path.read_text("utf-8") for path in sorted(PACKAGE.rglob("*.py")))
    return [name for text in texts for name in _REGISTERED.findall(text)]


def announce(keras) -> None:
    """Makes Keras know the classes, without their import.

    Args:
        keras: the module, as it has been imported.
    """
    known = keras.saving.get_custom_objects()
    for name in names():
        known.setdefault(f"ganzoo>{name}", _stand_in(keras, f"ganzoo>{name}"))


def _stand_in(keras, name):
    """A class in place of the real one, which replaces it when it is imported."""

    class StandIn:
        @classmethod
        def from_config(cls, config):
            import_variants()
            # Not get_registered_object: while it loads, Keras has a copy of the table.
            return keras.saving.get_custom_objects()[name].from_config(config)

    return StandIn
