"""Every algorithm on a full disk and before a destination that can't be replaced, by processing.run, alg.run and qgis_process."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import processing
import pytest
from jobs import Said, content, qgis_process, said_by
from osgeo import gdal
from provided import OUTPUTS
from qgis.core import QgsProcessingException

# These fit where a raster doesn't: only a disk without a byte left stops them.
SMALL = {"stackbands", "trainlogisticregression", "virtualwaterprobability", "wateroccurrence"}


pytestmark = pytest.mark.usefixtures("provider")


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
    target = disk / OUTPUTS[name]["OUTPUT"]
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
    target, other = out / OUTPUTS[name]["OUTPUT"], tmp_path / "other"
    # What can't be read isn't replaced at all where it may be somebody's work.
    layer = OUTPUTS[name]["OUTPUT"].endswith(".gpkg")
    earlier = b"" if layer else b"an earlier result"
    target.write_bytes(b"")
    other.write_bytes(earlier)
    mounted(target, "--bind", str(other))
    for said in said_by(name, {**job(name), "OUTPUT": str(target)}):
        assert f"{target} can't be replaced" in said
        assert "close the program that has it open" in said
    assert os.listdir(out) == [target.name]
    assert target.read_bytes() == earlier


@pytest.mark.parametrize("name", sorted(OUTPUTS))
def test_a_write_protected_result_stays(name: str, job: Callable[[str], dict[str, Any]], tmp_path: Path) -> None:
    """Each of its files; virtual rasters are made so."""
    for key, file in OUTPUTS[name].items():
        target = tmp_path / file
        if target.suffix == ".vrt":
            continue
        others = {other: str(tmp_path / file) for other, file in OUTPUTS[name].items()}
        target.write_bytes(b"")
        target.chmod(0o444)
        for said in said_by(name, {**job(name), **others}):
            assert f"{target} is write-protected" in said, key
        assert os.listdir(tmp_path) == [target.name]
        target.unlink()


# Whether it is killed before its transaction has reached the database, or after.
@pytest.mark.parametrize(("mode", "rows"), [("WAL", 1), ("WAL", 1000), ("DELETE", 1), ("DELETE", 1000)])
def test_a_database_that_another_program_works_on(
    mode: str, rows: int, job: Callable[[str], dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it lives it keeps its file. What it leaves once killed, the next reader would take for the new file's, whosever it is."""
    # SQLite would wait five seconds for a database that is locked.
    monkeypatch.setenv("SQLITE_BUSY_TIMEOUT", "0")
    target, suffix = tmp_path / "areas.gpkg", {"WAL": "-wal", "DELETE": "-journal"}[mode]
    code = (
        "import sqlite3, sys; base = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "for word in ('PRAGMA journal_mode=' + sys.argv[2], 'PRAGMA cache_size=1', 'BEGIN', 'CREATE TABLE t (a)'): base.execute(word)\n"
        f"base.executemany('INSERT INTO t VALUES (?)', [('x' * 1000,)] * {rows}); print('at work', flush=True); sys.stdin.read()\n"
    )
    parameters = {**job("createtraininglayer"), "OUTPUT": str(target)}
    processing.run("ipeowater:createtraininglayer", parameters, feedback=Said())
    whole = content(target)
    with subprocess.Popen([sys.executable, "-c", code, str(target), mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"at work\n"
        earlier = target.read_bytes()
        for said in said_by("createtraininglayer", parameters):
            assert f"{target} is in use, in QGIS or by another program" in said
        assert target.read_bytes() == earlier
        other.kill()
    assert Path(f"{target}{suffix}").exists()
    processing.run("ipeowater:createtraininglayer", parameters, feedback=Said())
    assert os.listdir(tmp_path) == [target.name]
    assert content(target) == whole


@pytest.mark.parametrize(
    ("name", "files"),
    [(name, files) for name, files in OUTPUTS.items() if len(files) > 1],
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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("name", sorted(OUTPUTS))
def test_a_pipe_as_an_input(name: str, job: Callable[[str], dict[str, Any]], tmp_path: Path) -> None:
    """Whoever opens one waits until another program writes to it."""
    os.mkfifo(tmp_path / "pipe.tif")
    given = job(name)
    files = [key for key, value in given.items() if isinstance(value, str) and Path(value).is_file()]
    for key in files:
        for said in said_by(name, {**given, key: str(tmp_path / "pipe.tif"), "OUTPUT": str(tmp_path / OUTPUTS[name]["OUTPUT"])}):
            assert "is a pipe or a device" in said


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("name", ["predictwaterprobability", "predictmanyrasters", "samplepixels", "wateroccurrence"])
def test_a_virtual_raster_over_a_pipe(name: str, job: Callable[[str], dict[str, Any]], tmp_path: Path) -> None:
    """GDAL waits for it as it opens the virtual raster. In a folder nobody names the virtual raster, and it is found there."""
    os.mkfifo(tmp_path / "pipe.tif")
    given = {key: value for key, value in job(name).items() if not key.startswith(("OUTPUT", "FOLDER", "PATTERN"))}
    key = "INPUT" if "INPUT" in given else "INPUTS"
    image = job("samplepixels")["INPUT"]
    (tmp_path / "in").mkdir()
    for number, replaced in enumerate((str(tmp_path / "pipe.tif"), str(tmp_path / "in" / "1.vrt")), start=1):
        over = tmp_path / "in" / f"{number}.vrt"
        gdal.Translate(str(over), image, format="VRT").FlushCache()
        text = re.sub(
            r"<SourceFilename.*?</SourceFilename>", f"<SourceFilename>{replaced}</SourceFilename>", over.read_text(encoding="utf-8")
        )
        over.write_text(text, encoding="utf-8")
    output = {"OUTPUT_FOLDER" if name == "predictmanyrasters" else "OUTPUT": str(tmp_path / "out" / "o.tif")}
    (tmp_path / "out").mkdir()
    for over in ("1.vrt", "2.vrt"):
        file = str(tmp_path / "in" / over)
        for said in said_by(name, {**given, **output, key: [file] if key == "INPUTS" else file}):
            assert "pipe.tif is a pipe or a device" in said
    if name == "predictmanyrasters":
        folder = {"FOLDER": str(tmp_path / "in"), "PATTERN": "[12].vrt"}
        for said in said_by(name, {**{k: v for k, v in given.items() if k != key}, **output, **folder}):
            assert "pipe.tif can't be opened as a raster: it is a pipe, a socket or a device" in said


class Removing(Said):
    """Removes the folder of the results as soon as a run has got somewhere."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.fractions: list[float] = []
        self.progressChanged.connect(lambda percent: self._moved(folder, percent))

    def _moved(self, folder: Path, percent: float) -> None:
        if percent > 0:
            self.fractions.append(percent)
            shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("name", sorted(OUTPUTS))
def test_a_folder_that_goes_while_a_run_writes_to_it(name: str, job: Callable[[str], dict[str, Any]], tmp_path: Path) -> None:
    folder, told, failure = tmp_path / "results", Removing(tmp_path / "results"), ""
    folder.mkdir()
    try:
        processing.run(f"ipeowater:{name}", {**job(name), "OUTPUT": str(folder / OUTPUTS[name]["OUTPUT"])}, feedback=told)
    except QgsProcessingException as error:
        failure = str(error)
    # A run may have ended before the folder went.
    assert failure or told.fractions[:1] in ([], [100])
    assert "Traceback" not in "\n".join([failure, *told.errors])


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_isnt_there(device: str, job: Callable[[str], dict[str, Any]], tmp_path: Path) -> None:
    import torch

    if (torch.backends.mps if device == "mps" else torch.cuda).is_available():
        pytest.skip(f"{device} is there")
    for name in ("trainlogisticregression", "mapwater"):
        for said in said_by(name, {**job(name), "DEVICE": device, "OUTPUT": str(tmp_path / OUTPUTS[name]["OUTPUT"])}):
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
