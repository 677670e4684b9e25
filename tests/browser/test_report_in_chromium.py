"""report.html in headless Chromium: pytest -m browser tests/browser

Needs Debian's chromium and chromium-driver, or others on the PATH.
"""

import time

import pytest
from chromium import requested
from comparisons import HOSTILE, made_up

from ganzoo.comparison import report

pytestmark = pytest.mark.browser
SIZES = {"wide": (1280, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Pages to open: plain, with hostile names, and 30 variants of 5 seeds."""
    path = tmp_path_factory.mktemp("pages")
    cases = {
        "plain": {"names": ("b", "a", "c"), "failed": ("c",)},
        "hostile": {"names": (HOSTILE, "b"), "dataset": HOSTILE},
        "large": {"names": [f"v{i}" for i in range(30)], "seeds": 5, "side": 28},
    }
    for name, case in cases.items():
        report.write(made_up(path / name, **case))
    return path


def opened(driver, pages, name):
    """Opens a page; returns its URL, after the logs before it are emptied."""
    for log in ("browser", "performance"):
        driver.get_log(log)
    url = (pages / name / "report.html").as_uri()
    driver.get(url)
    return url


def view(driver, size, scheme):
    width, height = SIZES[size]
    metrics = {
        "width": width,
        "height": height,
        "deviceScaleFactor": 1,
        "mobile": False,
    }
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    feature = {"name": "prefers-color-scheme", "value": scheme}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


@pytest.mark.parametrize("name", ["plain", "hostile", "large"])
def test_the_console_is_clean_and_no_request_leaves(driver, pages, name):
    url = opened(driver, pages, name)
    time.sleep(0.5)
    assert driver.get_log("browser") == []
    sent = requested(driver)
    assert {u for u in sent if not u.startswith("data:")} == {url}


@pytest.mark.parametrize("name", ["plain", "hostile", "large"])
def test_every_image_loads_and_has_a_text(driver, pages, name):
    opened(driver, pages, name)
    driver.execute_script(
        "document.querySelectorAll('details').forEach(d => d.open = true)"
    )
    bad = driver.execute_async_script(
        """
        const done = arguments[0];
        const images = [...document.images];
        Promise.allSettled(images.map(i => i.decode())).then(() => done(
          images.filter(i => !i.naturalWidth || !i.alt).map(i => i.outerHTML)));
        """
    )
    assert bad == []
    assert driver.execute_script("return document.images.length") > 5


def test_hostile_names_run_nothing(driver, pages):
    opened(driver, pages, "hostile")
    elements = "return document.querySelectorAll('[onerror], img[src=x]').length"
    assert driver.execute_script(elements) == 0
    assert driver.execute_script("return document.scripts.length") == 1
    assert HOSTILE in driver.execute_script("return document.body.innerText")
    assert HOSTILE in driver.title


def column(driver, cell):
    return driver.execute_script(
        "return [...document.querySelector('table').tBodies[0].rows]"
        ".map(row => row.cells[arguments[0]].textContent)",
        cell,
    )


def test_sorting_by_mouse_and_by_keyboard(driver, pages):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    opened(driver, pages, "plain")
    assert column(driver, 0) == ["b", "a", "c"]
    first = driver.find_element(By.CSS_SELECTOR, "th button")
    first.click()
    assert column(driver, 0) == ["a", "b", "c"]
    head = driver.find_element(By.CSS_SELECTOR, "th")
    assert head.get_attribute("aria-sort") == "ascending"
    first.click()
    assert column(driver, 0) == ["c", "b", "a"]
    first.send_keys(Keys.TAB + Keys.TAB)
    rank = driver.switch_to.active_element
    assert rank.text == "rank"
    rank.send_keys(Keys.ENTER)
    assert column(driver, 0) == ["b", "a", "c"]  # what failed stays last
    rank.send_keys(Keys.SPACE)
    assert column(driver, 0) == ["a", "b", "c"]
    assert head.get_attribute("aria-sort") is None


def test_every_control_can_be_reached_by_the_keyboard(driver, pages):
    opened(driver, pages, "plain")
    assert driver.execute_script(
        "return [...document.querySelectorAll('button, a, summary, .scroll')]"
        ".every(e => e.tabIndex >= 0)"
    )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["plain", "hostile", "large"])
def test_the_page_is_no_wider_than_the_screen(driver, pages, name, size):
    view(driver, size, "light")
    opened(driver, pages, name)
    width = driver.execute_script("return document.documentElement.scrollWidth")
    assert width <= SIZES[size][0]


CONTRAST = """
const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const luminance = ([r, g, b]) =>
  0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
const behind = element => {
  for (let e = element; e; e = e.parentElement) {
    const colour = numbers(getComputedStyle(e).backgroundColor);
    if (colour.length < 4 || colour[3] > 0) return colour;
  }
};
const low = [];
for (const element of document.body.querySelectorAll("*")) {
  const own = [...element.childNodes].some(n => n.nodeType == 3 && n.data.trim());
  if (!own || ["SCRIPT", "STYLE"].includes(element.tagName)) continue;
  const pair = [numbers(getComputedStyle(element).color), behind(element)];
  const [a, b] = pair.map(luminance).sort((x, y) => y - x);
  const ratio = (a + 0.05) / (b + 0.05);
  if (ratio < 4.5) low.push([element.tagName, element.textContent.slice(0, 40), ratio]);
}
return low;
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_the_contrast_of_wcag_aa(driver, pages, scheme):
    view(driver, "wide", scheme)
    opened(driver, pages, "plain")
    dark = driver.execute_script(
        "return getComputedStyle(document.body).backgroundColor"
    )
    assert (dark != "rgb(255, 255, 255)") == (scheme == "dark")
    assert driver.execute_script(CONTRAST) == []


def test_thirty_variants_of_five_seeds_stay_small(driver, pages):
    size = (pages / "large" / "report.html").stat().st_size
    assert size < 15e6
    opened(driver, pages, "large")
    loaded = driver.execute_script(
        "return performance.getEntriesByType('navigation')[0].loadEventEnd"
    )
    print(f"{size / 1e6:.1f} MB, loaded after {loaded:.0f} ms")
    assert loaded > 0
