"""Facts of a model, for notebooks."""

import textwrap

import keras

from ganzoo.models.players import parameter_count

MOST = 80  # letters of an option


def of(model) -> list[tuple[str, str]]:
    """Class, parameters of the players, step, and options that are not None."""
    values = {name: getattr(model, name) for name in sorted(model.setting_names())}
    options = {
        name: textwrap.shorten(str(value), MOST, placeholder=" ...")
        for name, value in values.items()
        if not isinstance(value, keras.Model | None)
    }
    return [
        ("class", type(model).__name__),
        ("parameters of G", f"{parameter_count(model.generators):,}"),
        ("parameters of D", f"{parameter_count(model.discriminators):,}"),
        ("step", f"{model.step:,}"),
        *options.items(),
    ]
