"""What one model takes over from another, and what it refuses."""

import numpy as np
import pytest
from helpers import arrays_for, tiny

from ganzoo.models.warm_start import load_generators


def test_srgan_starts_from_srresnet():
    start, model = tiny("srresnet", ema_decay=0.5), tiny("srgan", ema_decay=0.5)
    for _ in range(2):
        start.train_step(arrays_for(start, 4))
    d = [v.numpy() for v in model.discriminator.weights]
    x = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 1), dtype="uint8")
    assert (model.translate(x) != start.translate(x)).any()
    load_generators(model, start)
    for ema in (True, False):  # both are the average that `start` would use
        np.testing.assert_array_equal(model.translate(x, ema=ema), start.translate(x))
    assert (model.translate(x) != start.translate(x, ema=False)).any()
    for before, variable in zip(d, model.discriminator.weights, strict=True):
        np.testing.assert_array_equal(before, variable)
    assert model.step == 0


@pytest.mark.parametrize(
    "name,options,message",
    [
        ("srresnet", {"filters": 3}, r"weight 1 differs first.*\(9, 9, 1, 2\).*1, 3"),
        ("srresnet", {"blocks": 2}, "to fill and .* to start from"),
        ("srresnet", {"norm": "none"}, "BatchNorm gamma.*Conv2D bias"),
        ("cyclegan", {}, "1 to fill, 2 to start from"),
    ],
)
def test_refuses_other_generators(name, options, message):
    model = tiny("srgan")
    before = [v.numpy() for v in model.generator.weights]
    with pytest.raises(ValueError, match=message):
        load_generators(model, tiny(name, **options))
    for old, variable in zip(before, model.generator.weights, strict=True):
        np.testing.assert_array_equal(old, variable)
