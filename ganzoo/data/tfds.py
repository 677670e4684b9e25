"""Image sets by TFDS name, read in bounded memory.

TensorFlow and tensorflow_datasets are imported when first needed.
"""

import os
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ganzoo.data.dataset import Data, NoSuchSplit
from ganzoo.data.decoded_cache import cache_path, collect
from ganzoo.data.images import Form, from_array, to_array
from ganzoo.data.reading import Reading
from ganzoo.utils import untrusted

NETWORK_TIMEOUT = 5.0
"""Seconds that the host of a download has to answer."""

# name[/config][:version]; in particular no path and no foreign namespace. TFDS changes
# capitals in a name, so it would read a folder other than the one that is checked.
_NAME = re.compile(r"[a-z_][a-z0-9_]*(/\w[\w.+-]*)?(:(\d+|\*)(\.(\d+|\*))*)?")
_READ_BLOCK = 512


def list_names(data_dir: str | Path | None) -> list[str]:
    """Returns the names that TFDS knows, and those prepared under the directory."""
    import tensorflow_datasets as tfds

    folder = Path(_directory(data_dir) or tfds.core.constants.DATA_DIR)
    prepared = {path.parts[-3] for path in folder.glob("*/*/dataset_info.json")}
    known = tfds.list_builders(with_community_datasets=False)
    return sorted({*known, *prepared})


def is_known(name: str, data_dir: str | Path | None) -> bool:
    """Tells if `name` is, or begins with the name of, a TFDS set."""
    if not _NAME.fullmatch(name):
        return False
    return re.split("[/:]", name)[0] in list_names(data_dir)


def load_tfds(name: str, reading: Reading) -> Data:
    """Loads a TFDS image set as uint8 images, with int32 labels where it has them.

    Args:
        name: name[/config][:version].
        reading: its split may be a slice of one ("train[:1000]"); `data_dir` is where
            the set is prepared, or will be.

    Raises:
        ValueError: unknown split, a set without images or without a fixed size, a
            damaged one, or an unprepared one whose host does not answer.
    """
    split = reading.split
    builder = _prepared_builder(name, reading.data_dir)
    count = _count(builder, name, split)
    shape, class_names = _features(builder, name, reading.form)
    written = (Path(builder.data_path) / "dataset_info.json").stat().st_mtime_ns
    parts = name, split, shape, str(builder.data_path), written
    real, labels = collect(
        _samples(builder, split, shape, labelled=bool(class_names)),
        count,
        shape,
        path=cache_path(reading.cache_dir, *parts),
        memory_limit=reading.memory_limit,
    )
    arrays = {"real": real, "label": labels} if class_names else {"real": real}
    return Data(name, arrays, class_names)


def _directory(data_dir: str | Path | None) -> str | None:
    # TFDS reads the variable once, when imported; a later change would be lost.
    return str(data_dir) if data_dir else os.environ.get("TFDS_DATA_DIR")


def _prepared_builder(name: str, data_dir: str | Path | None):
    import tensorflow_datasets as tfds

    # One directory, given by name: without it, TFDS would look in several.
    directory = _directory(data_dir) or tfds.core.constants.DATA_DIR
    _check_features(Path(directory).expanduser(), name)
    try:
        builder = tfds.builder(name, data_dir=directory)
    except Exception as error:  # a damaged set fails in many ways
        raise ValueError(
            f"The TFDS set {name!r} cannot be read from {directory}: {error}"
        ) from error
    if builder.is_prepared():
        return builder
    url = next(iter(builder.url_infos), "https://storage.googleapis.com")
    if not answers(url):
        raise ValueError(
            f"The TFDS set {name!r} is not prepared and cannot be downloaded: no "
            f"answer from {url} within {NETWORK_TIMEOUT:g} s. Run `tfds build {name}` "
            "where there is a network, then pass the directory of the prepared sets "
            "as data_dir or TFDS_DATA_DIR. "
            f"Received data directory: {builder.data_dir}."
        )
    builder.download_and_prepare()
    return builder


