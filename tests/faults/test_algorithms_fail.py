"""Every algorithm on a full disk and before a destination that can't be replaced, by processing.run, alg.run and qgis_process."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import processing
import pytest
import scenes
from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingException, QgsProcessingFeedback, QgsProject
from test_killed import SCENE, qgis_process

OUTPUTS = {
    "mapwater": "p.tif",
    "samplepixels": "s.gpkg",
    "trainlogisticregression": "m.json",
    "predictwaterprobability": "p.tif",
    "virtualwaterprobability": "p.vrt",
    "extractwater": "bodies.gpkg",
    "samplereference": "points.gpkg",
    "assessaccuracy": "table.gpkg",
    "suggestpolygons": "places.gpkg",
    "createtraininglayer": "areas.gpkg",
    "wateroccurrence": "share.tif",
}
# These fit where a raster doesn't: only a disk without a byte left stops them.
SMALL = {"trainlogisticregression", "virtualwaterprobability", "wateroccurrence"}


class Said(QgsProcessingFeedback):
    """Remembers the errors."""

    def __init__(self) -> None:
        super().__init__(False)
        self.errors: list[str] = []

    def reportError(self, error: str, fatalError: bool = False) -> None:
        self.errors.append(error)


pytestmark = pytest.mark.usefixtures("provider")


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """Parameters with which each algorithm would succeed, but for its destination."""
    folder = tmp_path_factory.mktemp("good")
    scenes.MODEL.save(folder / "m.json")
    processing.run("ipeowater:samplepixels", {**SCENE, "MAX_PER_CLASS": 2000, "OUTPUT": str(folder / "s.gpkg")}, feedback=Said())
    scenes.run(SCENE["INPUT"], folder / "p.tif")
    probability, applied = {"INPUT": str(folder / "p.tif")}, {"INPUT": SCENE["INPUT"], "MODEL": str(folder / "m.json")}
    jobs: dict[str, dict[str, Any]] = {
        "mapwater": {**SCENE, "EPOCHS": 5, "MAX_PER_CLASS": 500},
        "samplepixels": dict(SCENE),
        "trainlogisticregression": {"INPUT": str(folder / "s.gpkg"), "EPOCHS": 5},
        "predictwaterprobability": applied,
        "virtualwaterprobability": applied,
        "suggestpolygons": applied,
        "createtraininglayer": {"INPUT": SCENE["INPUT"]},
        "extractwater": probability,
        "samplereference": probability,
        "assessaccuracy": {**probability, "REFERENCE": SCENE["POLYGONS"], "CLASS_FIELD": "class"},
        "wateroccurrence": {"INPUTS": [probability["INPUT"]]},
    }
    return lambda name: dict(jobs[name])


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Mount something; skipped, with the reason, where that isn't allowed."""
    points: list[Path] = []

    def mount(point: Path, *words: str) -> None:
        done = subprocess.run(["mount", *words, str(point)], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
        points.append(point)

    yield mount
    for point in points:
        subprocess.run(["umount", "--lazy", str(point)], check=False)


def said_by(name: str, parameters: dict[str, Any]) -> list[str]:
    """Run in both ways, which both have to fail, and return what each says."""
    with pytest.raises(QgsProcessingException) as error:
        processing.run(f"ipeowater:{name}", parameters, feedback=(told := Said()))
    context, unchecked = QgsProcessingContext(), Said()
    context.setProject(QgsProject.instance())
    _, succeeded = QgsApplication.processingRegistry().algorithmById(f"ipeowater:{name}").create().run(parameters, context, unchecked)
    assert not succeeded
    both = [str(error.value) + "\n".join(told.errors), "\n".join(unchecked.errors)]
    assert "Traceback" not in "".join(both)
    return both


def fill(folder: Path, left: int) -> None:
    with (folder / "filling").open("wb") as file:
        file.write(bytes(shutil.disk_usage(folder).free - left))


@pytest.mark.parametrize(
    ("name", "left"),
    [*((name, 0) for name in sorted(OUTPUTS)), *((name, 65536) for name in sorted(OUTPUTS) if name not in SMALL)],
)
def test_a_full_disk(name: str, left: int, job: Callable[[str], dict[str, Any]], mounted: Callable[..., None], tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted(disk, "-t", "tmpfs", "-o", "size=1m", "tmpfs")
    target = disk / OUTPUTS[name]
    target.write_bytes(b"an earlier result")
    fill(disk, left)
    for said in said_by(name, {**job(name), "OUTPUT": str(target)}):
        assert str(target) in said
        assert any(word in said for word in ("full", "free", "No space left")), said
    assert sorted(os.listdir(disk)) == sorted(["filling", target.name])
    assert target.read_bytes() == b"an earlier result"


@pytest.mark.parametrize("name", sorted(OUTPUTS))
def test_a_destination_that_cant_be_replaced(
    name: str, job: Callable[[str], dict[str, Any]], mounted: Callable[..., None], tmp_path: Path
) -> None:
    """A file that is itself a mount is busy, as one is on Windows that another program has open."""
    out = tmp_path / "out"
    out.mkdir()
    target, other = out / OUTPUTS[name], tmp_path / "other"
    target.write_bytes(b"")
    other.write_bytes(b"an earlier result")
    mounted(target, "--bind", str(other))
    for said in said_by(name, {**job(name), "OUTPUT": str(target)}):
        assert f"{target} can't be replaced" in said
        assert "close what has it open" in said
    assert os.listdir(out) == [target.name]
    assert target.read_bytes() == b"an earlier result"


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("mapwater", {"OUTPUT": "p.tif", "OUTPUT_REPORT": "r.html", "OUTPUT_MODEL": "m.json"}),
        ("trainlogisticregression", {"OUTPUT": "m.json", "OUTPUT_REPORT": "r.html"}),
        ("assessaccuracy", {"OUTPUT": "t.gpkg", "OUTPUT_REPORT": "r.html"}),
        ("extractwater", {"OUTPUT": "b.gpkg", "OUTPUT_MASK": "mask.tif"}),
    ],
)
def test_a_disk_on_which_one_of_several_files_finds_no_room(
    name: str, files: dict[str, str], job: Callable[[str], dict[str, Any]], mounted: Callable[..., None], tmp_path: Path
) -> None:
    """Each file in turn goes to the full disk: the others, which have room, don't come alone."""
    disk, out = tmp_path / "disk", tmp_path / "out"
    disk.mkdir()
    out.mkdir()
    mounted(disk, "-t", "tmpfs", "-o", "size=1m", "tmpfs")
    fill(disk, 0)
    for unlucky in files:
        places = {key: (disk if key == unlucky else out) / file for key, file in files.items()}
        for place in places.values():
            place.touch()
        for said in said_by(name, {**job(name), **{key: str(place) for key, place in places.items()}}):
            assert str(places[unlucky]) in said
        assert sorted(os.listdir(disk)) == sorted(["filling", places[unlucky].name])
        assert {place.stat().st_size for place in places.values()} == {0}
        assert sorted(os.listdir(out)) == sorted(place.name for key, place in places.items() if key != unlucky)
        for place in places.values():
            place.unlink()


