"""Sources and results in object storage, with GDAL's own credentials, of which nothing shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from continent import MODEL, PIECES, SMALL, Recorder, assert_equal_to_a_single_machine, make_scenes, run
from machines import Cluster
from osgeo import gdal
from storage import SECRET, Storage

from ipeo_water_plugin.core.cluster import planning
from ipeo_water_plugin.core.cluster.many import predict_many
from ipeo_water_plugin.core.cluster.mosaic import write_mosaic
from ipeo_water_plugin.core.cluster.scenes import find_rasters, with_destinations
from ipeo_water_plugin.core.prediction.predict import PredictionSettings
from ipeo_water_plugin.core.raster.geotiff import provenance


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    folder = tmp_path_factory.mktemp("storage")
    made = Storage(folder)
    try:
        for scene in sorted(make_scenes(folder / "scenes", 4).iterdir()):
            made.put(scene, f"tiles/{scene.name}")
        with pytest.MonkeyPatch.context() as patch:
            for key, value in made.environment.items():
                patch.setenv(key, value)
            yield made
        # What GDAL learned of this server must not meet the next one.
        gdal.VSICurlClearCache()
    finally:
        made.end()


@pytest.fixture(scope="module")
def there(storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers that know the credentials."""
    made = Cluster(tmp_path_factory.mktemp("workers"), 2, storage.environment)
    try:
        made.wait_for_workers(2)
        yield made
    finally:
        made.end()


NAMES = [f"tile_{index:02}.tif" for index in range(4)]


def test_from_storage_to_storage(storage: Storage, there: Cluster, tmp_path: Path) -> None:
    out = f"/vsis3/{storage.bucket}/water"
    summary = run(f"/vsis3/{storage.bucket}/tiles", out, scheduler=there.address)
    assert (len(summary.done), summary.failed) == (4, ())
    assert storage.keys("water/") == [f"water/{name}" for name in NAMES]
    assert_equal_to_a_single_machine(summary, tmp_path)
    there.forget_predictions()
    again = run(f"/vsis3/{storage.bucket}/tiles", out, scheduler=there.address)
    assert (len(again.skipped), there.predictions()) == (4, [])
    write_mosaic(str(tmp_path / "all.vrt"), again.skipped, Recorder())
    assert gdal.Open(str(tmp_path / "all.vrt")).ReadAsArray().shape == (600, 4400)
    # One scene is replaced by another: nothing is kept of what GDAL knew of it.
    storage.put(storage.process.log.parent / "scenes" / NAMES[1], f"tiles/{NAMES[0]}")
    third = run(f"/vsis3/{storage.bucket}/tiles", out, scheduler=there.address)
    assert [Path(plan.scene.source).name for plan in third.done] == NAMES[:1]
    assert_equal_to_a_single_machine(third, tmp_path)


def test_pieces_in_storage(storage: Storage, there: Cluster, tmp_path: Path) -> None:
    """Beside one another, found again, and removed once another result takes their place."""
    sources, out = f"/vsis3/{storage.bucket}/tiles", f"/vsis3/{storage.bucket}/cut"
    summary = run(sources, out, scheduler=there.address, max_pixels=SMALL)
    assert (len(summary.done), summary.failed) == (4, ())
    assert len(storage.keys("cut/")) == 4 * (PIECES + 1)
    assert_equal_to_a_single_machine(summary, tmp_path)
    there.forget_predictions()
    # One piece and one virtual raster are lost.
    lost = [summary.done[0].pieces[3].destination, summary.done[1].destination]
    for name in lost:
        storage.client.delete_object(Bucket=storage.bucket, Key=name.partition(f"/{storage.bucket}/")[2])
    again = run(sources, out, scheduler=there.address, max_pixels=SMALL)
    assert (len(again.done), len(again.skipped), len(there.ended())) == (2, 2, 1)
    assert_equal_to_a_single_machine(again, tmp_path)
    # A copy that was put into an archive can't be read, but shows earlier pieces.
    copy = {"Bucket": storage.bucket, "Key": "cut/kept.vrt"}
    storage.client.copy_object(**copy, CopySource=f"{storage.bucket}/cut/tile_00.vrt", StorageClass="GLACIER")
    percent = run(sources, out, scheduler=there.address, max_pixels=SMALL, settings=PredictionSettings("uint8"))
    assert len(percent.done) == 4
    assert len(storage.keys("cut/")) == 4 * (2 * PIECES + 1) + 1
    storage.client.delete_object(**copy)
    assert len(run(sources, out, scheduler=there.address, max_pixels=SMALL).done) == 4
    assert len(storage.keys("cut/")) == 4 * (PIECES + 1)


