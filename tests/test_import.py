"""What an import loads, in processes of their own, and the lazy names of ganzoo."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ganzoo

# Packages that ganzoo uses and that take long to import.
HEAVY = {
    *("tensorflow", "keras", "tensorflow_datasets", "matplotlib", "scipy", "PIL"),
    *("jinja2", "pandas", "h5py"),
}
IMPORT = """
import sys
import ganzoo
print(*sys.modules)
"""
COMMAND = """
import sys
from ganzoo.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code
print(*sys.modules)
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


def _heavy(code, *arguments):
    """The packages of `HEAVY` that a process has loaded after code that names all."""
    names = _run(code, *arguments).splitlines()[-1].split()
    return {name.partition(".")[0] for name in names} & HEAVY


def test_import_leaves_what_is_slow_to_import_out():
    assert _heavy(IMPORT) == set()


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
def test_a_command_that_only_tells_leaves_what_is_slow_to_import_out(arguments):
    makes_data = arguments == ["list", "datasets"]
    assert _heavy(COMMAND, *arguments) == ({"PIL", "scipy"} if makes_data else set())


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
