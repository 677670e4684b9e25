"""Every variant in both precisions, with one and with three steps of D."""

import pytest
import test_variants as quick

from ganzoo.variants._registry import find

GRID = [
    pytest.param(name, dtype, d_steps, id=f"{name}-{dtype}-{d_steps}")
    for name in quick.VARIANTS
    for dtype in ("float32", "mixed_bfloat16")
    for d_steps in ((1, 3) if "d_steps" in find(name).options else (0,))
]


@pytest.mark.slow
@pytest.mark.parametrize("name,dtype,d_steps", GRID)
def test_trains_saves_and_resumes(name, dtype, d_steps, tmp_path):
    quick.check_training(name, tmp_path, dtype=dtype, d_steps=d_steps)


@pytest.mark.slow
@pytest.mark.parametrize("name,dtype,d_steps", GRID)
def test_each_player_changes_its_own_weights_alone(name, dtype, d_steps):
    quick.check_players(name, dtype=dtype, d_steps=d_steps)
