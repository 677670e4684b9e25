"""Tables of docs/guides/alarms.md, which `python experiments/tables.py` writes."""

from pages.recorded import measured, table


def named() -> str:
    """Failures that alarms name, and healthy generators that they take for one."""
    rows = [
        (data, f"{row['named']} of {row['failing']}")
        + (f"{row['false alarms']} of {row['healthy']}",)
        for data, row in measured("alarms")["counts"].items()
    ]
    return table(("", "failures named", "false alarms"), rows)


def remedies() -> str:
    """Trainings of five seeds that end without a sign of failure, by remedy."""
    rows = [
        (
            row["alarm"] or "nothing",
            row["data"],
            row["remedy"] or "none",
            f"{sum(map(bool, row['alarms']))} of {len(row['alarms'])}",
            f"{row['without a sign']} of {len(row['alarms'])}",
        )
        for row in measured("alarms")["remedies"]
    ]
    return table(
        ("made to fail by", "data", "remedy", "alarms", "no sign at the end"), rows
    )
