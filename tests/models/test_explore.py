"""The page of a generator: what its script makes equals `sample`."""

import base64
import html
import json
import re

import javascript
import keras
import numpy as np
import pytest
from helpers import tiny

import ganzoo
from ganzoo import networks
from ganzoo.layers import SelfAttention
from ganzoo.models import explore as explore_module
from ganzoo.models.explore import explore
from ganzoo.utils.eight_bit import pack, unpack

RESNET = {"name": "resnet", "g_filters": 4, "d_filters": 4}
TAGS = {"name": "tags", "names": ["a", "b"]}
NUMBERS = {"name": "numbers", "count": 1, "mean": [2.0], "std": [0.5]}
NUMBERS |= {"low": [1.0], "high": [3.0]}
LATE = {"name": "mlp", "hidden": (8, 8), "latent_to_hidden": 2}
MODELS = {
    "average": lambda: tiny("vanilla", ema_decay=0.9),
    "late": lambda: tiny("vanilla", network={**LATE, "output_bias": "mean"}),
    "cropped": lambda: tiny("dcgan", image_shape=(13, 16, 3)),
    "units": lambda: tiny("dcgan", units=16, kernel=2, prior="unit_uniform"),
    "elu": lambda: tiny("began", normalize=False),
    "weight_norm": lambda: tiny("sgan"),
    "code": lambda: tiny("infogan"),
    "label": lambda: tiny("cgan", num_classes=3),
    "label_maps": lambda: tiny(
        "cgan", num_classes=3, network={"name": "dcgan", "filters": 2}
    ),
    "label_norm": lambda: tiny("cgan", num_classes=3, network=RESNET),
    "many_labels": lambda: tiny("cgan", num_classes=70),
    "tags": lambda: tiny("cgan", condition=TAGS),
    "many_tags": lambda: tiny("cgan", condition={"name": "tags", "count": 70}),
    "numbers": lambda: tiny("cgan", condition=NUMBERS),
    "resnet": lambda: ganzoo.build(
        "dcgan", image_shape=(9, 8, 3), network=RESNET, latent_dim=4
    ),
}
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>'\""

# The pixels of the grid of each page.
GRIDS = """given.map(({ program, latents, labels }) => {
  const generate = generatorOf(program), all = floats(latents);
  const size = all.length / 64, rows = Array.from({ length: 64 }, (_, i) => i);
  return rows.map((i) => Array.from(
    generate({ latent: all.subarray(i * size, (i + 1) * size), label: labels?.[i] })));
})"""


def _in_eight_bits(model, rng):
    """Random weights, for every layer to show in samples, rounded to 8 bits."""
    network = model.average_of(model.generator)
    for variable in network.weights:
        variable.assign(rng.normal(size=variable.shape) * 0.7)
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_variance.assign(np.abs(layer.moving_variance.numpy()) + 0.5)
    network.set_weights([unpack(*pack(w)) for w in network.get_weights()])
    return model


def _data(page):
    (text,) = re.findall(
        r'<script type="application/json" id="data">(.*)</script>', page
    )
    return json.loads(html.unescape(text))


