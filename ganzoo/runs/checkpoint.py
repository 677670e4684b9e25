"""Checkpoints: all variables of training in an .npz, and a JSON with a checksum.

They are plain arrays, so loading one runs no code. A checkpoint is complete once both
files exist; they are written to temporary names, synced and renamed. There are two
kinds: `step`, with the last few kept, and `best`, with only the last kept.
"""

import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ganzoo.utils.files import read_arrays, write_arrays

_RUN = "run/"  # before the names of what belongs to the run, not to the model


def state(model) -> dict:
    """Returns all variables of training, by names that are stable across builds."""
    step = model.updates.count
    groups = {"model": [v for v in model.variables if v is not step], "step": [step]}
    for player in ("d_optimizer", "g_optimizer"):
        optimizer = getattr(model, player)
        groups[player] = optimizer.variables if optimizer else []
    return {
        f"{group}/{i:04d}": variable
        for group, variables in groups.items()
        for i, variable in enumerate(variables)
    }


def save(
    model, directory, keep: int = 3, write: bool = True, run: Mapping | None = None
) -> Path:
    """Writes the model's state as `step_NNNNNNNN`; keeps the last `keep`.

    Args:
        write: False on workers other than the chief, which help to read the variables
            but write nothing.
        run: further arrays by name, which `restore_run` returns.

    Raises:
        OSError: the disk is full or not writable; older checkpoints are intact.
    """
    arrays, step = read_state(model), model.step
    arrays |= {_RUN + name: value for name, value in (run or {}).items()}
    path = Path(directory) / f"step_{step:08d}.npz"
    if write:
        write_arrays(path, arrays, step=step)
        _prune(path, keep)
    return path


def save_best(arrays, step: int, directory, score: dict) -> None:
    """Writes the arrays of `read_state` as the `best` checkpoint, with its score.

    The previous one is removed when the new one is complete.
    """
    path = Path(directory) / f"best_{step:08d}.npz"
    write_arrays(path, arrays, step=step, score=score)
    for other in _files_of(path.parent, "best"):  # newer ones are of a killed process
        if _step_of(other) != step:
            other.unlink()


def best(directory) -> dict | None:
    """Step and score of the best checkpoint, None if there is none.

    Raises:
        ValueError: none of those there is sound.
    """
    sound = _newest_sound(Path(directory), "best", "it is left out")
    if sound is None:
        return None
    try:
        return {key: sound.facts[key] for key in ("step", "score")}
    except KeyError as error:
        raise ValueError(f"The checkpoint {sound.path} lacks its {error}.") from error


def read_state(model) -> dict:
    """Reads the values of `state`; with several workers, all must call it."""
    return {name: np.asarray(v.numpy()) for name, v in state(model).items()}


def restore(model, directory, kind: str = "step") -> int:
    """Loads the newest sound checkpoint; any other is skipped with a warning.

    Args:
        kind: `step`, or `best`.

    Returns:
        The step that was restored, 0 if the directory holds no checkpoint.

    Raises:
        ValueError: a checkpoint of another model, or none of those there is sound.
    """
    return 0 if restore_run(model, directory, kind) is None else model.step


def restore_run(model, directory, kind: str = "step") -> dict[str, np.ndarray] | None:
    """As `restore`; returns the further arrays that `save` was given, None for 0."""
    sound = _newest_sound(Path(directory), kind, "the one before it is used")
    if sound is None:
        return None
    names = sound.arrays.keys()
    run = {name: sound.arrays[name] for name in names if name.startswith(_RUN)}
    own = {name: sound.arrays[name] for name in names - run.keys()}
    if any(value.dtype.kind not in "iuf" for value in run.values()):
        raise ValueError(f"The checkpoint {sound.path} holds more than numbers.")
    _assign(state(model), own, sound.path)
    return {name.removeprefix(_RUN): value for name, value in run.items()}


def newest(directory) -> str:
    """The name of the newest complete checkpoint, empty if there is none."""
    paths = _complete(Path(directory))
    return paths[-1].name if paths else ""


class _Sound(NamedTuple):
    path: Path
    arrays: dict
    facts: dict


def _newest_sound(directory: Path, kind: str, otherwise: str) -> _Sound | None:
    files = _files_of(directory, kind)
    for path in dict.fromkeys(p.with_suffix(".npz") for p in reversed(files)):
        content = read_arrays(path, otherwise)
        if content is None:
            continue
        arrays, facts = _with_step(content[0]), content[1]
        step = arrays["step/0000"]
        if step.shape or step.dtype.kind != "i" or step == _step_of(path):
            return _Sound(path, arrays, facts)
        warnings.warn(
            f"The file {path.name} holds step {step}: it was renamed; {otherwise}.",
            stacklevel=4,
        )
    if files:
        raise ValueError(
            f"{directory} holds no sound checkpoint, but "
            f"{', '.join(path.name for path in files)}. A checkpoint is an .npz and a "
            ".json of one name, which tells its step. Put back what is missing, or "
            "begin anew: in another --workdir, or here, once these files are deleted."
        )
    return None


def _files_of(directory: Path, kind: str = "step") -> list[Path]:
    """The files of checkpoints, sound or not, oldest first."""
    files = [path for path in directory.glob(f"{kind}_*") if _step_of(path) >= 0]
    return sorted(files, key=lambda path: (_step_of(path), path.name))


def _complete(directory: Path) -> list[Path]:
    """Complete checkpoints, oldest first."""
    files = _files_of(directory)
    return [p for p in files if p.suffix == ".npz" and p.with_suffix(".json") in files]


def _step_of(path: Path) -> int:
    """The step in the name of a checkpoint, -1 for any other name."""
    match = re.fullmatch(r"(?:step|best)_(\d{8,18})\.(?:npz|json)", path.name)
    return int(match[1]) if match else -1


def _prune(path: Path, keep: int) -> None:
    """Removes what is older than the last `keep`; `path` is the newest of them.

    Any that are newer are not sound, or the run would have gone on from them.
    """
    step = _step_of(path)
    last = [p for p in _complete(path.parent) if _step_of(p) <= step][-keep:]
    for old in _files_of(path.parent):
        if _step_of(old) < _step_of(last[0]):
            old.unlink()


def _with_step(arrays: dict) -> dict:
    """Adds the step to arrays of 0.1.0, where G's optimizer counted the steps."""
    before = arrays.get("g_optimizer/0000", np.zeros(()))  # none: another program's
    return {"step/0000": before, **arrays}


def _assign(variables: dict, arrays: dict, path: Path) -> None:
    wrong = [
        name
        for name in variables.keys() | arrays.keys()
        if name not in variables
        or name not in arrays
        or tuple(variables[name].shape) != arrays[name].shape
        or variables[name].dtype != arrays[name].dtype.name
    ]
    if wrong:
        raise ValueError(
            f"The checkpoint {path} belongs to another model: {len(wrong)} of "
            f"{len(variables)} variables differ, {min(wrong)} first."
        )
    for name, variable in variables.items():
        variable.assign(arrays[name])
