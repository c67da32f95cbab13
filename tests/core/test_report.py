"""Contents of reports, compared with independent computations."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from counting import calls
from making import oracle
from osgeo import gdal
from sklearn.metrics import confusion_matrix, f1_score

from ipeo_water_plugin.core.accuracy.assess import (
    MIN_POLYGONS,
    POINTS,
    POLYGONS,
    RASTER,
    SAMPLE,
    Assessment,
    LeftOut,
    Pairs,
    WaterArea,
    assess,
)
from ipeo_water_plugin.core.accuracy.estimators import MIN_ERRORS, Strata
from ipeo_water_plugin.core.accuracy.scores import Ranking, Scores
from ipeo_water_plugin.core.accuracy.thresholds import MAX_FOLDS
from ipeo_water_plugin.core.errors import WaterError
from ipeo_water_plugin.core.prediction.predict import PredictionSettings, predict
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.raster.probability_raster import ProbabilitySource
from ipeo_water_plugin.core.raster.source import Source
from ipeo_water_plugin.core.reports import diagrams
from ipeo_water_plugin.core.reports import verdicts as verdict_module
from ipeo_water_plugin.core.reports.assessment_report import AssessedMap, assessment_report
from ipeo_water_plugin.core.reports.figures import Figure, Scale, number, round_ticks, spread
from ipeo_water_plugin.core.reports.heldout import Rate, f1_difference, held_out_scores, ndwi_of_samples
from ipeo_water_plugin.core.reports.page import (
    Block,
    Code,
    Confusion,
    Drawing,
    Page,
    Paragraph,
    Picture,
    Pictures,
    RunRecord,
    Statements,
    Table,
    render,
)
from ipeo_water_plugin.core.reports.scatter import feature_space_plot
from ipeo_water_plugin.core.reports.thumbnails import colour_ramp, composite, thumbnail
from ipeo_water_plugin.core.reports.training_report import Mapped, mapped_shares, training_report
from ipeo_water_plugin.core.reports.verdicts import EVIDENCE
from ipeo_water_plugin.core.samples import Samples, Scene
from ipeo_water_plugin.core.sampling.polygons import read_shapes
from ipeo_water_plugin.core.sampling.sample import SamplingSettings, sample_pixels
from ipeo_water_plugin.core.system.files import write_text
from ipeo_water_plugin.core.training.expectation import MIN_AREAS
from ipeo_water_plugin.core.training.settings import TrainingSettings
from ipeo_water_plugin.core.training.train import Training, train
from ipeo_water_plugin.core.translation import set_translator
from ipeo_water_plugin.paths import resources, version

FOLDS = TrainingSettings(folds=4, optimizer="lbfgs")


@pytest.fixture(scope="module")
def samples(request: pytest.FixtureRequest) -> Samples:
    folder = Path(__file__).resolve().parents[2] / "resources" / "sample"
    image = str(folder / "image.tif")
    shapes = read_shapes(str(folder / "labels.gpkg"), image, "class")
    return sample_pixels(image, roles_of(image), shapes, SamplingSettings(max_per_class=5000)).samples


@pytest.fixture(scope="module")
def trained(samples: Samples) -> Training:
    return train(samples, FOLDS)


def blocks(page: Page, section: str) -> tuple[Block, ...]:
    return next(part.blocks for part in page.sections if part.title == section)


def only(page: Page, section: str, kind: type, index: int = 0) -> Block:
    return [block for block in blocks(page, section) if isinstance(block, kind)][index]


def verdicts(page: Page) -> dict[str, str]:
    return {item.text: item.level for item in only(page, "Can it be trusted?", Statements).items}


def cells(table: Table) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in table.rows}


def test_the_scores_are_those_of_held_out_pixels(samples: Samples, trained: Training) -> None:
    page = training_report(samples, trained, RunRecord("qgis_process run"))
    held = trained.held_out
    said = held.probability >= 0.5
    shown = cells(only(page, "Scores on held-out polygons", Table))
    assert float(shown["F1"][0]) == pytest.approx(f1_score(held.y, said), abs=5e-5)
    matrix = only(page, "Scores on held-out polygons", Confusion)
    (other, false), (missed, found) = confusion_matrix(held.y, said)
    numbers = [[int(re.sub(r"\D", "", cell)) for cell in row] for row in matrix.cells]
    assert numbers == [[found, missed], [false, other]]
    # Whole polygons of both classes are ten or more here, so intervals stand beside the scores.
    assert "–" in shown["F1"][1]
    text = render(page, resources() / "report", version())
    assert "an estimate of the procedure" in text


def test_simple_rules_are_asked_about_the_same_pixels(samples: Samples, trained: Training) -> None:
    held = trained.held_out
    green, nir = samples.X[held.rows, 0], samples.X[held.rows, 2]
    index = (green - nir) / (green + nir)
    page = training_report(samples, trained, RunRecord())
    table = cells(only(page, "Scores on held-out polygons", Table, 1))
    rows = [row for name, row in table.items() if name.startswith("NDWI")]
    assert len(rows) == 2
    assert float(rows[0][2]) == pytest.approx(f1_score(held.y, index > 0), abs=5e-4)
    threshold = float(re.search(r"NDWI\s>\s(\S+) \(Otsu", " ".join(table)).group(1))
    assert float(rows[1][2]) == pytest.approx(f1_score(held.y, index > threshold), abs=2e-3)
    # Otsu's threshold of the samples does as well here as the model: the report has to say so.
    own, best = f1_score(held.y, held.probability >= 0.5), max(float(row[2]) for row in rows)
    assert abs(own - best) < 0.02
    assert any("is no better than" in text and level == "caution" for text, level in verdicts(page).items())


def test_the_model_is_said_to_be_worth_it_where_simple_rules_fail(samples: Samples) -> None:
    """With green and near infrared swapped, NDWI is inverted, but the model learns anyway."""
    swapped = replace(samples, names=("nir", "red", "green"))
    said = verdicts(training_report(swapped, train(swapped, FOLDS), RunRecord()))
    assert any("outperforms" in text and level == "good" for text, level in said.items())


def test_ndwi_is_of_physical_values() -> None:
    scenes = (Scene("scaled", scale=(0.0001, 0.0001), offset=(-0.1, -0.1)), Scene("plain"))
    X = np.array([[3000.0, 2000.0], [3000.0, 2000.0], [5.0, -5.0]])
    made = Samples(X, np.array([True, False, True]), np.arange(3), np.array([0, 1, 1], np.int32), ("green", "nir"), scenes)
    found = ndwi_of_samples(made)
    assert found[:2] == pytest.approx([(0.2 - 0.1) / (0.2 + 0.1), 0.2])
    assert np.isnan(found[2])
    assert ndwi_of_samples(replace(made, names=("green", "swir"))) is None


def test_a_rate_counts_pixels_polygons_or_between() -> None:
    """A polygon of 16 pixels is found completely, one of 4 pixels not at all."""
    y = np.ones(21, bool)
    y[20] = False
    said = np.arange(21) < 16
    rate = Rate.from_predictions("", "", "", said, y, np.repeat([0, 1, 2], [16, 4, 1]))
    assert (rate.recall, rate.false_alarms) == (0.8, 0.0)
    assert rate.rates(0.0) == (0.5, 0.0)
    assert rate.rates(0.5) == (pytest.approx(4 / 6), 0.0)
    assert rate.f1(0.3) == pytest.approx(2 * 0.8 / 1.8)
    assert rate.expected_f1(0.3) == pytest.approx(2 * (4 / 6) / (1 + 4 / 6))


def test_the_expectation_meets_the_reference(samples: Samples, trained: Training, sample_scene: Path) -> None:
    """On the sample scene's independent reference, the expected F1 at its share of water is within 0.05 of the actual one."""
    truth = gdal.Open(str(sample_scene / "reference.tif")).ReadAsArray()
    known = truth != 255
    bands = gdal.Open(str(sample_scene / "image.tif")).ReadAsArray()[:, known]
    reached = f1_score(truth[known] == 1, oracle(trained.model, bands) >= 0.5)
    held = held_out_scores(samples, trained)
    share = float((truth[known] == 1).mean())
    assert abs(held.rates[0].expected_f1(share) - reached) < 0.05
    # As they stand the held-out scores flatter.
    assert held.assessment.plain.f1 - reached > 0.05


