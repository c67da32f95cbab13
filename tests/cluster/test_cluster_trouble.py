"""A cluster that can't serve, one that goes away, none at all; and scenes that fail among others that don't."""

from __future__ import annotations

import importlib.util
import os
import shutil
import threading
from pathlib import Path

import pytest
from continent import SMALL, Recorder, assert_equal_to_a_single_machine, make_scene, make_scenes, run
from copying import copy_folder
from machines import ROOT, Cluster, free_port
from osgeo import gdal
from patience import HANGS, wait_for

from ipeo_water_plugin.core.cluster import many, storage, workers
from ipeo_water_plugin.core.errors import CancelledError, InputError, WaterError
from ipeo_water_plugin.core.grid import Window
from ipeo_water_plugin.core.prediction import predict as predict_module
from ipeo_water_plugin.core.prediction.predict import PredictionSettings


@pytest.fixture
def few(tmp_path: Path) -> Path:
    return make_scenes(tmp_path / "scenes", 3)


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def tear(scene: Path) -> None:
    """Spoil the last quarter of a file, as a broken transfer does."""
    content = bytearray(scene.read_bytes())
    content[-len(content) // 4 :] = b"\xff" * (len(content) // 4)
    scene.write_bytes(content)


@pytest.mark.parametrize("chosen", [{}, {"max_pixels": SMALL}], ids=["scenes", "pieces"])
def test_a_scene_that_fails_in_its_middle(cluster: Cluster, few: Path, tmp_path: Path, chosen: dict[str, int]) -> None:
    """The others finish; of it there is no result, only pieces that were whole; its reason names the file and the place."""
    tear(few / "tile_01.tif")
    (few / "tile_00.tif").write_bytes(b"no raster")
    summary = run(few, tmp_path / "out", scheduler=cluster.address, **chosen)
    assert [Path(plan.scene.source).name for plan in summary.done] == ["tile_02.tif"]
    assert [Path(failure.scene.source).name for failure in summary.failed] == ["tile_00.tif", "tile_01.tif"]
    assert "can't be opened as a raster" in summary.failed[0].reason
    assert "tile_01.tif can't be read at columns" in summary.failed[1].reason
    assert [name for name in names(tmp_path / "out") if "_pieces_" not in name] == [f"tile_02.{'vrt' if chosen else 'tif'}"]
    assert_equal_to_a_single_machine(summary, tmp_path)
    # Restored, it is the only one that is computed.
    make_scene(few / "tile_01.tif", seed=1, corner=(500000 + 11000, 5800000))
    again = run(few, tmp_path / "out", scheduler=cluster.address, **chosen)
    assert (len(again.done), len(again.skipped), len(again.failed)) == (1, 1, 1)
    assert_equal_to_a_single_machine(again, tmp_path)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """A scheduler without workers."""
    made = Cluster(tmp_path_factory.mktemp("bare"), 0)
    yield made
    made.end()


def test_a_worker_of_another_version(bare: Cluster, few: Path, tmp_path: Path) -> None:
    copy_folder(ROOT / "ipeo_water_plugin", tmp_path / "other" / "ipeo_water_plugin")
    with (tmp_path / "other" / "ipeo_water_plugin" / "core" / "grid.py").open("a") as file:
        file.write("# another version\n")
    worker = bare.add_worker({"PYTHONPATH": f"{tmp_path / 'other'}:{Path(__file__).parent}"})
    bare.wait_for_workers(1)
    with pytest.raises(WaterError, match=r"The worker tcp://.* doesn't fit: ipeo_water_plugin\.core \w+ there, \w+ here\. Install"):
        run(few, tmp_path / "out", scheduler=bare.address)
    assert names(tmp_path / "out") == []
    worker.end()
    bare.wait_for_workers(0)


def test_a_worker_that_has_nothing_of_this(bare: Cluster, few: Path, tmp_path: Path) -> None:
    (tmp_path / "recording.py").touch()
    worker = bare.add_worker({"PYTHONPATH": str(tmp_path)})
    bare.wait_for_workers(1)
    with pytest.raises(WaterError, match=r"The worker tcp://.* can't compute: Python there has no module ipeo_water_plugin"):
        run(few, tmp_path / "out", scheduler=bare.address)
    worker.end()
    bare.wait_for_workers(0)


@pytest.mark.parametrize("change", ["joins", "leaves"])
def test_a_worker_comes_or_goes_while_versions_are_compared(change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are asked twice. One that answers only one of the questions isn't told from one that fits, but asked again."""
    own = Cluster(tmp_path, 1 if change == "joins" else 2)
    try:
        own.wait_for_workers(len(own.workers))
        with workers.workers_at(own.address, change, Recorder()) as joined:
            met, changed = set(joined.threads), []

            def then(question: str) -> None:
                ask = getattr(joined._client, question)

                def asked(*arguments: object, **settings: object) -> object:
                    said = ask(*arguments, **settings)
                    if not changed:
                        changed.append(question)
                        if change == "joins":
                            own.add_worker()
                        else:
                            own.workers[0].end()
                        own.wait_for_workers(2 if change == "joins" else 1)
                    return said

                monkeypatch.setattr(joined._client, question, asked)

            joined._checked.clear()
            then("run")
            then("get_versions")
            joined.check()
            assert changed
            assert len(joined._checked) == 1
            joined._looked = 0.0
            joined.look()
            assert joined._checked == set(joined.threads) != met
    finally:
        own.end()


def test_no_worker_joins(bare: Cluster, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_WAIT_FOR_WORKERS", 0.5)
    progress = Recorder()
    with pytest.raises(WaterError, match=r"No worker joined .* `dask worker tcp://"):
        run(few, tmp_path / "out", scheduler=bare.address, progress=progress)
    assert "waiting for one" in progress.lines[0]


def test_nobody_answers(few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_CONNECT", "1s")
    for address in (f"tcp://127.0.0.1:{free_port()}", "nonsense://x"):
        with pytest.raises(InputError, match=f"No Dask scheduler answers at {address}"):
            run(few, tmp_path / "out", scheduler=address)
    assert names(tmp_path / "out") == []


def test_the_scheduler_dies(tmp_path: Path) -> None:
    """The run ends with what to do; what was computed is there when it is done."""
    scenes = make_scenes(tmp_path / "scenes", 10)
    own = Cluster(tmp_path / "cluster", 1)
    try:
        own.wait_for_workers(1)
        failure: list[WaterError] = []

        def client() -> None:
            try:
                run(scenes, tmp_path / "out", scheduler=own.address)
            except WaterError as error:
                failure.append(error)

        thread = threading.Thread(target=client)
        thread.start()
        wait_for(lambda: len(own.ended()) > 1)
        own.scheduler.kill()
        thread.join(HANGS)
        assert not thread.is_alive()
        assert "connection to the Dask scheduler is lost" in str(failure[0])
    finally:
        # It would look for its scheduler for a while.
        own.workers[0].kill()
        own.end()
    summary = run(scenes, tmp_path / "out")
    assert len(summary.skipped) >= 1
    assert len(summary.skipped) + len(summary.done) == 10
    assert names(tmp_path / "out") == [f"tile_{index:02}.tif" for index in range(10)]


def test_workers_that_dont_see_the_folder(cluster: Cluster, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the client's folder is on its own disk: here the mark that workers look for is made elsewhere."""
    (tmp_path / "elsewhere").mkdir()
    mark = storage.mark
    monkeypatch.setattr(storage, "mark", lambda folder: mark(str(tmp_path / "elsewhere")))
    with pytest.raises(WaterError, match=r"The worker tcp://.* doesn't see the folder .*out"):
        run(few, tmp_path / "out", scheduler=cluster.address)
    assert names(tmp_path / "elsewhere") == names(tmp_path / "out") == []


@pytest.fixture
def without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name in {"dask", "distributed"} else find(name, *more))
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)


@pytest.mark.parametrize("settings", [None, PredictionSettings("uint8", "cog")])
@pytest.mark.parametrize("chosen", [{}, {"max_pixels": SMALL}], ids=["scenes", "pieces"])
def test_on_this_machine(
    without_dask: None, few: Path, tmp_path: Path, settings: PredictionSettings | None, chosen: dict[str, int]
) -> None:
    """Without Dask; threads end with the run."""
    (few / "tile_00.tif").write_bytes(b"no raster")
    tear(few / "tile_01.tif")
    progress, before = Recorder(), threading.active_count()
    summary = run(few, tmp_path / "out", progress=progress, settings=settings, **chosen)
    assert (len(summary.done), len(summary.failed)) == (1, 2)
    assert threading.active_count() == before
    assert progress.fractions == sorted(progress.fractions)
    assert progress.fractions[-1] == 1
    assert_equal_to_a_single_machine(summary, tmp_path, settings)
    assert [name for name in names(tmp_path / "out") if "_pieces_" not in name] == [f"tile_02.{'vrt' if chosen else 'tif'}"]
    shutil.copy(few / "tile_02.tif", few / "tile_01.tif")
    again = run(few, tmp_path / "out", settings=settings, **chosen)
    assert (len(again.done), len(again.skipped), len(again.failed)) == (1, 1, 1)


def test_without_dask_for_a_scheduler(without_dask: None, few: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lacks dask and distributed"):
        run(few, tmp_path / "out", scheduler="tcp://127.0.0.1:8786")


def test_cancelled_on_this_machine(few: Path, tmp_path: Path) -> None:
    with pytest.raises(CancelledError):
        run(few, tmp_path / "out", progress=Recorder(0.5))
    assert set(names(tmp_path / "out")) <= {"tile_00.tif", "tile_01.tif"}


def test_cancelled_on_this_machine_within_a_scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller is asked between windows, not only at the end of a scene, and the bar moves with each."""
    (tmp_path / "scenes").mkdir()
    make_scene(tmp_path / "scenes" / "a.tif", 3300, 2400)
    computed: list[Window] = []
    compute = predict_module.Predictor.read

    def noted(self: predict_module.Predictor, window: Window) -> object:
        computed.append(window)
        return compute(self, window)

    monkeypatch.setattr(predict_module.Predictor, "read", noted)
    monkeypatch.setattr("ipeo_water_plugin.core.system.threads.processors", lambda: 1)
    progress = Recorder(0.05)
    with pytest.raises(CancelledError):
        run(tmp_path / "scenes", tmp_path / "out", progress=progress)
    assert progress.fractions[-1] < 0.2
    # Of 35; some are computed ahead of the one that is written.
    assert len(computed) < 20
    assert names(tmp_path / "out") == []


def test_two_clients_at_once(cluster: Cluster, few: Path, tmp_path: Path) -> None:
    """Both end well with the same results, whoever was first."""
    summaries: list[many.Summary] = []
    clients = [threading.Thread(target=lambda: summaries.append(run(few, tmp_path / "out", scheduler=cluster.address))) for _ in range(2)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(HANGS)
    assert [summary.failed for summary in summaries] == [(), ()]
    assert names(tmp_path / "out") == [f"tile_{index:02}.tif" for index in range(3)]
    assert_equal_to_a_single_machine(summaries[0], tmp_path)


def test_gdals_own_state_stays_as_it_was(few: Path, tmp_path: Path) -> None:
    before = gdal.GetUseExceptions(), gdal.GetCacheMax()
    run(few, tmp_path / "out")
    assert (gdal.GetUseExceptions(), gdal.GetCacheMax()) == before
