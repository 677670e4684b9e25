"""Hostile inputs, each with what it gets; docs/safety.md is the table of them."""

import contextlib
import hashlib
import io
import json
import os
import pickle
import re
import shutil
import stat
import struct
import tarfile
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import graphs
import h5py
import keras
import numpy as np
import pyarrow
import pytest
import torch_files
from helpers import tiny
from PIL import Image
from prepared_sets import prepare
from pyarrow import parquet
from torch_files import read_tensors

import ganzoo
from ganzoo.cli import main as command
from ganzoo.cli.runs import experiment_of
from ganzoo.data import load_data
from ganzoo.plots import pictures
from ganzoo.runs import checkpoint, directory
from ganzoo.runs.config_files import load_config
from ganzoo.runs.experiment import Experiment, from_dict
from ganzoo.runs.log import drop_after, read_rows
from ganzoo.utils import files, torch_file, untrusted
from ganzoo.utils.graph_file import parse_constants

ROOT = Path(__file__).parents[2]
SMALL = {"g_hidden": [8], "d_hidden": [8], "latent_dim": 4, "normalize": False}


@pytest.fixture(scope="module")
def model():
    return tiny("vanilla", **{**SMALL, "g_hidden": (8,), "d_hidden": (8,)})


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    model.save(path)
    return path


@pytest.fixture
def sprung(tmp_path):
    """A file that hostile input tries to make; at the end it is not there."""
    path = tmp_path / "sprung"
    yield path
    assert not path.exists()


def _members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _pack(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def _refused(path, message):
    with pytest.raises(ValueError, match=message) as error:
        ganzoo.load(path)
    assert str(path) in str(error.value)


# --- .keras files -----------------------------------------------------------------


def _with_object(saved, path, value):
    """The model's file with `value` in place of its generator."""
    members = _members(saved)
    config = json.loads(members["config.json"])
    config["config"]["generator"] = value
    return _pack(path, {**members, "config.json": json.dumps(config)})


def _keras_object(module, name, config, registered=None):
    return {
        "module": module,
        "class_name": name,
        "config": config,
        "registered_name": registered,
    }


def _system(sprung):
    return f"touch {sprung}"


OBJECTS = {
    "os.system": lambda sprung: _keras_object("os", "system", _system(sprung)),
    "subprocess": lambda sprung: _keras_object(
        "subprocess", "Popen", {"args": ["touch", str(sprung)]}, "Popen"
    ),
    "registered name of another": lambda sprung: _keras_object(
        "os", "system", _system(sprung), "ganzoo>system"
    ),
    "get_file": lambda sprung: _keras_object(
        "keras.utils", "get_file", {"origin": "file:///etc/passwd"}
    ),
    "inner module": lambda sprung: _keras_object(
        "keras.src.saving.saving_api", "load_model", {"filepath": "x"}
    ),
    "import": lambda sprung: _keras_object("antigravity", "fly", {}),
    "no module": lambda sprung: {"class_name": "__typespec__", "config": "os.system"},
    "lambda value": lambda sprung: {
        "class_name": "__lambda__",
        "config": {"value": "4wEAAAA="},
    },
    "lambda of a registered name": lambda sprung: _keras_object(
        "builtins", "__lambda__", {"value": "4wEAAAA="}, "ganzoo>BatchNorm"
    ),
    "type of a registered name": lambda sprung: _keras_object(
        "os", "__typespec__", "os.system", "ganzoo>BatchNorm"
    ),
    "function of a registered name": lambda sprung: _keras_object(
        "os", "function", "system", "ganzoo>BatchNorm"
    ),
    "class of builtins": lambda sprung: _keras_object("builtins", "eval", {}),
}


@pytest.mark.parametrize("kind", OBJECTS)
def test_keras_file_that_names_another_thing(kind, saved, tmp_path, sprung):
    path = _with_object(saved, tmp_path / "m.keras", OBJECTS[kind](sprung))
    _refused(path, "it names .* which is not allowed")


@pytest.mark.parametrize("layer", sorted(untrusted.CODE_LAYERS))
def test_keras_file_with_a_layer_that_runs_code(layer, saved, tmp_path):
    value = _keras_object("keras.layers", layer, {})
    path = _with_object(saved, tmp_path / "m.keras", value)
    _refused(path, f"keras.layers.{layer}, which is not allowed$")


def test_keras_file_with_a_class_of_ones_own_is_told_to_import_it(saved, tmp_path):
    value = _keras_object("mine.layers", "Own", {})
    path = _with_object(saved, tmp_path / "m.keras", value)
    _refused(path, "mine.layers.Own, which is not allowed; import the module")


def test_keras_file_with_a_true_lambda(tmp_path, sprung):
    def trap(x):
        sprung.touch()
        return x

    network = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(trap)])
    sprung.unlink()  # building it has called it
    network.save(tmp_path / "m.keras")
    _refused(tmp_path / "m.keras", "Lambda, which is not allowed")


def test_keras_file_of_another_model(tmp_path):
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]).save(
        tmp_path / "m.keras"
    )
    _refused(tmp_path / "m.keras", "no model of ganzoo, but a Sequential")


@pytest.mark.parametrize(
    "name", ["../evil", "/tmp/evil", "assets/../../evil", "assets/a", "pickle.pkl"]
)
def test_keras_file_with_other_members(name, saved, tmp_path):
    path = _pack(tmp_path / "m.keras", {**_members(saved), name: b"x"})
    _refused(path, "it holds .*" + re.escape(name))
    assert [p.name for p in tmp_path.iterdir()] == ["m.keras"]


def test_keras_file_that_is_a_zip_bomb(saved, tmp_path):
    members = {**_members(saved), "model.weights.h5": bytes(10**7)}
    path = _pack(tmp_path / "m.keras", members, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 10**5
    _refused(path, "it is compressed")


def test_keras_file_with_a_member_twice(saved, tmp_path):
    path = shutil.copy(saved, tmp_path / "m.keras")
    with pytest.warns(UserWarning, match="Duplicate"):
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("config.json", "{}")
    _refused(path, "twice")


def _declare(stored, path):
    stored.create_dataset("bomb", (2**40,), "f4")


def _compress(stored, path):
    stored.create_dataset("bomb", data=np.zeros(10**7), compression="gzip")


def _outside(stored, path):
    stored.create_dataset("bomb", (4,), "u1", external=[("/etc/passwd", 0, 4)])


def _virtual(stored, path):
    layout = h5py.VirtualLayout((4,), "u1")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (4,))
    stored.create_virtual_dataset("bomb", layout)


def _unwritten(stored, path):
    stored.create_dataset("bomb", (4,), "u1", chunks=(2,), fillvalue=7)[:2] = 1


def _soft(stored, path):
    stored["bomb"] = h5py.SoftLink("/")


