"""The engine of the panel without a window: edits, views and settings in, states and pictures out."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal, ogr, osr
from patience import SOAK, wait_for
from qgis.PyQt.QtCore import QCoreApplication, QThread

from ipeo_water_plugin.core.maps.water_area import water_area
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.raster.raster_file import RasterFile
from ipeo_water_plugin.core.raster.source import grid_of
from ipeo_water_plugin.core.sampling.polygons import LabelledShape, read_shapes
from ipeo_water_plugin.core.sampling.sample import SamplingSettings, sample_pixels
from ipeo_water_plugin.core.training.live import train_live
from ipeo_water_plugin.core.training.settings import TrainingSettings
from ipeo_water_plugin.panel import engine as engine_module
from ipeo_water_plugin.panel.controller import Controller
from ipeo_water_plugin.panel.engine import Engine
from ipeo_water_plugin.panel.values import Area, Mode, Picture, State, View
from ipeo_water_plugin.panel.worker import Turn, Worker

pytestmark = pytest.mark.usefixtures("qgis_app")
SAMPLE = Path(__file__).resolve().parents[2] / "resources" / "sample"
QUIET = SilentProgress()


class Face:
    """Stands for the widgets: keeps what it is told, and lets the controller work."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self.states: list[State] = []
        self.pictures: list[Picture | None] = []
        self.threads: set[Any] = set()
        controller.changed.connect(self._changed)
        controller.painted.connect(self._painted)

    def _changed(self, state: State) -> None:
        self.states.append(state)
        self.threads.add(QThread.currentThread())

    def _painted(self, picture: Picture | None) -> None:
        self.pictures.append(picture)
        self.threads.add(QThread.currentThread())

    @property
    def state(self) -> State:
        return self.states[-1] if self.states else State()

    def until(self, holds: Callable[[State], Any], what: str = "the state") -> State:
        def let_work() -> None:
            QCoreApplication.processEvents()
            time.sleep(0.001)

        wait_for(lambda: holds(self.state), lambda: f"{what}; it is {self.state}", let_work)
        return self.state

    def settled(self) -> State:
        """Wait until all is known of the newest edits."""
        return self.until(lambda s: s.status == "live" and s.hectares_current and (s.doubtful_place is not None), "all figures")


@pytest.fixture
def face() -> Iterator[Face]:
    controller = Controller(rest=1)
    yield Face(controller)
    controller.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ipeo-water")]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> str:
    """200 × 150 pixels: a lake on the left, and land of two kinds."""
    levels = np.full((3, 150, 200), 3000.0)
    levels[:, :, :60] = np.array([900.0, 700, 300])[:, None, None]
    levels[:, 75:, 60:] = np.array([1500.0, 1800, 2000])[:, None, None]
    levels = np.maximum(levels + np.random.default_rng(0).normal(0, 250, levels.shape), 1)
    levels[:, 140:, 190:] = 0
    path = str(tmp_path_factory.mktemp("scene") / "image.tif")
    dataset = gdal.GetDriverByName("GTiff").Create(
        path, 200, 150, 3, gdal.GDT_UInt16, options=["TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64"]
    )
    dataset.SetGeoTransform([500_000, 10, 0, 5_800_000, 0, -10])
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(32633)
    dataset.SetSpatialRef(reference)
    for number, (name, values) in enumerate(zip(("green", "red", "nir"), levels), start=1):
        band = dataset.GetRasterBand(number)
        band.SetDescription(name)
        band.SetNoDataValue(0)
        band.WriteArray(values.astype(np.uint16))
    return path


def box(fid: int, water: bool, left: float, top: float, width: float, height: float) -> Area:
    x, y = 500_000 + 10 * left, 5_800_000 - 10 * top
    right, bottom = x + 10 * width, y - 10 * height
    wkt = f"POLYGON(({x} {y},{right} {y},{right} {bottom},{x} {bottom},{x} {y}))"
    return Area(fid, water, bytes(ogr.CreateGeometryFromWkt(wkt).ExportToWkb()))


LAKE = [box(1, True, 5, 5, 9, 9), box(2, True, 30, 60, 8, 8), box(3, True, 20, 120, 10, 6)]
LAND = [box(4, False, 80, 10, 9, 9), box(5, False, 150, 30, 8, 8), box(6, False, 100, 110, 12, 7)]
VIEW = View("", 501_000, 5_799_250, 10, 200, 150)


