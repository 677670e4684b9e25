"""pix2pix and CycleGAN beside their twins, on held-out images; every seed is recorded.

GANZOO_RUNS=runs pytest -m slow tests/slow/test_translation.py
"""

import resource

import numpy as np
import pytest
from conftest import SHARED
from proof import alarms, flat, record, trained
from sklearn.neighbors import KNeighborsClassifier
from test_translating import break_three, check_answers, make_folder
from test_translation_model import identical

import ganzoo
from ganzoo.data import load_data
from ganzoo.data.parts import load_parts
from ganzoo.data.record import Data
from ganzoo.scorer import scorer_for
from ganzoo.translating import translate_folder

pytestmark = pytest.mark.slow
SEEDS = (0, 1, 2)
SCORES = ("l1", "psnr", "ssim", "mean_gradient")
L1_TWIN = {"adversarial": 0}


def shared(name):
    if not (SHARED / "data" / name).is_dir():
        pytest.skip(f"the real data are not there: {SHARED / 'data' / name}")
    return SHARED / "data" / name


def runs(config, twin=None, seeds=SEEDS, **settings):
    """(model, run, seconds) of each seed of a config, or of its twin."""
    return [trained(config, options=twin, seed=seed, **settings) for seed in seeds]


def scored(run, only, seed=0):
    """Evaluation of a run on its test split, and its scores by name."""
    found = ganzoo.evaluate(run, extractor="pixels", only=list(only), seed=seed)
    return found, {name: found.get(name).value for name in only}


def apart(better, worse):
    """Whether all of one are below all of the other, and by more than the spread."""
    gap = np.mean(worse) - np.mean(better)
    return max(better) < min(worse) and gap > max(np.ptp(better), np.ptp(worse))


def column(rows, name):
    return [row[name] for row in rows]


def listed(values):
    return ", ".join(f"{value:.3f}" for value in values)


def check_sharper_than_the_l1_twin(config, note, **settings):
    """Records a config beside its twin; the bar is a mean gradient nearer to real."""
    own = runs(config, **settings)
    twins = runs(config, L1_TWIN, **settings)
    found = [scored(run, SCORES) for _, run, _ in own]
    mine, theirs = (
        [f[1] for f in found],
        [scored(run, SCORES)[1] for _, run, _ in twins],
    )
    first = found[0][0]
    real = first.get("mean_gradient").floor
    distance = [
        [abs(value - real) for value in column(rows, "mean_gradient")]
        for rows in (mine, theirs)
    ]
    pairs = [name for name in SCORES if name != "mean_gradient"]
    record(
        config,
        config,
        headline=f"mean gradient {listed(column(mine, 'mean_gradient'))}, of the twin "
        f"{listed(column(theirs, 'mean_gradient'))}, of photographs {real:.3f}; L1 "
        f"{listed(column(mine, 'l1'))} against {listed(column(theirs, 'l1'))}, of the "
        f"mean image {first.get('l1', 'mean image').value:.3f}",
        bar="sharper than the L1 twin and nearer to photographs, beyond the seeds' "
        "spread; L1 below the mean image's",
        measured={
            "seeds": SEEDS,
            "pix2pix": mine,
            "L1 twin": theirs,
            "mean gradient of held-out photographs": real,
            "mean image": {n: first.get(n, "mean image").value for n in pairs},
            "source itself": {n: first.get(n, "source").value for n in pairs},
            "alarms": [alarms(run) for _, run, _ in own],
        },
        seconds=[seconds for *_, seconds in (*own, *twins)],
        note=note,
    )
    assert apart(*distance)
    assert apart(column(theirs, "mean_gradient"), column(mine, "mean_gradient"))
    assert max(column(mine, "l1")) < first.get("l1", "mean image").value


def test_pix2pix_facades():
    check_sharper_than_the_l1_twin(
        "pix2pix_facades",
        dataset=shared("facades"),
        note="40 held-out pairs; the split is ours; sizes and budget cut down as the "
        "config says",
    )


def test_pix2pix_edges():
    data_dir = shared("tfds")
    check_sharper_than_the_l1_twin(
        "pix2pix_edges",
        dataset="cifar10_jpeg",
        data_dir=data_dir,
        note="CIFAR-10 as JPEG of quality 75, on its test split",
    )