def _external(stored, path):
    stored["bomb"] = h5py.ExternalLink("/etc/passwd", "/")


def _objects(stored, path):
    stored.create_dataset("bomb", data=["text"], dtype=h5py.string_dtype())


HOSTILE = pytest.mark.parametrize(
    "arm,message",
    [
        (_declare, "declares more than the file has"),
        (_compress, "declares more than the file has"),
        (_outside, "lies in another file"),
        (_virtual, "lies in another file"),
        (_objects, "lies in another file"),
        (_unwritten, "never written"),
        (_soft, "hold a link"),
        (_external, "hold a link"),
    ],
)


@HOSTILE
def test_keras_file_with_hostile_weights(arm, message, saved, tmp_path):
    members = _members(saved)
    file = io.BytesIO(members["model.weights.h5"])
    with h5py.File(file, "a") as stored:
        arm(stored.require_group("a/b"), tmp_path)
    members["model.weights.h5"] = file.getvalue()
    _refused(_pack(tmp_path / "m.keras", members), message)


@HOSTILE
def test_weights_of_keras_that_are_hostile(arm, message, tmp_path):
    file = io.BytesIO()
    with h5py.File(file, "w") as stored:
        stored["a/vars/0"] = np.arange(6.0)
    sound = untrusted.read_weights(file.getvalue(), "x.h5")
    np.testing.assert_array_equal(sound["a/vars/0"], np.arange(6.0))
    with pytest.raises(ValueError, match="^x.h5 holds no weights of Keras"):
        untrusted.read_weights(file.getvalue()[:-8], "x.h5")
    with h5py.File(file, "a") as stored:
        arm(stored.require_group("a/b"), tmp_path)
    with pytest.raises(ValueError, match=f"x.h5 holds no weights.*{message}"):
        untrusted.read_weights(file.getvalue(), "x.h5")


@pytest.mark.parametrize(
    "config,message",
    [
        (b"[" * 100_000, "is damaged"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "nested more than 200 deep"),
        (b'{"a": ' + b"9" * 5000 + b"}", "is damaged"),
        (b'{"a": ' + b"9" * 30 + b"}", "beyond 64 bits"),
        (b"[]", "no table"),
        (b"\xff\xfe", "is damaged"),
    ],
)
def test_keras_file_with_a_hostile_config(config, message, saved, tmp_path):
    members = {**_members(saved), "config.json": config}
    _refused(_pack(tmp_path / "m.keras", members), message)


@pytest.mark.parametrize("name", ["m.keras", "m.tar", "m.h5", "m.tf"])
def test_a_tar_archive_is_not_unpacked(name, tmp_path):
    with tarfile.open(tmp_path / name, "w") as archive:
        info = tarfile.TarInfo("../evil")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"x"))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(link)
    _refused(tmp_path / name, "holds no model")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_h5_model_is_refused_whatever_it_holds(tmp_path):
    network = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x)])
    keras.saving.save_model(network, tmp_path / "m.h5")
    _refused(tmp_path / "m.h5", "holds no model")


# --- run directories --------------------------------------------------------------


@pytest.fixture
def run(model, tmp_path):
    """A run directory with one checkpoint, as training leaves it."""
    path = tmp_path / "run"
    path.mkdir()
    build = {
        "name": "vanilla",
        "dtype": "float32",
        "options": {"image_shape": [8, 8, 1], **SMALL},
    }
    config = {"experiment": {}, "build": build, "data": {"fingerprint": "0"}}
    directory.write_config(path, config)
    model.updates.count.assign(3)
    checkpoint.save(model, path / "checkpoints")
    assert ganzoo.load(path).step == 3
    return path


def _set_build(run, **changes):
    config = json.loads((run / "config.json").read_text())
    config["build"] |= changes
    (run / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize(
    "changes,message",
    [
        ({"name": "os.system"}, "Unknown model"),
        ({"name": "../../evil"}, "Unknown model"),
        ({"name": ["vanilla"]}, "wrong type"),
        ({"dtype": "os.system"}, "Unknown dtype"),
        ({"options": ["x"]}, "wrong type"),
        ({"options": {"model": "os.system"}}, "Unknown option"),
        ({"options": {"generator": {"class_name": "Lambda"}}}, "Unknown option"),
        ({"options": {"g_hidden": {"class_name": "Lambda"}}}, "plain values"),
        ({"options": {"loss": {"name": "os.system"}}}, "Unknown loss"),
        ({"options": {"d_optimizer": {"name": "os.system"}}}, "Unknown optimizer"),
        ({"options": {"network": {"name": "../mlp"}}}, "Unknown network"),
        ({"options": {"latent_dim": 2**62}}, "unfit value"),
        ({"options": {"latent_dim": -1}}, "whole number"),
    ],
)
def test_run_with_a_hostile_config(changes, message, run):
    _set_build(run, **changes)
    with pytest.raises(ValueError, match=message):
        ganzoo.load(run)


@pytest.mark.parametrize("module", ["os", "keras.layers"])
def test_run_whose_initializer_is_an_object(module, run, sprung):
    spec = _keras_object(module, "Lambda", _system(sprung))
    network = {"name": "mlp", "g_initializer": spec}
    _set_build(run, options={"image_shape": [8, 8, 1], "network": network})
    with pytest.raises(ValueError, match="no tables with a class_name"):
        ganzoo.load(run)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 50, "9" * 5000, "null"])
def test_run_with_a_config_that_is_no_table(text, run):
    (run / "config.json").write_text(text)
    with pytest.raises(ValueError, match="config.json is damaged"):
        ganzoo.load(run)


def test_run_with_a_duplicate_key_takes_the_last(run):
    text = (run / "config.json").read_text()
    again = text.rstrip().removesuffix("}") + ', "format": 99}'
    (run / "config.json").write_text(again)
    with pytest.raises(ValueError, match="format 99"):
        ganzoo.load(run)


def test_run_with_an_endless_config(run, monkeypatch):
    monkeypatch.setattr(untrusted, "MAX_TEXT", 100)
    with pytest.raises(ValueError, match="more than the 100 bytes allowed"):
        ganzoo.load(run)


def _sign(run):
    """Makes the checksum right again: anyone can."""
    (path,) = (run / "checkpoints").glob("*.npz")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".json").write_text(json.dumps({"step": 3, "sha256": digest}))


def _npy(shape, dtype="<f4", data=b""):
    file = io.BytesIO()
    header = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + data


