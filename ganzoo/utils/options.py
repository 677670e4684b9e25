"""Checks of options, and pieces named by `"name"` or `{"name": ..., option: value}`."""

import difflib
import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral, Real

MOST_SEED = 2**31 - 1  # a seed is an int32 in compiled functions
SYNONYMS = {
    "lr": "learning_rate",
    "n_critic": "d_steps",
    "epochs": "steps",
    "z_dim": "latent_dim",
    "noise_dim": "latent_dim",
    "gp_weight": "penalties",
    "lambda_gp": "penalties",
    "n_classes": "num_classes",
}
"""Names that other GAN programs give our options and flags, and ours."""


def from_spec(kind: str, spec: str | Mapping, factories: Mapping[str, Callable]):
    """Calls the factory that `spec` names with the options that it holds.

    Raises:
        ValueError: an unknown name or option, with the nearest one, an option that is
            missing, or a spec that is neither a name nor a table.
    """
    options = dict(spec) if isinstance(spec, Mapping) else {"name": spec}
    name = options.pop("name", None)
    if not isinstance(name, str):
        raise ValueError(
            f"A {kind} is a name, or a table with a name and options, such as "
            f'"{next(iter(factories))}" or {{name = "{next(iter(factories))}"}}. '
            f"Received: {spec!r}."
        )
    check_known(kind, [name], factories)
    factory = factories[name]
    check_known(f"option of {kind} {name!r}", options, parameters(factory))
    try:
        inspect.signature(factory).bind(**options)
    except TypeError as error:
        raise ValueError(
            f"The {kind} {name!r} needs a table with all its options: {error}. "
            f"Received: {spec!r}."
        ) from error
    return factory(**options)


def parameters(function: Callable) -> list[str]:
    """Names of the parameters that `function` declares."""
    declared = inspect.signature(function).parameters.values()
    return [p.name for p in declared if p.kind is not p.VAR_KEYWORD]


def check_known(what: str, received: Iterable[str], allowed: Iterable[str]) -> None:
    """Raises `ValueError`, with the nearest name, for what is not allowed."""
    for value in received:
        if value not in allowed:
            hint = did_you_mean(value, allowed)
            listed = f"Allowed: {', '.join(allowed)}." if allowed else "It takes none."
            raise ValueError(f"Unknown {what} {value!r}.{hint} {listed}")


def did_you_mean(name: str, names: Iterable[str], cutoff: float = 0.5) -> str:
    """Asks for the nearest name, in a message; "" if none is near."""
    names, name = list(names), str(name)
    meant = [SYNONYMS[name]] if SYNONYMS.get(name) in names else []
    near = meant or difflib.get_close_matches(name, names, n=1, cutoff=cutoff)
    return f" Did you mean {near[0]!r}?" if near else ""


def check_whole(least: int, **values) -> None:
    """Raises `ValueError` for values that are not whole numbers from `least`."""
    for name, value in values.items():
        if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
            raise ValueError(
                f"`{name}` must be a whole number from {least}. Received: {value!r}."
            )


def check_list(name: str, values) -> None:
    """Raises `ValueError` for one value where several are expected."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ValueError(
            f"`{name}` must be a list, such as [{values!r}]. Received: {values!r}."
        )


def check_flags(**values) -> None:
    """Raises `ValueError` for values that are not True or False."""
    for name, value in values.items():
        if not isinstance(value, bool):
            raise ValueError(f"`{name}` must be True or False. Received: {value!r}.")


def is_number(value) -> bool:
    """True for a finite number, of Python or NumPy; not for True and False."""
    return (
        isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    )


def check_seed(seed) -> None:
    """Raises `ValueError` unless a seed is a whole number from 0 to 2^31 - 1."""
    check_whole(0, seed=seed)
    if seed > MOST_SEED:
        raise ValueError(f"`seed` must be at most {MOST_SEED}. Received: {seed}.")


def span_of(value_range) -> tuple[float, float] | None:
    """Returns a range of values, (low, high); None, or "none", for unbounded.

    Raises:
        ValueError: no range.
    """
    if value_range is None or isinstance(value_range, str) and value_range == "none":
        return None
    try:
        low, high = map(float, value_range)
        if not -math.inf < low < high < math.inf:
            raise ValueError("no range")
    except (TypeError, ValueError) as error:
        raise ValueError(
            "`value_range` must be (low, high), such as (-1, 1) or (0, 1), or none for "
            f"unbounded vectors. Received: {value_range!r}."
        ) from error
    return low, high


def evenly_spread(length: int, count: int) -> list[int]:
    """`count` positions of `length`, from the first to the last."""
    return [i * (length - 1) // max(1, count - 1) for i in range(count)]


def largest_divisor(number: int, limit: int) -> int:
    """The largest divisor of a number up to a limit."""
    return max(d for d in range(1, min(number, limit) + 1) if number % d == 0)


def sides_of(size: int | str | tuple[int, int] | None) -> tuple[int, int] | None:
    """Returns (height, width) of a size: a side, "64x48" (height x width), or a pair.

    Raises:
        ValueError: anything else, or sides below 1.
    """
    sides = size
    if isinstance(size, Integral) and not isinstance(size, bool):
        sides = (size, size)
    elif isinstance(size, str):
        sides = tuple(int(x) if x.isdecimal() else 0 for x in size.split("x"))
        sides *= 3 - len(sides) if len(sides) == 1 else 1
    if sides is None:
        return None
    whole = isinstance(sides, tuple | list) and len(sides) == 2
    if not whole or not all(isinstance(x, Integral) and x >= 1 for x in sides):
        raise ValueError(
            "Unfit image_size; allowed: a positive side, or height and width, 64x48. "
            f"Received: {size}."
        )
    return tuple(sides)
