"""The virtual raster over all results of a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from continent import MODEL, Recorder, make_scene, run
from osgeo import gdal, osr

from ipeo_water_plugin.core.cluster import many
from ipeo_water_plugin.core.cluster.mosaic import write_mosaic
from ipeo_water_plugin.core.errors import InputError
from ipeo_water_plugin.core.prediction.predict import PredictionSettings
from ipeo_water_plugin.core.raster.geotiff import provenance


def summary_of(folder: Path, **chosen: object) -> many.Summary:
    return run(folder, folder / "out", **chosen)


def test_a_mosaic(tmp_path: Path) -> None:
    """Side by side and overlapping; NoData lets the other one through; the folder may be moved."""
    folder = tmp_path / "scenes"
    folder.mkdir()
    make_scene(folder / "a.tif", 300, 200)
    make_scene(folder / "b.tif", 300, 200, seed=1, corner=(500000 + 2000, 5800000 - 500))
    summary = summary_of(folder)
    write_mosaic(str(folder / "all.vrt"), summary.done, Recorder())
    (folder.parent / "moved").mkdir()
    folder = folder.rename(folder.parent / "moved" / "scenes")
    mosaic = gdal.Open(str(folder / "all.vrt"))
    a, b = (gdal.Open(str(folder / "out" / name)).ReadAsArray() for name in ("a.tif", "b.tif"))
    expected = np.full((250, 500), -9999, np.float32)
    expected[:200, :300] = a
    part = expected[50:250, 200:500]
    part[b != -9999] = b[b != -9999]
    assert mosaic.ReadAsArray().tobytes() == expected.tobytes()
    assert mosaic.GetRasterBand(1).GetNoDataValue() == -9999
    assert provenance(str(folder / "all.vrt"))["MODEL_SHA256"] == MODEL.digest


def test_a_mosaic_of_several_dates_of_one_place_says_so(tmp_path: Path) -> None:
    for name, corner in (("20200731", 500000), ("20200812", 500000), ("20200902", 503000)):
        make_scene(tmp_path / f"{name}.tif", 30, 20, corner=(corner, 5800000))
    plans, recorder = summary_of(tmp_path).done, Recorder()
    write_mosaic(str(tmp_path / "all.vrt"), plans, recorder)
    assert [text for text in recorder.warnings if "1 places have several, such as 2020-07-31, 2020-08-12" in text]
    alone = [plan for plan in plans if "20200731" not in plan.destination]
    write_mosaic(str(tmp_path / "all.vrt"), alone, recorder := Recorder())
    assert recorder.warnings == []


def test_a_mosaic_of_percent(tmp_path: Path) -> None:
    make_scene(tmp_path / "a.tif", 300, 200)
    write_mosaic(str(tmp_path / "all.vrt"), summary_of(tmp_path, settings=PredictionSettings("uint8")).done, Recorder())
    band = (mosaic := gdal.Open(str(tmp_path / "all.vrt"))).GetRasterBand(1)
    assert (band.GetScale(), band.GetNoDataValue(), band.DataType) == (0.01, 255, gdal.GDT_Byte)
    assert (mosaic.ReadAsArray() == gdal.Open(str(tmp_path / "out" / "a.tif")).ReadAsArray()).all()


def test_a_mosaic_has_the_finest_pixels(tmp_path: Path) -> None:
    """Across and down by themselves, whatever the order of the scenes, as GDAL's own mosaic of the highest resolution."""
    for name, seed, width, height, left in (("a", 0, 20, 10, 500000), ("b", 1, 10, 20, 504000), ("c", 2, 20, 20, 508000)):
        make_scene(tmp_path / f"{name}.tif", 200, 160, seed=seed)
        changed = gdal.Open(str(tmp_path / f"{name}.tif"), gdal.GA_Update)
        changed.SetGeoTransform([left, width, 0, 5800000, 0, -height])
        changed = None
    summary = summary_of(tmp_path)
    write_mosaic(str(tmp_path / "all.vrt"), summary.done, Recorder())
    mosaic = gdal.Open(str(tmp_path / "all.vrt"))
    assert mosaic.GetGeoTransform() == (500000, 10, 0, 5800000, 0, -10)
    results = [plan.scene.destination for plan in summary.done]
    expected = gdal.BuildVRT("", results, resolution="highest")
    assert mosaic.GetGeoTransform() == expected.GetGeoTransform()
    assert mosaic.ReadAsArray().tobytes() == expected.ReadAsArray().tobytes()