@pytest.mark.parametrize(
    "members,message",
    [
        ({"a.npy": _npy((2**40,))}, "declares 4398046511104 bytes and holds 0"),
        ({"a.npy": _npy((2**62, 2**62))}, "declares"),
        ({"a.npy": _npy((-1,))}, "not one of ganzoo"),
        ({"a.npy": _npy((1,), "|O", b"cos\nsystem\n.")}, "allow_pickle=False"),
        ({"a.npy": b"no array"}, "not one of ganzoo"),
        ({"../evil.npy": _npy((1,), data=bytes(4))}, "belongs to another model"),
        ({}, "belongs to another model"),
    ],
)
def test_run_with_a_hostile_checkpoint(members, message, run):
    (path,) = (run / "checkpoints").glob("*.npz")
    _pack(path, members)
    _sign(run)
    with pytest.raises(ValueError, match=message):
        ganzoo.load(run)
    assert not (run.parent / "evil.npy").exists()


def test_run_with_a_compressed_checkpoint_that_is_a_bomb(run):
    (path,) = (run / "checkpoints").glob("*.npz")
    member = {"a.npy": _npy((10**7,), "|u1", bytes(10**7))}
    _pack(path, member, zipfile.ZIP_DEFLATED)
    _sign(run)
    with pytest.raises(ValueError, match="bytes, more than the .* allowed"):
        ganzoo.load(run)


def test_run_with_weights_of_another_type(run, model):
    (path,) = (run / "checkpoints").glob("*.npz")
    with np.load(path) as stored:
        arrays = {name: np.zeros(a.shape, "float16") for name, a in stored.items()}
    np.savez(path, **arrays)
    _sign(run)
    with pytest.raises(ValueError, match="belongs to another model"):
        ganzoo.load(run)


@pytest.mark.parametrize("digest", ["null", "[]", '{"sha256": 3}', '{"sha256": "0"}'])
def test_run_with_a_wrong_checksum(digest, run):
    (path,) = (run / "checkpoints").glob("*.json")
    path.write_text(digest)
    with pytest.warns(UserWarning, match="damaged"):
        with pytest.raises(ValueError, match="no sound checkpoint, but"):
            ganzoo.load(run)


@pytest.mark.filterwarnings("ignore:The file")
@pytest.mark.parametrize(
    "name,message",
    [
        ("config.json", "neither a run directory"),
        ("checkpoints/step_00000003.npz", "no sound checkpoint, but"),
        ("checkpoints/step_00000003.json", "no sound checkpoint, but"),
    ],
)
def test_run_with_a_pipe_does_not_wait(name, message, run):
    (run / name).unlink()
    os.mkfifo(run / name)
    with pytest.raises(ValueError, match=message):
        ganzoo.load(run)


LINKS = [".lock", ".config.1.json", "metrics.jsonl", "health.jsonl", "samples", "x"]


@pytest.mark.parametrize("name", LINKS)
def test_training_in_a_run_with_a_link_is_refused(name, run, tmp_path):
    target = tmp_path / "mine"
    target.write_text("mine")
    (run / name).symlink_to(target)
    with pytest.raises(ValueError, match=f"link or a pipe: {name}"):
        with directory.claim(run):
            pass
    assert target.read_text() == "mine"


def test_training_in_a_run_with_a_pipe_is_refused(run):
    os.mkfifo(run / "health.jsonl")
    with pytest.raises(ValueError, match="link or a pipe: health.jsonl"):
        with directory.claim(run):
            pass


def test_a_write_follows_no_link(tmp_path):
    target = tmp_path / "mine"
    target.write_text("mine")
    (tmp_path / f".file.{os.getpid()}").symlink_to(target)
    (tmp_path / "file").symlink_to(target)
    files.write_atomically(tmp_path / "file", b"new")
    assert target.read_text() == "mine"
    assert (tmp_path / "file").read_bytes() == b"new"
    assert not (tmp_path / "file").is_symlink()


@pytest.mark.parametrize(
    "line",
    [b"[1]", b'{"step": "x"}', b"{", b"\xff", b"[" * 99_999, b'{"step":1,"a":"b'],
)
def test_damaged_lines_of_a_log_are_skipped_and_kept(line, tmp_path):
    path = tmp_path / "metrics.jsonl"
    content = b'{"step": 1}\n' + line + b'\n{"step": 3}\n{"step": 5}\n'
    path.write_bytes(content)
    with pytest.warns(UserWarning, match=r"metrics.jsonl: skipped damaged lines \(2\)"):
        assert read_rows(path) == [{"step": 1}, {"step": 3}, {"step": 5}]
    with pytest.warns(UserWarning, match="skipped damaged lines"):
        assert drop_after(path, 3) == {"step": 3}
    assert path.read_bytes() == b'{"step": 1}\n{"step": 3}\n'
    assert path.with_name("metrics.jsonl.damaged").read_bytes() == content


def test_a_last_line_that_is_cut_off_is_no_damage(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"step": 1}\n{"step": 3}\n{"st')
    assert drop_after(path, 9) == {"step": 3}
    assert [file.name for file in tmp_path.iterdir()] == ["metrics.jsonl"]


def test_an_endless_log_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"step": 1}\n' * 100)
    monkeypatch.setattr("ganzoo.runs.log.MAX_LOG", 1000)
    with pytest.raises(ValueError, match="more than the 1000 bytes allowed"):
        read_rows(path)


def test_a_line_without_end_is_one_damaged_line(tmp_path):
    """It is read in blocks, whatever its length."""
    path = tmp_path / "metrics.jsonl"
    with open(path, "wb") as file:
        file.write(b'{"step": 1}\n')
        file.truncate(2**28)  # zeros
        file.seek(0, 2)
        file.write(b'\n{"step": 3}\n')
    tracemalloc.start()
    with pytest.warns(UserWarning, match=r"skipped damaged lines \(2\)"):
        assert read_rows(path) == [{"step": 1}, {"step": 3}]
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


# --- configs ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text,message",
    [
        ("a = " + "[" * 100_000, "not valid TOML"),
        ("options = " + "{a=" * 50 + "1" + "}" * 50, "nested more than 20 deep"),
        ("steps = " + "9" * 5000, "not valid TOML"),
        ("steps = " + "9" * 30, "beyond 64 bits"),
        ("steps = 3000000000", "below 2"),
        ("seed = -1", "whole number from 0"),
        ("steps = 1\nsteps = 2", "not valid TOML"),
        ("steps = true", "must be int"),
        ("steps = 1979-05-27", "holds a date"),
        ("workdir = '../../evil'", "Unknown config key 'workdir'"),
        ("model: !!python/object/apply:os.system ['true']", "not valid TOML"),
        ('__class__ = "x"', "Unknown config key"),
        ("\ufeff\u202esteps = 1", "not valid TOML"),
    ],
)
def test_hostile_toml(text, message, tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ValueError, match=message):
        from_dict(load_config(str(path)))


@pytest.mark.parametrize("name", ["../setup", "/etc/passwd", "a.yaml", "x\0.toml", ""])
def test_names_of_configs_that_are_none(name):
    with pytest.raises(ValueError, match="config"):
        load_config(name)