def shapes_of(areas: list[Area]) -> list[LabelledShape]:
    return [LabelledShape(area.wkb, area.water, area.fid) for area in areas]


def started(face: Face, scene: str, areas: list[Area]) -> Controller:
    face.controller.set_image(RasterFile(scene), roles_of(scene))
    face.controller.set_view(VIEW)
    face.controller.set_areas(areas)
    return face.controller


def test_from_nothing_to_a_map_and_its_figures(face: Face, scene: str) -> None:
    controller = face.controller
    assert controller.model() is None
    controller.set_image(RasterFile(scene), None)
    assert face.state.status == "waiting"
    controller.set_image(RasterFile(scene), roles_of(scene))
    controller.set_view(VIEW)
    assert face.state.status == "empty"
    controller.set_areas(LAKE[:1])
    assert face.until(lambda s: s.status == "waiting").message == "Draw one area that is not water."
    assert face.pictures[-1] is None
    controller.change_areas(LAND[:1], [])
    first = face.until(lambda s: s.status == "live" and s.hectares_current)
    assert face.pictures[-1] is not None
    assert (first.water_areas, first.other_areas, first.f1, first.f1_reliable) == (1, 1, None, False)
    assert [row.right for row in first.rows] == [None, None]
    assert "2 more areas of water" in first.advice
    controller.change_areas([*LAKE[1:], *LAND[1:]], [])
    state = face.settled()
    # The only area of its kind of land is taken for water without it.
    right = {row.fid: row.right for row in state.rows}
    wrong = 1 - right.pop(6)
    assert wrong > 0.5
    assert min(right.values()) > 0.9
    assert "Area 6 looks like nothing else" in state.advice
    assert state.f1 == pytest.approx(2 * 205 / (2 * 205 + 84 * wrong), abs=0.02)
    assert state.f1_reliable
    assert state.ndwi_f1 is not None
    assert state.pixels == sum(row.pixels for row in state.rows) == 81 + 64 + 60 + 81 + 64 + 84
    assert state.hectares == pytest.approx(60 * 150 / 100, rel=0.02)
    assert state.hectares_in_view == pytest.approx(state.hectares, rel=1e-3)
    assert state.hectares_range[0] <= state.hectares <= state.hectares_range[1]
    assert state.change == pytest.approx(state.hectares - first.hectares)
    # All that widgets hear comes in their own thread.
    assert face.threads == {QThread.currentThread()}


def test_the_figures_are_those_of_the_functions_that_mapping_uses(face: Face) -> None:
    image = str(SAMPLE / "image.tif")
    shapes = read_shapes(str(SAMPLE / "labels.gpkg"), image, "class")
    controller = started(face, image, [Area(shape.id, shape.water, shape.wkb) for shape in shapes])
    state = face.settled()
    model = train_live(sample_pixels(image, roles_of(image), shapes).samples, TrainingSettings(), QUIET).model
    assert controller.model().coefficients == pytest.approx(model.coefficients, rel=1e-6)
    assert state.hectares == pytest.approx(water_area(image, roles_of(image), model, 0.5, QUIET).hectares)
    assert state.f1 > 0.95
    assert state.f1_range[0] < state.f1 < state.f1_range[1]
    (covered,) = [row for row in state.rows if row.problem]
    assert covered.pixels == 0
    assert f"Area {covered.fid} gives no pixel" in state.advice


def test_an_edit_that_cannot_be_used_says_why_in_its_row(face: Face, scene: str) -> None:
    started(face, scene, [*LAKE, *LAND, box(7, True, 900, 5, 5, 5), box(8, False, 191, 141, 5, 5), Area(9, True, b"")])
    state = face.until(lambda s: s.status == "live")
    problems = {row.fid: row.problem for row in state.rows if row.problem}
    assert sorted(problems) == [7, 8, 9]
    assert "outside" in problems[7]
    assert "NoData" in problems[8]
    assert "geometry" in problems[9]


def test_only_what_the_last_edit_changed_flashes(face: Face, scene: str) -> None:
    controller = started(face, scene, LAKE[:1] + LAND[:1])
    face.until(lambda s: s.status == "live")
    assert face.pictures[-1].flash is None
    before = face.pictures[-1]
    # The other kind of land is water now.
    controller.change_areas([box(10, True, 100, 110, 12, 7)], [])
    face.until(lambda s: face.pictures[-1] is not before)
    flash = face.pictures[-1].flash
    assert flash[80:135, 70:180].mean() > 0.25
    assert flash[:70, 70:].mean() < 0.1
    controller.set_mode(Mode.WATER)
    face.until(lambda s: s.status == "live" and len(face.pictures) > 2 and face.pictures[-1].flash is None)
    assert np.array_equal(face.pictures[-1].rgba[..., 3] > 0, face.pictures[-1].rgba[..., 2] > 0)


