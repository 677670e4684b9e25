"""Table of docs/translation.md, which `python experiments/tables.py` writes."""

from pages.recorded import RESULTS, recorded, table

EXPERIMENTS = {
    "pix2pix_halves": "right half of a digit from its left one",
    "pix2pix_facades": "photographs of facades from label maps",
    "pix2pix_edges": "photographs from sketches",
    "cyclegan_inverted": "digits from inverted ones, without pairs",
    "cyclegan_horse2zebra": "zebras from horses, without pairs",
    "srgan_x4": "images four times as large",
    "inpaint": "the middle of photographs",
    "inpaint_clips": "holes in the middle frame of a clip",
    "next_frame_moving_mnist": "the next frame",
    "text2image_emoji": "emoji from their names",
}


def translations() -> str:
    """Every experiment with a model that translates, finished or still to run."""
    rows = []
    for name, task in EXPERIMENTS.items():
        config = f"[{name}](../zoo_configs/{name}.toml)"
        if not (RESULTS / f"{name}.json").exists():
            rows.append((task, config, "not measured yet", "", ""))
            continue
        result = recorded(name)
        minutes = f"{sum(result['seconds']) / 60:.0f} min"
        rows.append((task, config, result["headline"], result["target"], minutes))
    return table(("task", "config", "measured", "target", "all runs"), rows)
