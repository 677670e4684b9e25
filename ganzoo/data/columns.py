"""Columns of a table: numbers, and categories of few values, as parts of a vector."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from ganzoo.data.label_names import UNLABELLED, in_order, listed

MOST_VALUES = 256  # of a category
FEW_VALUES = 10  # are categories, however few rows there are
MOST_DECIMALS = 6
REMEDY = "change it, or leave it out with drop_columns"
_DTYPE = re.compile(
    r"object|str|string|(ordered )?category|bool|boolean|[uU]?[iI]nt(8|16|32|64)"
    r"|[fF]loat(16|32|64)"
    r"|(bool|u?int(8|16|32|64)|halffloat|float|double|(large_)?string)\[pyarrow\]"
)
_DATE = re.compile(r"(?:\d{4}-\d\d?-\d\d?|\d\d?([/.])\d\d?\1\d{2,4})(?:\D.*)?")
_NUMBER = re.compile(r"\s*[-+]?\d[\d.,]*\s*")


@dataclass(frozen=True)
class Column:
    """A column: the base of `Number` and `Category`.

    A subclass has its `width` in a vector, and three functions: `encode` turns a pandas
    column into a block (n, width) of vectors, `snap` turns any block into one that
    `encode` could return, and `restore` turns that into values (n,).

    Attributes:
        name: its name.
        dtype: its dtype in pandas.
    """

    name: str
    dtype: str

    def __post_init__(self):
        _check_dtype(self.name, self.dtype)


@dataclass(frozen=True)
class Number(Column):
    """A column of numbers, standardised.

    Attributes:
        mean: mean of the training rows.
        std: their standard deviation, 1 if that is 0.
        low: their lowest number; samples do not fall below it.
        high: their highest.
        decimals: places after the point that all numbers have; None for any.
        missing: True if numbers are missing: a second place of a vector is 1 there.
    """

    mean: float
    std: float
    low: float
    high: float
    decimals: int | None = None
    missing: bool = False

    def __post_init__(self):
        super().__post_init__()
        numbers = self.mean, self.std, self.low, self.high
        fits = isinstance(self.missing, bool) and isinstance(self.decimals, int | None)
        known = self.decimals in (None, *range(MOST_DECIMALS + 1))
        if not (fits and known and np.isfinite(numbers).all() and self.std > 0):
            raise ValueError(
                f"Column {self.name!r} needs finite statistics, and up to "
                f"{MOST_DECIMALS} decimals. Received: {numbers}, {self.decimals!r}."
            )

    @property
    def width(self) -> int:
        """Places in a vector."""
        return 1 + self.missing

    def encode(self, column) -> np.ndarray:
        """Block of a column (n,) of pandas."""
        values = floats(column)
        if np.isnan(values).any() and not self.missing:
            raise ValueError(
                f"Numbers of column {self.name!r} are missing, and none was in "
                f"training. Received: {np.isnan(values).sum()} of {len(values)}."
            )
        return self._block(values)

    def snap(self, block: np.ndarray) -> np.ndarray:
        """Block of numbers of the column's range and decimals."""
        return self._block(self.restore(block))

    def restore(self, block: np.ndarray) -> np.ndarray:
        """Numbers of a block, NaN for a missing one."""
        values = self.rounded(block[:, 0].astype("float64") * self.std + self.mean)
        values = np.clip(values, self.low, self.high) + 0.0  # not -0.0
        return np.where(block[:, -1] > 0.5, np.nan, values) if self.missing else values

    def rounded(self, values: np.ndarray) -> np.ndarray:
        """Numbers (n,) with the decimals of the column."""
        return values if self.decimals is None else np.round(values, self.decimals)

    def _block(self, values):
        gaps = np.isnan(values)
        numbers = np.where(gaps, 0, (values - self.mean) / self.std)
        return np.stack([numbers, gaps], axis=1)[:, : self.width]


