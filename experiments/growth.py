"""Measures how the time and the memory of a step grow with its size.

    python experiments/growth.py  # about 6 minutes, alone

Every point is trained by `fit` in a process of its own, which is forked from one that
has imported TensorFlow. The files of a run of 10^6 steps are extrapolated from two
short runs. Writes zoo_configs/results/growth.json and docs/growth.png.
"""

import argparse
import multiprocessing
import tempfile
import time
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
from experiment import write_result
from matplotlib.ticker import NullFormatter, StrMethodFormatter

import ganzoo
from ganzoo import distribute
from ganzoo.data import load_data
from ganzoo.runs.experiment import from_dict
from ganzoo.utils.memory import peak_mib

FORK = multiprocessing.get_context("fork")
SECONDS, LEAST = 2.0, 5  # of a point's steps; how many at least
BASE = {
    "variant": "dcgan",
    "side": 28,
    "batch": 64,
    "filters": 16,
    "rows": 2048,
    "classes": 0,
    "replicas": 1,
}
# What grows: its name in BASE, its values, and what differs from BASE.
AXES = {
    "batch": ("batch", [16, 32, 64, 128, 256, 512, 1024], {}),
    "filters": ("filters", [8, 16, 32, 64, 128], {}),
    "side of the images": ("side", [16, 32, 64, 128], {"batch": 16}),
    "samples in memory": ("rows", [10**k for k in range(3, 7)], {}),
    "samples in an .npz": ("rows", [10**k for k in range(3, 7)], {"file": True}),
    "classes": ("classes", [10, 100, 1000, 10_000], {"variant": "cgan"}),
    "replicas of one batch": ("replicas", [1, 2, 4], {}),
}
SHORT, LONG, ENDLESS = 2000, 4000, 10**6  # steps of a run


class Enough(Exception):
    """The steps of a point were timed."""


class Stopwatch(keras.callbacks.Callback):
    """Times the steps after the first two, and ends the training."""

    times = ()

    def on_train_batch_end(self, batch, logs=None):
        self.times = [*self.times, time.perf_counter()]
        steps = self.times[1:]
        if len(steps) > LEAST and steps[-1] - steps[0] > SECONDS:
            raise Enough


def measure(setting, folder) -> dict[str, float]:
    """The figures of a point; call it in a process that has trained nothing.

    Args:
        setting: as BASE; with `file`, the samples come from an .npz.
        folder: where the file is.
    """
    begin = time.perf_counter()
    shape = (setting["side"], setting["side"], 1)
    if "file" in setting:
        real = load_data(folder / f"{setting['rows']}.npz").arrays["real"]
    else:
        real = samples(setting["rows"], shape)
    loaded = time.perf_counter()
    count = setting["replicas"]
    strategy = distribute.get_strategy("mirrored" if count > 1 else "none", count)
    options = {"image_shape": shape, "filters": setting["filters"]}
    labels = None
    if setting["classes"]:
        options["num_classes"] = setting["classes"]
        labels = np.arange(setting["rows"]) % setting["classes"]
    with strategy.scope():
        model = ganzoo.build(setting["variant"], **options)
    watch = Stopwatch()
    try:
        model.fit(
            real,
            labels,
            batch_size=setting["batch"],
            steps_per_epoch=10**6,
            steps_per_call=1,
            callbacks=[watch],
            verbose=0,
        )
    except Enough:
        steps = np.diff(watch.times[1:])
    return {
        "ms/step": round(1e3 * float(np.median(steps)), 2),
        "MiB": peak_mib(),
        "seconds to load": round(loaded - begin, 2),
        "seconds to the first step": round(watch.times[0] - loaded, 2),
    }


def samples(rows, shape):
    return np.random.default_rng(0).integers(0, 256, (rows, *shape), dtype="uint8")


def alone(task, *given):
    """The answer of a function, from a process that ends then."""
    receive, send = FORK.Pipe(duplex=False)
    process = FORK.Process(target=lambda: send.send(task(*given)))
    process.start()
    send.close()
    answer = receive.recv()
    process.join()
    return answer


