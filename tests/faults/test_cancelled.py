"""Cancel pressed at any moment of any algorithm, on a scene far too large to be done with: little goes on after it, nothing is left."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import random
import threading
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scenes
from osgeo import gdal
from patience import SOAK
from provided import ALGORITHMS
from qgis.core import QgsApplication, QgsFeatureIterator, QgsProcessingContext, QgsProcessingFeedback, QgsProcessingUtils, QgsProject

from ipeo_water_plugin.algorithms.base import FeedbackProgress
from ipeo_water_plugin.core.errors import WaterError
from ipeo_water_plugin.core.grid import Window
from ipeo_water_plugin.core.model_json import write_model
from ipeo_water_plugin.core.raster.geotiff import GeoTiffWriter
from ipeo_water_plugin.core.raster.source import Source

SAMPLE = Path(__file__).resolve().parents[2] / "resources" / "sample"
TIMES = 20 if SOAK else 1
# Twice the side of a Sentinel-2 tile; a virtual raster over the sample scene, which is there at once.
SIDE = 21960
# Even the quickest algorithm is far from done when it has asked so many times whether to go on.
LATEST = 30 if SOAK else 10

pytestmark = pytest.mark.usefixtures("provider")

Job = Callable[..., dict[str, Any]]


class Pressed(QgsProcessingFeedback):
    """Presses Cancel where progress reaches `at`, or as the run asks for the n-th time whether to go on.

    It notes how far the work was then, and how far it went on: in percent, in pixels read and written, in further questions.
    """

    latest: Pressed

    def __init__(self, at: float | None = None, question: int | None = None) -> None:
        super().__init__(False)
        self.at, self.question = at, question
        self.pressed, self.last, self.asked, self.pixels = False, 0.0, 0, 0
        self.errors: list[str] = []
        self.progressChanged.connect(self._moved)
        Pressed.latest = self

    def press(self) -> None:
        self.pressed, self.then = True, (self.last, self.asked, self.pixels)
        self.cancel()

    def ask(self) -> None:
        self.asked += 1
        if self.asked == self.question:
            self.press()

    def _moved(self, percent: float) -> None:
        self.last = percent
        if self.at is not None and not self.pressed and percent >= self.at:
            self.press()

    def pushInfo(self, info: str) -> None:
        pass

    def pushWarning(self, warning: str) -> None:
        pass

    def reportError(self, error: str, fatalError: bool = False) -> None:
        self.errors.append(error)


def run(name: str, parameters: dict[str, Any], feedback: QgsProcessingFeedback) -> bool:
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    return QgsApplication.processingRegistry().algorithmById(f"ipeowater:{name}").create().run(parameters, context, feedback)[1]


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the latest feedback count questions, which are asked through a step's own feedback too, and pixels in whichever thread."""

    def question(progress: FeedbackProgress) -> bool:
        Pressed.latest.ask()
        return ask(progress)

    def reading(source: Source, window: Window, *shape: Any) -> Any:
        Pressed.latest.pixels += window.pixels
        return read(source, window, *shape)

    def writing(writer: GeoTiffWriter, window: Window, values: np.ndarray) -> None:
        Pressed.latest.pixels += window.pixels
        write(writer, window, values)

    ask, read, write = FeedbackProgress.cancelled, Source.read, GeoTiffWriter.write
    monkeypatch.setattr(FeedbackProgress, "cancelled", question)
    monkeypatch.setattr(Source, "read", reading)
    monkeypatch.setattr(GeoTiffWriter, "write", writing)