@dataclass(frozen=True)
class Category(Column):
    """A column of few distinct values, one-hot; one value alone takes no place.

    Attributes:
        values: the distinct values, None for a missing one.
    """

    values: tuple[Any, ...]

    def __post_init__(self):
        super().__post_init__()
        _check_plain(self.name, self.values)
        if not self.values:
            raise ValueError(f"Column {self.name!r} needs a value.")

    @property
    def width(self) -> int:
        """Places in a vector."""
        return len(self.values) if len(self.values) > 1 else 0

    def places(self, column) -> np.ndarray:
        """Places (n,) of a column's values among the distinct ones."""
        codes, values = distinct(column)
        known = {value: place for place, value in enumerate(self.values)}
        strange = [str(value) for value in values if value not in known]
        if strange:
            raise ValueError(
                f"Unknown value of column {self.name!r}; allowed: "
                f"{listed(map(str, self.values))}. Received: {listed(strange)}."
            )
        return np.array([known[value] for value in values], int)[codes]

    def encode(self, column) -> np.ndarray:
        """Block of a column (n,) of pandas."""
        return np.eye(len(self.values))[self.places(column)][:, : self.width]

    def snap(self, block: np.ndarray) -> np.ndarray:
        """Block of one-hot codes: the largest value counts."""
        return np.eye(self.width)[block.argmax(axis=1)] if self.width else block

    def restore(self, block: np.ndarray) -> np.ndarray:
        """Values of a block."""
        place = block.argmax(axis=1) if self.width else np.zeros(len(block), int)
        return self.values_at(place)

    def values_at(self, places: np.ndarray) -> np.ndarray:
        """Values (n,) at places among the distinct ones."""
        values = np.empty(len(self.values), object)
        values[:] = self.values
        return values[places]


KINDS = {"number": Number, "category": Category}


def feature(column, train: np.ndarray) -> Column:
    """Describes a pandas column (n,), with the statistics of the rows `train`.

    Raises:
        ValueError: dates, free text, row numbers, or infinite numbers.
    """
    if column.dtype.kind in "iuf" and column.nunique(dropna=False) > 1:
        return _number(column, train)
    return _category(column, column.dtype)


def label(column, train: np.ndarray, numbers: bool) -> Column:
    """Describes a column that is the label: floats are numbers, the rest is classes.

    Args:
        column: pandas column (n,).
        train: bool (n,).
        numbers: if True, whole numbers are numbers too.

    Raises:
        ValueError: as `feature`, or a number that is missing.
    """
    known, labels = labelled(column)
    if not numbers and labels.dtype.kind != "f":
        return _category(labels, column.dtype)
    if column.dtype.kind not in "iuf" or column.isna().any():
        raise ValueError(
            f"Label {column.name!r} must be a number in every row. Received: "
            f"{column.dtype}, {column.isna().sum()} of {len(column)} missing."
        )
    return _number(column, train)


def labelled(column):
    """Returns which rows (n,) have a class, and the column of these alone."""
    if column.dtype.kind == "f" and column.isna().any():
        whole = (column.dropna() % 1 == 0).all()  # gaps turn whole numbers into floats
        column = column.astype("Int64") if whole else column
    known = column.notna() & (column.astype("string") != UNLABELLED).fillna(False)
    known = known.to_numpy(bool)
    return known, column[known]


def floats(column) -> np.ndarray:
    """Numbers (n,) of a column, NaN for a missing one; `ValueError` for others."""
    if column.dtype.kind not in "iuf":
        raise ValueError(
            f"Column {column.name!r} must hold numbers. Received: {column.dtype}."
        )
    values = column.to_numpy("float64", na_value=np.nan)
    if np.isinf(values).any():
        raise ValueError(
            f"Column {column.name!r} must hold finite numbers. "
            f"Received: {np.isinf(values).sum()} infinite of {len(values)}."
        )
    return values


def distinct(column) -> tuple[np.ndarray, list]:
    """Returns the place (n,) of each row's value in a list; -1, the last, for None."""
    import pandas

    try:
        codes, distinct_values = pandas.factorize(column)
    except TypeError as error:  # lists and tables
        raise ValueError(
            f"Column {column.name!r} must hold one value in a row; {REMEDY}. ({error})"
        ) from error
    values = [v.item() if isinstance(v, np.generic) else v for v in distinct_values]
    return codes, values + [None] * bool((codes < 0).any())


