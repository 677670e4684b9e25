"""GAN-INT-CLS (Reed et al. 2016): its terms by hand, and captions in and out."""

import json

import numpy as np
import pytest
import tensorflow as tf
from helpers import arrays_for, batches_for, tiny, train_eagerly
from PIL import Image

import ganzoo
from ganzoo import distribute
from ganzoo.cli import main as command
from ganzoo.data.mismatched_captions import fill
from ganzoo.evaluation.sampling import draw
from ganzoo.evaluation.scorer import scorer_for
from ganzoo.models.adversarial import feed
from ganzoo.models.seeds import Use


def softplus(x):
    return np.log1p(np.exp(x))


def linear(model):
    """Makes D a sum of pixels and of the caption's vector, to be worked out by hand.

    G's small first weights grow, so that its samples differ.
    """
    for kernel in model.generator.trainable_variables:
        kernel.assign(kernel * (30 if len(kernel.shape) > 1 else 1))

    def logits(given, training):
        weights = tf.range(1.0, 5.0)
        pixels = tf.reduce_mean(given["sample"], axis=(1, 2, 3))
        return pixels + tf.linalg.matvec(given["text"], weights)

    model.discriminate = logits
    return model


def by_hand(sample, text):
    return np.mean(sample, axis=(1, 2, 3)) + np.asarray(text) @ np.arange(1.0, 5.0)


def part(model):
    batch = {k: tf.constant(v[:6]) for k, v in fill(arrays_for(model)).items()}
    return {**model.as_batch(batch), "seed": tf.constant([3, 4], tf.int32)}


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_terms_of_d_by_hand(share):
    model = linear(tiny("text2image", mismatch=share))
    batch = part(model)
    fake = model.generate(batch, training=False)
    terms, watched = model.discriminator_loss(batch, fake, training=False)
    right, wrong = (model.text(batch[k], False) for k in ("caption", "mismatched"))
    s_r, s_w = by_hand(batch["real"], right), by_hand(batch["real"], wrong)
    s_f = by_hand(fake["sample"], right)
    assert np.abs(s_r - s_w).min() > 1e-5
    yes, no, other = (np.mean(softplus(s)) for s in (-s_r, s_f, s_w))
    np.testing.assert_allclose(terms["d_adv"], (1 - share) * (yes + no), rtol=1e-5)
    np.testing.assert_allclose(terms["d_match"], share * (yes + other), rtol=1e-5)
    # With 0.5 that is algorithm 1: log s_r + (log(1 - s_w) + log(1 - s_f)) / 2.
    total = yes + share * other + (1 - share) * no
    np.testing.assert_allclose(terms["d_adv"] + terms["d_match"], total, rtol=1e-5)
    wrong = np.mean(1 / (1 + np.exp(-s_w)))
    np.testing.assert_allclose(watched["d_wrong"], wrong, rtol=1e-5)


def test_terms_of_g_by_hand():
    model = linear(tiny("text2image", beta=0.25, between_weight=2.0))
    batch = part(model)
    fake = model.generate(batch, training=False)
    terms, _ = model.generator_loss(batch, fake, training=False)
    right, other = (model.text(batch[k], False) for k in ("caption", "mismatched"))
    s_f = by_hand(fake["sample"], right)
    np.testing.assert_allclose(terms["g_adv"], np.mean(softplus(-s_f)), rtol=1e-5)

    between = 0.25 * right + 0.75 * other
    seed = distribute.fold(distribute.fold(batch["seed"], Use.CONDITION), Use.LATENT)
    given = {"latent": model._draw(6, seed), "text": between}
    s_b = by_hand(feed(model.generator, given, False), between)
    expected = 2 * np.mean(softplus(-s_b))
    np.testing.assert_allclose(terms["g_between"], expected, rtol=1e-5)
    assert (given["latent"].numpy() != fake["latent"].numpy()).all()


def test_interpolation_and_matching_can_be_left_out():
    model = tiny("text2image", mismatch=0.0, between_weight=0.0)
    logs = train_eagerly(model, batches_for(model, 1))
    assert logs["d_match"] == logs["g_between"] == 0
    assert logs["d_adv"] > 0
    for wrong in ({"mismatch": 1.0}, {"beta": 2.0}, {"between_weight": -1.0}):
        with pytest.raises(ValueError, match="`mismatch` must be in"):
            tiny("text2image", **wrong)


def test_the_encoder_learns_with_d_and_is_a_constant_for_g():
    model = tiny("text2image")
    batch = part(model)
    own = model.encoder.trainable_variables
    with tf.GradientTape(persistent=True) as tape:
        fake = model.generate(batch, training=True)
        d_terms, _ = model.discriminator_loss(batch, fake, training=True)
        g_terms, _ = model.generator_loss(batch, fake, training=True)
        d_loss, g_loss = (tf.add_n(list(t.values())) for t in (d_terms, g_terms))
    assert all(g is None for g in tape.gradient(g_loss, own))
    assert all(
        g is not None for g in tape.gradient(g_loss, model.generator.trainable_weights)
    )
    learned = [tf.convert_to_tensor(g).numpy() for g in tape.gradient(d_loss, own)]
    assert all(np.abs(g).max() > 0 for g in learned)
    owned = {id(v) for net in model.generators for v in net.variables}
    assert not owned & {id(v) for v in model.encoder.variables}


