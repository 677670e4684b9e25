"""3D-GAN: volumes, looked at and compared with the shapes that it was shown.

GANZOO_RUNS=runs pytest -m slow tests/slow/test_volumes.py
"""

import numpy as np
import pytest
from proof import alarms, record, trained

from ganzoo.callbacks import compare, read_rows
from ganzoo.data import load_data

pytestmark = pytest.mark.slow


def test_3dgan_shapes():
    model, run, seconds = trained("3dgan_shapes", seed=0)
    chairs = load_data("voxel_shapes", split="test", class_name="chair").arrays["real"]
    others = load_data("voxel_shapes", split="test", class_name="table").arrays["real"]
    samples = model.sample(128, seed=0)
    best = {
        name: float(np.mean(_nearest(volumes, chairs)))
        for name, volumes in (
            ("samples", samples),
            ("tables", others[:128]),
            ("chairs", load_data("voxel_shapes", class_name="chair").arrays["real"]),
        )
    }
    likeness = compare(chairs[:128], samples)
    opened = [row["open"] for row in read_rows(run / "metrics.jsonl")]
    record(
        "3dgan_shapes",
        "3dgan_shapes",
        headline=f"overlap (IoU) with the nearest of 143 unseen chairs "
        f"{best['samples']:.2f}, of real chairs {best['chairs']:.2f}, of tables "
        f"{best['tables']:.2f}; D learned in {100 * np.mean(opened):.0f}% of its steps",
        bar="samples overlap with chairs more than tables do, by half of what real "
        "chairs do; diversity >= 0.25 of the chairs'",
        measured={
            "mean IoU with the nearest unseen chair": best,
            "likeness": likeness,
            "share of open D steps by interval": opened,
            "alarms": alarms(run),
        },
        seconds=[seconds],
        note="the last picture of samples was looked at",
    )
    assert best["samples"] >= (best["tables"] + best["chairs"]) / 2
    assert likeness["diversity"] >= 0.25


def _nearest(volumes, references):
    """The largest IoU of each volume with a reference."""
    a, b = (
        (v >= 128).reshape(len(v), -1).astype("float32") for v in (volumes, references)
    )
    both = a @ b.T
    either = a.sum(axis=1)[:, None] + b.sum(axis=1) - both
    return (both / np.maximum(either, 1)).max(axis=1)
