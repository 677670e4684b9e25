"""Tables of docs/axes.md."""

from pages.recorded import measured, recorded, table


def effects() -> str:
    """What each piece does, in numbers of every seed."""
    found = recorded("effects")
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
    return table(head, rows)


def axes_cost() -> str:
    """ms a step beside the plain step."""
    rows = [
        (name, f"{row['ms a step']:.0f}", f"{row['ratio']:.2f}")
        for name, row in measured("axes_cost")["rows"].items()
    ]
    return table(("D or its view", "ms a step", "over the plain step"), rows)


def axes_peer() -> str:
    """The step with the gradient penalty beside PyTorch's, pair by pair."""
    pairs = measured("axes_cost")["WGAN-GP beside PyTorch"]
    times = [(pair["fit"], pair["peer"]) for pair in pairs]
    rows = [(f"{own:.0f}", f"{peer:.0f}", f"{peer / own:.2f}") for own, peer in times]
    head = ("ours, ms a step", "PyTorch eager, ms a step", "theirs over ours")
    return table(head, rows)
