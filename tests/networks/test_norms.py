"""`d_norm` of every family: what it puts where, and that it trains."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import (
    arrays_for,
    batches_for,
    largest_difference,
    train,
    train_eagerly,
)
from keras import layers

import ganzoo
from ganzoo import networks
from ganzoo.layers import SpectralNorm, instance_norm
from ganzoo.networks import (
    FAMILIES,
    channelwise,
    dcgan,
    encoder,
    mlp,
    norms,
    patchgan,
    resnet,
    subpixel,
)
from ganzoo.runs import checkpoint

RNG = np.random.default_rng(0)
SHAPES = {"mlp": (8, 8, 1), "dcgan": (16, 16, 1), "resnet": (9, 12, 3)}
SHAPES |= {"volumetric": (8, 9, 8, 1), "graph": (6, 5), "resnet1d": (6, 5)}
SMALL = {
    "mlp": {"hidden": (6, 5)},
    "graph": {"hidden": (6, 5)},
}
FITTING = [
    (family, norm)
    for family in FAMILIES
    for norm in norms.NORMS
    if (family, norm) not in (("mlp", "instance"), ("graph", "instance"))
]
WITH_KERNEL = (
    layers.Dense,
    layers.Conv1D,
    layers.Conv2D,
    layers.Conv3D,
    layers.Conv2DTranspose,
    layers.Conv3DTranspose,
)
AFTER = {
    "none": (),
    "batch": layers.BatchNormalization,
    "layer": layers.GroupNormalization,
    "instance": layers.GroupNormalization,
    "spectral": SpectralNorm,
}


def discriminator(family, **options):
    sizes = SMALL.get(family, {"filters": 4})
    return getattr(networks, family).discriminator(
        SHAPES[family], **{**sizes, **options}
    )


def kinds(network):
    """Number of layers of each kind."""
    return [type(layer).__name__ for layer in network.layers]


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("num_classes", [0, 3])
@pytest.mark.parametrize("family,d_norm", FITTING)
def test_forward_and_backward(family, d_norm, num_classes, dtype):
    keras.config.set_dtype_policy(dtype)
    try:
        d = discriminator(family, d_norm=d_norm, condition=num_classes)
    finally:
        keras.config.set_dtype_policy("float32")
    sample = tf.constant(RNG.uniform(-1, 1, (4, *SHAPES[family])), tf.float32)
    given = {"sample": sample}
    if num_classes:
        given["label"] = tf.constant([0, 1, 2, -1])
    with tf.GradientTape() as tape:
        tape.watch(sample)
        logits = tf.cast(d(given, training=True), tf.float32)
        loss = tf.reduce_mean(logits**2)
    weights = [v.value for v in d.trainable_variables]
    gradients = tape.gradient(loss, [sample, *weights])
    assert logits.shape == (4, 1)
    for gradient in gradients:
        assert np.isfinite(tf.cast(gradient, tf.float32)).all()
    assert np.any(gradients[0])
    assert all(v.dtype == "float32" for v in d.weights if "seed" not in v.name)


# Every family and every normalisation once. `tests/test_combinations.py` takes two
# steps with each pair, without the seconds of compiling them.
COMPILED = [
    ("mlp", "layer"),
    ("dcgan", "instance"),
    ("resnet", "none"),
    ("volumetric", "spectral"),
    ("graph", "batch"),
    ("resnet1d", "layer"),
]


@pytest.mark.parametrize("family,d_norm", COMPILED)
def test_two_steps_of_training(family, d_norm):
    model = ganzoo.build(
        "dcgan",
        image_shape=SHAPES[family],
        latent_dim=4,
        network={"name": family, **SMALL.get(family, {"filters": 4})},
        d_norm=d_norm,
        prior="normal",
    )
    logs = train(model, 2, batch_size=4)
    assert np.isfinite(list(logs.values())).all(), logs
    assert np.isfinite([np.sum(v) for v in model.get_weights()]).all()
    assert model.sample(3).shape == (3, *SHAPES[family])


def test_every_family_and_normalisation_is_trained_compiled():
    families, used = (set(names) for names in zip(*COMPILED, strict=True))
    assert families == set(FAMILIES) and used == set(norms.NORMS)


@pytest.mark.parametrize("family,d_norm", FITTING)
def test_has_the_layers_it_names_and_no_others(family, d_norm):
    d = discriminator(family, d_norm=d_norm)
    found = {norm for norm, kind in AFTER.items() if any_of(d, kind)}
    wanted = {"layer", "instance"} if d_norm in ("layer", "instance") else {d_norm}
    assert found == wanted - {"none"}
    groups = {n.groups for n in d.layers if isinstance(n, layers.GroupNormalization)}
    assert all(g == 1 for g in groups) == (d_norm != "instance")
    # Under spectral normalisation no layer with a kernel is left bare.
    bare = any_of(d, WITH_KERNEL)
    assert bare == (d_norm != "spectral")


def any_of(network, kind):
    return any(isinstance(layer, kind) for layer in network.layers)


def test_spectral_covers_the_paths_of_labels():
    for network in (
        mlp.discriminator((2,), d_norm="spectral", condition=3, label_units=4),
        mlp.discriminator((2,), d_norm="spectral", maxout_pieces=2),
        resnet.discriminator((8, 8, 1), filters=4, condition=3),
    ):
        assert any_of(network, SpectralNorm)
        assert not any_of(network, (layers.Dense, layers.Conv2D))


@pytest.mark.parametrize(
    "family,d_norm", [pair for pair in FITTING if norms.NORMS[pair[1]].after]
)
def test_no_bias_before_normalisation(family, d_norm):
    g = getattr(networks, family).generator(
        SHAPES[family], latent_dim=4, **SMALL.get(family, {"filters": 4})
    )
    for network in (discriminator(family, d_norm=d_norm), g):
        normalised = list(parents_of_norms(network))
        assert normalised or (family in ("graph", "resnet1d") and network is g)
        wrong = [p.name for p in normalised if getattr(p, "bias", None) is not None]
        assert not wrong


def parents_of_norms(network):
    """The convolution or dense layer that feeds each normalisation, if one does.

    A sum of two branches is none: its bias reaches the sum's other readers as well.
    """
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization | layers.GroupNormalization):
            (parent,) = layer._inbound_nodes[0].parent_nodes
            if isinstance(parent.operation, WITH_KERNEL):
                yield parent.operation


def test_the_papers_defaults():
    wanted = {"mlp": "none", "dcgan": "batch", "resnet": "spectral", "graph": "none"}
    wanted |= {"resnet1d": "none"}
    for family, norm in {**wanted, "volumetric": "batch"}.items():
        same = kinds(discriminator(family, d_norm=norm))
        assert kinds(discriminator(family)) == same


def test_refuses_names():
    with pytest.raises(ValueError, match="Unknown d_norm 'spectrl'.*'spectral'?"):
        dcgan.discriminator((8, 8, 1), d_norm="spectrl")
    with pytest.raises(ValueError, match="hidden vectors have none.*Received: d_norm"):
        mlp.discriminator((8, 8, 1), d_norm="instance")


def test_instance_norm_of_one_position_leaves_nothing():
    """The reason why no family uses it there."""
    x = tf.constant(RNG.normal(size=(3, 1, 1, 4)), tf.float32)
    np.testing.assert_array_equal(instance_norm()(x), np.zeros_like(x))
    d = dcgan.discriminator((8, 8, 1), filters=4, d_norm="instance")
    maps = [n.input.shape for n in d.layers if isinstance(n, AFTER["instance"])]
    assert min(np.prod(shape[1:-1]) for shape in maps) >= 4


@pytest.mark.parametrize(
    "make",
    [
        lambda: patchgan.discriminator((8, 8, 1), levels=3),
        lambda: patchgan.discriminator((32, 32, 1), levels=5),
        lambda: encoder.encoder((2,), outputs=3, norm="instance"),
        lambda: encoder.joint_discriminator((2,), latent_dim=3, norm="instance"),
        lambda: subpixel.discriminator((16, 16, 1), filters=2, d_norm="instance"),
        lambda: channelwise.generator(
            (8, 8, 1), source_channels=2, filters=2, levels=3, norm="instance"
        ),
    ],
)
def test_instance_norm_of_one_position_is_refused(make):
    with pytest.raises(ValueError, match="of a single position leaves a constant"):
        make()


def test_a_d_of_patches_sees_the_smallest_images():
    d = patchgan.discriminator((8, 8, 1), filters=4)
    x = tf.constant(RNG.uniform(-1, 1, (2, 8, 8, 1)), tf.float32)
    assert d({"sample": x}).shape == (2, 2, 2, 1)
    assert np.std(d({"sample": x})) > 0
    big = patchgan.discriminator((64, 64, 1), filters=4)
    assert big.count_params() > d.count_params()


def test_zeros_cannot_be_normalised_by_their_norm():
    for build in (
        lambda: resnet.discriminator((8, 8, 1), filters=2, zero_last=True),
        lambda: resnet.generator(
            (8, 8, 1), latent_dim=2, filters=2, spectral=True, zero_last=True
        ),
    ):
        with pytest.raises(ValueError, match="`zero_last` starts kernels from 0"):
            build()


@pytest.mark.parametrize("family", ["mlp", "graph"])
def test_a_spread_needs_a_hidden_layer(family):
    with pytest.raises(ValueError, match=r"it needs one. Received: hidden=\(\)"):
        discriminator(family, minibatch="stddev", hidden=())


def test_units_of_a_label_need_a_label():
    for build in (mlp.discriminator, functools.partial(mlp.generator, latent_dim=2)):
        with pytest.raises(ValueError, match="`label_units` is for models with labels"):
            build((2,), label_units=4)


@pytest.mark.parametrize("spec", ["discrimination", "stddev"])
@pytest.mark.parametrize("family", FAMILIES)
def test_minibatch_layers(family, spec, float64):
    d = discriminator(family, minibatch=spec, d_norm="none")
    x = tf.constant(RNG.uniform(-1, 1, (4, *SHAPES[family])))
    together = d({"sample": x}).numpy()
    alone = np.concatenate([d({"sample": x[i : i + 1]}) for i in range(4)])
    assert (np.abs(together - alone) > 1e-6).all()
    table = {"name": "discrimination", "units": 3, "dims": 2}
    extra = discriminator(family, minibatch=table).layers[-1]
    plain = discriminator(family).layers[-1]
    if family != "resnet":  # its last layer is wrapped
        assert extra.kernel.shape[0] == plain.kernel.shape[0] + 3
    with pytest.raises(ValueError, match="Unknown minibatch layer 'std'.*'stddev'?"):
        discriminator(family, minibatch="std")


# --- in training ------------------------------------------------------------------

SPECTRAL = {"d_norm": "spectral"}
WHOLE_BATCH = [
    {"d_norm": "instance", "network": {"name": "dcgan", "minibatch": "stddev"}},
    # Adam's epsilon is raised: near-zero gradients of T would blow rounding up.
    {
        "d_norm": "none",
        "network": {"name": "dcgan", "minibatch": "discrimination"},
        "epsilon": 1e-3,
    },
    # The penalty's gradient at a sample meets the other replica's logits.
    {
        "network": {"name": "dcgan", "minibatch": "stddev"},
        "penalties": {"gradient_penalty": 10.0, "lecam": 0.3},
        "loss": "relativistic_average",
    },
]


def built(dtype="float32", **options):
    sizes = {"image_shape": (8, 8, 1), "latent_dim": 4, "filters": 4}
    return ganzoo.build("dcgan", dtype=dtype, **{**sizes, **options})


def kept_vectors(model):
    return [v.numpy() for v in model.discriminator.weights if v.path.endswith("/u")]


def test_u_moves_with_d_alone():
    """Once an update of D, by one iteration; G's step and evaluation leave it."""
    model = built(**SPECTRAL)
    batch = model.as_batch({k: v[:4] for k, v in arrays_for(model).items()})
    d_part, g_part = model.parts(batch, model.step_seed())
    start = kept_vectors(model)
    model.discriminator_loss(d_part, model.generate(d_part, True), training=True)
    model._update(
        lambda: model.generator_loss(g_part, model.generate(g_part, True), True),
        model.g_optimizer,
        model.generators,
    )
    model.test_step(batch)
    for u, old in zip(kept_vectors(model), start, strict=True):
        np.testing.assert_array_equal(u, old)
    model.update_discriminators(d_part, model.generate(d_part, True))
    covered = [n for n in model.discriminator.layers if isinstance(n, SpectralNorm)]
    assert len(covered) == len(start) == 4
    for layer, old in zip(covered, start, strict=True):
        matrix = layer.layer.kernel.numpy().reshape(-1, len(old))
        expected = matrix.T @ (matrix @ old)
        expected /= np.linalg.norm(expected)
        np.testing.assert_allclose(layer.u, expected, atol=1e-5)