def test_without_validation_no_score_is_shown(samples: Samples) -> None:
    page = training_report(samples, train(samples, replace(FOLDS, folds=0, validation_fraction=0)), RunRecord())
    assert [type(block).__name__ for block in blocks(page, "Scores on held-out polygons")] == ["Paragraph"]
    assert "don't say how good" in blocks(page, "Scores on held-out polygons")[0].text
    assert page.tiles == ()
    assert "bad" in verdicts(page).values()
    assert "two held-out polygons" in blocks(page, "Thresholds")[0].text


def test_too_few_polygons_show_no_score(samples: Samples) -> None:
    """Only one polygon of water: it can't be both held out and used for training."""
    groups = samples.groups()
    one = groups[np.flatnonzero(samples.y)[0]]
    few = samples.take(~samples.y | (groups == one))
    page = training_report(few, train(few, replace(FOLDS, folds=0)), RunRecord())
    assert [type(block).__name__ for block in blocks(page, "Scores on held-out polygons")] == ["Paragraph"]
    assert any("at least two of each class" in text and level == "bad" for text, level in verdicts(page).items())


def test_thresholds_stand_beside_one_half(samples: Samples, trained: Training) -> None:
    page = training_report(samples, trained, RunRecord())
    half, best = only(page, "Thresholds", Table).rows
    choice = trained.threshold
    held = trained.held_out
    assert float(half[1]) == pytest.approx(f1_score(held.y, held.probability >= 0.5), abs=5e-5)
    assert float(half[2].split()[0]) == pytest.approx(100 * np.mean(held.probability >= 0.5), abs=0.06)
    assert float(best[1]) == pytest.approx(choice.f1, abs=5e-5)
    assert best[0].startswith(f"{choice.best:.4g}")
    assert trained.model.threshold == choice.recommended
    assert trained.model.training["threshold"]["best"] == choice.best


