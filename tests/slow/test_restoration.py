"""Higher resolution, in-painting and the next frame, each beside its twin without a D.

GANZOO_RUNS=runs pytest -n0 -m slow tests/slow/test_restoration.py

Runs are saved every CHUNK steps, so that a proof that was cut off goes on.
"""

import json
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image
from proof import RUNS, write_result

import ganzoo
from ganzoo import metrics
from ganzoo.data import holes, load_data, moving
from ganzoo.transfer import load_generators

pytestmark = pytest.mark.slow

DATA = Path(__file__).parents[2].parent / "shared/data"
SEEDS = (0, 1, 2)
CHUNK = 500
# Sizes for two cores; the steps are the budget of a run.
NETWORK = {"image_shape": (96, 96, 3), "scale": 4, "filters": 32, "blocks": 5}
SRRESNET = {"steps": 4000, "batch_size": 16}
SRGAN = {"steps": 1500, "batch_size": 16}
ENCODER = {"filters": 32}
INPAINT = {"steps": 4000, "batch_size": 32}
SCALES = {"scales": 3, "filters": 16, "d_filters": 8, "d_units": 64}
FRAMES = {"steps": 6000, "batch_size": 16}


def fitted(name, make, arrays, *, steps, batch_size):
    """Trains what `make` builds, or goes on; returns (model, seconds of training)."""
    path = RUNS / "restoration" / f"{name}.keras"
    path.parent.mkdir(parents=True, exist_ok=True)
    log = path.with_suffix(".json")
    if path.exists() and log.exists():
        model, seconds = ganzoo.load(path), json.loads(log.read_text())["seconds"]
    else:
        model, seconds = make(), 0.0
    while model.step < steps:
        start = time.perf_counter()
        model.fit(arrays, batch_size=batch_size, steps_per_epoch=CHUNK, verbose=0)
        seconds += time.perf_counter() - start
        model.save(path.with_name(f"{name}_new.keras"))
        path.with_name(f"{name}_new.keras").replace(path)
        log.write_text(json.dumps({"step": model.step, "seconds": seconds}))
    return model, seconds


def built(name, seed, **options):
    keras.utils.set_random_seed(seed)
    return ganzoo.build(name, seed=seed, ema_decay=0.999, **options)


def mean(rows, key):
    return float(np.mean([row[key] for row in rows]))


def nearer(rows, twins, real):
    """Whether on each seed sharpness is nearer to the real one than on any twin's."""
    off = [[abs(r["mean_gradient"] - real) for r in kind] for kind in (rows, twins)]
    return max(off[0]) < min(off[1])


def conclude(name, model, passed, *, bar, measured, seconds, headline):
    missed = [what for what, reached in passed.items() if not reached]
    write_result(
        name,
        experiment={"model": model},
        command=f"pytest -m slow tests/slow -k test_{name}",
        headline=(f"MISSED ({', '.join(missed)}): " if missed else "") + headline,
        bar=bar,
        measured=measured,
        seconds=[round(s) for s in seconds],
    )
    assert not missed


# --- higher resolution --------------------------------------------------------------


def opened(path):
    return np.asarray(Image.open(path).convert("RGB"))


def resized(image, width, height):
    """Bicubic; where it gets smaller, the filter is as wide as the factor."""
    return np.asarray(
        Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC)
    )


