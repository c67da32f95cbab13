"""What is seen against what mapping writes, and against QGIS' own geometry of canvases."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import processing
import pytest
from osgeo import gdal, osr
from patience import spread
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsMapSettings,
    QgsMapToPixel,
    QgsProject,
    QgsRectangle,
)
from qgis.PyQt.QtCore import QSize

from ipeo_water_plugin.core.errors import RasterError
from ipeo_water_plugin.core.model import Layer, ModelInput, WaterModel
from ipeo_water_plugin.core.prediction.novelty import Known
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.raster.raster_file import RasterFile
from ipeo_water_plugin.core.raster.source import grid_of
from ipeo_water_plugin.core.sampling.polygons import read_shapes
from ipeo_water_plugin.core.sampling.sample import SamplingSettings
from ipeo_water_plugin.core.training.settings import TrainingSettings
from ipeo_water_plugin.panel.engine import Engine
from ipeo_water_plugin.panel.values import Mode, View
from ipeo_water_plugin.panel.view import DOUBTFUL, ViewReader, paint
from ipeo_water_plugin.panel.worker import Turn

ROOT = Path(__file__).resolve().parents[2]
SCENES = {"brandenburg_s2": ROOT / "resources" / "sample", "olinda_l7": ROOT / "tests" / "data" / "olinda_l7"}
QUIET = SilentProgress()
SIZE = 220, 170


def canvas(crs: QgsCoordinateReferenceSystem, x: float, y: float, unit: float, rotation: float) -> tuple[View, QgsMapToPixel]:
    """Return a view of the size of tests, and QGIS' own transformation of its pixels."""
    settings = QgsMapSettings()
    settings.setDestinationCrs(crs)
    settings.setOutputSize(QSize(*SIZE))
    settings.setRotation(rotation)
    width, height = (unit * side / 2 for side in SIZE)
    settings.setExtent(QgsRectangle(x - width, y - height, x + width, y + height))
    centre, wkt = settings.visibleExtent().center(), crs.toWkt(QgsCoordinateReferenceSystem.WktVariant.WKT_PREFERRED_GDAL)
    return View(wkt, centre.x(), centre.y(), settings.mapUnitsPerPixel(), *SIZE, rotation), settings.mapToPixel()


def under(view: View, geometry: QgsMapToPixel, image: str, crs: QgsCoordinateReferenceSystem) -> tuple[np.ndarray, ...]:
    """Return some pixels of a view, column and row, and the image's column and row under each, by QGIS; those on pixel borders left out."""
    draw, grid = np.random.default_rng(0), grid_of(image)
    columns, rows = draw.integers(0, view.width, 3000), draw.integers(0, view.height, 3000)
    file = QgsCoordinateReferenceSystem.fromWkt(grid.crs)
    transform = QgsCoordinateTransform(crs, file, QgsProject.instance())
    points = [
        transform.transform(geometry.toMapCoordinatesF(column + 0.5, row + 0.5)) for column, row in zip(columns.tolist(), rows.tolist())
    ]
    places = grid.to_pixels(*np.array([(point.x(), point.y()) for point in points]).T)
    clear = (np.abs(places - np.round(places)) > 1e-3).all(axis=1)
    return (columns[clear], rows[clear], *np.floor(places[clear]).astype(int).T)


@pytest.mark.parametrize("rotation", [0.0, 30.0, -110.0])
def test_pixels_of_a_view_lie_where_qgis_places_them(rotation: float) -> None:
    view, geometry = canvas(QgsCoordinateReferenceSystem("EPSG:32633"), 337_680, 5_818_200, 7.5, rotation)
    for column, row in ((0.5, 0.5), (SIZE[0] - 0.5, 0.5), (17.5, 120.5)):
        point = geometry.toMapCoordinatesF(column, row)
        assert view.grid.to_crs(np.array([column]), np.array([row]))[0] == pytest.approx((point.x(), point.y()), abs=1e-6)