def test_vectors_of_spectral_norm_are_saved(tmp_path):
    """With the model and with a checkpoint; sngan and sagan resume with them in
    `tests/test_variants.py`."""
    options = {**SPECTRAL, "ema_decay": 0.9}
    model = built(**options)
    start = kept_vectors(model)
    train_eagerly(model, batches_for(model, 2, size=4))
    kept = kept_vectors(model)
    changed = [(new != old).any() for new, old in zip(kept, start, strict=True)]
    assert changed[:-1] == [True] * 3
    # A vector of one number is 1 or -1, but for rounding.
    np.testing.assert_allclose(np.abs([kept[-1], start[-1]]), 1, rtol=1e-6)
    checkpoint.save(model, tmp_path)
    model.save(tmp_path / "model.keras")
    keras.utils.set_random_seed(99)
    resumed = built(**options)
    checkpoint.restore(resumed, tmp_path)
    for other in (resumed, ganzoo.load(tmp_path / "model.keras")):
        for a, b in zip(kept_vectors(other), kept, strict=True):
            np.testing.assert_array_equal(a, b)


def check_replicas(mirrored, options, run):
    """One device equals two replicas under `run` of a model."""
    models = []
    for strategy in (tf.distribute.get_strategy(), mirrored):
        keras.utils.set_random_seed(5)
        with strategy.scope():
            models.append(built("float64", **options))
            run(models[-1])
    assert largest_difference(*models) <= 1e-10


@pytest.mark.parametrize("options", WHOLE_BATCH, ids=str)
def test_one_device_equals_two_replicas(options, mirrored):
    """The steps are not compiled, which would take most of the time."""
    check_replicas(mirrored, options, lambda m: train_eagerly(m, batches_for(m, 2)))


@pytest.mark.long
def test_compiled_spectral_norm_on_one_device_equals_two_replicas(mirrored):
    check_replicas(mirrored, SPECTRAL, lambda m: train(m, 4, batch_size=8))
