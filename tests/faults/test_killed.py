"""Killed with no chance to tidy up: nothing at the destination, or what stood there, or the whole result; the next run tidies."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import children
import numpy as np
import pytest
import scenes
from jobs import SCENE, content, qgis_process
from osgeo import ogr
from patience import HANGS, SOAK, spread, wait_for
from provided import OUTPUTS

from ipeo_water_plugin.core.system import files

KILLS = 20 if SOAK else 7
# A QGIS that starts, samples, trains and predicts takes seconds: `make soak` kills as many of them, too.
KILLS_OF_QGIS = 20 if SOAK else 4


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServerContext]:
    """A process without threads that forks children which have imported everything."""
    context = multiprocessing.get_context("forkserver")
    folders = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[2])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([*folders, *filter(None, [os.environ.get("PYTHONPATH")])]))
        context.set_forkserver_preload(["children", "torch", "qgis.core", "processing"])
        yield context


def leftovers(folder: Path) -> list[Path]:
    return sorted(folder.glob(".ipeowater-*"))


Start = Callable[[children.Fuse], multiprocessing.process.BaseProcess]


def run_to_the_end(start: Start, server: ForkServerContext) -> float:
    """Return the processor time that it took, in seconds."""
    child = start(fuse := children.Fuse(server))
    child.start()
    child.join(HANGS)
    assert child.exitcode == 0
    return fuse.used.value


def kill_at_many_moments(start: Start, server: ForkServerContext, look: Callable[[], None], kills: int = KILLS) -> None:
    """Let one child run to its end, and kill others at moments spread over the processor time that this took; look each time."""
    whole, draw, died = run_to_the_end(start, server), random.Random(kills), 0
    # Kept to the end, since a run that is over before its fuse burnt down writes to it.
    fuses = []
    for number in range(kills):
        fuses.append(fuse := children.Fuse(server, whole * (number + draw.random()) / kills))
        child = start(fuse)
        child.start()
        child.join(HANGS)
        died += child.exitcode == -signal.SIGPROF
        # On a busy machine a run may take twice the processor time of the next one.
        whole = min(whole, fuse.used.value or whole)
        look()
    # The last moments may come too late for a run that needs a little less.
    assert died > kills // 2


def kill_as_files_take_their_names(name: str, parameters: dict[str, Any], server: ForkServerContext) -> None:
    given = (name, parameters, children.Fuse(server))
    child = server.Process(target=children.algorithm, args=given, kwargs={"until_renaming": True})
    child.start()
    child.join(HANGS)
    assert child.exitcode == -signal.SIGKILL


@pytest.mark.parametrize(("kind", "earlier"), spread(["gtiff", "cog"], [None, b"an earlier result"]))
def test_a_prediction(tmp_path: Path, server: ForkServerContext, kind: str, earlier: bytes | None) -> None:
    bands = scenes.pixels(1200, 1500)
    image = scenes.write_scene(tmp_path / "image.tif", bands, ("TILED=YES", "COMPRESS=ZSTD"))
    whole, out = scenes.expected(bands), tmp_path / "out"
    out.mkdir()
    target, seen = out / "p.tif", [0, 0]
    if earlier is not None:
        target.write_bytes(earlier)

    def look() -> None:
        seen[0] += bool(leftovers(out))
        if target.exists() and target.read_bytes() != earlier:
            # It was killed after the renaming.
            np.testing.assert_allclose(scenes.values(target), whole, atol=1e-5)
            seen[1] += 1
        else:
            assert target.exists() is (earlier is not None)
        target.unlink(missing_ok=True)
        if earlier is not None:
            target.write_bytes(earlier)

    def start(fuse: children.Fuse) -> multiprocessing.process.BaseProcess:
        look()
        return server.Process(target=children.predict, args=(str(image), str(target), fuse, {"format": kind}))

    kill_at_many_moments(start, server, look)
    assert seen[0], "no kill fell into the writing, so nothing was tried"
    scenes.run(image, target, format=kind)
    assert os.listdir(out) == ["p.tif"]
    np.testing.assert_allclose(scenes.values(target), whole, atol=1e-5)


def test_samplepixels(tmp_path: Path, server: ForkServerContext) -> None:
    target, counts, seen = tmp_path / "s.gpkg", set(), [0]
    parameters = {**SCENE, "MAX_PER_CLASS": 10_000, "OUTPUT": str(target)}

    def look() -> None:
        seen[0] += bool(leftovers(tmp_path))
        if target.exists():
            opened = ogr.Open(str(target))
            counts.add(opened.GetLayer(0).GetFeatureCount())
            opened = None
            target.unlink()

    def start(fuse: children.Fuse) -> multiprocessing.process.BaseProcess:
        look()
        return server.Process(target=children.algorithm, args=("samplepixels", parameters, fuse))

    kill_as_files_take_their_names("samplepixels", parameters, server)
    look()
    kill_at_many_moments(start, server, look, KILLS_OF_QGIS)
    assert seen[0]
    run_to_the_end(start, server)
    assert os.listdir(tmp_path) == ["s.gpkg"]
    look()
    # The first, the last, and whichever was renamed before the kill: all of them whole.
    assert len(counts) == 1
    assert counts.pop() > 10_000


def test_mapwater(tmp_path: Path, server: ForkServerContext) -> None:
    raster, model, earlier = tmp_path / "p.tif", tmp_path / "m.json", b"an earlier result"
    parameters = {**SCENE, "EPOCHS": 5, "FOLDS": 0, "MAX_PER_CLASS": 500, "OUTPUT": str(raster), "OUTPUT_MODEL": str(model)}
    whole: list[tuple[np.ndarray, str]] = []
    seen = [0]

    def look() -> None:
        seen[0] += bool(leftovers(tmp_path))
        if whole:
            if raster.read_bytes() != earlier:
                np.testing.assert_array_equal(scenes.values(raster), whole[0][0])
            if model.read_bytes() != earlier:
                assert '"ipeo-water-model"' in model.read_text()
                assert raster.read_bytes() != earlier
        elif raster.exists() and raster.read_bytes() != earlier:
            whole.append((scenes.values(raster), model.read_text()))
        raster.write_bytes(earlier)
        model.write_bytes(earlier)

    def start(fuse: children.Fuse) -> multiprocessing.process.BaseProcess:
        look()
        return server.Process(target=children.algorithm, args=("mapwater", parameters, fuse))

    kill_at_many_moments(start, server, look, KILLS_OF_QGIS)
    run_to_the_end(start, server)
    assert sorted(os.listdir(tmp_path)) == ["m.json", "p.qml", "p.tif"]
    np.testing.assert_array_equal(scenes.values(raster), whole[0][0])


@pytest.mark.parametrize("shore", ["pixels", "smooth"])
def test_extractwater(tmp_path: Path, shore: str, server: ForkServerContext) -> None:
    """Two files: each is nothing, or the whole of it, and the mask is never without its polygons."""
    probability, out = tmp_path / "p.tif", tmp_path / "out"
    out.mkdir()
    scenes.run(SCENE["INPUT"], probability)
    layer, mask = out / "bodies.gpkg", out / "mask.tif"
    parameters = {"INPUT": str(probability), "SHORE": shore, "OUTPUT": str(layer), "OUTPUT_MASK": str(mask)}
    counts, sums, seen = set(), set(), [0]

    def look() -> None:
        seen[0] += bool(leftovers(out))
        if mask.exists():
            assert layer.exists()
            sums.add(int(scenes.values(mask).astype(int).sum()))
            mask.unlink()
        if layer.exists():
            opened = ogr.Open(str(layer))
            counts.add(opened.GetLayer(0).GetFeatureCount())
            opened = None
            layer.unlink()

    def start(fuse: children.Fuse) -> multiprocessing.process.BaseProcess:
        look()
        return server.Process(target=children.algorithm, args=("extractwater", parameters, fuse))

    # Once as the polygons are being written beside the mask that waits for them: of those at many moments none may fall into that.
    child = server.Process(target=children.algorithm, args=("extractwater", parameters, children.Fuse(server), (str(out), 2)))
    child.start()
    child.join(HANGS)
    assert child.exitcode == -signal.SIGKILL
    assert len(leftovers(out)) >= 2
    assert not layer.exists()
    look()
    if SOAK:
        kill_at_many_moments(start, server, look)
    assert seen[0]
    run_to_the_end(start, server)
    assert sorted(os.listdir(out)) == ["bodies.gpkg", "mask.qml", "mask.tif"]
    look()
    # Those of every run that came so far, and all of them whole.
    assert (len(counts), len(sums)) == (1, 1)


def test_watertimeseries(job: Callable[[str], dict[str, Any]], server: ForkServerContext, tmp_path: Path) -> None:
    """Killed as the table is about to take its name: the earlier table and page stand as they did, and the next run tidies."""
    out = tmp_path / "out"
    out.mkdir()
    places = {key: out / file for key, file in OUTPUTS["watertimeseries"].items()}
    parameters = {**job("watertimeseries"), **{key: str(place) for key, place in places.items()}}

    def start(fuse: children.Fuse) -> multiprocessing.process.BaseProcess:
        return server.Process(target=children.algorithm, args=("watertimeseries", parameters, fuse))

    run_to_the_end(start, server)
    before = {place: place.read_bytes() for place in places.values()}
    kill_as_files_take_their_names("watertimeseries", parameters, server)
    assert leftovers(out)
    assert {place: place.read_bytes() for place in places.values()} == before
    run_to_the_end(start, server)
    assert sorted(out.iterdir()) == sorted(places.values())


@pytest.mark.skipif(not SOAK, reason="takes minutes: make soak runs it")
@pytest.mark.parametrize("name", sorted({*OUTPUTS, "predictmanyrasters"} - {"mapwater", "samplepixels", "extractwater"}))
def test_every_other_algorithm(name: str, job: Callable[[str], dict[str, Any]], server: ForkServerContext, tmp_path: Path) -> None:
    """Killed between the moment when it first leaves a trace in the folder and its end: before that nothing can be torn."""
    out = tmp_path / "out"
    out.mkdir()
    if name == "predictmanyrasters":
        applied = job("predictwaterprobability")
        parameters = {"INPUTS": [applied["INPUT"]], "MODEL": applied["MODEL"], "OUTPUT_FOLDER": str(out)}
        places = [out / "image.tif"]
    else:
        places = [out / file for file in OUTPUTS[name].values()]
        parameters = {**job(name), **{key: str(out / file) for key, file in OUTPUTS[name].items()}}
    whole: dict[Path, object] = {}

    def begin() -> tuple[multiprocessing.process.BaseProcess, float]:
        child = server.Process(target=children.algorithm, args=(name, parameters, children.Fuse(server)))
        child.start()
        # A raster's style stands there from the run before.
        while child.is_alive() and all(name.endswith(".qml") for name in os.listdir(out)):
            pass
        return child, time.monotonic()

    child, began = begin()
    child.join(HANGS)
    span = time.monotonic() - began
    assert child.exitcode == 0
    for place in places:
        whole[place] = content(place)
        place.unlink()
    # A raster's style stands beside it.
    assert {path.suffix for path in out.iterdir()} <= {".qml"}
    for number in range(KILLS + 1):
        if number:
            child, _ = begin()
            # One of them at once, the others anywhere up to the end.
            time.sleep(span * (number - 1) / KILLS)
            child.kill()
            child.join(HANGS)
        else:
            # Where others use the processors, those may all come too late; this one falls into the writing for certain.
            kill_as_files_take_their_names(name, parameters, server)
            assert leftovers(out)
        for place in places:
            if place.exists():
                assert content(place) == whole[place]
                place.unlink()
        assert all(path in leftovers(out) for path in out.iterdir() if path.suffix != ".qml")
    child, _ = begin()
    child.join(HANGS)
    assert child.exitcode == 0
    assert sorted(path for path in out.iterdir() if path.suffix != ".qml") == sorted(places)
    assert {place: content(place) for place in places} == whole


def test_a_live_neighbours_file_stays(tmp_path: Path) -> None:
    """The neighbour is another process that lives; its file goes once it is dead."""
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); from ipeo_water_plugin.core.system import files\n"
        "mine = files.temporary_beside(Path(sys.argv[2]) / 'x.tif', '.tif'); mine.write_bytes(b'half'); print(mine.name, flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).resolve().parents[2]), str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as neighbour:
        assert neighbour.stdout is not None
        name = neighbour.stdout.readline().strip()
        files.temporary_beside(tmp_path / "y.tif", ".tif")
        assert os.listdir(tmp_path) == [name]
        neighbour.kill()
        neighbour.wait()
    files.temporary_beside(tmp_path / "y.tif", ".tif")
    assert os.listdir(tmp_path) == []


def test_files_of_other_hosts_and_of_other_names_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    monkeypatch.setattr(files.socket, "gethostname", lambda: "another host")
    elsewhere = files.temporary_beside(tmp_path / "x.tif", ".tif")
    monkeypatch.undo()
    elsewhere = elsewhere.with_name(elsewhere.name.replace(f"-{os.getpid()}-", f"-{dead.pid}-"))
    mine = files.temporary_beside(tmp_path / "x.tif", ".tif")
    gone = mine.with_name(mine.name.replace(f"-{os.getpid()}-", f"-{dead.pid}-"))
    others = [elsewhere, tmp_path / "image.tif", tmp_path / ".ipeowater-notes.txt", tmp_path / f"ipeowater-{dead.pid}-1.tif"]
    for path in (*others, gone):
        path.write_bytes(b"")
    files.temporary_beside(tmp_path / "x.tif", ".tif")
    assert set(tmp_path.iterdir()) == set(others)


@pytest.mark.skipif(not Path("/proc/self/ns/pid").exists(), reason="process namespaces are Linux' own")
def test_a_container_of_the_same_name_is_another_host(tmp_path: Path) -> None:
    """Process numbers in another namespace say nothing about who lives here."""
    unshare = shutil.which("unshare")
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    code = (
        "import os, sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); from ipeo_water_plugin.core.system import files\n"
        "mine = files.temporary_beside(Path(sys.argv[2]) / 'x.tif', '.tif')\n"
        "mine.with_name(mine.name.replace(f'-{os.getpid()}-', f'-{sys.argv[3]}-')).write_bytes(b'half')\n"
    )
    words = ["--pid", "--fork", "--", sys.executable, "-c", code, str(Path(__file__).resolve().parents[2]), str(tmp_path), str(dead.pid)]
    if unshare is None or subprocess.run([unshare, *words], capture_output=True, check=False).returncode:
        pytest.skip("no right to make a process namespace here")
    assert len(os.listdir(tmp_path)) == 1
    files.temporary_beside(tmp_path / "y.tif", ".tif")
    assert len(os.listdir(tmp_path)) == 1


def test_mapwater_through_qgis_process(tmp_path: Path) -> None:
    program, environment = qgis_process(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    target = out / "p.tif"
    words = [f"{key}={value}" for key, value in {**SCENE, "EPOCHS": "5", "FOLDS": "0", "OUTPUT": str(target)}.items()]
    command = [program, "run", "ipeowater:mapwater", "--", *words]
    target.write_bytes(b"an earlier result")
    # Killed when its temporary file appears: the worst moment. Where others use the processors it may be over before that is seen.
    for _ in range(10):
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            wait_for(lambda process=process: leftovers(out) or process.poll() is not None, "the temporary file or the end")
            process.kill()
            said = process.stdout.read().decode() if process.stdout else ""
        if process.returncode == -signal.SIGKILL:
            break
        target.write_bytes(b"an earlier result")
    assert process.returncode == -signal.SIGKILL, said
    assert target.read_bytes() == b"an earlier result"
    assert leftovers(out)
    scenes.run(SCENE["INPUT"], target)
    assert os.listdir(out) == ["p.tif"]