@pytest.mark.parametrize("name", ["../evil", "../../evil", "a/../../evil", ".."])
def test_default_run_directory_stays_in_runs(name, monkeypatch, tmp_path):
    used = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "ganzoo.training.train.train",
        lambda _, workdir, **settings: used.append(workdir),
    )
    command.run(command.parse(["ganzoo", "train", "vanilla", f"--dataset={name}"]))
    assert used[0].resolve().parent == tmp_path / "runs"
    with pytest.raises(SystemExit, match="Unknown model"):
        command.run(command.parse(["ganzoo", "train", name]))


@pytest.mark.parametrize(
    "assignment", ["a=" + "[" * 100_000, "a=" + "9" * 5000, "a.b.c=1\n[x]\ny=2"]
)
def test_hostile_set(assignment):
    arguments = command.parse(["ganzoo", "train", "vanilla", f"--set={assignment}"])
    with pytest.raises(ValueError, match="An option is set as|Unknown option"):
        experiment = experiment_of(arguments)
        ganzoo.build(experiment.model, **experiment.options)


# --- data sets --------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["mnist/..", "mnist/../x", "../mnist", "mnist:..", "a/b/c", "ns:mnist/x:1.*.0/.."],
)
def test_names_of_tfds_sets_are_no_paths(name, tmp_path):
    with pytest.raises(ValueError, match="Unknown data set"):
        load_data(name, data_dir=tmp_path)


@pytest.mark.parametrize("name", ["x" * 5000, "~nobody-here/x", "a\0b"])
def test_names_that_no_file_can_have(name, tmp_path):
    with pytest.raises(ValueError, match="data set"):
        load_data(name, data_dir=tmp_path)


@pytest.mark.parametrize("key", ["pythonClassName", "type"])
def test_prepared_set_that_names_a_module(key, tmp_path):
    """TFDS imports what features.json names."""
    folder = tmp_path / "mine" / "1.0.0"
    folder.mkdir(parents=True)
    (folder / "dataset_info.json").write_text('{"name": "mine", "version": "1.0.0"}')
    inner = {key: "antigravity.fly", "content": {}}
    (folder / "features.json").write_text(json.dumps({"featuresDict": {"x": inner}}))
    with pytest.raises(ValueError, match="those of TFDS itself.*antigravity.fly"):
        load_data("mine", data_dir=tmp_path)


