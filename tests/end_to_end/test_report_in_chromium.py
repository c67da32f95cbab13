"""Reports as their readers open them: in a browser, offline, light and dark, by mouse, keyboard and without scripts."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import Browser, chromium
from installed import ROOT, Qgis
from osgeo import gdal

from ipeo_water_plugin.core.accuracy.assess import POLYGONS, Pairs, assess
from ipeo_water_plugin.core.maps.timeseries import DatedRaster, Observation
from ipeo_water_plugin.core.prediction.predict import predict
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.reports.assessment_report import AssessedMap, assessment_report
from ipeo_water_plugin.core.reports.page import RunRecord, render
from ipeo_water_plugin.core.reports.series_report import series_of, series_report
from ipeo_water_plugin.core.reports.training_report import Mapped, training_report
from ipeo_water_plugin.core.sampling.polygons import read_shapes
from ipeo_water_plugin.core.sampling.sample import SamplingSettings, sample_pixels
from ipeo_water_plugin.core.system.files import write_text
from ipeo_water_plugin.core.training.settings import TrainingSettings
from ipeo_water_plugin.core.training.train import train
from ipeo_water_plugin.paths import resources, version

HOSTILE = "<script>alert(1)</script>"
IMAGE, LABELS = ROOT / "resources" / "sample" / "image.tif", ROOT / "resources" / "sample" / "labels.gpkg"
MOST_BYTES = 3_000_000

DRAWN = """
[...document.querySelectorAll("figure.drawing, .pictures figure")].map(figure => {
  const seen = [...figure.querySelectorAll("svg, canvas, img, table")].filter(element => element.getClientRects().length);
  const shapes = [...figure.querySelectorAll("svg .line, svg .bar, svg .dot")].filter(shape => shape.getTotalLength() > 1);
  const image = figure.querySelector("img");
  return {
    title: figure.querySelector("h3").textContent,
    width: Math.max(...seen.map(element => element.getBoundingClientRect().width)),
    height: Math.max(...seen.map(element => element.getBoundingClientRect().height)),
    shapes: shapes.length,
    marks: figure.querySelectorAll("svg.marked circle").length,
    kind: seen[0].tagName.toLowerCase(),
    pixels: image ? image.naturalWidth * image.naturalHeight : 0,
    labels: [...figure.querySelectorAll("svg .label")].map(label => label.textContent),
  };
})
"""
# How many pixels of the canvas are closest to each colour of the page.
CLOUD = """
(() => {
  const canvas = document.querySelector("canvas"), data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const style = getComputedStyle(document.documentElement);
  const rgb = name => style.getPropertyValue(name).trim().match(/[0-9a-f]{2}/g).map(pair => parseInt(pair, 16));
  const found = {};
  for (const name of ["--water", "--other", "--soft"]) {
    const [r, g, b] = rgb(name);
    found[name] = 0;
    for (let k = 0; k < data.length; k += 4) {
      if (data[k + 3] > 60 && Math.abs(data[k] - r) + Math.abs(data[k + 1] - g) + Math.abs(data[k + 2] - b) < 40) found[name]++;
    }
  }
  return found;
})()
"""
# WCAG 2's contrast of text and what lies behind it, for every element that holds text of its own.
CONTRAST = """
(() => {
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const luminance = colour => {
    const [r, g, b] = colour.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    for (; element; element = element.parentElement) {
      const colour = parse(getComputedStyle(element).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour.slice(0, 3);
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("body *")]
    .filter(e => e.getClientRects().length && [...e.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()))
    .map(e => {
      const style = getComputedStyle(e), ink = parse(e.closest("svg") ? style.fill : style.color).slice(0, 3);
      // Text on a picture has a halo.
      const ground = style.paintOrder.startsWith("stroke") ? parse(style.stroke).slice(0, 3) : behind(e);
      const [one, other] = [luminance(ink), luminance(ground)];
      return [(Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05), e.textContent.trim().slice(0, 40)];
    })
    .sort((one, other) => one[0] - other[0])[0];
})()
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A report of each kind in which every name that comes from data tries to run a script."""
    folder = tmp_path_factory.mktemp("reports")
    image = str(IMAGE)
    roles = roles_of(image)
    shapes = read_shapes(str(LABELS), image, "class")
    samples = sample_pixels(image, roles, shapes, SamplingSettings(max_per_class=8000), scene_name=HOSTILE).samples
    run = RunRecord(HOSTILE, {HOSTILE: HOSTILE})
    pages = {}
    training = train(samples, TrainingSettings(folds=4, water_fraction=0.03))
    prediction = predict(image, roles, training.model, folder / "water.tif")
    pages["mapped"] = training_report(samples, training, run, Mapped(image, HOSTILE, roles, prediction), 3)
    renamed = replace(samples, names=("green", "red", HOSTILE))
    pages["trained"] = training_report(renamed, train(renamed, TrainingSettings(hidden_units=3, epochs=30, folds=4)), run)
    pages["unvalidated"] = training_report(samples, train(samples, TrainingSettings(folds=0, validation_fraction=0)), run)
    held = training.held_out
    pairs = Pairs(held.probability, held.y, POLYGONS, held.group)
    pages["assessed"] = assessment_report(assess(pairs), pairs, AssessedMap(str(folder / "water.tif"), HOSTILE, HOSTILE), run)
    for name, page in pages.items():
        write_text(folder / f"{name}.html", render(page, resources() / "report", version()))
    return {name: folder / f"{name}.html" for name in pages}


def assert_quiet(browser: Browser, page: Path) -> None:
    """Nothing but the file itself was asked for, nothing was complained of, and no dialog opened."""
    asked = [event["request"]["url"] for event in browser.told("Network.requestWillBeSent")]
    assert [url for url in asked if not url.startswith("data:")] == [page.as_uri()]
    assert browser.told("Runtime.exceptionThrown") == []
    assert browser.told("Runtime.consoleAPICalled") == []
    assert browser.told("Log.entryAdded") == []
    assert browser.told("Page.javascriptDialogOpening") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["mapped", "trained", "unvalidated", "assessed"])
def test_opens_quietly_and_draws_everything(kind: str, scheme: str, browser: Browser, reports: dict[str, Path]) -> None:
    page = reports[kind]
    browser.open(page, scheme)
    assert_quiet(browser, page)
    assert page.stat().st_size <= MOST_BYTES
    figures: list[dict[str, Any]] = browser.value(DRAWN)
    for figure in figures:
        assert figure["width"] > 150, figure
        assert figure["height"] > 100, figure
        if figure["title"] == "False-colour image":
            # One for each training area with pixels.
            assert figure["marks"] == 37, figure
        elif figure["kind"] == "svg":
            assert figure["shapes"] > 0, figure
            assert len(figure["labels"]) == 2, figure
        if figure["kind"] == "img":
            assert figure["pixels"] > 10_000, figure
    titles = {figure["title"] for figure in figures}
    curves = {"Probability by class", "Confusion matrix", "Reliability", "ROC curve", "Precision and recall", "Expected F1 in a scene"}
    wanted = {
        "mapped": {*curves, "Loss over epochs", "Samples and decision plane", "False-colour image", "Probability of water"},
        "trained": {*curves, "Loss over epochs"},
        "unvalidated": {"Loss over epochs", "Samples and decision plane"},
        "assessed": {*curves, "Probability of water"},
    }
    assert titles == wanted[kind]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_series_of_three_hundred_bodies(scheme: str, browser: Browser, tmp_path: Path) -> None:
    """A chart and six years' trend for each, a map of all, tables to copy from; names are text, and nothing is asked of the network."""
    draw, total, found = np.random.default_rng(0), np.linspace(1, 50, 300), []
    for number in range(24):
        valid = total * np.where(draw.random(300) < 0.2, 0.3, 1.0)
        source = DatedRaster("p.tif", date(2014, 1, 5) + timedelta(days=92 * number))
        found.append(Observation(source, "p.tif", total, valid, 0.5 * valid, 0.5 * valid))
    places = [(float(x), float(y)) for x, y in draw.uniform(0, 1e4, (300, 2))]
    series = series_of(found, [HOSTILE, *(f"Lake {number}" for number in range(299))], places, 0.8)
    page = tmp_path / "series.html"
    write_text(page, render(series_report(found, series, HOSTILE, 0.8, RunRecord(HOSTILE)), resources() / "report", version()))
    browser.open(page, scheme)
    assert_quiet(browser, page)
    assert page.stat().st_size <= MOST_BYTES
    figures: list[dict[str, Any]] = browser.value(DRAWN)
    assert len(figures) == 301
    assert figures[0]["shapes"] == 300
    for figure in figures[1:]:
        assert figure["width"] > 150, figure
        assert figure["shapes"] > 10, figure
        assert len(figure["labels"]) == 2, figure
    assert HOSTILE in browser.value("document.querySelector('main').innerText")
    assert browser.value("[...document.querySelectorAll('table')].at(1).rows.length") == 301
    contrast, text = browser.value(CONTRAST)
    assert contrast >= 4.5, text
    assert browser.value("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(scheme: str, browser: Browser, reports: dict[str, Path]) -> None:
    browser.open(reports["mapped"], scheme)
    red, green, blue = browser.value("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (red + green + blue > 600) == (scheme == "light")
    contrast, text = browser.value(CONTRAST)
    assert contrast >= 4.5, text


@pytest.mark.parametrize("kind", ["mapped", "trained", "unvalidated", "assessed"])
def test_names_from_data_show_as_text(kind: str, browser: Browser, reports: dict[str, Path]) -> None:
    browser.open(reports[kind])
    assert HOSTILE in browser.value("document.querySelector('main').innerText")
    # Ours, and the samples where there is a cloud of them.
    scripts = browser.value("[...document.scripts].map(script => [script.type, script.textContent.length])")
    assert [kind for kind, _ in scripts] == (["application/json", ""] if browser.value("!!document.querySelector('canvas')") else [""])
    assert browser.value("document.querySelectorAll('iframe, object, embed, link:not([rel=icon]), form').length") == 0


def test_a_script_that_slipped_in_would_not_run(browser: Browser, reports: dict[str, Path], tmp_path: Path) -> None:
    """The page's own policy is the second wall: it is tried out on a page that was tampered with."""
    tampered = tmp_path / "tampered.html"
    text = reports["mapped"].read_text(encoding="utf-8")
    tampered.write_text(
        text.replace("<main>", "<main><script>document.title = 'taken'</script><img src='http://example.org/x.png'>"), "utf-8"
    )
    browser.open(tampered)
    assert browser.value("document.title") != "taken"
    assert browser.told("Log.entryAdded")
    assert all(not event["response"]["url"].startswith("http") for event in browser.told("Network.responseReceived"))


def test_the_samples_turn_by_mouse_and_keyboard(browser: Browser, reports: dict[str, Path]) -> None:
    browser.open(reports["mapped"])
    drawn = browser.value(CLOUD)
    assert drawn["--water"] > 200
    assert drawn["--other"] > 200
    assert drawn["--soft"] > 50
    browser.value("document.querySelector('canvas').scrollIntoView({block: 'center'})")
    picture = (
        "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(document.querySelector('canvas').toDataURL()))))"
    )
    first = browser.value(picture)
    left, top, width, height = browser.value(
        "(r => [r.left, r.top, r.width, r.height])(document.querySelector('canvas').getBoundingClientRect())"
    )
    middle = (left + width / 2, top + height / 2)
    browser.drag(middle, (middle[0] + 90, middle[1] + 20))
    dragged = browser.value(picture)
    assert dragged != first
    # The canvas can be reached by keyboard, and Home brings the first view back.
    browser.value("document.querySelector('canvas').focus()")
    seen = {first, dragged}
    for key in ("ArrowLeft", "ArrowUp", "+"):
        browser.press(key)
        seen.add(browser.value(picture))
    assert len(seen) == 5
    browser.press("Home")
    assert browser.value(picture) == first
    assert "arrow keys" in browser.value("document.querySelector('canvas').getAttribute('aria-label')")


def test_without_scripts_there_is_a_still_drawing(browser: Browser, reports: dict[str, Path], tmp_path: Path) -> None:
    """Scripts off means that nothing can be asked of the page: its picture has to show the samples."""
    browser.open(reports["mapped"], scripts=False)
    browser.screenshot(tmp_path / "still.png")
    shown = gdal.Open(str(tmp_path / "still.png")).ReadAsArray()[:3].astype(int)
    browser.open(reports["mapped"])
    top, bottom = browser.value(
        "(r => [r.top + scrollY, r.bottom + scrollY])(document.querySelector('.scatter .stage').getBoundingClientRect())"
    )
    red, _, blue = shown[:, int(top) + 10 : int(bottom) - 10]
    # Points of water are bluer than they are red, those of land the other way round; all else is grey.
    assert np.count_nonzero(blue - red > 40) > 200
    assert np.count_nonzero(red - blue > 40) > 200


def test_every_figure_reads_out_what_it_shows(browser: Browser, reports: dict[str, Path]) -> None:
    browser.open(reports["mapped"])
    labels = browser.value("[...document.querySelectorAll('svg, canvas')].map(e => e.getAttribute('aria-label') || '')")
    assert len(labels) >= 7
    assert all(len(label) > 20 for label in labels)
    assert all(browser.value("[...document.images].map(image => image.alt)"))
    assert browser.value("document.documentElement.scrollWidth <= innerWidth")


def test_the_installed_plugin_writes_one(qgis: Qgis, sample: Path, browser: Browser) -> None:
    """From the zip: template, style and script are in it; the line in the report does the same again."""
    report = qgis.folder / "Bericht über Wasser.html"
    # A part of the scene will do, with areas of both classes.
    gdal.Translate(str(qgis.folder / "<b>bold & co.tif"), str(sample / "image.tif"), srcWin=[864, 0, 512, 384])
    words = [f"INPUT={qgis.folder / '<b>bold & co.tif'}", f"POLYGONS={sample / 'labels.gpkg'}", "CLASS_FIELD=class", "FOLDS=4"]
    first = qgis.results("mapwater", *words, f"OUTPUT={qgis.folder / 'reported.tif'}", f"OUTPUT_REPORT={report}")
    assert Path(first["OUTPUT_REPORT"]) == report
    browser.open(report)
    assert_quiet(browser, report)
    assert "<b>bold & co" in browser.value("document.querySelector('h1').innerText")
    codes = browser.value("[...document.querySelectorAll('code')].map(code => code.innerText)")
    again = shlex.split(next(code for code in codes if code.startswith("qgis_process")))
    before = gdal.Open(first["OUTPUT"]).ReadAsArray()
    Path(first["OUTPUT"]).unlink()
    assert again[:4] == ["qgis_process", "run", "ipeowater:mapwater", "--"]
    qgis.results("mapwater", *again[4:])
    assert np.array_equal(gdal.Open(first["OUTPUT"]).ReadAsArray(), before)
