"""Layers that Keras lacks, or whose Keras version fails with several replicas."""

from ganzoo.layers.attention import SelfAttention
from ganzoo.layers.categorical import Categorical
from ganzoo.layers.dense import Maxout, WeightNormDense
from ganzoo.layers.graph import GraphConvolution
from ganzoo.layers.minibatch import MinibatchDiscrimination, MinibatchStdDev
from ganzoo.layers.noise import Dropout, GaussianNoise, always_on, noise_from
from ganzoo.layers.normalization import (
    BatchNorm,
    ConditionalBatchNorm,
    batch_norm,
    instance_norm,
    layer_norm,
)
from ganzoo.layers.pool import Pool
from ganzoo.layers.shuffle import PixelShuffle
from ganzoo.layers.spectral import SpectralNorm
from ganzoo.layers.start import DataDependent, MeanBias, starting

__all__ = [
    "BatchNorm",
    "Categorical",
    "ConditionalBatchNorm",
    "DataDependent",
    "Dropout",
    "GaussianNoise",
    "GraphConvolution",
    "Maxout",
    "MeanBias",
    "MinibatchDiscrimination",
    "MinibatchStdDev",
    "PixelShuffle",
    "Pool",
    "SelfAttention",
    "SpectralNorm",
    "WeightNormDense",
    "always_on",
    "batch_norm",
    "instance_norm",
    "layer_norm",
    "noise_from",
    "starting",
]
