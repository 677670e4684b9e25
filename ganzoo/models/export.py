"""`export`: the sampling generator alone, for programs that do not know the zoo."""

import warnings
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from ganzoo import layers
from ganzoo.models.adversarial import AdversarialModel
from ganzoo.utils.extras import extra
from ganzoo.utils.files import replacing
from ganzoo.utils.options import check_known


def export(model: AdversarialModel, out: str | Path, format: str = "keras") -> Path:
    """Writes the network behind `model.sample`: the running average if one is kept.

    It takes `{"latent": (n, latent_dim)}`, float32 in any precision, for any n, and
    `"label"` (n,) int32 if the model is conditional. It returns samples (n, ...) as
    floats in the model's `value_range`. Latents come from `model.prior`. The generator
    of a translation model takes `{"source": (n, H, W, C)}` in `value_range`, see
    `model.interface`. Dropout that serves as noise stays active in `saved_model` only;
    the other formats hold only Keras' own layers.

    Args:
        model: a model, such as `ganzoo.load` returns.
        out: the file or folder to write, which must not exist.
        format: `keras`: a .keras file of Keras' own layers, for
            `keras.saving.load_model`. `saved_model`: a folder for
            `tf.saved_model.load(...).serve` and TensorFlow Serving. `tflite`: a .tflite
            file of the built-in operations of LiteRT (TensorFlow Lite). `onnx`: a .onnx
            file; needs the extra `onnx`. Both are for models in float32.

    Returns:
        The path of the file or folder.

    Raises:
        ValueError: an unknown format, a path that exists or has the wrong ending, or a
            layer, an operation or a dtype that the format cannot hold.
        ImportError: `onnx` without its packages.
    """
    check_known("format", [format], FORMATS)
    out = Path(out)
    if out.exists():
        raise ValueError(f"{out} is there already. Remove it, or choose another name.")
    FORMATS[format](model, out)
    return out


def _write_keras(model, out):
    _check_ending(out, ".keras", "Keras")
    generator = _in_plain_layers(model.sampler)
    with replacing(out) as temporary:
        _in_floats(generator, model.variable_dtype).save(temporary)


def _write_saved_model(model, out):
    generator = _in_floats(model.sampler, model.variable_dtype)
    out.parent.mkdir(parents=True, exist_ok=True)
    generator.export(str(out), format="tf_saved_model", verbose=False)


def _write_tflite(model, out):
    _check_ending(out, ".tflite", "LiteRT")
    generator = _in_float32(model)
    built_in = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}
    try:
        with replacing(out) as temporary:
            generator.export(
                str(temporary), "litert", verbose=False, target_spec=built_in
            )
    except Exception as error:  # the converter's own class is private
        lines = [line for line in str(error).splitlines() if "Select ops:" in line]
        raise ValueError(
            "LiteRT cannot hold an operation of this network "
            f"({', '.join(lines) or type(error).__name__}). Resnet's doubling of the "
            "sides is one. Export with format='onnx' or 'saved_model'."
        ) from error


def _write_onnx(model, out):
    _check_ending(out, ".onnx", "ONNX")
    instead = "Without it, export with format='keras', 'tflite' or 'saved_model'."
    with extra("onnx", "format='onnx' needs tf2onnx", instead):
        import onnx
        import tf2onnx  # noqa: F401
    generator = _in_float32(model)
    inputs = {
        name: tf.TensorSpec(tensor.shape, tensor.dtype, name)
        for name, tensor in generator.input.items()
    }
    with replacing(out) as temporary:
        with warnings.catch_warnings():
            # Keras asks NumPy for names of 1.x, on behalf of tf2onnx.
            warnings.simplefilter("ignore", FutureWarning)
            generator.export(
                str(temporary), "onnx", verbose=False, input_signature=[inputs]
            )
        try:  # tf2onnx only logs operations that it cannot convert
            onnx.checker.check_model(str(temporary))
        except onnx.checker.ValidationError as error:
            raise ValueError(
                "ONNX cannot hold an operation of this network "
                f"({str(error).splitlines()[0]}). Export with format='saved_model'."
            ) from error


FORMATS = {
    "keras": _write_keras,
    "saved_model": _write_saved_model,
    "tflite": _write_tflite,
    "onnx": _write_onnx,
}


def _check_ending(out, ending, format):
    if out.suffix != ending:
        raise ValueError(
            f"The name of a {format} file ends in {ending}. Received: {out}."
        )