def test_paused_edits_wait_and_a_view_is_painted_all_the_same(face: Face, scene: str) -> None:
    controller = started(face, scene, LAKE + LAND[:1])
    face.until(lambda s: s.status == "live")
    model = controller.model()
    controller.set_live(False)
    assert face.until(lambda s: s.status == "paused").hectares is None
    controller.change_areas(LAND[1:], [])
    assert face.state.status == "paused"
    assert face.state.message
    assert [row.pixels for row in face.state.rows][-2:] == [0, 0]
    count = len(face.pictures)
    controller.set_view(replace(VIEW, x=501_005))
    face.until(lambda s: len(face.pictures) > count and s.status == "paused")
    assert controller.model() is model
    # The figures of what is shown come all the same.
    face.until(lambda s: s.hectares_current and s.status == "paused")
    controller.update_once()
    state = face.until(lambda s: s.status == "paused")
    assert (state.message, [row.pixels for row in state.rows][-2:]) == ("", [64, 84])
    controller.change_areas([], [6])
    controller.set_live(True)
    assert len(face.until(lambda s: s.status == "live" and s.f1 is not None).rows) == 5


def test_the_threshold_moves_water_and_scores_but_not_the_model(face: Face, scene: str) -> None:
    controller = started(face, scene, LAKE + LAND)
    first = face.settled()
    model = controller.model()
    controller.set_threshold(0.999)
    assert not face.state.hectares_current
    state = face.settled()
    assert controller.model() is model
    assert state.hectares < first.hectares
    assert state.hectares_in_view == pytest.approx(state.hectares, rel=1e-3)
    assert state.change is None


def test_settings_reach_model_and_samples(face: Face, scene: str) -> None:
    controller = started(face, scene, LAKE + LAND)
    face.settled()
    settings, sampling = TrainingSettings(balance=True, water_fraction=0.1, l2=1e-3), SamplingSettings(max_per_class=50)
    controller.set_settings(settings, sampling)
    assert face.settled().pixels == 100
    wanted = train_live(sample_pixels(scene, roles_of(scene), shapes_of(LAKE + LAND), sampling).samples, settings, QUIET).model
    assert controller.model().coefficients == pytest.approx(wanted.coefficients, rel=1e-5)
    assert controller.model().intercept == pytest.approx(wanted.intercept, rel=1e-5)
    controller.set_settings(TrainingSettings(hidden_units=3))
    assert "hidden units" in face.until(lambda s: s.status == "failed").message
    controller.set_settings(TrainingSettings())
    face.settled()


def test_doubtful_places_lie_in_the_image_and_follow_one_another(face: Face, scene: str) -> None:
    controller = started(face, scene, LAKE + LAND)
    assert controller.next_doubtful_place() is None
    face.settled()
    places = [face.state.doubtful_place]
    while (place := controller.next_doubtful_place()) == places[-1] and face.state.doubtful_place != places[0]:
        places.append(face.state.doubtful_place)
    assert place in places
    left, bottom, right, top = grid_of(scene).extent
    assert all(left < x < right and bottom < y < top for x, y in places)
    assert len(set(places)) == len(places) > 1


def test_grow_answers_the_newest_call(face: Face, scene: str) -> None:
    controller = started(face, scene, [])
    answers = []
    controller.grow(500_100, 5_799_900, 8, lambda wkb: answers.append(("first", wkb)))
    controller.grow(500_105, 5_799_905, 8, lambda wkb: answers.append(("second", wkb)))
    controller.grow(501_000, 5_900_000, 8, lambda wkb: answers.append(("outside", wkb)))
    face.until(lambda _: answers)
    assert answers == [("outside", None)]
    controller.grow(500_105, 5_799_905, 16, lambda wkb: answers.append(("lake", wkb)))
    face.until(lambda _: len(answers) > 1)
    assert ogr.CreateGeometryFromWkb(answers[1][1]).Area() / 100 > 1000
    Controller().grow(0, 0, 1, answers.append)
    assert answers[-1] is None


