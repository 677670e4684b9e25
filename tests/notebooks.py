"""Runs the notebooks of `colab/`, times their silences, and keeps what they showed."""

import copy
import hashlib
import json
import time
from pathlib import Path

import nbformat
import psutil
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = {path.stem: path for path in sorted((ROOT / "colab").glob("*.ipynb"))}
PICTURES = {"image/png", "image/jpeg", "image/svg+xml"}
NOT_KEPT = "remove-output"  # a tag: its output is too large for the file


def code(notebook):
    """The cells of code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def digest(notebook) -> str:
    """Names the code of a notebook: another code has another digest."""
    sources = json.dumps([cell.source for cell in code(notebook)])
    return hashlib.sha256(sources.encode()).hexdigest()[:16]


class Listener(NotebookClient):
    """Runs a notebook in a kernel of this very Python, and notes when it is silent.

    Attributes:
        silences: by the id of a cell, the longest time without output, in seconds,
            and the most seconds of CPU that the kernel and its processes spent in one.
    """

    def __init__(self, notebook, folder):
        # Without folders of kernels there is the native one alone.
        specs = KernelSpecManager(kernel_dirs=[])
        super().__init__(
            notebook,
            km=AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs),
            timeout=1800,  # seconds of a cell
            resources={"metadata": {"path": str(folder)}},
            coalesce_streams=True,
            record_timing=False,
        )
        self.silences = {}

    def process_message(self, msg, cell, cell_index):
        # A cell's first message says that it begins, its last that it is done.
        now = time.monotonic(), self._cpu()
        if cell.id in self.silences:
            known = zip(self.silences[cell.id], self._heard, now, strict=True)
            self.silences[cell.id] = tuple(max(s, b - a) for s, a, b in known)
        else:
            self.silences[cell.id] = 0.0, 0.0
        self._heard = now
        return super().process_message(msg, cell, cell_index)

    def _cpu(self):
        kernel = psutil.Process(self.km.provisioner.pid)
        processes = [kernel, *kernel.children(recursive=True)]
        return sum(sum(process.cpu_times()[:4]) for process in processes)


def run(notebook, folder, ask=None):
    """Runs a notebook, whose cells then have outputs.

    Args:
        notebook: the notebook.
        folder: where it runs.
        ask: expressions in its names, by key, which are evaluated at its end.

    Returns:
        (answers by key, `Listener.silences`)
    """
    rows = ", ".join(f"{key!r}: {value}" for key, value in (ask or {}).items())
    asks = f"import json\nprint(json.dumps({{{rows}}}, default=float))"
    cells = [*notebook.cells, nbformat.v4.new_code_cell(asks)]
    listener = Listener(nbformat.from_dict({**notebook, "cells": cells}), folder)
    done = listener.execute(cleanup_kc=True)  # else the kernel outlives the test
    *notebook.cells, last = done.cells
    listener.silences.pop(last.id)
    return json.loads(last.outputs[-1].text), listener.silences


def keep(notebook, path):
    """Writes a notebook that has run with its outputs, and its code's digest."""
    kept = copy.deepcopy(notebook)
    for cell in code(kept):
        if NOT_KEPT in cell.metadata.get("tags", []):
            cell.outputs = []
        for output in cell.outputs:
            forms = PICTURES & output.get("data", {}).keys()
            for form in sorted(forms, key=lambda form: len(output.data[form]))[1:]:
                del output.data[form]  # the smallest form of a picture suffices
            if "text/html" in output.get("data", {}):
                output.data.pop("text/plain", None)  # of a comparison, 130 KB
    kept.metadata["shown_by"] = digest(kept)
    nbformat.write(kept, path)
