"""Losses against numbers worked out by hand, and against the theory of the game."""

import numpy as np
import pytest
import tensorflow as tf

from ganzoo import losses

REAL, FAKE = [2.0, -1.0], [0.5, -3.0]
# softplus: (-2) 0.126928, (1) 1.313262, (0.5) 0.974077, (-3) 0.048587,
# (-0.5) 0.474077, (3) 3.048587.
BY_HAND = {
    "minimax": (1.231427, -0.511332),
    "non_saturating": (1.231427, 1.761332),
    "least_squares": (3.5625, 4.0625),
    "wasserstein": (-1.75, 1.25),
    "hinge": (1.75, 1.25),
    "logistic": (1.231427, 1.761332),
    # Pairs: 2 - 0.5 = 1.5 and -1 + 3 = 2. softplus: (-1.5) 0.201413, (-2) 0.126928,
    # (1.5) 1.701413, (2) 2.126928.
    "relativistic": (0.164171, 1.914171),
    # Mean fake -1.25, mean real 0.5: real 3.25 and 0.25, fake 0 and -3.5.
    # softplus: (-3.25) 0.038041, (-0.25) 0.575939, (0) 0.693147, (-3.5) 0.029750;
    # (3.25) 3.288041, (0.25) 0.825939, (3.5) 3.529750.
    "relativistic_average": (0.668439, 4.168439),
    # exp: (-0.5) 0.606531, (-4) 0.018316; their mean, less the mean real 0.5; and
    # minus the mean fake.
    "f_divergence": (-0.187577, 1.25),
}
# By hand: D's value, G's, and G's that saturates.
DIVERGENCES = {
    "kl": (-0.187577, 1.25, -0.312423),
    # exp: (-2) 0.135335, (1) 2.718282, (-0.5) 0.606531, (3) 20.085537.
    "reverse_kl": (-0.823192, 10.346034, 2.25),
    # v^2 / 4 + v: (0.5) 0.5625, (-3) -0.75.
    "pearson": (-0.59375, 1.25, 0.09375),
    # exp: (0.5) 1.648721, (-3) 0.049787; 1 - exp(-v): (2) 0.864665, (-1) -1.718282,
    # (0.5) 0.393469, (-3) -19.085537.
    "squared_hellinger": (0.276062, 9.346034, 0.150746),
    "gan": (1.231427, 1.761332, -0.511332),
}
# Five points with every probability in tenths, so that a mean over repeated logits
# is the expectation.
P_DATA = np.array([1, 2, 3, 3, 1])
P_MODEL = np.array([3, 1, 2, 2, 2])
ELSEWHERE = np.array([1, 2, 3, 4, 0])  # a p_data that is 0 at the last point
OPTIMUM = P_DATA / (P_DATA + P_MODEL)


def logit(p):
    return np.log(p / (1 - p))


def expected(loss, t, data=P_DATA):
    """D's loss in expectation over the two distributions, t its five logits."""
    return loss(tf.repeat(t, data), tf.repeat(t, P_MODEL))


def slope(function, t):
    with tf.GradientTape() as tape:
        tape.watch(t)
        value = function(t)
    return tape.gradient(value, t)


def gradient(function, t):
    return slope(function, tf.constant(t, tf.float64)).numpy()


def minimise(loss, data=P_DATA, rate=8.0, steps=150):
    @tf.function(autograph=False)  # hundreds of eager steps take seconds
    def descended(t):
        return t - rate * slope(lambda t: expected(loss, t, data), t)

    t = tf.zeros(5, tf.float64)
    for _ in range(steps):
        t = descended(t)
    return t.numpy()


def test_every_loss_has_a_hand_computed_value():
    assert set(BY_HAND) == set(losses.LOSSES)