def enlarged(source: Path, target: Path) -> str:
    assert gdal.Translate(str(target), str(source), format="VRT", width=SIDE, height=SIDE) is not None
    return str(target)


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """Parameters with which each algorithm has work for long, and would write all it can."""
    folder = tmp_path_factory.mktemp("jobs")
    write_model(scenes.MODEL, folder / "m.json")
    areas = {"POLYGONS": str(SAMPLE / "labels.gpkg"), "CLASS_FIELD": "class"}
    model = {"MODEL": str(folder / "m.json")}
    small = {"INPUT": str(SAMPLE / "image.tif")}
    assert run("predictwaterprobability", {**small, **model, "OUTPUT": str(folder / "p.tif")}, Pressed())
    assert run("samplepixels", {**small, **areas, "OUTPUT": str(folder / "s.gpkg")}, Pressed())
    # The same samples many times over, as one layer.
    source = f"<SrcDataSource>{folder / 's.gpkg'}</SrcDataSource><SrcLayer>s</SrcLayer>"
    layers = f'<OGRVRTLayer name="s">{source}</OGRVRTLayer>' * 40
    (folder / "s.vrt").write_text(f'<OGRVRTDataSource><OGRVRTUnionLayer name="s">{layers}</OGRVRTUnionLayer></OGRVRTDataSource>')
    images = (enlarged(SAMPLE / "image.tif", folder / "image.vrt"), small["INPUT"])
    probabilities = (enlarged(folder / "p.tif", folder / "probability.vrt"), str(folder / "p.tif"))
    made = {"areas": areas["POLYGONS"], "model": model["MODEL"]}
    dates = [probabilities[0], enlarged(folder / "p.tif", folder / "another.vrt")]
    (folder / "dates.csv").write_text("probability.vrt,2020-06-01\nanother.vrt,2020-07-01\n")

    def parameters(name: str, out: Path, *, itself: bool = False) -> dict[str, Any]:
        """With `itself` on the sample scene itself, where a run comes to its end."""
        image, probability = {"INPUT": images[itself]}, {"INPUT": probabilities[itself]}
        report, layer = {"OUTPUT_REPORT": str(out / "r.html")}, {"OUTPUT": str(out / "layer.gpkg")}
        raster, trained = {"OUTPUT": str(out / "p.tif")}, {"OUTPUT": str(out / "m.json")}
        reference = {"REFERENCE": areas["POLYGONS"], "CLASS_FIELD": "class"}
        known = {
            "mapwater": {**image, **areas, **raster, **report, "OUTPUT_MODEL": str(out / "m.json"), "EPOCHS": 300, "FOLDS": 0},
            "samplepixels": {**image, **areas, **layer, "MAX_PER_CLASS": 0},
            "trainlogisticregression": {"INPUT": str(folder / "s.vrt"), **trained, **report, "EPOCHS": 3000, "L2": 0, "FOLDS": 3},
            "predictwaterprobability": {**image, **model, **raster},
            "virtualwaterprobability": {**image, **model, "OUTPUT": str(out / "p.vrt")},
            "extractwater": {
                **probability,
                **layer,
                "METHOD": "otsu",
                "FILL_HOLES": 1000,
                "OUTPUT_MASK": str(out / "mask.tif"),
            },
            "samplereference": {**probability, **layer},
            "assessaccuracy": {**probability, **reference, **layer, **report},
            "suggestpolygons": {**image, **model, **layer, "POLYGONS": areas["POLYGONS"]},
            "wateroccurrence": {
                "INPUTS": dates,
                **raster,
                "DATES": str(folder / "dates.csv"),
                **{f"OUTPUT_{what}": str(out / f"{what}.tif") for what in ("MONTHS", "DATES", "RECURRENCE")},
            },
            "watertimeseries": {"BODIES": areas["POLYGONS"], "INPUTS": dates, **layer, **report},
            "createtraininglayer": {**image, **layer},
            "checksetup": {},
        }
        if name in known:
            return known[name]
        files = {"image": images[itself], "probability": probabilities[itself], "samples": str(folder / "s.vrt"), **made}
        return {**ALGORITHMS[name].given(files), **{key: str(out / file) for key, file in ALGORITHMS[name].outputs.items()}}

    return parameters


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def temporary() -> set[str]:
    return set(os.listdir(QgsProcessingUtils.tempFolder()))


def resident() -> float:
    """Memory in MiB that this process holds, without what glibc keeps of memory that was given back."""
    gc.collect()
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024**2


@pytest.fixture(scope="module", autouse=True)
def frozen_objects_thaw() -> Iterator[None]:
    yield
    gc.unfreeze()


def held() -> list[object]:
    """Errors of ours, and open readings of layers, that this process keeps; frozen ones are left out."""
    gc.collect()
    return [known for known in gc.get_objects() if issubclass(type(known), (WaterError, QgsFeatureIterator))]


Hold = Callable[[bool, Pressed], None]


@pytest.fixture
def hold(out: Path, counting: None) -> Hold:
    """Hold what is promised of a run in which Cancel was pressed, against what there was before it."""
    threads, files = threading.active_count(), temporary()
    gc.collect()
    # The half million objects of PyTorch, QGIS and earlier tests needn't be looked through after each run.
    gc.freeze()

    def check(succeeded: bool, feedback: Pressed) -> None:
        assert not succeeded
        assert feedback.errors[-1] == "Cancelled."
        percent, asked, pixels = feedback.then
        # It takes yes for an answer: at most once while it is prepared, where PyTorch is tried first, and once as it runs.
        assert feedback.asked - asked <= 2
        # What is slow to stop here would take minutes on a larger scene; a step or two may be under way. Prediction leaves out the first
        # five of a hundred where there is no mask to read.
        assert feedback.last - max(percent, 5) < 5
        assert feedback.pixels - pixels < 0.05 * SIDE**2
        assert list(out.iterdir()) == []
        assert temporary() == files
        assert scenes.threads() == []
        # Fewer, where a thread that an earlier test left has ended meanwhile.
        assert threading.active_count() <= threads
        # QGIS keeps the exception of a run; behind it would be all that the run had at hand, and after a few runs the next would wait for a
        # connection to the layer for ever.
        assert held() == []

    return check