def test_an_object_that_is_no_raster(storage: Storage, there: Cluster) -> None:
    storage.client.put_object(Bucket=storage.bucket, Key="mixed/junk.tif", Body=b"no raster")
    storage.client.copy_object(Bucket=storage.bucket, Key="mixed/good.tif", CopySource=f"{storage.bucket}/tiles/{NAMES[2]}")
    summary = run(f"/vsis3/{storage.bucket}/mixed", f"/vsis3/{storage.bucket}/out", scheduler=there.address)
    assert [Path(plan.scene.source).name for plan in summary.done] == ["good.tif"]
    ((failure),) = summary.failed
    assert "junk.tif" in failure.reason
    assert storage.keys("out/") == ["out/good.tif"]


def test_objects_in_an_archive_are_neither_left_out_nor_replaced(storage: Storage) -> None:
    """GDAL leaves them out of lists, and reads nothing of them."""
    scene = (storage.process.log.parent / "scenes" / NAMES[0]).read_bytes()
    for key, place in (("old/a.tif", "STANDARD"), ("old/b.tif", "GLACIER"), ("old/c.tif", "STANDARD"), ("maps/c.tif", "DEEP_ARCHIVE")):
        storage.client.put_object(Bucket=storage.bucket, Key=key, Body=scene, StorageClass=place)
    summary = run(f"/vsis3/{storage.bucket}/old", f"/vsis3/{storage.bucket}/maps")
    assert [Path(plan.scene.source).name for plan in summary.done] == ["a.tif"]
    source, result = (failure.reason for failure in summary.failed)
    assert "b.tif can't be opened" in source
    assert "c.tif exists and isn't a result of this plugin, or can't be read" in result
    assert storage.client.head_object(Bucket=storage.bucket, Key="maps/c.tif")["ContentLength"] == len(scene)


def test_nothing_secret_shows(storage: Storage, there: Cluster, tmp_path: Path) -> None:
    """Not in the results, the log, the reasons, nor in what scheduler and workers write; signed addresses are secrets too."""
    storage.client.put_object(Bucket=storage.bucket, Key="torn.tif", Body=b"II*\0 no raster")
    sources = [f"/vsicurl/{storage.signed('tiles/' + NAMES[3])}", f"/vsicurl/{storage.signed('torn.tif')}"]
    assert all("Signature=" in source for source in sources)
    signature = sources[0].rpartition("Signature=")[2].partition("&")[0]
    (tmp_path / "out").mkdir()
    progress = Recorder()
    scenes = with_destinations(sources, str(tmp_path / "out"))
    summary = predict_many(scenes, MODEL, scheduler=there.address, progress=progress)
    assert [Path(plan.scene.destination).name for plan in summary.done] == ["tile_03.tif"]
    (failure,) = summary.failed
    said = [
        *progress.lines,
        *progress.warnings,
        failure.reason,
        repr(summary),
        there.logs(),
        repr(provenance(summary.done[0].scene.destination)),
    ]
    assert "torn.tif" in failure.reason
    assert "tile_03.tif?…" in provenance(summary.done[0].scene.destination)["SOURCE"]
    for text in said:
        assert SECRET not in text
        assert "Signature=" not in text
        assert signature not in text
    # Signed anew it is the same scene.
    assert len(predict_many(scenes[:1], MODEL, scheduler=there.address).skipped) == 1


def test_no_credential_is_in_a_task(storage: Storage) -> None:
    import cloudpickle

    (scene, *_) = with_destinations(find_rasters(f"/vsis3/{storage.bucket}/tiles", "*.tif"), f"/vsis3/{storage.bucket}/x")
    order = planning.Order("run", MODEL)
    plan = planning.plan_scene(order, scene, frozenset())
    sent = cloudpickle.dumps((order, scene, plan))
    assert SECRET.encode() not in sent
    assert b"someone" not in sent
