"""Tables of docs/axes.md, which `python experiments/tables.py` writes."""

from pages.recorded import measured, recorded, table


def effects() -> str:
    """The effect of each piece, in numbers of every seed."""
    result = recorded("effects")
    seeds = ", ".join(map(str, result["seeds"]))
    rows = []
    for effect in result["measured"].values():
        shown = "; ".join(
            f"{arm} {', '.join(f'{value:.3g}' for value in values)}"
            for arm, values in effect["shown"].items()
        )
        held = effect["seeds that reach the target"]
        reached = "; ".join(f"{arm} {n} of 3" for arm, n in held.items())
        measure = f"{effect['setting']}: {effect['measure']}"
        rows.append((effect["claim"], measure, shown, effect["target"], reached))
    head = ("claim", "measured", f"of seeds {seeds}", "target", "reached")
    return table(head, rows)


def axes_cost() -> str:
    """ms/step of each row, and its ratio to the plain step."""
    rows = [
        (name, f"{row['ms/step']:.0f}", f"{row['ratio']:.2f}")
        for name, row in measured("axes_cost")["rows"].items()
    ]
    return table(("D or its view", "ms/step", "ratio to the plain step"), rows)


def axes_peer() -> str:
    """The step with the gradient penalty next to PyTorch's, pair by pair."""
    cases = measured("peers").items()
    turns = [
        (turn["ganzoo"], turn["PyTorch"])
        for name, case in cases
        if name.startswith("WGAN-GP")
        for turn in case["ms/step, turn by turn"]
    ]
    rows = [(f"{own:.0f}", f"{peer:.0f}", f"{peer / own:.2f}") for own, peer in turns]
    head = ("ours, ms/step", "eager PyTorch, ms/step", "theirs / ours")
    return table(head, rows)
