"""Readers of what a page did in headless Chromium."""

import json


def requested(driver) -> set[str]:
    """The addresses that a page has asked for since the log was last read."""
    events = [
        json.loads(e["message"])["message"] for e in driver.get_log("performance")
    ]
    return {
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    }