@pytest.fixture(scope="module", params=sorted(SCENES))
def mapped(
    request: pytest.FixtureRequest, provider: None, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, np.ndarray, Engine, object]:
    """An image, the map that mapwater makes of it, and the engine with the same areas."""
    folder = SCENES[request.param]
    image, areas = str(folder / "image.tif"), str(folder / "labels.gpkg")
    output = str(tmp_path_factory.mktemp(request.param) / "p.tif")
    settings = {"OPTIMIZER": "newton", "VALIDATION_FRACTION": 0}
    processing.run("ipeowater:mapwater", {"INPUT": image, "POLYGONS": areas, "CLASS_FIELD": "class", "OUTPUT": output, **settings})
    engine = Engine(RasterFile(image), roles_of(image), SamplingSettings())
    learned = engine.learn(read_shapes(areas, image, "class"), TrainingSettings(), None, Turn())
    return image, gdal.Open(output).ReadAsArray(), engine, learned.training


@pytest.mark.parametrize(
    ("code", "rotation"), [("", 0.0), ("", 25.0), ("EPSG:3857", 0.0), ("EPSG:4326", 0.0), ("EPSG:3857", -40.0), ("EPSG:3035", 200.0)]
)
def test_at_one_to_one_each_pixel_is_that_of_the_map(code: str, rotation: float, mapped: tuple) -> None:
    image, probability, engine, training = mapped
    grid = grid_of(image)
    own = QgsCoordinateReferenceSystem.fromWkt(grid.crs)
    crs = QgsCoordinateReferenceSystem(code) if code else own
    # A corner is in view, so that a part lies outside.
    (corner,) = grid.to_crs(np.array([70.3]), np.array([60.4]))
    to_canvas = QgsCoordinateTransform(own, crs, QgsProject.instance())
    middle, beside = (to_canvas.transform(x, corner[1]) for x in (corner[0], corner[0] + grid.pixel_size[0]))
    view, geometry = canvas(crs, middle.x(), middle.y(), middle.distance(beside), rotation)
    bands = ViewReader(engine.image, engine.roles).read(view, QUIET)
    assert bands.step == 1
    columns, rows, across, down = under(view, geometry, image, crs)
    inside = (across >= 0) & (down >= 0) & (across < grid.width) & (down < grid.height)
    assert inside.any()
    assert not inside.all()
    assert np.array_equal(bands.valid[rows, columns], inside)
    seen = training.model.probability(bands.bands)[rows, columns]
    assert np.abs(seen[inside] - probability[down[inside], across[inside]]).max() <= 1e-5
    # Where nothing is known, nothing is painted.
    rgba, water = paint(bands, training.model, Mode.PROBABILITY, 0.5, partial(Known.from_samples, training.samples))
    assert not rgba[~bands.valid].any()
    assert not water[~bands.valid].any()


def test_hectares_in_view_are_those_of_the_map(mapped: tuple) -> None:
    image, probability, engine, training = mapped
    grid = grid_of(image)
    x, y = grid.to_crs(np.array([grid.width / 2]), np.array([grid.height / 2]))[0]
    view = View(grid.crs, x, y, grid.pixel_size[0], grid.width, grid.height)
    painted = engine.picture(view, training, Mode.WATER, 0.5, Turn())
    share = float((probability >= 0.5).mean()) * grid.width * grid.height * grid.pixel_size[0] * grid.pixel_size[1] / 10_000
    assert painted.hectares == pytest.approx(share, rel=2e-3)
    assert np.array_equal(painted.rgba[..., 3] > 0, probability >= 0.5)


MODEL = WaterModel(
    tuple(ModelInput(name, name, 1000.0, 300.0, 0.0, 4000.0) for name in ("green", "red", "nir")),
    (Layer(np.array([[0.0, 0.0, -0.01]]), np.array([10.0])),),
)