def test_an_image_that_cannot_be_read_fails_with_its_reason_and_the_next_one_works(face: Face, scene: str, tmp_path: Path) -> None:
    controller = face.controller
    controller.set_areas(LAKE + LAND)
    controller.set_view(VIEW)
    controller.set_image(RasterFile(str(tmp_path / "absent.tif")), roles_of(scene))
    assert "absent.tif" in face.until(lambda s: s.status == "failed").message
    assert face.pictures[-1] is None
    controller.set_image(RasterFile(scene), roles_of(scene))
    face.settled()


def test_an_image_that_was_written_anew_is_read_anew(face: Face, scene: str, tmp_path: Path) -> None:
    copy = str(tmp_path / "copy.tif")
    shutil.copyfile(scene, copy)
    controller = started(face, copy, LAKE + LAND)
    face.settled()
    shutil.copyfile(scene, tmp_path / "newer.tif")
    (tmp_path / "newer.tif").replace(copy)
    controller.change_areas([box(3, True, 20, 119, 10, 6)], [])
    assert "changed while it was being read" in face.until(lambda s: s.status == "failed").message
    controller.change_areas(LAKE[2:], [])
    face.settled()


def test_a_bug_is_told_and_ends_no_thread(face: Face, scene: str, monkeypatch: pytest.MonkeyPatch) -> None:
    controller = started(face, scene, LAKE + LAND)
    face.settled()
    with monkeypatch.context() as patch:
        patch.setattr(engine_module, "train_live", lambda *_: 1 // 0)
        controller.change_areas([], [3])
        assert "ZeroDivisionError" in face.until(lambda s: s.status == "failed").message
    controller.change_areas(LAKE[2:], [])
    face.settled()


def test_an_edit_stops_what_is_done_for_an_earlier_one(face: Face, scene: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole image and the areas left out are given up, and their late results are dropped."""
    begun, ended = threading.Event(), []
    measure = Engine.measure

    def slow(self: Engine, training: object, left_out: object, threshold: float, turn: Turn) -> object:
        if not begun.is_set():
            begun.set()
            while not turn.cancelled():
                time.sleep(0.001)
            ended.append(True)
        return measure(self, training, left_out, threshold, turn)

    monkeypatch.setattr(Engine, "measure", slow)
    controller = started(face, scene, LAKE + LAND)
    face.until(lambda _: begun.is_set())
    assert not face.state.hectares_current
    controller.change_areas([], [3])
    state = face.settled()
    assert ended == [True]
    assert len(state.rows) == 5
    assert state.change is None


def test_closing_in_the_middle_leaves_no_thread_and_says_no_more(scene: str) -> None:
    for pause in (0.0, 0.01, 0.05):
        controller = Controller(rest=1)
        face = Face(controller)
        started(face, scene, LAKE + LAND)
        end = time.monotonic() + pause
        while time.monotonic() < end:
            QCoreApplication.processEvents()
        controller.close()
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("ipeo-water")]
        heard = len(face.states)
        controller.change_areas([], [1])
        QCoreApplication.processEvents()
        assert len(face.states) == heard


def test_a_worker_does_the_newest_job_alone() -> None:
    worker, done, going = Worker("ipeo-water test"), [], threading.Event()

    def first(turn: Turn) -> None:
        going.set()
        while not turn.cancelled():
            time.sleep(0.001)
        done.append("first was overtaken")

    worker.submit(first)
    going.wait()
    finished = threading.Event()
    worker.submit(lambda _: done.append("never"))
    worker.submit(lambda _: (done.append("third"), finished.set()))
    finished.wait()
    worker.close()
    worker.submit(lambda _: done.append("closed"))
    assert done[0] == "first was overtaken"
    assert done[-1] == "third"
    assert "closed" not in done


def random_area(draw: np.random.Generator, fid: int) -> Area:
    left, top = draw.uniform(-10, 195), draw.uniform(-10, 145)
    return box(fid, bool(left < 55) ^ bool(draw.random() < 0.03), left, top, draw.uniform(0.3, 14), draw.uniform(0.3, 14))


class Steps:
    """Random steps, and what they have led to."""

    def __init__(self, controller: Controller, scene: str) -> None:
        self.controller, self.image = controller, (RasterFile(scene), roles_of(scene))
        self.draw = np.random.default_rng(20)
        self.areas: dict[int, Area] = {}
        self.view, self.mode, self.threshold, self.live, self.settings = VIEW, Mode.PROBABILITY, 0.5, True, TrainingSettings()

    def edit(self) -> None:
        """Add, reshape, re-class or remove an area."""
        draw, kind = self.draw, self.draw.choice(["add", "add", "reshape", "class", "remove"])
        fid = int(draw.integers(-500, 1000)) if kind == "add" or not self.areas else int(draw.choice(sorted(self.areas)))
        old = self.areas.pop(fid, None)
        if kind == "remove" and old is not None:
            self.controller.change_areas([], [fid])
            return
        self.areas[fid] = replace(old, water=not old.water) if kind == "class" and old is not None else random_area(draw, fid)
        self.controller.change_areas([self.areas[fid]], [])

    def look(self) -> None:
        """Pan, zoom, turn, or show something else."""
        draw = self.draw
        if draw.integers(2):
            self.mode = Mode(draw.choice([mode.value for mode in Mode]))
            self.controller.set_mode(self.mode)
        else:
            unit, rotation = float(draw.uniform(3, 50)), float(draw.choice([0, 30]))
            self.view = replace(VIEW, x=VIEW.x + float(draw.uniform(-900, 900)), units_per_pixel=unit, rotation=rotation)
            self.controller.set_view(self.view)

    def set_up(self) -> None:
        """Change a setting, or choose the image again."""
        draw, kind = self.draw, self.draw.choice(["threshold", "live", "settings", "image"])
        if kind == "threshold":
            self.threshold = float(draw.uniform(0.2, 0.8))
            self.controller.set_threshold(self.threshold)
        elif kind == "live":
            self.live = not self.live
            self.controller.set_live(self.live)
        elif kind == "settings":
            self.settings = TrainingSettings(balance=bool(draw.integers(2)), l2=float(draw.choice([1e-6, 1e-3])))
            self.controller.set_settings(self.settings)
        else:
            self.controller.set_image(*self.image)

    def start_again(self, controller: Controller) -> None:
        """Tell another controller all at once."""
        controller.set_settings(self.settings)
        controller.set_mode(self.mode)
        controller.set_threshold(self.threshold)
        controller.set_image(*self.image)
        controller.set_view(self.view)
        controller.set_areas(list(reversed(self.areas.values())))


def test_after_random_steps_all_agrees_with_a_fresh_computation(face: Face, scene: str) -> None:
    steps = Steps(started(face, scene, []), scene)
    compared = 0
    for number in range(500 if SOAK else 125):
        steps.draw.choice([steps.edit, steps.edit, steps.look, steps.set_up])()
        for _ in range(int(steps.draw.integers(0, 30))):
            QCoreApplication.processEvents()
            time.sleep(0.0005)
        if number % 25 == 24:
            steps.controller.update_once()
            compared += agrees(face, steps)
    assert compared > (10 if SOAK else 2)
    assert not [state for state in face.states if state.status == "failed"]


def agrees(face: Face, steps: Steps) -> bool:
    """Hold what the controller shows against a new controller that is given all at once; return whether there is a model."""
    other = Controller(rest=1)
    fresh = Face(other)
    steps.start_again(other)
    found = [side.until(lambda s: s.status in {"live", "paused", "waiting", "empty"}) for side in (face, fresh)]
    if other.model() is not None:
        found = [side.until(lambda s: s.hectares_current and s.status in {"live", "paused"}) for side in (face, fresh)]
        one, two = (side.controller.model() for side in (face, fresh))
        assert one.probability([np.arange(1, 4000.0)] * 3) == pytest.approx(two.probability([np.arange(1, 4000.0)] * 3), abs=1e-5)
        assert np.abs(face.pictures[-1].rgba.astype(int) - fresh.pictures[-1].rgba).max() <= 1
        for name in ("hectares", "hectares_in_view", "f1", "ndwi_f1", "hectares_range", "f1_range"):
            values = [getattr(state, name) for state in found]
            assert (values[0] is None) == (values[1] is None), name
            assert values[0] is None or values[0] == pytest.approx(values[1], rel=1e-3, abs=1e-3), name
    else:
        assert face.controller.model() is None
        assert face.pictures[-1] is None
    names = ("fid", "water", "pixels", "problem")
    rows = [[tuple(getattr(row, name) for name in names) for row in state.rows] for state in found]
    assert rows[0] == rows[1]
    assert [row.right for row in found[0].rows] == pytest.approx([row.right for row in found[1].rows], abs=0.02)
    assert (found[0].pixels, found[0].water_areas, found[0].other_areas) == (found[1].pixels, found[1].water_areas, found[1].other_areas)
    trained = other.model() is not None
    other.close()
    return trained