@pytest.mark.parametrize(("folds", "uncertain"), [(2, True), (4, True), (5, False)])
def test_a_threshold_that_a_few_polygons_chose_is_uncertain(samples: Samples, trained: Training, folds: int, uncertain: bool) -> None:
    choice = replace(trained.threshold, best=0.3, f1=0.9, f1_at_half=0.8, folds=folds)
    page = training_report(samples, replace(trained, threshold=choice), RunRecord())
    text = only(page, "Thresholds", Paragraph).text
    assert "It is better than 0.5" in text
    assert ("With so little reference data this is uncertain." in text) == uncertain


def test_water_fraction_shows_in_the_reliability_diagram(samples: Samples, trained: Training) -> None:
    page = training_report(samples, train(samples, replace(FOLDS, water_fraction=0.03, balance=True)), RunRecord())
    diagrams = {block.title: block for block in blocks(page, "Scores on held-out polygons") if isinstance(block, Drawing)}
    reliability = diagrams["Reliability"]
    assert "as trained" in reliability.svg
    assert "adjusted to the expected share" in reliability.svg
    assert "3.0\N{NO-BREAK SPACE}% are water" in reliability.caption
    plain = training_report(samples, trained, RunRecord())
    assert "as trained" not in next(b for b in blocks(plain, "Scores on held-out polygons") if getattr(b, "title", "") == "Reliability").svg


def test_formulas_give_what_the_model_gives(samples: Samples, trained: Training, sample_scene: Path, tmp_path: Path) -> None:
    image = str(sample_scene / "image.tif")
    roles = roles_of(image)
    prediction = predict(image, roles, trained.model, tmp_path / "p.tif")
    page = training_report(samples, trained, RunRecord(), Mapped(image, "a scene", roles, prediction))
    short, qgis, command = (block.text for block in blocks(page, "The model") if isinstance(block, Code))
    green, red, nir = samples.X[0]
    for band, value in zip((1, 2, 3), (green, red, nir)):
        qgis = qgis.replace(f'"a scene@{band}"', repr(value))
    expected = oracle(trained.model, samples.X[:1].T[:, :, None])[0, 0]
    assert eval(qgis.replace("^", "**")) == pytest.approx(expected, abs=1e-9)
    assert command.startswith(f"gdal_calc.py -A {image} --A_band=1 -B")
    assert short.startswith("p = 1 / (1 + exp(−z))")


def test_shares_of_the_map_are_counted_to_the_pixel(make_raster, tmp_path: Path, plane) -> None:
    draw = np.random.default_rng(2)
    path = make_raster(draw.integers(0, 3000, (3, 700, 900)).astype(np.uint16), nodata=7)
    roles = roles_of(path)
    for data_type in ("float32", "uint8"):
        result = predict(path, roles, plane, tmp_path / f"{data_type}.tif", PredictionSettings(data_type=data_type))
        dataset = gdal.Open(str(result.path))
        values = dataset.ReadAsArray().astype(np.float64)
        valid = values != dataset.GetRasterBand(1).GetNoDataValue()
        values *= dataset.GetRasterBand(1).GetScale() or 1.0
        expected = [np.mean(values[valid] >= t - 1e-9) for t in (0.5, 0.9)]
        assert mapped_shares(str(result.path), [0.5, 0.9], SilentProgress()) == pytest.approx(expected, abs=1e-12)


def test_thumbnails_are_small_clear_where_invalid_and_show_the_raster(make_raster) -> None:
    bands = np.zeros((3, 300, 1000), np.uint16)
    bands[2, :, 500:] = 4000
    bands[:, :, :500] = 100
    bands[:, :100] = 9
    path = make_raster(bands, nodata=9)
    small = thumbnail(Source(path, roles_of(path)), side=200)
    assert small.bands[0].shape == (60, 200)
    assert small.valid.mean() == pytest.approx(2 / 3, abs=0.03)
    shown = decoded(composite(small, (2, 1, 0)))
    assert shown.shape == (4, 60, 200)
    assert np.array_equal(shown[3] > 0, small.valid)
    assert shown[0, 50, 150] > shown[0, 50, 50]
    unmasked = make_raster(bands, "whole.tif")
    whole = thumbnail(Source(unmasked, roles_of(unmasked)), side=200)
    assert composite(whole, (2, 1, 0)).startswith("data:image/jpeg")


def test_probabilities_show_in_the_styles_colours(make_raster) -> None:
    p = np.repeat(np.array([0.0, 0.5, 1.0], np.float32), 20)[None, None, :].repeat(20, axis=1)
    shown = decoded(colour_ramp(thumbnail(ProbabilitySource(make_raster(p, descriptions=("p",))).source)))
    assert [tuple(shown[:3, 5, k]) for k in (5, 25, 55)] == [(255, 255, 255), (108, 170, 214), (8, 38, 92)]


def decoded(uri: str) -> np.ndarray:
    content = base64.b64decode(uri.split(",")[1])
    gdal.FileFromMemBuffer("/vsimem/decoded", content)
    try:
        return gdal.Open("/vsimem/decoded").ReadAsArray()
    finally:
        gdal.Unlink("/vsimem/decoded")


