"""Table of docs/published.md, which `python experiments/tables.py` writes."""

from pages.recorded import RESULTS, recorded, table

EXPERIMENTS = (
    "sgan_mnist_100",
    "sgan_mnist_labels",
    "vanilla_ring8",
    "pacgan_grid25_small",
    "unrolled_ring8",
    "pacgan_stacked_mnist",
    "pacgan_stacked_mnist_weak",
    "stacked_mnist_wgan_gp",
    "stacked_mnist_r3gan",
    "vanilla_mnist_paper",
    "parzen_vanilla_mnist",
    "cgan_mnist_paper",
    "parzen_cgan_mnist",
    "cdcgan_mnist",
    "infogan_mnist_small",
    "bigan_digits",
    "3dgan_shapes",
    "3dgan_shapes_prior",
    "3dgan_shapes_prior_defaults",
    "3dgan_chairs",
    "3dgan_modelnet10",
)


def figures() -> str:
    """Every figure of a paper next to ours, measured or still to run."""
    rows = []
    for name in EXPERIMENTS:
        if not (RESULTS / f"{name}.json").exists():
            rows.append((name, "", "", "not measured yet", "", "", ""))
            continue
        result = recorded(name)
        config = result["config"]
        link = f"[{name}](../zoo_configs/{config}.toml)"
        rows.append(
            (
                link,
                result["published"],
                result["reference"],
                result["headline"],
                result["target"],
                result["note"],
            )
        )
    head = ("config", "published", "reference", "ours", "target", "cuts")
    return table(head, rows)
