"""Models of tables: from a frame to a frame, through files and the command line."""

import json

import numpy as np
import pandas
import pytest
from helpers import tiny
from small_runs import TINY

import ganzoo
from ganzoo.cli import main as command
from ganzoo.data import Door, Table, load_data

N = 60
OPTIONS = {"network": {"name": "mlp", "hidden": (8,)}, "latent_dim": 4}
SPAM = ("num3d", "charDollar", "capitalTotal")


def spam(n=N, seed=0):
    """Mails as Spambase describes them: frequencies, a count, and the type."""
    rng = np.random.default_rng(seed)
    is_spam = np.arange(n) % 3 == 0
    frame = pandas.DataFrame(
        {
            "num3d": (rng.exponential(0.2, n) * (rng.random(n) < 0.3)).round(2),
            "charDollar": (rng.exponential(0.1, n) + 0.6 * is_spam).round(3),
            "capitalTotal": (rng.exponential(200, n) + 1 + 600 * is_spam).astype(int),
            "type": np.where(is_spam, "spam", "nonspam"),
        }
    )
    return frame


def built(data, name="cgan", **options):
    classes = {"condition": list(data.class_names)} if data.class_names else {}
    return tiny(
        name, **{**OPTIONS, "image_shape": data.sample_shape} | classes | options
    )


@pytest.fixture(scope="module")
def data():
    return load_data(spam(), label_column="type")


@pytest.fixture(scope="module")
def model(data):
    model = built(data)
    model.fit(data, batch_size=16, steps_per_epoch=2, verbose=0)
    return model


def check_like(frame, other, n):
    """Checks that a frame of samples is like the one that came in."""
    assert len(frame) == n
    pandas.testing.assert_series_equal(frame.dtypes, other.dtypes)
    for name in SPAM:
        assert other[name].min() <= frame[name].min()
        assert frame[name].max() <= other[name].max()
    assert set(frame["type"]) <= {"spam", "nonspam"}


# --- from a frame to a frame ------------------------------------------------------


def test_samples_are_rows_like_those_that_came_in(model, data):
    frame = model.sample_frame(200, seed=3)
    check_like(frame, spam(), 200)
    shares = np.array(data.table.counts) / sum(data.table.counts)
    assert abs((frame["type"] == "spam").mean() - shares[1]) < 0.1
    alone = model.sample_frame(5, label="spam")
    assert alone["type"].tolist() == ["spam"] * 5
    turns = model.sample_frame(2, label=["nonspam", "spam"])
    assert turns["type"].tolist() == ["nonspam", "spam"]
    assert len(model.sample_frame(0)) == 0
    with pytest.raises(ValueError, match="must be a whole number from 0"):
        model.sample_frame(-1)


def test_arrays_of_samples_are_the_vectors_of_these_rows(model):
    frame = model.sample_frame(20, seed=2, label="spam")
    vectors = model.sample(20, seed=2, label="spam")
    encoded = Table.of(model.table).data(frame)
    np.testing.assert_allclose(encoded.arrays["real"], vectors, atol=1e-6)
    assert encoded.arrays["label"].tolist() == [1] * 20


