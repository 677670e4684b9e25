"""English words of wgan-gp, by their n-grams.

GANZOO_RUNS=runs pytest -m slow tests/slow/test_words.py

It needs words.txt, see the config, in the present folder.
"""

from pathlib import Path

import numpy as np
import pytest
from ablation import SEEDS
from experiment import record, trained, untrained, verdict
from ngram_model import ngram_samples

from ganzoo.data import load_data
from ganzoo.metrics import ngram_divergence

WORDS = Path("words.txt")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not WORDS.exists(), reason="needs words.txt"),
]
SIZES = (1, 2, 3, 4)


def test_wgan_gp_words():
    train, test = (load_data(WORDS, split=split) for split in ("train", "test"))
    held_out = test.codec.strings(test.arrays["real"])
    known = train.codec.strings(train.arrays["real"])

    def divergences(strings):
        return [ngram_divergence(held_out, strings, n) for n in SIZES]

    count, seen = len(held_out), set(known)
    others_real = np.random.default_rng(0).choice(known, count, replace=False)
    start = untrained("wgan_gp_words", train.sample_shape)
    others = {
        "other real words": divergences(others_real.tolist()),
        "letters by themselves": divergences(ngram_samples(known, count, n=1)),
        "pairs of letters": divergences(ngram_samples(known, count, n=2)),
        "three letters": divergences(ngram_samples(known, count, n=3)),
        "untrained": divergences(train.codec.strings(start.sample(count))),
    }
    rows, new, times = [], [], []
    for seed in SEEDS:
        model, _, seconds = trained("wgan_gp_words", dataset=WORDS, seed=seed)
        made = model.strings(model.sample(count, seed=0))
        rows.append(divergences(made))
        new.append(len([text for text in made if text not in seen]) / count)
        times.append(seconds)
    missed = max(row[1] for row in rows) >= others["letters by themselves"][1]
    listed = "; ".join(f"{name} {_line(row)}" for name, row in others.items())
    record(
        "wgan_gp_words",
        "wgan_gp_words",
        headline=verdict(missed)
        + f"divergence of 1- to 4-grams from held-out words {_line(rows[0])}, "
        f"{_line(rows[1])}, {_line(rows[2])} bits; {listed}",
        target="each seed: pairs of letters nearer to held-out words than of letters "
        "that are drawn by themselves",
        measured={"seeds": rows, "share of new strings": new, **others},
        seconds=times,
        published="curves of the divergence on Billion Word, 32 characters, no table",
        note=f"{count:,} strings each; the seeds 0, 1 and 2",
    )
    assert not missed


def _line(row):
    return "/".join(f"{value:.3f}" for value in row)
