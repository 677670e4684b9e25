"""MolGAN: its terms by hand, and what its samples say."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import tiny

from ganzoo.data.dataset import Data
from ganzoo.data.door import Door
from ganzoo.data.molecules import Molecules, symbols_of
from ganzoo.data.splits import Parts
from ganzoo.data.symbols import one_hot
from ganzoo.evaluation import extractors, metric_table
from ganzoo.evaluation.scorer import Scorer, View

rdkit = pytest.importorskip("rdkit", reason="the extra molecules")
TEXTS = ("C", "CC", "CO", "C=N", "N", "C=C", "NN", "O")


def molecules(*texts):
    symbols = np.stack([symbols_of(text, 3) for text in texts])
    return one_hot(symbols, 5)


def test_terms_by_hand():
    """A linear critic 2 x_0 gives the penalty 10 (2 - 1)^2 wherever it is taken."""
    sample = keras.Input((6, 5), name="sample")
    weights = np.zeros((30, 1), "float32")
    weights[1] = 2.0  # carbon in the first place
    critic = keras.layers.Dense(1, use_bias=False)
    flat = keras.layers.Flatten()(sample)
    model = tiny("molgan")
    model.discriminator = keras.Model({"sample": sample}, critic(flat))
    critic.set_weights([weights])
    real = tf.constant(molecules("C", "CC", "O", "CCO") / np.float32(255))
    fake = tf.constant(molecules("O", "C", "O", "O") / np.float32(255))
    batch = {"real": real, "seed": tf.constant([0, 0]), "d_updates": 0}
    terms, _ = model.discriminator_loss(batch, {"sample": fake}, True)
    assert float(terms["d_adv"]) == pytest.approx(2 * (1 / 4 - 3 / 4))
    assert float(terms["d_gradient_penalty"]) == pytest.approx(10.0, rel=1e-5)
    terms, _ = model.generator_loss(batch, {"sample": fake}, True)
    assert float(terms["g_adv"]) == pytest.approx(-2 / 4)


def test_samples_are_symbols_that_can_be_written():
    model = tiny("molgan")
    samples = model.sample(20, seed=1)
    assert samples.dtype == np.uint8 and samples.shape == (20, 6, 5)
    assert (np.sort(samples, axis=-1)[..., -2:] == [0, 255]).all()
    assert model.strings(samples) == Molecules().strings(samples)
    with pytest.raises(ValueError, match="no symbols.*codec=None"):
        tiny("lsgan").strings(samples)


def test_molecules_pass_the_door_as_one_hot_floats():
    model = tiny("molgan")
    data = Data("few", {"real": molecules(*TEXTS)}, codec=Molecules())
    real = model.as_batch(Door(model.batch_spec).arrays(data))["real"].numpy()
    assert set(np.unique(real)) == {0.0, 1.0}
    np.testing.assert_array_equal(real.sum(axis=-1), 1)


def test_scores_of_molecules():
    texts = [a + b for a in TEXTS for b in ("", "C", "O")]
    data = Data("few", {"real": molecules(*texts)}, codec=Molecules())
    other = molecules("CF", "FO", *TEXTS[2:])
    parts = Parts(data, Data("few", {"real": other}, codec=Molecules()))
    scorer = Scorer(parts, extractors.get("pixels", parts), 8)
    samples = molecules("C", "C", "CF", "O", *["O"] * 4)
    samples[-2:, 3] = samples[-2:, 3, ::-1]  # two bonds at empty places
    (row,) = (r for r in metric_table.METRICS if "valid" in r.better)
    fake = View(Data("samples", {"real": samples}), None)
    assert row.function(scorer, fake) == {
        "valid": 6 / 8,
        "unique": 3 / 6,
        "novel": 1 / 6,
    }
    assert {"valid", "unique", "novel"} <= set(scorer.names())
    assert scorer.conditions("valid")["extractor"] == "molecules"
    floor = scorer.floor(only=["valid", "unique", "novel"])
    assert floor == {"valid": 1.0, "unique": 1.0, "novel": 2 / 8}
