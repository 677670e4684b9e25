"""Cost of an import, in processes of their own, and the lazy names of ganzoo."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ganzoo

IMPORT = """
import json, sys, time
begin = time.perf_counter()
import ganzoo
seconds = time.perf_counter() - begin
print(json.dumps([seconds, "tensorflow" in sys.modules, "keras" in sys.modules]))
"""
COMMAND = """
import json, sys, time
from ganzoo.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code
seconds = time.process_time()
print(json.dumps([seconds, "tensorflow" in sys.modules, "keras" in sys.modules]))
"""
METRICS = """
import sys, ganzoo
ganzoo.metrics.frechet_distance
print("tensorflow" in sys.modules, "metrics" in dir(ganzoo))
"""
BUILD = """
import ganzoo
try:
    ganzoo.build("vanilla")
except RuntimeError as error:
    print(error)
"""


def _run(code, *arguments, **environment):
    """Runs code in a new process and returns what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        cwd=Path(__file__).parents[1],
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _best_of_three(code, *arguments):
    """Runs code that prints [seconds, ...]; returns the best time, and the rest."""
    outputs = [_run(code, *arguments) for _ in range(3)]
    results = [json.loads(output.splitlines()[-1]) for output in outputs]
    return min(seconds for seconds, *_ in results), results[0][1:]


def test_import_is_quick_and_leaves_tensorflow_out():
    seconds, loaded = _best_of_three(IMPORT)
    assert loaded == [False, False]
    assert seconds < 0.5


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["list"],
        ["list", "--task=translation"],
        *(["list", what] for what in ("configs", "datasets", "losses", "pretrained")),
        ["describe", "r3gan"],
        ["train", "--help"],
        ["compare", "--help"],
    ],
    ids=" ".join,
)
def test_a_command_that_only_tells_is_quick_and_leaves_tensorflow_out(arguments):
    seconds, loaded = _best_of_three(COMMAND, *arguments)
    assert loaded == [False, False]
    assert seconds < 0.6  # of the processor


def test_metrics_come_without_tensorflow():
    assert _run(METRICS).split() == ["False", "True"]


def test_another_backend_in_the_environment_is_refused():
    message = _run(BUILD, KERAS_BACKEND="jax")
    assert "KERAS_BACKEND=tensorflow" in message
    assert "Received: 'jax'" in message


@pytest.mark.parametrize("name", sorted(ganzoo._LAZY))
def test_lazy_name_resolves_and_is_listed(name):
    module, _, attribute = ganzoo._LAZY[name].partition(":")
    found = getattr(ganzoo, name)
    assert (found.__module__ if attribute else found.__name__) == module
    assert name in dir(ganzoo)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'ganzoo' has no attribute 'biuld'"):
        _ = ganzoo.biuld


def test_type_checkers_see_the_lazy_table():
    tree = ast.parse(Path(ganzoo.__file__).read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    assert ast.unparse(block.test) == "TYPE_CHECKING"
    seen = {
        (alias.asname, f"{node.module}.{alias.name}")
        for node in block.body
        for alias in node.names
        if alias.name == alias.asname  # `import x as x` marks a re-export
    }
    lazy = {(name, where.replace(":", ".")) for name, where in ganzoo._LAZY.items()}
    assert seen == lazy
