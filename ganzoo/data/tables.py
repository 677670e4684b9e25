"""Tables: rows of numbers and categories as vectors, and samples as such rows again."""

import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from ganzoo.data import columns as kinds
from ganzoo.data.account import Account
from ganzoo.data.columns import KINDS, Category, Column, Number
from ganzoo.data.dataset import Data, check_finite
from ganzoo.data.label_names import listed
from ganzoo.data.reading import SPLITS
from ganzoo.utils import untrusted
from ganzoo.utils.extras import extra
from ganzoo.utils.options import check_known
from ganzoo.utils.text import counted

SEPARATORS = {".csv": ",", ".tsv": "\t"}
ENDINGS = (*SEPARATORS, ".parquet")
MISSING = ("", "NaN", "nan", "NA", "N/A", "n/a", "NULL", "null")
"""Cells of a text file without a value."""
HELD_OUT = 5  # one row of so many is for tests
FEWEST = 10  # rows


@dataclass(frozen=True)
class Table:
    """The schema of a table: what its rows are as vectors.

    Numbers are standardised. A category is a one-hot code; in a sample, its largest
    value counts. A missing value is a value of its category, or a flag next to the
    number. A column with only one value is kept aside.

    Attributes:
        columns: all columns in order, except the dropped ones.
        labels: names of those that are the label: one category, or numbers.
        counts: number of training rows of each class of the label.
        dropped: names of the columns that are left out.
    """

    columns: tuple[Column, ...]
    labels: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    dropped: tuple[str, ...] = ()

    def __post_init__(self):
        _check_names([column.name for column in self.columns])
        types = [type(column) for column in self.condition]
        classes = types == [Category]
        fits = len(self.counts) in (0, len(self.class_names)) and all(
            [isinstance(name, str) for name in (*self.labels, *self.dropped)]
            + [isinstance(count, int) for count in self.counts]
        )
        if len(types) < len(self.labels) or not (classes or {*types} <= {Number}):
            raise ValueError(
                "The label of a table is one category, or numbers. "
                f"Received: {listed(map(str, self.labels))}."
            )
        if not fits:
            raise ValueError("A table needs a count of each class.")
        if not self.width:
            names = [column.name for column in self.columns]
            raise ValueError(
                "A table needs a column that varies, apart from its label. "
                f"Received: {listed(names) or 'none'}."
            )

    @classmethod
    def of(cls, spec: Mapping) -> "Table":
        """Makes a table from its `spec`; raises `ValueError` if that is damaged."""
        try:
            rows = [_values(row, tuple) for row in spec["columns"]]
            columns = tuple(KINDS[row.pop("kind")](**row) for row in rows)
            rest = {key: tuple(spec[key]) for key in ("labels", "counts", "dropped")}
            return cls(columns, **rest)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"The schema of the table is damaged: {error}.") from error

    @property
    def spec(self) -> dict:
        """The schema in plain values, as in `data.json`."""
        names = {kind: name for name, kind in KINDS.items()}
        rows = [
            {"kind": names[type(column)], **_values(asdict(column), list)}
            for column in self.columns
        ]
        return {**_values(asdict(self), list), "columns": rows}

    @property
    def features(self) -> list[Column]:
        """The columns that a vector holds."""
        return [column for column in self.columns if column.name not in self.labels]

    @property
    def condition(self) -> list[Column]:
        """The columns that are the label."""
        return [column for column in self.columns if column.name in self.labels]

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes; () if the label is numbers, or there is none."""
        first = next(iter(self.condition), None)
        return tuple(map(str, first.values)) if isinstance(first, Category) else ()

    @property
    def width(self) -> int:
        """Length of a vector."""
        return sum(column.width for column in self.features)

    @property
    def summary(self) -> str:
        """The columns of a vector in words."""
        types = [type(column) for column in self.features if column.width]
        counts = {"number": types.count(Number), "category": types.count(Category)}
        return " and ".join(counted(n, kind) for kind, n in counts.items() if n)

    def data(self, frame, name: str = "table", account=None) -> Data:
        """Encodes the rows of a pandas frame; it may lack the label.

        Raises:
            ValueError: columns or values that the table does not know; more rows than
                memory holds.
        """
        _check_names(list(frame))
        known = [column.name for column in self.columns]
        check_known(f"column of {name!r}", set(frame) - {*self.dropped}, known)
        absent = [n for n in known if n not in frame and n not in self.labels]
        if absent:
            raise ValueError(f"{name!r} lacks columns of the table: {listed(absent)}.")
        untrusted.check_fits(8 * self.width * len(frame), f"The table {name!r}")
        blocks = [column.encode(frame[column.name]) for column in self.features]
        arrays = {"real": np.concatenate(blocks, axis=1).astype("float32")}
        if self.labels and {*self.labels} <= {*frame}:
            arrays["label"] = self._label(frame)
        names = self.class_names if "label" in arrays else ()
        return Data(name, arrays, names, account=account or Account(), table=self)

    def _label(self, frame):
        if not self.class_names:
            rows = [kinds.floats(frame[column.name]) for column in self.condition]
            return np.stack(rows, axis=1).astype("float32")
        known, values = kinds.labelled(frame[self.labels[0]])
        label = np.full(len(frame), -1, "int32")
        label[known] = self.condition[0].places(values)
        return label

    def snap(self, vectors: np.ndarray) -> np.ndarray:
        """Turns vectors (n, width) into ones that rows can have, see `columns.Column`.

        Raises:
            ValueError: NaN or infinite values.
        """
        check_finite(vectors, "samples: the model has diverged")
        pairs = zip(self.features, self._blocks(vectors), strict=True)
        blocks = [column.snap(block) for column, block in pairs]
        return np.concatenate(blocks, axis=1).astype(vectors.dtype)

    def frame(self, vectors: np.ndarray, labels: np.ndarray | None = None):
        """Makes a pandas frame from snapped vectors, in the dtypes of the table.

        Args:
            vectors: (n, width).
            labels: places of classes (n,), or numbers (n, k); None leaves the columns
                of the label out.
        """
        pandas = require_pandas()
        pairs = zip(self.features, self._blocks(vectors), strict=True)
        values = {column.name: column.restore(block) for column, block in pairs}
        if labels is not None:
            if self.class_names:
                rows = [self.condition[0].values_at(labels)]
            else:
                rows = labels.T.astype(str).astype(float)  # 0.2, not 0.20000000298
            named = zip(self.condition, rows, strict=True)
            values |= {column.name: row for column, row in named}
        series = {
            column.name: pandas.Series(
                values[column.name], dtype=_dtype(column, values[column.name])
            )
            for column in self.columns
            if column.name in values
        }
        return pandas.DataFrame(series)

    def draw_classes(self, n: int, seed: int) -> np.ndarray | None:
        """Names of classes (n,) as often as in training; None if there are none."""
        if not self.class_names:
            return None
        shares = np.array(self.counts) / sum(self.counts)
        places = np.random.default_rng(seed).choice(len(shares), n, p=shares)
        return np.array(self.class_names)[places]

    def rounded(self, labels: np.ndarray) -> np.ndarray:
        """Numbers (n, k) with no more decimals than those of the training rows."""
        columns = zip(self.condition, labels.T, strict=True)
        return np.stack([column.rounded(row) for column, row in columns], axis=1)

    def of_class(self, name: str) -> "Table":
        """The schema of the rows of one class: its column holds one value alone."""
        value = self.condition[0].values[self.class_names.index(name)]
        alone = [
            replace(column, values=(value,)) if column.name in self.labels else column
            for column in self.columns
        ]
        return Table(tuple(alone), dropped=self.dropped)

    @cached_property
    def _ends(self):
        return np.cumsum([column.width for column in self.features])

    def _blocks(self, vectors):
        return np.split(vectors, self._ends[:-1], axis=1)


def is_table(source) -> bool:
    """True for a pandas frame, or a path with one of `ENDINGS`."""
    if isinstance(source, str | Path):
        return Path(source).suffix.lower() in ENDINGS
    return is_frame(source)


def is_frame(value) -> bool:
    """True for a pandas frame; without pandas, there is none."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame)


