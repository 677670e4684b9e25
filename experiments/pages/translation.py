"""Table of docs/translation.md."""

from pages.recorded import RESULTS, recorded, table

PROOFS = {
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
    """Every proof of a model that translates, those that are still to run too."""
    rows = []
    for name, task in PROOFS.items():
        config = f"[{name}](../zoo_configs/{name}.toml)"
        if not (RESULTS / f"{name}.json").exists():
            rows.append((task, config, "not measured yet", "", ""))
            continue
        found = recorded(name)
        minutes = f"{sum(found['seconds']) / 60:.0f} min"
        rows.append((task, config, found["headline"], found["bar"], minutes))
    return table(("task", "config", "measured", "bar", "all runs"), rows)
