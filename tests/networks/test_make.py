"""Backbones by name: which option goes where, and what is refused."""

import inspect

import keras
import numpy as np
import pytest
from helpers import of_kind
from keras import layers

import ganzoo
from ganzoo import networks
from ganzoo.data import Data
from ganzoo.data.symbols import one_hot
from ganzoo.data.text import Text
from ganzoo.layers import Dropout, Maxout, SpectralNorm
from ganzoo.models.assemble import assemble
from ganzoo.networks import dcgan, mlp

SIZES = {"image_shape": (8, 8, 1), "latent_dim": 4}
SHAPES = {"volumetric": (8, 8, 8, 1), "graph": (6, 5), "resnet1d": (6, 5)}


def widths(network):
    return [layer.units for layer in of_kind(network, layers.Dense)]


def channels(network):
    return [layer.filters for layer in of_kind(network, layers.Conv2D)]


@pytest.mark.parametrize("name", networks.FAMILIES)
def test_a_family_by_name(name):
    shape = SHAPES.get(name, (8, 8, 1))
    made = networks.make(name, shape, latent_dim=4, condition=3)
    assert set(made) == {"generator", "discriminator", "value_range"}
    assert set(made["generator"].input) == {"latent", "label"}
    assert set(made["discriminator"].input) == {"sample", "label"}
    assert made["generator"].output.shape[1:] == shape
    expected = (0.0, 1.0) if len(shape) == 2 else (-1.0, 1.0)
    assert made["value_range"] == expected


def test_options_go_to_the_players_that_have_them():
    made = networks.make(
        {"name": "mlp", "hidden": [6, 5], "d_hidden": [7], "dropout": 0.1}, (2,),
        latent_dim=4,
    )  # fmt: skip
    assert widths(made["generator"]) == [6, 5, 2]
    assert widths(made["discriminator"]) == [7, 1]
    assert not of_kind(made["generator"], Dropout)
    assert len(of_kind(made["discriminator"], Dropout)) == 1


def test_options_override_those_of_the_table():
    table = {"name": "mlp", "hidden": [6]}
    model = ganzoo.build("vanilla", network=table, g_hidden=(9, 9), **SIZES)
    assert widths(model.generator) == [9, 9, 64]
    assert widths(model.discriminator) == [6, 1]
    model = ganzoo.build("vanilla", hidden=(7,), **SIZES)
    assert widths(model.generator) == [7, 64]
    assert widths(model.discriminator) == [7, 1]
    model = ganzoo.build("dcgan", network={"name": "dcgan", "d_filters": 3}, **SIZES)
    assert channels(model.discriminator) == [3, 6]
    assert of_kind(model.generator, layers.Conv2DTranspose)[0].filters == 32


def test_auto_chooses_the_family_by_the_shape():
    chosen = {(2,): "mlp", (6, 5): "mlp", (8, 8, 1): "dcgan"}
    for shape, name in {**chosen, (8, 8, 8, 1): "volumetric"}.items():
        made = networks.table("auto", shape)
        assert made == {"name": name}
    # Of rank 2, symbols have a codec, and signals have none.
    assert networks.table("auto", (6, 5), "text") == {"name": "resnet1d"}


def test_auto_chooses_the_family_by_what_symbols_mean():
    text = {"name": "text", "alphabet": "ab"}
    for codec, name in ((text, "resnet1d"), ("molecules", "graph")):
        assert networks.table("auto", (6, 5), codec) == {"name": name}
    model = ganzoo.build("wgan-gp", image_shape=(6, 3), codec=text, filters=4)
    assert model.value_range == (0.0, 1.0)
    assert "resnet1d" not in networks.table({"name": "mlp"}, (6, 3), text).values()


@pytest.mark.parametrize(
    "name,shape,codec,kinds",
    [
        ("wgan-gp", (6, 4), {"name": "text", "alphabet": "ab"}, 3),
        ("molgan", (6, 9), "molecules", 5),
        ("dcgan", (8, 8, 1), "molecules", 5),
    ],
)
def test_symbols_are_those_of_the_codec(name, shape, codec, kinds):
    sizes = {} if name == "molgan" else {"filters": 2}
    message = rf"the shape \(L, {kinds}\). Received: \({shape[0]},"
    with pytest.raises(ValueError, match=message):
        ganzoo.build(name, image_shape=shape, codec=codec, **sizes)


def test_samples_are_for_data_of_the_same_symbols():
    model = ganzoo.build(
        "vanilla",
        image_shape=(6, 3),
        codec={"name": "text", "alphabet": "ab"},
        g_hidden=(4,),
        d_hidden=(4,),
    )
    arrays = {"real": one_hot(np.array([[1, 2, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0]]), 3)}
    assert len(model.sample_for(Data("x", arrays, codec=Text("ab")), 2, 0)["real"]) == 2
    with pytest.raises(
        ValueError, match="symbols of 'x' are not .*'ab'.*Received.*'ba'"
    ):
        model.sample_for(Data("x", arrays, codec=Text("ba")), 2, 0)


