"""Commands on latents: walks, a page to explore them, and the way back from images."""

import os
from os.path import expanduser
from pathlib import Path

import numpy as np

from ganzoo.cli.flags import add_data, add_flag, add_source, set_values
from ganzoo.utils.options import check_known, check_whole

DATA = ("dataset", "data_dir")
KINDS = {
    "line": (),
    "truncation": (),
    "sefa": ("component", "reach"),
    "ganspace": ("component", "reach"),
    "class": ("class_name", "reach", *DATA),
}
"""Kinds of walks, and the flags that each reads."""


def add_commands(add) -> None:
    """Adds `walk`, `explore` and `project`."""
    command = add("walk", walk)
    add_source(command)
    along = (
        "line: from latent to latent; truncation: from the mean latent outwards; sefa: "
        "a direction of the first layer; ganspace: a direction of the features; class: "
        "towards a class of the data"
    )
    add_flag(command, "along", "line", along)
    command.add_argument(
        "--component",
        type=int,
        help="which direction, for --along=sefa or ganspace, from 1 (default: 1)",
    )
    command.add_argument("--class_name", help="the class, for --along=class")
    command.add_argument(
        "--reach",
        type=float,
        help="length both ways along a direction (default: 3)",
    )
    command.add_argument("--label", help="label, for a conditional model")
    command.add_argument("--caption", help="caption, for a text-to-image model")
    _add_common(command, rows="walks", out="walk.gif")
    add_flag(command, "frames", 30, "steps of a walk")

    command = add("explore", explore)
    add_source(command)
    add_flag(command, "seed", 0, "seed of the grid")
    add_flag(command, "out", "explore.html", "the page", type=expanduser)

    command = add("project", project)
    add_source(command)
    _add_common(command, rows="images", out="projection.png")
    add_flag(command, "starts", 8, "starts of each search")
    add_flag(command, "steps", 400, "steps of each search")


def _add_common(command, rows, out):
    add_flag(command, "rows", 4, f"number of {rows}")
    add_flag(command, "seed", 0, "seed of the latents")
    add_data(command, "data set for a model that is no run; a run knows its own")
    files = "a picture .png, or a film .gif, .webp or .mp4"
    add_flag(command, "out", out, files, type=expanduser)


def walk(args):
    """Walk through the latents of a model: a picture, a GIF or an MP4 film."""
    from ganzoo.plots.animation import check_suffix

    check_known("walk", [args.along], KINDS)
    given = set_values(args, ["component", "class_name", "reach", *DATA])
    check_known(f"flag of --along={args.along}", given, KINDS[args.along])
    check_suffix(args.out)
    model = _model(args)
    conditions = set_values(args, ["label", "caption"])
    needed = ("label",) if model.condition else model.sample_keys
    check_known("condition of this model", conditions, needed)
    if len(conditions) < len(needed):
        raise ValueError(f"A walk keeps its {needed[0]}: give --{needed[0]}=.")
    latents = _latents(model, args)
    samples = model.decode(latents.reshape(-1, model.latent_dim), **conditions)
    samples = samples.reshape(*latents.shape[:2], *model.sample_shape)
    _write(model, samples, args.out)


def _latents(model, args):
    from ganzoo.models import latent, walks

    size = args.rows, args.frames
    if args.along == "line":
        return walks.between(model, *size, args.seed)
    if args.along == "truncation":
        return walks.truncated(model, *size, args.seed)
    if args.along == "class":
        from ganzoo.evaluation.attributes import class_direction

        if args.class_name is None:
            raise ValueError("--along=class needs the class: --class_name=NAME.")
        data = _parts(model, args).training
        direction = class_direction(model, data, args.class_name, seed=args.seed)
    else:
        find = {"sefa": latent.sefa, "ganspace": latent.ganspace}[args.along]
        count = 1 if args.component is None else args.component
        check_whole(1, component=count)
        direction = find(model, count)[-1]
    reach = set_values(args, ["reach"])
    return walks.along(model, direction, *size, **reach, seed=args.seed)


def explore(args):
    """Put a generator into a page that runs it in the browser, with sliders."""
    from ganzoo.models.explore import explore
    from ganzoo.runs.load import load

    title = Path(os.path.abspath(args.source)).name
    out = explore(load(args.source), args.out, title=title, seed=args.seed)
    print(f"Wrote {out}: {out.stat().st_size:,} bytes, open it in a browser")


def project(args):
    """Find the latents of held-out images and of own samples, and the errors left."""
    from ganzoo.plots.animation import check_suffix

    check_whole(1, rows=args.rows)
    check_suffix(args.out)
    model = _model(args)
    test = _parts(model, args).take("test", args.rows)
    if missing := [key for key in model.sample_keys if key not in test.arrays]:
        raise ValueError(
            f"Held-out images are found by their {', '.join(missing)}, and those of "
            f"{test.name!r} have none. Hold out labelled samples."
        )
    conditions = {key: test.named(test.arrays[key]) for key in model.sample_keys}
    images = {
        "held-out images": test.arrays["real"],
        "own samples": model.sample(len(test), seed=args.seed + 1, **conditions),
    }
    settings = {"starts": args.starts, "steps": args.steps, "seed": args.seed}
    columns = []
    for name, real in images.items():
        projection = model.project(real, **conditions, **settings)
        print(
            f"{name}: distance {projection.distances.mean():.4g}, of a random start "
            f"{projection.random.mean():.4g}"
        )
        columns += [real, model.decode(projection.latents, **conditions)]
    _write(model, np.stack(columns, axis=1), args.out)


def _model(args):
    from ganzoo.models.from_noise import check_latents
    from ganzoo.runs.load import load

    model = load(args.source)
    check_latents(model)
    return model


def _parts(model, args):
    from ganzoo.evaluation.evaluate import parts_of
    from ganzoo.runs.directory import read_config

    run = read_config(args.source)
    return parts_of(run, model, args.dataset, args.data_dir)


def _write(model, samples, out):
    """Writes samples (rows, frames, ...): all in a picture, or frame by frame."""
    from ganzoo.data import codecs
    from ganzoo.plots import pictures
    from ganzoo.plots.animation import animation

    codec = codecs.get(model.codec)
    if Path(out).suffix.lower() == ".png":
        flat = samples.reshape(-1, *samples.shape[2:])
        picture = pictures.samples_picture(flat, samples.shape[1], codec=codec)
        pictures.save_png(picture, out)
    else:
        frames = np.moveaxis(samples, 1, 0)
        animation([pictures.samples_picture(x, codec=codec) for x in frames], out)
    print(f"Wrote {out}")
