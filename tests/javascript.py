"""Scripts of the pages, run by Node.js."""

import json
import shutil
import subprocess
from importlib import resources

import pytest

FILES = resources.files("ganzoo.plots.templates")


def run(code, *names, given=None):
    """The value of `code`, a JavaScript expression, after the scripts `names`.

    Args:
        given: what the code sees as `given`.
    """
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not there; tests/browser runs the page in Chromium")
    scripts = "".join((FILES / name).read_text() for name in names)
    done = subprocess.run(
        [node, "-"],
        input=f"const given = {json.dumps(given)};\n{scripts}\n"
        f"process.stdout.write(JSON.stringify({code}));",
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