def test_pictures_show_the_part_that_was_mapped(samples: Samples, trained: Training, sample_scene: Path, tmp_path: Path) -> None:
    image = str(sample_scene / "image.tif")
    roles = roles_of(image)
    left, size, _, top, _, _ = gdal.Open(image).GetGeoTransform()
    extent = (left + 300 * size, top - 200 * size, left + 400 * size, top - 100 * size)
    prediction = predict(image, roles, trained.model, tmp_path / "part.tif", PredictionSettings(extent=extent))
    page = training_report(samples, trained, RunRecord(), Mapped(image, "part", roles, prediction))
    false_colours, probability = only(page, "The map", Pictures).items
    assert isinstance(false_colours, Picture)
    shown, mapped = decoded(false_colours.uri), decoded(probability.uri)
    assert shown.shape[1:] == mapped.shape[1:] == (100, 100)
    pixels = gdal.Open(image).ReadAsArray(300, 100, 100, 100)
    # The red channel shows the near infrared of this very part, stretched.
    assert np.corrcoef(np.clip(pixels[2], *np.quantile(pixels[2], (0.02, 0.98))).reshape(-1), shown[0].reshape(-1))[0, 1] > 0.98


def test_the_plane_in_the_figure_is_the_models(samples: Samples, trained: Training) -> None:
    block = feature_space_plot(samples, trained.model)
    plane = block.data["plane"]
    corners = np.array(plane["corners"], float)
    assert len(corners) >= 3
    assert np.abs(corners).max() <= 1000
    # Back in raw values, by the ticks of each axis, the corners have p = 0.5.
    raw = []
    for axis, entry in enumerate(block.data["axes"]):
        places, values = zip(*((place, float(label.replace("\N{NARROW NO-BREAK SPACE}", ""))) for place, label in entry["ticks"]))
        raw.append(np.polyval(np.polyfit(places, values, 1), corners[:, axis]))
    logits = np.array(list(trained.model.coefficients.values())) @ np.array(raw) + trained.model.intercept
    spread_of_logits = np.std(samples.X @ np.array(list(trained.model.coefficients.values())))
    assert np.abs(logits).max() < 0.02 * spread_of_logits
    assert feature_space_plot(replace(samples, names=("green", "red", "swir")), trained.model) is None


def test_a_perceptron_has_no_formula_and_no_plane(samples: Samples) -> None:
    thin = samples.take(np.arange(0, len(samples), 10))
    page = training_report(thin, train(thin, TrainingSettings(hidden_units=2, epochs=20, folds=2)), RunRecord())
    assert not [block for block in blocks(page, "The model") if isinstance(block, Code)]
    assert feature_space_plot(thin, train(thin, TrainingSettings(hidden_units=2, epochs=5, folds=0)).model).data["plane"] is None


def test_a_report_on_many_samples_is_no_more_work(samples: Samples) -> None:
    """Neither file size nor the number of Python calls grows with the samples."""
    texts: list[str] = []

    def calls_for(count: int) -> int:
        # Out of every polygon, in either case.
        many = samples.take(np.linspace(0, len(samples) - 1, count).astype(int))
        training = train(many, replace(FOLDS, epochs=5))
        return calls(lambda: texts.append(render(training_report(many, training, RunRecord()), resources() / "report", version())))

    few, many = calls_for(10_000), calls_for(100_000)
    assert many < 1.5 * few
    assert max(len(text.encode()) for text in texts) < 500_000


