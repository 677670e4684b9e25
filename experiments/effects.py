"""Measures in small runs if each loss, penalty and normaliser does what it claims to.

    GANZOO_RUNS=runs python experiments/effects.py

Arms, budgets, measures, targets and seeds stand here and in `small_trainings`, and were
fixed before the runs; the settings were tried out on seed 100, which does not count. A
run leaves its figures under $GANZOO_RUNS/effects, so the same command resumes. All runs
together write zoo_configs/results/effects.json.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass

import keras
from experiment import RUNS, write_result
from small_trainings import head_start, lipschitz, overfitting, ring

SEEDS = (1, 2, 3)
HELD = "seeds that reach the target"


@dataclass(frozen=True)
class Effect:
    """A claim and its measurement.

    Attributes:
        claim: the claim, with its source.
        setting: data, nets and budget.
        measure: the number that is taken of each arm.
        target: the condition on the numbers of every seed.
        arms: name to options of the builder; the plain one comes first.
        run: (options, seed) -> figures; `shown` names the one that is compared.
        shown: the name of the compared figure.
        holds: (plain, with the piece) -> True where the target is reached.
    """

    claim: str
    setting: str
    measure: str
    target: str
    arms: dict
    run: Callable
    shown: str
    holds: Callable


RING = (
    "vanilla on ring8 (radius 1), 2 x 128 units, 6,000 steps of 256, Adam 1e-3, beta_1 "
    "0.9, no average"
)


# A run is known by its function and arm: "plain" on the ring serves two effects.
EFFECTS = {
    "spectral norm bounds D's slope": Effect(
        claim="spectral normalisation bounds D's Lipschitz constant (Miyato et al. "
        "2018, arXiv 1802.05957)",
        setting="dcgan on digits, 16 filters, wasserstein, 1,500 steps of 64",
        measure="the largest norm of D's gradient at 360 held-out real images, 360 "
        "fakes and 360 points between",
        target="at most 4 (each of two convolutions of kernel 4 and stride 2 takes a "
        "number four times, so it stretches by at most 2), and below plain",
        arms={"plain": {"d_norm": "none"}, "spectral": {"d_norm": "spectral"}},
        run=lipschitz,
        shown="largest",
        holds=lambda plain, own: own <= 4 and own < plain,
    ),
    "R1 stops the oscillation": Effect(
        claim="R1 makes training converge where it would circle (Mescheder et al. "
        "2018, arXiv 1801.04406)",
        setting=f"{RING}, R1 with gamma 0.1",
        measure="G's movement in the last quarter: the deviation over time of a "
        "latent's sample, every 20 steps, mean of 512 latents",
        target="at most half of plain",
        arms={"plain": {}, "r1": {"penalties": {"r1": 0.1}}},
        run=ring,
        shown="amplitude",
        holds=lambda plain, own: own <= plain / 2,
    ),
    "minibatch stddev covers modes": Effect(
        claim="a D that sees the batch's spread keeps G from few modes (Karras et al. "
        "2018, arXiv 1710.10196)",
        setting=RING,
        measure="modes of 8 covered by 2,500 samples, mean of 30 measurements in the "
        "second half",
        target="more than plain",
        arms={
            "plain": {},
            "stddev": {"network": {"name": "mlp", "minibatch": "stddev"}},
        },
        run=ring,
        shown="modes",
        holds=lambda plain, own: own > plain,
    ),
    "DiffAugment delays D's overfitting": Effect(
        claim="D memorises a small set later (Zhao et al. 2020, arXiv 2006.10738)",
        setting="vanilla on 500 MNIST images, 2 x 256 units, no dropout, 6,000 steps "
        "of 64",
        measure="D's accuracy on the 500 images less that on 500 held-out ones, as D "
        "sees them, mean of the last four of 12 measurements",
        target="at most half of plain",
        arms={"plain": {}, "augmented": {"augment": "color,translation,cutout"}},
        run=overfitting,
        shown="gap",
        holds=lambda plain, own: own <= plain / 2,
    ),
    "instance noise keeps G's gradient": Effect(
        claim="noise on what D sees keeps G's gradient alive where D is ahead "
        "(Arjovsky and Bottou 2017, arXiv 1701.04862)",
        setting="vanilla on ring8, minimax, 2 x 128 units, G's samples within 0.1 of "
        "the centre, 800 steps of D alone, noise of deviation 0.5",
        measure="norm of G's gradient after them, mean of 8 batches",
        target="at least ten times plain",
        arms={"plain": {}, "noise": {"augment": [{"name": "noise", "stddev": 0.5}]}},
        run=head_start,
        shown="gradient",
        holds=lambda plain, own: own >= 10 * plain,
    ),
}


def path_of(name, arm, seed):
    return RUNS / "effects" / f"{EFFECTS[name].run.__name__}_{arm}_{seed}.json"


def measured(name, arm, seed):
    """Returns the figures of a run, which is made if it is not there yet."""
    path, effect = path_of(name, arm, seed), EFFECTS[name]
    if not path.exists():
        keras.utils.set_random_seed(seed)
        figures = effect.run(effect.arms[arm], seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(figures))
        part.rename(path)
        print(name, arm, seed, figures[effect.shown], flush=True)
    return json.loads(path.read_text())


def verdict(name):
    """Returns the numbers of all arms, and how many seeds of each reach the target."""
    effect = EFFECTS[name]
    runs = {arm: [measured(name, arm, seed) for seed in SEEDS] for arm in effect.arms}
    shown = {arm: [run[effect.shown] for run in rows] for arm, rows in runs.items()}
    plain, *others = effect.arms
    held = {arm: sum(map(effect.holds, shown[plain], shown[arm])) for arm in others}
    texts = ("claim", "setting", "measure", "target")
    return {
        **{text: getattr(effect, text) for text in texts},
        "shown": shown,
        HELD: held,
        "runs": runs,
    }


def record():
    """Writes every effect whose runs are complete."""
    done = [
        name
        for name, effect in EFFECTS.items()
        if all(path_of(name, arm, s).exists() for arm in effect.arms for s in SEEDS)
    ]
    verdicts = {name: verdict(name) for name in done}
    reached = [
        f"{name} ({', '.join(f'{arm} {n} of 3' for arm, n in row[HELD].items())})"
        for name, row in verdicts.items()
    ]
    write_result(
        "effects",
        command="python experiments/effects.py",
        headline="seeds that reach the target: " + "; ".join(reached),
        target="one for each, see docs/axes.md",
        seeds=SEEDS,
        measured=verdicts,
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="*", default=list(EFFECTS))
    parser.add_argument("--seeds", nargs="*", type=int, default=SEEDS)
    args = parser.parse_args()
    for name in args.only:
        for seed in args.seeds:
            for arm in EFFECTS[name].arms:
                measured(name, arm, seed)
    record()


if __name__ == "__main__":
    main()
