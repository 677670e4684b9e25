"""pix2pix and CycleGAN against ablations, on held-out images; every seed is recorded.

GANZOO_RUNS=runs pytest -m slow tests/slow/test_translation.py
"""

import resource

import numpy as np
import pytest
from ablation import SEEDS, apart, check_against_ablation, column, listed, runs, scored
from experiment import flat, record, trained, untrained, verdict
from image_files import break_three, check_answers, identical, make_folder
from real_sets import shared
from sklearn.neighbors import KNeighborsClassifier

from ganzoo.cli.translate_folder import translate_folder
from ganzoo.data import load_data
from ganzoo.data.dataset import Data
from ganzoo.data.splits import load_parts
from ganzoo.evaluation.scorer import scorer_for

pytestmark = pytest.mark.slow
L1_ABLATION = {"adversarial": 0}


def test_pix2pix_facades():
    check_against_ablation(
        "pix2pix_facades",
        L1_ABLATION,
        "mean image",
        more=["read_back_l1"],
        dataset=shared("facades"),
        note="40 held-out pairs; the split is ours; sizes and budget cut down as the "
        "config says",
    )


def test_pix2pix_edges():
    data_dir = shared("tfds")
    check_against_ablation(
        "pix2pix_edges",
        L1_ABLATION,
        "mean image",
        dataset="cifar10_jpeg",
        data_dir=data_dir,
        note="CIFAR-10 as JPEG of quality 75, on its test split",
    )


def test_pix2pix_halves(mnist_dir):
    """k answers differ, are digits of the right class, and average to the L1 model."""
    config, k, n = "pix2pix_halves", 8, 500
    own = runs(config, data_dir=mnist_dir)
    ablations = runs(config, L1_ABLATION, data_dir=mnist_dir)
    settings = {"source_key": "source", "pairs": "halves", "image_size": 32}
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
    for (model, *_), (ablation, *_) in zip(own, ablations, strict=True):
        answers = model.translate(left, samples=k, seed=1)
        mean = answers.astype(float).mean(axis=1)
        blurred = ablation.translate(left, samples=k, seed=1).astype(float)
        centre = blurred.mean(axis=1)
        rows.append(
            {
                "spread of the answers": float(answers.std(axis=1).mean() / 255),
                "spread, ablation": float(blurred.std(axis=1).mean() / 255),
                "of the right class": right_class(answers[:, 0]),
                "of the right class, ablation": right_class(
                    blurred[:, 0].astype(np.uint8)
                ),
                "ablation to their mean": _l1(centre, mean),
                "ablation to an answer": _l1(centre, answers[:, 0]),
            }
        )
    real = right_class(right)
    texts = {name: listed(column(rows, name)) for name in rows[0]}
    record(
        config,
        config,
        headline=f"{k} answers spread by {texts['spread of the answers']}, the "
        f"ablation's by {texts['spread, ablation']}; {texts['of the right class']} "
        "make "
        f"the digit (real halves {real:.3f}); the L1 ablation is "
        f"{texts['ablation to their mean']} from their mean, "
        f"{texts['ablation to an answer']} from one",
        target="answers differ more than the ablation's, >= 80% make the digit, the "
        "ablation is "
        "nearer to their mean than to one of them; every seed",
        measured={"seeds": SEEDS, "samples": k, "images": n, "by seed": rows},
        seconds=[seconds for *_, seconds in (*own, *ablations)],
        note="class of left and made right half by 1-NN on 20,000 training digits",
    )
    for row in rows:
        assert row["spread of the answers"] > row["spread, ablation"]
        assert row["of the right class"] >= 0.8
        assert row["ablation to their mean"] < row["ablation to an answer"]


def test_cyclegan_inverted(mnist_dir):
    """The error of a translation without pairs, where the truth is known.

    Of three starts the one is kept whose cycle closes best on training images, which
    needs no truth; of the ablation's three, the one nearest to the truth.
    """
    config, groups, names = "cyclegan_inverted", 3, ("l1", "ssim", "cycle_l1")
    seeds = range(3 * groups)
    own = runs(config, seeds=seeds, data_dir=mnist_dir)
    ablations = runs(config, {"cycle": 0.0}, seeds=seeds, data_dir=mnist_dir)
    sets = {"source_key": "unpaired", "pairs": "invert", "image_size": 16}
    train, test = (
        load_data("mnist", split=split, data_dir=mnist_dir, **sets).arrays
        for split in ("train", "test")
    )
    held = train["unpaired"][:1000]
    mine, theirs = (
        [
            {**scored(run, names)[1], "cycle_l1, train": _cycle_error(model, held)}
            for model, run, _ in found
        ]
        for found in (own, ablations)
    )
    kept = [min(g, key=lambda row: row["cycle_l1, train"]) for g in _grouped(mine)]
    best = [min(g, key=lambda row: row["l1"]) for g in _grouped(theirs)]
    source, real, shape = test["source"], test["real"], own[0][0].image_shape
    start = [
        _l1(untrained(config, shape, seed).translate(source[:1000]), real[:1000])
        for seed in range(groups)
    ]
    passed = apart(column(kept, "l1"), start) and apart(
        column(kept, "l1"), column(best, "l1")
    )
    texts = {
        "kept": listed(column(kept, "l1")),
        "all": listed(column(mine, "l1")),
        "ablations": listed(column(best, "l1")),
        "untrained": listed(start),
    }
    mean_image = scored(own[0][1], names)[0].get("l1", "mean image").value
    record(
        config,
        config,
        headline=verdict(not passed)
        + f"L1 to the truth {texts['kept']}, each the start of three whose cycle "
        "closes "
        f"best (all nine: {texts['all']}); without cycles the nearest of three "
        f"{texts['ablations']}, untrained {texts['untrained']}, mean image "
        f"{mean_image:.3f}",
        target="nearer to the truth than untrained and than without cycles, beyond the "
        "spread of the three",
        measured={
            "seeds": list(seeds),
            "cyclegan": mine,
            "without cycles": theirs,
            "untrained, L1": start,
            "mean image, L1": mean_image,
        },
        seconds=[seconds for *_, seconds in (*own, *ablations)],
        note="three settings came before, on the digits of 8x8 at 16x16, three blocks. "
        "With the identity term of the paper (0.5), 2,000 steps: L1 0.305, 0.308, "
        "0.307; digits keep their colours, which fulfils cycle and identity. Without "
        "it, 2,000 steps: 0.176, 0.094, 0.047, and 4,000: 0.153, 0.272, 0.042, the "
        "ablations 0.224, 0.253, 0.226: a miss, since a cycle can close over wrong "
        "digits. "
        "Pilots with the seeds 100 to 103 chose MNIST, one block and 1,000 steps, and "
        "showed that the wrong cycles close less well",
    )
    assert passed


def _grouped(rows):
    """Three rows each, of seeds that follow each other."""
    return [rows[i : i + 3] for i in range(0, len(rows), 3)]


def _cycle_error(model, source):
    """The L1 distance from images of what both generators in turn make of them."""
    return _l1(model.translate(model.translate(source), reverse=True), source)


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
        target="nearer to zebras than the horses are; cycle error below 0.1",
        measured={"seed": 0, **values, "horses as they are": untouched},
        seconds=[seconds],
        note="one seed; 120 held-out horses; look at samples/ of the run",
    )
    assert values["kernel_distance"] < untouched
    assert values["cycle_l1"] < 0.1


def _horses_as_they_are(model, run, folder):
    """The kernel distance to zebras of the sources themselves."""
    parts = load_parts(folder, source_key="unpaired", image_size=64, channels=3)
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