@pytest.mark.parametrize("link", ["1.0.0", "default/1.0.0", "1.0.0/features.json"])
def test_prepared_set_that_is_reached_through_a_link(link, tmp_path):
    """The folder that is linked names a module, and is not below the set."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    inner = {"pythonClassName": "antigravity.fly", "content": {}}
    features = json.dumps({"featuresDict": {"x": inner}})
    (elsewhere / "features.json").write_text(features)
    (elsewhere / "dataset_info.json").write_text('{"name": "mine", "version": "1.0.0"}')
    path = tmp_path / "sets" / "mine" / link
    path.parent.mkdir(parents=True)
    path.symlink_to(elsewhere / path.name if path.suffix == ".json" else elsewhere)
    shutil.copy(elsewhere / "dataset_info.json", tmp_path / "sets/mine")
    (tmp_path / "sets/mine/1.0.1").mkdir()
    shutil.copy(elsewhere / "dataset_info.json", tmp_path / "sets/mine/1.0.1")
    name = "mine/default" if "default" in link else "mine"
    with pytest.raises(ValueError, match=f"Received a link: {path}"):
        load_data(name, data_dir=tmp_path / "sets")


def test_prepared_set_of_another_spelling(tmp_path):
    """TFDS would read the folder my_set for the name MySet."""
    for name in ("MySet", "my_set"):
        (tmp_path / name / "1.0.0").mkdir(parents=True)
        (tmp_path / name / "1.0.0/dataset_info.json").write_text("{}")
    inner = {"pythonClassName": "antigravity.fly", "content": {}}
    features = json.dumps({"featuresDict": {"x": inner}})
    (tmp_path / "my_set/1.0.0/features.json").write_text(features)
    with pytest.raises(ValueError, match="Unknown data set.*Received: 'MySet'"):
        load_data("MySet", data_dir=tmp_path)


@pytest.mark.parametrize("name", ["dataset_info.json", "features.json", "tfrecord"])
@pytest.mark.parametrize("cut", [False, True])
def test_prepared_set_that_is_damaged(name, cut, tmp_path):
    prepare(tmp_path)
    (path,) = [p for p in tmp_path.rglob(f"*{name}*") if "test" not in p.name]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content[: len(content) // 2] if cut else content)
    with pytest.raises(ValueError, match="tiny"):
        load_data("tiny", data_dir=tmp_path, cache_dir=tmp_path / "cache")


@pytest.mark.parametrize("size", [(9000, 9000), (2**31 - 1, 2**31 - 1)])
def test_prepared_set_with_an_image_bomb(size, tmp_path):
    prepare(tmp_path, shape=(None, None, 1), png=_png(*size))
    with pytest.raises(ValueError, match="The TFDS set 'tiny' .* is damaged"):
        load_data("tiny", data_dir=tmp_path, image_size=4, cache_dir=tmp_path / "cache")


@pytest.mark.parametrize("linked", ["images", "images/a.png"])
def test_captions_that_reach_images_through_a_link(linked, tmp_path):
    outside, folder = tmp_path / "outside", tmp_path / "set"
    for path in (outside / "images", folder):
        path.mkdir(parents=True)
    Image.new("L", (4, 4)).save(outside / "images/a.png")
    (folder / linked).parent.mkdir(exist_ok=True)
    (folder / linked).symlink_to(outside / linked)
    row = {"file": "images/a.png", "caption": "a grey square"}
    (folder / "captions.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(ValueError, match="line 1 names a file that is reached through"):
        load_data(folder)
    (folder / linked).unlink()
    shutil.copytree(outside / "images", folder / "images", dirs_exist_ok=True)
    assert len(load_data(folder, split="all")) == 1
    shutil.move(folder / "captions.jsonl", outside)
    (folder / "captions.jsonl").symlink_to(outside / "captions.jsonl")
    with pytest.raises(ValueError, match="captions.jsonl is a link"):
        load_data(folder)


def _png(width, height):
    """A PNG of a few bytes that declares so many pixels."""

    def chunk(kind, data):
        body = kind + data
        crc = struct.pack(">I", zlib.crc32(body))
        return struct.pack(">I", len(data)) + body + crc

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(9000, 9000), (2**31 - 1, 1), (2**31 - 1, 2**31 - 1)])
def test_image_bomb(size, tmp_path):
    (tmp_path / "bomb.png").write_bytes(_png(*size))
    with pytest.raises(ValueError, match="No usable image.*bomb.png"):
        load_data(tmp_path)
    Image.new("L", (4, 4)).save(tmp_path / "good.png")
    with pytest.warns(UserWarning, match="Skipped 1.*bomb.png"):
        assert len(load_data(tmp_path)) == 1
    with pytest.raises((ValueError, Image.DecompressionBombError)):
        pictures.read_png(tmp_path / "bomb.png")


POSTSCRIPT = b"""%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 0 0 8 8
%%EndComments
showpage
%%EOF
"""


@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.tif", "x.ppm", "x.webp"])
def test_postscript_under_the_name_of_an_image(name, tmp_path, monkeypatch):
    """Ghostscript never starts: a program of its name would leave a trace."""
    trace = tmp_path / "started"
    for program in ("gs", "gswin32c", "gswin64c"):
        (tmp_path / program).write_text(f"#!/bin/sh\ntouch {trace}\n")
        (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / name).write_bytes(POSTSCRIPT)
    with pytest.raises(OSError, match="cannot identify image file"):
        with untrusted.open_image(folder / name) as image:
            image.load()
    with pytest.raises(ValueError, match=f"No usable image.*{name}"):
        load_data(str(folder), image_size=8)
    assert not trace.exists()


def test_image_folder_with_links_and_pipes(tmp_path):
    """A link to an image is an image; a pipe is not waited for, a device not read."""
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    Image.new("L", (4, 4)).save(outside / "a.png")
    (folder / "linked.png").symlink_to(outside / "a.png")
    (folder / "loop").symlink_to(folder)
    (folder / "elsewhere").symlink_to(outside)
    (folder / "zero.png").symlink_to("/dev/zero")
    (folder / "secret.png").symlink_to("/etc/passwd")
    (folder / "gone.png").symlink_to("/nowhere")
    os.mkfifo(folder / "pipe.png")
    with pytest.warns(UserWarning, match="Skipped 4"):
        data = load_data(folder)
    assert len(data) == 1


def _h5_external(file, tmp_path):
    (tmp_path / "outside").write_bytes(b"secret!!")
    file.create_dataset(
        "x_train", (1, 8), "|u1", external=[(tmp_path / "outside", 0, 8)]
    )


def _h5_virtual(file, tmp_path):
    layout = h5py.VirtualLayout((1, 8), "|u1")
    layout[:] = h5py.VirtualSource(tmp_path / "outside.h5", "x", (1, 8))
    file.create_virtual_dataset("x_train", layout)


def _h5_objects(file, tmp_path):
    file.create_dataset("x_train", (1,), h5py.vlen_dtype(np.uint8))


def _h5_links(file, tmp_path):
    file["x_train"] = h5py.ExternalLink(tmp_path / "outside.h5", "x")
    file["y_train"] = h5py.SoftLink("/other")


def _h5_filter(file, tmp_path):
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_chunk((1, 8))
    plan.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (1,))
    space = h5py.h5s.create_simple((1, 8))
    h5py.h5d.create(file.id, b"x_train", h5py.h5t.STD_U8LE, space, plan)


def _h5_unwritten(file, tmp_path):
    """One of two blocks was never written, and is filled as the file says."""
    array = file.create_dataset("x_train", (2, 8), "|u1", chunks=(1, 8), fillvalue=7)
    array[0] = 1


def _h5_zeros(file, tmp_path):
    file.create_dataset("x_train", data=np.zeros((2**18, 8), "|u1"), compression=9)


def _h5_null(file, tmp_path):
    file.create_dataset("x_train", data=h5py.Empty("u1"))


def _h5_huge(file, tmp_path):
    file.create_dataset("x_train", (2**45, 8), "|u1", chunks=(1, 8))


def test_hdf5_set_whose_texts_share_their_bytes(tmp_path, monkeypatch):
    """400 texts of 500 kB, of which the file holds one."""
    path, text = tmp_path / "x.h5", "x" * 500_000
    with h5py.File(path, "w") as file:
        file["x_train"] = np.zeros((400, 2), "uint8")
        labels = file.create_dataset("y_train", (400,), h5py.string_dtype())
        labels[:] = [text] + ["other"] * 399
    with h5py.File(path) as file:
        begin = file["y_train"].id.get_offset()
    content = bytearray(path.read_bytes())
    content[begin : begin + 16 * 400] = content[begin : begin + 16] * 400
    path.write_bytes(content)
    monkeypatch.setattr(untrusted, "_memory", lambda: 2**24)
    tracemalloc.start()
    with pytest.raises(ValueError, match="Cannot read .*x.h5.*texts of .* bytes, more"):
        load_data(path)
    assert tracemalloc.get_traced_memory()[1] < 2**26
    tracemalloc.stop()


@pytest.mark.parametrize(
    "arm,message",
    [
        (_h5_external, "lies in another file"),
        (_h5_virtual, "lies in another file"),
        (_h5_objects, "holds objects"),
        (_h5_links, r"x_train \(a link\), y_train \(a link\)"),
        (_h5_filter, "compressed by a plug-in"),
        (_h5_huge, "never written"),
        (_h5_null, "'x_train' holds nothing"),
        (_h5_zeros, "bytes, more than"),
        (_h5_unwritten, "'x_train' has parts that were never written"),
    ],
)
def test_hdf5_set_that_is_hostile(arm, message, tmp_path, monkeypatch):
    monkeypatch.setattr(untrusted, "_memory", lambda: 2**20)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        arm(file, tmp_path)
    with pytest.raises(ValueError, match=f"Cannot read .*x.h5.*{message}"):
        load_data(tmp_path / "x.h5")


def _endless_header(path):
    path.write_text("a" * 200_000 + ",b\n1,2\n")


def _many_columns(path):
    path.write_text("a," * 5000 + "\n")


@pytest.mark.parametrize(
    "arm,message",
    [
        (os.mkfifo, "no regular file"),
        (lambda path: path.write_bytes(bytes(1001)), "more than the 1000 bytes"),
        (_endless_header, "its first line is damaged"),
        (_many_columns, "5001 columns; 1 to 4096"),
        (lambda path: path.write_bytes(b"\xff\xfe,b\n1,2\n"), "'utf-8' codec"),
        (lambda path: path.write_text("a,b\n1,2,3\n"), "Length of header"),
        (lambda path: path.write_text('a,b\n1,"2\n' * 9), "EOF inside string|expected"),
    ],
)
def test_table_of_text_that_is_hostile(arm, message, tmp_path, monkeypatch):
    if "1000" in message:
        monkeypatch.setattr(untrusted, "_memory", lambda: 8000)
    arm(tmp_path / "x.csv")
    with pytest.raises(ValueError, match=f"Cannot read .*x.csv.*({message})"):
        load_data(tmp_path / "x.csv")


def _parquet(table, **settings):
    return lambda path: parquet.write_table(pyarrow.table(table), path, **settings)


def _cut_parquet(path):
    _parquet({"a": list(range(100))})(path)
    path.write_bytes(path.read_bytes()[:-20])


def _zeros(path):
    """A parquet file that unpacks to a thousand times its size."""
    zeros = pyarrow.array(np.zeros(2**20))
    _parquet({"a": zeros}, compression="zstd", use_dictionary=False)(path)
    assert path.stat().st_size < 2**13


@pytest.mark.parametrize(
    "arm,message",
    [
        (os.mkfifo, "no regular file"),
        (_parquet({"a": [[1]]}), "column 'a' holds list"),
        (_parquet({"a": [{"b": 1}]}), "column 'a' holds struct"),
        (_parquet({"a": [b"pickle"]}), "column 'a' holds binary"),
        (_parquet({f"{i}": [1] for i in range(4097)}), "4097 columns"),
        (_cut_parquet, "it is damaged"),
        (lambda path: path.write_bytes(b"PAR1" * 9), "it is damaged"),
        (_zeros, "bytes, more than the 1048576 allowed"),
    ],
)
def test_parquet_that_is_hostile(arm, message, tmp_path, monkeypatch):
    if arm is _zeros:
        monkeypatch.setattr(untrusted, "_memory", lambda: 2**20)
    arm(tmp_path / "x.parquet")
    with pytest.raises(ValueError, match=f"Cannot read .*x.parquet.*{message}"):
        load_data(tmp_path / "x.parquet")


def test_parquet_whose_rows_are_one_long_text(tmp_path, monkeypatch):
    """In dictionary code the text stands once: 2,000 rows of 100 kB in 10 kB."""
    code = pyarrow.array(np.zeros(2000, "int32"))
    rows = pyarrow.DictionaryArray.from_arrays(code, ["x" * 100_000, "y"])
    table, path = pyarrow.table({"a": rows}), tmp_path / "x.parquet"
    parquet.write_table(table, path, compression="zstd", store_schema=False)
    assert path.stat().st_size < 20_000
    monkeypatch.setattr(untrusted, "_memory", lambda: 2**24)
    pool = pyarrow.default_memory_pool()
    before = pool.bytes_allocated()
    with pytest.raises(
        ValueError, match="Cannot read .*its texts would take 200000000"
    ):
        load_data(path)
    assert pool.max_memory() - before < 2**26


def test_parquet_whose_metadata_name_types(tmp_path):
    """Neither pandas' own metadata nor names of extensions decide what is made."""
    rows = [f"{i % 3}" for i in range(20)]
    kind = {"ARROW:extension:name": "arrow.py_extension_type"}
    kind["ARROW:extension:metadata"] = pickle.dumps(os.system)
    field = pyarrow.field("a", pyarrow.string(), metadata=kind)
    about = {"pandas": json.dumps({"index_columns": ["a"], "columns": [{"name": "a"}]})}
    schema = pyarrow.schema([field, ("b", pyarrow.float64())], metadata=about)
    table = pyarrow.table([rows, np.arange(20) / 4], schema=schema)
    parquet.write_table(table, tmp_path / "x.parquet")
    found = load_data(tmp_path / "x.parquet").table
    assert [column.name for column in found.columns] == ["a", "b"]
    assert found.columns[0].values == ("0", "1", "2")


