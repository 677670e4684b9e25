"""Tables of docs/distribution.md."""

from pages.recorded import measured, table

RATE = 12.5e9  # bytes a second of a 100 Gb/s network
SPEED = 20e12  # FLOP a second that a replica is supposed to reach


def equality() -> str:
    """The largest difference from one device, a line a variant."""
    found = measured("equality")
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
    return table((*head, "float32, the largest"), rows)


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


def cost() -> str:
    """Milliseconds a step, round by round."""
    pairs = measured("distribution_cost")["pairs"]
    rows = [
        (
            kind,
            ", ".join(map(str, times)),
            ", ".join(map(str, pairs["ratio"].get(kind, ["-"]))),
            pairs["median ratio"].get(kind, "1"),
        )
        for kind, times in pairs["ms a step"].items()
    ]
    return table(("strategy", "ms a step", "over one device", "median"), rows)


def saving() -> str:
    """What a checkpoint costs at default settings."""
    shares = measured("distribution_cost")["checkpoints"]
    head = list(next(iter(shares.values())))
    rows = [(name, *by.values()) for name, by in shares.items()]
    return table(("config", *head), rows)


def traffic() -> str:
    """Bytes a step, and where communication passes compute.

    A ring all-reduce of B bytes sends and receives 2 (N - 1) / N B, nearly 2 B; an
    all-gather (N - 1) / N of its result. Compute is FLOP over SPEED, and a share of
    the batch in proportion.
    """
    rows = []
    for name, by in measured("distribution_cost")["traffic"].items():
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
    return table(head, rows)
