"""Writes the tables of README and docs from zoo_configs/results: run it after a proof.

A table stands between `<!-- NAME -->` and `<!-- /NAME -->`.
"""

import json
from pathlib import Path

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "zoo_configs" / "results"
RATE = 12.5e9  # bytes a second of a 100 Gb/s network
SPEED = 20e12  # FLOP a second that a replica is supposed to reach


def results() -> str:
    """Every recorded proof in a line."""
    rows = []
    for path in sorted(RESULTS.glob("*.json")):
        result = json.loads(path.read_text())
        minutes = ", ".join(f"{s / 60:.1f} min" for s in result["seconds"]) or "-"
        link = f"[{path.stem}](zoo_configs/results/{path.name})"
        rows.append((link, result["headline"], result["bar"], minutes))
    return _table(("proof", "measured", "bar", "training time"), rows)


def equality() -> str:
    """The largest difference from one device, a line a variant."""
    found = _measured("equality")
    cases = list(next(iter(found.values())))
    exact = [case for case in cases if "float64" in case and "call" not in case]
    fives = [case for case in cases if "5 steps a call" in case]
    single = [case for case in cases if "float32" in case]
    head = ("variant", *(case.split(",")[0] for case in exact), "5 steps a call")
    rows = [
        (
            f"`{name}`",
            *(f"{by[case]:.1e}" for case in exact),
            f"{max(by[case] for case in fives):.1e}",
            f"{max(by[case] for case in single):.1e}",
        )
        for name, by in found.items()
    ]
    return _table((*head, "float32, the largest"), rows)


def resume() -> str:
    """What differs after 4 steps, a kill and 6 more, a line a variant."""
    rows = [
        (
            f"`{name}`",
            *(
                f"{len(case['differing'])} of {case['variables']}"
                for case in by.values()
            ),
        )
        for name, by in _measured("resume").items()
    ]
    return _table(("variant", "1 device", "2 devices"), rows)


def kills() -> str:
    """Every death of the killed run."""
    rows = [
        (
            i,
            life["moment"],
            f"{life['seconds']:.1f} s",
            life["checkpoint"],
            ", ".join(f"{k}, {v} bytes" for k, v in life["half written"].items()),
        )
        for i, life in enumerate(_measured("kills")["lives"], 1)
    ]
    head = ("", "killed while", "after", "newest checkpoint", "left half written")
    return _table(head, rows)


def lost() -> str:
    """Every death of a worker."""
    lives = _measured("lost_workers")["lives"]
    return _table(list(lives[0]), [list(life.values()) for life in lives])


def cost() -> str:
    """Milliseconds a step, round by round."""
    pairs = _measured("distribution_cost")["pairs"]
    rows = [
        (
            kind,
            ", ".join(map(str, times)),
            ", ".join(map(str, pairs["ratio"].get(kind, ["-"]))),
            pairs["median ratio"].get(kind, "1"),
        )
        for kind, times in pairs["ms a step"].items()
    ]
    return _table(("strategy", "ms a step", "over one device", "median"), rows)


def saving() -> str:
    """What a checkpoint costs at default settings."""
    shares = _measured("distribution_cost")["checkpoints"]
    head = list(next(iter(shares.values())))
    rows = [(name, *by.values()) for name, by in shares.items()]
    return _table(("config", *head), rows)


def traffic() -> str:
    """Bytes a step, and where communication passes compute.

    A ring all-reduce of B bytes sends and receives 2 (N - 1) / N B, nearly 2 B; an
    all-gather (N - 1) / N of its result. Compute is FLOP over SPEED, and a share of
    the batch in proportion.
    """
    rows = []
    for name, by in _measured("distribution_cost")["traffic"].items():
        sent = (2 * by["all-reduced"] + by["gathered"]) / RATE
        compute = by["flop"] / SPEED  # of the global batch on one replica
        rows.append(
            (
                f"`{name}`",
                f"{by['all-reduced'] / 1e6:.2f}",
                f"{by['of it gradients'] / 1e6:.2f}",
                by["all-reduces"],
                f"{by['gathered'] / 1e6:.2f}",
                f"{by['flop'] / 1e9:.2f}",
                f"{1e3 * sent:.3f}",
                f"{by['samples'] * sent / compute:.0f}",
            )
        )
    head = (
        "variant",
        "all-reduced, MB",
        "gradients, MB",
        "all-reduces",
        "gathered, MB",
        "GFLOP a step",
        "ms at 100 Gb/s",
        "samples a replica where both take as long",
    )
    return _table(head, rows)