@pytest.mark.parametrize(
    "table", [{"columns": 3}, {"columns": [{"kind": "os.system"}]}, "x", [1]]
)
def test_run_and_file_with_a_hostile_table(table, run, saved, tmp_path):
    (run / "data.json").write_text(json.dumps({"table": table}))
    with pytest.raises(ValueError, match="schema of the table is damaged"):
        ganzoo.load(run)
    members = _members(saved)
    config = json.loads(members["config.json"])
    config["config"]["table"] = table
    members["config.json"] = json.dumps(config).encode()
    _pack(tmp_path / "model.keras", members)
    with pytest.raises(ValueError, match="schema of the table is damaged"):
        ganzoo.load(tmp_path / "model.keras")


def _zip_of(path, *names, data=b"", mode=0, flags=0):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + 8] |= flags
    path.write_bytes(content)


@pytest.mark.parametrize(
    "arm,message",
    [
        ({"names": ["../evil.png"]}, "leaves the folder"),
        ({"names": ["/tmp/evil.png"]}, "leaves the folder"),
        ({"names": ["a\\..\\evil.png"]}, "leaves the folder"),
        ({"names": ["C:evil.png"]}, "leaves the folder"),
        ({"names": ["a.png"], "mode": stat.S_IFLNK | 0o777}, "a link"),
        ({"names": ["a.png"], "flags": 1}, "an encrypted archive"),
        ({"names": ["a.png"], "data": bytes(2**27)}, "bytes unpacked, more than"),
        ({"names": [f"{i}.png" for i in range(5)]}, "5 members; 4 are allowed"),
        ({"names": ["a.png", "a.png/b.png"]}, "File exists"),
    ],
)
def test_zip_of_images_that_is_hostile(arm, message, tmp_path, monkeypatch):
    monkeypatch.setattr(untrusted, "MAX_MEMBERS", 4)
    names = arm.pop("names")
    _zip_of(tmp_path / "x.zip", *names, **arm)
    with pytest.raises(ValueError, match=f"Cannot unpack .*x.zip.*{message}"):
        load_data(tmp_path / "x.zip", cache_dir=tmp_path / "cache")
    left = {path.name for path in tmp_path.rglob("*") if path.suffix != ".lock"}
    assert left == {"x.zip", "cache"}


@pytest.mark.parametrize(
    "content,message",
    [
        (_npy((2**45, 8, 8), "|u1", bytes(100)), "mmap length|too large|No space"),
        (_npy((2**70,), "|u1", bytes(100)), ""),
        (_npy((4,), "|O", pickle.dumps([1])), "objects"),
        (b"\x93NUMPY\x01\0\xff\xff" + b"(" * 65535, ""),
        (b"\x93NUMPY\x09\0", ""),
    ],
)
def test_npy_that_is_hostile(content, message, tmp_path):
    (tmp_path / "x.npy").write_bytes(content)
    with pytest.raises(ValueError, match=f"Cannot read .*x.npy.*({message})"):
        load_data(tmp_path / "x.npy")


def test_text_that_is_larger_than_memory(tmp_path, monkeypatch):
    """As a file; and in one-hot code, where a line is as long as the longest."""
    path = tmp_path / "x.txt"
    path.write_text("a\n" * 5000 + "".join(map(chr, range(97, 123))) * 4)
    monkeypatch.setattr(untrusted, "_memory", lambda: 2**20)
    with pytest.raises(ValueError, match="x.txt' would take .* bytes, more than"):
        load_data(path)
    monkeypatch.setattr(untrusted, "_memory", lambda: 8000)
    with pytest.raises(ValueError, match="x.txt has more than the 1000 bytes allowed"):
        load_data(path)


