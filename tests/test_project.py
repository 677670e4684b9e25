"""Files of the project agree with the package."""

import ast
import re
import shlex
from pathlib import Path

import pytest
from pages import variants

import ganzoo
from ganzoo.cli.main import command_line

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
QUESTIONS = {"What", "How", "Whether", "Where", "Which", "Why", "When", "Who"}
COMMAND = re.compile(r"^(?:[A-Z_]+=\S+ )*(ganzoo .*)$")


def test_the_citation_has_the_version():
    text = (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"\nversion: {ganzoo.__version__}\n" in text


def test_the_workflow_runs_ci_on_the_pythons_of_the_package():
    text = (ROOT / ".github/workflows/ci.yml").read_text("utf-8")
    assert 'python: ["3.11", "3.12", "3.13"]' in text
    assert "- run: .ci/run\n" in text
    assert 'python_requires=">=3.11,<3.14"' in (ROOT / "setup.py").read_text("utf-8")


@pytest.mark.parametrize(
    "file", ["CITATION.cff", "README.md", ".github/ISSUE_TEMPLATE/config.yml"]
)
def test_addresses_are_those_of_the_repository(file):
    [url] = re.findall(r'^URL = "(.+)"', (ROOT / "setup.py").read_text(), re.MULTILINE)
    text = (ROOT / file).read_text("utf-8")
    assert set(re.findall(r"https://github\.com/[\w-]+/[\w-]+", text)) == {url}


@pytest.mark.parametrize("folder", ["ganzoo", "experiments"])
def test_docstrings_begin_with_a_noun_or_a_verb(folder):
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            # A text that stands alone: of a module, a class, a function, a constant.
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                words = str(node.value.value).split()
                assert not QUESTIONS.intersection(words[:1]), f"{path}: {words}"


def test_every_variant_has_a_group_and_a_phrase():
    names = [name for group in variants.grouped().values() for name in group]
    assert sorted(names) == ganzoo.list_models()
    phrases = [variants.words(name)["phrase"] for name in names]
    assert len(set(phrases)) == len(names)


def understood(words):
    """Parses a command; --version ends the parser, with 0."""
    try:
        command_line().parse_args(words)
    except SystemExit as end:
        assert not end.code, words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_of_the_docs_are_understood(page):
    text = page.read_text("utf-8").replace("\\\n", " ")
    for block in re.findall(r"^```bash\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            for part in line.split("&&"):
                if found := COMMAND.match(part.strip()):
                    words = shlex.split(found[1], comments=True)[1:]
                    understood(words)