@pytest.fixture(autouse=True, scope="module")
def few_features():
    """GANSpace looks at few latents: what it finds is tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explore_module, "FEATURES", 32)
        yield


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """For each model what it samples, and what the script of its page makes."""
    folder, rng = tmp_path_factory.mktemp("pages"), np.random.default_rng(0)
    samples, data = {}, []
    for name, make in MODELS.items():
        model = _in_eight_bits(make(), rng)
        page = explore(model, folder / f"{name}.html", seed=5).read_text()
        samples[name] = model.sample(64, seed=5)
        data.append(_data(page))
    grids = javascript.run(GRIDS, "generator.js", given=data)
    return {
        name: (samples[name], np.reshape(grid, samples[name].shape))
        for name, grid in zip(MODELS, grids, strict=True)
    }


@pytest.mark.parametrize("name", MODELS)
def test_pixels_equal_those_of_sample(name, pages):
    samples, pixels = pages[name]
    assert samples.std() > 10 and samples.std(axis=0).max() > 5
    assert np.abs(samples.astype(int) - pixels).max() <= 1
    assert (samples == pixels).mean() > 0.99


@pytest.mark.parametrize("name", ["dcgan_digits", "cgan_mnist"])
def test_a_pretrained_model_is_the_page(name, tmp_path):
    model = ganzoo.load(name)
    data = _data(explore(model, tmp_path / "x.html").read_text())
    (pixels,) = javascript.run(GRIDS, "generator.js", given=[data])
    samples = model.sample(64)
    assert np.abs(samples.astype(int) - np.reshape(pixels, samples.shape)).max() <= 1


@pytest.mark.parametrize("kernel,stride,padding", [(3, 1, "same"), (4, 2, "valid")])
@pytest.mark.parametrize("kind", ["Conv2D", "Conv2DTranspose"])
def test_convolutions_of_other_sizes(kind, kernel, stride, padding, tmp_path):
    """Those that no network of the zoo has, odd kernels and borders among them."""
    latent = keras.Input((5,), name="latent")
    x = keras.layers.Reshape((7, 6, 2))(keras.layers.Dense(84)(latent))
    x = getattr(keras.layers, kind)(3, kernel, stride, padding)(x)
    players = networks.make("mlp", x.shape[1:], latent_dim=5)
    players["generator"] = keras.Model({"latent": latent}, x, name="generator")
    model = _in_eight_bits(ganzoo.assemble(**players), np.random.default_rng(1))
    data = _data(explore(model, tmp_path / "x.html").read_text())
    (pixels,) = javascript.run(GRIDS, "generator.js", given=[data])
    samples = model.sample(64)
    assert samples.std() > 10
    assert np.abs(samples.astype(int) - np.reshape(pixels, samples.shape)).max() <= 1


def test_what_the_page_holds(tmp_path):
    model = tiny("cgan", condition=[HOSTILE, "b"], prior="normal")
    text = explore(model, tmp_path / "x.html", title=HOSTILE).read_text()
    assert HOSTILE not in text and html.escape(HOSTILE, quote=False) in text.replace(
        "&#39;", "'"
    ).replace("&#34;", '"')
    assert text.count("<script") == text.count("</script") == 2
    assert "http:" not in text and "https:" not in text
    assert "default-src &#39;none&#39;" in text
    data = _data(text)
    assert data["condition"]["names"] == [HOSTILE, "b"]
    assert data["labels"][:3] == [[0.0], [1.0], [0.0]]
    latents = np.frombuffer(base64.b64decode(data["latents"]), "<f4")
    np.testing.assert_array_equal(latents, model.latents(64).reshape(-1))
    found = ganzoo.latent.sefa(model, 4)
    np.testing.assert_allclose(data["directions"]["SeFa"], found, atol=1e-6)
    assert len(data["directions"]["GANSpace"]) == 4


def test_a_generator_that_is_too_large_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(explore_module, "MAX_BYTES", 1000)
    message = "MiB in 8 bits.*the layer 'dense.*--set g_units=256"
    with pytest.raises(ValueError, match=message):
        explore(tiny("vanilla", g_hidden=(16, 64)), tmp_path / "x.html")
    assert not list(tmp_path.iterdir())


def _with_attention():
    players = networks.make("dcgan", (8, 8, 1), latent_dim=4)
    latent, x = players["generator"].input, players["generator"].output
    players["generator"] = keras.Model(latent, SelfAttention()(x))
    return ganzoo.assemble(**players)


def _diverged():
    model = tiny("vanilla")
    model.average_of(model.generator).weights[0].assign(np.full((4, 16), np.nan))
    return model


def _of(*layers):
    """A model whose generator ends in these layers."""
    latent = keras.Input((4,), name="latent")
    x = keras.layers.Reshape((8, 8, 1))(keras.layers.Dense(64)(latent))
    for layer in layers:
        x = layer(x)
    image_shape = x.shape[1:]
    judge = networks.make("mlp", image_shape, latent_dim=4)["discriminator"]
    return ganzoo.assemble(
        generator=keras.Model({"latent": latent}, x), discriminator=judge
    )


def _transposed(**options):
    return keras.layers.Conv2DTranspose(1, 4, 2, **options)


@pytest.mark.parametrize(
    "make,message",
    [
        (lambda: _of(keras.layers.Dense(1)), "the dense layer .* on a map"),
        (
            lambda: _of(lambda x: keras.layers.Add()([x, x, x])),
            "joins two values of one",
        ),
        (
            lambda: _of(lambda x: keras.layers.Multiply()([x[:, :1], x])),
            "joins two values of one shape",
        ),
        (
            lambda: _of(_transposed(padding="same", output_padding=1)),
            "cannot run the convolution",
        ),
        (lambda: keras.Sequential(), "model of ganzoo. Received: Sequential"),
        (_diverged, "Weights of 'dense.*' are NaN or infinite: the model has diverged"),
        (_with_attention, "cannot run the layer SelfAttention .*It runs Activation"),
        (lambda: tiny("vanilla", hidden_noise=0.1), "noise in sampling .GaussianNoise"),
        (lambda: tiny("vanilla", image_shape=(2,)), r"images of 1 or 3 .*\(2,\)"),
        (lambda: tiny("3dgan"), r"1 or 3 channels.*\(8, 8, 8, 1\)"),
        (lambda: tiny("text2image"), "whose network takes caption, latent"),
        (lambda: tiny("ddpm"), "makes a sample in many steps"),
        (lambda: tiny("pix2pix"), "Received: .*Model, whose network takes source"),
    ],
)
def test_refuses_what_it_cannot_show(make, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        explore(make(), tmp_path / "x.html")
    assert not list(tmp_path.iterdir())


def test_the_name_ends_in_html(tmp_path):
    with pytest.raises(ValueError, match="ends in .html. Received: .*x.png"):
        explore(tiny("vanilla"), tmp_path / "x.png")