def load_table(
    source,
    split: str = "train",
    label_column: str | Sequence[str] | None = None,
    drop_columns: str | Sequence[str] | None = None,
    table: Table | None = None,
) -> Data:
    """Loads a table: a frame, or a CSV, TSV or Parquet file.

    A fifth of the rows, drawn once, is the test split. The others decide means,
    deviations and ranges; all rows decide which values a category has.

    Args:
        source: the frame, or the path.
        split: "train", "test" or "all".
        label_column: the column that is the label; several, in a list or joined by
            commas, are a vector of numbers.
        drop_columns: columns to leave out, in the same form.
        table: the schema, if it is known; the two arguments before are then not used.

    Raises:
        ValueError: a file that cannot be read, an unknown column, or one that is
            neither numbers nor a category: dates, free text, row numbers.
        ImportError: pandas, or pyarrow for Parquet, is not installed.
    """
    check_known("split of a table", [split], SPLITS)
    name, frame = (
        ("table", source) if is_frame(source) else _read(Path(source).expanduser())
    )
    _check_names(list(frame))
    if len(frame) < FEWEST:
        raise ValueError(
            f"A table needs {FEWEST} rows, one of {HELD_OUT} for tests. "
            f"Received: {len(frame)}."
        )
    test = np.zeros(len(frame), bool)
    held_out = np.random.default_rng(0).permutation(len(frame))[
        : len(frame) // HELD_OUT
    ]
    test[held_out] = True
    if table is None:
        labels, dropped = (_names(n, frame) for n in (label_column, drop_columns))
        table = schema(frame, ~test, labels, dropped)
    rows = {"train": ~test, "test": test, "all": test | ~test}[split]
    account = Account(
        int(test.sum()) if split == "train" else None,
        "a fixed fifth of the rows",
        remarks=_remarks(table, frame),
    )
    return table.data(frame[rows], name, account)


