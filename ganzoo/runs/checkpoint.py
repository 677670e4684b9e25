"""Checkpoints: all variables of training in an .npz, and a JSON with a checksum.

They are plain arrays, so loading one runs no code. A checkpoint is complete once its
JSON file exists; both are written to a temporary name, synced and renamed. There are
two kinds: `step`, with the last few kept, and `best`, with only the last kept.
"""

from pathlib import Path

import numpy as np

from ganzoo.utils.files import read_arrays, write_arrays


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


def save(model, directory, keep: int = 3, write: bool = True) -> Path:
    """Writes the model's state as `step_NNNNNNNN`; keeps the last `keep`.

    Args:
        write: False on workers other than the chief, which help to read the variables
            but write nothing.

    Raises:
        OSError: the disk is full or not writable; older checkpoints are intact.
    """
    arrays, step = read_state(model), model.step
    path = Path(directory) / f"step_{step:08d}.npz"
    if write:
        write_arrays(path, arrays, step=step)
        _prune(path.parent, "step", keep)
    return path


def save_best(arrays, step: int, directory, score: dict) -> None:
    """Writes the arrays of `read_state` as the `best` checkpoint, with its score.

    The previous one is removed when the new one is complete.
    """
    path = Path(directory) / f"best_{step:08d}.npz"
    write_arrays(path, arrays, step=step, score=score)
    _prune(path.parent, "best", keep=1)


def best(directory) -> dict | None:
    """Step and score of the best checkpoint, None if no sound one exists."""
    for path in reversed(_complete(Path(directory), "best")):
        read = read_arrays(path, "it is left out")
        if read is not None:
            return {key: read[1][key] for key in ("step", "score")}
    return None


def read_state(model) -> dict:
    """Reads the values of `state`; with several workers, all must call it."""
    return {name: np.asarray(v.numpy()) for name, v in state(model).items()}


def restore(model, directory, kind: str = "step") -> int:
    """Loads the newest sound checkpoint; a damaged one is skipped with a warning.

    Args:
        kind: `step`, or `best`.

    Returns:
        The step that was restored, 0 if the directory holds no checkpoint.

    Raises:
        ValueError: a checkpoint of another model, or only damaged checkpoints.
    """
    paths = _complete(Path(directory), kind)
    for path in reversed(paths):
        read = read_arrays(path, "the one before it is used")
        if read is not None:
            _assign(state(model), _with_step(read[0]), path)
            return model.step
    if paths:
        raise ValueError(
            f"None of the {len(paths)} checkpoints in {directory} is sound. "
            "Delete them to start the run anew."
        )
    return 0


def newest(directory) -> str:
    """The name of the newest complete checkpoint, empty if there is none."""
    paths = _complete(Path(directory))
    return paths[-1].name if paths else ""


def _complete(directory: Path, kind: str = "step") -> list[Path]:
    """Complete checkpoints, oldest first."""
    return sorted(p.with_suffix(".npz") for p in directory.glob(f"{kind}_*.json"))


def _prune(directory: Path, kind: str, keep: int) -> None:
    for old in _complete(directory, kind)[:-keep]:
        old.with_suffix(".json").unlink()
        old.unlink(missing_ok=True)  # may be missing in a damaged checkpoint


def _with_step(arrays: dict) -> dict:
    """Adds the step to arrays of 0.1.0, where G's optimizer counted the steps."""
    before = arrays.get("g_optimizer/0000", np.zeros((), "int64"))
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
