"""Peak memory of this process."""

import contextlib
import resource
import sys
from pathlib import Path

_PROCESS = Path("/proc/self")


def peak_mib() -> int:
    """Returns the peak resident memory in MiB, since the start or `forget_peak`."""
    try:
        lines = (_PROCESS / "status").read_text().splitlines()
    except OSError:  # not Linux
        lines = []
    for line in lines:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    unit = 2**20 if sys.platform == "darwin" else 1024  # macOS counts bytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit


def forget_peak() -> None:
    """Lets the peak begin anew at the present memory.

    Where the kernel does not allow it, the peak stays the whole process's.
    """
    with contextlib.suppress(OSError):
        (_PROCESS / "clear_refs").write_text("5")