def schema(frame, train: np.ndarray, labels=(), dropped=()) -> Table:
    """Reads the schema off a pandas frame.

    Args:
        frame: all rows.
        train: which of them decide the statistics, bool (n,).
        labels: names of the columns that are the label.
        dropped: names of the columns to leave out.

    Raises:
        ValueError: as `load_table`.
    """
    columns = frame.drop(columns=list(dropped))
    check_known("label column", labels, list(columns))
    features = tuple(
        kinds.label(columns[name], train, numbers=len(labels) > 1)
        if name in labels
        else kinds.feature(columns[name], train)
        for name in columns
    )
    table = Table(features, labels, dropped=dropped)
    if not table.class_names:
        return table
    classes = table._label(frame[train])
    counts = np.bincount(classes[classes >= 0], minlength=len(table.class_names))
    return replace(table, counts=tuple(counts.tolist()))


def require_pandas():
    """Imports pandas; raises `ImportError` with the remedy."""
    with extra("tables", untrusted.NEED_OF_TABLES):
        import pandas
    return pandas


def _read(path):
    """Reads the file; returns its name and its frame."""
    pandas, ending = require_pandas(), path.suffix.lower()
    try:
        if ending == ".parquet":
            return path.stem, untrusted.read_parquet(path)
        _check_names(untrusted.header(path, SEPARATORS[ending]))
        with warnings.catch_warnings():  # of rows longer than the header
            warnings.simplefilter("error", pandas.errors.ParserWarning)
            return path.stem, pandas.read_csv(
                path,
                sep=SEPARATORS[ending],
                index_col=False,
                keep_default_na=False,
                na_values=list(MISSING),
                low_memory=False,
            )
    except (ValueError, OSError, pandas.errors.ParserWarning) as error:
        reason = ""
        if isinstance(error, UnicodeError):
            reason = "it is not in UTF-8: save it so, or pass a frame. "
        elif isinstance(error, pandas.errors.ParserWarning):
            reason = "its first line, the names of the columns, is shorter than rows. "
        raise ValueError(
            f"Cannot read the table {str(path)!r}: {reason}{error}"
        ) from error


def _check_names(names: Sequence):
    unnamed = [i for i, name in enumerate(names, 1) if _is_unnamed(name)]
    if unnamed:
        name = names[unnamed[0] - 1]
        remedy = (
            "An index without one is not written with to_csv(index=False), "
            "to_parquet(index=False)"
            if isinstance(name, str)
            else "frame.rename(columns=str) makes texts"
        )
        raise ValueError(
            f"Every column needs a name, a text. {remedy}. "
            f"Received: {name!r} as column {unnamed[0]}."
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"Each column needs a name of its own. Received twice: {listed(twice)}."
        )


def _is_unnamed(name):
    return (
        not isinstance(name, str)
        or not name.strip()
        or name.startswith(("Unnamed: ", "__index_level_"))
    )


def _names(names, frame):
    """Names of columns: one, or several in a list or joined by commas."""
    if names is None:
        return ()
    if isinstance(names, str) and names not in frame:
        names = names.split(",")
    names = tuple(names) if isinstance(names, list | tuple) else (names,)
    check_known("column", names, list(frame))
    return names


def _remarks(table, frame):
    """Remarks on the columns, for the account."""
    gaps = {name: int(frame[name].isna().sum()) for name in frame}
    missing = [f"{c.name} {gaps[c.name]:,}" for c in table.features if gaps[c.name]]
    numbers = [c.name for c in table.features if isinstance(c, Number)]
    remarks = {
        "label": table.labels,
        "missing, which samples may be, too": missing,
        "constant, written back as it is": [
            column.name for column in table.features if not column.width
        ],
        "all different whole numbers (names of rows? then drop_columns)": [
            n for n in numbers if frame[n].dtype.kind in "iu" and frame[n].is_unique
        ],
        "dropped": table.dropped,
        "read as words, though most are numbers": list(_worded(table.features)),
        "names that are numbers (has the file a header?)": [
            name for name in frame if kinds.among_numbers([name]) == []
        ],
        "the index, which is not read (frame.reset_index() makes it a column)": [
            str(name) for name in frame.index.names if name is not None
        ],
    }
    return tuple(f"{text}: {listed(names)}" for text, names in remarks.items() if names)


def _worded(columns):
    """Names of categories that might be numbers, with the texts that are none."""
    for column in columns:
        if isinstance(column, Category):
            odd = kinds.among_numbers(column.values)
            if odd is not None:
                texts = listed(map(repr, odd))
                yield column.name + f" (but for {texts})" * bool(odd)


def _dtype(column, values):
    if "int" in column.dtype.lower() and isinstance(column, Number):
        # A label that was asked for may lie between whole numbers.
        known = values[~np.isnan(values)]
        return column.dtype if (known == np.round(known)).all() else "float64"
    if not column.dtype.endswith("category"):
        return column.dtype
    values = [value for value in column.values if value is not None]
    ordered = column.dtype.startswith("ordered")
    return require_pandas().CategoricalDtype(values, ordered)


def _values(row: Mapping, kind) -> dict:
    """The row with its sequences as lists or tuples."""
    return {k: kind(v) if isinstance(v, list | tuple) else v for k, v in row.items()}