LONG = (
    "mapwater",
    "samplepixels",
    "trainlogisticregression",
    "predictwaterprobability",
    "extractwater",
    "samplereference",
    "assessaccuracy",
    "suggestpolygons",
    "wateroccurrence",
    "checksetup",
)


@pytest.mark.parametrize("name", LONG)
def test_at_a_random_moment(name: str, job: Job, out: Path, hold: Hold, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run asks again and again whether to go on: Cancel is pressed as it asks for the n-th time, n drawn from a seed."""
    if name == "checksetup":
        # It asks while another Python tries PyTorch: one that never comes to an end.
        (tmp_path / "torch.py").write_text("import time; time.sleep(600)")
        monkeypatch.syspath_prepend(str(tmp_path))
    draw = random.Random(name)
    for _ in range(TIMES):
        # Between two questions lie many dates of many pixels.
        feedback = Pressed(question=draw.randint(2, 8 if name == "wateroccurrence" else LATEST))
        succeeded = run(name, job(name, out), feedback)
        assert feedback.pressed, ["it was done before Cancel was pressed", *feedback.errors]
        hold(succeeded, feedback)


# Each stage of the work asks for itself. The later ones are reached by waiting, so most of them are left to `make soak`.
STAGES = {
    "mapwater": ((1, 34), (70, 90, 98.6, 99.5)),
    "samplepixels": ((1, 20, 79.9), (40,)),
    "trainlogisticregression": ((1,), (15, 50, 80)),
    "predictwaterprobability": ((10,), (50, 95)),
    "extractwater": ((2,), (25, 45, 65, 72, 85)),
    "samplereference": ((2,), (30, 60, 85)),
    "assessaccuracy": ((1, 15), (42, 60, 75, 90)),
    "suggestpolygons": ((1, 12), (30, 60, 80)),
    "wateroccurrence": ((2,), (50, 95)),
    "watertimeseries": ((2, 95), (50,)),
    "virtualwaterprobability": ((10,), ()),
}


@pytest.mark.parametrize(
    ("name", "percent"), [(name, percent) for name, (early, late) in STAGES.items() for percent in (*early, *(late if SOAK else ()))]
)
def test_at_every_stage(name: str, percent: float, job: Job, out: Path, hold: Hold) -> None:
    feedback = Pressed(percent)
    succeeded = run(name, job(name, out), feedback)
    assert feedback.pressed, feedback.errors
    hold(succeeded, feedback)


# Results that are finished stay when many rasters are cancelled: tests/cluster holds that, on this machine and on a cluster.
@pytest.mark.parametrize("name", sorted({*ALGORITHMS} - {"predictmanyrasters"}))
def test_before_it_began(name: str, job: Job, out: Path, hold: Hold) -> None:
    feedback = Pressed()
    feedback.press()
    hold(run(name, job(name, out), feedback), feedback)


@pytest.mark.parametrize(("name", "percent"), [("mapwater", 98.3), ("assessaccuracy", 89.9)])
def test_while_the_report_is_made(name: str, percent: float, job: Job, out: Path, hold: Hold) -> None:
    """What is whole by then has not taken its place yet."""
    feedback = Pressed(percent)
    succeeded = run(name, job(name, out, itself=True), feedback)
    assert feedback.pressed, feedback.errors
    hold(succeeded, feedback)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from Linux' own files")
@pytest.mark.parametrize("name", ["predictwaterprobability", "samplereference", "samplepixels"])
def test_no_memory_is_kept(name: str, job: Job, out: Path) -> None:
    """Cancelled again and again: what GDAL's cache, or a thread that is ending, holds comes and goes; what is kept grows with each run.

    Read off the median of the slopes between all pairs of runs (Theil and Sen), so that neither the first runs' caches count nor a thread
    that holds on to its block in every other run.
    """
    held = []
    for _ in range(40 if SOAK else 6):
        feedback = Pressed({"predictwaterprobability": 6, "samplereference": 1, "samplepixels": 3}[name])
        assert not run(name, job(name, out), feedback)
        held.append(resident())
    slopes = [(later - earlier) / (right - left) for (left, earlier), (right, later) in combinations(enumerate(held), 2)]
    assert np.median(slopes) < 60 / len(held), held


def test_what_a_failed_run_held_goes_with_the_next(job: Job, out: Path) -> None:
    feedback = Pressed()
    feedback.press()
    assert not run("samplereference", job("samplereference", out), feedback)
    place = id(feedback)
    del feedback, Pressed.latest
    QgsApplication.processingRegistry().algorithmById("ipeowater:checksetup").create()
    gc.collect()
    assert [known for known in gc.get_objects() if type(known) is Pressed and id(known) == place] == []