def write(path: Path, bands: np.ndarray, nodata: float | None = None, overviews: bool = False, options: tuple[str, ...] = ()) -> str:
    kind = {np.dtype(np.uint16): gdal.GDT_UInt16, np.dtype(np.float32): gdal.GDT_Float32}[bands.dtype]
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), bands.shape[2], bands.shape[1], 3, kind, options=list(options))
    dataset.SetGeoTransform([500_000, 10, 0, 5_800_000, 0, -10])
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(32633)
    dataset.SetSpatialRef(reference)
    for number, (name, values) in enumerate(zip(("green", "red", "nir"), bands), start=1):
        band = dataset.GetRasterBand(number)
        band.SetDescription(name)
        if nodata is not None:
            band.SetNoDataValue(nodata)
        band.WriteArray(values)
    if overviews:
        dataset.FlushCache()
        dataset.BuildOverviews("NEAREST", [2, 4])
    return str(path)


@pytest.fixture
def bands() -> np.ndarray:
    found = np.random.default_rng(3).integers(200, 2000, (3, 300, 400)).astype(np.uint16)
    found[:, 100:140, 50:200] = 0
    return found


def whole(reduction: float) -> View:
    """A view of all of such an image."""
    return View("", 502_000, 5_798_500, 10 * reduction, round(400 / reduction), round(300 / reduction))


