"""DiffAugment by hand: colours, moves, holes; seeds, gradients, replicas."""

import numpy as np
import pytest
import tensorflow as tf

from ganzoo import augment, distribute, penalties

RNG = np.random.default_rng(0)
SEED = tf.constant([3, 1])
SHAPE = (8, 6, 3)
ALL = "color,translation,cutout"


def images(n=5, shape=SHAPE, dtype="float32"):
    return tf.constant(RNG.uniform(-1, 1, (n, *shape)), dtype)


def uniforms(n, transform, number):
    """The draw of the `transform`-th of a list as its `number`."""
    seed = distribute.fold(distribute.fold(SEED, transform), number)
    return distribute.global_uniform((n,), seed, "float32").numpy()


# --- each by hand -----------------------------------------------------------------


def test_color_leaves_opacity_as_it_is():
    x = images(5, (8, 6, 4))
    out = augment.get("color", (8, 6, 4))(x, SEED)
    np.testing.assert_array_equal(out[..., 3], x[..., 3])
    colours = augment.get("color", SHAPE)(x[..., :3], SEED)
    np.testing.assert_allclose(out[..., :3], colours, atol=1e-6)


def test_color_is_for_what_has_colours():
    with pytest.raises(ValueError, match=r"'color' is for images.*\(10, 5\)"):
        augment.get("color", (10, 5))
    augment.get("translation,noise", (10, 5))  # signals have positions


@pytest.mark.parametrize("shape", [SHAPE, (8, 6, 1), (4, 5, 6, 3)])
def test_color(shape):
    x = images(5, shape)
    out = augment.get("color", shape)(x, SEED)
    column = (5, *(1 for _ in shape))
    b, s, c = (uniforms(5, 0, i).reshape(column) for i in range(3))
    y = x.numpy() + b - 0.5
    grey = y.mean(axis=-1, keepdims=True)
    y = grey + 2 * s * (y - grey)
    mean = y.mean(axis=tuple(range(1, y.ndim)), keepdims=True)
    np.testing.assert_allclose(out, mean + (c + 0.5) * (y - mean), atol=1e-5)
    assert len(np.unique(np.round(b, 4))) == 5  # a draw for every sample


@pytest.mark.parametrize("shape,most", [((8, 6, 1), (1, 1)), ((16, 20, 2), (2, 3))])
def test_translation(shape, most):
    n = 40
    x = images(n, shape)
    out = augment.get("translation", shape)(x, SEED).numpy()
    moves = [
        (uniforms(n, 0, axis) * (2 * m + 1)).astype(int) - m
        for axis, m in enumerate(most, start=1)
    ]
    for i in range(n):
        expected = np.zeros(shape, "float32")
        for r in range(shape[0]):
            for c in range(shape[1]):
                to = r + moves[0][i], c + moves[1][i]
                if 0 <= to[0] < shape[0] and 0 <= to[1] < shape[1]:
                    expected[to] = x[i, r, c]
        np.testing.assert_array_equal(out[i], expected)
    for move, m in zip(moves, most, strict=True):
        assert set(move) == set(range(-m, m + 1))


def test_cutout():
    n, shape = 60, (8, 7, 2)
    out = augment.get("cutout", shape)(tf.ones((n, *shape)), SEED).numpy()
    centres = [  # an even hole of 4, an odd one of int(3.5 + 0.5) = 4
        (uniforms(n, 0, 1) * 9).astype(int),
        (uniforms(n, 0, 2) * 8).astype(int),
    ]
    for i in range(n):
        expected = np.ones(shape)
        top, left = centres[0][i] - 2, centres[1][i] - 2
        expected[max(0, top) : top + 4, max(0, left) : left + 4] = 0
        np.testing.assert_array_equal(out[i], expected)
    assert set(centres[0]) == set(range(9))