def test_pix2pix_halves(mnist_dir):
    """k answers differ, are digits of the right class, and average to the L1 twin."""
    config, k, n = "pix2pix_halves", 8, 500
    own, twins = (runs(config, twin, data_dir=mnist_dir) for twin in (None, L1_TWIN))
    settings = {"wanted": "source", "pairs": "halves", "image_size": 32}
    test = load_data("mnist", split="test", data_dir=mnist_dir, **settings).arrays
    left, right, label = (test[key][:n] for key in ("source", "real", "label"))
    whole = load_data("mnist", data_dir=mnist_dir, image_size=32).arrays
    known = KNeighborsClassifier(1).fit(
        flat(whole["real"][:20000]), whole["label"][:20000]
    )

    def right_class(halves):
        joined = np.concatenate([left, halves], axis=2)
        return float(np.mean(known.predict(flat(joined)) == label))

    rows = []
    for (model, *_), (twin, *_) in zip(own, twins, strict=True):
        answers = model.translate(left, samples=k, seed=1)
        mean = answers.astype(float).mean(axis=1)
        blurred = twin.translate(left, samples=k, seed=1).astype(float)
        centre = blurred.mean(axis=1)
        rows.append(
            {
                "spread of the answers": float(answers.std(axis=1).mean() / 255),
                "spread, twin": float(blurred.std(axis=1).mean() / 255),
                "of the right class": right_class(answers[:, 0]),
                "of the right class, twin": right_class(blurred[:, 0].astype(np.uint8)),
                "twin to their mean": _l1(centre, mean),
                "twin to an answer": _l1(centre, answers[:, 0]),
            }
        )
    real = right_class(right)
    told = {name: listed(column(rows, name)) for name in rows[0]}
    record(
        config,
        config,
        headline=f"{k} answers spread by {told['spread of the answers']}, the twin's "
        f"by {told['spread, twin']}; {told['of the right class']} make the digit (real "
        f"halves {real:.3f}); the L1 twin is {told['twin to their mean']} from their "
        f"mean, {told['twin to an answer']} from one",
        bar="answers differ more than the twin's, >= 80% make the digit, the twin is "
        "nearer to their mean than to one of them; every seed",
        measured={"seeds": SEEDS, "samples": k, "images": n, "by seed": rows},
        seconds=[seconds for *_, seconds in (*own, *twins)],
        note="class of left and made right half by 1-NN on 20,000 training digits",
    )
    for row in rows:
        assert row["spread of the answers"] > row["spread, twin"]
        assert row["of the right class"] >= 0.8
        assert row["twin to their mean"] < row["twin to an answer"]


def test_cyclegan_inverted():
    """The error of a translation without pairs, where the truth is known."""
    config = "cyclegan_inverted"
    own, twins = runs(config), runs(config, {"cycle": 0.0})
    names = ("l1", "cycle_l1", "ssim")
    mine, theirs = ([scored(run, names)[1] for _, run, _ in x] for x in (own, twins))
    first = scored(own[0][1], names)[0]
    test = load_data(
        "digits", split="test", wanted="unpaired", pairs="invert", image_size=16
    ).arrays
    untrained = []
    for (model, *_), seed in zip(own, SEEDS, strict=True):
        fresh = ganzoo.build(
            "cyclegan",
            image_shape=model.image_shape,
            filters=16,
            blocks=3,
            d_levels=1,
            seed=seed,
        )
        untrained.append(_l1(fresh.translate(test["source"]), test["real"]))
    record(
        config,
        config,
        headline=f"L1 to the truth {listed(column(mine, 'l1'))}; without cycles "
        f"{listed(column(theirs, 'l1'))}, untrained {listed(untrained)}, mean image "
        f"{first.get('l1', 'mean image').value:.3f}",
        bar="nearer to the truth than untrained and than without cycles, beyond the "
        "seeds' spread",
        measured={
            "seeds": SEEDS,
            "cyclegan": mine,
            "without cycles": theirs,
            "untrained, L1": untrained,
            "mean image, L1": first.get("l1", "mean image").value,
        },
        seconds=[seconds for *_, seconds in (*own, *twins)],
        note="360 held-out digits and their inverse",
    )
    assert apart(column(mine, "l1"), untrained)
    assert apart(column(mine, "l1"), column(theirs, "l1"))


def test_cyclegan_horse2zebra():
    """One seed: zebras nearer to zebras than horses are, and a cycle that closes."""
    config, names = (
        "cyclegan_horse2zebra",
        ("kernel_distance", "cycle_l1", "mean_gradient"),
    )
    model, run, seconds = trained(config, dataset=shared("horse2zebra_128"))
    found, values = scored(run, names)
    folder = shared("horse2zebra_128")
    untouched = _horses_as_they_are(model, run, folder)
    record(
        config,
        config,
        headline=f"kernel distance (pixels) of made zebras "
        f"{values['kernel_distance']:.3g}, of horses as they are {untouched:.3g}, of "
        f"held-out zebras {found.get('kernel_distance').floor:.3g}; cycle error "
        f"{values['cycle_l1']:.3f}",
        bar="nearer to zebras than the horses are; cycle error below 0.1",
        measured={"seed": 0, **values, "horses as they are": untouched},
        seconds=[seconds],
        note="one seed; 120 held-out horses; look at samples/ of the run",
    )
    assert values["kernel_distance"] < untouched
    assert values["cycle_l1"] < 0.1


def _horses_as_they_are(model, run, folder):
    """The kernel distance to zebras of the sources themselves."""
    parts = load_parts(folder, wanted="unpaired", image_size=64, channels=3)
    scorer = scorer_for(model, parts, extractor="pixels")
    sources = model.sources(scorer.test.data.arrays, scorer.n)
    only = ["kernel_distance"]
    return scorer.score(Data("horses", {"real": sources}), only)["kernel_distance"]


def _l1(a, b):
    return float(abs(np.asarray(a, float) - b).mean() / 255)


def test_a_folder_of_200_images(tmp_path):
    """Must-show 6: every kind of image, three broken ones, flat memory."""
    wanted = make_folder(tmp_path / "in", 197)
    broken = break_three(tmp_path / "in")
    model, peaks = identical(channels=3), []
    for out in ("warm", "out"):
        done = translate_folder(model, tmp_path / "in", tmp_path / out, progress=False)
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    assert done.count == 197 and {str(name) for name in done.broken} == broken
    check_answers(tmp_path / "out", wanted)
    assert peaks[1] - peaks[0] < 20_000  # KiB