def among_numbers(values) -> list[str] | None:
    """The texts among values that are not numbers; None unless most texts are."""
    texts = [value for value in values if isinstance(value, str)]
    odd = [text for text in texts if not _NUMBER.fullmatch(text)]
    return odd if len(odd) < len(texts) / 2 else None


def _number(column, train):
    values = floats(column)
    gaps = np.isnan(values)
    known = values[~gaps]
    low, high = known.min(), known.max()
    whole = column.dtype.kind in "iu" and not gaps.any()
    if whole and high - low == len(known) - 1 == column.nunique() - 1:
        raise ValueError(
            f"Column {column.name!r} numbers the rows, which no model can learn: "
            f"{REMEDY}. Received: {low:.0f} to {high:.0f}, each once."
        )
    places = range(MOST_DECIMALS + 1)
    rounded = (d for d in places if (np.round(known, d) == known).all())
    known = values[train & ~gaps] if (train & ~gaps).any() else known
    numbers = known.mean(), known.std() or 1.0, known.min(), known.max()
    return Number(
        column.name,
        str(column.dtype),
        *map(float, numbers),
        decimals=next(rounded, None),
        missing=bool(gaps.any()),
    )


def _category(column, dtype):
    _check_dtype(column.name, str(dtype))
    values = distinct(column)[1]
    if str(dtype) == "object" and any(isinstance(value, float) for value in values):
        raise ValueError(
            f"Column {column.name!r} holds numbers as Python objects, which would be "
            f"names: frame.astype({{{column.name!r}: 'float64'}}). "
            f"Received: {listed(map(repr, values))}."
        )
    texts = [value for value in values if isinstance(value, str)]
    if texts and all(map(_DATE.fullmatch, texts)):
        raise ValueError(
            f"Column {column.name!r} holds dates, which become numbers as days since "
            f"one. Else {REMEDY}. Received: {texts[0]!r}."
        )
    if len(values) > max(FEW_VALUES, min(MOST_VALUES, len(column) // 2)):
        hint, odd = "", among_numbers(values)
        if not texts:
            hint = "Whole numbers that are no classes become floats. "
        elif odd:
            hint = f"Most are numbers, but not {listed(map(repr, odd))}. "
        elif odd is not None:
            hint = "Written as 1234.5, they would be numbers. "
        raise ValueError(
            f"Column {column.name!r} holds {len(values)} values in {len(column)} rows: "
            f"free text or names; a category has at most {MOST_VALUES}, and half of "
            f"the rows. {hint}Else {REMEDY}. "
            f"Received: {listed(map(repr, values[:3]))}, ..."
        )
    ordered = "ordered " * bool(getattr(dtype, "ordered", False))
    return Category(column.name, f"{ordered}{dtype}", _in_order(values, column))


def _in_order(values, column):
    """Sorts values as the column's own categories, or by their names; None last."""
    name = column.name
    _check_plain(name, values)
    by_name = {str(value): value for value in values if value is not None}
    gap = [None] * (None in values)
    if len(by_name) + len(gap) < len(values):
        raise ValueError(
            f"Column {name!r} holds values of one name, such as 1 and '1'. "
            f"Received: {listed(map(repr, values))}."
        )
    names = in_order(by_name)
    if column.dtype == "category":
        names = [text for text in map(str, column.cat.categories) if text in by_name]
    return (*(by_name[text] for text in names), *gap)


def _check_dtype(name, dtype):
    if not _DTYPE.fullmatch(dtype):
        raise ValueError(
            f"Column {name!r} must hold numbers, texts, true and false, or categories; "
            f"dates become numbers as days since one. Else {REMEDY}. "
            f"Received: {dtype}."
        )


def _check_plain(name, values):
    strange = [v for v in values if not isinstance(v, str | bool | int | float | None)]
    if strange:
        raise ValueError(
            f"Column {name!r} must hold numbers, texts, or true and false; {REMEDY}. "
            f"Received: {strange[0]!r}, a {type(strange[0]).__name__}."
        )
