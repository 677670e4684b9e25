"""Checkpoints: whole or not at all, and the newest sound one counts."""

import hashlib
import json
import os

import numpy as np
import pytest
from helpers import tiny, train

from ganzoo.runs import checkpoint
from ganzoo.utils import files


@pytest.fixture(scope="module")
def model():
    model = tiny("vanilla", g_hidden=(8,), d_hidden=(8,), normalize=False)
    train(model, 1)
    return model


@pytest.fixture
def folder(model, tmp_path):
    """Checkpoints of steps 1 to 3; the step is in the weights, too."""
    for step in (1, 2, 3):
        _save_as(model, tmp_path, step)
    return tmp_path


def _save_as(model, folder, step):
    _bias(model).assign(np.full(_bias(model).shape, step, "float32"))
    model.updates.count.assign(step)
    return checkpoint.save(model, folder)


def _bias(model):
    return model.generator.weights[1]


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def _both(step):
    return [f"step_{step:08d}.json", f"step_{step:08d}.npz"]


def _restored(model, folder):
    """The step that is restored, by its return value and by the weights."""
    _bias(model).assign(np.zeros(_bias(model).shape, "float32"))
    step = checkpoint.restore(model, folder)
    assert (_bias(model).numpy() == step).all()
    assert model.step == step
    return step


def test_state_is_every_variable(model):
    state = checkpoint.state(model)
    assert len(state) == len({id(v) for v in state.values()})
    held = [
        *model.generator.variables,
        *model.discriminator.variables,
        *model.d_optimizer.variables,
        *model.g_optimizer.variables,
    ]
    assert {id(v) for v in held} <= {id(v) for v in state.values()}


def test_newest_is_restored(model, folder):
    assert _restored(model, folder) == 3


def test_nothing_to_restore_is_step_0(model, tmp_path):
    before = _bias(model).numpy()
    assert checkpoint.restore(model, tmp_path) == 0
    assert checkpoint.restore(model, tmp_path / "nowhere") == 0
    np.testing.assert_array_equal(_bias(model).numpy(), before)


def test_only_the_last_three_are_kept(model, folder):
    _save_as(model, folder, 4)
    assert _names(folder) == [*_both(2), *_both(3), *_both(4)]


def test_a_worker_that_is_not_chief_writes_nothing(model, tmp_path):
    path = checkpoint.save(model, tmp_path / "new", write=False)
    assert path.name == f"step_{model.step:08d}.npz"
    assert not path.parent.exists()


def _truncate(path):
    path.write_bytes(path.read_bytes()[:-100])


