"""SRResNet: its one term by hand, and that it learns."""

import numpy as np
import pytest
from helpers import arrays_for, of_kind, tiny
from keras import layers

from ganzoo.models.optimizers import LinearDecay


def test_the_term_by_hand():
    """Answers 0.5 for targets -1 and 1: errors of 1.5 and 0.5."""
    for distance, value in (("l2", 1.25), ("l1", 1.0)):
        model = tiny("srresnet", distance=distance)
        last = of_kind(model.generator, layers.Conv2D)[-1]
        last.set_weights([np.zeros_like(last.kernel), np.full_like(last.bias, 0.5)])
        arrays = arrays_for(model, 4)
        arrays["real"][:2], arrays["real"][2:] = 0, 255
        found = model.evaluate(arrays, return_dict=True, verbose=0)
        assert found == pytest.approx({f"g_{distance}": value, "g_loss": value})


def test_has_no_adversary_and_takes_none():
    model = tiny("srresnet")
    assert model.discriminators == [] and model.d_steps == 0
    with pytest.raises(ValueError, match="Unknown option of 'srresnet' 'penalties'"):
        tiny("srresnet", penalties={"r1": 1.0})


def test_learns_to_enlarge():
    """Pixels doubled, on which an untrained one is far off."""
    model = tiny("srresnet", filters=8, learning_rate=3e-3, decay_steps=60)
    assert isinstance(model.g_optimizer._learning_rate, LinearDecay)
    rng = np.random.default_rng(0)
    source = rng.integers(0, 256, (64, 4, 4, 1), dtype="uint8")
    arrays = {"source": source, "real": source.repeat(2, 1).repeat(2, 2)}
    before = model.evaluate(arrays, return_dict=True, verbose=0)["g_l2"]
    model.fit(arrays, batch_size=16, epochs=15, verbose=0)
    after = model.evaluate(arrays, return_dict=True, verbose=0)["g_l2"]
    assert after < 0.2 * before
