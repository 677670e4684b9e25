"""The notebooks run from top to bottom, and are clean as they are committed."""

import ast
import re
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[1]
URL = re.search(r'^URL = "(.+)"', (ROOT / "setup.py").read_text("utf-8"), re.M)[1]
NOTEBOOKS = sorted((ROOT / "colab").glob("*.ipynb"))

# What the cell tagged "parameters" assigns, at a size for tests: name -> source.
SMALL = {
    "quickstart": {
        "STEPS": "4",
        "LOG_EVERY": "2",
        "BATCH": "16",
        "POOL": "32",
        "EXEMPLARS": "4",
    },
    "compare_variants": {
        "VARIANTS": '["vanilla"]',
        "STEPS": "2",
        "SEEDS": "1",
        "METRICS": '["recall"]',
        "EXTRACTOR": '"pixels"',
    },
    "faces": {"POOL": "400", "STEPS": "4"},
    "distributed": {"STEPS": "2", "BATCH": "16"},
    "image_to_image": {
        "STEPS": "2",
        "LOG_EVERY": "2",
        "BATCH": "4",
        "FILTERS": "2",
        "BLOCKS": "1",
    },
}

# Run after that cell: of 25,000 faces, which three cells draw and read, a few suffice.
SMALLER_DATA = {
    "image_to_image": "ganzoo.data.faces.SPLITS.update(train=1000, test=500)",
}


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def test_there_are_notebooks():
    assert {path.stem for path in NOTEBOOKS} == set(SMALL)


def test_is_valid_and_its_outputs_are_cleared(notebook):
    nbformat.validate(notebook)
    assert notebook.nbformat == 4
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    kept = [c.id for c in _code(notebook) if c.outputs or c.execution_count]
    assert not kept, f"clear the outputs of {kept}"


def test_badge_opens_this_notebook(notebook, path):
    repository = URL.removeprefix("https://github.com/")
    assert repository != URL
    place = f"github/{repository}/blob/main/colab/{path.name}"
    assert f"](https://colab.research.google.com/{place})" in notebook.cells[0].source


def test_installs_only_from_the_repository(notebook):
    lines = "\n".join(cell.source for cell in notebook.cells).splitlines()
    installs = [line.strip() for line in lines if re.search(r"pip3? install", line)]
    assert installs == [f"%pip install -q git+{URL}"]


def test_runs_at_reduced_size(notebook, path, tmp_path, monkeypatch):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))  # no user's profile
    [cell] = [c for c in _code(notebook) if "parameters" in c.metadata.get("tags", [])]
    parameters = _replaced(cell.source, SMALL[path.stem])
    cell.source = "\n".join([parameters, SMALLER_DATA.get(path.stem, "")])
    # Without folders of kernels there is the native one alone: this very Python.
    specs = KernelSpecManager(kernel_dirs=[])
    client = NotebookClient(
        notebook,
        km=AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs),
        timeout=300,
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute(cleanup_kc=True)  # else the kernel outlives the test
    shown = [out for c in _code(notebook) for out in c.outputs if "data" in out]
    pictures = {"image/png", "image/svg+xml"}
    assert any(pictures & out.data.keys() for out in shown)


def test_parameters_are_replaced_by_name():
    source = "A = 1500  # steps\nB = A"
    assert _replaced(source, {"A": "4"}) == "A = 4\nB = A"
    with pytest.raises(AssertionError, match="STEPS"):
        _replaced(source, {"STEPS": "4"})


def _code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _replaced(source, values):
    """The source with the values of its assignments to the given names replaced."""
    tree = ast.parse(source)
    found = set()
    for statement in tree.body:
        name = statement.targets[0].id
        if name in values:
            statement.value = ast.parse(values[name], mode="eval").body
            found.add(name)
    assert found == set(values), f"not assigned: {set(values) - found}"
    return ast.unparse(tree)
