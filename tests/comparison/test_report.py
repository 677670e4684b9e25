"""report.html as a parser sees it; tests/browser sees it in Chromium."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from comparisons import HOSTILE, made_up

from ganzoo.comparison import report

VOID = {"meta", "link", "img", "br"}


class Page(HTMLParser):
    """The elements of a page, each with its attributes and text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(text)
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), []))
        if tag not in VOID:
            self.open.append(self.elements[-1])

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if self.open:
            self.open[-1][2].append(data)

    def all(self, tag):
        return [(a, "".join(text)) for name, a, text in self.elements if name == tag]


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("comparison")
    comparison = made_up(path, ("a", "b", "c"), failed=("c",))
    report.write(comparison)
    return (path / "report.html").read_text()


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_every_image_is_inline_and_has_a_text_alternative(page):
    images = page.all("img")
    assert len(images) >= 2 * 4 + 2 + 2  # grids, walks, neighbours, charts, losses
    for attributes, _ in images:
        assert attributes["src"].startswith("data:image/webp;base64,")
        assert len(attributes["alt"]) > 10
        base64.b64decode(attributes["src"].split(",")[1], validate=True)


def test_nothing_is_fetched(page):
    for name, attributes, _ in page.elements:
        for key in ("src", "href"):
            value = attributes.get(key, "data:")
            assert value.startswith(("data:", "#")), (name, value)
    assert "url(" not in page.all("style")[0][1]


def test_the_policy_allows_this_style_and_this_script_alone(page):
    [policy] = [a["content"] for a, _ in page.all("meta") if "http-equiv" in a]
    assert policy.startswith("default-src 'none'")
    for tag in ("style", "script"):
        [(attributes, source)] = page.all(tag)
        assert not attributes
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not any("style" in a or "onclick" in a for _, a, _ in page.elements)


def test_columns_have_buttons_and_rows_have_heads(page):
    assert len(page.all("button")) >= 8
    assert [a for a, _ in page.all("th") if a.get("aria-sort") == "ascending"]
    assert all(a.get("scope") in ("col", "row") for a, _ in page.all("th"))


def test_the_ranking_real_data_and_the_failure_are_shown(text):
    assert "a is better than every other beyond seed noise." in text
    assert "within seed noise" in text  # what the words mean
    assert "worse than the best" in text
    assert '<th scope="row">real data</th>' in text
    assert "ValueError: no c" in text
    assert re.search(r"collapse</span>", text)
    assert "n: 10; data: digits" in text and "seed 0 |" not in text


def test_charts_are_files_too(tmp_path):
    report.write(made_up(tmp_path))
    names = {path.name for path in (tmp_path / "plots").iterdir()}
    assert names == {
        "score_by_images.png",
        "score_by_seconds.png",
        "losses_0.png",
        "losses_1.png",
    }


def test_hostile_names_stay_text(tmp_path):
    comparison = made_up(tmp_path, (HOSTILE, "b"), dataset=HOSTILE, failed=("b",))
    page, plain = (
        Page(report.render(comparison)),
        Page(report.render(made_up(tmp_path))),
    )
    assert len(page.all("script")) == len(plain.all("script")) == 1
    assert not any(a.get("src") == "x" or "onerror" in a for _, a, _ in page.elements)
    assert {tag for tag, *_ in page.elements} <= {tag for tag, *_ in plain.elements}
    assert HOSTILE in {text for _, text in page.all("figcaption")}
    assert HOSTILE in page.all("title")[0][1]


def test_a_comparison_without_scores_has_a_page(tmp_path):
    text = report.render(made_up(tmp_path, ("a", "b"), failed=("a", "b")))
    assert text.count("ValueError: no a") == 2
    assert "Nothing to rank" in text


def test_large_pictures_are_made_small():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (400, 400, 3), "uint8")
    assert len(report.data_uri(noise)) < 400 * 400 * 3 / 4
    flat = np.zeros((400, 400, 3), "uint8")
    assert len(report.data_uri(flat)) < 2000


def test_numbers_are_short():
    assert [report.number(v) for v in (1.23456, 123456.7, None, float("nan"))] == [
        "1.235",
        "123,457",
        "\N{EN DASH}",
        "\N{EN DASH}",
    ]