@pytest.mark.parametrize("loss", ["hinge", "relativistic", "least_squares"])
def test_other_losses_and_penalties_train(loss):
    model = tiny("text2image", loss=loss, d_norm="none", penalties={"r1": 1.0})
    logs = model.train_step(fill(arrays_for(model, 8)))
    assert np.isfinite([float(v) for v in logs.values()]).all()
    assert float(logs["d_r1"]) > 0


# --- a run ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run on a folder of coloured squares, which takes seconds."""
    path = tmp_path_factory.mktemp("text")
    rng = np.random.default_rng(0)
    (path / "set/images").mkdir(parents=True)
    colours = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}
    rows = []
    for i in range(120):
        colour = list(colours)[i % 3]
        pixels = np.full((8, 8, 3), 255, "uint8")
        pixels[2:6, 2:6] = np.array(colours[colour]) * rng.uniform(0.5, 1)
        Image.fromarray(pixels).save(path / f"set/images/{i}.png")
        caption = f"a {colour} square" if i % 2 else f"{colour} box"
        rows.append({"file": f"images/{i}.png", "caption": caption, "category": colour})
    text = "\n".join(map(json.dumps, rows))
    (path / "set/captions.jsonl").write_text(text)
    command.run(
        command.parse(
            [
                "ganzoo",
                "train",
                "text2image",
                f"--dataset={path / 'set'}",
                f"--workdir={path / 'run'}",
                "--steps=2",
                "--batch_size=16",
                "--log_every=2",
                "--sample_every=2",
                "--checkpoint_every=2",
                *(f"--set={o}" for o in ("filters=2", "latent_dim=4", "text_dim=4")),
            ]
        )
    )
    return path / "run"


@pytest.mark.long
def test_a_run_keeps_its_words_and_pictures(run):
    options = json.loads((run / "config.json").read_text())["build"]["options"]
    assert set(options["vocabulary"]) == {"a", "red", "green", "blue", "square", "box"}
    assert options["caption_length"] == 3
    model = ganzoo.load(run)
    with Image.open(run / "samples/step_00000002.png") as picture:
        assert picture.width > picture.height  # captions beside eight rows of eight
    samples, columns, captions = model.gallery(
        {"caption": model.tokens(["red box", "a blue square"])}, 64
    )
    assert captions == ["red box", "a blue square"] and columns == 8
    np.testing.assert_array_equal(
        samples[8:],
        model.sample(16, seed=1, caption=["red box"] * 8 + ["a blue square"] * 8)[8:],
    )


def test_the_command_samples_a_caption(run, tmp_path, capsys):
    out = tmp_path / "x.npz"
    arguments = ["ganzoo", "sample", str(run), "--n=2", f"--out={out}"]
    command.run(command.parse([*arguments, "--caption=a red box"]))
    expected = ganzoo.load(run).sample(2, caption="a red box")
    np.testing.assert_array_equal(np.load(out)["samples"], expected)
    with pytest.raises(SystemExit, match="Unknown condition of this model 'label'"):
        command.run(command.parse([*arguments, "--label=1"]))


@pytest.mark.long
def test_a_run_is_scored_on_captions_that_it_has_not_seen(run):
    only = ["matching_accuracy", "gan_test_accuracy", "recall"]
    found = ganzoo.evaluate(run, extractor="pixels", only=only)
    assert found.get("gan_test_accuracy").floor > 0.9
    assert 0 <= found.get("matching_accuracy").value <= 1
    assert "test split" in found.get("matching_accuracy").protocol

    model = ganzoo.load(run)
    data = run.parent / "set"
    scorer = scorer_for(model, ganzoo.data.splits.load_parts(data), extractor="pixels")
    made = draw(model, scorer, seed=0)
    held_out = scorer.test.data.arrays
    for key in ("caption", "label"):
        np.testing.assert_array_equal(made.arrays[key], held_out[key])
    told = model.sample(scorer.n, caption=held_out["caption"])
    np.testing.assert_array_equal(made.arrays["real"], told)
    assert scorer.score(scorer.test.data, ["matching_accuracy"]) != found
    alike = scorer.alike.samples[:, 4, 4].argmax(axis=1)  # the same colours
    np.testing.assert_array_equal(alike, held_out["real"][:, 4, 4].argmax(axis=1))
    other = tiny("text2image", image_shape=(8, 8, 3))
    with pytest.raises(ValueError, match="other words"):
        draw(other, scorer, seed=0)


def test_a_data_set_without_captions_is_refused(tmp_path):
    with pytest.raises(ValueError, match="'text2image' needs captions.*captions.jsonl"):
        experiment = ganzoo.Experiment(model="text2image", dataset="digits", steps=1)
        ganzoo.train(experiment, tmp_path, progress=False)
