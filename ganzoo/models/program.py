"""A generator as a program of a few plain steps, for runtimes that know no Keras."""

import base64

import keras
import numpy as np

from ganzoo.utils.eight_bit import pack

PLAIN = ("elu", "linear", "relu", "sigmoid", "softplus", "tanh")
"""Activations without settings."""


class Program:
    """The steps of a generator in inference, for one sample, and its 8-bit weights.

    A step is a table of `op`, the numbers of the steps that it reads in `of`, and
    settings; its value is an array without the batch axis. Weights are in `weights`,
    each named by its number. `ganzoo/plots/templates/generator.js` runs the program.

    Args:
        network: a functional model of named inputs.

    Raises:
        ValueError: a layer or activation that has no step, by name; weights that are
            NaN or infinite.
    """

    def __init__(self, network: keras.Model):
        self.steps: list[dict] = []
        self.weights: list[dict] = []
        self.bytes: dict[str, int] = {}  # of each step with weights
        names = {id(tensor): name for name, tensor in network.input.items()}
        inputs = [self.add("input", [], name=names[id(x)]) for x in network.inputs]
        network._run_through_graph(inputs, operation_fn=self._translated)

    def add(self, op: str, of: list[int], **settings) -> int:
        """Adds a step; returns its number."""
        self.steps.append({"op": op, "of": of, **settings})
        return len(self.steps) - 1

    def weight(self, layer, value) -> int:
        """Adds a weight of a layer, see `utils.eight_bit`; returns its number."""
        value = np.asarray(value, "float32")
        if not np.isfinite(value).all():
            raise ValueError(
                f"Weights of {layer.name!r} are NaN or infinite: the model has "
                "diverged. Load an earlier checkpoint, or train it anew."
            )
        values, scale = pack(value)
        packed = {"values": encoded(values)}
        if scale is not None:
            packed["scale"] = encoded(scale)
        size = values.nbytes + (0 if scale is None else scale.nbytes)
        self.bytes[layer.name] = self.bytes.get(layer.name, 0) + size
        self.weights.append(packed)
        return len(self.weights) - 1

    def activated(self, x: int, function) -> int:
        """Adds an activation of Keras."""
        name = keras.activations.serialize(function)
        if name not in PLAIN:
            raise ValueError(f"A page cannot run the activation {name!r}.")
        return x if name == "linear" else self.add("activation", [x], function=name)

    def _translated(self, operation):
        kind = type(operation)
        known = STEPS.get((kind.__module__.split(".")[0], kind.__name__))
        if known is None:
            raise ValueError(
                f"A page cannot run the layer {kind.__name__} ({operation.name!r}). "
                f"It runs {', '.join(sorted({name for _, name in STEPS}))}."
            )
        return lambda *args, **kwargs: known(self, operation, *args)


def encoded(array: np.ndarray) -> str:
    """The bytes of an array, low bytes first, in base64."""
    return base64.b64encode(array.astype(array.dtype.newbyteorder("<"))).decode()


def _noise(program, layer, x):
    if layer.acts_always:
        raise ValueError(
            f"A page cannot run noise in sampling ({type(layer).__name__} "
            f"{layer.name!r}). Train with hidden_noise=0, or without such dropout."
        )
    return x


def _product(program, layer, x, kernel, bias):
    """x @ kernel + bias."""
    kernel, bias = (program.weight(layer, value) for value in (kernel, bias))
    return program.add("dense", [x], kernel=kernel, bias=bias)


def _dense(program, layer, x):
    if len(layer.input.shape) != 2:
        raise ValueError(
            f"A page cannot run the dense layer {layer.name!r} on a map. Received: "
            f"inputs {layer.input.shape[1:]}."
        )
    bias = layer.bias if layer.use_bias else np.zeros(layer.units)
    x = _product(program, layer, x, layer.kernel, bias)
    return program.activated(x, layer.activation)


def _embedding(program, layer, x):
    """A row of the table, as the product of a one-hot code and the table."""
    code = program.add("one_hot", [x], count=layer.input_dim)
    return _product(program, layer, code, layer.embeddings, np.zeros(layer.output_dim))


def _weight_norm_dense(program, layer, x):
    return _product(program, layer, x, layer.normed_kernel(), layer.bias)


def _convolution(op):
    def step(program, layer, x):
        plain = (
            layer.padding in ("same", "valid")
            and layer.dilation_rate == (1, 1)
            and layer.data_format == "channels_last"
            and layer.get_config().get("groups", 1) == 1
            and getattr(layer, "output_padding", None) is None
        )
        if not plain:
            raise ValueError(
                f"A page cannot run the convolution {layer.name!r}: its padding must "
                "be 'same' or 'valid', without dilation, groups or channels first."
            )
        bias = layer.bias if layer.use_bias else np.zeros(layer.filters)
        x = program.add(
            op,
            [x],
            kernel=program.weight(layer, layer.kernel),
            bias=program.weight(layer, bias),
            size=list(layer.kernel_size),
            stride=list(layer.strides),
            filters=layer.filters,
            same=layer.padding == "same",
        )
        return program.activated(x, layer.activation)

    return step


