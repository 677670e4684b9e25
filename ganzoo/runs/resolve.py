"""Resolves an experiment: the data settings and the options of its build."""

from ganzoo.runs.experiment import Experiment
from ganzoo.variants._registry import find

SOURCES = ("source", "unpaired")
"""Batch keys of what is translated: one of them in the data, or none."""


def data_settings(experiment: Experiment) -> dict:
    """The settings of `load_data` that decide the samples, not their labels."""
    of_images = ("image_size", "channels", "patch_stride", "strict")
    names = ("data_dir", *of_images, "pairs", "direction")
    settings = {name: getattr(experiment, name) for name in names}
    keys = find(experiment.model).batch_keys
    wanted = next((key for key in SOURCES if key in keys), None)
    return {"name": experiment.dataset, "wanted": wanted, **settings}


def effective_options(experiment: Experiment, data) -> dict:
    """The options of `build`: the experiment's, and what data and steps decide."""
    variant = find(experiment.model)
    derived = {"image_shape": list(data.sample_shape), "seed": experiment.seed}
    if "label" in variant.batch_keys:
        if not data.num_classes:
            raise ValueError(
                f"{variant.name!r} needs labels, and the data set {data.name!r} has "
                "none. Use a labelled set: digits, mnist, a folder with a subfolder "
                "for each class, an .npz with y_train."
            )
        derived["num_classes"] = data.num_classes
    if "caption" in variant.batch_keys:
        if not data.vocabulary:
            raise ValueError(
                f"{variant.name!r} needs captions, and the data set {data.name!r} has "
                "none. Use a folder of images that holds captions.jsonl."
            )
        derived["vocabulary"] = list(data.vocabulary)
        derived["caption_length"] = data.arrays["caption"].shape[1]
    for key in SOURCES:
        if key in variant.batch_keys:
            derived["source_shape"] = list(data.arrays[key].shape[1:])
    derived |= dict.fromkeys(variant.by_steps, experiment.steps)
    variant.check_known(experiment.options)
    return {**derived, **experiment.options}
