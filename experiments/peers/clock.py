"""Clock of every program of this folder: it trains when asked, and tells its pace."""

import itertools
import json
import statistics
import sys
import time

WARM = 1.0  # seconds of steps before the first answer, one at least


def serve(program, parameters, stretch):
    """Says what runs; then, at each line of input, trains for so many seconds.

    Args:
        program: its name and version.
        parameters: numbers of trained weights of G and D, which tell equal networks.
        stretch: trains for some seconds, and returns those of every step.
    """
    stretch(WARM)
    print(json.dumps({"program": program, "parameters": parameters}), flush=True)
    for line in sys.stdin:
        pace = 1e3 * statistics.median(stretch(float(line)))
        print(json.dumps({"ms/step": round(pace, 2)}), flush=True)


def timed(step):
    """The `stretch` of a function that makes one step."""

    def stretch(seconds):
        times = [time.perf_counter()]
        while times[-1] - times[0] < seconds:
            step()
            times.append(time.perf_counter())
        return [after - before for before, after in itertools.pairwise(times)]

    return stretch
