"""`resolve`: loads an experiment's data set once, and completes its build options."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ganzoo.data import account, labels
from ganzoo.data.dataset import Data
from ganzoo.data.load import load_data, with_few_labels
from ganzoo.data.splits import Parts, load_held_out
from ganzoo.runs.experiment import BATCH, Experiment
from ganzoo.variants._registry import find


@dataclass(frozen=True, eq=False)
class Loaded:
    """A data set as it was loaded, which several experiments may share.

    Attributes:
        train: training split with all labels.
        settings: settings of `load_data`.
    """

    train: Data
    settings: Mapping

    @cached_property
    def parts(self) -> Parts:
        """Parts of the data to score samples against.

        The held-out split is loaded here, once; training alone does not need it.
        """
        return Parts(self.train, load_held_out(**self.settings))


@dataclass(frozen=True, eq=False)
class Resolved:
    """The samples and options of an experiment.

    Attributes:
        data: training samples, with the labels that the experiment keeps.
        options: options of `build`: the experiment's own, and others that follow from
            its data and steps.
        batch_size: the experiment's, or what fits the data.
        loaded: the data set with all labels.
    """

    data: Data
    options: Mapping
    batch_size: int
    loaded: Loaded

    @property
    def parts(self) -> Parts:
        """Parts of the data to score samples against."""
        return self.loaded.parts


def resolve(experiment: Experiment, loaded: Loaded | None = None) -> Resolved:
    """Loads the data set of an experiment and completes its options.

    Training, the choice of the best checkpoint, final scores and pictures all use the
    result, so a process reads each split once.

    Args:
        experiment: the experiment.
        loaded: the data set of an earlier experiment, reused if it is the same.

    Raises:
        ValueError: as in `load_data` and `effective_options`.
    """
    _check_used(experiment)
    settings = data_settings(experiment)
    if loaded is None or loaded.settings != settings:
        loaded = Loaded(load_data(**settings), settings)
    data = loaded.train
    if (experiment.load_size or experiment.flip) and len(data.sample_shape) != 3:
        raise ValueError(
            "load_size and flip crop and mirror images alone. Received: "
            f"load_size={experiment.load_size}, flip={experiment.flip} for samples of "
            f"shape {data.sample_shape} in {data.name!r}."
        )
    if experiment.labels_per_class is not None:
        data = with_few_labels(data, experiment.labels_per_class, experiment.seed)
    size = batch_of(experiment, len(data))
    return Resolved(data, effective_options(experiment, data), size, loaded)


def _check_used(experiment):
    """Refuses settings of the data that the variant would not see."""
    variant = find(experiment.model)
    if experiment.labels_per_class is not None and "label" not in variant.batch_keys:
        raise ValueError(
            f"{variant.name!r} takes no labels, so `labels_per_class` has no effect. "
            "Leave it out, or use a variant of labels, such as sgan. "
            f"Received: {experiment.labels_per_class}."
        )
    if experiment.direction != "AtoB" and not variant.source_key:
        raise ValueError(
            f"{variant.name!r} makes no images from images, so `direction` has no "
            f"effect. Leave it out. Received: {experiment.direction!r}."
        )


def batch_of(experiment: Experiment, samples: int) -> int:
    """The batch of an experiment: its own, or the default of its set."""
    return experiment.batch_size or fitting_batch(samples)


def fitting_batch(samples: int) -> int:
    """The default batch of a set: `BATCH`, or fewer in whole eights, for packs."""
    size = min(BATCH, samples)
    return size - size % 8 or size


def data_settings(experiment: Experiment) -> dict:
    """Returns the settings of `load_data`, which decide samples but not labels."""
    of_images = ("image_size", "channels", "patch_stride", "strict")
    of_tables = ("label_column", "drop_columns")
    names = ("data_dir", "class_name", *of_tables, *of_images, "pairs", "direction")
    settings = {name: getattr(experiment, name) for name in names}
    source_key = find(experiment.model).source_key
    return {"name": experiment.dataset, "source_key": source_key, **settings}


def effective_options(experiment: Experiment, data: Data) -> dict:
    """Returns the options of `build`, completed from data and steps.

    Raises:
        ValueError: data without the labels or captions that the variant needs, or an
            unknown option.
    """
    variant = find(experiment.model)
    derived = {"image_shape": list(data.sample_shape), "seed": experiment.seed}
    if data.table and data.table.labels and "label" not in variant.batch_keys:
        raise ValueError(
            f"{variant.name!r} takes no labels, so that {experiment.label_column!r} "
            "would be lost. Leave out label_column, and it is a column like the "
            "others; or use cgan, acgan or sgan."
        )
    if "label" in variant.batch_keys:
        condition = labels.declared(data)
        if condition is None:
            raise ValueError(
                f"{variant.name!r} needs labels, and the data set {data.name!r} has "
                "none. Use a labelled set: digits, mnist, a folder with a subfolder "
                "for each class, an .npz with y_train, a table with label_column. "
                "Received: "
                f"{account.line(data)}."
            )
        if "num_classes" not in experiment.options:
            derived["condition"] = condition.spec
    if "caption" in variant.batch_keys:
        if not data.vocabulary:
            raise ValueError(
                f"{variant.name!r} needs captions, and the data set {data.name!r} has "
                "none. Use a folder of images that holds captions.jsonl."
            )
        derived["vocabulary"] = list(data.vocabulary)
        derived["caption_length"] = data.arrays["caption"].shape[1]
    if variant.source_key:
        derived["source_shape"] = list(data.arrays[variant.source_key].shape[1:])
    if data.codec:
        derived["codec"] = data.codec.spec
    derived |= dict.fromkeys(variant.by_steps, experiment.steps)
    variant.check_known(experiment.options)
    return {**derived, **experiment.options}
