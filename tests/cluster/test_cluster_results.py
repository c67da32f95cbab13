"""What a cluster makes is what a single machine makes, whoever dies on the way; nothing is computed that needn't be."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from continent import PIECES, SMALL, Recorder, assert_equal_to_a_single_machine, make_scene, run
from machines import HERE, Cluster, Process
from patience import HANGS, wait_for

from ipeo_water_plugin.core.errors import CancelledError
from ipeo_water_plugin.core.prediction.predict import PredictionSettings

# As many tasks are out at a time for four workers, two each.
OUT = 8

# Scenes as they are, and a few of them cut into pieces of a window each.
WAYS = pytest.mark.parametrize("chosen", [{}, {"max_pixels": SMALL}], ids=["scenes", "pieces"])
SCENES, CUT = 24, 6


@pytest.fixture
def several(scenes: Path, tmp_path: Path, chosen: dict[str, int]) -> Path:
    """So many scenes that a run is under way for long enough."""
    if not chosen:
        return scenes
    (tmp_path / "several").mkdir()
    for path in sorted(scenes.iterdir())[:CUT]:
        os.link(path, tmp_path / "several" / path.name)
    return tmp_path / "several"


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def results(chosen: dict[str, int]) -> list[str]:
    """What is to be in the folder of the results, but for folders of pieces."""
    return [f"tile_{index:02}.{'vrt' if chosen else 'tif'}" for index in range(CUT if chosen else SCENES)]


def count(chosen: dict[str, int]) -> int:
    """How many files are to be predicted."""
    return CUT * PIECES if chosen else SCENES


def assert_complete(folder: Path, chosen: dict[str, int]) -> None:
    """Nothing but results, each with its pieces."""
    found = names(folder)
    assert [name for name in found if "_pieces_" not in name] == results(chosen)
    pieces = [name for name in found if "_pieces_" in name]
    assert len(pieces) == (CUT if chosen else 0)
    assert all(len(os.listdir(folder / name)) == PIECES for name in pieces)


@WAYS
def test_many_scenes_on_four_workers(cluster: Cluster, several: Path, tmp_path: Path, chosen: dict[str, int]) -> None:
    cluster.forget_predictions()
    progress = Recorder()
    summary = run(several, tmp_path / "out", scheduler=cluster.address, progress=progress, **chosen)
    all_of_them = len(results(chosen))
    assert (len(summary.done), summary.skipped, summary.failed) == (all_of_them, (), ())
    assert_complete(tmp_path / "out", chosen)
    assert_equal_to_a_single_machine(summary, tmp_path)
    assert len(cluster.ended()) == len(set(cluster.ended())) == count(chosen)
    # On a busy machine a worker may come late to such small scenes.
    assert len({process for _, _, process in cluster.predictions()}) >= 2
    assert progress.fractions == sorted(progress.fractions)
    assert progress.fractions[-1] == 1
    assert len([line for line in progress.lines if "pixels have a probability" in line]) == all_of_them
    again = run(several, tmp_path / "out", scheduler=cluster.address, **chosen)
    assert (again.done, len(again.skipped), again.failed) == ((), all_of_them, ())
    assert len(cluster.ended()) == count(chosen)


@WAYS
def test_a_worker_is_killed(cluster: Cluster, several: Path, tmp_path: Path, chosen: dict[str, int]) -> None:
    cluster.forget_predictions()
    victim = cluster.workers[-1]
    try:
        client = start_client(cluster, several, tmp_path / "out", chosen)
        wait_for(lambda: len(cluster.ended()) >= 5)
        wait_for(lambda: at_work(cluster, victim.process.pid))
        victim.kill()
        assert client.process.wait(HANGS) == 0, client.log.read_text()
    finally:
        victim.end()
        cluster.add_worker()
        cluster.wait_for_workers(4)
    assert_complete(tmp_path / "out", chosen)
    summary = run(several, tmp_path / "out", scheduler=cluster.address, **chosen)
    assert len(summary.skipped) == len(results(chosen))
    assert_equal_to_a_single_machine(summary, tmp_path)
    # What it was at may have been whole when it was killed, and is computed again or not.
    own = [name for _, name, process in cluster.predictions() if process == victim.process.pid]
    assert {name for name, times in Counter(cluster.ended()).items() if times > 1} <= {own[-1]}
    assert len({*cluster.ended(), own[-1]}) == count(chosen)
    begun = Counter(name for word, name, _ in cluster.predictions() if word == "begun")
    assert sum(begun.values()) <= count(chosen) + 1


def begun(cluster: Cluster) -> int:
    return len([word for word, _, _ in cluster.predictions() if word == "begun"])


def at_work(cluster: Cluster, process: int) -> bool:
    """Whether a worker has begun a prediction that it hasn't ended."""
    own = [word for word, _, owner in cluster.predictions() if owner == process]
    return bool(own) and own[-1] == "begun"