def _check_features(directory: Path, name: str) -> None:
    """Refuses a features.json that names modules, which TFDS would import."""
    root = directory / re.split("[/:]", name)[0]
    for path in untrusted.files_below(root, f"The prepared set {str(root)!r}"):
        if path.name != "features.json":
            continue
        for table in untrusted.tables(untrusted.read_json(path)):
            old = table.get("type") if "content" in table else None
            kind = table.get("pythonClassName", old)
            if kind is not None and not str(kind).startswith("tensorflow_datasets."):
                raise ValueError(
                    "The features of a prepared set must be those of TFDS itself. "
                    f"Received: {kind!r} in {path}."
                )


def answers(url: str) -> bool:
    """Tells if the host answers in time; TFDS itself would retry for minutes."""
    answered = []

    def ask():
        request = urllib.request.Request(url, method="HEAD")
        try:
            urllib.request.urlopen(request, timeout=NETWORK_TIMEOUT).close()
        except urllib.error.HTTPError as error:
            error.close()  # any status is an answer
        except OSError:
            return
        answered.append(True)

    # In a thread, because a name lookup has no timeout of its own.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(NETWORK_TIMEOUT)
    return bool(answered)


def _count(builder, name: str, split: str) -> int:
    splits = builder.info.splits
    try:
        count = splits[split].num_examples
    except (KeyError, ValueError) as error:
        raise NoSuchSplit(
            f"Unknown split of {name!r}; allowed: {', '.join(splits)}, all, or a slice "
            f"such as 'train[:1000]'. Received: {split!r}."
        ) from error
    if not count:
        raise ValueError(
            f"Empty split of {name!r}: at least one sample is needed. "
            f"Received: {split!r} with 0 samples."
        )
    return count


def _features(builder, name: str, form: Form):
    """Returns the shape of a sample and the class names."""
    import tensorflow_datasets as tfds

    features = builder.info.features
    image = features["image"] if "image" in features else None
    if not isinstance(image, tfds.features.Image) or image.np_dtype not in (
        np.uint8,
        np.uint16,
    ):
        raise ValueError(
            f"The TFDS set {name!r} is no image set; needed: a feature 'image' of "
            f"uint8 or uint16. Received features: {', '.join(features)}."
        )
    height, width, depth = image.shape
    size = form.size or (height, width)
    if None in size:
        raise ValueError(
            f"The images of {name!r} differ in size; give image_size. "
            f"Received: image_size={form.size}."
        )
    channels = form.channels or (1 if depth == 1 else 3)
    label = features["label"] if "label" in features else None
    labelled = isinstance(label, tfds.features.ClassLabel)
    return (*size, channels), tuple(label.names) if labelled else ()


def _samples(
    builder, split: str, shape: tuple[int, ...], labelled: bool
) -> Iterator[tuple[np.ndarray, int]]:
    import tensorflow as tf
    import tensorflow_datasets as tfds

    options = tf.data.Options()
    options.autotune.enabled = False
    config = tfds.ReadConfig(try_autocache=False, options=options)
    keys = {"image": True, "label": True} if labelled else {"image": True}
    stream = builder.as_dataset(
        split=split, read_config=config, decoders=tfds.decode.PartialDecoding(keys)
    )
    same_size = None not in builder.info.features["image"].shape
    blocks = stream.batch(_READ_BLOCK if same_size else 1).as_numpy_iterator()
    while True:
        try:
            block = next(blocks, None)
        except tf.errors.OpError as error:
            raise ValueError(
                f"The TFDS set {builder.name!r} in {builder.data_path} is damaged: "
                f"{error.message.splitlines()[0]}"
            ) from error
        if block is None:
            return
        images = block["image"]
        labels = block["label"] if labelled else np.zeros(len(images), np.int32)
        if images.shape[1:] != shape or images.dtype != np.uint8:
            images = [to_array(from_array(x), shape[:2], shape[2]) for x in images]
        yield from zip(images, labels, strict=True)
