"""`explore`: a page that runs the generator in the browser."""

from importlib import resources
from pathlib import Path

import numpy as np

from ganzoo.data.load import load_data
from ganzoo.models import latent
from ganzoo.models.adversarial import AdversarialModel
from ganzoo.models.program import Program, encoded
from ganzoo.plots import page
from ganzoo.utils.files import write_atomically

MAX_BYTES = 2 * 2**20  # of the generator in 8 bits
GRID = 64  # samples of the first picture
DIRECTIONS = 5  # sliders
GAME = "ring8"
FEATURES = 500  # latents that GANSpace looks at
POINTS = 2000  # of the game's real samples
SCRIPTS = ("generator.js", "training.js", "explore.js", "game.js")


def explore(
    model: AdversarialModel, out: str | Path, *, title: str = "A generator", seed=0
) -> Path:
    """Writes an HTML file that runs the generator behind `model.sample` in a browser.

    The page has a grid, `model.sample(64, seed=seed)`, a walk, and sliders for the
    latent's directions (SeFa, GANSpace) and for the label. Below, a GAN in two
    dimensions trains on ring8. No request leaves the page. Weights are 8-bit integers,
    see `utils.eight_bit`; the page computes in float64. For a model in float32, pixels
    equal those of `sample` with the same 8-bit weights, within 1 of 255.

    Args:
        model: a model of images (H, W, 1) or (H, W, 3) from latents [and labels].
        out: the file to write, whose name ends in .html.
        title: heading of the page.
        seed: seed of the grid, and of the latents that GANSpace looks at.

    Raises:
        ValueError: another file name, another kind of model, a generator of more than
            2 MiB in 8 bits, or with a layer that a page cannot run, by name.
    """
    out = Path(out)
    if out.suffix != ".html":
        raise ValueError(f"The name of a page ends in .html. Received: {out}.")
    _check_kind(model)
    program = Program(model.sampler)
    _check_size(program)
    files = resources.files("ganzoo.plots.templates")
    scripts = [(files / name).read_text() for name in SCRIPTS]
    text = page.render(
        (files / "explore.html").read_text(),
        page.STYLE + (files / "explore.css").read_text(),
        "\n".join(scripts),
        title=title,
        model=model,
        size=sum(program.bytes.values()),
        count=GRID,
        seed=seed,
        data={
            "program": {
                "steps": program.steps,
                "weights": program.weights,
                "range": list(model.value_range),
            },
            "shape": list(model.sample_shape),
            "prior": model.prior,
            "condition": model.condition,
            **_grid(model, seed),
            "directions": _directions(model, seed),
            "game": _game(),
        },
    )
    write_atomically(out, text.encode())
    return out


def _check_kind(model):
    if not isinstance(model, AdversarialModel):
        raise ValueError(
            f"A page explores a model of ganzoo. Received: {type(model).__name__}."
        )
    inputs = set(model.sampler.input)
    if "latent" not in inputs or inputs - {"latent", "label"}:
        raise ValueError(
            "A page explores a generator of latents, and of labels if it takes any. "
            f"Received: {type(model).__name__}, whose network takes "
            f"{', '.join(sorted(inputs))}."
        )
    shape = model.sample_shape
    if len(shape) != 3 or shape[-1] not in (1, 3) or model.value_range is None:
        raise ValueError(
            "A page shows images of 1 or 3 channels. "
            f"Received: samples of shape {shape}."
        )


def _check_size(program):
    total = sum(program.bytes.values())
    if total > MAX_BYTES:
        largest = max(program.bytes, key=program.bytes.get)
        raise ValueError(
            f"The generator has {total / 2**20:.2f} MiB in 8 bits, and a page holds at "
            f"most {MAX_BYTES / 2**20:.0f}. {program.bytes[largest] / 2**20:.2f} of "
            f"them are the layer {largest!r}. Train a smaller one: fewer units or "
            "filters, such as --set g_units=256, --set g_filters=16 or "
            "--set g_hidden=[256,256]; `ganzoo describe` lists what the variant takes."
        )


def _grid(model, seed):
    """Latents and labels of `model.sample(GRID, seed=seed)`."""
    latents = model.latents(GRID, seed).astype("float32")
    labels = [
        value.reshape(GRID, -1) for value in model._conditions(None, GRID).values()
    ]
    return {
        "latents": encoded(latents),
        "labels": labels[0].astype(float).tolist() if labels else None,
    }


def _directions(model, seed):
    count = min(DIRECTIONS, model.latent_dim)
    directions = {
        "SeFa": latent.sefa(model, count),
        "GANSpace": latent.ganspace(model, count, n=FEATURES, seed=seed),
    }
    return {name: np.round(rows, 6).tolist() for name, rows in directions.items()}


def _game():
    data = load_data(GAME)
    points, centers = data.arrays["real"][:POINTS], data.mixture.centers
    return {"points": encoded(points), "centers": centers.tolist()}
