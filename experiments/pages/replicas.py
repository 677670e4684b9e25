"""Tables of docs/replicas.md, which `python experiments/tables.py` writes."""

import math

from pages.recorded import measured, table

RATE = 12.5e9  # bytes/s of a 100 Gb/s network
SPEED = 20e12  # FLOP/s that a replica is supposed to reach
HOP = 10e-6  # seconds from one replica to another
NETWORKS = (1, 10, 25, 100, 400)  # Gb/s
CLUSTERS = (2, 4, 16, 64, 256)  # replicas


def equality() -> str:
    """The largest difference from one device, one line per variant."""
    differences = measured("equality")
    cases = list(next(iter(differences.values())))
    rows = [
        (f"`{name}`", *(f"{by[case]:.1e}" for case in cases))
        for name, by in differences.items()
    ]
    return table(("variant", *cases), rows)


def covering() -> str:
    """The largest difference of the combinations of options, by way and precision."""
    found = measured("covering")
    rows = [
        (way, dtype, f"{count} of {len(found['rows'])}", f"{value:.1e}")
        for way, by in found["largest"].items()
        for dtype, value in by.items()
        if (count := found["compared"][way][dtype])
    ]
    return table(("", "precision", "combinations", "largest difference"), rows)


def resume() -> str:
    """Variables that differ after 4 steps, a kill and 6 more, one line per variant."""
    rows = [
        (
            f"`{name}`",
            *(
                f"{len(case['differing'])} of {case['variables']}"
                for case in by.values()
            ),
        )
        for name, by in measured("resume").items()
    ]
    return table(("variant", "1 device", "2 devices"), rows)


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
        for i, life in enumerate(measured("kills")["lives"], 1)
    ]
    head = ("", "killed while", "after", "newest checkpoint", "left half written")
    return table(head, rows)


def lost() -> str:
    """Every death of a worker."""
    lives = measured("lost_workers")["lives"]
    return table(list(lives[0]), [list(life.values()) for life in lives])


def stops() -> str:
    """The signals to each variant, and what differs at the end."""
    result = measured("signals")
    kinds = ("SIGTERM", "SIGINT", "SIGKILL")
    rows = []
    for name, ends in result["lives"].items():
        stopped = [end for end in ends if end["exit code"]]
        counts = [sum(end["signal"] == kind for end in stopped) for kind in kinds]
        longest = max(
            end["seconds to the end"] for end in stopped if end["signal"] != "SIGKILL"
        )
        differing = ", ".join(result["differing"][name]) or "nothing"
        rows.append((f"`{name}`", *counts, f"{longest:.1f} s", differing))
    return table(("variant", *kinds, "saved within", "differs"), rows)


def cost() -> str:
    """Milliseconds per step of each way, round by round."""
    return _ways(_part("pairs"))


def profile() -> str:
    """Milliseconds per step where an exchange is left out, or made in Keras' way."""
    return _ways(_part("profile"))


def _ways(part):
    rows = [
        (
            name,
            ", ".join(map(str, times)),
            ", ".join(map(str, part["ratio"][name])),
            part["median ratio"][name],
        )
        for name, times in part["ms/step"].items()
    ]
    return table(("", "ms/step", "ratio to one device", "median"), rows)


def saving() -> str:
    """The cost of a checkpoint at default settings."""
    shares = _part("checkpoints")
    head = list(next(iter(shares.values())))
    rows = [(name, *by.values()) for name, by in shares.items()]
    return table(("config", *head), rows)


def traffic() -> str:
    """Bytes per step, and where communication passes compute.

    A ring all-reduce of B bytes sends and receives 2 (N - 1) / N B, nearly 2 B; an
    all-gather (N - 1) / N of its result. Compute is FLOP over SPEED, and a share of
    the batch in proportion.
    """
    rows = []
    for name, by in _part("traffic").items():
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
        "GFLOP/step",
        "ms at 100 Gb/s",
        "samples per replica where both take equally long",
    )
    return table(head, rows)


def scaling() -> str:
    """Predicted and measured time of a step of local workers."""
    rows = [
        (
            way,
            *(by[key] for key in ("without exchanges", "predicted", "measured")),
            f"{by['measured'] / by['predicted']:.2f}",
        )
        for way, by in measured("scaling")["rows"].items()
    ]
    head = ("", "ms without exchanges", "ms predicted", "ms measured", "ratio")
    return table(head, rows)


def bandwidth() -> str:
    """Milliseconds of a step by replicas and bandwidth, with both kinds of statistics.

    Each replica has a batch of its own. An exchange climbs a tree and comes down, a hop
    of HOP each, and the bytes go round a ring.
    """
    traffic = measured("scaling")["traffic"]
    rows = []
    for network in NETWORKS:
        cells = []
        for count in CLUSTERS:
            times = [_step(by, count, network * 1e9 / 8) for by in traffic.values()]
            cells.append(", ".join(f"{1e3 * seconds:.1f}" for seconds in times))
        rows.append((f"{network} Gb/s", *cells))
    return table(("", *(f"{count} replicas" for count in CLUSTERS)), rows)


def _step(traffic, count, rate):
    waiting = traffic["all-reduces"] * 2 * math.ceil(math.log2(count)) * HOP
    sending = 2 * (count - 1) / count * traffic["all-reduced"] / rate
    return traffic["flop"] / SPEED + waiting + sending


def local_statistics() -> str:
    """Frechet distances by replicas that normalise by their own statistics."""
    found = measured("local_statistics")
    rows = [
        (
            "exact, on any number" if count == "1" else f"own, on {count}",
            128 // int(count),
            ", ".join(f"{value:.2f}" for value in by.values()),
            f"{found['means'][count]:.2f}",
        )
        for count, by in found["distances"].items()
    ]
    head = ("statistics", "images that share them", "three seeds", "mean")
    return table(head, rows)


def _part(name):
    parts = measured("distribution_cost")
    if name not in parts:
        raise FileNotFoundError(f"distribution_cost.json has no {name!r} yet")
    return parts[name]
