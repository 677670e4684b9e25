"""report.html as a parser sees it; tests/browser sees it in Chromium."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
from comparisons import HOSTILE, made_up

from ganzoo.comparison import charts, report
from ganzoo.comparison.entries import Budget
from ganzoo.evaluation.metric_table import MEANINGS

VOID = {"meta", "link", "img", "br", "wbr"}


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
    comparison = made_up(
        path, ("a", "b", "c"), failed=("c",), command="ganzoo compare a b c"
    )
    report.write(comparison)
    return (path / "report.html").read_text()


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_every_image_is_inline_and_has_a_text_alternative(page):
    images = page.all("img")
    kinds = [a["src"].split(";base64,")[0] for a, _ in images]
    # Grids of both seeds, walks, neighbours, real data; points, curves, losses.
    assert kinds.count("data:image/webp") == 2 * 4 + 1
    assert kinds.count("data:image/svg+xml") == 1 + 2 + 2
    for attributes, _ in images:
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
    assert "extractor: pixels 1; data: digits" in text and "seed 0" in text
    assert "All scores (extractor: pixels 1)" in text


def _health(path, *rows):
    """The paragraphs on health, less names, of a run with these rows in its log."""
    comparison = made_up(path, ("a",), seeds=1)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (comparison.runs[0].path / "health.jsonl").write_text(text)
    section = report.render(comparison).split('<section id="health"')[1]
    return [t for _, t in Page(section.split("</section>")[0]).all("p")]


def test_only_judged_runs_are_without_an_alarm(tmp_path):
    """A run that is too short for a verdict is not checked, and never healthy."""
    judged = {"step": 300, "signs": [], "judged": True}
    assert _health(tmp_path, judged) == ["No alarm in any run."]
    assert _health(tmp_path) == [", seed 0: not checked, no samples were looked at."]
    early = {"step": 150, "signs": ["collapse"], "judged": False}
    assert _health(tmp_path, early) == [
        ", seed 0: not checked, step 150 is too early to judge collapse."
    ]


def test_charts_are_files_too(tmp_path):
    report.write(made_up(tmp_path))
    names = {path.name for path in (tmp_path / "plots").iterdir()}
    assert names == {
        "seeds.svg",
        "score_by_budget.svg",
        "score_by_seconds.svg",
        "losses_0.svg",
        "losses_1.svg",
    }
    for path in (tmp_path / "plots").iterdir():
        root = ElementTree.fromstring(path.read_text())
        assert root.tag.endswith("}svg")
        assert charts.INK not in path.read_text()
        style = root.find("{http://www.w3.org/2000/svg}style").text
        assert "prefers-color-scheme:dark" in style


def test_the_axis_of_a_chart_is_the_budget(tmp_path):
    report.write(made_up(tmp_path, budget=Budget("images", 12_800)))
    chart = (tmp_path / "plots" / "score_by_budget.svg").read_text()
    assert "real images seen" in chart and "G steps" not in chart


def test_time_is_that_of_the_median_step(tmp_path, monkeypatch):
    """100 steps of 1.5 ms, whatever the log says of the machine."""
    drawn = {}

    def draw(curves, metric, x, floor):
        drawn[x] = curves
        return "<svg></svg>"

    monkeypatch.setattr(charts, "score_chart", draw)
    report.write(made_up(tmp_path, ("a",)))
    (by_time,) = [curves for x, curves in drawn.items() if "seconds" in x]
    np.testing.assert_allclose(by_time["a"][0][0], [0.0375, 0.075, 0.1125, 0.15])


def test_the_page_says_what_made_it_and_what_scores_mean(text, page):
    assert [t for a, t in page.all("pre") if a.get("class")] == ["ganzoo compare a b c"]
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC: ganzoo ", text)
    assert "tensorflow 2.21.0, keras 3.15.0, Python 3.12.0, Linux-6.1" in text
    assert "100 G steps per run, 2 seeds" in text
    for metric in ("frechet_distance", "recall"):
        assert MEANINGS[metric] in {t for _, t in page.all("dd")}


def test_the_first_picture_is_of_real_data(page):
    first, *_ = [a for a, _ in page.all("img") if "Grid" in a["alt"]]
    assert first["alt"] == "Grid of real samples of digits"


def test_the_verdict_is_the_second_column_and_diversity_is_beside_the_score(page):
    heads = [t.strip() for a, t in page.all("button")]
    assert heads[:2] == ["variant", "verdict"]
    assert heads[2:6] == ["rank", "frechet_distance", "spread", "recall"]


def test_what_is_not_done_yet_is_no_failure(tmp_path):
    whole = made_up(tmp_path)
    text = report.render(replace(whole, runs=whole.runs[:2]))
    assert "not run yet" in text and ">failed<" not in text
    text = report.render(replace(whole, runs=whole.runs[:3]))
    assert "No verdict yet: 1 of 4 runs are not done." in text


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


@pytest.mark.parametrize("names,title", [(("a",), "1 GAN on"), ("ab", "2 GANs on")])
def test_the_title_counts_the_entries(names, title, tmp_path):
    report.write(made_up(tmp_path, tuple(names)))
    page = Page((tmp_path / "report.html").read_text())
    assert page.all("title")[0][1].startswith(title)
    assert page.all("h1")[0][1].startswith(title)