@pytest.mark.parametrize("shape", [(2,), (2, 1), (1, 2, 1, 1), (1, 2, 3, 1)])
@pytest.mark.parametrize("name", BY_HAND)
def test_value(name, shape):
    copies = int(np.prod(shape)) // 2
    real, fake = (
        tf.reshape(tf.repeat(tf.constant(logits), copies), shape)
        for logits in (REAL, FAKE)
    )
    loss = losses.get(name)
    d = loss.discriminator(real, fake)
    g = loss.generator(real if loss.paired else None, fake)
    assert d.shape == g.shape == ()
    assert abs(float(d) - BY_HAND[name][0]) < 1e-5
    assert abs(float(g) - BY_HAND[name][1]) < 1e-5
    assert loss.paired == name.startswith("relativistic")


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("name", [n for n in BY_HAND if n != "f_divergence"])
def test_large_logits_stay_finite(name, sign):
    loss = losses.get(name)
    logits = tf.constant([[sign * 1e4]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        d = loss.discriminator(logits, logits)
        values = [d, loss.generator(logits, -logits)]
        total = tf.add_n(values)
    assert np.isfinite([float(value) for value in values]).all()
    assert np.isfinite(tape.gradient(total, logits)).all()


@pytest.mark.parametrize("name", ["minimax", "non_saturating"])
def test_one_sided_smoothing(name):
    smooth = losses.get({"name": name, "real_target": 0.9})
    real, fake = tf.constant(REAL), tf.constant(FAKE)
    # Real: (2.126928 - 1.8 + 0.313262 + 0.9) / 2 = 0.770095; fake: 0.511332 as ever.
    assert abs(float(smooth.discriminator(real, fake)) - 1.281427) < 1e-5
    nothing = tf.constant([1e4]), tf.constant([-1e4])  # no loss of the plain kind
    only_fake = smooth.discriminator(nothing[0], fake) - smooth.discriminator(*nothing)
    assert abs(float(only_fake) - 0.511332) < 1e-3  # float32 beside 1e3
    assert abs(float(smooth.generator(None, fake)) - BY_HAND[name][1]) < 1e-5


@pytest.mark.parametrize("target", [0.5, 0.0, -1.0, 1.1, float("nan")])
@pytest.mark.parametrize("name", ["minimax", "non_saturating"])
def test_refuses_a_target_out_of_range(name, target):
    with pytest.raises(ValueError, match=r"above 0\.5 and at most 1.*Received: "):
        losses.get({"name": name, "real_target": target})


@pytest.mark.parametrize(
    "spec,message",
    [
        ("hinje", "Unknown loss 'hinje'. Did you mean 'hinge'?"),
        ({"name": "minmax"}, "Did you mean 'minimax'?"),
        ({"name": "minimax", "real_traget": 0.9}, "Did you mean 'real_target'?"),
        ({"name": "hinge", "real_target": 0.9}, "'real_target'. It takes none."),
        ({"real_target": 0.9}, "A loss is a name, or a table"),
        (3, "Received: 3."),
        (None, "Received: None."),
        ({"name": 3}, "Received: {'name': 3}."),
        ("relativist", "Did you mean 'relativistic'?"),
        (
            {"name": "f_divergence", "divergence": "person"},
            "Unknown divergence 'person'. Did you mean 'pearson'?",
        ),
    ],
)
def test_refuses_a_wrong_spec(spec, message):
    with pytest.raises(ValueError) as error:
        losses.get(spec)
    assert message in str(error.value)


def test_a_loss_is_taken_as_it_is():
    own = losses.Loss(lambda real, fake: 1.0, lambda real, fake: 2.0)
    assert losses.get(own) is own


def test_a_function_of_both_logits_is_a_loss():
    def own(real, fake):
        return tf.reduce_mean(fake - real), tf.reduce_mean(real) - 2.0

    loss = losses.get(own)
    real, fake = tf.constant([[3.0], [1.0]]), tf.constant([[0.0], [1.0]])
    assert float(loss.discriminator(real, fake)) == -1.5
    assert float(loss.generator(real, fake)) == 0.0
    assert loss.paired and loss.probability is None


@pytest.mark.parametrize(
    "own",
    [
        lambda real, fake: tf.reduce_mean(real),
        lambda real, fake: (real, fake),
        lambda real, fake: (tf.reduce_mean(real),) * 3,
    ],
)
def test_refuses_a_function_that_returns_no_two_scalars(own):
    with pytest.raises(ValueError, match="two scalars, D's loss and G's loss"):
        losses.get(own)


@pytest.mark.parametrize("name", ["minimax", "non_saturating"])
def test_optimal_discriminator(name):
    loss = losses.get(name).discriminator
    slope = gradient(lambda t: expected(loss, t), logit(OPTIMUM))
    np.testing.assert_allclose(slope, 0, atol=1e-12)
    found = losses.get(name).probability(minimise(loss))
    np.testing.assert_allclose(found, OPTIMUM, atol=1e-8)


def test_value_of_the_game_at_the_optimum():
    p, q = P_DATA / 10, P_MODEL / 10
    middle = (p + q) / 2
    jsd = (np.sum(p * np.log(p / middle)) + np.sum(q * np.log(q / middle))) / 2
    loss = losses.get("minimax")
    t = tf.constant(logit(OPTIMUM))
    value = -float(expected(loss.discriminator, t))
    assert abs(value - (-np.log(4) + 2 * jsd)) < 1e-12
    assert jsd > 0.01
    # Where the two agree D is 1/2, and the value is the least that G can reach.
    half = tf.zeros(5, tf.float64)
    assert abs(float(loss.discriminator(half, half)) - np.log(4)) < 1e-12


def test_optimum_under_one_sided_smoothing():
    loss = losses.minimax(real_target=0.9).discriminator
    optimum = 0.9 * OPTIMUM
    slope = gradient(lambda t: expected(loss, t), logit(optimum))
    np.testing.assert_allclose(slope, 0, atol=1e-12)
    np.testing.assert_allclose(tf.sigmoid(minimise(loss)), optimum, atol=1e-8)


def test_two_sided_smoothing_would_reward_the_model_where_there_is_no_data():
    def two_sided(real, fake, alpha=0.9, beta=0.1):
        cross_entropy = tf.nn.sigmoid_cross_entropy_with_logits
        return tf.reduce_mean(
            cross_entropy(alpha * tf.ones_like(real), real)
        ) + tf.reduce_mean(cross_entropy(beta * tf.ones_like(fake), fake))

    p, q = ELSEWHERE, P_MODEL
    optimum = (0.9 * p + 0.1 * q) / (p + q)
    found = tf.sigmoid(minimise(two_sided, data=ELSEWHERE)).numpy()
    np.testing.assert_allclose(found, optimum, atol=1e-8)
    assert abs(found[-1] - 0.1) < 1e-8  # p_data is 0 there: all of it is p_model's
    one_sided = losses.minimax(real_target=0.9).discriminator
    found = tf.sigmoid(minimise(one_sided, data=ELSEWHERE)).numpy()
    np.testing.assert_allclose(found[:-1], (0.9 * p / (p + q))[:-1], atol=1e-8)
    assert found[-1] < 0.01  # on its way to 0


def test_least_squares_estimates_the_probability_itself():
    loss = losses.get("least_squares")
    slope = gradient(lambda t: expected(loss.discriminator, t), OPTIMUM)
    np.testing.assert_allclose(slope, 0, atol=1e-12)
    found = minimise(loss.discriminator, rate=1.0)
    np.testing.assert_allclose(loss.probability(found), OPTIMUM, atol=1e-8)
    shown = loss.probability(tf.constant([-0.5, 0.25, 1.5]))
    np.testing.assert_array_equal(shown, [0.0, 0.25, 1.0])


@pytest.mark.parametrize(
    "name,slope", [("minimax", -4.54e-5), ("non_saturating", -0.9999546)]
)
def test_gradient_for_a_generator_whose_samples_are_rejected(name, slope):
    found = gradient(lambda t: losses.get(name).generator(None, t), [-10.0])
    assert abs(found[0] - slope) < 1e-6


def test_both_games_share_the_fixed_point_of_the_generator():
    """G pushes D's logit up everywhere, under either loss."""
    t = np.linspace(-5, 5, 11)
    for name in ("minimax", "non_saturating"):
        slopes = gradient(lambda t, name=name: losses.get(name).generator(None, t), t)
        assert (slopes < 0).all()


@pytest.mark.parametrize(
    "name", ["wasserstein", "hinge", "relativistic", "relativistic_average"]
)
def test_critics_have_no_probability(name):
    assert losses.get(name).probability is None


# --- relativistic losses ----------------------------------------------------------


def test_relativistic_pairs_are_those_of_the_batch():
    loss = losses.get("relativistic")
    real, fake = tf.constant(REAL), tf.constant(FAKE)
    # The other pairing: 2 + 3 = 5 and -1 - 0.5 = -1.5; softplus(-5) = 0.006715.
    other = loss.discriminator(real, fake[::-1])
    assert abs(float(other) - (0.006715 + 1.701413) / 2) < 1e-5
    # Only differences count.
    moved = loss.generator(real + 3, fake + 3)
    assert abs(float(moved) - BY_HAND["relativistic"][1]) < 1e-5


def test_relativistic_averages_pass_the_gradient_to_every_logit():
    loss = losses.get("relativistic_average").discriminator
    real = tf.constant(REAL, tf.float64)
    slope = gradient(lambda fake: loss(real, fake), FAKE)
    # d/df_j: the mean of s(mean f - r) / 2, 0.037327 and 0.437824, from the mean; and
    # s(f_j - mean r) / 2, s(0) = 0.5 and s(-3.5) = 0.029312.
    mean = (0.037327 + 0.437824) / 4
    np.testing.assert_allclose(slope, [mean + 0.25, mean + 0.014656], atol=1e-6)


@pytest.mark.parametrize("name", ["relativistic", "relativistic_average"])
def test_relativistic_losses_are_those_of_the_global_batch(name, mirrored):
    loss = losses.get(name)
    logits = tf.random.stateless_normal((2, 8), [1, 2], dtype=tf.float64)

    def both(real, fake):
        with tf.GradientTape() as tape:
            tape.watch([real, fake])
            d, g = loss.discriminator(real, fake), loss.generator(real, fake)
            total = (d + 2 * g) / tf.distribute.get_strategy().num_replicas_in_sync
        return d, g, tape.gradient(total, [real, fake])

    @tf.function
    def replicated():
        def step():
            start = 4 * tf.distribute.get_replica_context().replica_id_in_sync_group
            return both(*tf.unstack(logits[:, start : start + 4]))

        return mirrored.run(step)

    d, g, slopes = both(*tf.unstack(logits))
    shares = replicated()
    for whole, share in ((d, shares[0]), (g, shares[1])):
        mean = np.mean([v.numpy() for v in mirrored.experimental_local_results(share)])
        assert abs(float(whole) - mean) < 1e-12
    for whole, share in zip(slopes, shares[2], strict=True):
        parts = mirrored.experimental_local_results(share)
        np.testing.assert_allclose(whole, np.concatenate(parts), atol=1e-12)


# --- f-divergences ----------------------------------------------------------------

P, Q = P_DATA / 10, P_MODEL / 10
U = P / Q
MIDDLE = (P + Q) / 2
# f(u), the optimal T = f'(p / q), and the inverse of D's activation.
THEORY = {
    "kl": (U * np.log(U), 1 + np.log(U), lambda t: t),
    "reverse_kl": (-np.log(U), -1 / U, lambda t: -np.log(-t)),
    "pearson": ((U - 1) ** 2, 2 * (U - 1), lambda t: t),
    "squared_hellinger": (
        (np.sqrt(U) - 1) ** 2,
        1 - 1 / np.sqrt(U),
        lambda t: -np.log(1 - t),
    ),
    "gan": (
        U * np.log(U) - (U + 1) * np.log(U + 1),
        np.log(U / (U + 1)),
        lambda t: t - np.log(1 - np.exp(t)),
    ),
}


def f_gan(divergence, **options):
    return losses.get({"name": "f_divergence", "divergence": divergence, **options})


def test_every_divergence_is_tested():
    assert set(DIVERGENCES) == set(THEORY) == set(losses.DIVERGENCES)


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_f_divergence_by_hand(divergence):
    real, fake = tf.constant(REAL), tf.constant(FAKE)
    d, g, saturating = DIVERGENCES[divergence]
    loss = f_gan(divergence)
    assert abs(float(loss.discriminator(real, fake)) - d) < 1e-5
    assert abs(float(loss.generator(None, fake)) - g) < 1e-5
    other = f_gan(divergence, saturating=True)
    assert abs(float(other.discriminator(real, fake)) - d) < 1e-5
    assert abs(float(other.generator(None, fake)) - saturating) < 1e-5
    assert (loss.probability is tf.sigmoid) == (divergence == "gan")


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_optimal_critic_and_value_of_an_f_divergence(divergence):
    loss = f_gan(divergence).discriminator
    f, optimum, inverse = THEORY[divergence]
    found = minimise(loss, rate=2.0, steps=800)
    np.testing.assert_allclose(found, inverse(optimum), atol=1e-6)
    activation = losses.DIVERGENCES[divergence].activation
    np.testing.assert_allclose(activation(tf.constant(found)), optimum, atol=1e-6)
    value = -float(expected(loss, tf.constant(found)))
    assert abs(value - np.sum(Q * f)) < 1e-10


def test_divergences_by_their_other_names():
    value = {name: np.sum(Q * f) for name, (f, _, _) in THEORY.items()}
    assert abs(value["kl"] - np.sum(P * np.log(P / Q))) < 1e-12
    assert abs(value["reverse_kl"] - np.sum(Q * np.log(Q / P))) < 1e-12
    assert abs(value["pearson"] - np.sum((P - Q) ** 2 / Q)) < 1e-12
    hellinger = np.sum((np.sqrt(P) - np.sqrt(Q)) ** 2)
    assert abs(value["squared_hellinger"] - hellinger) < 1e-12
    jsd = np.sum(P * np.log(P / MIDDLE) + Q * np.log(Q / MIDDLE)) / 2
    assert abs(value["gan"] - (2 * jsd - np.log(4))) < 1e-12


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_conjugate_by_its_definition(divergence):
    """f*(T) is the largest u T - f(u), here over a fine grid of u."""
    u = np.geomspace(1e-6, 1e4, 400_001)
    f = {
        "kl": u * np.log(u),
        "reverse_kl": -np.log(u),
        "pearson": (u - 1) ** 2,
        "squared_hellinger": (np.sqrt(u) - 1) ** 2,
        "gan": u * np.log(u) - (u + 1) * np.log(u + 1),
    }[divergence]
    own = losses.DIVERGENCES[divergence]
    for v in (-1.5, -0.3, 0.0, 0.8, 2.0):
        t = float(own.activation(tf.constant(v, tf.float64)))
        largest = np.max(u * t - f)
        assert abs(float(own.conjugate(tf.constant(v, tf.float64))) - largest) < 1e-6


def test_feature_matching_by_hand():
    real = tf.constant([[1.0, 2.0], [3.0, 4.0]])  # mean 2, 3
    fake = tf.constant([[0.0, 0.0], [2.0, 2.0]])  # mean 1, 1
    assert abs(float(losses.feature_matching(real, fake)) - (1 + 4) / 2) < 1e-6
    assert float(losses.feature_matching(real, real[::-1])) == 0


def mean(real, fake):
    return tf.reduce_mean(fake)


@pytest.mark.parametrize(
    "discriminator,generator,message",
    [
        ("hinge", mean, "'hinge' as its discriminator, which answers TypeError"),
        (
            mean,
            lambda real, fake: -fake,
            r"as its generator, which answers shape \(2, 1",
        ),
        (mean, lambda real, fake: tf.reduce_mean(real - fake), "unless paired=True"),
    ],
)
def test_functions_of_a_loss_answer_scalars(discriminator, generator, message):
    with pytest.raises(ValueError, match=message):
        losses.get(losses.Loss(discriminator, generator))
    assert losses.get(losses.Loss(mean, mean)).generator is mean


def test_a_loss_that_needs_real_logits_of_g_is_paired():
    def difference(real, fake):
        return tf.reduce_mean(real - fake)

    given = losses.Loss(difference, difference, paired=True)
    assert losses.get(given) is given


def test_a_function_is_probed_in_the_dtype_of_the_model(float64):
    def exact(real, fake):
        weight = tf.constant(2.0, tf.float64)
        return tf.reduce_mean(weight * fake), -tf.reduce_mean(weight * fake)

    assert losses.get(exact).paired
