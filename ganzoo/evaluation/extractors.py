"""Extractors: samples become the features that scores are computed on.

Each has a name and a hash, which are part of every score's protocol. `fid` and
`clean_fid` are the network of the original FID, and only their scores are called FID.
"""

import functools
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from ganzoo.data import published_files, tfds
from ganzoo.data.dataset import Data
from ganzoo.data.splits import Parts
from ganzoo.evaluation import classifier, forest, published_networks
from ganzoo.evaluation.feature_cache import cached
from ganzoo.metrics.arrays import slices
from ganzoo.models.trainer import Trainer
from ganzoo.utils import graph_file, untrusted
from ganzoo.utils.options import check_known

BATCH = 256
INCEPTION_FILE = "inception_v3_weights_tf_dim_ordering_tf_kernels.h5"
INCEPTION_URL = (
    "https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/"
)


@dataclass(frozen=True, eq=False)
class Extractor:
    """Samples to features, and to class probabilities where it has them.

    Attributes:
        name: its name in protocols.
        digest: hash of everything that decides the features.
        run: maps samples (n, ...) as in the data set to a dict with `features`
            (n, d) and, if it classifies, `probabilities` (n, classes).
        classes: True if the probabilities refer to the data's own classes.
        note: a remark for readers of the scores.
        stored: keeps the features of real data in the user's cache.
        of_fid: it is the network of FID, which gives its scores their published names.
    """

    name: str
    digest: str
    run: Callable[[np.ndarray], dict[str, np.ndarray]]
    classes: bool = False
    note: str = ""
    stored: bool = True
    of_fid: bool = False

    @property
    def label(self) -> str:
        """Name and hash, as in protocols."""
        return f"{self.name} {self.digest}"

    def of_real(self, data: Data) -> dict[str, np.ndarray]:
        """Applies `run` to a part of a data set: once, then from the cache."""
        if not self.stored:
            return self.run(data.arrays["real"])
        key = f"{self.digest}_{data.fingerprint}"
        return cached("features", key, lambda: self.run(data.arrays["real"]))


def get(spec, parts: Parts) -> Extractor:
    """Makes an extractor for a data set.

    Args:
        spec: `classifier`, `pixels`, `inception`, `efficientnet_lite0`; `fid` or
            `clean_fid`, alone or with a file as in `fid:PATH`; `inception_2015:PATH`;
            the path of a `.keras` file; a `keras.Model` (see `from_model`), a callable
            (see `from_callable`), or an `Extractor`. None: `classifier` for labelled
            uint8 images, else `pixels`.
        parts: parts of the data set.

    Raises:
        ValueError: an unknown name, no such file, or an extractor that the data do not
            allow.
    """
    if isinstance(spec, Extractor):
        return spec
    if isinstance(spec, keras.Model):
        return from_model(spec)
    if callable(spec):
        return from_callable(spec)
    if spec is None:
        train = parts.train
        images = train.arrays["real"].ndim == 4 and _is_uint8(train)
        spec = "classifier" if images and train.num_classes > 1 else "pixels"
    if str(spec).endswith(".keras"):
        untrusted.check_keras(spec)
        return from_model(keras.saving.load_model(spec, safe_mode=True))
    name, _, path = str(spec).partition(":")
    if path and name in (*OF_FID, "inception_2015"):
        return EXTRACTORS[name](parts, path=path)
    if str(spec).endswith(".pth"):
        raise ValueError(
            "Weights of torch are read for the network of FID alone: 'fid:PATH' or "
            f"'clean_fid:PATH'. Received: {spec}."
        )
    check_known("extractor", [spec], EXTRACTORS)
    return EXTRACTORS[spec](parts)


def from_classifier(parts: Parts) -> Extractor:
    """Hidden layer of a small classifier, see `ganzoo.evaluation.classifier`."""
    return _of_network(classifier.trained(parts.training))


def of_classes(data: Data, keep: bool = True) -> Extractor:
    """A classifier of labelled samples: a network for images, a forest for vectors.

    Args:
        data: labelled images or vectors.
        keep: keeps the network in the user's cache.
    """
    if data.arrays["real"].ndim != 2:
        return _of_network(classifier.trained(data, keep))
    trees = forest.trained(data)

    def run(vectors):
        probabilities = forest.probabilities(trees, vectors, data.num_classes)
        return {"features": probabilities, "probabilities": probabilities}

    digest = f"{data.fingerprint}_recipe{forest.RECIPE}"
    return Extractor("forest", digest, run, classes=True, stored=False)


def _of_network(model):
    return Extractor("classifier", _digest(model), runner(model), classes=True)


