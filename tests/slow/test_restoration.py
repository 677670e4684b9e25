"""Higher resolution, in-painting and the next frame, each against one without D.

GANZOO_RUNS=runs pytest -n0 -m slow tests/slow/test_restoration.py
"""

import numpy as np
import pytest
from ablation import SEEDS, check_against_ablation, column
from experiment import record, trained, verdict
from PIL import Image
from real_sets import shared

from ganzoo import metrics
from ganzoo.data import load_data

pytestmark = pytest.mark.slow
WITHOUT_D = {"adversarial": 0}
L2_TWIN = {"adversarial": 0, "l1": 0.0, "l2": 1.0, "gradient_difference": 0.0}
SCALE = 4


# --- in-painting and the next frame -------------------------------------------------


def test_inpaint():
    check_against_ablation(
        "inpaint",
        WITHOUT_D,
        "source",
        dataset="cifar10_jpeg",
        data_dir=shared("tfds"),
        note="CIFAR-10 as JPEG of quality 75; scores over whole images, of which the "
        "hole is a quarter; the source is grey there, the mean of the colours",
    )


def test_inpaint_clips(mnist_dir):
    """Scored on flicker, too, against the mean of the frames before and after."""
    settings = {"source_key": "source", "pairs": "free_form", "image_size": 32}
    test = load_data("moving_mnist", split="test", data_dir=mnist_dir, **settings)
    source, real = (test.arrays[key][:1000] for key in ("source", "real"))
    before, after = (source[..., i : i + 1] for i in (1, 2))
    hole = source[..., 4:5] > 0

    def figures(answer):
        """The error in the holes, and how far steps to both frames are off in size."""
        off = [
            _step(answer, frame)[hole] - _step(real, frame)[hole]
            for frame in (before, after)
        ]
        return {
            "L1 in the hole": float(_step(answer, real)[hole].mean() / 255),
            "flicker": float(np.mean(np.abs(off)) / 255),
        }

    between = (before.astype(float) + after) / 2
    check_against_ablation(
        "inpaint_clips",
        WITHOUT_D,
        "source",
        also=lambda model: figures(model.translate(source)),
        beaten=figures(np.where(hole, between, real)),
        data_dir=mnist_dir,
        note="two digits in 32x32; what is to be beaten in the holes is the mean of "
        "the frames before and after. The paper's adversarial weight, 0.001, came "
        "before: mean gradient 16.21, 16.25, 16.03, the ablation's 16.04, 15.94, "
        "16.03, a "
        "miss",
    )


def _step(a, b):
    return np.abs(a.astype(float) - b)


def test_next_frame_moving_mnist(mnist_dir):
    check_against_ablation(
        "next_frame_moving_mnist",
        L2_TWIN,
        "source",
        data_dir=mnist_dir,
        note="two digits in 32x32; the source is the last frame copied, the ablation "
        "the "
        "paper's l2 model",
    )


# --- higher resolution --------------------------------------------------------------


def opened(path):
    return np.asarray(Image.open(path).convert("RGB"))


def resized(image, width, height):
    return np.asarray(
        Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC)
    )


def luminance(images):
    """Y of BT.601 in 16..235, as super-resolution is measured."""
    return 16 + images.astype(float) @ np.array([[65.481], [128.553], [24.966]]) / 255


def set5(translate):
    """Mean PSNR of Y without a border of SCALE pixels, and mean gradient of Y."""
    found, gradients, inner = [], [], slice(SCALE, -SCALE)
    for path in sorted((shared("sr") / "Set5/hr").iterdir()):
        small = opened(shared("sr") / f"Set5/lr_x{SCALE}" / path.name)[None]
        made = translate(small)
        real = opened(path)[None, : made.shape[1], : made.shape[2]]
        a, b = (luminance(x)[:, inner, inner] for x in (real, made))
        found.append(metrics.psnr(a, b, data_range=255.0))
        gradients.append([metrics.mean_gradient(x) for x in (b, a)])
    mean, real = np.mean(gradients, axis=0)
    return {
        "psnr": float(np.mean(found)),
        "mean_gradient": float(mean),
        "real": float(real),
    }


@pytest.mark.filterwarnings("ignore:Skipped 1 unfit")  # one of T91 has 78x78 pixels
def test_srgan_x4():
    images = shared("sr") / "T91"
    bicubic = set5(
        lambda x: resized(x[0], SCALE * x.shape[2], SCALE * x.shape[1])[None]
    )
    plain, gan, seconds = [], [], []
    for seed in SEEDS:
        start, run, took = trained("srresnet_x4", dataset=images, seed=seed)
        seconds.append(took)
        plain.append(set5(start.translate))
        model, _, took = trained("srgan_x4", dataset=images, init_from=run, seed=seed)
        seconds.append(took)
        gan.append(set5(model.translate))
    large = resized(opened(shared("sr") / "Set5/hr/butterfly.png"), 512, 512)[None]
    whole, tiled = (start.translate(large, tile=tile) for tile in (None, 128))
    difference = int(np.abs(whole.astype(int) - tiled).max())
    real = bicubic["real"]
    off = [
        [abs(value - real) for value in column(rows, "mean_gradient")]
        for rows in (gan, plain)
    ]
    passed = {
        "PSNR": min(column(plain, "psnr")) >= bicubic["psnr"] + 0.5,
        "sharpness": max(off[0]) < min(off[1]),
        "tiles": difference <= 1,
    }
    missed = [what for what, reached in passed.items() if not reached]
    texts = {
        (kind, name): ", ".join(f"{value:.2f}" for value in column(rows, name))
        for kind, rows in (("srresnet", plain), ("srgan", gan))
        for name in ("psnr", "mean_gradient")
    }
    record(
        "srgan_x4",
        "srgan_x4",
        headline=verdict(missed)
        + f"Set5 (Y, border 4): SRResNet {texts['srresnet', 'psnr']} dB, bicubic "
        f"{bicubic['psnr']:.2f}, srgan {texts['srgan', 'psnr']}; mean gradient srgan "
        f"{texts['srgan', 'mean_gradient']}, SRResNet "
        f"{texts['srresnet', 'mean_gradient']}, real {real:.2f}; tiles of a 512x512 "
        f"image differ by {difference} of 255",
        target="SRResNet's PSNR at least 0.5 dB above bicubic on each seed; srgan's "
        "mean "
        "gradient nearer to the real one on each than SRResNet's on any; tiles equal "
        "to the whole but for rounding",
        measured={"srresnet": plain, "srgan": gan, "bicubic": bicubic},
        seconds=seconds,
        note="trained on T91; each srgan starts from its seed's SRResNet. A budget "
        "came before: 2,500 steps of 96x96 at the paper's 1e-4, with batch "
        "normalisation, had SRResNet at 28.44, 28.18, 28.33 dB, and srgan, at an "
        "adversarial weight of 0.01, with a mean gradient of 11.1 to 11.8: a miss",
    )
    assert not missed