def test_an_odd_hole_lies_around_a_pixel():
    table = {"name": "cutout", "ratio": 0.375}  # 3 of 8
    out = augment.get([table], (8, 8, 1))(tf.ones((200, 8, 8, 1)), SEED).numpy()
    holes = (out == 0).any(axis=(2, 3)).sum(axis=1)
    assert set(holes) == {2, 3}  # a pixel of it may lie beyond the border
    places = {tuple(np.flatnonzero(row)) for row in (out == 0).any(axis=(2, 3))}
    assert len(places) == 8


def test_volumes_move_along_every_axis():
    x = images(20, (8, 8, 8, 1))
    moved = augment.get("translation", (8, 8, 8, 1))(x, SEED).numpy()
    empty = [(moved == 0).all(axis=tuple({1, 2, 3, 4} - {axis})) for axis in (1, 2, 3)]
    assert all(e.any() for e in empty)
    hole = augment.get("cutout", (8, 8, 8, 1))(tf.ones_like(x), SEED).numpy() == 0
    assert hole.reshape(20, -1).sum(axis=1).max() == 64


def test_noise_decays():
    run = augment.get([{"name": "noise", "stddev": 0.5, "steps": 100}], (50, 50, 1))
    x = tf.zeros((10, 50, 50, 1))
    spread = [np.std(run(x, SEED, step)) for step in (0, 50, 100, 1000)]
    np.testing.assert_allclose(spread, [0.5, 0.25, 0, 0], rtol=0.02)
    kept = augment.get({"name": "noise", "stddev": 0.5}, (50, 50, 1))
    np.testing.assert_array_equal(kept(x, SEED, 7), run(x, SEED, 0))


# --- together ---------------------------------------------------------------------


def test_nothing_is_the_identity():
    x = images()
    for spec in (None, "", [], ()):
        assert augment.get(spec, SHAPE)(x, SEED) is x


def test_a_list_and_a_string_are_one():
    x = images()
    joined = augment.get("color, translation", SHAPE)(x, SEED)
    listed = augment.get(["color", {"name": "translation"}], SHAPE)(x, SEED)
    np.testing.assert_array_equal(joined, listed)


def test_the_order_is_that_of_the_list():
    x = images()
    run = augment.get(ALL, SHAPE)
    expected = x
    for i, name in enumerate(ALL.split(",")):
        transform = augment.TRANSFORMS[name]()
        expected = transform(expected, distribute.fold(SEED, i), 0)
    np.testing.assert_allclose(run(x, SEED), expected, atol=1e-6)


def test_the_seed_decides():
    x, run = images(), augment.get(ALL, SHAPE)
    np.testing.assert_array_equal(run(x, SEED), run(x, SEED))
    assert np.abs(run(x, SEED) - run(x, distribute.fold(SEED, 1))).max() > 0.1
    twice = augment.get("translation,translation", (64, 64, 1))
    x = images(50, (64, 64, 1))
    once = augment.get("translation", (64, 64, 1))(x, SEED).numpy()
    both = twice(x, SEED).numpy()
    rows = [(v == 0).all(axis=(2, 3)).sum(axis=1) for v in (once, both)]
    assert (rows[0] != rows[1]).any()  # the second draws moves of its own