def test_the_builders_options_reach_another_network():
    model = ganzoo.build("dcgan", network="resnet", filters=4, **SIZES)
    assert set(channels(model.generator)) == {8, 4, 1}
    model = ganzoo.build("vanilla", network="dcgan", dropout=0.2, **SIZES)
    assert [d.rate for d in of_kind(model.discriminator, Dropout)] == [0.2, 0.2]


@pytest.mark.parametrize("variant", ["vanilla", "dcgan", "cgan"])
def test_the_builders_defaults_pass_to_any_network(variant):
    for name in networks.FAMILIES:
        table = {"name": name} | ({} if name in ("mlp", "graph") else {"filters": 2})
        sizes = {**SIZES, "image_shape": SHAPES.get(name, (8, 8, 1))}
        model = ganzoo.build(variant, network=table, **sizes)
        assert model.sample(2).shape == (2, *sizes["image_shape"])


def test_an_option_that_the_network_lacks_is_refused():
    with pytest.raises(ValueError, match="option of 'dcgan' 'kernel'.*Allowed"):
        ganzoo.build("dcgan", network="resnet", kernel=6, **SIZES)
    with pytest.raises(ValueError, match="option of 'vanilla' 'maxout_pieces'"):
        ganzoo.build("vanilla", network="dcgan", maxout_pieces=9, **SIZES)
    with pytest.raises(ValueError, match="option of network 'resnet' 'kernel'.*Allow"):
        assemble(network="resnet", kernel=6, **SIZES)
    with pytest.raises(ValueError, match="'filtres'. Did you mean 'filters'?"):
        ganzoo.build("dcgan", filtres=6, **SIZES)
    with pytest.raises(ValueError, match="'filtres'. Did you mean 'filters'?"):
        ganzoo.build("dcgan", network={"name": "resnet", "filtres": 6}, **SIZES)
    with pytest.raises(ValueError, match="network 'mlp' 'latent_dim'"):
        ganzoo.build("dcgan", network={"name": "mlp", "latent_dim": 6}, **SIZES)


@pytest.mark.parametrize("network", ["resnett", {"name": "resnett"}])
def test_refuses_an_unknown_network(network):
    with pytest.raises(ValueError, match="Unknown network 'resnett'. Did you mean"):
        ganzoo.build("dcgan", network=network, **SIZES)


@pytest.mark.parametrize("network", [None, {}, {"filters": 3}, 3])
def test_refuses_what_names_no_network(network):
    with pytest.raises(ValueError, match="A network is a name, or a table with a name"):
        networks.make(network, (8, 8, 1), latent_dim=4)


def test_a_shape_that_the_network_does_not_serve_is_refused():
    with pytest.raises(ValueError, match=r"must be \(D, H, W, C\)"):
        ganzoo.build("dcgan", network="volumetric", **SIZES)
    with pytest.raises(ValueError, match=r"must be \(H, W, C\)"):
        ganzoo.build("vanilla", network="resnet", image_shape=(2,))


def test_d_norm_by_default_is_the_networks_own():
    for name, kind in (
        ("dcgan", layers.BatchNormalization),
        ("resnet", SpectralNorm),
    ):
        made = ganzoo.build("dcgan", network=name, filters=2, **SIZES)
        assert of_kind(made.discriminator, kind)
    made = ganzoo.build("dcgan", network="resnet", filters=2, d_norm="none", **SIZES)
    assert not of_kind(made.discriminator, SpectralNorm)


@pytest.mark.parametrize(
    "penalties,usual",
    [({"gradient_penalty": 10.0}, False), ({"r1": 1.0, "lecam": 0.1}, False)]
    + [({"lecam": 0.1}, True), (None, True)],
)
def test_penalties_of_each_sample_change_the_default(penalties, usual):
    def d(name, **options):
        return assemble(
            network={"name": name, "filters": 2}, loss="wasserstein",
            penalties=penalties, **SIZES, **options,
        ).discriminator  # fmt: skip

    assert bool(of_kind(d("dcgan"), layers.BatchNormalization)) == usual
    assert bool(of_kind(d("dcgan"), layers.GroupNormalization)) != usual
    assert bool(of_kind(d("resnet"), SpectralNorm)) == usual
    assert not of_kind(d("resnet"), layers.GroupNormalization)
    # What is given stays; whoever trains refuses what cannot be.
    assert of_kind(d("resnet", d_norm="spectral"), SpectralNorm)
    if usual:
        assert of_kind(d("dcgan", d_norm="batch"), layers.BatchNormalization)
    else:
        with pytest.raises(ValueError, match="batch normalisation makes depend"):
            d("dcgan", d_norm="batch")


