"""Tables: rows become vectors and rows again; what no model can learn is refused."""

import json
import re

import numpy as np
import pandas
import pytest

from ganzoo.data import Table, account, load_data

N = 40


def rows(n=N, seed=0):
    """A frame of every kind of column, in all the usual dtypes."""
    rng = np.random.default_rng(seed)
    colour = np.array(["red", "green", "blue"])[np.arange(n) % 3]
    return pandas.DataFrame(
        {
            "height": rng.normal(170, 10, n).round(1),
            "age": rng.integers(18, 90, n),
            "colour": colour,
            "member": rng.random(n) < 0.5,
            "small": rng.integers(0, 200, n).astype("uint8"),
            "pulse": pandas.array(rng.integers(50, 99, n), "Int64"),
            "grade": pandas.Categorical(
                np.array(["low", "mid", "high"])[rng.integers(0, 3, n)],
                ["low", "mid", "high"],
                ordered=True,
            ),
            "unit": "cm",
            "type": np.array(["ham", "spam"])[(np.arange(n) // 2) % 2],
        }
    )


def again(data):
    """The frame of a set's own vectors."""
    return data.table.frame(data.table.snap(data.arrays["real"]), data.arrays["label"])


def within(frame):
    """The frame without rows that lie outside of the range of the training rows."""
    table = load_data(frame, label_column="type").table
    known = {c.name: c for c in table.columns if hasattr(c, "low")}
    inside = [
        frame[n].isna() | frame[n].between(c.low, c.high) for n, c in known.items()
    ]
    return np.logical_and.reduce(inside)


# --- the way there and back -------------------------------------------------------


def test_rows_come_back_as_they_were_in_every_dtype():
    frame = rows()
    data = load_data(frame, label_column="type", split="all")
    assert data.arrays["real"].dtype == np.float32
    # Five numbers, three colours, two truths, three grades; a constant takes no place.
    assert data.sample_shape == (4 + 3 + 2 + 3,)
    kept = within(frame)
    back = again(data)
    pandas.testing.assert_frame_equal(back[kept], frame[kept])
    assert list(back) == list(frame)


def test_missing_values_come_back_as_missing():
    frame = rows()
    for name, place in (("height", 3), ("colour", 4), ("pulse", 5), ("grade", 6)):
        frame.loc[place, name] = None
    data = load_data(frame, label_column="type", split="all")
    assert data.sample_shape == (4 + 2 + 4 + 2 + 4,)  # a flag for both numbers
    kept = within(frame)
    assert kept[[3, 4, 5, 6]].all()
    pandas.testing.assert_frame_equal(again(data)[kept], frame[kept])
    assert (
        "missing, which samples may be, too: height 1, colour 1, pulse 1, grade 1"
        in (account.line(data))
    )


def test_numbers_are_standardised_by_the_training_rows_alone():
    frame = rows(50)
    train, test = (load_data(frame, label_column="type", split=s) for s in _SPLITS)
    assert (len(train), len(test)) == (40, 10)
    heights = train.arrays["real"][:, 0]
    np.testing.assert_allclose([heights.mean(), heights.std()], [0, 1], atol=1e-6)
    assert abs(test.arrays["real"][:, 0].mean()) > 1e-3
    (height, *_) = train.table.columns
    kept = again(train)["height"]
    assert (height.mean, height.std) == (kept.mean(), kept.std(ddof=0))
    assert train.table == test.table
    both = load_data(frame, label_column="type", split="all")
    assert sorted(both.arrays["real"][:, 0]) == sorted(
        [*heights, *test.arrays["real"][:, 0]]
    )


_SPLITS = ("train", "test")


def test_a_category_of_a_sample_is_its_largest_value_and_numbers_stay_in_range():
    frame = pandas.DataFrame({"n": np.arange(20) // 2 * 10, "c": list("ab") * 10})
    table = load_data(frame, split="all").table
    (number, _) = table.columns
    wild = np.array([[99, 0.1, 0.2], [-99, -3, -4], [0.011, 7, 5]], "float32")
    snapped = table.snap(wild)
    found = table.frame(snapped)
    assert found["c"].tolist() == ["b", "a", "a"]
    assert found["n"].tolist()[:2] == [number.high, number.low]
    assert found["n"].dtype == "int64"
    np.testing.assert_array_equal(table.snap(snapped), snapped)
    with pytest.raises(ValueError, match="NaN or infinite.*diverged"):
        table.snap(wild * np.nan)


def test_decimals_are_those_of_the_data():
    frame = pandas.DataFrame(
        {"two": np.arange(20) / 4, "any": np.sqrt(np.arange(20)), "c": ["a", "b"] * 10}
    )
    table = load_data(frame).table
    assert [c.decimals for c in table.columns[:2]] == [2, None]
    found = table.frame(table.snap(np.full((1, 4), 0.3333, "float32")))
    assert re.fullmatch(r"\d+\.\d{1,2}", str(found["two"][0]))


# --- labels -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "values, names",
    [
        (["ham", "spam"], ("ham", "spam")),
        ([2, 10], ("2", "10")),
        ([True, False], ("False", "True")),
        (pandas.Categorical(["up", "down"], ["up", "down"]), ("up", "down")),
    ],
)
def test_a_label_of_classes(values, names):
    column = pandas.Series(values).repeat(N // 2).reset_index(drop=True)
    data = load_data(rows().assign(type=column), label_column="type", split="all")
    assert data.class_names == names
    assert data.arrays["label"].dtype == np.int32
    pandas.testing.assert_series_equal(
        again(data)["type"], column.rename("type"), check_names=False
    )


def test_labels_of_numbers_are_not_standardised():
    frame = rows()
    one = load_data(frame, label_column="height", split="all")
    assert one.class_names == ()
    np.testing.assert_array_equal(
        one.arrays["label"], frame[["height"]].to_numpy("float32")
    )
    two = load_data(frame, label_column="age,height", split="all")
    assert two.arrays["label"].shape == (N, 2)
    assert two.table.labels == ("age", "height")
    pandas.testing.assert_frame_equal(
        again(two)[["height", "age"]], frame[["height", "age"]], atol=1e-5
    )
    with pytest.raises(ValueError, match="'type' must be a number in every row"):
        load_data(frame, label_column="age,type")


@pytest.mark.parametrize("values", [[1, None, 3, 1], ["a", None, "b", "a"]])
def test_a_row_without_a_class_is_unlabelled(values):
    column = pandas.Series(values * (N // 4))
    data = load_data(rows().assign(type=column), label_column="type", split="all")
    assert data.arrays["label"][:4].tolist() == [0, -1, 1, 0]
    assert data.class_names == (("1", "3") if values[0] == 1 else ("a", "b"))


def test_classes_are_drawn_as_often_as_in_training():
    frame = rows(200).assign(type=["ham"] * 150 + ["spam"] * 50)
    data = load_data(frame, label_column="type")
    assert data.table.counts == tuple(np.bincount(data.arrays["label"]).tolist())
    drawn = data.table.draw_classes(4000, seed=1)
    share = data.table.counts[1] / sum(data.table.counts)
    assert abs((drawn == "spam").mean() - share) < 0.02
    np.testing.assert_array_equal(drawn, data.table.draw_classes(4000, seed=1))


def test_rows_of_one_class_keep_its_name():
    data = load_data(rows(), label_column="type", class_name="spam")
    assert data.arrays.keys() == {"real"}
    found = data.table.frame(data.table.snap(data.arrays["real"]))
    assert list(found) == list(rows())
    assert set(found["type"]) == {"spam"}


# --- files ------------------------------------------------------------------------


def test_every_file_holds_the_same_rows(tmp_path):
    frame = rows().drop(columns=["grade", "pulse", "small"])
    frame.to_csv(tmp_path / "x.csv", index=False)
    frame.to_csv(tmp_path / "x.tsv", index=False, sep="\t")
    frame.to_parquet(tmp_path / "x.parquet", index=False)
    expected = load_data(frame, label_column="type")
    for ending in ("csv", "tsv", "parquet"):
        data = load_data(tmp_path / f"x.{ending}", label_column="type")
        assert data.name == "x"
        assert data.fingerprint == expected.fingerprint
        pandas.testing.assert_frame_equal(again(data), again(expected))


def test_parquet_keeps_more_dtypes(tmp_path):
    frame = rows().drop(columns="pulse")
    frame["grade"] = frame["grade"].cat.as_unordered()
    frame.to_parquet(tmp_path / "x.parquet", index=False)
    data = load_data(tmp_path / "x.parquet", label_column="type", split="all")
    assert again(data).dtypes.map(str).tolist() == frame.dtypes.map(str).tolist()


def test_columns_of_arrow_come_back_as_such():
    pytest.importorskip("pyarrow")
    frame = rows()[["height", "age", "member", "colour", "type"]]
    frame = frame.convert_dtypes(dtype_backend="pyarrow")
    data = load_data(frame, label_column="type", split="all")
    kept, back = within(frame), again(data)
    numbers = ["height", "age", "member"]
    pandas.testing.assert_frame_equal(back[kept][numbers], frame[kept][numbers])
    assert (back[["colour", "type"]] == frame[["colour", "type"]]).all(axis=None)


def test_the_word_none_is_a_value_and_empty_cells_are_missing(tmp_path):
    cells = ["None", "", "NA", "one"] * 5
    text = "n,c\n" + "".join(f"{i / 4},{cell}\n" for i, cell in enumerate(cells))
    (tmp_path / "x.csv").write_text(text)
    data = load_data(tmp_path / "x.csv")
    assert data.table.columns[1].values == ("None", "one", None)
    assert "missing, which samples may be, too: c 10" in account.line(data)


def test_the_line_says_what_became_of_every_column():
    frame = rows(50).assign(number=np.arange(50) * 7, id=range(50))
    data = load_data(frame, label_column="type", drop_columns="id")
    assert account.line(data) == (
        "table: 50 rows of 5 numbers and 3 categories, 2 classes (ham, spam), "
        "40 train / 10 test (a fixed fifth of the rows); label: type; constant, "
        "written back as it is: unit; all different whole numbers (names of rows? then "
        "drop_columns): number; dropped: id"
    )
    card = json.loads(json.dumps(account.card(data)))
    assert Table.of(card["table"]) == data.table


@pytest.mark.parametrize(
    "change, remark",
    [
        (
            lambda f: f.assign(n=[*"123?"] * (N // 4)),
            "read as words, though most are numbers: n (but for '?')",
        ),
        (
            lambda f: f.assign(n=["0,5", "1,5"] * (N // 2)),
            "read as words, though most are numbers: n",
        ),
        (
            lambda f: f.rename(columns={"height": "1.83", "age": "42"}),
            "names that are numbers (has the file a header?): 1.83, 42",
        ),
        (
            lambda f: f.set_index("age"),
            "the index, which is not read (frame.reset_index() makes it a column): age",
        ),
    ],
)
def test_the_line_says_what_might_be_meant_otherwise(change, remark):
    plain, changed = (
        load_data(frame, label_column="type").account.remarks
        for frame in (rows(), change(rows()))
    )
    assert changed == (*plain, remark)


def test_columns_in_a_list():
    lists = load_data(rows(), label_column=["type"], drop_columns=["age", "unit"])
    texts = load_data(rows(), label_column="type", drop_columns="age,unit")
    assert lists.table == texts.table


@pytest.mark.parametrize(
    "changes",
    [{"columns": 3}, {"columns": [{"kind": "code"}]}, {"labels": None}]
    + [
        {"columns": [{**{"kind": "number", "name": "x", "dtype": "float64"}, **wrong}]}
        for wrong in (
            {},
            dict(mean="a", std=1, low=0, high=1),
            dict(mean=float("nan"), std=1, low=0, high=1),
            dict(dtype="__import__", mean=0, std=1, low=0, high=1),
        )
    ]
    + [{"columns": [{"kind": "category", "name": 1, "dtype": "str", "values": [[]]}]}],
)
def test_a_damaged_schema_is_refused(changes):
    spec = load_data(rows(), label_column="type").table.spec
    with pytest.raises(ValueError, match="schema of the table is damaged"):
        Table.of({**spec, **changes})


# --- what is refused --------------------------------------------------------------


def spoiled(**columns):
    return lambda: rows().assign(**{k: v for k, v in columns.items()})


DAYS = pandas.date_range("2024-01-01", periods=N)


@pytest.mark.parametrize(
    "make, message",
    [
        (spoiled(day=DAYS), "'day' must hold numbers.*dates become.*datetime64"),
        (spoiled(day=DAYS.astype(str)), "'day' holds dates.*days since"),
        (spoiled(day=["1/2/2024", "3.4.24"] * (N // 2)), "'day' holds dates"),
        (spoiled(id=range(N)), "'id' numbers the rows.*drop_columns.*0 to 39"),
        (spoiled(id=range(N, 0, -1)), "'id' numbers the rows"),
        (spoiled(note=[f"text {i}" for i in range(N)]), "'note' holds 40 values in 40"),
        (
            spoiled(n=[f"{i},5" for i in range(N - 1)] + ["?"]),
            r"'n' holds 40 values.*Most are numbers, but not '\?'\.",
        ),
        (
            spoiled(n=[f"{i:,}" for i in range(1000, 1000 + N)]),
            "'n' holds 40 values.*Written as 1234.5, they would be numbers",
        ),
        (
            spoiled(t=[f"2024-01-{i % 9 + 1:02}T08:00Z" for i in range(N)]),
            "'t' holds d",
        ),
        (spoiled(list=[[1]] * N), "'list' must hold one value in a row"),
        (
            spoiled(n=np.array([0.5, 2] * (N // 2), object)),
            "'n' holds numbers as Python objects.*frame.astype.*Received: 0.5, 2",
        ),
        (lambda: rows()[["type"]], "a column that varies.*Received: type"),
        (spoiled(pair=[(1, 2)] * N), r"'pair' must hold.*\(1, 2\), a tuple"),
        (spoiled(mixed=[1, "1"] * (N // 2)), "'mixed' holds values of one name"),
        (spoiled(n=[np.inf, *range(N - 1)]), "'n' must hold finite.*1 infinite of 40"),
        (spoiled(n=np.arange(N) * 1j), "'n' must hold numbers.*complex128"),
        (lambda: rows().rename(columns={"age": "height"}), "Received twice: height"),
        (lambda: rows().rename(columns={"age": " "}), "needs a name.*column 2"),
        (lambda: rows().rename(columns={"age": 3}), "rename.columns=str.*Received: 3"),
        (lambda: rows()[:9], "needs 10 rows.*Received: 9"),
        (lambda: rows()[["unit", "type"]], "a column that varies"),
    ],
)
def test_what_no_model_can_learn_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        load_data(make(), label_column="type")


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"label_column": "typ"}, "Unknown column 'typ'. Did you mean 'type'"),
        (
            {"drop_columns": "age,hight"},
            "Unknown column 'hight'. Did you mean 'height'",
        ),
        ({"label_column": 1}, "Unknown column 1"),
        ({"label_column": ["type", "size"]}, "Unknown column 'size'"),
        ({"label_column": "age", "drop_columns": "age"}, "Unknown label column 'age'"),
        ({"split": "tset"}, "Unknown split of a table 'tset'. Did you mean 'test'"),
        ({"image_size": 8}, "apply to images alone"),
        ({"pairs": "edges"}, "no images to translate"),
    ],
)
def test_settings_that_do_not_fit(settings, message):
    with pytest.raises(ValueError, match=message):
        load_data(rows(), **settings)
    with pytest.raises(ValueError, match="are for tables.*'digits'"):
        load_data("digits", label_column="type")


def test_many_whole_numbers_are_no_classes():
    frame = rows(1000).assign(type=np.arange(1000) // 2)
    with pytest.raises(ValueError, match="500 values.*no classes become floats"):
        load_data(frame, label_column="type")
    floats = frame.assign(type=frame["type"].astype(float))
    assert load_data(floats, label_column="type").arrays["label"].shape == (800, 1)


@pytest.mark.parametrize(
    "text, message",
    [
        ("a;b\n" + "1;2\n" * 20, "must be separated by ','. Received: 'a;b'"),
        ("a,a\n" + "1,2\n" * 20, "Received twice: a"),
        (",a\n" + "1,2\n" * 20, "Every column needs a name.*column 1"),
        ("a,b\n" + "1,2,3\n" * 20, "Cannot read .*x.csv.*first line.*Length of header"),
        ("a,b\n1,2\n" + "1,2,3\n" * 20, "Cannot read the table .*x.csv"),
        ("", "Cannot read the table .*x.csv.*0 columns"),
        ("a,b\n", "Received: 0"),
        ("a,b\n" + "\xff,1\n" * 20, "Cannot read the table .*x.csv.*UTF-8: save it"),
        ("a," * 5000 + "\n", "5001 columns; 1 to 4096"),
    ],
)
def test_files_that_are_no_tables(text, message, tmp_path):
    (tmp_path / "x.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=message):
        load_data(tmp_path / "x.csv")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ValueError, match="Cannot read the table .*none.csv.*No such"):
        load_data(tmp_path / "none.csv")


# --- other rows of a known table --------------------------------------------------


def test_other_rows_are_encoded_as_those_of_training():
    table = load_data(rows(), label_column="type").table
    other = rows(seed=1)
    data = table.data(other)
    height = table.columns[0]
    np.testing.assert_array_equal(
        data.arrays["real"][:, 0],
        ((other["height"] - height.mean) / height.std).astype("float32"),
    )
    assert table.data(other.drop(columns="type")).arrays.keys() == {"real"}
    reordered = table.data(other[[*other][::-1]])
    np.testing.assert_array_equal(reordered.arrays["real"], data.arrays["real"])
    for frame, message in [
        (other.drop(columns="age"), "lacks columns of the table: age"),
        (other.assign(weight=1.0), "Unknown column of 'table' 'weight'"),
        (other.assign(colour="teal"), "Unknown value of column 'colour'.*teal"),
        (other.assign(height=None), "'height' must hold numbers"),
        (other.assign(height=np.nan), "'height' are missing, and none was"),
    ]:
        with pytest.raises(ValueError, match=message):
            table.data(frame)