def exponent(sizes, values) -> float:
    """The e of values = c sizes^e, by least squares of the logarithms."""
    return round(float(np.polyfit(np.log(sizes), np.log(values), 1)[0]), 2)


def axis(name, most) -> dict:
    """The points of an axis, with the exponents of all and of the last two."""
    grows, values, others = AXES[name]
    values = [value for value in values if value <= most]
    points = []
    with tempfile.TemporaryDirectory() as folder:
        for value in values:
            setting = {**BASE, **others, grows: value}
            if "file" in setting:
                file = Path(folder, f"{value}.npz")
                np.savez(file, x_train=samples(value, (setting["side"],) * 2 + (1,)))
            points.append(alone(measure, setting, Path(folder)))
            print(name, value, points[-1], flush=True)
    curves = {key: [point[key] for point in points] for key in points[0]}
    return {
        "sizes": values,
        **curves,
        "exponents": {
            key: [exponent(values[i:], curves[key][i:]) for i in (0, -2)]
            for key in ("ms/step", "MiB")
        },
    }


def files_of_a_run():
    """Bytes of each kind of file after SHORT, LONG and, extrapolated, ENDLESS steps."""
    sizes = {}
    for steps in (SHORT, LONG):
        with tempfile.TemporaryDirectory() as folder:
            settings = {"model": "vanilla", "dataset": "digits", "steps": steps}
            ganzoo.train(from_dict(settings), folder, progress=False)
            for path in Path(folder).rglob("*"):
                kind = path.relative_to(folder).parts[0]
                if path.is_file() and not kind.startswith("."):
                    counts = sizes.setdefault(kind, dict.fromkeys((SHORT, LONG), 0))
                    counts[steps] += path.stat().st_size
    rate = (ENDLESS - LONG) / (LONG - SHORT)
    rows = {}
    for kind, of in sorted(sizes.items()):
        growth = max(0, of[LONG] - of[SHORT])
        rows[kind] = [of[SHORT], of[LONG], round(of[LONG] + rate * growth)]
    return rows


def draw(axes, path):
    """Draws milliseconds and memory against every size."""
    figure, places = plt.subplots(
        2, len(axes), figsize=(3 * len(axes), 5), squeeze=False
    )
    for column, (name, curves) in zip(places.T, axes.items(), strict=True):
        for place, key in zip(column, ("ms/step", "MiB"), strict=True):
            place.plot(curves["sizes"], curves[key], "o-")
            power = curves["exponents"][key][-1]
            place.set(xscale="log", yscale="log", xlabel=name, ylabel=key)
            place.xaxis.set_minor_formatter(NullFormatter())
            place.yaxis.set_minor_formatter(NullFormatter())
            for side, values in (
                (place.xaxis, curves["sizes"]),
                (place.yaxis, curves[key]),
            ):
                side.set_ticks(sorted({min(values), max(values)}))
                side.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
            place.set_title(f"at the end: size^{power:.2f}", fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=80)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--axes", nargs="+", choices=AXES, default=[*AXES])
    parser.add_argument("--most", type=int, default=10**9, help="the largest size")
    args = parser.parse_args()
    axes = {name: axis(name, args.most) for name in args.axes}
    draw(axes, "docs/growth.png")
    shown = [
        f"{name} {curves['exponents']['ms/step'][-1]:.2f}"
        for name, curves in axes.items()
    ]
    write_result(
        "growth",
        command="python experiments/growth.py",
        headline="time of a step grows at the end with the power " + ", ".join(shown),
        target="none: what limits each is in docs/performance.md",
        measured={"axes": axes, "bytes of a run": files_of_a_run()},
        note=f"float32, {BASE} unless an axis says otherwise; median of the steps of "
        f"{SECONDS:g} s; bytes of vanilla on digits after {SHORT:,}, {LONG:,} and, "
        f"extrapolated, {ENDLESS:,} steps",
    )


if __name__ == "__main__":
    main()