def test_a_file_keeps_the_table(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = ganzoo.load(tmp_path / "model.keras")
    assert loaded.table == model.table
    pandas.testing.assert_frame_equal(
        loaded.sample_frame(9, seed=1), model.sample_frame(9, seed=1)
    )
    path = tmp_path / "spam.csv"
    spam(90).to_csv(path, index=False)
    found = ganzoo.evaluate(tmp_path / "model.keras", dataset=path)
    assert found.get("gan_train_accuracy").floor > 0.9


def test_a_model_without_a_table_samples_arrays():
    model = tiny("vanilla", image_shape=(2,))
    assert model.table is None
    with pytest.raises(ValueError, match="not trained on a table"):
        model.sample_frame(3)


def test_a_model_of_a_table_takes_other_frames_by_its_own_schema(model, data):
    before = model.table
    other = spam(seed=5)
    terms = model.evaluate(other, verbose=0, return_dict=True)
    known = load_data(other, table=Table.of(before), split="all")
    assert model.evaluate(known, verbose=0, return_dict=True) == terms
    apart = other.drop(columns="type"), other["type"]
    assert model.evaluate(*apart, verbose=0, return_dict=True) == terms
    with pytest.raises(ValueError, match="leave out y"):
        model.evaluate(other, other["type"])
    with pytest.raises(ValueError, match="table of other columns, means"):
        model.fit(load_data(other, label_column="type"), batch_size=16)
    with pytest.raises(ValueError, match="lacks columns of the table: num3d"):
        model.fit(other.drop(columns="num3d"), batch_size=16)
    assert model.table == before


def test_a_frame_of_numbers_alone_is_an_array_and_others_are_encoded_first():
    frame = spam()
    numbers = frame[list(SPAM)].astype("float32")
    model = tiny("vanilla", image_shape=(3,))
    same = model.evaluate(numbers.to_numpy(), verbose=0, return_dict=True)
    assert model.evaluate(numbers, verbose=0, return_dict=True) == same
    with pytest.raises(ValueError, match=r"load_data\(frame, label_col.*numbers: type"):
        model.fit(frame, batch_size=16)


def test_a_condition_of_numbers_is_columns_of_the_frame():
    data = load_data(spam(), label_column="num3d,capitalTotal")
    model = built(data, condition={"name": "numbers", "count": 2})
    model.fit(data, batch_size=16, steps_per_epoch=1, verbose=0)
    frame = model.sample_frame(2, label=[[0.2, 50], [0, 400]])
    assert frame["num3d"].tolist() == [0.2, 0]
    with pytest.warns(UserWarning, match=r"label \[9000.0\] at \[1\] lies") as said:
        model.sample_frame(1, label=[0.2, 9000])
    assert len(said) == 1
    assert frame["capitalTotal"].tolist() == [50, 400]
    pandas.testing.assert_series_equal(frame.dtypes, spam().dtypes)


@pytest.mark.parametrize("name", ["acgan", "sgan", "vanilla", "wgan-gp", "vae"])
def test_other_models_take_tables(name):
    data = load_data(spam(), label_column="type" if name in ("acgan", "sgan") else None)
    classes = {"condition": list(data.class_names)} if data.class_names else {}
    network = {"network": "mlp"} if name == "wgan-gp" else {}
    model = ganzoo.build(name, image_shape=data.sample_shape, **classes, **network)
    assert model.value_range is None
    door = Door(model.batch_spec)
    np.testing.assert_array_equal(door.arrays(data)["real"], data.arrays["real"])
    model.learn(door.spec)
    frame = model.sample_frame(6)
    known = spam() if name != "sgan" else spam().drop(columns="type")
    pandas.testing.assert_series_equal(frame.dtypes, known.dtypes)


def test_models_that_classify_train_on_tables(data):
    sizes = {"image_shape": (3,), "condition": list(data.class_names)}
    model = ganzoo.build("acgan", **sizes, hidden=(4,))
    model.fit(data, batch_size=16, steps_per_epoch=1, verbose=0)
    assert model.step == 1
    model = ganzoo.build("sgan", **sizes)
    assert model.classify(data.arrays["real"][:4]).shape == (4, 2)


# --- labels in any form -----------------------------------------------------------


@pytest.mark.long
def test_labels_in_any_form_train_the_same_weights_as_those_of_a_file(tmp_path):
    frame = spam()
    frame.to_csv(tmp_path / "names.csv", index=False)
    places = (frame["type"] == "spam").astype("int64")
    frame.assign(type=places).to_csv(tmp_path / "places.csv", index=False)
    labelled = {"label_column": "type"}
    data = load_data(tmp_path / "names.csv", **labelled)
    x, label = data.arrays["real"], data.arrays["label"]
    sources = {
        "names in a file": (data, None),
        "numbers in a file": (load_data(tmp_path / "places.csv", **labelled), None),
        "a frame": (load_data(frame, **labelled), None),
        "uint8": (x, label.astype("uint8")),
        "int64": (x, label.astype("int64")),
        "strings": (x, np.array(data.class_names)[label]),
        "one-hot": (x, np.eye(2)[label]),
        "pandas": (pandas.DataFrame(x), pandas.Series(label)),
    }
    for source, y in sources.values():
        model = tiny("cgan", **OPTIONS, image_shape=(3,), num_classes=2)
        arrays = Door(model.batch_spec).arrays(source, y)
        for key, array in {"real": x, "label": label}.items():
            assert arrays[key].dtype == array.dtype
            np.testing.assert_array_equal(arrays[key], array)
    weights = []
    for form in ("names in a file", "uint8", "one-hot"):
        model = tiny("cgan", **OPTIONS, image_shape=(3,), num_classes=2, seed=4)
        source, y = sources[form]
        model.fit(source, y, batch_size=16, steps_per_epoch=3, verbose=0)
        assert model.step == 3
        weights.append(model.get_weights())
    for others in weights[1:]:
        for a, b in zip(weights[0], others, strict=True):
            np.testing.assert_array_equal(a, b)


# --- the command line -------------------------------------------------------------


def run(*words):
    command.run(command.parse(["ganzoo", *map(str, words)]))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    spam(300).to_csv(folder / "spam.csv", index=False)
    run(
        *("train", "cgan", f"--dataset={folder / 'spam.csv'}", "--label_column=type"),
        *("--steps=4", "--batch_size=32", "--log_every=4"),
        *(
            "--set=latent_dim=4",
            "--set=network=mlp",
            "--set=hidden=[8]",
            f"--workdir={folder / 'run'}",
        ),
    )
    return folder


def test_a_file_is_trained_sampled_and_scored(trained, capsys):
    card = json.loads((trained / "run/data.json").read_text())
    data = load_data(trained / "spam.csv", label_column="type")
    assert Table.of(card["table"]) == data.table
    assert tuple(card["classes"].values()) == data.table.counts

    for ending, read in (("csv", pandas.read_csv), ("parquet", pandas.read_parquet)):
        out = trained / f"x.{ending}"
        run("sample", trained / "run", "--n=50", "--seed=2", f"--out={out}")
        check_like(read(out), spam(300), 50)
    expected = ganzoo.load(trained / "run").sample_frame(50, seed=2)
    pandas.testing.assert_frame_equal(pandas.read_parquet(out), expected)
    run("sample", trained / "run", "--n=3", "--label=spam", f"--out={out}")
    assert pandas.read_parquet(out)["type"].tolist() == ["spam"] * 3

    capsys.readouterr()
    run("evaluate", trained / "run", "--only=gan_train_accuracy,gan_train_recall")
    table = capsys.readouterr().out
    assert "gan_train_accuracy" in table
    assert "Recall by class of a classifier of samples" in table
    assert "nonspam " in table
    assert "spam " in table


def test_a_run_goes_on_with_the_same_table_alone(trained):
    words = ("train", "cgan", "--steps=4", "--batch_size=32", "--log_every=4")
    words += (
        "--set=latent_dim=4",
        "--set=network=mlp",
        "--set=hidden=[8]",
        f"--workdir={trained / 'run'}",
    )
    run(*words, f"--dataset={trained / 'spam.csv'}", "--label_column=type")
    other = trained / "other.csv"
    spam(300).assign(num3d=lambda f: f["num3d"] * 2).to_csv(other, index=False)
    with pytest.raises(SystemExit, match="has changed since the run"):
        run(*words, f"--dataset={other}", "--label_column=type")


def test_messages_name_the_option_of_tables(trained, tmp_path):
    csv = f"--dataset={trained / 'spam.csv'}"
    with pytest.raises(SystemExit, match="'cgan' needs labels.*with label_column"):
        run("train", "cgan", csv, f"--workdir={tmp_path / 'a'}")
    with pytest.raises(SystemExit, match="'vanilla' takes no labels.*'type'"):
        run("train", "vanilla", csv, "--label_column=type", f"--workdir={tmp_path}/b")
    model = tiny("vanilla", **TINY, image_shape=(2,))
    model.save(tmp_path / "model.keras")
    with pytest.raises(SystemExit, match="x.csv is for models of tables"):
        run("sample", tmp_path / "model.keras", f"--out={tmp_path / 'x.csv'}")


# --- signals ----------------------------------------------------------------------


def test_signals_train_on_perceptrons_and_other_networks_say_so():
    x = np.random.default_rng(0).normal(size=(32, 12, 2)).astype("float32")
    model = ganzoo.build("cgan", image_shape=(12, 2), num_classes=2, hidden=(8,))
    assert model.value_range is None
    model.fit(x, np.arange(32) % 2, batch_size=16, verbose=0)
    assert model.sample(3).shape == (3, 12, 2)
    with pytest.raises(ValueError, match=r"\(H, W, C\).*signals: network=mlp"):
        ganzoo.build("dcgan", image_shape=(12, 2))


def test_whole_numbers_are_labels_that_may_lie_between():
    data = load_data(spam(), label_column="num3d,capitalTotal", drop_columns="type")
    model = built(data, condition={"name": "numbers", "count": 2})
    model.fit(data, batch_size=16, steps_per_epoch=1, verbose=0)
    drawn = model.sample_frame(7)
    assert drawn["capitalTotal"].dtype == "int64"
    assert drawn["capitalTotal"].is_monotonic_increasing
    assert (drawn["num3d"] == drawn["num3d"].round(2)).all()
    asked = model.sample_frame(2, label=[[0.2, 59.5], [0, 60]])["capitalTotal"]
    assert asked.tolist() == [59.5, 60.0]