def effects() -> str:
    """What each piece does, in numbers of every seed."""
    found = json.loads((RESULTS / "effects.json").read_text())
    seeds = ", ".join(map(str, found["seeds"]))
    rows = []
    for effect in found["measured"].values():
        shown = "; ".join(
            f"{arm} {', '.join(f'{value:.3g}' for value in values)}"
            for arm, values in effect["shown"].items()
        )
        held = effect["seeds that reach the bar"]
        reached = "; ".join(f"{arm} {n} of 3" for arm, n in held.items())
        measure = f"{effect['setting']}: {effect['measure']}"
        rows.append((effect["claim"], measure, shown, effect["bar"], reached))
    head = ("claim", "measured", f"of seeds {seeds}", "bar", "reached")
    return _table(head, rows)


def axes_cost() -> str:
    """ms a step beside the plain step."""
    rows = [
        (name, f"{row['ms a step']:.0f}", f"{row['ratio']:.2f}")
        for name, row in _measured("axes_cost")["rows"].items()
    ]
    return _table(("D or its view", "ms a step", "over the plain step"), rows)


def benchmarks() -> str:
    """The zoo's own comparisons; those that were not run yet are named."""
    return "\n".join(map(_benchmark, ("compare_digits", "compare_mnist")))


def _benchmark(name):
    command = f"`ganzoo compare --config={name}`"
    if not (RESULTS / f"{name}.json").exists():
        return f"{command}: ready to run, not yet run.\n"
    result = json.loads((RESULTS / f"{name}.json").read_text())
    found = result["measured"]
    rows = [
        (
            i,
            f"`{row['variant']}`",
            f"{row['mean']:.4g}",
            f"{row['std']:.2g}",
            f"{row['difference']:.3g}",
            row["verdict"],
            f"{row['seconds']:.0f}",
        )
        for i, row in enumerate(found["ranking"], 1)
    ]
    rows.append(("", "real data, the floor", f"{found['floor']:.4g}", *[""] * 4))
    failed = sorted({cell for cell, *_ in found["failed"]})
    rows += [("", f"`{cell}`", "failed", *[""] * 4) for cell in failed]
    head = ("", "variant", found["metric"], "+-", "behind", "verdict", "s a run")
    hours = sum(result["seconds"]) / 3600
    return f"{command}, {hours:.1f} h of training:\n\n{_table(head, rows)}"


def _measured(name):
    return json.loads((RESULTS / f"{name}.json").read_text())["measured"]


def _table(head, rows):
    lines = ["| " + " | ".join(map(str, line)) + " |\n" for line in (head, *rows)]
    return lines[0] + "|---" * len(head) + "|\n" + "".join(lines[1:])


PAGES = {
    "README.md": [results, benchmarks],
    "docs/axes.md": [effects, axes_cost],
    "docs/distribution.md": [equality, resume, kills, lost, cost, saving, traffic],
}


def updated(page: str) -> str:
    """The text of a page with its present tables between their marks."""
    text = (ROOT / page).read_text("utf-8")
    for table in PAGES[page]:
        begin, end = f"<!-- {table.__name__} -->\n", f"<!-- /{table.__name__} -->"
        head, rest = text.split(begin)
        text = head + begin + table() + end + rest.split(end, 1)[1]
    return text


if __name__ == "__main__":
    for page in PAGES:
        (ROOT / page).write_text(updated(page), "utf-8")
