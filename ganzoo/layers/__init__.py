"""Layers that Keras lacks, or whose Keras version fails with several replicas."""

from ganzoo.layers.attention import SelfAttention as SelfAttention
from ganzoo.layers.categorical import Categorical as Categorical
from ganzoo.layers.dense import Maxout as Maxout
from ganzoo.layers.dense import WeightNormDense as WeightNormDense
from ganzoo.layers.graph import GraphConvolution as GraphConvolution
from ganzoo.layers.minibatch import MinibatchDiscrimination as MinibatchDiscrimination
from ganzoo.layers.minibatch import MinibatchStdDev as MinibatchStdDev
from ganzoo.layers.noise import Dropout as Dropout
from ganzoo.layers.noise import GaussianNoise as GaussianNoise
from ganzoo.layers.noise import always_on as always_on
from ganzoo.layers.noise import noise_from as noise_from
from ganzoo.layers.normalization import BatchNorm as BatchNorm
from ganzoo.layers.normalization import ConditionalBatchNorm as ConditionalBatchNorm
from ganzoo.layers.normalization import GroupNorm as GroupNorm
from ganzoo.layers.normalization import batch_norm as batch_norm
from ganzoo.layers.normalization import instance_norm as instance_norm
from ganzoo.layers.normalization import layer_norm as layer_norm
from ganzoo.layers.pool import Pool as Pool
from ganzoo.layers.shuffle import PixelShuffle as PixelShuffle
from ganzoo.layers.spectral import SpectralNorm as SpectralNorm
from ganzoo.layers.start import DataDependent as DataDependent
from ganzoo.layers.start import MeanBias as MeanBias
from ganzoo.layers.start import starting as starting
