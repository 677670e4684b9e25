"""Semi-supervised GAN: n + 1 classes, masks, and feature matching."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import tiny

from ganzoo.losses import feature_matching
from ganzoo.models.assemble import assemble
from ganzoo.networks import improved
from ganzoo.variants.sgan import SGAN, _mean_of

CLASSES = 3
RNG = np.random.default_rng(0)
X = RNG.uniform(0, 1, (12, 2)).astype("float32")
Y = np.arange(12, dtype="int32") % CLASSES


def make(free_fake_logit=False, **options):
    return assemble(
        SGAN,
        generator=improved.generator((2,), latent_dim=4, hidden=(5,)),
        discriminator=improved.discriminator(
            (2,), outputs=CLASSES + free_fake_logit, hidden=(9, 8)
        ),
        label_count=CLASSES,
        value_range=(0.0, 1.0),
        **options,
    )


def losses_of(model, **batch):
    """Terms and watched scalars of D on a batch, without noise."""
    batch = {"real": X, "seed": tf.constant([0, 0]), **batch}
    batch = {key: tf.constant(value) for key, value in batch.items()}
    fake = model.generate(batch, training=False)
    terms, watched = model.discriminator_loss(batch, fake, training=False)
    return {k: float(v) for k, v in {**terms, **watched}.items()}


def class_logits(model, x=X):
    return model.answers(tf.constant(x), training=False)[1].numpy()


def cross_entropy(logits, y):
    return np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(y)), y]


@pytest.mark.parametrize("n", [1, 12, 300])
def test_classify(n):
    model = make()
    x = RNG.uniform(0, 1, (n, 2)).astype("float32")
    probability = model.classify(x)
    assert probability.shape == (n, CLASSES)
    np.testing.assert_allclose(probability.sum(axis=1), 1, atol=1e-6)
    logits = class_logits(model, x)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probability, expected, atol=1e-5)


def test_class_term_and_accuracy():
    model = make()
    logits = class_logits(model)
    found = losses_of(model, label=Y)
    assert abs(found["d_class"] - cross_entropy(logits, Y).mean()) < 1e-5
    assert abs(found["accuracy"] - np.mean(logits.argmax(axis=1) == Y)) < 1e-6


def test_unlabelled_samples_do_not_count():
    model = make()
    known = np.array([0, 4, 5, 11])
    masked = np.full(12, -1, "int32")
    masked[known] = Y[known]
    logits = class_logits(model)[known]
    found = losses_of(model, label=masked)
    assert abs(found["d_class"] - cross_entropy(logits, Y[known]).mean()) < 1e-5
    assert abs(found["accuracy"] - np.mean(logits.argmax(axis=1) == Y[known])) < 1e-6
    # The adversarial term takes every sample.
    assert abs(found["d_adv"] - losses_of(model, label=Y)["d_adv"]) < 1e-6


def test_no_label_at_all():
    found = losses_of(make(), label=np.full(12, -1, "int32"))
    assert found["d_class"] == found["accuracy"] == 0
    assert np.isfinite(list(found.values())).all()


def test_the_labelled_stream_comes_first():
    model = make()
    labeled = RNG.uniform(0, 1, (6, 2)).astype("float32")
    y = np.array([0, 1, 2, -1, 1, 0], "int32")
    found = losses_of(model, labeled=labeled, labeled_label=y, label=Y)
    expected = cross_entropy(class_logits(model, labeled)[y >= 0], y[y >= 0]).mean()
    assert abs(found["d_class"] - expected) < 1e-5
    assert abs(found["d_class"] - losses_of(model, label=Y)["d_class"]) > 1e-3
    plain = losses_of(model, label=Y)
    assert abs(found["d_adv"] - plain["d_adv"]) < 1e-6


@pytest.mark.parametrize("free", [False, True])
def test_the_two_terms_are_the_cross_entropy_of_all_classes(free):
    model = make(free_fake_logit=free)
    head = model.discriminator.layers[-1]
    head.bias.assign(RNG.normal(size=CLASSES + free))  # a fake logit that is not 0
    model.averages = []
    given = {"real": X, "label": Y, "seed": np.array([0, 0], "int32")}
    given = {key: tf.constant(value) for key, value in given.items()}
    fake = model.generate(given, training=False)["sample"]

    def all_logits(x):
        logits = model.discriminator({"sample": x}, training=False)["logits"].numpy()
        assert logits.shape == (12, CLASSES + free)
        return logits if free else np.pad(logits, ((0, 0), (0, 1)))

    real, made = all_logits(given["real"]), all_logits(fake)
    # -log p(y) of n + 1 classes, sample by sample.
    whole = cross_entropy(real, Y)
    classes, unreal = real[:, :CLASSES], real[:, CLASSES]
    margin = np.log(np.exp(classes).sum(axis=1)) - unreal
    parts = cross_entropy(classes, Y) + np.log1p(np.exp(-margin))
    np.testing.assert_allclose(parts, whole, atol=1e-5)
    logit = model.discriminate({"sample": given["real"]}, training=False)
    np.testing.assert_allclose(logit, margin, atol=1e-5)
    # And as the zoo weighs it: the classes fully, a half for each of real and fake.
    terms = model.discriminator_loss(given, {"sample": fake}, training=False)[0]
    as_fake = cross_entropy(made, np.full(12, CLASSES)).mean()
    as_real = np.log1p(np.exp(-margin)).mean()
    assert abs(float(terms["d_adv"]) - (as_real + as_fake) / 2) < 1e-5
    assert abs(float(terms["d_class"]) + as_real - whole.mean()) < 1e-5


def test_the_free_logit_is_used():
    model = make(free_fake_logit=True, ema_decay=0.0)
    before = model.probability_real(X)
    bias = model.discriminator.layers[-1].bias
    bias.assign([0.0] * CLASSES + [2.0])
    logit = np.log(before / (1 - before)) - 2
    np.testing.assert_allclose(
        model.probability_real(X), 1 / (1 + np.exp(-logit)), 1e-3
    )


def test_means_are_over_all_replicas(mirrored):
    def replica():
        here = tf.cast(
            tf.distribute.get_replica_context().replica_id_in_sync_group, "float32"
        )
        values = tf.constant([1.0, 2.0]) + 10 * here  # 1, 2 and 11, 12
        known = tf.stack([1.0, 1.0 - here])  # the last is unknown
        real = tf.stack([[1.0 + 2 * here, 2.0 + 2 * here]])
        fake = tf.stack([[2.0 - 2 * here, 2.0 - 2 * here]])
        return (
            _mean_of(values, known),
            _mean_of(values, tf.stack([1.0 - here, 0.0])),
            _mean_of(values, 0 * known),
            feature_matching(real, fake),
        )

    answers = tf.function(lambda: mirrored.run(replica))()
    masked, single, nothing, matched = (
        [float(v) for v in mirrored.experimental_local_results(answer)]
        for answer in answers
    )
    # What replicas answer is averaged: (1 + 2 + 11) / 3.
    assert abs(np.mean(masked) - 14 / 3) < 1e-6
    assert abs(np.mean(single) - 1) < 1e-6  # one known sample on one replica
    assert nothing == [0, 0]
    np.testing.assert_allclose(matched, [2.5, 2.5], atol=1e-6)


@pytest.mark.parametrize("matching", [True, False])
def test_the_generators_loss(matching):
    model = make(matching=matching, ema_decay=0.0)
    batch = {"real": tf.constant(X), "seed": tf.constant([0, 0])}
    fake = model.generate(batch, training=False)
    terms = model.generator_loss(batch, fake, training=False)[0]
    features, _, logits = model.answers(fake["sample"], training=False)
    real = model.answers(batch["real"], training=False)[0]
    difference = real.numpy().mean(axis=0) - features.numpy().mean(axis=0)
    expected = {
        True: np.mean(difference**2),
        False: np.log1p(np.exp(-logits.numpy())).mean(),
    }[matching]
    assert abs(float(terms["g_adv"]) - expected) < 1e-5


def test_averages_of_both_networks_answer():
    model = make(ema_decay=0.9)
    g, d = model.averages
    assert [v.shape for v in d.weights] == [
        v.shape for v in model.discriminator.weights
    ]
    d.layers[-1].bias.assign([0.0, 50.0, 0.0])
    assert (model.classify(X).argmax(axis=1) == 1).all()
    g.layers[-3].set_weights([np.ones((5, 2)), np.zeros(2), np.array([50.0, -50.0])])
    np.testing.assert_array_equal(model.sample(1), [[255, 0]])


def test_fit_and_evaluate():
    model = make()
    model.fit(X, Y, batch_size=6, epochs=1, steps_per_call=1, verbose=0)
    assert model.step == 2
    logs = model.evaluate(X, Y, batch_size=4, return_dict=True, verbose=0)
    right = model.classify(X).argmax(axis=1) == Y
    assert abs(logs["accuracy"] - right.mean()) < 1e-6
    assert set(logs) == set(model.log.names) >= {"d_class", "accuracy"}


PARTLY = np.where(np.arange(12) == 9, -1, Y)


@pytest.mark.parametrize(
    "form",
    [
        lambda x, y: (x, y),
        lambda x, y: ((x, y),),
        lambda x, y: ({"real": x, "label": y},),
        lambda x, y: (tf.data.Dataset.from_tensor_slices((x, y)).batch(4),),
    ],
    ids=["two", "tuple", "dict", "dataset"],
)
def test_evaluate_needs_every_label_in_every_form(form):
    with pytest.raises(ValueError, match="needs the label.*Received 1 of -1"):
        make().evaluate(*form(X, PARTLY), verbose=0)


def test_validation_needs_every_label_and_training_does_not():
    with pytest.raises(ValueError, match="needs the label.*Received 1 of -1"):
        make().fit(X, PARTLY, validation_split=0.5, batch_size=6, verbose=0)
    part = tf.data.Dataset.from_tensor_slices((X, PARTLY)).batch(6)
    with pytest.raises(ValueError, match="needs the label.*Received 1 of -1"):
        make().fit(part, validation_data=part, verbose=0)
    with pytest.raises(ValueError, match="needs the label.*Received 1 of -1"):
        make().test_on_batch(X, PARTLY)
    logs = make().fit(X[:9], PARTLY[:9], validation_split=0.3, batch_size=6, verbose=0)
    assert 0 <= logs.history["val_accuracy"][0] <= 1
    assert make().fit(X, PARTLY, batch_size=6, verbose=0).epoch == [0]


def test_penalties_join_the_terms_and_augmentation_is_refused():
    model = tiny("sgan", penalties={"r1": 1.0})
    labels = np.arange(16) % 10
    images = np.random.default_rng(0).integers(0, 256, (16, 8, 8, 1), dtype="uint8")
    history = model.fit(images, labels, batch_size=8, verbose=0).history
    assert np.isfinite(history["d_r1"]).all() and model.step == 2
    with pytest.raises(ValueError, match="SGAN takes no `augment`"):
        tiny("sgan", augment=["color"])
