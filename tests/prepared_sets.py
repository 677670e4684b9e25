"""Prepared TFDS sets, made of arrays."""

import io

import numpy as np
import tensorflow_datasets as tfds


def prepare(
    data_dir,
    name="tiny",
    n=6,
    shape=(4, 4, 1),
    labelled=True,
    size=None,
    splits=None,
    png=None,
):
    """Writes a TFDS set whose image i is all i, or the bytes of a file."""
    features = {"image": tfds.features.Image(shape=shape, dtype=np.uint8)}
    if labelled:
        features["label"] = tfds.features.ClassLabel(names=["even", "odd"])

    def example(i):
        side = size(i) if size else shape[0]
        image = io.BytesIO(png) if png else np.full((side, side, shape[-1]), i, "uint8")
        out = {"image": image}
        return {**out, "label": i % 2} if labelled else out

    tfds.dataset_builders.store_as_tfds_dataset(
        name=name,
        version="1.0.0",
        features=tfds.features.FeaturesDict(features),
        split_datasets={
            split: [(str(i), example(i)) for i in range(count)]
            for split, count in (splits or {"train": n, "test": 2}).items()
        },
        data_dir=data_dir,
        disable_shuffling=True,
    )
