"""Compares a config with its ablation on held-out images: the same without one part.

Imported by the long tests: `pytest -m slow tests/slow/test_restoration.py`, and others.
"""

import numpy as np
from experiment import alarms, record, trained, verdict

import ganzoo

SEEDS = (0, 1, 2)
SCORES = ("l1", "psnr", "ssim", "mean_gradient")


def runs(config, ablation=None, seeds=SEEDS, **settings):
    """Trains each seed of a config or of its ablation: (model, run, seconds)."""
    return [trained(config, options=ablation, seed=seed, **settings) for seed in seeds]


def scored(run, only, seed=0):
    """Evaluates a run on its test split; returns the evaluation and scores by name."""
    result = ganzoo.evaluate(run, extractor="pixels", only=list(only), seed=seed)
    return result, {name: result.get(name).value for name in only}


def apart(better, worse):
    """Tells if all of one are below all of the other, and by more than the spread."""
    gap = np.mean(worse) - np.mean(better)
    return max(better) < min(worse) and gap > max(np.ptp(better), np.ptp(worse))


def column(rows, name):
    return [row[name] for row in rows]


def listed(values):
    return ", ".join(f"{value:.3f}" for value in values)


def check_against_ablation(
    config,
    ablation,
    baseline,
    note,
    more=(),
    also=lambda model: {},
    beaten=(),
    **settings,
):
    """Records a config and its ablation; the target is a mean gradient nearer to real.

    Args:
        config: the config; the experiment has its name.
        ablation: the options that make the ablation without a discriminator.
        baseline: the answer whose L1 is to be beaten: `mean image` or `source`.
        note: cuts and conditions that a reader must know.
        more: further scores of `evaluate`.
        also: further figures of a model, by name.
        beaten: figures of these, by name, which are to be beaten too.
        **settings: of `trained`.
    """
    own, ablations = runs(config, **settings), runs(config, ablation, **settings)
    results = [scored(run, (*SCORES, *more)) for _, run, _ in own]
    mine = [f[1] | also(model) for f, (model, *_) in zip(results, own, strict=True)]
    theirs = [scored(run, (*SCORES, *more))[1] | also(m) for m, run, _ in ablations]
    first = results[0][0]
    real = first.get("mean_gradient").floor
    distance = [
        [abs(value - real) for value in column(rows, "mean_gradient")]
        for rows in (mine, theirs)
    ]
    pairs = [name for name in SCORES if name != "mean_gradient"]
    naive = {
        kind: {name: first.get(name, kind).value for name in pairs}
        for kind in ("mean image", "source")
    }
    passed = {
        "sharper than the ablation": apart(
            column(theirs, "mean_gradient"), column(mine, "mean_gradient")
        ),
        "nearer to real": apart(*distance),
        f"L1 below the L1 of the {baseline}": max(column(mine, "l1"))
        < naive[baseline]["l1"],
        **{
            f"{name} below {value:.3f}": max(column(mine, name)) < value
            for name, value in dict(beaten).items()
        },
    }
    missed = [what for what, reached in passed.items() if not reached]
    further = "".join(
        f"; {name} {listed(column(mine, name))} against {listed(column(theirs, name))}"
        for name in mine[0]
        if name not in SCORES
    )
    record(
        config,
        config,
        headline=verdict(missed)
        + f"mean gradient {listed(column(mine, 'mean_gradient'))}, of the ablation "
        f"{listed(column(theirs, 'mean_gradient'))}, of real images {real:.3f}; L1 "
        f"{listed(column(mine, 'l1'))} against {listed(column(theirs, 'l1'))}, of the "
        f"{baseline} {naive[baseline]['l1']:.3f}{further}",
        target="sharper than the ablation without D and nearer to real images, beyond "
        "the seeds' spread; " + ", ".join(list(passed)[2:]),
        measured={
            "seeds": SEEDS,
            "own": mine,
            "ablation": theirs,
            "real, held-out": {
                name: first.get(name).floor for name in ("mean_gradient", *more)
            },
            **naive,
            **dict(beaten),
            "alarms": [alarms(run) for _, run, _ in own],
        },
        seconds=[seconds for *_, seconds in (*own, *ablations)],
        note=note,
    )
    assert not missed