def start_client(cluster: Cluster, scenes: Path, out: Path, chosen: dict[str, int]) -> Process:
    words = json.dumps({"sources": str(scenes), "results": str(out), "scheduler": cluster.address, **chosen})
    return Process(str(HERE / "continent.py"), words, folder=out.parent, name="client")


@WAYS
def test_the_client_is_killed_and_started_again(cluster: Cluster, several: Path, tmp_path: Path, chosen: dict[str, int]) -> None:
    cluster.forget_predictions()
    client = start_client(cluster, several, tmp_path / "out", chosen)
    wait_for(lambda: len(cluster.ended()) >= 5)
    client.kill()
    before = cluster.predictions()
    # A worker goes on to the end of what it computes, and then stands still.
    in_flight = {name for _, name, _ in before} - {name for word, name, _ in before if word == "ended"}
    cluster.wait_until_at_rest()
    assert len(cluster.ended()) < count(chosen)
    assert len(in_flight) <= 4
    summary = run(several, tmp_path / "out", scheduler=cluster.address, **chosen)
    assert not summary.failed
    assert len(summary.done) + len(summary.skipped) == len(results(chosen))
    assert_complete(tmp_path / "out", chosen)
    assert_equal_to_a_single_machine(summary, tmp_path)
    counts = Counter(cluster.ended())
    assert len(counts) == count(chosen)
    assert {name for name, times in counts.items() if times > 1} <= in_flight


@WAYS
def test_cancelled(cluster: Cluster, several: Path, tmp_path: Path, chosen: dict[str, int]) -> None:
    """What lay ready for the workers may still be begun; nothing is handed out any more, and no worker is left at work."""
    cluster.forget_predictions()
    then: list[int] = []

    class Watch(Recorder):
        def cancelled(self) -> bool:
            if not then and super().cancelled():
                then.append(begun(cluster))
            return bool(then)

    with pytest.raises(CancelledError):
        run(several, tmp_path / "out", scheduler=cluster.address, progress=Watch(0.3), **chosen)
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    assert 0 < len(kept) < count(chosen)
    assert all(path.suffix in {".tif", ".vrt", ""} and not path.name.startswith(".") for path in kept)
    cluster.wait_until_at_rest()
    assert begun(cluster) <= then[0] + OUT < count(chosen)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == kept
    summary = run(several, tmp_path / "out", scheduler=cluster.address, **chosen)
    assert len(summary.done) + len(summary.skipped) == len(results(chosen))
    # Whatever was whole was kept: nothing was computed twice.
    assert [name for name, times in Counter(cluster.ended()).items() if times > 1] == []


@pytest.mark.parametrize(
    "settings",
    [PredictionSettings("uint8"), PredictionSettings(format="cog"), PredictionSettings(creation_options=("COMPRESS=LZW", "TILED=NO"))],
    ids=["uint8", "cog", "options"],
)
@WAYS
def test_other_settings(cluster: Cluster, tmp_path: Path, settings: PredictionSettings, chosen: dict[str, int]) -> None:
    (tmp_path / "scenes").mkdir()
    make_scene(tmp_path / "scenes" / "a.tif")
    summary = run(tmp_path / "scenes", tmp_path / "out", scheduler=cluster.address, settings=settings, **chosen)
    assert len(summary.done) == 1
    assert_equal_to_a_single_machine(summary, tmp_path, settings)


@WAYS
def test_what_is_done_again(cluster: Cluster, tmp_path: Path, chosen: dict[str, int]) -> None:
    """A result is done again where the scene, the model or a setting changed, or where it is damaged; and nothing else is."""
    (tmp_path / "scenes").mkdir()
    for name in ("a", "b", "c"):
        make_scene(tmp_path / "scenes" / f"{name}.tif")
    out = tmp_path / "out"
    first = run(tmp_path / "scenes", out, scheduler=cluster.address, **chosen)
    assert len(first.done) == 3
    os.utime(tmp_path / "scenes" / "a.tif", (1, 1))
    damaged = Path(first.done[1].pieces[-1].destination)
    damaged.write_bytes(damaged.read_bytes()[:100])
    cluster.forget_predictions()
    summary = run(tmp_path / "scenes", out, scheduler=cluster.address, **chosen)
    assert [Path(plan.scene.source).name for plan in summary.done] == ["a.tif", "b.tif"]
    assert_equal_to_a_single_machine(summary, tmp_path)
    assert len(cluster.ended()) == (PIECES + 1 if chosen else 2)
    # Pieces of the scene as it was are gone.
    assert len(names(out)) == (6 if chosen else 3)
    assert len(run(tmp_path / "scenes", out, scheduler=cluster.address, settings=PredictionSettings("uint8"), **chosen).done) == 3
    assert len(names(out)) == (6 if chosen else 3)