def test_table_of_wide_categories(tmp_path, monkeypatch):
    """A cell of two bytes becomes a code of as many numbers as there are values."""
    path = tmp_path / "x.csv"
    path.write_text("a,b\n" + "".join(f"v{i % 100},{i % 7}\n" for i in range(2000)))
    monkeypatch.setattr(untrusted, "_memory", lambda: 2**20)
    with pytest.raises(
        ValueError, match="The table 'x' would take .* bytes, more than"
    ):
        load_data(path)


def _bomb_npz(path, declared):
    return _pack(path, {"x_train.npy": _npy(declared, "|u1", bytes(100))})


@pytest.mark.parametrize("shape", [(2**45, 8, 8), (1, 2**60), (2**70,)])
def test_npz_that_declares_more_than_it_holds(shape, tmp_path):
    _bomb_npz(tmp_path / "x.npz", shape)
    with pytest.raises(ValueError, match="Cannot read .*x.npz"):
        load_data(tmp_path / "x.npz")


def test_npz_larger_than_memory_is_not_unpacked(tmp_path):
    np.savez_compressed(tmp_path / "x.npz", x_train=np.zeros((2000, 8, 8), "uint8"))
    with pytest.raises(ValueError, match="more than the 1000 allowed"):
        untrusted.read_arrays(tmp_path / "x.npz", limit=1000)


def test_npz_whose_directory_lies_about_the_size(tmp_path):
    """The size in the central directory says 1 GiB; the member holds 228 bytes."""
    path = _bomb_npz(tmp_path / "x.npz", (100,))
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = struct.pack("<I", 2**30)
    path.write_bytes(data)
    with pytest.raises(ValueError, match="Cannot read"):
        load_data(path)


# --- the code itself --------------------------------------------------------------


def test_no_code_unpickles_or_leaves_safe_mode():
    for path in (ROOT / "ganzoo").rglob("*.py"):
        text = path.read_text()
        assert not re.search(r"\bimport (pickle|marshal|shelve|yaml|joblib)\b", text)
        assert not re.search(
            r"allow_pickle=True|safe_mode=False|\beval\(|\bexec\(", text
        )
        assert "enable_unsafe_deserialization" not in text
        for call in re.findall(r"Image\.open\([^\n]*", text):
            assert "formats=" in call, f"{path}: Pillow would choose the decoder"
        if path.name != "untrusted.py":
            assert not re.search(r"\bLambda\b", text)


def test_every_hostile_input_of_the_table_is_tested():
    table = (ROOT / "docs/safety.md").read_text()
    named = set(re.findall(r"`(test_\w+)`", table))
    own = {name for name in globals() if name.startswith("test_")}
    assert len(named) > 25
    assert not named - own, "named in the table, not here"
    assert not {n for n in own if n not in named}, "tested here, not in the table"


def test_experiment_refuses_numbers_that_nothing_can_take():
    with pytest.raises(ValueError, match="below 2"):
        Experiment(seed=2**31)


# --- files of torch -----------------------------------------------------------------


def _refused_weights(path, message):
    with pytest.raises(ValueError, match=message) as error:
        read_tensors(path)
    assert str(path) in str(error.value)


def test_a_sound_file_of_torch_is_read(tmp_path):
    path = torch_files.zipped(tmp_path / "x.pth", {"w": torch_files.tensor()})
    np.testing.assert_array_equal(read_tensors(path)["w"], [[0, 1, 2], [3, 4, 5]])


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("posix", "system"),
        ("builtins", "eval"),
        ("builtins", "getattr"),
        ("subprocess", "Popen"),
        ("torch", "load"),
        ("torch.hub", "load"),
        ("torch._utils", "_rebuild_tensor"),
        ("numpy.core.multiarray", "_reconstruct"),
    ],
)
@pytest.mark.parametrize("old", [False, True])
def test_weights_that_call_another_thing(module, name, old, tmp_path, sprung):
    call = torch_files.Call(module, name, _system(sprung))
    path = tmp_path / "x.pth"
    if old:
        path.write_bytes(torch_files.pickled(call))
    else:
        torch_files.zipped(path, {"w": call})
    _refused_weights(path, f"it names '{module} {name}', which is not allowed")


def test_a_plain_pickle_in_place_of_weights(tmp_path, sprung):
    class Trap:
        def __reduce__(self):
            return os.system, (_system(sprung),)

    for protocol in range(6):
        path = tmp_path / f"{protocol}.pth"
        path.write_bytes(pickle.dumps(Trap(), protocol))
        _refused_weights(path, "which is not allowed")


@pytest.mark.parametrize(
    ("pickled", "message"),
    [
        (b"\x80\x02(ios\nsystem\n.", "uses INST"),
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93.", "uses SHORT_BINUNICODE"),
        (b"\x80\x02ccollections\nOrderedDict\n)\x81.", "uses NEWOBJ"),
        (b"\x80\x02\x82\x01.", "uses EXT1"),
        (b"\x80\x02}r\xff\xff\xff\x7fq\x00.", None),
        (b"\x80\x02X\xff\xff\xff\x7fabc.", "expected 2147483647 bytes"),
        (b"\x80\x02" + b"}0" * 10, "uses POP"),
        (b"\x80\x02}", "exhausted before seeing STOP"),
        (b"\x80\x02.", "pop from empty list"),
        (b"\x80\x02K\x01.", "it is no table"),
        (b"\x80\x02}K\x01K\x02s.", "a key of its table is no text"),
        (b"\x80\x02" + b"NNNNNNNNNN" * 11_000 + b".", "too many opcodes"),
        (
            b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(X\x01\x00\x00\x00xtR.",
            "unpack",
        ),
    ],
)
def test_weights_with_a_hostile_pickle(pickled, message, tmp_path):
    path = torch_files.zipped(tmp_path / "x.pth", pickled)
    if message is None:  # a place of the memo that would be gigabytes in a list
        assert read_tensors(path) == {}
    else:
        _refused_weights(path, message)


@pytest.mark.parametrize("end", [b".", b")R.", b"Q.", b"}h\x00Ns.", b"K\x01\x86R."])
def test_weights_of_tuples_that_double(end, tmp_path):
    """Of 2^60 leaves, if anything counted, hashed or printed them."""
    double = b"\x80\x02N" + b"q\x00h\x00\x86" * 60 + b"q\x00"
    path = torch_files.zipped(tmp_path / "x.pth", double + end)
    _refused_weights(path, "holds no plain tensors")


def test_weights_in_the_old_format_whose_keys_double(tmp_path):
    double = b"\x80\x02N" + b"q\x00h\x00\x86" * 60 + b"q\x00"
    head = [
        pickle.dumps(value, 2)
        for value in (torch_file._MAGIC, 1001, {"little_endian": True}, {})
    ]
    keys = b"\x80\x02](" + double[2:] + b"e."
    path = tmp_path / "x.pth"
    path.write_bytes(b"".join(head) + keys)
    _refused_weights(path, "the key of a storage is no text")


def test_weights_nested_deep(tmp_path):
    path = torch_files.zipped(tmp_path / "x.pth", b"\x80\x02" + b"]" * 50_000 + b".")
    _refused_weights(path, "it is no table")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shape": (2**39, 2**39)}, "larger than its storage"),
        ({"shape": (2**40,), "strides": (0,)}, "no whole number"),
        ({"shape": (7,), "strides": (0,)}, "larger than its storage"),
        ({"shape": (6,), "strides": (2,)}, "larger than its storage"),
        ({"shape": (-1, 3)}, "no whole number"),
        ({"shape": (2.0, 3)}, "not allowed"),
        ({"shape": (True, 3)}, "no whole number"),
        ({"strides": (-3, 1)}, "no whole number"),
        ({"strides": (3,)}, "shorter"),
        ({"shape": (1,) * 40, "strides": (1,) * 40}, "more than 8 axes"),
        ({"offset": 1}, "larger than its storage"),
        ({"offset": -1}, "no whole number"),
        ({"count": 2**39}, "cut off"),
        ({"key": "../../etc/passwd"}, "the storage of 'w' is missing"),
        ({"kind": "UntypedStorage"}, "names 'torch UntypedStorage'"),
    ],
)
def test_weights_of_other_sizes_than_the_file_has(changes, message, tmp_path):
    table = {"w": torch_files.tensor(**changes)}
    _refused_weights(torch_files.zipped(tmp_path / "x.pth", table), message)


