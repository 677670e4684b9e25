"""Exported generators sample as the model does, in a process without ganzoo."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import tiny

import ganzoo
from ganzoo import networks
from ganzoo.cli import main as command
from ganzoo.layers import SelfAttention

pytestmark = pytest.mark.long

RESNET = {"name": "resnet", "g_filters": 4, "d_filters": 4}
MODELS = {
    "average": lambda: tiny("vanilla", ema_decay=0.9),
    "cropped": lambda: tiny("dcgan", image_shape=(13, 16, 3)),
    "weight_norm": lambda: tiny("sgan"),
    "label": lambda: tiny("cgan"),
    "label_norm": lambda: ganzoo.build(
        "cgan", image_shape=(8, 8, 1), num_classes=3, network=RESNET
    ),
    "many_labels": lambda: tiny("cgan", num_classes=70),
    "bfloat16": lambda: tiny("dcgan", dtype="mixed_bfloat16"),
    "float64": lambda: tiny("vanilla", dtype="float64", image_shape=(2,)),
}

# Loads both forms of every model and samples from the stored inputs.
ALONE = """
import sys
sys.modules["ganzoo"] = None
import json, pathlib, keras, numpy as np, tensorflow as tf
folder, names = pathlib.Path(sys.argv[1]), json.loads(sys.argv[2])
for name in names:
    plain = keras.saving.load_model(folder / f"{name}.keras")
    graph = tf.saved_model.load(str(folder / name))
    for n in (1, 7):
        with np.load(folder / f"{name}_{n}.npz") as stored:
            given = dict(stored)
        given = {key: tf.constant(value) for key, value in given.items()}
        outputs = {"keras": plain(given), "saved_model": graph.serve(given)}
        outputs["signature"], = graph.signatures["serving_default"](**given).values()
        np.savez(folder / f"{name}_{n}_out.npz", **outputs)