def pixels(parts: Parts) -> Extractor:
    """Flat samples: pixels and voxels in [0, 1], points unchanged."""

    def run(samples):
        flat = samples.reshape(len(samples), -1)
        if samples.dtype == np.uint8:
            flat = flat / np.float32(255)
        return {"features": flat}

    return Extractor("pixels", "1", run, stored=False)


def inception(parts: Parts | None = None, weights: str = "imagenet") -> Extractor:
    """Keras' InceptionV3, its last pooling layer (2,048) and ImageNet's classes.

    It is not the network of FID and of the Inception Score (TensorFlow's graph of
    2015-12-05), and gives different numbers. Images are resized to 299 x 299, bilinear
    without antialiasing; grey images are repeated on three channels, and
    images with opacity are put on white.

    Args:
        parts: unused, since it is the same for every data set of images.
        weights: as in `keras.applications.InceptionV3`.

    Raises:
        ValueError: the weights are not here and cannot be downloaded.
    """
    if weights == "imagenet":
        _check_download()
    network = keras.applications.InceptionV3(weights=weights)
    network = keras.Model(
        network.input,
        {"features": network.layers[-2].output, "probabilities": network.output},
    )

    def prepare(images):
        images = tf.image.resize(tf.cast(images, tf.float32), (299, 299))
        if images.shape[-1] == 1:
            images = tf.repeat(images, 3, axis=-1)
        if images.shape[-1] == 4:
            opacity = images[..., 3:] / 255
            images = images[..., :3] * opacity + 255 * (1 - opacity)
        return images / 127.5 - 1

    return Extractor(
        "inception",
        _digest(network),
        runner(network, prepare),
        note="Keras' InceptionV3, not the network of FID: other numbers than published",
    )


OF_FID = {
    "fid": lambda images: published_networks.bilinear(images, 299) / 127.5 - 1,
    "clean_fid": lambda images: (published_networks.clean(images, 299) - 128) / 128,
}
"""Resizing and range, as in pytorch-fid and in clean-fid, by the extractor's name."""


def of_fid(name: str, parts: Parts, path: str | None = None) -> Extractor:
    """The network of FID, KID and the Inception Score: see `published_networks`.

    Args:
        name: a key of `OF_FID`.
        parts: parts of the data set, images of three channels.
        path: file of the weights; by default one in the user's cache.

    Raises:
        ValueError: grey images, no such file, or one with another hash.
    """
    _check_colour(name, parts)
    weights = published_networks.fid_weights(path)
    run = runner(published_networks.fid_network(weights), OF_FID[name], batch=16)
    return Extractor(name, published_networks.FID_SHA256[:12], run, of_fid=True)


def inception_2015(parts: Parts, path: str | None = None) -> Extractor:
    """The network of FID from TensorFlow's own graph, resized and scaled as `fid`.

    The SHA-256 of that file is not known here, so its scores are not called FID.

    Args:
        parts: parts of the data set, images of three channels.
        path: the graph, `classify_image_graph_def.pb`.

    Raises:
        ValueError: grey images, no file, or another graph.
    """
    _check_colour("inception_2015", parts)
    name = published_networks.GRAPH_FILE
    if path is None or not Path(path).is_file():
        raise ValueError(
            f"The extractor 'inception_2015' reads {name} of inception-2015-12-05.tgz: "
            f"give its path as 'inception_2015:PATH'. Received: {path or 'none'}."
        )
    data, digest = published_files.read(path)
    constants = graph_file.parse_constants(data, path)
    network = published_networks.fid_network(
        published_networks.graph_weights(constants, path)
    )
    return Extractor(
        "inception_2015",
        digest[:12],
        runner(network, OF_FID["fid"], batch=16),
        note=f"weights of a {name}, whose true hash is not known: not called FID",
    )


def efficientnet_lite0(parts: Parts) -> Extractor:
    """EfficientNet-Lite0 on photographs, from a package: see `published_networks`.

    Images are resized to 224 x 224, bilinear without antialiasing, and scaled to
    (x - 127) / 128 as the network was trained.

    Raises:
        ValueError: grey images, or the package is missing.
    """
    _check_colour("efficientnet_lite0", parts)
    network = published_networks.lite0_network(published_networks.lite0_weights())

    def prepare(images):
        return (published_networks.bilinear(images, 224) - 127) / 128

    digest = published_networks.LITE0_SHA256[:12]
    run = runner(network, prepare, batch=8)  # as fast as 32, with 270 MiB less
    return Extractor("efficientnet_lite0", digest, run)