def _flip_a_bit(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _damage_the_checksum(path):
    path.with_suffix(".json").write_text("[")


DAMAGES = [_truncate, _flip_a_bit, os.unlink, _damage_the_checksum]


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_one_before_a_damaged_one_is_restored(damage, model, folder):
    damage(folder / "step_00000003.npz")
    with pytest.warns(UserWarning, match="step_00000003.npz is damaged.*one before"):
        assert _restored(model, folder) == 2


@pytest.mark.parametrize("damage", DAMAGES)
def test_training_goes_on_past_a_damaged_one(damage, model, folder):
    damage(folder / "step_00000001.npz")
    _save_as(model, folder, 4)
    _save_as(model, folder, 5)
    assert _names(folder) == [*_both(3), *_both(4), *_both(5)]


@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_one_that_lost_a_file_is_named_and_the_one_before_is_restored(
    suffix, model, folder
):
    (folder / f"step_00000003.{suffix}").unlink()
    with pytest.warns(UserWarning, match="step_00000003.npz is damaged or incomplete"):
        assert _restored(model, folder) == 2


def test_a_renamed_one_is_not_preferred(model, folder):
    for path in folder.glob("step_00000001.*"):
        path.rename(path.with_stem("step_00000099"))
    with pytest.warns(UserWarning, match="step_00000099.npz holds step 1: it was ren"):
        assert _restored(model, folder) == 3


def test_what_is_written_is_kept_whatever_is_newer(model, folder):
    for step in (97, 98, 99):
        for path in folder.glob("step_00000001.*"):
            copy = path.with_stem(f"step_{step:08d}")
            copy.write_bytes(path.read_bytes())
    _save_as(model, folder, 4)
    with pytest.warns(UserWarning, match="renamed"):
        assert _restored(model, folder) == 4


def _lose(suffix, kept=0):
    def spoil(folder):
        for path in sorted(folder.glob(f"*.{suffix}"))[kept:]:
            path.unlink()

    return spoil


def _rename_all(folder):
    for path in folder.iterdir():
        path.rename(path.with_stem(path.stem.replace("0000000", "0000001")))


@pytest.mark.parametrize(
    "spoil",
    [
        _lose("json"),
        _lose("npz"),
        _rename_all,
        lambda folder: [_truncate(path) for path in folder.glob("*.npz")],
    ],
)
@pytest.mark.parametrize("kind", ["step", "best"])
def test_no_sound_one_among_those_there_is_refused(kind, spoil, model, folder):
    for path in folder.iterdir():
        path.rename(path.with_stem(path.stem.replace("step", kind)))
    spoil(folder)
    there = sorted(path.name for path in folder.iterdir())
    with pytest.warns(UserWarning), pytest.raises(ValueError) as error:
        checkpoint.restore(model, folder, kind)
    assert all(name in str(error.value) for name in there)
    assert "Put back what is missing, or begin anew" in str(error.value)
    assert sorted(path.name for path in folder.iterdir()) == there


def test_arrays_of_the_run_come_back(model, tmp_path):
    run = {"health/collapse": np.int64(2), "log_total": np.ones((2, 3), "float32")}
    checkpoint.save(model, tmp_path, run=run)
    back = checkpoint.restore_run(model, tmp_path)
    assert back.keys() == run.keys()
    assert all(np.array_equal(back[name], run[name]) for name in run)
    assert checkpoint.restore_run(model, tmp_path / "nowhere") is None


def test_a_kill_between_the_two_names_is_swept_to_the_one_before(model, folder):
    """Leaves the JSON file, and the .npz under its temporary name."""
    (folder / "step_00000003.npz").rename(folder / ".step_00000003.4711.npz")
    files.sweep(folder)
    assert _names(folder) == [*_both(1), *_both(2)]
    assert _restored(model, folder) == 2


@pytest.mark.parametrize(
    "other", [{"latent_dim": 5}, {"g_hidden": (8, 8)}, {"dtype": "float64"}]
)
def test_another_models_is_refused_and_assigns_nothing(other, folder):
    options = {"g_hidden": (8,), "d_hidden": (8,), "normalize": False, **other}
    model = tiny("vanilla", **options)
    before = model.get_weights()
    with pytest.raises(ValueError, match="step_00000003.npz belongs to another model"):
        checkpoint.restore(model, folder)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_failing_write_leaves_the_older_ones(function, model, folder, monkeypatch):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full(*args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, function, full)
        with pytest.raises(OSError, match="No space left"):
            _save_as(model, folder, 4)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert _restored(model, folder) == 3


def test_a_write_that_fails_between_the_two_files_does_not_count(
    model, folder, monkeypatch
):
    replace, calls = os.replace, []

    def fails_second(*args):
        calls.append(args)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        replace(*args)

    with monkeypatch.context() as broken:
        broken.setattr(os, "replace", fails_second)
        with pytest.raises(OSError, match="No space left"):
            _save_as(model, folder, 4)
    assert not list(folder.glob(".*"))  # none half written
    assert _restored(model, folder) == 3


class Trap:
    """Unpickling it would make a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def test_a_pickle_in_a_checkpoint_is_not_run(model, folder, tmp_path_factory):
    sprung = tmp_path_factory.mktemp("trap") / "sprung"
    path = folder / "step_00000003.npz"
    trap = np.array([Trap(str(sprung))], dtype=object)
    np.savez(path, **{"model/0000": trap})
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".json").write_text(json.dumps({"step": 3, "sha256": digest}))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        checkpoint.restore(model, folder)
    assert not sprung.exists()


def test_the_best_is_the_last_that_was_best(model, tmp_path):
    """A killed process was ahead; another way of evaluating does not find it again."""
    for step in (900, 600):
        model.updates.count.assign(step)
        checkpoint.save_best(checkpoint.read_state(model), step, tmp_path, {"value": 1})
    assert checkpoint.best(tmp_path)["step"] == 600
    assert _names(tmp_path) == ["best_00000600.json", "best_00000600.npz"]
