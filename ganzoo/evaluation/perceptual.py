"""A distance of images in the features of a network, next to those in pixels.

LPIPS (Zhang et al. 2018, arXiv 1801.03924) without its learned weights, and on VGG16
trained further to find edges (`networks.content.edges_network`): in each of five layers
the mean over places of the squared distance of the features, each scaled to unit length
over channels; then the sum of the five. 0 for equal images, 10 at most.
"""

import functools

import numpy as np
import tensorflow as tf

from ganzoo.networks import content
from ganzoo.utils import precision

LABEL = f"vgg16_edges {content.EDGES_SHA256[:12]}"
BATCH = 4  # pairs at a time: at 256 x 256 the process takes 1.1 GiB


def distance(images_a: np.ndarray, images_b: np.ndarray) -> float:
    """Mean distance of two sets of uint8 images (n, H, W, 3), pair by pair.

    Raises:
        ValueError: the weights of the network are not available.
    """
    measure = _measure()
    batches = range(0, len(images_a), BATCH)
    pairs = ((x[i : i + BATCH] for x in (images_a, images_b)) for i in batches)
    return float(np.concatenate([measure(*pair) for pair in pairs]).mean())


@functools.cache
def _measure():
    with precision.policy("float32"):
        network = content.edges_network()
    images = tf.TensorSpec((None, None, None, 3), tf.uint8)

    @tf.function(autograph=False, input_signature=[images, images])
    def measure(a, b):
        pairs = zip(*(network(tf.cast(x, tf.float32)) for x in (a, b)), strict=True)
        return tf.add_n([_squares(*map(_unit, pair)) for pair in pairs])

    return measure


def _unit(features):
    return tf.math.l2_normalize(features, axis=-1, epsilon=1e-20)


def _squares(a, b):
    return tf.reduce_mean(tf.reduce_sum(tf.square(a - b), axis=-1), axis=(1, 2))