def _affine(program, layer, x, gain, bias):
    """x * gain + bias, repeated along the leading axes."""
    gain, bias = (program.weight(layer, value) for value in (gain, bias))
    return program.add("affine", [x], gain=gain, bias=bias)


def _batch_norm(program, layer, x):
    gain = 1 / np.sqrt(layer.moving_variance.numpy() + layer.epsilon)
    gain = gain * layer.gamma.numpy() if layer.scale else gain
    bias = -layer.moving_mean.numpy() * gain
    bias = bias + layer.beta.numpy() if layer.center else bias
    return _affine(program, layer, x, gain, bias)


def _conditional_norm(program, layer, inputs):
    x, code = inputs
    x = _batch_norm(program, layer.norm, x)
    width = layer.gain.shape[-1]
    gain = _product(program, layer, code, layer.gain, np.ones(width))
    shift = _product(program, layer, code, layer.shift, np.zeros(width))
    return program.add("add", [program.add("multiply", [x, gain]), shift])


def _relu(program, layer, x):
    if layer.max_value is not None or layer.negative_slope or layer.threshold:
        raise ValueError(f"A page cannot run the settings of {layer.name!r}.")
    return program.add("activation", [x], function="relu")


def _leaky_relu(program, layer, x):
    slope = float(layer.negative_slope)
    return program.add("activation", [x], function="leaky_relu", slope=slope)


def _up(program, layer, x):
    if layer.interpolation != "nearest":
        raise ValueError(
            f"A page cannot run the interpolation {layer.interpolation!r} of "
            f"{layer.name!r}."
        )
    return program.add("up", [x], factors=list(layer.size))


def _reshape(program, layer, x):
    return program.add("reshape", [x], shape=list(layer.output.shape[1:]))


def _concatenate(program, layer, inputs):
    if layer.axis not in (-1, len(layer.output.shape) - 1):
        raise ValueError(f"A page cannot run the axis {layer.axis} of {layer.name!r}.")
    return program.add("concatenate", list(inputs))


def _slice(program, operation, x, key):
    """A part x[:, a:b, ...] of each axis but the first."""
    shape = operation._inbound_nodes[0].input_tensors[0].shape
    parts = (*key, *[slice(None)] * (len(shape) - len(key)))
    if parts[0] != slice(None) or not all(isinstance(p, slice) for p in parts):
        raise ValueError(f"A page cannot run the slice {key} of {operation.name!r}.")
    ranges = [p.indices(size) for p, size in zip(parts[1:], shape[1:], strict=True)]
    if any(step != 1 for _, _, step in ranges):
        raise ValueError(f"A page cannot run the slice {key} of {operation.name!r}.")
    sizes = [max(0, stop - start) for start, stop, _ in ranges]
    starts = [start for start, _, _ in ranges]
    return program.add("slice", [x], start=starts, shape=sizes)


def _merge(op):
    def step(program, layer, inputs):
        shapes = [value.shape[1:] for value in layer.input]
        first, *others = shapes
        ends = [first[len(first) - len(shape) :] for shape in others]
        if len(shapes) != 2 or ends != others:
            raise ValueError(
                f"A page cannot run {layer.name!r}: it joins two values of one shape, "
                f"or one with the last axes of another. Received: {shapes}."
            )
        return program.add(op, list(inputs))

    return step


STEPS = {
    ("keras", "Activation"): lambda p, op, x: p.activated(x, op.activation),
    ("keras", "Add"): _merge("add"),
    ("keras", "Concatenate"): _concatenate,
    ("keras", "Conv2D"): _convolution("convolution"),
    ("keras", "Conv2DTranspose"): _convolution("transposed"),
    ("keras", "ConvertToTensor"): lambda p, op, x: x,
    ("keras", "Dense"): _dense,
    ("keras", "Embedding"): _embedding,
    ("keras", "Flatten"): _reshape,
    ("keras", "GetItem"): _slice,
    ("keras", "LeakyReLU"): _leaky_relu,
    ("keras", "Multiply"): _merge("multiply"),
    ("keras", "OneHot"): lambda p, op, x: p.add("one_hot", [x], count=op.num_classes),
    ("keras", "ReLU"): _relu,
    ("keras", "RepeatVector"): lambda p, op, x: p.add("repeat", [x], count=op.n),
    ("keras", "Reshape"): _reshape,
    ("keras", "UpSampling2D"): _up,
    ("keras", "BatchNormalization"): _batch_norm,
    ("ganzoo", "BatchNorm"): _batch_norm,
    ("ganzoo", "ConditionalBatchNorm"): _conditional_norm,
    ("ganzoo", "Dropout"): _noise,
    ("ganzoo", "GaussianNoise"): _noise,
    ("ganzoo", "MeanBias"): lambda p, op, x: _affine(p, op, x, np.ones(1), op.bias),
    ("ganzoo", "WeightNormDense"): _weight_norm_dense,
}
"""For the package and the class of a layer: how to add its steps."""