def test_weights_in_a_hostile_zip(tmp_path):
    table, path = {"w": torch_files.tensor()}, tmp_path / "x.pth"
    numbers = {"0": bytes(10**7)}
    torch_files.zipped(path, table, numbers, zipfile.ZIP_DEFLATED)
    _refused_weights(path, "it is compressed")
    torch_files.zipped(path, table, {"0": bytes(23)})
    _refused_weights(path, "cut off")
    torch_files.zipped(path, table, byteorder=b"big")
    _refused_weights(path, "big-endian")
    with pytest.warns(UserWarning, match="Duplicate"):
        torch_files.zipped(path, table, **{"data.pkl": b"}."})
    _refused_weights(path, "twice")
    torch_files.zipped(path, table, **{"other/data.pkl": b"}."})
    _refused_weights(path, "too many values")


@pytest.mark.parametrize("name", ["torch_zip", "torch_old"])
def test_weights_that_are_cut_off(name, tmp_path):
    data = (ROOT / f"tests/fixtures/{name}.pth").read_bytes()
    path = tmp_path / "x.pth"
    for length in [0, 1, 2, 100, len(data) // 2, len(data) - 1]:
        path.write_bytes(data[:length])
        _refused_weights(path, "holds no plain tensors")


def test_weights_without_end_or_through_a_pipe(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.pth")
    with pytest.raises(ValueError, match="no regular file"):
        read_tensors(tmp_path / "pipe.pth")
    monkeypatch.setattr(untrusted, "MAX_WEIGHTS", 1000)
    (tmp_path / "x.pth").write_bytes(bytes(1001))
    with pytest.raises(ValueError, match="more than the 1000 bytes"):
        read_tensors(tmp_path / "x.pth")


# --- graphs of TensorFlow -------------------------------------------------------------

FIVE = np.arange(5, dtype="float32")


def test_a_sound_graph_gives_its_float_constants():
    """Other kinds of constants, and operations that would run things, are passed by."""
    arrays = {
        "a/w": np.arange(6, dtype="float32").reshape(2, 3),
        "scalar": np.float32(3),
        "shape": np.array([1, 2], "int32"),
        "text": np.array(b"x"),
    }
    read = parse_constants(graphs.written(arrays), "x.pb")
    assert read.keys() == {"a/w", "scalar"}
    for name, array in read.items():
        np.testing.assert_array_equal(array, arrays[name])


@pytest.mark.parametrize(
    "shape", [(2**40,), (4,), (-1, -5), (-5,), (1,) * 8 + (5,), (2**62, 2**62)]
)
def test_a_graph_whose_constant_declares_another_shape(shape):
    data = graphs.written({}, graphs.constant("bomb", FIVE, shape))
    with pytest.raises(ValueError, match="x.pb holds no graph.*'bomb' holds 5 numbers"):
        parse_constants(data, "x.pb")
    one = graphs.written({}, graphs.constant("bomb", FIVE[:1], (2**40,)))  # repeated
    with pytest.raises(ValueError, match="'bomb' holds 1 numbers"):
        parse_constants(one, "x.pb")


def test_a_graph_with_a_constant_twice():
    data = graphs.written({"w": FIVE}, graphs.constant("w", FIVE + 1))
    with pytest.raises(ValueError, match="it has 'w' twice"):
        parse_constants(data, "x.pb")


@pytest.mark.parametrize(
    "data,message",
    [
        (b"\x0a\x00" * 100_001, "too many nodes"),
        (b"\x20\x00" * 100_001, "too many nodes"),  # numbers, as the version
        (b"\x0a\x80\x80\x80\x80\x10", "cut off"),  # a node of 4 GiB
        (b"\x0a" + b"\xff" * 20, "another format"),
        (b"\x0a\x02\xff\xff", "Error parsing message|DecodeError"),
        (b"\x0b\x00", "another format"),
        (b"PK\x03\x04" + bytes(100), "another format"),
        (b"\x80\x02}q\x00.", "another format"),
    ],
)
def test_a_graph_that_is_none(data, message):
    with pytest.raises(ValueError, match=f"x.pb holds no graph.*({message})"):
        parse_constants(data, "x.pb")


def test_a_graph_with_a_node_that_is_too_large(monkeypatch):
    monkeypatch.setattr(untrusted, "MAX_NODE", 1000)
    assert parse_constants(graphs.written({"w": FIVE}), "x.pb").keys() == {"w"}
    large = graphs.written({"w": np.arange(300, dtype="float32")})
    with pytest.raises(ValueError, match="a node has 1[0-9]{3} bytes"):
        parse_constants(large, "x.pb")


def test_a_graph_that_is_cut_off():
    """At the end of a node it is a graph of fewer, which no network is made of."""
    data = graphs.written({"w": FIVE}, graphs.constant("v", FIVE))
    found = []
    for length in range(len(data)):
        with contextlib.suppress(ValueError):
            found.append([*parse_constants(data[:length], "x.pb")])
    assert found == [[], [], [], [], ["w"], ["w", "v"]]