@pytest.mark.parametrize(("step_of", "overviews"), [*spread([(2, 2), (4, 4), (5, 5), (1.25, 1)], [False, True]), ((5, 5), True)])
def test_zoomed_out_pixels_are_real_ones_and_nodata_stays(
    step_of: tuple[float, int], overviews: bool, bands: np.ndarray, tmp_path: Path
) -> None:
    reduction, step = step_of
    path = write(tmp_path / "image.tif", bands, nodata=0, overviews=overviews)
    reader = ViewReader(path, roles_of(path))
    found = reader.read(whole(reduction), QUIET)
    # With overviews, one that suits is read.
    assert found.step == (4 if overviews and step == 5 else step)
    rows, columns = np.nonzero(found.valid)
    assert 0.9 < found.valid.mean() < 1
    values = {tuple(pixel) for pixel in bands.reshape(3, -1).T.tolist()} - {(0, 0, 0)}
    seen = np.stack([band[rows, columns] for band in found.bands], axis=1).tolist()
    assert all(tuple(pixel) in values for pixel in seen)
    # Each is one of the pixels that it covers, or the one under its centre.
    reach = max(found.step, step) if step > 1 else 1
    top, left = ((places + (0.5 if step == 1 else 0)) * reduction // found.step * found.step for places in (rows, columns))
    blocks = [
        bands[:, np.minimum(top + down, 299).astype(int), np.minimum(left + right, 399).astype(int)].T
        for down in range(reach)
        for right in range(reach)
    ]
    assert np.any([(block == seen).all(axis=1) for block in blocks], axis=0).all()


@pytest.mark.parametrize("strip", [1000, 4_000_000])
def test_a_gap_that_reads_as_zero_is_found_when_zoomed_out_too(
    strip: int, bands: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ipeo_water_plugin.panel.view._STRIP_PIXELS", strip)
    part = write(tmp_path / "part.tif", bands[:, :, :200] + 1)
    mosaic = str(tmp_path / "mosaic.vrt")
    gdal.BuildVRT(mosaic, [part], outputBounds=(500_000, 5_797_000, 504_000, 5_800_000)).FlushCache()
    found = ViewReader(mosaic, roles_of(part)).read(whole(4), QUIET)
    assert found.step == 4
    assert found.valid[:, :50].all()
    assert not found.valid[:, 50:].any()


def test_nan_is_nodata_and_painted_clear_in_each_mode(tmp_path: Path) -> None:
    values = np.full((3, 30, 40), 1000.0, np.float32)
    values[2, 5:10, 5:10] = np.nan
    path = write(tmp_path / "image.tif", values)
    found = ViewReader(path, roles_of(path)).read(View("", 500_200, 5_799_850, 10, 40, 30), QUIET)
    hidden = np.isnan(values[2])
    assert np.array_equal(found.valid, ~hidden)
    known = Known(np.zeros(3), np.ones(3), np.empty(0, np.int64))
    for mode in Mode:
        rgba, _ = paint(found, MODEL, mode, 0.5, lambda: known)
        assert not rgba[hidden].any()
        # p = 0.5 is shown in each.
        assert rgba[~hidden][:, 3].all()


def test_dry_is_clear_and_water_has_the_colour_of_the_results_ramp(tmp_path: Path) -> None:
    nir = np.array([[4000, 2000, 1000, 0]], np.uint16)
    path = write(tmp_path / "image.tif", np.stack([nir, nir, nir]))
    found = ViewReader(path, roles_of(path)).read(View("", 500_020, 5_799_995, 10, 4, 1), QUIET)
    known = Known(np.zeros(3), np.ones(3), np.empty(0, np.int64))
    shown, _ = paint(found, MODEL, Mode.PROBABILITY, 0.5, lambda: known)
    assert shown[0, 0].tolist() == [0, 0, 0, 0]
    assert shown[0, 1, 3] <= 1
    assert np.abs(shown[0, 2].astype(int) - (90, 160, 215, 255)).max() <= 1
    assert shown[0, 3].tolist() == [8, 38, 92, 255]
    shown, water = paint(found, MODEL, Mode.WATER, 0.6, lambda: known)
    assert shown[0, :, 3].tolist() == [0, 0, 0, 255]
    assert water.tolist() == [[False, False, False, True]]
    # Unlike all samples, wherever the model is sure; elsewhere in another colour.
    doubtful = paint(found, MODEL, Mode.DOUBTFUL, 0.5, lambda: known)[0][0].tolist()
    assert DOUBTFUL[0] < 0.5 < DOUBTFUL[1]
    assert doubtful[0] == doubtful[1] == doubtful[3] != doubtful[2]


def test_a_view_beside_the_image_is_empty(bands: np.ndarray, tmp_path: Path) -> None:
    path = write(tmp_path / "image.tif", bands)
    found = ViewReader(path, roles_of(path)).read(View("", 600_000, 5_798_500, 10, 30, 20), QUIET)
    assert not found.valid.any()
    assert found.hectares(paint(found, MODEL, Mode.WATER, 0.5, Known)[1]) == 0
    assert np.broadcast_shapes(*(band.shape for band in found.bands)) == (20, 30)


@pytest.mark.parametrize("rotation", [0, 30])
def test_a_view_of_next_to_nothing_is_one_pixel(rotation: float, bands: np.ndarray, tmp_path: Path) -> None:
    path = write(tmp_path / "image.tif", bands)
    x, y = grid_of(path).to_crs(np.array([3.5]), np.array([2.5]))[0]
    found = ViewReader(path, roles_of(path)).read(View("", x, y, 1e-12, 30, 20, rotation), QUIET)
    assert found.valid.tolist() == np.ones((20, 30), bool).tolist()
    assert found.hectares(found.valid) == pytest.approx(0, abs=1e-12)
    assert all((band == value).all() for band, value in zip(found.bands, bands[:, 2, 3]))


def test_what_was_read_is_kept_while_the_view_stays(
    bands: np.ndarray, tmp_path: Path, mapped: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, engine, training = mapped
    view = View("", 0, 0, 10, 50, 40)
    engine.picture(view, training, Mode.WATER, 0.5, Turn())

    def fail(*_: object) -> None:
        raise RasterError

    monkeypatch.setattr(ViewReader, "read", fail)
    engine.picture(View("", 0, 0, 10, 50, 40), training, Mode.PROBABILITY, 0.2, Turn())
    with pytest.raises(RasterError):
        engine.picture(View("", 0, 0, 11, 50, 40), training, Mode.WATER, 0.5, Turn())
