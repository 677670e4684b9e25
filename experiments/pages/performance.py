"""Tables of docs/performance.md, which `python experiments/tables.py` writes."""

from pages.recorded import RESULTS, measured, recorded, table

FIGURE = """
```{image} growth.png
:alt: Time of a step and memory against each size
```
"""


def first_minute() -> str:
    """Seconds of each stage up to the first picture, and of commands that tell."""
    found = measured("first_minute")
    rows = [*found["stages"].items()]
    rows += [(f"`ganzoo {words}`", took) for words, took in found["commands"].items()]
    return table(("", "seconds"), rows)


def race() -> str:
    """CPU seconds to the final distance of the PyTorch program, pair by pair."""
    rows = []
    for seed, pair in sorted(measured("race").items()):
        theirs, ours = pair["their seconds"], pair["our seconds"]
        found = (f"{ours:.0f}", f"{ours / theirs:.2f}") if ours else ("never", "")
        first = f"{pair['their distance']:.2f}", f"{theirs:.0f}"
        rows.append((seed, *first, f"{pair['our distance']:.2f}", *found))
    head = ("seed", "PyTorch", "after, CPU s", "ours", "after, CPU s", "ratio")
    return table(head, rows)


def peers() -> str:
    """Every program of every case, and the ratio of each turn."""
    return _peers("peers")


def peers_gpu() -> str:
    """The same on a GPU."""
    return _peers("peers_gpu")


def _peers(of):
    rows = []
    for name, case in measured(of).items():
        turns = case["ms/step, turn by turn"]
        for program, pace in case["ms/step"].items():
            ratios = ", ".join(f"{t[program] / t['ganzoo']:.2f}" for t in turns)
            over = case["over ours"].get(program, "")
            ours = program == "ganzoo"
            rows.append((name, program, pace, over, "" if ours else ratios))
            name = ""
    head = ("net", "program", "ms/step", "over ours", "turn by turn")
    return table(head, rows)


def gpu_steps() -> str:
    """Milliseconds of a step on a GPU, by model and way."""
    times = measured("gpu_steps")["ms/step"]
    ways = list(next(iter(times.values())))
    rows = [(f"`{name}`", *by.values()) for name, by in times.items()]
    return table(("", *ways), rows)


def profile() -> str:
    """The dearest operations of each step."""
    rows = [
        (
            name,
            case["operations a step"],
            ", ".join(f"{kind} {share:.1%}" for kind, share in case["shares"].items()),
        )
        for name, case in measured("op_profile").items()
    ]
    return table(("step", "operations", "share of their time"), rows)


def growth() -> str:
    """Times and memory of every size, with the exponents of all and of the last two."""
    rows = []
    for axis, curves in measured("growth")["axes"].items():
        sizes = ", ".join(f"{size:,}" for size in curves["sizes"])
        rows.append((f"**{axis}**", sizes, "", ""))
        for key in ("ms/step", "MiB", "seconds to load"):
            values = ", ".join(f"{value:.3g}" for value in curves[key])
            rows.append((key, values, *curves["exponents"].get(key, ("", ""))))
    head = ("", "values", "exponent", "at the end")
    return table(head, rows) + FIGURE


def files() -> str:
    """Kilobytes of each kind of file of a run, after so many steps."""
    rows = [
        (f"`{kind}`", *(f"{size / 1e3:,.0f}" for size in sizes))
        for kind, sizes in measured("growth")["bytes of a run"].items()
    ]
    return table(("", "2,000 steps", "4,000", "1,000,000, extrapolated"), rows)


def sampling() -> str:
    """Samples a second of every pretrained model."""
    rows = [
        (
            f"`{name}`",
            row["samples/s"],
            row["forward pass, samples/s"],
            ", ".join(f"{ratio:.2f}" for ratio in row["ratio"]),
            row["MiB beside the samples"],
        )
        for name, row in measured("sampling_speed")["models"].items()
    ]
    head = ("model", "samples/s", "of the forward pass", "ratio", "further MiB")
    return table(head, rows)


def scoring() -> str:
    """Seconds of all scores."""
    first, again = measured("sampling_speed")["seconds of all scores"]
    return table(("", "seconds"), [("first", first), ("again", again)])


def overhead() -> str:
    """Time of a comparison, and of the training and scoring in it."""
    found = measured("compare_overhead")
    trained = found["seconds of training"]
    rows = [
        ("compare", found["seconds of compare"]),
        (f"training, {len(trained)} runs", f"{sum(trained):.1f}"),
        ("scoring", found["seconds of scoring"]),
        *((f"other: {where}", took) for where, took in found["other seconds"].items()),
        ("ratio", found["ratio"]),
    ]
    return table(("", "seconds"), rows)


PARTS = (
    "first_minute",
    "race",
    "peers",
    "growth",
    "sampling_speed",
    "compare_overhead",
    "metrics_speed",
    "thorough_scores",
    "distribution_cost",
)


def targets() -> str:
    """Every part in a line: the headline, with MISSED where the target was missed."""
    rows = []
    for name in PARTS:
        words = ("not measured yet", "")
        if (RESULTS / f"{name}.json").exists():
            result = recorded(name)
            words = result["headline"], result["target"]
        rows.append((name, *words))
    return table(("part", "measured", "target"), rows)
