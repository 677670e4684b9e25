"""Tables of docs/translation.md and its guides, for `experiments/tables.py`."""

from ganzoo.data import faces
from pages.recorded import RESULTS, measured, recorded, table

EXPERIMENTS = {
    "pix2pix_halves": "right half of a digit from its left one",
    "pix2pix_facades": "photographs of facades from label maps",
    "pix2pix_edges": "photographs from sketches",
    "pix2pix_maps": "maps from satellite photographs",
    "pix2pix_maps_back": "satellite photographs from maps",
    "pix2pix_flood": "houses under water, up to a height",
    "cyclegan_inverted": "digits from inverted ones, without pairs",
    "cyclegan_ink": "drawings of faces, without pairs",
    "cyclegan_glasses": "glasses on and off, without pairs",
    "cyclegan_horse2zebra": "zebras from horses, without pairs",
    "srgan_x4": "images four times as large",
    "inpaint": "the middle of photographs",
    "inpaint_clips": "holes in the middle frame of a clip",
    "next_frame_moving_mnist": "the next frame",
    "text2image_emoji": "emoji from their names",
}

MAPS = {
    "land": "land right",
    "water": "water right",
    "mean_gradient": "mean gradient",
    "l1": "L1",
}


def translations() -> str:
    """Every experiment with a model that translates, finished or still to run."""
    rows = []
    for name, task in EXPERIMENTS.items():
        config = f"[{name}](../zoo_configs/{name.removesuffix('_back')}.toml)"
        if not (RESULTS / f"{name}.json").exists():
            rows.append((task, config, "not measured yet", "", ""))
            continue
        result = recorded(name)
        rows.append((task, config, result["headline"], result["target"]))
    return table(("task", "config", "measured", "target"), rows)


def maps() -> str:
    """Shares of land and water that are right at unseen longitudes."""
    return _rows("pix2pix_maps", MAPS)


def maps_back() -> str:
    """The same of photographs that were made from maps."""
    return _rows("pix2pix_maps_back", MAPS)


def flood() -> str:
    """Water of each answer, and pixels that it leaves alone."""
    names = {
        "l1": "L1 in the water",
        "mean_gradient": "mean gradient",
        "changed above the line": "pixels changed above the line",
        "in order": "houses with five heights in order",
        "height is off by": "height is off by",
    }
    return _rows("pix2pix_flood", names)


def ink() -> str:
    """Distances of drawings from the true ones, and attributes that they keep."""
    shapes = {name: name for name in faces.SHAPES}
    return _rows("cyclegan_ink", {"l1": "L1", "kept": "all kept", **shapes})


def glasses() -> str:
    """Faces that got or lost their glasses, and what else they kept."""
    names = {"as asked": "as asked", "kept": "the rest kept", "l1": "L1"}
    return _rows("cyclegan_glasses", names)


def _rows(experiment, names) -> str:
    """A row for each answer, every seed of those that were trained."""
    rows = []
    for answer, found in measured(experiment).items():
        seeds = found if isinstance(found, list) else [found]
        if isinstance(seeds[0], dict) and names.keys() & seeds[0].keys():
            cells = [_shown([row.get(name) for row in seeds]) for name in names]
            rows.append((answer, *cells))
    return table(("answer", *names.values()), rows)


def _shown(values):
    known = [f"{x:.3f}".rstrip("0").rstrip(".") for x in values if x is not None]
    return ", ".join(known)
