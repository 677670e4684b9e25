"""README's table of variants, which `python experiments/tables.py` writes.

The words stand in docs/variants/NAME.md, papers in the registry, samples and scores in
docs/gallery/runs.json.
"""

import json
import re
from pathlib import Path

import ganzoo
from ganzoo.runs import pretrained
from pages.recorded import table

DOCS = Path(__file__).parents[2] / "docs"
GROUPS = (
    "The first ones",
    "Losses and penalties",
    "Networks and training",
    "Labels, codes and latents",
    "Text, volumes and molecules",
    "Images from images",
    "Baselines that are not GANs",
)


def words(name) -> dict[str, str]:
    """The group and the phrase of a variant."""
    text = (DOCS / "variants" / f"{name}.md").read_text("utf-8")
    front = text.split("---\n", 2)[1]
    return dict(line.split(": ", 1) for line in front.splitlines())


def grouped() -> dict[str, list[str]]:
    """The names of the variants by group, the earliest paper first."""
    names = sorted(ganzoo.list_models(), key=lambda name: (year(name), name))
    of = {name: words(name)["group"] for name in names}
    if unknown := set(of.values()) - set(GROUPS):
        raise ValueError(f"Groups of variants are {GROUPS}. Received: {unknown}.")
    return {group: [n for n in names if of[n] == group] for group in GROUPS}


def authors(name) -> str:
    """First author and year of a variant's paper, `Goodfellow 2014`."""
    paper = ganzoo.describe(name)["paper"]
    first = re.search(
        r"((?:De )?[A-Z][\w-]+)(?: et al\.| and [A-Z][\w-]+)? (\d{4})", paper
    )
    return f"{first[1]} {first[2]}"


def year(name) -> str:
    return authors(name)[-4:]


def records() -> dict[str, dict]:
    """The runs of the gallery by name, each with its scores and other seeds."""
    return json.loads((DOCS / "gallery" / "runs.json").read_text("utf-8"))


def runs() -> dict[str, dict]:
    """A run of the gallery for each variant that has one."""
    return of_each(records())


def of_each(records) -> dict[str, dict]:
    """One of the records for each variant.

    MNIST comes first, and the digits of 8x8, which one sees worst, last.
    """

    def late(key):
        data = records[key]["data"]
        return data != "mnist", data == "digits", key

    return {
        records[key]["variant"]: {"key": key, **records[key]}
        for key in sorted(records, key=late, reverse=True)
    }


def variants() -> str:
    """Every variant: a phrase, the paper, a score, pretrained or not."""
    shown, rows = runs(), []
    small = {pretrained.card(name)["build"]["name"] for name in pretrained.names()}
    for group, names in grouped().items():
        rows.append((f"**{group}**", "", "", "", ""))
        for name in names:
            link = f"[{name}](docs/variants/{name}.md)"
            score = score_of(shown[name]) if name in shown else ""
            mark = "yes" if name in small else ""
            rows.append((link, words(name)["phrase"], authors(name), score, mark))
    head = ("variant", "in a phrase", "paper", "distance (real)", "pretrained")
    return table(head, rows)


def score_of(run) -> str:
    """The first score of a run, with that of real data."""
    scores = run["scores"][:1]
    return "".join(
        f"{rounded(row['value'], 2)} ({rounded(row['floor'], 1 + (row['floor'] > 1))})"
        for row in scores
    )


def rounded(value, digits) -> str:
    """A number with so many digits that count, and never with a power of ten."""
    return f"{float(f'{value:.{digits}g}'):g}"