def patches(folder, side=96, stride=32, scale=4):
    """Every patch of the images that are large enough, and itself reduced."""
    real = []
    for path in sorted(folder.iterdir()):
        image = opened(path)
        for top in range(0, image.shape[0] - side + 1, stride):
            for left in range(0, image.shape[1] - side + 1, stride):
                real.append(image[top : top + side, left : left + side])
    source = [resized(image, side // scale, side // scale) for image in real]
    return {"real": np.stack(real), "source": np.stack(source)}


def luminance(images):
    """Y of BT.601 in 16..235, as super-resolution is measured."""
    return 16 + images.astype(float) @ np.array([[65.481], [128.553], [24.966]]) / 255


def set5(translate, scale=4):
    """Mean PSNR of Y without a border of `scale` pixels, and mean gradient of Y."""
    found, gradients = [], []
    for path in sorted((DATA / "sr/Set5/hr").iterdir()):
        small = opened(DATA / f"sr/Set5/lr_x{scale}" / path.name)[None]
        made = translate(small)
        real = opened(path)[None, : made.shape[1], : made.shape[2]]
        a, b = (luminance(x)[:, scale:-scale, scale:-scale] for x in (real, made))
        found.append(metrics.psnr(a, b, data_range=255.0))
        gradients.append(metrics.mean_gradient(b))
    return {"psnr": float(np.mean(found)), "mean_gradient": float(np.mean(gradients))}


def test_srgan_x4():
    if not (DATA / "sr").is_dir():
        pytest.skip(f"the images are not there: {DATA / 'sr'}")
    arrays = patches(DATA / "sr/T91")
    bicubic = set5(
        lambda x: resized(x[0], 4 * x.shape[2], 4 * x.shape[1])[None],
    )
    sizes = [opened(path) for path in sorted((DATA / "sr/Set5/hr").iterdir())]
    inner = [luminance(image[None])[:, 4:-4, 4:-4] for image in sizes]
    real = float(np.mean([metrics.mean_gradient(image) for image in inner]))
    plain, gan, seconds = [], [], []
    for seed in SEEDS:
        start, took = fitted(
            f"srresnet_seed{seed}",
            lambda seed=seed: built(
                "srresnet", seed, **NETWORK, decay_steps=SRRESNET["steps"]
            ),
            arrays,
            **SRRESNET,
        )
        seconds.append(took)
        plain.append(set5(start.translate))

        def warm(seed=seed, start=start):
            model = built("srgan", seed, **NETWORK, d_filters=16, d_units=128)
            load_generators(model, start)
            return model

        model, took = fitted(f"srgan_seed{seed}", warm, arrays, **SRGAN)
        seconds.append(took)
        gan.append(set5(model.translate))
    large = resized(sizes[0], 512, 512)[None]
    whole, tiled = (start.translate(large, tile=tile) for tile in (None, 128))
    difference = int(np.abs(whole.astype(int) - tiled).max())
    conclude(
        "srgan_x4",
        "srgan",
        {
            "psnr": min(row["psnr"] for row in plain) >= bicubic["psnr"] + 0.5,
            "sharpness": nearer(gan, plain, real),
            "tiles": difference <= 1,
        },
        headline=f"x4 on Set5 (Y, border 4): SRResNet {mean(plain, 'psnr'):.2f} dB, "
        f"bicubic {bicubic['psnr']:.2f}, srgan {mean(gan, 'psnr'):.2f}; mean gradient "
        f"srgan {mean(gan, 'mean_gradient'):.2f}, SRResNet "
        f"{mean(plain, 'mean_gradient'):.2f}, real {real:.2f}; tiles of a 512x512 "
        f"image differ by {difference} of 255",
        bar="3 seeds, trained on T91: SRResNet's PSNR at least 0.5 dB above bicubic on "
        "each; srgan's mean gradient nearer to the real one on each than SRResNet's on "
        "any; tiles equal to the whole but for rounding",
        measured={"srresnet": plain, "srgan": gan, "bicubic": bicubic, "real": real},
        seconds=seconds,
    )


# --- in-painting --------------------------------------------------------------------


def score(images, answer, where=None):
    """PSNR over all pixels, or those of the holes, and sharpness of the images.

    One error over all images: a frame that stands still would be infinitely good.
    """
    error = (images.astype(float) - answer) ** 2
    error = error.mean() if where is None else error[where].mean()
    return {
        "psnr": float(10 * np.log10(255**2 / error)),
        "mean_gradient": metrics.mean_gradient(answer),
    }


def in_the_hole(images, answer, masks):
    return score(images, answer, np.broadcast_to(masks > 0, images.shape))


def inpainted(name, train, test, judge, baseline, real):
    """Trains a model and its twin on three seeds, and compares them."""
    rows, seconds = {"gan": [], "twin": []}, []
    for kind, options in (("gan", {}), ("twin", {"adversarial": 0})):
        for seed in SEEDS:
            model, took = fitted(
                f"{name}_{kind}_seed{seed}",
                lambda seed=seed, options=options: built(
                    "context-encoder",
                    seed,
                    image_shape=train["real"].shape[1:],
                    source_shape=train["source"].shape[1:],
                    **ENCODER,
                    **options,
                ),
                train,
                **INPAINT,
            )
            rows[kind].append(judge(model.translate(test["source"])))
            seconds.append(took)
    least = min(row["psnr"] for row in rows["gan"])
    conclude(
        name,
        "context-encoder",
        {
            "sharpness": nearer(rows["gan"], rows["twin"], real),
            "psnr": least > baseline["psnr"],
        },
        headline=f"PSNR in the hole {mean(rows['gan'], 'psnr'):.2f} dB, twin without D "
        f"{mean(rows['twin'], 'psnr'):.2f}, baseline {baseline['psnr']:.2f}; mean "
        f"gradient {mean(rows['gan'], 'mean_gradient'):.2f}, twin "
        f"{mean(rows['twin'], 'mean_gradient'):.2f}, real {real:.2f}",
        bar="3 seeds, held-out images: PSNR in the hole above the baseline on each, "
        "mean gradient nearer to the real one on each than on any seed of the twin",
        measured={**rows, "baseline": baseline, "real": real},
        seconds=seconds,
    )


def test_inpaint():
    if not DATA.is_dir():
        pytest.skip(f"the images are not there: {DATA}")
    parts = {}
    for split, folders in (("train", "trainB"), ("test", "testB")):
        data = load_data(DATA / "horse2zebra_128" / folders, image_size=64)
        images = np.asarray(data.arrays["real"])
        masks = holes.square_masks(len(images), (64, 64), 24, seed=len(images))
        half = len(images) // 2
        masks[half:] = holes.stroke_masks(len(images) - half, (64, 64), strokes=6)
        parts[split] = images, masks
    means = np.rint(parts["train"][0].mean(axis=(0, 1, 2)))
    train, test = (
        {"real": images, "source": holes.punch(images, masks, fill=means)}
        for images, masks in parts.values()
    )
    images, masks = parts["test"]
    inpainted(
        "inpaint",
        train,
        test,
        lambda answer: in_the_hole(images, answer, masks),
        in_the_hole(images, test["source"][..., -3:], masks),
        metrics.mean_gradient(images),
    )


def digits(split, n, frames, seed):
    """Clips of one digit of 14x14, means of 2x2 pixels: 28x28 would hardly move."""
    images = np.asarray(load_data("mnist", split=split).arrays["real"])
    small = np.rint(images.reshape(-1, 14, 2, 14, 2, 1).mean(axis=(2, 4)))
    return moving.moving_digits(
        small.astype(np.uint8), n, frames=frames, side=32, digits=1, seed=seed
    )


def test_inpaint_clips():
    """The middle frame of three; the baseline is the mean of the frames beside it."""
    parts = {}
    for split, n, seed in (("train", 20_000, 0), ("test", 1000, 1)):
        before, now, after = np.moveaxis(digits(split, n, 3, seed), 1, 0)
        masks = holes.stroke_masks(
            len(now), (32, 32), seed=seed, strokes=4, width=(0.2, 0.3)
        )
        source = holes.punch(now, masks, fill=0, neighbours=(before, after))
        parts[split] = {"real": now, "source": source}
    real, source = parts["test"]["real"], parts["test"]["source"]
    before, after, masks, known = np.moveaxis(source[..., None], 3, 0)

    def judge(answer):
        """With flicker: how far the steps to both frames are off, in size."""
        steps = [
            np.abs(frame.astype(float) - x).mean()
            for x in (answer, real)
            for frame in (before, after)
        ]
        flicker = abs(steps[0] - steps[2]) + abs(steps[1] - steps[3])
        return {**in_the_hole(real, answer, masks), "flicker": float(flicker)}

    between = np.rint((before.astype(float) + after) / 2).astype(np.uint8)
    baseline = judge(np.where(masks > 0, between, known))
    inpainted(
        "inpaint_clips",
        *parts.values(),
        judge,
        baseline,
        metrics.mean_gradient(real),
    )


# --- the next frame -----------------------------------------------------------------


def test_next_frame_moving_mnist():
    train = moving.pairs(digits("train", 20_000, 5, 0))
    test = moving.pairs(digits("test", 1000, 5, 1))
    real = metrics.mean_gradient(test["real"])

    copied = score(test["real"], test["source"][..., -1:])
    twin = {"adversarial": 0, "gradient_difference": 0.0, "l1": 0.0, "l2": 1.0}
    rows, seconds = {"gan": [], "twin": []}, []
    for kind, options in (("gan", {}), ("twin", twin)):
        for seed in SEEDS:
            model, took = fitted(
                f"next_frame_{kind}_seed{seed}",
                lambda seed=seed, options=options: built(
                    "next-frame", seed, image_shape=(32, 32, 1), **SCALES, **options
                ),
                train,
                **FRAMES,
            )
            rows[kind].append(score(test["real"], model.translate(test["source"])))
            seconds.append(took)
    conclude(
        "next_frame_moving_mnist",
        "next-frame",
        {
            "psnr": min(row["psnr"] for row in rows["gan"]) > copied["psnr"],
            "sharpness": nearer(rows["gan"], rows["twin"], real),
        },
        headline="one digit of 14x14 in 32x32: "
        f"PSNR {mean(rows['gan'], 'psnr'):.2f} dB, l2 twin without D "
        f"{mean(rows['twin'], 'psnr'):.2f}, last frame copied {copied['psnr']:.2f}; "
        f"mean gradient {mean(rows['gan'], 'mean_gradient'):.2f}, twin "
        f"{mean(rows['twin'], 'mean_gradient'):.2f}, real {real:.2f}",
        bar="3 seeds, clips of held-out digits: PSNR above that of the last frame "
        "copied on each, mean gradient nearer to the real one on each than on any seed "
        "of the l2 twin",
        measured={**rows, "copied": copied, "real": real},
        seconds=seconds,
    )
