"""Mutated inputs of each kind that ganzoo reads, and how they are tried."""

import contextlib
import copy
import hashlib
import io
import json
import time
import traceback
import warnings
import zipfile
from pathlib import Path

import graphs
import h5py
import hypothesis
import numpy as np
import pandas
from helpers import tiny
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from torch_files import read_tensors

import ganzoo
from ganzoo.data import Table, load_data
from ganzoo.evaluation import evaluate
from ganzoo.evaluation.score import Score
from ganzoo.runs import checkpoint, directory
from ganzoo.runs.config_files import load_config, parse_options
from ganzoo.runs.experiment import FIELDS, from_dict
from ganzoo.runs.log import read_rows
from ganzoo.training.callbacks import best_checkpoint, health
from ganzoo.utils import untrusted
from ganzoo.utils.graph_file import parse_constants

PACKAGE = Path(ganzoo.__file__).parent
LIMIT = 20  # seconds of CPU for one input
OPTIONS = {"image_shape": [8, 8, 1], "g_hidden": [4], "d_hidden": [4], "latent_dim": 2}


@contextlib.contextmanager
def ours():
    """Lets a ValueError pass that is raised, with its message, in ganzoo's code."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    except ValueError as error:
        *_, (frame, _) = traceback.walk_tb(error.__traceback__)
        if PACKAGE not in Path(frame.f_code.co_filename).parents:
            raise
        assert str(error)


# --- what is tried ----------------------------------------------------------------

WORDS = st.sampled_from(
    ["", "dcgan", "vanilla", "../x", "os.system", "name", "hinge", "nan", "mlp", "r1"]
)
# A network of many millions of units is refused only once the memory is full.
NUMBERS = st.one_of(
    st.integers(-300, 300),
    st.sampled_from([2**31, 2**63, -(2**63), 10**400]),
    st.floats(),
    st.booleans(),
    st.none(),
)
LEAVES = st.one_of(NUMBERS, WORDS, st.text(max_size=5))
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(WORDS, st.sampled_from(["class_name", "config", "weight"])),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)


def _places(value, path=()):
    """The paths of all values within a tree."""
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from _places(value[key], (*path, key))


@st.composite
def mutated_trees(draw, tree):
    """The tree with some of its values replaced, or a key renamed."""
    tree = copy.deepcopy(tree)
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from(list(_places(tree))))
        value = draw(TREES)
        if not path:
            return value
        parent = tree
        for key in path[:-1]:
            parent = parent[key]
        if isinstance(parent, dict) and draw(st.booleans()):
            parent.pop(path[-1])
            parent[draw(st.text(max_size=8))] = value
        else:
            parent[path[-1]] = value
    return tree


@st.composite
def mutated_bytes(draw, data):
    """The data with bytes changed, cut off, doubled or put in."""
    data = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        length = draw(st.integers(0, 8))
        data[at : at + length] = draw(st.binary(max_size=8))
    return bytes(data[: draw(st.integers(0, len(data)))]) if draw(_RARELY) else data


_RARELY = st.integers(0, 9).map(lambda n: n == 0)


def _config(folder):
    return st.dictionaries(
        st.one_of(st.sampled_from([*FIELDS]), st.text(max_size=5)), TREES, max_size=4
    ), from_dict


def _toml(folder):
    config = (Path(__file__).parents[1] / "zoo_configs/dcgan_mnist.toml").read_bytes()

    def load(data):
        (folder / "x.toml").write_bytes(data)
        from_dict(load_config(str(folder / "x.toml")))

    return mutated_bytes(config), load


def _set(folder):
    alphabet = "=[]{}\"'.,#\n\\ 019-e_abtrue\x00é"
    assignments = st.one_of(
        st.text(alphabet, max_size=20),
        st.tuples(WORDS, st.text(alphabet, max_size=12)).map("=".join),
    )
    return assignments, lambda text: parse_options([text])


def _build(folder):
    def build(options):
        names = {str(key): value for key, value in dict(options).items()}
        ganzoo.build("vanilla", **names)

    names = [*ganzoo.describe("vanilla")["options"]]
    tables = st.dictionaries(st.sampled_from(names), TREES, min_size=1, max_size=2)
    return tables.map(lambda table: {**OPTIONS, **table}), build


def _run(folder):
    model = ganzoo.build("vanilla", **OPTIONS)
    build = {"name": "vanilla", "dtype": "float32", "options": OPTIONS}
    config = {"experiment": {}, "build": build, "data": {"fingerprint": "0"}}
    directory.write_config(folder, config)
    model.updates.count.assign(1)
    return checkpoint.save(model, folder / "checkpoints")


def _run_config(folder):
    _run(folder)
    path = folder / "config.json"
    text = path.read_bytes()

    def load(value):
        tree = not isinstance(value, bytes | bytearray)
        path.write_bytes(json.dumps(value).encode() if tree else value)
        ganzoo.load(folder)

    return st.one_of(mutated_trees(json.loads(text)), mutated_bytes(text)), load


def _run_checkpoint(folder):
    path = _run(folder)

    def load(data):
        path.write_bytes(data)
        digest = {"step": 1, "sha256": hashlib.sha256(data).hexdigest()}
        path.with_suffix(".json").write_text(json.dumps(digest))
        ganzoo.load(folder)

    return mutated_bytes(path.read_bytes()), load


def _checksum(folder):
    path = _run(folder).with_suffix(".json")

    def load(data):
        path.write_bytes(data)
        ganzoo.load(folder)

    return mutated_bytes(path.read_bytes()), load


def _log(folder):
    text = b'{"step": 1, "seconds": 0.5}\n{"step": 2, "seconds": 1.0}\n'

    def read(data):
        (folder / "metrics.jsonl").write_bytes(data)
        for row in read_rows(folder / "metrics.jsonl"):
            assert isinstance(row["step"], int)

    return mutated_bytes(text), read


SCORE = Score("recall", 0.5, 0.9, "higher", "score: recall | seed 0", "last", 4)


def _scores(folder):
    rows = [{**SCORE.to_dict(), "best": 0.5}, {"step": 8, "problem": "constant"}]
    return _rows(folder / "scores.jsonl", rows, best_checkpoint.read_scores)


def _health(folder):
    rows = [
        {"step": 2, "signs": ["collapse"], "judged": False, "near": 0.5},
        {"step": 4, "alarm": "collapse", "values": {"near": 0.5}, "remedy": "none"},
    ]
    return _rows(folder / "health.jsonl", rows, lambda path: health.read_health(folder))


def _rows(path, rows, read):
    def load(data):
        path.write_bytes(data)
        read(path)

    return mutated_bytes("".join(json.dumps(r) + "\n" for r in rows).encode()), load


def _evaluation(folder):
    tree = {"format": 2, "scores": [SCORE.to_dict()], "notes": ["10 samples"]}

    def load(value):
        (folder / "evaluation.json").write_text(json.dumps(value))
        evaluate.read(folder)

    return mutated_trees(tree), load


def _card(folder):
    frame = _frame()
    data = load_data(frame, label_column="c")
    options = {**OPTIONS, "image_shape": list(data.sample_shape), "value_range": None}
    model = ganzoo.build("vanilla", **options)
    build = {"name": "vanilla", "dtype": "float32", "options": options}
    config = {"experiment": {}, "build": build, "data": {"fingerprint": "0"}}
    directory.write_config(folder, config)
    model.updates.count.assign(1)
    checkpoint.save(model, folder / "checkpoints")

    def load(value):
        (folder / "data.json").write_text(json.dumps(value))
        ganzoo.load(folder)

    return mutated_trees({"name": "table", "table": data.table.spec}), load


def _keras_config(folder):
    return _keras(folder, "config.json")


def _keras_weights(folder):
    return _keras(folder, "model.weights.h5")


def _keras(folder, member):
    tiny("vanilla", **{**OPTIONS, "g_hidden": (4,), "d_hidden": (4,)}).save(
        folder / "m.keras"
    )
    with zipfile.ZipFile(folder / "m.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}

    def load(value):
        tree = not isinstance(value, bytes | bytearray)
        data = json.dumps(value).encode() if tree else bytes(value)
        with zipfile.ZipFile(folder / "m.keras", "w") as archive:
            for name, content in {**members, member: data}.items():
                archive.writestr(name, content)
        ganzoo.load(folder / "m.keras")

    if member != "config.json":
        return mutated_bytes(members[member]), load
    trees = mutated_trees(json.loads(members[member]))
    return st.one_of(trees, mutated_bytes(members[member])), load


def _npz(folder):
    file = io.BytesIO()
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (4, 3, 3), "uint8")
    np.savez_compressed(file, x_train=images, y_train=np.arange(4))

    def load(data):
        (folder / "x.npz").write_bytes(data)
        load_data(folder / "x.npz")

    return mutated_bytes(file.getvalue()), load


def _npy(folder):
    return _array_file(folder / "x.npy", lambda path, x, y: np.save(path, x))


def _h5(folder):
    def write(path, x, y):
        with h5py.File(path, "w") as file:
            file.create_dataset("x_train", data=x, compression="gzip")
            file["y_train"] = [f"class {place}" for place in y % 2]

    return _array_file(folder / "x.h5", write)


def _array_file(path, write):
    images = np.random.default_rng(0).integers(0, 255, (4, 3, 3), "uint8")
    write(path, images, np.arange(4))

    def load(data):
        path.write_bytes(data)
        load_data(path)

    return mutated_bytes(path.read_bytes()), load


def _picture(folder, name):
    pixels = np.random.default_rng(0).integers(0, 255, (4, 4, 3), "uint8")
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(folder / name)


def _captions(folder):
    rows = [
        {"file": f"{i}.png", "caption": f"a round face {i}", "category": "abc"[i % 3]}
        for i in range(6)
    ]
    for row in rows:
        _picture(folder, row["file"])

    def load(data):
        (folder / "captions.jsonl").write_bytes(data)
        load_data(folder, split="all")

    return mutated_bytes("\n".join(map(json.dumps, rows)).encode()), load


def _zip(folder):
    with zipfile.ZipFile(folder / "first", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a/1.png", "a/2.png", "b/1.png"):
            _picture(folder / "images", name)
            archive.write(folder / "images" / name, name)

    def load(data):
        (folder / "x.zip").write_bytes(data)
        load_data(folder / "x.zip", cache_dir=folder / "cache")

    return mutated_bytes((folder / "first").read_bytes()), load


def _text(folder):
    def load(data):
        (folder / "x.txt").write_bytes(data)
        load_data(folder / "x.txt")

    return mutated_bytes("one line\nanother é\n\nthree\n".encode()), load


def _frame():
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(12, 2)).round(2)
    frame = pandas.DataFrame(numbers, columns=["a", "b"])
    return frame.assign(c=list("xyz") * 4, d=[True, False] * 6)


def _rows_of(ending, write):
    def kind(folder):
        write(_frame(), folder / "first")

        def load(data):
            (folder / f"x.{ending}").write_bytes(data)
            load_data(folder / f"x.{ending}", label_column="c")

        return mutated_bytes((folder / "first").read_bytes()), load

    return kind


def _table(folder):
    data = load_data(_frame(), label_column="c")

    def use(spec):
        table = Table.of(spec)
        table.data(_frame())
        table.snap(data.arrays["real"])

    return mutated_trees(data.table.spec), use


def _image(folder):
    rng = np.random.default_rng(0)
    pictures = []
    kinds = ("png", "jpeg", "gif", "tiff", "bmp", "ppm", "webp", "avif", "jpeg2000")
    for kind in (*kinds, "tga", *untrusted.heif_formats()):
        file = io.BytesIO()
        pixels = rng.integers(0, 255, (6, 6, 3), "uint8")
        Image.fromarray(pixels).save(file, kind)
        pictures.append(file.getvalue())

    def load(data):
        (folder / "x.tga").write_bytes(data)  # of that ending all formats are tried
        load_data(folder, image_size=4)

    return st.sampled_from(pictures).flatmap(mutated_bytes), load


def _weights(name):
    def kind(folder):
        data = (Path(__file__).parent / "fixtures" / f"{name}.pth").read_bytes()

        def load(data):
            (folder / "x.pth").write_bytes(data)
            for array in read_tensors(folder / "x.pth").values():
                array.sum()

        return mutated_bytes(data), load

    return kind


def _graph(folder):
    floats = np.arange(6, dtype="float32").reshape(2, 3)
    data = graphs.written({"a/w": floats, "b": np.float32(3)})

    def load(data):
        for array in parse_constants(data, "x.pb").values():
            array.sum()

    return mutated_bytes(data), load


KINDS = {
    "config": _config,
    "TOML file": _toml,
    "--set": _set,
    "options": _build,
    "config.json": _run_config,
    "checkpoint": _run_checkpoint,
    "checksum": _checksum,
    "metrics.jsonl": _log,
    ".keras config": _keras_config,
    ".keras weights": _keras_weights,
    "scores.jsonl": _scores,
    "health.jsonl": _health,
    "evaluation.json": _evaluation,
    "data.json": _card,
    ".npz": _npz,
    ".npy": _npy,
    "HDF5": _h5,
    "zip of images": _zip,
    "captions.jsonl": _captions,
    "lines of text": _text,
    "image": _image,
    "CSV": _rows_of("csv", lambda f, path: f.to_csv(path, index=False)),
    "Parquet": _rows_of("parquet", lambda f, path: f.to_parquet(path, index=False)),
    "schema of a table": _table,
    "weights of torch": _weights("torch_zip"),
    "older weights of torch": _weights("torch_old"),
    "graph of TensorFlow": _graph,
}


def fuzz(kind, folder, cases, seed=0) -> int:
    """Tries up to so many inputs of a kind; returns how many there were."""
    inputs, use = KINDS[kind](folder)
    count = 0

    @hypothesis.seed(seed)
    @settings(
        max_examples=cases,
        deadline=None,  # of the wall clock, which others share
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs)
    def case(value):
        nonlocal count
        count += 1
        busy = time.process_time()
        with ours():
            use(value)
        assert time.process_time() - busy < LIMIT

    case()
    return count
