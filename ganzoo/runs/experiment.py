"""An experiment: a variant, its options, its data set and the settings of its run."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import get_args

from ganzoo.utils.options import check_known, check_whole, sides_of


@dataclass(frozen=True)
class Experiment:
    """The settings of a run: the keys of configs, and flags of the command line."""

    model: str = "dcgan"
    options: dict = field(default_factory=dict)
    init_from: str | None = None
    init_optimizers: bool = False
    dataset: str = "digits"
    data_dir: str | None = None
    label_column: str | None = None
    drop_columns: str | None = None
    image_size: int | str | None = None
    channels: int | None = None
    patch_stride: int | None = None
    labels_per_class: int | None = None
    class_name: str | None = None
    pairs: str | None = None
    direction: str = "AtoB"
    load_size: int | None = None
    flip: bool = False
    strict: bool = False
    steps: int = 4000
    batch_size: int | None = None
    seed: int = 0
    dtype: str = "float32"
    strategy: str = "none"
    virtual_devices: int = 0
    local_batch_norm: bool = False
    log_every: int = 100
    sample_every: int | None = None
    checkpoint_every: int | None = None
    checkpoint_minutes: int = 10
    evaluate_every: int | None = None
    metric: str = "frechet_distance"
    extractor: str | None = None
    evaluation_samples: int = 2000

    def __post_init__(self):
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None:
                check_whole(least, **{name: value})
                if value >= _END:
                    raise ValueError(f"`{name}` must be below 2^31. Received: {value}.")
        if self.init_optimizers and self.init_from is None:
            raise ValueError(
                "`init_optimizers` needs `init_from`, a run to start from."
            )
        if self.local_batch_norm and self.strategy == "none":
            raise ValueError(
                "`local_batch_norm` needs replicas: strategy 'mirrored', "
                "'multi_worker' or 'tpu'. Received: 'none'."
            )
        for name in ("sample_every", "checkpoint_every"):
            if getattr(self, name) is None:  # INTERVAL, in whole intervals of the log
                every = -(-INTERVAL // self.log_every) * self.log_every
                object.__setattr__(self, name, every)
        if self.load_size is not None:
            sides = sides_of(self.image_size)
            if sides is None or self.load_size < max(sides):
                raise ValueError(
                    "`load_size` must be at least `image_size`, the side of the crops. "
                    f"Received: {self.load_size} and image_size={self.image_size}."
                )
        for name in ("sample_every", "checkpoint_every", "evaluate_every"):
            if (getattr(self, name) or 0) % self.log_every:
                raise ValueError(
                    f"`{name}` must be a multiple of log_every={self.log_every}. "
                    f"Received: {getattr(self, name)}."
                )


INTERVAL = 500
BATCH = 128
_END = 2**31
_LEAST = {
    "labels_per_class": 0,
    "load_size": 1,
    "steps": 1,
    "batch_size": 1,
    "seed": 0,
    "virtual_devices": 0,
    "log_every": 1,
    "sample_every": 1,
    "checkpoint_every": 1,
    "checkpoint_minutes": 1,
    "evaluate_every": 1,
    "evaluation_samples": 1,
}
FIELDS = {f.name: f for f in dataclasses.fields(Experiment)}
HELP = {
    "model": "variant, see `ganzoo list`",
    "init_from": "start from both players of a run, a .keras file or a pretrained "
    "model; layers that do not fit are counted and begin anew",
    "init_optimizers": "with --init_from: take the state of both optimizers, too, but "
    "not their rates",
    "dataset": "data set: one of `ganzoo list datasets`, a TFDS name, an .npz, .npy or "
    "HDF5 file, a table (.csv, .tsv, .parquet), a .txt file of lines, a folder of "
    "images, or a zip of one",
    "data_dir": "directory of prepared TFDS sets (or TFDS_DATA_DIR)",
    "label_column": "column of a table that is the label; several, joined by commas, "
    "are a vector of numbers",
    "drop_columns": "columns of a table to leave out, joined by commas",
    "image_size": "resize images to N x N pixels, or to 64x48 (height x width)",
    "channels": "convert images to 1 (grey), 3 (RGB) or 4 (RGB and opacity) channels",
    "patch_stride": "cut the images of a folder into patches of image_size, N pixels "
    "apart, instead of resizing them",
    "labels_per_class": "keep the labels of N samples per class, from 0; the rest is "
    "unlabelled",
    "class_name": "train on the samples of this class only",
    "pairs": "make pairs from single images: edges, invert, rotate, halves, "
    "downscale2, downscale4, hole, free_form, next_frame, ink and glasses (of faces), "
    "flood",
    "direction": "AtoB or BtoA: A is the left image of a pair, or the one that `pairs` "
    "makes",
    "load_size": "load images at N x N pixels, for random crops of image_size",
    "flip": "mirror a random half of the training images",
    "strict": "refuse a folder with an unreadable image",
    "steps": "total G updates",
    "batch_size": "real samples per D update, over all replicas (default: 128, or "
    "what a smaller set fills, in whole eights)",
    "seed": "seed of weights, noise and data order",
    "dtype": "float32, mixed_bfloat16 or float64",
    "strategy": "distribution: none, mirrored, multi_worker or tpu (untested)",
    "virtual_devices": "split the CPU into N devices, for tests and teaching",
    "local_batch_norm": "normalise each replica's share of a batch by its own "
    "statistics: faster, but the weights are not those of one device",
    "log_every": "write a line of the log every N steps",
    "sample_every": "save a sample grid every N steps (default: 500, rounded up to a "
    "multiple of log_every)",
    "checkpoint_every": "save a checkpoint every N steps (default: as sample_every)",
    "checkpoint_minutes": "save a checkpoint after N minutes at most",
    "evaluate_every": "score every N steps, and keep the best checkpoint",
    "metric": "score that chooses the best checkpoint, see `ganzoo evaluate`",
    "extractor": "feature extractor of that score, see `ganzoo evaluate`",
    "evaluation_samples": "number of samples per score",
}

_ATTRIBUTES = "\n".join(f"    {name}: {text}." for name, text in HELP.items())
Experiment.__doc__ = f"{Experiment.__doc__}\n\nAttributes:\n{_ATTRIBUTES}\n"


def from_dict(values: Mapping) -> Experiment:
    """Makes an experiment from its settings by name.

    Raises:
        ValueError: an unknown key, with the nearest one, or a value of the wrong type.
    """
    check_values(values)
    return Experiment(**values)


def to_dict(experiment: Experiment) -> dict:
    """The inverse of `from_dict`, in the form of JSON: tuples become lists.

    Raises:
        ValueError: an option that a file cannot hold.
    """
    try:
        return json.loads(json.dumps(dataclasses.asdict(experiment)))
    except TypeError as error:
        raise ValueError(
            "Options of an experiment are plain values, which its file can hold. Loss "
            "and networks of your own belong into a variant of yours, in a plug-in. "
            f"Received: {experiment.options!r}."
        ) from error


def completed(values: Mapping) -> dict:
    """Completes the `to_dict` of an older version with the defaults of new settings."""
    return {**to_dict(Experiment()), **values}


def check_values(values: Mapping) -> None:
    """Raises `ValueError` for settings of an unknown name or of the wrong type."""
    check_known("config key", values, FIELDS)
    for name, value in values.items():
        kind = FIELDS[name].type
        allowed = get_args(kind) or (kind,)
        if not isinstance(value, allowed) or (
            isinstance(value, bool) and bool not in allowed
        ):
            names = " or ".join(t.__name__ for t in allowed)
            plain = isinstance(value, str | int | float | list | dict | None)
            shown = repr(value) if plain else type(value).__name__
            raise ValueError(f"`{name}` must be {names}. Received: {shown}.")
