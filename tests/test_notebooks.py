"""The notebooks run from top to bottom, and show what their code showed."""

import ast
import re

import nbformat
import pytest
from notebooks import NOT_KEPT, NOTEBOOKS, PICTURES, ROOT, code, digest, keep, run

pytestmark = pytest.mark.long

URL = re.search(r'^URL = "(.+)"', (ROOT / "setup.py").read_text("utf-8"), re.M)[1]
LARGEST = 400_000  # bytes of a file

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
    "distributed": {"CHECKS": "[1, 2]", "BATCH": "16"},
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


@pytest.fixture(params=NOTEBOOKS.values(), ids=NOTEBOOKS)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def test_there_are_notebooks():
    assert set(NOTEBOOKS) == set(SMALL)


def test_is_valid_and_shows_what_its_code_showed(notebook, path):
    nbformat.validate(notebook)
    assert notebook.nbformat == 4
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    again = f"run it: pytest -n0 -m slow tests/slow/test_notebooks.py -k {path.stem}"
    assert notebook.metadata.get("shown_by") == digest(notebook), again
    cells = code(notebook)
    counts = [cell.execution_count for cell in cells]
    assert counts == [*range(1, len(cells) + 1)], again
    assert _pictures(notebook)


def test_what_it_shows_is_small_and_of_no_machine(notebook, path):
    assert path.stat().st_size < LARGEST
    for cell in code(notebook):
        tags = cell.metadata.get("tags", [])
        assert not (cell.outputs and NOT_KEPT in tags), cell.id
    assert not _noise(notebook)


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
    [cell] = [c for c in code(notebook) if "parameters" in c.metadata.get("tags", [])]
    parameters = _replaced(cell.source, SMALL[path.stem])
    cell.source = "\n".join([parameters, SMALLER_DATA.get(path.stem, "")])
    answers, silences = run(notebook, tmp_path, {"parameters": "1 + 1"})
    assert answers == {"parameters": 2}
    assert silences.keys() == {cell.id for cell in code(notebook)}
    assert _pictures(notebook) and not _noise(notebook)


def test_keeps_the_smaller_form_of_a_picture_and_no_large_page(tmp_path):
    both = {"image/png": "longer", "image/jpeg": "short", "text/plain": "an image"}
    rich = {"text/html": "<b>1</b>", "text/plain": "1"}
    outputs = [nbformat.v4.new_output("display_data", data) for data in (both, rich)]
    drawn = nbformat.v4.new_code_cell("draw()", outputs=outputs)
    page = nbformat.v4.new_code_cell("page()", outputs=outputs)
    page.metadata["tags"] = [NOT_KEPT]
    notebook = nbformat.v4.new_notebook(cells=[drawn, page])
    keep(notebook, tmp_path / "kept.ipynb")
    kept = nbformat.read(tmp_path / "kept.ipynb", as_version=4)
    image, text = kept.cells[0].outputs
    assert image.data == {"image/jpeg": "short", "text/plain": "an image"}
    assert text.data == {"text/html": "<b>1</b>"}
    assert not kept.cells[1].outputs
    assert len(notebook.cells[0].outputs[0].data) == 3  # the notebook stays
    assert kept.metadata["shown_by"] == digest(notebook)
    notebook.cells[0].source = "draw(2)"
    assert kept.metadata["shown_by"] != digest(notebook)


def test_notices_how_long_a_cell_is_silent(tmp_path):
    notebook = nbformat.v4.new_notebook()
    source = "import time\nprint(1, flush=True)\ntime.sleep(0.5)\nprint(2)\n"
    notebook.cells = [nbformat.v4.new_code_cell(source, id="sleeps")]
    _, silences = run(notebook, tmp_path)
    [(seconds, cpu)] = silences.values()
    assert 0.4 < seconds < 30 and cpu < seconds
    assert [output.text for output in notebook.cells[0].outputs] == ["1\n2\n"]


def test_parameters_are_replaced_by_name():
    source = "A = 1500  # steps\nB = A"
    assert _replaced(source, {"A": "4"}) == "A = 4\nB = A"
    with pytest.raises(AssertionError, match="STEPS"):
        _replaced(source, {"STEPS": "4"})


def _pictures(notebook):
    shown = [out for cell in code(notebook) for out in cell.outputs if "data" in out]
    return [out for out in shown if PICTURES & out.data.keys()]


def _noise(notebook):
    """Warnings, lines of TensorFlow's log, and paths of a machine in the outputs."""
    texts = [
        str(text)
        for cell in code(notebook)
        for out in cell.outputs
        for form, text in {"text": out.get("text"), **out.get("data", {})}.items()
        if form not in PICTURES
    ]
    noise = r"/(?:home|tmp|opt|root|usr)/.*|Warning.*|INFO:.*|Traceback.*"
    return [found for text in texts for found in re.findall(noise, text)]


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