def _in_float32(model):
    """The sampler in Keras' own layers.

    Raises:
        ValueError: another dtype, whose operations LiteRT and ONNX lack.
    """
    dtype = model.sampler.dtype_policy.name
    if dtype != "float32":
        raise ValueError(
            "LiteRT and ONNX take models in float32. Export with format='keras' or "
            f"'saved_model', or train with --dtype=float32. Received: {dtype}."
        )
    return _in_floats(_in_plain_layers(model.sampler), "float32")


def _in_floats(generator, dtype):
    """Casts the network's samples to `dtype`, also under mixed precision."""
    samples = keras.layers.Activation("linear", dtype=dtype)(generator.output)
    return keras.Model(generator.input, samples, name="generator")


def _in_plain_layers(network):
    """Copies a network in Keras' own layers, with the same outputs in inference."""
    copy = keras.models.clone_model(network, clone_function=_plain)
    for layer, plain in zip(network.layers, copy.layers, strict=True):
        _, fill = PLAIN.get(type(layer), (None, _fill_same))
        fill(plain, layer)
    return copy


def _plain(layer):
    make, _ = PLAIN.get(type(layer), (_same, None))
    return make(layer)


def _same(layer):
    """Copies a layer, or an operation such as one_hot."""
    is_layer = isinstance(layer, keras.layers.Layer)
    foreign = {
        type(part).__name__
        for part in (layer._flatten_layers() if is_layer else [layer])
        if type(part).__module__.split(".")[0] != "keras"
    }
    if foreign:
        raise ValueError(
            f"A file that loads without ganzoo cannot hold the layer "
            f"{', '.join(sorted(foreign))} ({layer.name!r}). Export with "
            "format='saved_model', which takes any layer."
        )
    return type(layer).from_config(layer.get_config())


def _fill_same(plain, layer):
    plain.set_weights(layer.get_weights())


def _nothing(layer):
    """Replaces noise, which acts only in training."""
    return keras.layers.Activation("linear", name=layer.name, dtype=layer.dtype_policy)


def _noise(layer):
    if layer.acts_always:
        raise ValueError(
            "A file that loads without ganzoo cannot hold noise in sampling "
            f"({layer.name!r}). Export with format='saved_model', or train with "
            "hidden_noise=0."
        )
    return _nothing(layer)


def _fill_nothing(plain, layer):
    """Does nothing: the layer has no weights."""


def _dense(layer):
    return keras.layers.Dense(layer.units, name=layer.name, dtype=layer.dtype_policy)


def _fill_dense(plain, layer):
    plain.set_weights([layer.normed_kernel().numpy(), layer.bias.numpy()])


def _batch_norm(layer, **changes):
    config = {**layer.get_config(), **changes}
    return keras.layers.BatchNormalization.from_config(config)


def _group_norm(layer):
    return keras.layers.GroupNormalization.from_config(layer.get_config())


def _conditional_norm(layer):
    """norm(x) * (1 + code @ gain) + code @ shift as a network of two inputs."""
    dtype = layer.dtype_policy
    x, code = (
        keras.Input(tensor.shape[1:], dtype=tensor.dtype) for tensor in layer.input
    )
    norm = _batch_norm(layer.norm, name="norm")
    rows = (*(1 for _ in x.shape[1:-1]), x.shape[-1])
    gain, shift = (
        keras.layers.Reshape(rows, dtype=dtype)(
            keras.layers.Dense(x.shape[-1], use_bias=bias, dtype=dtype, name=name)(code)
        )
        for name, bias in (("gain", True), ("shift", False))
    )
    y = keras.layers.Multiply(dtype=dtype)([norm(x), gain])
    y = keras.layers.Add(dtype=dtype)([y, shift])
    return keras.Model([x, code], y, name=layer.name)


def _fill_conditional_norm(plain, layer):
    gain = layer.gain.numpy()
    plain.get_layer("norm").set_weights(layer.norm.get_weights())
    plain.get_layer("gain").set_weights([gain, np.ones_like(gain[0])])
    plain.get_layer("shift").set_weights([layer.shift.numpy()])


# For each layer of ganzoo: how to make its replacement, and how to fill the weights.
PLAIN = {
    layers.BatchNorm: (_batch_norm, _fill_same),
    layers.GroupNorm: (_group_norm, _fill_same),
    layers.Dropout: (_nothing, _fill_nothing),
    layers.GaussianNoise: (_noise, _fill_nothing),
    layers.WeightNormDense: (_dense, _fill_dense),
    layers.ConditionalBatchNorm: (_conditional_norm, _fill_conditional_norm),
}