@pytest.mark.parametrize("value_range", [(0.0, 1.0), (-1.0, 1.0)])
def test_the_range_is_that_of_the_samples(value_range):
    """Augmented in (0, 1) is what it would be in (-1, 1), moved there."""
    low, high = value_range
    x = images()
    wanted = augment.get(ALL, SHAPE)(x, SEED)
    scaled = low + (x + 1) / 2 * (high - low)
    out = augment.get(ALL, SHAPE, value_range)(scaled, SEED)
    np.testing.assert_allclose(out, low + (wanted + 1) / 2 * (high - low), atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_draws_are_the_same_for_every_dtype(dtype):
    x = images()
    run = augment.get(ALL, SHAPE)
    out = run(tf.cast(x, dtype), SEED)
    assert out.dtype == dtype
    np.testing.assert_allclose(
        tf.cast(out, tf.float32),
        run(x, SEED),
        atol=0.05 if dtype == "bfloat16" else 1e-5,
    )


def test_the_gradient_is_exact(float64):
    x = images(4, dtype="float64")
    run = augment.get(ALL, SHAPE)
    weights = images(4, dtype="float64")
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(weights * run(x, SEED))
    gradient = tape.gradient(loss, x)
    for _ in range(3):
        direction = images(4, dtype="float64")
        ends = [
            tf.reduce_sum(weights * run(x + sign * direction, SEED)) for sign in (1, -1)
        ]
        slope = (ends[0] - ends[1]) / 2  # the transforms are linear in x
        np.testing.assert_allclose(tf.reduce_sum(gradient * direction), slope)


def test_the_second_gradient_passes():
    x = images(4)
    run = augment.get(ALL, SHAPE)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(run(x, SEED) ** 3)
        norm = tf.reduce_sum(tape.gradient(loss, x) ** 2)
    assert np.any(outer.gradient(norm, x).numpy())


def test_xla_compiles_it_within_the_branch_of_a_lazy_penalty():
    change, x = augment.get(ALL, SHAPE), images()
    kernel = tf.Variable(tf.ones((8 * 6 * 3, 1)))
    term = penalties.Term(penalties.r1(), 1.0, every=2)

    def critic(samples):
        return tf.matmul(tf.reshape(change(samples, SEED), (5, -1)), kernel) ** 2

    @tf.function(jit_compile=True)
    def gradient(update):
        with tf.GradientTape() as tape:
            loss = term(critic, x, x, SEED, update)
        return tape.gradient(loss, kernel)

    assert np.all(gradient(tf.constant(1)) == 0)
    due = gradient(tf.constant(2)).numpy()  # XLA draws other numbers than TensorFlow
    assert np.isfinite(due).all() and np.any(due)


def test_replicas_change_nothing(mirrored, float64):
    run = augment.get([*ALL.split(","), "noise"], SHAPE)
    x = images(6, dtype="float64").numpy()
    parts = mirrored.experimental_distribute_values_from_function(
        lambda context: tf.constant(x[3 * context.replica_id_in_sync_group :][:3])
    )
    step = tf.function(lambda p: mirrored.run(lambda p: run(p, SEED), args=(p,)))
    both = np.concatenate(mirrored.experimental_local_results(step(parts)))
    np.testing.assert_allclose(both, run(tf.constant(x), SEED), atol=1e-12)


def test_a_batch_of_unknown_size():
    run = tf.function(
        lambda x: augment.get(f"{ALL},noise", SHAPE)(x, SEED),
        input_signature=[tf.TensorSpec((None, *SHAPE))],
    )
    x = images(3)
    whole = augment.get(f"{ALL},noise", SHAPE)(x, SEED)
    np.testing.assert_allclose(run(x), whole, atol=1e-6)
    assert run(x[:0]).shape == (0, *SHAPE)


# --- refused ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "spec,message",
    [
        ("colour", "Unknown transform 'colour'. Did you mean 'color'?"),
        ("color;cutout", "Unknown transform"),
        (["cutout", "flip"], "Unknown transform 'flip'.*Allowed: color"),
        ([{"name": "cutout", "ration": 1}], "'ration'. Did you mean 'ratio'?"),
        ([{"name": "cutout", "ratio": 1.5}], "`ratio` must be from 0 to 1. Rec"),
        ([{"name": "translation", "ratio": -1}], "`ratio` must be from 0 to 1. Rec"),
        ([{"ratio": 0.5}], "A transform is a name, or a table"),
        ([{"name": "noise", "stddev": -1}], "`stddev` from 0.* Received: -1"),
        ([{"name": "noise", "steps": 0}], "`steps`. Received: 0.1, 0"),
    ],
)
def test_refuses(spec, message):
    with pytest.raises(ValueError, match=message):
        augment.get(spec, SHAPE)


@pytest.mark.parametrize("name", ["color", "translation", "cutout"])
def test_vectors_take_noise_alone(name):
    with pytest.raises(ValueError, match="is for images and volumes; vectors take"):
        augment.get(["noise", name], (2,), None)
    out = augment.get("noise", (2,), None)(tf.zeros((1000, 2)), SEED)
    assert abs(np.std(out) - 0.1) < 0.01