def test_the_default_builders_make_the_families_networks():
    """Structure and, from one seed, every weight."""

    def weights(network):
        return [(v.name, v.numpy()) for v in network.weights]

    def same(make_model, make_networks):
        keras.utils.set_random_seed(4)
        model = make_model()
        keras.utils.set_random_seed(4)
        for a, b in zip(
            (model.generator, model.discriminator), make_networks(), strict=True
        ):
            assert [type(x) for x in a.layers] == [type(x) for x in b.layers]
            for (name, value), (other, wanted) in zip(
                weights(a), weights(b), strict=True
            ):
                assert name == other
                np.testing.assert_array_equal(value, wanted)

    shape = {"image_shape": (12, 9, 2)}
    same(
        lambda: ganzoo.build("dcgan", latent_dim=4, filters=2, dropout=0.1, **shape),
        lambda: (
            dcgan.generator(**shape, latent_dim=4, filters=2),
            dcgan.discriminator(**shape, filters=2, dropout=0.1, maps=True),
        ),
    )
    same(
        lambda: ganzoo.build("vanilla", latent_dim=4, maxout_pieces=2, **shape),
        lambda: (
            mlp.generator(**shape, latent_dim=4, hidden=(256, 512)),
            mlp.discriminator(**shape, hidden=(512, 256), maxout_pieces=2, dropout=0.3),
        ),
    )
    model = ganzoo.build("vanilla", maxout_pieces=2, **shape)
    assert [m.pieces for m in of_kind(model.discriminator, Maxout)] == [2, 2]


def test_the_range_of_the_samples_follows_their_kind():
    for shape, expected in (((2,), None), ((8, 8, 1), (-1.0, 1.0))):
        made = networks.make("mlp", shape, latent_dim=4)
        assert made["value_range"] == expected
    last = made["generator"].layers[-1]
    assert last.activation.__name__ == "tanh"
    made = networks.make("mlp", (2,), latent_dim=4, value_range=(0.0, 1.0))
    assert made["value_range"] == (0.0, 1.0)


def test_a_label_for_g_alone():
    made = networks.make(
        "dcgan", (8, 8, 1), latent_dim=4, condition=3,
        d_arguments={"image_shape": (8, 8, 1)},
    )  # fmt: skip
    assert set(made["generator"].input) == {"latent", "label"}
    assert set(made["discriminator"].input) == {"sample"}


@pytest.mark.parametrize("name", ["mlp", "dcgan", "resnet"])
@pytest.mark.parametrize("norm", ["none", "spectral"])
def test_what_ds_last_layer_sees_is_opened(name, norm):
    def discriminator(**heads):
        arguments = {"image_shape": (8, 8, 1), **heads}
        table = {"name": name, "d_norm": norm}
        made = networks.make(table, (8, 8, 1), latent_dim=4, d_arguments=arguments)
        return made["discriminator"]

    d, opened = discriminator(), discriminator(heads={"code": 5})
    x = np.random.default_rng(0).uniform(-1, 1, (3, 8, 8, 1)).astype("float32")
    keras.Model(opened.input, opened.output["logits"]).set_weights(d.get_weights())
    out = opened({"sample": x}, training=False)
    np.testing.assert_array_equal(out["logits"], d({"sample": x}, training=False))
    last = d.layers[-1]
    np.testing.assert_allclose(last(out["features"]), out["logits"], atol=1e-6)
    assert out["code"].shape == (3, 5)
    assert len(opened.trainable_variables) == len(d.trainable_variables) + 2
    spectral = [n for n in opened.layers if isinstance(n, SpectralNorm)]
    assert bool(spectral) == (norm == "spectral")
    bare = of_kind(opened, layers.Dense)
    assert not (spectral and bare)


def test_kernels_from_a_range():
    """Each layer's its own, though their shapes are the same."""
    table = {"name": "mlp", "g_initializer": 0.5, "d_initializer": 0.05}
    table["hidden"] = [256, 256, 256]
    made = networks.make(table, (2,), latent_dim=4)
    for player, limit in (("generator", 0.5), ("discriminator", 0.05)):
        kernels = [layer.kernel for layer in of_kind(made[player], layers.Dense)]
        assert np.abs(kernels[1] - kernels[2]).max() > 0.9 * limit
        values = np.concatenate([np.ravel(kernel) for kernel in kernels])
        assert 0.9 * limit < np.abs(values).max() <= limit
        np.testing.assert_allclose(values.mean(), 0, atol=0.02 * limit)


@pytest.mark.parametrize("limit", [0, -0.1, float("nan"), float("inf")])
def test_a_range_of_kernels_that_is_none(limit):
    with pytest.raises(ValueError, match="`initializer` must be a name, or a positive"):
        networks.make({"name": "mlp", "initializer": limit}, (2,), latent_dim=4)


@pytest.mark.parametrize("name", networks.FAMILIES)
def test_the_defaults_that_are_read_from_the_source_are_those_of_the_functions(name):
    family = getattr(networks, name)
    known = networks.defaults(name)
    for prefix, player in (("d_", family.discriminator), ("g_", family.generator)):
        for parameter in inspect.signature(player).parameters.values():
            if parameter.name not in networks.FIXED:
                option = prefix + parameter.name
                expected = known[option if option in known else parameter.name]
                assert parameter.default == expected