"""


def _random_weights(network, rng):
    """Such that every layer, normalisation by label among them, shows in samples."""
    for variable in network.weights:
        variable.assign(rng.normal(size=variable.shape) * 0.3)
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_variance.assign(np.abs(layer.moving_variance.numpy()) + 0.5)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """For each model and n its samples, and those of both forms without ganzoo."""
    folder, rng = tmp_path_factory.mktemp("exported"), np.random.default_rng(0)
    expected = {}
    for name, make in MODELS.items():
        model = make()
        _random_weights(model.average_of(model.generator), rng)
        ganzoo.export(model, folder / f"{name}.keras")
        ganzoo.export(model, folder / name, format="saved_model")
        for n in (1, 7):
            dtype = model.generator.input["latent"].dtype  # float32 in any precision
            given = {"latent": model.latents(n, seed=n).astype(dtype)}
            if model.num_classes:
                given["label"] = np.arange(n, dtype="int32")[::-1] % model.num_classes
            np.savez(folder / f"{name}_{n}.npz", **given)
            samples = model.call({k: tf.constant(v) for k, v in given.items()})
            expected[name, n] = tf.cast(samples, model.variable_dtype).numpy()
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(folder), json.dumps(list(MODELS))],
        capture_output=True,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr
    return folder, expected


@pytest.mark.parametrize("n", [1, 7])
@pytest.mark.parametrize("name", MODELS)
def test_samples_without_ganzoo_equal_the_models(name, n, exported):
    folder, expected = exported
    samples = expected[name, n]
    assert samples.std() > 0.05  # else any network would do
    tolerance = {"bfloat16": 0.04, "float64": 1e-12}.get(name, 2e-5)
    with np.load(folder / f"{name}_{n}_out.npz") as outputs:
        assert set(outputs) == {"keras", "saved_model", "signature"}
        for output in outputs.values():
            assert output.dtype == samples.dtype
            np.testing.assert_allclose(output, samples, atol=tolerance)


def test_labels_matter_in_the_export(exported):
    network = keras.saving.load_model(exported[0] / "label_norm.keras")
    latent = tf.ones((2, network.input["latent"].shape[1]))
    one, two = network({"latent": latent, "label": tf.constant([0, 1])}).numpy()
    assert np.abs(one - two).max() > 1e-3


def test_sample_is_the_export_in_whole_numbers(tmp_path):
    model = tiny("dcgan")
    path = ganzoo.export(model, tmp_path / "new" / "g.keras")
    samples = keras.saving.load_model(path)({"latent": model.latents(5, seed=3)})
    pixels = np.rint((samples.numpy() + 1) * 127.5).astype("uint8")
    assert np.abs(pixels.astype(int) - model.sample(5, seed=3)).max() <= 1


def test_a_layer_without_a_plain_form_is_named(tmp_path):
    players = networks.make("dcgan", (8, 8, 1), latent_dim=4)
    latent, x = players["generator"].input, players["generator"].output
    players["generator"] = keras.Model(latent, SelfAttention()(x))
    model = ganzoo.assemble(**players)
    with pytest.raises(ValueError, match="cannot hold the layer SelfAttention.*saved_"):
        ganzoo.export(model, tmp_path / "g.keras")
    ganzoo.export(model, tmp_path / "g", format="saved_model")
    given = {"latent": model.latents(3)}
    loaded = tf.saved_model.load(str(tmp_path / "g"))
    samples = loaded.serve(given)
    np.testing.assert_allclose(samples, model.call(given), atol=2e-5)


@pytest.mark.parametrize(
    "name,format,message",
    [
        ("g.keras", "onxx", "Unknown format 'onxx'. Did you mean 'onnx'"),
        ("g.keras", "onnx", "ONNX file ends in .onnx"),
        ("g", "tflite", "LiteRT file ends in .tflite"),
        ("g.h5", "keras", "ends in .keras"),
        ("there", "saved_model", "is there already"),
        ("there", "keras", "is there already"),
    ],
)
def test_refuses_what_it_cannot_write(name, format, message, tmp_path):
    (tmp_path / "there").write_text("mine")
    with pytest.raises(ValueError, match=message):
        ganzoo.export(tiny("vanilla"), tmp_path / name, format)
    assert (tmp_path / "there").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_the_command_says_what_goes_in_and_comes_out(tmp_path, capsys):
    model = tiny("cgan")
    model.save(tmp_path / "m.keras")
    arguments = ["export", str(tmp_path / "m.keras"), f"--out={tmp_path / 'g.keras'}"]
    command.run(command.parse(["ganzoo", *arguments]))
    out = capsys.readouterr().out
    assert "latent (n, 4) from the prior 'normal', label (n,) int32 below 10" in out
    assert "samples (n, 8, 8, 1) in [-1.0, 1.0]" in out
    assert (tmp_path / "g.keras").is_file()


def test_refuses_noise_in_sampling_that_plain_keras_lacks(tmp_path):
    model = tiny("vanilla", hidden_noise=0.1)
    with pytest.raises(ValueError, match="noise in sampling.*'saved_model'"):
        ganzoo.export(model, tmp_path / "g.keras")


OTHER = {
    "average": MODELS["average"],
    "cropped": MODELS["cropped"],
    "label": MODELS["label"],
    "label_norm": MODELS["label_norm"],
    "many_labels": MODELS["many_labels"],
    "translation": lambda: tiny("context-encoder"),
}


def _given(model, n):
    """Random inputs of the exported network, for n samples."""
    rng, inputs = np.random.default_rng(n), model.sampler.input
    return {
        key: np.arange(n, dtype="int32") % model.num_classes
        if key == "label"
        else rng.normal(size=(n, *tensor.shape[1:])).astype("float32")
        for key, tensor in inputs.items()
    }


def _run_tflite(path, given):
    (out,) = tf.lite.Interpreter(str(path)).get_signature_runner()(**given).values()
    return out


def _run_onnx(path, given):
    runtime = pytest.importorskip("onnxruntime")
    (out,) = runtime.InferenceSession(str(path)).run(None, given)
    return out


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")
@pytest.mark.parametrize("format,run", [("tflite", _run_tflite), ("onnx", _run_onnx)])
@pytest.mark.parametrize("name", OTHER)
def test_samples_of_other_runtimes_equal_the_models(name, format, run, tmp_path):
    model, path = OTHER[name](), tmp_path / f"g.{format}"
    _random_weights(model.sampler, np.random.default_rng(0))
    if (name, format) == ("label_norm", "tflite"):  # a network of resnet
        with pytest.raises(ValueError, match="Select ops: Conv2D.*format='onnx'"):
            ganzoo.export(model, path, format)
        assert not path.exists()
        return
    ganzoo.export(model, path, format)
    for n in (1, 7):
        given = _given(model, n)
        samples = model.sampler({k: tf.constant(v) for k, v in given.items()}).numpy()
        assert samples.std() > 0.05
        np.testing.assert_allclose(run(path, given), samples, atol=2e-5)


@pytest.mark.parametrize("format", ["tflite", "onnx"])
def test_other_runtimes_take_float32_without_noise(format, tmp_path):
    path = tmp_path / f"g.{format}"
    with pytest.raises(ValueError, match="Received: mixed_bfloat16"):
        ganzoo.export(MODELS["bfloat16"](), path, format)
    with pytest.raises(ValueError, match="noise in sampling.*'saved_model'"):
        ganzoo.export(tiny("vanilla", hidden_noise=0.1), path, format)
    assert not path.exists()


def test_an_operation_that_onnx_lacks_leaves_no_file(tmp_path):
    pytest.importorskip("tf2onnx")
    players = networks.make("mlp", (8, 8, 1), latent_dim=4)
    latent, x = players["generator"].input, players["generator"].output
    players["generator"] = keras.Model(latent, keras.ops.erfinv(0.9 * x))
    model = ganzoo.assemble(**players)
    for _ in range(2):
        with pytest.raises(ValueError, match="ONNX cannot.*Erfinv.*saved_model"):
            ganzoo.export(model, tmp_path / "g.onnx", "onnx")
    assert not list(tmp_path.iterdir())


def test_onnx_without_its_packages_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    with pytest.raises(ImportError, match=r"pip install 'ganzoo-keras\[onnx\]'"):
        ganzoo.export(tiny("vanilla"), tmp_path / "g.onnx", "onnx")
