"""Files of ganzoo, for Keras alone after `import ganzoo`."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from helpers import tiny

import ganzoo
from ganzoo.variants import _saved
from ganzoo.variants._registry import import_variants

LOAD = """
import sys
import ganzoo, keras
import numpy as np
for path in sys.argv[1:]:
    loaded = keras.models.load_model(path)
    if isinstance(loaded, ganzoo.GAN):
        np.save(path + ".npy", loaded.sample(3))
    print(type(loaded).__name__)
"""


@pytest.mark.long
def test_keras_loads_models_and_networks(tmp_path):
    """In a new process, which imports Keras last."""
    model, judge = tiny("sngan"), tiny("improved").discriminator
    model.save(tmp_path / "model.keras")
    judge.save(tmp_path / "judge.keras")
    ganzoo.export(model, tmp_path / "export.keras")
    paths = [str(tmp_path / f"{n}.keras") for n in ("model", "judge", "export")]
    command = [sys.executable, "-c", LOAD, *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["GAN", "Functional", "Functional"]
    np.testing.assert_allclose(
        np.load(tmp_path / "model.keras.npy").astype(int),
        model.sample(3).astype(int),
        atol=1,
    )


def test_every_class_is_announced_and_real_ones_take_their_place():
    import_variants()
    known = keras.saving.get_custom_objects()
    ours = {name for name in known if name.startswith("ganzoo>")}
    assert ours == {f"ganzoo>{name}" for name in _saved.names()}
    assert known["ganzoo>GAN"] is ganzoo.GAN
    _saved.announce(keras)  # a second time, it replaces nothing
    assert known["ganzoo>GAN"] is ganzoo.GAN