def test_a_gigabyte_for_a_model(job: Callable[[str], dict[str, Any]], tmp_path: Path) -> None:
    junk = tmp_path / "junk.json"
    with junk.open("wb") as file:
        file.truncate(1024**3)
    parameters = {**job("predictwaterprobability"), "MODEL": str(junk), "OUTPUT": str(tmp_path / "p.tif")}
    for said in said_by("predictwaterprobability", parameters):
        assert "junk.json can't be used as a model: it is larger than" in said


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_isnt_there(device: str, job: Callable[[str], dict[str, Any]], tmp_path: Path) -> None:
    import torch

    if (torch.backends.mps if device == "mps" else torch.cuda).is_available():
        pytest.skip(f"{device} is there")
    for name in ("trainlogisticregression", "mapwater"):
        for said in said_by(name, {**job(name), "DEVICE": device, "OUTPUT": str(tmp_path / OUTPUTS[name])}):
            assert device in said.lower()
    assert os.listdir(tmp_path) == []


def test_a_full_disk_through_qgis_process(job: Callable[[str], dict[str, Any]], mounted: Callable[..., None], tmp_path: Path) -> None:
    program, environment = qgis_process(tmp_path)
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted(disk, "-t", "tmpfs", "-o", "size=200k", "tmpfs")
    words = [f"{key}={value}" for key, value in {**job("predictwaterprobability"), "OUTPUT": str(disk / "p.tif")}.items()]
    command = [program, "run", "ipeowater:predictwaterprobability", "--", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    shown = done.stdout + done.stderr
    assert done.returncode == 1, shown
    assert "The disk may be full" in shown
    assert "Traceback" not in shown
    assert os.listdir(disk) == []