class Shown(HTMLParser):
    """Texts and labels of a page, without code to copy, style and script."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._open: list[str] = []
        self.language = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.language = self.language or given.get("lang") or ""
        self.pieces += [given[name] or "" for name in ("aria-label", "alt", "title", "label") if name in given]
        if tag not in {"meta", "link", "img"}:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"script", "style", "code"} & set(self._open):
            self.pieces.append(data)


def words(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z][A-Za-z_]+", text))


def untranslated(page: Page) -> set[str]:
    """Return words in Latin letters on a page in Cyrillic."""
    return words(" ".join(Shown(render(page, resources() / "report", version())).pieces))


@pytest.fixture
def cyrillic() -> Iterator[None]:
    """A translator that transliterates text, but keeps placeholders."""
    set_translator(lambda text, n: re.sub(r"(\{[^}]*\})|[A-Za-z]", lambda found: found[1] or "ж", text), "ru-RU")
    yield
    set_translator(None)


# Identifiers of a model file and of its settings, names of data, methods and programs, units.
NAMES = words(
    "validation_fraction folds seed hidden_units optimizer learning_rate momentum epochs batch_size balance water_fraction device "
    "gradient_descent lbfgs adam auto cpu image green red nir uint EPSG NDWI Otsu BFGS Adam ha True False python numpy torch"
)


@pytest.mark.parametrize(
    "settings",
    [
        FOLDS,
        replace(FOLDS, balance=True, water_fraction=0.03),
        replace(FOLDS, balance=True),
        TrainingSettings(epochs=30),
        replace(FOLDS, folds=0, validation_fraction=0),
        TrainingSettings(hidden_units=2, epochs=20, folds=4, optimizer="adam"),
    ],
)
def test_a_training_report_is_in_one_language(
    settings: TrainingSettings, samples: Samples, sample_scene: Path, tmp_path: Path, cyrillic: None
) -> None:
    image = str(sample_scene / "image.tif")
    roles = roles_of(image)
    thin = samples.take(np.arange(0, len(samples), 10))
    training = train(thin, settings)
    prediction = replace(predict(image, roles, training.model, tmp_path / "p.tif"), invalid=7)
    for mapped in (None, Mapped(image, "1", roles, prediction)):
        page = training_report(thin, replace(training, converged=False), RunRecord(), mapped, conflicting=3)
        # A version of PyTorch may hold a word, such as that of the distribution which built it.
        left = untranslated(page) - NAMES - words(f"{training.model.digest} {metadata.version('torch')}")
        assert not left
        assert Shown(render(page, resources() / "report", version())).language == "ru-RU"


@pytest.mark.parametrize("kind", [POLYGONS, POINTS, RASTER, SAMPLE])
@pytest.mark.parametrize("share", [0.5, 1.0])
def test_an_assessment_report_is_in_one_language(kind: str, share: float, make_raster, cyrillic: None) -> None:
    draw = np.random.default_rng(1)
    p = np.concatenate([draw.beta(8, 1, 150), draw.beta(1, 12, 350)])
    design: dict[str, Any] = {} if kind == RASTER else {"unit": np.arange(500)}
    if kind == SAMPLE:
        design |= {"sample": Strata((p < 0.5).astype(int), ("1", "2"), np.array([793.0, 11003.0]))}
    pairs = Pairs(p, draw.random(500) < p * share, kind, **design)
    assessment = replace(assess(pairs, 0.5, WaterArea(793.0, 11796.0)), left_out=LeftOut(1, 2, 3, 4, 5))
    path = make_raster(np.full((1, 4, 4), 0.5, np.float32), descriptions=("p",))
    page = assessment_report(assessment, pairs, AssessedMap(path, "1", "2"), RunRecord())
    assert not untranslated(page) - {"ha"}
    assert Shown(render(page, resources() / "report", version())).language == "ru-RU"


def test_the_template_says_nothing_of_its_own() -> None:
    """The catalogue is generated from the code only."""
    template = (Path(__file__).resolve().parents[2] / "resources" / "report" / "report.html").read_text(encoding="utf-8")
    assert not words(" ".join(Shown(re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", template)).pieces))


def test_everything_from_data_is_escaped(samples: Samples) -> None:
    nasty = '<script>alert("1")</script>'
    named = replace(samples, names=("green", "red", nasty), scenes=(replace(samples.scenes[0], name=nasty),))
    text = render(
        training_report(named, train(named, replace(FOLDS, epochs=5)), RunRecord(nasty, {nasty: nasty})), resources() / "report", version()
    )
    assert text.count("<script") == 1
    assert html.escape(nasty, quote=False).replace('"', "&#34;") in text


def test_an_assessment_of_one_class_says_so(tmp_path: Path, make_raster) -> None:
    p = np.linspace(0, 1, 100).astype(np.float32)
    path = make_raster(p.reshape(1, 10, 10), descriptions=("p",))
    pairs = Pairs(p, np.ones(100, bool), RASTER)
    page = assessment_report(assess(pairs), pairs, AssessedMap(path, "map", "reference"), RunRecord())
    assert any("All of the reference is water" in text and level == "bad" for text, level in verdicts(page).items())
    assert not {"ROC curve", "Reliability"} & {getattr(block, "title", "") for block in blocks(page, "Scores")}
    scores = cells(only(page, "Scores", Table))
    assert {name for name, row in scores.items() if row != ("–",)} == {"Recall"}
    assert not any("well calibrated" in text for text in verdicts(page))
    write_text(tmp_path / "report.html", render(page, resources() / "report", version()))
    assert (tmp_path / "report.html").stat().st_size > 10_000


def said_of(water: int, other: int, kind: str = POLYGONS) -> tuple[Assessment, Pairs]:
    """Return calibrated probabilities in this many polygons (or points) of 40 pixels per class."""
    draw = np.random.default_rng(2)
    pixels = 1 if kind == POINTS else 40
    y = np.repeat(np.arange(water + other) < water, pixels)
    p = np.where(y, 0.98, 0.02)
    pairs = Pairs(np.where(draw.random(len(y)) < 0.02, 1 - p, p), y, kind, np.repeat(np.arange(water + other), pixels))
    return assess(pairs, replicates=20), pairs


@pytest.mark.parametrize(
    ("water", "other", "kind", "level"),
    [
        (1, 1, POLYGONS, None),
        (2, 30, POLYGONS, None),
        (3, 3, POLYGONS, "caution"),
        (9, 30, POLYGONS, "caution"),
        (10, 10, POLYGONS, "caution"),
        (60, 60, POLYGONS, "good"),
        (9, 40, POINTS, "caution"),
        (60, 60, POINTS, "good"),
    ],
)
def test_no_tick_without_evidence(make_raster, water: int, other: int, kind: str, level: str | None) -> None:
    """The evidence, not the figure, decides which statements are made."""
    assessment, pairs = said_of(water, other, kind)
    path = make_raster(np.full((1, 4, 4), 0.5, np.float32), descriptions=("p",))
    found = verdicts(assessment_report(assessment, pairs, AssessedMap(path, "map", "reference"), RunRecord()))
    of_calibration = [lev for text, lev in found.items() if "well calibrated" in text]
    assert of_calibration == ([] if level is None else [level])


@pytest.mark.parametrize(("pixels_wrong", "verdict"), [(0.0, "are well calibrated."), (0.06, "uncertain"), (0.3, "poorly calibrated")])
def test_calibration_is_judged_with_its_own_uncertainty(make_raster, pixels_wrong: float, verdict: str) -> None:
    """120 polygons, of which some are wholly wrong at p = 0.9."""
    wrong = np.arange(120) % 50 < round(50 * pixels_wrong)
    water = np.arange(120) < 60
    pairs = Pairs(np.repeat(np.where(water != wrong, 0.99, 0.01), 20), np.repeat(water, 20), POLYGONS, np.repeat(np.arange(120), 20))
    assessment = assess(pairs)
    path = make_raster(np.full((1, 4, 4), 0.5, np.float32), descriptions=("p",))
    page = assessment_report(assessment, pairs, AssessedMap(path, "map", "reference"), RunRecord())
    (text, level), *more = [(text, level) for text, level in verdicts(page).items() if "calibrated" in text]
    assert not more
    assert verdict in text
    assert level == ("caution" if pixels_wrong else "good")
    assert "places like those of the reference" in text
    assert "nothing is known of those between" in text
    interval = assessment.intervals["ece"]
    assert interval.lower <= assessment.scores.ece <= interval.upper
    assert cells(only(page, "Scores", Table))["Expected calibration error"][1] == f"{interval.lower:.3f} – {interval.upper:.3f}"


def test_every_verdict_on_scores_says_which_places_it_speaks_of(samples: Samples, trained: Training) -> None:
    found = [text for text in verdicts(training_report(samples, trained, RunRecord())) if "F1" in text or "calibrated" in text]
    assert len(found) == 3
    assert all("places like those drawn" in text for text in found)


def test_a_wide_interval_earns_no_tick_and_leaves_scores_grey(samples: Samples, trained: Training) -> None:
    """One further polygon of land that is mapped as water could lower F1 from 0.98 to 0.3."""
    page = training_report(samples, trained, RunRecord())
    text, level = next(item for item in verdicts(page).items() if item[0].startswith("Scores come from"))
    assert level == "caution"
    assert "is wide" in text
    tiles = [tile for tile in page.tiles if tile.label.startswith("F1 on areas left out: 16 of water, 21 of other")]
    assert [tile.faint for tile in tiles] == [True]


def test_f1_is_unknown_where_a_class_has_one_area(samples: Samples) -> None:
    part = few(samples, 1)
    (tile,) = training_report(part, train(part, FOLDS), RunRecord()).tiles
    assert (tile.value, tile.label, tile.faint) == ("–", "F1 unknown, from areas: 1 of water, 1 of other surfaces", True)


def test_where_rare_water_is_mapped_wrongly_no_probability_is_called_calibrated(make_raster) -> None:
    """A random sample: 30 % of what is mapped with p = 0.99 isn't water, which the mean over all pixels doesn't show."""
    stratum, wrong = np.repeat([0, 1], [600, 200]), np.arange(800) % 10 < 3
    water = (stratum == 1) & ~wrong
    p = np.where(stratum == 1, 0.99, 0.001)
    design = Strata(stratum, ("not water", "water"), np.array([990.0, 10.0]))
    pairs = Pairs(p, water, SAMPLE, np.arange(800), design)
    assessment = assess(pairs)
    assert assessment.scores.ece < 0.01
    path = make_raster(np.full((1, 4, 4), 0.5, np.float32), descriptions=("p",))
    found = verdicts(assessment_report(assessment, pairs, AssessedMap(path, "map", "points"), RunRecord()))
    (text,) = [text for text in found if "calibrated" in text]
    assert "poorly" in text
    assert "the mean probability is 99.0\N{NO-BREAK SPACE}%, and 70.0\N{NO-BREAK SPACE}% is water" in text


@pytest.mark.parametrize(("factor", "level"), [(1.0, "good"), (3.0, "bad")])
def test_a_scene_unlike_what_was_drawn_is_crossed(
    samples: Samples, trained: Training, sample_scene: Path, tmp_path: Path, factor: float, level: str
) -> None:
    image = str(sample_scene / "image.tif")
    roles = roles_of(image)
    prediction = predict(image, roles, trained.model, tmp_path / "p.tif", PredictionSettings())
    prediction = replace(prediction, pixels=tuple(band.astype(float) * factor for band in prediction.pixels))
    found = verdicts(training_report(samples, trained, RunRecord(), Mapped(image, "scene", roles, prediction)))
    assert [lev for text, lev in found.items() if "unlike every pixel that was drawn" in text] == [level]


def test_scores_weighted_to_a_share_of_water_have_intervals(samples: Samples) -> None:
    page = training_report(samples, train(samples, replace(FOLDS, water_fraction=0.03)), RunRecord())
    value, interval = cells(only(page, "Scores on held-out polygons", Table))["Precision"]
    low, high = map(float, interval.split(" – "))
    assert low <= float(value) <= high


@pytest.mark.parametrize(("unknown", "level"), [(0, "good"), (4001, "caution")])
def test_no_tick_from_a_raster_of_a_few_places(make_raster, unknown: int, level: str) -> None:
    """Two polygons that were rasterized are still two polygons, however many pixels they have."""
    pairs = replace(said_of(50, 50)[1], kind=RASTER, unit=None, left_out=LeftOut(reference_nodata=unknown))
    path = make_raster(np.full((1, 4, 4), 0.5, np.float32), descriptions=("p",))
    found = verdicts(assessment_report(assess(pairs), pairs, AssessedMap(path, "map", "reference"), RunRecord()))
    assert [lev for text, lev in found.items() if "well calibrated" in text] == [level]


def test_the_table_of_verdicts_in_the_docs_is_the_codes() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "figures.md").read_text(encoding="utf-8")
    table = re.search(r"## Verdicts.*?\|---.*?\n(.*?)\n\n", text, re.DOTALL)[1].splitlines()
    rows = {row[0]: row[1:] for row in ([cell.strip() for cell in line.strip("|").split("|")] for line in table)}
    statements = {
        "calibration": ("probabilities are calibrated", "at most 5%", "at most 10%", "above 5%"),
        "rules": ("the model against NDWI", "more than 0.02"),
        "unlike": ("pixels of the map unlike all that was drawn", "at most 5%", "more than 25%"),
        "intervals": ("scores have intervals", "at most 0.2 wide"),
    }
    assert statements.keys() == EVIDENCE.keys()
    for name, (statement, *limits) in statements.items():
        evidence = EVIDENCE[name]
        assert rows[statement][:3] == [str(n) if n else "" for n in (evidence.spoken, evidence.firm, evidence.pixels)]
        assert all(limit in " ".join(rows[statement]) for limit in limits)
    assert (verdict_module._NARROW, verdict_module._CLOSE, verdict_module._FAR) == (0.2, 0.02, 2)
    assert (verdict_module._CALIBRATED, verdict_module._SURELY_CALIBRATED) == (0.05, 0.1)
    assert (verdict_module._FEW_UNLIKE, verdict_module._MANY_UNLIKE) == (0.05, 0.25)
    assert "within a factor of 2 of it" in rows["the share of water that probabilities reflect"][3]
    assert rows["scores on held-out polygons"][:3] == ["1", str(MIN_POLYGONS), ""]
    assert rows["another threshold than 0.5 is better"][:3] == ["2", str(MAX_FOLDS), ""]
    assert rows["F1 to expect in the image"][0] == str(MIN_AREAS)
    assert f"with {MIN_ERRORS} errors" in rows["the reference is a probability sample"][3]


def few(samples: Samples, polygons: int) -> Samples:
    """Keep this many polygons of each class."""
    groups = samples.groups()
    kept = np.concatenate([np.unique(groups[samples.y == side])[:polygons] for side in (True, False)])
    return samples.take(np.isin(groups, kept))


@pytest.mark.parametrize(("polygons", "levels"), [(2, set()), (3, {"caution"}), (6, {"good", "bad", "caution"})])
def test_no_comparison_with_simple_rules_from_two_polygons(samples: Samples, polygons: int, levels: set[str]) -> None:
    part = few(samples, polygons)
    found = verdicts(training_report(part, train(part, replace(FOLDS, folds=polygons)), RunRecord()))
    rules = {level for text, level in found.items() if "simple rule" in text}
    assert rules <= levels
    assert bool(rules) == bool(levels)
    assert not any("well calibrated" in text and level == "good" for text, level in found.items())


def test_of_two_equal_rules_neither_is_called_better() -> None:
    """Each maps a polygon in ten badly, on its own: from the polygons alone a verdict was given in nearly half of the draws."""
    draw = np.random.default_rng(4)

    def rule(polygons: int, failing: float) -> Rate:
        water = np.arange(2 * polygons) < polygons
        right = np.where(draw.random(2 * polygons) < failing, draw.random(2 * polygons), 1 - 0.02 * draw.random(2 * polygons))
        mapped = np.where(water, right, 1 - right)
        return Rate("rule", "rule", "rule", 100 * np.stack([water, water * mapped, ~water, ~water * mapped], axis=1))

    found = [f1_difference(rule(5, 0.1), rule(5, 0.1), 0.5) for _ in range(100)]
    assert sum(low > 0 or high < 0 for low, high in found) <= 5
    low, high = f1_difference(rule(20, 0), rule(20, 1), 0.5)
    assert 0 < low < high


def test_the_reliability_figure_and_its_error_are_of_the_same_bins(make_raster) -> None:
    """One dot per bin, and the error in the caption is computed from the same bins."""
    draw = np.random.default_rng(4)
    p = draw.random(4000)
    y = draw.random(4000) < np.clip(p + 0.2 * np.sin(9 * p), 0, 1)
    measures = Scores.from_ranking(Ranking.from_pixels(p, y))
    drawing = diagrams.reliability([("", "water", measures.reliability)], "Of these.")
    assert drawing.svg.count("<circle") == len(measures.reliability) == 16
    bins = measures.reliability
    error = sum(b.weight * abs(b.probability - b.water) for b in bins) / sum(b.weight for b in bins)
    assert measures.ece == pytest.approx(error)
    assert f"{100 * error:.0f}" in drawing.caption or f"{100 * error:.1f}" in drawing.caption


def test_an_assessment_shows_its_intervals_and_what_was_left_out(trained: Training, make_raster) -> None:
    held = trained.held_out
    pairs = Pairs(held.probability, held.y, POLYGONS, held.group)
    path = make_raster(np.full((1, 4, 4), 0.5, np.float32), descriptions=("p",))
    assessment = assess(pairs)
    page = assessment_report(assessment, pairs, AssessedMap(path, "map", "reference"), RunRecord())
    shown = cells(only(page, "Scores", Table))
    interval = assessment.intervals["f1"]
    assert shown["F1"] == (f"{assessment.scores.f1:.4f}", f"{interval.lower:.3f} – {interval.upper:.3f}")


def test_a_probability_sample_gives_the_area_with_its_interval(make_raster) -> None:
    draw = np.random.default_rng(1)
    p = np.concatenate([draw.beta(8, 1, 150), draw.beta(1, 12, 350)])
    area = Strata((p < 0.5).astype(int), ("water", "not water"), np.array([793.0, 11003.0]))
    pairs = Pairs(p, draw.random(500) < p, SAMPLE, np.arange(500), area)
    assessment = assess(pairs, 0.5, WaterArea(793.0, 11796.0))
    path = make_raster(np.full((1, 4, 4), 0.5, np.float32), descriptions=("p",))
    page = assessment_report(assessment, pairs, AssessedMap(path, "map", "points"), RunRecord())
    assert [level for text, level in verdicts(page).items() if "probability sample" in text] == ["good"]
    doubted = replace(assessment, warnings=("Half of the points are missing.",))
    page_of_doubted = assessment_report(doubted, pairs, AssessedMap(path, "map", "points"), RunRecord())
    assert [level for text, level in verdicts(page_of_doubted).items() if "probability sample" in text] == ["caution"]
    estimate = assessment.area.estimate
    rows = cells(only(page, "The area of water", Table))
    number = {name: float(cell[0].split(" ")[0].replace("\N{NARROW NO-BREAK SPACE}", "")) for name, cell in rows.items()}
    assert number["mapped as water"] == 793
    assert number["estimated area of water"] == pytest.approx(estimate.value, rel=0.005)
    assert number["standard error"] == pytest.approx(estimate.standard_error, rel=0.005)
    assert rows["95\N{NO-BREAK SPACE}% interval"][0].startswith(f"{estimate.lower:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}"))
    # Scores are shown by area first, and with every point counting the same.
    by_area, by_point = (cells(only(page, "Scores", Table, k)) for k in (0, 1))
    assert by_area["Recall"][0] == f"{assessment.weighted.recall:.4f}"
    assert by_point["Recall"][0] == f"{assessment.plain.recall:.4f}"
    assert len([block for block in blocks(page, "Scores") if isinstance(block, Confusion)]) == 2


def test_a_page_that_cannot_be_written_leaves_what_stood_there(tmp_path: Path) -> None:
    page = Page("title", "lead", (), ())
    with pytest.raises(WaterError, match="doesn't exist"):
        write_text(tmp_path / "missing" / "report.html", render(page, resources() / "report", version()))


def test_marks_of_a_figure_lie_where_the_scale_says() -> None:
    figure = Figure((400, 320), Scale.linear(0, 10), Scale.linear(0, 1), "x", "y & z")
    figure.dots([10], [1], "water")
    text = figure.svg("a <figure>")
    assert 'cx="382.0" cy="14.0"' in text
    assert "y &amp; z" in text
    assert 'aria-label="a &lt;figure&gt;"' in text


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-0.3, 0.7), (784, 4032), (0, 65535), (1e-5, 3e-5)])
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    ticks = round_ticks(low, high, 5)
    assert 3 <= len(ticks) <= 11
    assert low - 1e-9 <= ticks[0] <= ticks[-1] <= high + 1e-9
    steps = np.diff(ticks)
    assert np.allclose(steps, steps[0])


@pytest.mark.parametrize(
    ("value", "step", "text"), [(7.5, 2.5, "7.5"), (8, 2, "8"), (0.25, 0.25, "0.25"), (1500, 500, "1\u202f500"), (-50, 50, "−50")]
)
def test_a_tick_shows_the_digits_of_its_step(value: float, step: float, text: str) -> None:
    assert number(value, step) == text


def test_labels_keep_their_distance() -> None:
    placed = spread([0.5, 0.52, 0.01, 0.0], 0.1, 0.02)
    ordered = np.sort(placed)
    assert np.all(np.diff(ordered) >= 0.1 - 1e-12)
    assert ordered[0] >= 0.02
    assert placed[1] > placed[0] > placed[2] > placed[3]


def test_what_comes_before_the_command_and_areas_without_a_pixel_are_told(samples: Samples, trained: Training) -> None:
    page = training_report(samples, trained, RunRecord("line", notes=("Save it first.",)), unused="Of 3 areas, 1 gave no pixel.")
    first, *_, last = page.sections
    assert "1 gave no pixel." in first.blocks[0].text
    assert [block.text for block in last.blocks[:2]] == ["Save it first.", "line"]
