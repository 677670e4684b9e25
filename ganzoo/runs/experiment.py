"""An experiment: what is trained on what, and the run directory that it makes."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from ganzoo.utils.options import check_known


@dataclass(frozen=True)
class Experiment:
    """The one schema: configs hold these keys, the command line has them as flags."""

    model: str = "dcgan"
    options: Mapping = field(default_factory=dict)
    init_from: str | None = None
    dataset: str = "digits"
    data_dir: str | None = None
    image_size: int | None = None
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
    batch_size: int = 128
    seed: int = 0
    dtype: str = "float32"
    strategy: str = "none"
    virtual_devices: int = 0
    log_every: int = 100
    sample_every: int = 500
    checkpoint_every: int = 500
    checkpoint_minutes: int = 10
    evaluate_every: int | None = None
    metric: str = "frechet_distance"
    extractor: str | None = None
    evaluation_samples: int = 2000

    def __post_init__(self):
        for name in ("steps", "batch_size", "log_every", "sample_every"):
            _check_whole(name, getattr(self, name), 1)
        _check_whole("checkpoint_every", self.checkpoint_every, 1)
        _check_whole("checkpoint_minutes", self.checkpoint_minutes, 1)
        _check_whole("seed", self.seed, 0)
        _check_whole("virtual_devices", self.virtual_devices, 0)
        _check_whole("evaluation_samples", self.evaluation_samples, 1)
        if self.load_size is not None:
            _check_whole("load_size", self.load_size, 1)
            if self.image_size is None or self.load_size < self.image_size:
                raise ValueError(
                    "`load_size` must be at least `image_size`, the side of the crops. "
                    f"Received: {self.load_size} and image_size={self.image_size}."
                )
        if self.evaluate_every is not None:
            _check_whole("evaluate_every", self.evaluate_every, 1)
        for name in ("sample_every", "checkpoint_every", "evaluate_every"):
            if (getattr(self, name) or 0) % self.log_every:
                raise ValueError(
                    f"`{name}` must be a multiple of log_every={self.log_every}. "
                    f"Received: {getattr(self, name)}."
                )


FIELDS = {f.name: f for f in dataclasses.fields(Experiment)}
HELP = {
    "model": "the variant, see `ganzoo list`",
    "init_from": "a run or .keras file whose generators this run starts from",
    "dataset": "digits, ring8, grid25, swiss_roll, voxel_shapes, faces, faces_ink, "
    "faces_captions, stacked_mnist, moving_mnist (clips), a TFDS name, an .npz or "
    "a folder",
    "data_dir": "where prepared TFDS sets are (default: TFDS_DATA_DIR)",
    "image_size": "side that images of a folder are resized to",
    "channels": "1 (grey) or 3 (RGB) for images of a folder",
    "patch_stride": "cut a folder's images into patches of image_size, so many pixels "
    "apart, in place of resizing them",
    "labels_per_class": "labelled samples per class, from 0; the rest is unlabelled",
    "class_name": "train on the samples of this class alone",
    "pairs": "make pairs of any images: edges, invert, rotate, halves, downscale2, "
    "downscale4, hole, free_form, next_frame, ink (of faces)",
    "direction": "AtoB or BtoA: A is the left image of a pair, or what `pairs` makes",
    "load_size": "side that images are loaded at, for random crops of image_size",
    "flip": "mirror a random half of the images in training",
    "strict": "refuse a folder with an unreadable image",
    "steps": "G updates in all",
    "batch_size": "real samples for each D update, over all replicas",
    "seed": "of weights, noise and the order of the data",
    "dtype": "float32, mixed_bfloat16 or float64",
    "strategy": "none, mirrored, multi_worker or tpu (untested)",
    "virtual_devices": "split the CPU into so many devices, for tests and teaching",
    "log_every": "steps a line of the log",
    "sample_every": "steps a picture of samples",
    "checkpoint_every": "steps a checkpoint",
    "checkpoint_minutes": "minutes after which a checkpoint comes anyway",
    "evaluate_every": "steps a score; the best checkpoint is kept beside the last",
    "metric": "the score that is watched, see `ganzoo evaluate`",
    "extractor": "of that score: classifier, pixels, inception, a .keras file",
    "evaluation_samples": "samples a score",
}


def from_dict(values: Mapping) -> Experiment:
    """Makes an experiment; unknown keys and wrong types are refused.

    Raises:
        ValueError: what is wrong, with the nearest key.
    """
    _check_values(values)
    return Experiment(**values)


def to_dict(experiment: Experiment) -> dict:
    """The inverse of `from_dict`, as JSON holds it: a tuple becomes a list."""
    return json.loads(json.dumps(dataclasses.asdict(experiment)))


def completed(values: Mapping) -> dict:
    """What `to_dict` wrote, with the defaults of settings that have come since."""
    return {**to_dict(Experiment()), **values}


def _check_values(values):
    check_known("config key", values, FIELDS)
    for name, value in values.items():
        allowed = _types(name)
        if not isinstance(value, allowed) or (
            isinstance(value, bool) and bool not in allowed
        ):
            names = " or ".join(t.__name__ for t in allowed)
            raise ValueError(f"`{name}` must be {names}. Received: {value!r}.")


def _types(name) -> tuple[type, ...]:
    kinds = {"str": str, "int": int, "bool": bool, "None": type(None), "Mapping": dict}
    annotation = FIELDS[name].type
    text = annotation if isinstance(annotation, str) else str(annotation)
    text = getattr(annotation, "__name__", text) if "|" not in text else text
    return tuple(kinds[part.strip()] for part in text.split("|"))


def _check_whole(name, value, least):
    if not isinstance(value, int) or not least <= value < 2**31:
        raise ValueError(
            f"`{name}` must be a whole number from {least}, below 2^31. "
            f"Received: {value!r}."
        )