def from_model(model: keras.Model) -> Extractor:
    """Any Keras model of images (n, H, W, C), which it receives as 0..255.

    Its flattened outputs are the features; a dict holds `features` and, optionally,
    `probabilities`. The hash covers its configuration and weights.

    Raises:
        ValueError: a model of the zoo, which makes samples; one without inputs.
    """
    if isinstance(model, Trainer):
        raise ValueError(
            "An extractor is a network from images to features. "
            f"Received: a {type(model).__name__}, which makes samples."
        )
    if getattr(model, "inputs", None) is None:
        raise ValueError(
            "An extractor is a functional model, whose inputs are known. Of another, "
            "make one: x = keras.Input(shape); keras.Model(x, model(x)). "
            f"Received: a {type(model).__name__} without inputs."
        )
    return Extractor(model.name, _digest(model), runner(model))


def from_callable(function: Callable[[np.ndarray], np.ndarray]) -> Extractor:
    """Any function from samples (n, ...) to features (n, d).

    Its hash covers only its name: rename it when you change its result.
    """
    name = getattr(function, "__qualname__", type(function).__qualname__)
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]

    def run(samples):
        features = np.asarray(function(samples))
        if features.shape[:1] != samples.shape[:1] or features.ndim != 2:
            raise ValueError(
                f"The extractor {name!r} must map n samples to features (n, d). "
                f"Received: {features.shape} for {len(samples)} samples."
            )
        return {"features": features}

    return Extractor(name, digest, run, note="a function of the user", stored=False)


EXTRACTORS = {
    "classifier": from_classifier,
    "pixels": pixels,
    "inception": inception,
    "efficientnet_lite0": efficientnet_lite0,
    "inception_2015": inception_2015,
    **{name: functools.partial(of_fid, name) for name in OF_FID},
}


def runner(model, prepare=lambda images: images, batch: int = BATCH) -> Callable:
    """Runs a model over images in batches: uint8 (n, H, W, C) to a dict of arrays.

    Args:
        model: images to an array, or to a dict of `features` and `probabilities`.
        prepare: turns a batch of uint8 images into what the model takes.
        batch: images at a time, which bounds the memory.

    Raises (the function that it returns):
        ValueError: samples that are not uint8 images.
    """
    dtype = tf.as_dtype(model.inputs[0].dtype)

    @tf.function(autograph=False, reduce_retracing=True)
    def forward(images):
        out = model(images, training=False)
        out = out if isinstance(out, dict) else {"features": out}
        features = out["features"]
        flat = tf.reshape(features, (tf.shape(features)[0], -1))
        return {**out, "features": flat}

    def run(images):
        if images.dtype != np.uint8 or images.ndim != 4:
            raise ValueError(
                f"The extractor {model.name!r} takes uint8 images (n, H, W, C). "
                f"Received: {images.dtype} of shape {images.shape}."
            )
        outputs = {}
        for rows in slices(len(images), batch):
            for key, part in forward(tf.cast(prepare(images[rows]), dtype)).items():
                if key not in outputs:
                    whole = (len(images), *part.shape[1:])
                    outputs[key] = np.empty(whole, part.dtype.as_numpy_dtype)
                outputs[key][rows] = part
        return outputs

    return run


def _digest(model) -> str:
    digest = hashlib.sha256()
    # Without names, which count up within a process.
    config = [
        {**layer.get_config(), "name": type(layer).__name__} for layer in model.layers
    ]
    text = json.dumps(config, default=lambda value: type(value).__name__)
    digest.update(text.encode())
    for weight in model.weights:
        digest.update(np.ascontiguousarray(weight.numpy()))
    return digest.hexdigest()[:12]


def _check_download():
    folder = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    file = folder / "models" / INCEPTION_FILE
    if not file.is_file() and not tfds.answers(INCEPTION_URL):
        raise ValueError(
            f"The weights of InceptionV3 are not here and cannot be downloaded: no "
            f"answer from {INCEPTION_URL}. Put {INCEPTION_FILE} into {file.parent}, "
            "or use the extractor 'classifier' or 'pixels'."
        )


def _check_colour(name, parts):
    shape = parts.train.sample_shape
    if len(shape) != 3 or shape[-1] != 3 or not _is_uint8(parts.train):
        raise ValueError(
            f"The extractor {name!r} takes uint8 images of three channels: it has seen "
            "photographs alone. Use 'classifier' or 'pixels'; a folder of grey images "
            f"becomes one of colours with channels=3. Received: {shape}."
        )


def _is_uint8(data):
    return data.arrays["real"].dtype == np.uint8
