"""The explorer's page in headless Chromium: pytest -m browser tests/browser"""

import time

import numpy as np
import pytest
from chromium import requested

import ganzoo
from ganzoo.models.explore import explore

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    path = tmp_path_factory.mktemp("pages")
    for name in ("dcgan_digits", "cgan_mnist"):
        explore(ganzoo.load(name), path / f"{name}.html", title=HOSTILE)
    return path


def opened(driver, pages, name, width=1280):
    for log in ("browser", "performance"):
        driver.get_log(log)
    metrics = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    url = (pages / f"{name}.html").as_uri()
    driver.get(url)
    return url


def pixels(driver, canvas):
    """Red of each pixel of a canvas (H, W)."""
    flat = driver.execute_script(
        """const canvas = document.getElementById(arguments[0]);
        const { width, height } = canvas;
        const all = canvas.getContext("2d").getImageData(0, 0, width, height).data;
        return [width, ...all.filter((_, i) => i % 4 === 0)];""",
        canvas,
    )
    return np.reshape(flat[1:], (-1, flat[0]))


def press(driver, element):
    driver.execute_script("document.getElementById(arguments[0]).click()", element)


@pytest.mark.parametrize("name", ["dcgan_digits", "cgan_mnist"])
def test_the_grid_is_sample(driver, pages, name):
    opened(driver, pages, name)
    model = ganzoo.load(name)
    samples = model.sample(64)[..., 0].astype(int)
    side, shown = model.sample_shape[0], pixels(driver, "grid")
    assert shown.shape == (8 * (side + 1) - 1, 8 * (side + 1) - 1)
    for i, sample in enumerate(samples):
        row, column = (k * (side + 1) for k in divmod(i, 8))
        cell = shown[row : row + side, column : column + side]
        assert np.abs(cell - sample).max() <= 1
    assert np.abs(pixels(driver, "sample") - samples[0]).max() <= 1


def test_sliders_and_class_make_what_decode_makes(driver, pages):
    opened(driver, pages, "cgan_mnist")
    model = ganzoo.load("cgan_mnist")
    driver.execute_script(
        """const set = (input, value) => {
          input.value = value;
          for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind));
        };
        set(document.getElementById("kind"), "SeFa");
        set(document.querySelector("#directions input"), 2);
        set(document.querySelector("#truncation input"), 0.5);
        set(document.querySelector("#label select"), 7);"""
    )
    direction = np.round(ganzoo.latent.sefa(model, 1), 6)
    expected = model.decode(model.latents(1) * 0.5 + 2 * direction, label=7)
    assert np.abs(pixels(driver, "sample") - expected[0, ..., 0].astype(int)).max() <= 1


def test_a_walk_moves_and_stops(driver, pages):
    opened(driver, pages, "dcgan_digits")
    before = pixels(driver, "sample")
    press(driver, "walk")
    time.sleep(2)
    assert "frames a second" in driver.execute_script("return pace.textContent")
    press(driver, "walk")
    time.sleep(0.1)
    after = pixels(driver, "sample")
    assert np.abs(after - before).max() > 20
    time.sleep(0.3)
    assert (pixels(driver, "sample") == after).all()


def test_a_sample_of_the_grid_is_explored(driver, pages):
    opened(driver, pages, "cgan_mnist")
    driver.execute_script(  # in row 0 and column 1
        """const box = grid.getBoundingClientRect(), side = box.width / 8;
        const place = { clientX: box.left + 1.5 * side, clientY: box.top + side / 2 };
        grid.dispatchEvent(new MouseEvent("click", place));"""
    )
    sample = ganzoo.load("cgan_mnist").sample(64)[1, ..., 0].astype(int)
    assert np.abs(pixels(driver, "sample") - sample).max() <= 1
    script = "return document.querySelector('#label select').value"
    assert driver.execute_script(script) == "1"


def test_the_game_trains_and_begins_anew(driver, pages):
    opened(driver, pages, "dcgan_digits")
    before = pixels(driver, "plane")
    assert before.std() > 5
    press(driver, "play")
    time.sleep(3)
    words = driver.execute_script("return score.textContent")
    assert int(words.split()[1].rstrip(";")) > 10 and "of 8 circles" in words
    press(driver, "play")
    assert (pixels(driver, "plane") != before).mean() > 0.1
    trained = pixels(driver, "plane")
    press(driver, "again")
    assert driver.execute_script("return score.textContent") == "step 0"
    anew = pixels(driver, "plane")
    assert (anew != trained).any() and (anew != before).any()  # other weights


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_clean_and_fits(driver, pages, width):
    url = opened(driver, pages, "cgan_mnist", width)
    press(driver, "walk")
    press(driver, "play")
    time.sleep(1)
    assert driver.get_log("browser") == []
    sent = requested(driver)
    assert sent <= {url, "data:,"}
    assert driver.execute_script(
        "return document.documentElement.scrollWidth <= innerWidth"
    )
    assert driver.title.startswith(HOSTILE)
    assert driver.execute_script("return document.images.length") == 0