def test_a_mosaic_of_names_that_xml_has_other_uses_for(tmp_path: Path) -> None:
    """Of a file, its folder, what it was made with, and the CRS."""
    folder = tmp_path / "R&D <1>"
    folder.mkdir()
    reference = osr.SpatialReference()
    reference.ImportFromProj4("+proj=laea +lat_0=52 +lon_0=10 +datum=WGS84 +units=m")
    reference.SetProjCS("Land & <sea>")
    scene = gdal.Open(str(make_scene(folder / "ebb & <flow> 'n\" more.tif", 60, 50)), gdal.GA_Update)
    scene.SetSpatialRef(reference)
    scene = None
    made = 'lakes & "rivers" <2>.json'
    plans = [replace(plan, metadata={**plan.metadata, "MODEL": made}) for plan in summary_of(folder).done]
    for mosaic in (folder / "all.vrt", tmp_path / "elsewhere" / "all.vrt"):
        mosaic.parent.mkdir(exist_ok=True)
        write_mosaic(str(mosaic), plans, Recorder())
        opened = gdal.Open(str(mosaic))
        assert opened.ReadAsArray().tobytes() == gdal.Open(plans[0].scene.destination).ReadAsArray().tobytes()
        assert opened.GetSpatialRef().GetName() == "Land & <sea>"
        assert provenance(str(mosaic))["MODEL"] == made


def test_a_mosaic_over_two_zones(tmp_path: Path) -> None:
    """What lies in the zone next door is brought onto the zone that most are in."""
    for index in range(2):
        make_scene(tmp_path / f"{index}.tif", 300, 200, corner=(500000 + 3000 * index, 5800000))
    make_scene(tmp_path / "c.tif", 300, 200)
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(32632)
    other = gdal.Open(str(tmp_path / "c.tif"), gdal.GA_Update)
    other.SetSpatialRef(reference)
    # 15 degrees east, the middle of zone 33, as seen from zone 32.
    other.SetGeoTransform([908000, 10, 0, 5816000, 0, -10])
    other = None
    summary = summary_of(tmp_path)
    write_mosaic(str(tmp_path / "all.vrt"), summary.done, Recorder())
    mosaic = gdal.Open(str(tmp_path / "all.vrt"))
    assert osr.SpatialReference(mosaic.GetProjection()).GetAuthorityCode(None) == "32633"
    left, _, _, top, _, _ = mosaic.GetGeoTransform()
    bounds = (left, top - 10 * mosaic.RasterYSize, left + 10 * mosaic.RasterXSize, top)
    expected = np.full((mosaic.RasterYSize, mosaic.RasterXSize), -9999, np.float32)
    for name in ("0", "1", "c"):
        source = str(tmp_path / "out" / f"{name}.tif")
        options = gdal.WarpOptions(format="MEM", dstSRS="EPSG:32633", xRes=10, yRes=10, outputBounds=bounds, dstNodata=-9999)
        there = gdal.Warp("", source, options=options).ReadAsArray()
        expected[there != -9999] = there[there != -9999]
    # At the edges of the third a pixel more or less is GDAL's choice.
    assert np.count_nonzero(mosaic.ReadAsArray() != expected) < 0.02 * np.count_nonzero(expected != -9999)
    assert np.count_nonzero(expected != -9999) > 2.5 * 300 * 200 * 0.8


def test_a_mosaic_without_place(tmp_path: Path) -> None:
    make_scene(tmp_path / "a.tif", 60, 50)
    dataset = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "b.tif"), 60, 50, 3, gdal.GDT_UInt16)
    for number, name in enumerate(("green", "red", "nir"), start=1):
        dataset.GetRasterBand(number).SetDescription(name)
    dataset = None
    summary, progress = summary_of(tmp_path), Recorder()
    write_mosaic(str(tmp_path / "all.vrt"), summary.done, progress)
    assert gdal.Open(str(tmp_path / "all.vrt")).RasterXSize == 60
    assert "b.tif has no georeference" in progress.warnings[0]
    with pytest.raises(InputError, match="No result has a georeference"):
        write_mosaic(str(tmp_path / "none.vrt"), summary.done[1:], progress)
    with pytest.raises(InputError, match=r"doesn't end in \.vrt"):
        write_mosaic(str(tmp_path / "all.tif"), summary.done, progress)


@pytest.mark.parametrize("turned", [False, True])
def test_a_mosaic_of_scenes_without_a_crs(tmp_path: Path, turned: bool) -> None:
    """Coordinates in no CRS are no place beside those in one; among themselves they are."""
    for index, name in enumerate("abc"):
        scene = gdal.Open(str(make_scene(tmp_path / f"{name}.tif", 60, 50, corner=(500000 + 600 * index, 5800000))), gdal.GA_Update)
        if name != "c":
            scene.SetProjection("")
        if name == "b" and turned:
            scene.SetGeoTransform([500600, 10, 1, 5800000, 1, -10])
        scene = None
    summary, progress = summary_of(tmp_path), Recorder()
    write_mosaic(str(tmp_path / "all.vrt"), summary.done, progress)
    assert gdal.Open(str(tmp_path / "all.vrt")).GetGeoTransform()[0] == 501200
    assert gdal.Open(str(tmp_path / "all.vrt")).RasterXSize == 60
    assert [line.rpartition("/out/")[2].partition(",")[0] for line in progress.warnings] == ["a.tif has no CRS", "b.tif has no CRS"]
    write_mosaic(str(tmp_path / "none.vrt"), summary.done[:2], progress)
    assert gdal.Open(str(tmp_path / "none.vrt")).RasterXSize in ({124, 125, 126} if turned else {120})
