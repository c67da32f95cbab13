"""Which pixels are valid: alpha bands of any type, masks, NoData in metadata, and what a virtual raster loses of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from making import Recorder, spatial_reference
from osgeo import gdal, gdal_array

from ipeo_water_plugin.core.grid import Grid
from ipeo_water_plugin.core.model import WaterModel
from ipeo_water_plugin.core.prediction.virtual import write_virtual
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.raster.regrid import RegriddedRaster
from ipeo_water_plugin.core.raster.source import Source, grid_of
from ipeo_water_plugin.core.raster.validity import as_pixel_value, nodata_values

ROWS, COLUMNS = 40, 50
HIDDEN = np.zeros((ROWS, COLUMNS), bool)
HIDDEN[:7, 9:] = True


def bands_of(data_type: object, count: int = 3) -> np.ndarray:
    return np.random.default_rng(4).integers(20, 250, (count, ROWS, COLUMNS)).astype(data_type)


def stacked(path: Path, names: Sequence[str], **options: object) -> str:
    gdal.BuildVRT(str(path), list(names), **options).FlushCache()
    return str(path)


def colours(path: str, *alpha: int) -> str:
    """Declare some bands as alpha, and the others as undefined."""
    dataset = gdal.Open(path, gdal.GA_Update)
    for number in range(1, dataset.RasterCount + 1):
        dataset.GetRasterBand(number).SetColorInterpretation(gdal.GCI_AlphaBand if number in alpha else gdal.GCI_Undefined)
    dataset = None
    return path


def noted(path: str, entries: dict[str, str], band: int | None = None) -> str:
    dataset = gdal.Open(path, gdal.GA_Update)
    (dataset if band is None else dataset.GetRasterBand(band)).SetMetadata(entries)
    dataset = None
    return path


def valid_in(path: str, numbers: Sequence[int] = (1, 2, 3)) -> np.ndarray:
    source = Source(path, roles_of(path, *numbers))
    _, valid = source.read(source.grid.window)
    return np.ones((source.grid.height, source.grid.width), bool) if valid is None else valid


def assert_hidden(path: str, hidden: np.ndarray, model: WaterModel, folder: Path, numbers: Sequence[int] = (1, 2, 3)) -> list[str]:
    """Check what is read, and what GDAL computes for the virtual probability, against the expected mask; return the warnings."""
    np.testing.assert_array_equal(valid_in(path, numbers), ~hidden)
    progress = Recorder()
    write_virtual(path, roles_of(path, *numbers), model, folder / "p.vrt", progress)
    np.testing.assert_array_equal(gdal.Open(str(folder / "p.vrt")).ReadAsArray() == -9999, hidden)
    return progress.warnings


@pytest.mark.parametrize("extra", [0, 1, 2])
@pytest.mark.parametrize("nodata", [None, 250])
@pytest.mark.parametrize(
    ("data_type", "opaque"), [("uint8", 255), ("uint16", 65535), ("uint16", 1), ("int16", 32767), ("float32", 1), ("float32", 0.3)]
)
def test_alpha_of_any_type_beside_any_number_of_bands(
    make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path, data_type: str, opaque: float, nodata: float | None, extra: int
) -> None:
    """Partly transparent pixels are valid, also where alpha equals the NoData value of the other bands."""
    bands = bands_of(data_type, 3 + extra)
    alpha = np.where(HIDDEN, 0, opaque).astype(data_type)
    hidden = HIDDEN.copy()
    if nodata is not None:
        nodata = opaque
        bands[1, 30] = nodata
        hidden[30] = True
    path = colours(make_raster(np.concatenate([bands, alpha[None]]), nodata=nodata), 4 + extra)
    assert assert_hidden(path, hidden, plane, tmp_path) == []


def test_alpha_that_is_no_number_hides_and_several_alphas_all_count(
    make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path
) -> None:
    alphas = np.ones((2, ROWS, COLUMNS), np.float32)
    alphas[0, :3], alphas[1, 5:8] = np.nan, 0
    hidden = np.zeros((ROWS, COLUMNS), bool)
    hidden[:3] = hidden[5:8] = True
    path = colours(make_raster(np.concatenate([bands_of(np.float32), alphas])), 4, 5)
    assert assert_hidden(path, hidden, plane, tmp_path) == []


@pytest.mark.parametrize("via", ["file", "mosaic", "separate", "translated"])
def test_near_infrared_that_the_file_calls_alpha_hides_nothing(
    make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path, via: str
) -> None:
    """The default for files of four Byte bands. Near infrared may be 0 over water."""
    bands = bands_of(np.uint8, 4)
    bands[3, 20:] = 0
    path = make_raster(bands, options=("PHOTOMETRIC=RGB", "ALPHA=YES"), descriptions=())
    assert gdal.Open(path).GetRasterBand(1).GetMaskFlags() & gdal.GMF_ALPHA
    if via == "separate":
        ones = [str(tmp_path / f"{n}.vrt") for n in (1, 2, 4)]
        for number, name in zip((1, 2, 4), ones):
            gdal.Translate(name, path, format="VRT", bandList=[number]).FlushCache()
        assert assert_hidden(stacked(tmp_path / "over.vrt", ones, separate=True), np.zeros((ROWS, COLUMNS), bool), plane, tmp_path) == []
        return
    if via == "mosaic":
        path = stacked(tmp_path / "over.vrt", [path])
    elif via == "translated":
        gdal.Translate(str(tmp_path / "over.vrt"), path, format="VRT").FlushCache()
        path = str(tmp_path / "over.vrt")
    warnings = assert_hidden(path, np.zeros((ROWS, COLUMNS), bool), plane, tmp_path, (2, 1, 4))
    # gdalbuildvrt lets the alpha of its files hide pixels, so that their values are gone.
    lost = bool((gdal.Open(path).ReadAsArray()[0, 20:] == 0).all())
    assert any("declare band 4 as alpha" in text for text in warnings) == lost


def test_alpha_counts_where_another_band_is_near_infrared(make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path) -> None:
    """As written by gdalwarp -dstalpha from an image of four bands."""
    bands = bands_of(np.uint16, 4)
    path = make_raster(bands, descriptions=("blue", "green", "red", "nir"))
    warped = str(tmp_path / "warped.tif")
    gdal.Warp(warped, path, dstAlpha=True, outputBounds=(500000, 5799600, 500600, 5800000))
    outside = np.zeros((ROWS, 60), bool)
    outside[:, COLUMNS:] = True
    assert assert_hidden(warped, outside, plane, tmp_path, (2, 3, 4)) == []


def test_a_nodata_value_beside_a_mask_counts_too(make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path) -> None:
    bands = bands_of(np.uint16)
    bands[2, 30] = 0
    hidden = HIDDEN.copy()
    hidden[30] = True
    assert assert_hidden(make_raster(bands, mask=~HIDDEN, nodata=0), hidden, plane, tmp_path) == []


@pytest.mark.parametrize(
    ("entries", "band"),
    [
        ({"SPECIAL_VALUE_NODATA": "0", "SPECIAL_VALUE_SATURATED": "200"}, None),
        ({"_FillValue": "0"}, 2),
        ({"missing_value": "{-5, 0}"}, 2),
        ({"data_ignore_value": "0"}, None),
    ],
)
def test_what_metadata_call_nodata(
    make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path, entries: dict[str, str], band: int | None
) -> None:
    bands = bands_of(np.uint16)
    bands[1, HIDDEN] = 0
    bands[0, 20] = 200
    assert assert_hidden(noted(make_raster(bands), entries, band), HIDDEN, plane, tmp_path) == []


def test_a_nodata_value_of_thousands_of_digits_in_metadata_is_no_pixels(make_raster: Callable[..., str]) -> None:
    path = noted(make_raster(bands_of(np.uint16)), {"_FillValue": f"{'1' * 5000} 20"}, 2)
    dataset = gdal.Open(path)
    assert nodata_values(dataset, 2) == (math.inf, 20)
    assert as_pixel_value(math.inf, np.dtype(np.uint16)) is None


def test_what_metadata_merely_kept_from_an_earlier_file_does_not_count(
    make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path
) -> None:
    bands = bands_of(np.uint16)
    bands[1, HIDDEN], bands[1, 20] = 65535, 0
    path = noted(make_raster(bands, nodata=65535), {"_FillValue": "0"}, 2)
    assert assert_hidden(path, HIDDEN, plane, tmp_path) == []


def single(make_raster: Callable[..., str], kind: str) -> list[str]:
    """Three single-band files, of which the second masks pixels."""
    names = []
    for number, band in enumerate(bands_of(np.uint16)):
        path, here = f"{number}.tif", number == 1
        if kind == "alpha":
            alpha = np.where(HIDDEN & here, 0, 65535).astype(np.uint16)
            names.append(colours(make_raster(np.stack([band, alpha]), path, descriptions=()), 2))
        elif kind == "metadata":
            band[HIDDEN] = 0 if here else band[HIDDEN]
            names.append(noted(make_raster(band[None], path, descriptions=()), {"SPECIAL_VALUE_NODATA": "0"}))
        else:
            gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", "YES" if kind == "internal mask" else "NO")
            names.append(make_raster(band[None], path, descriptions=(), mask=~HIDDEN if here else None))
            gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", None)
    return names


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("kind", ["internal mask", "mask beside", "alpha", "metadata"])
def test_what_a_stack_of_files_lost_is_asked_of_them(
    make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path, kind: str, depth: int
) -> None:
    """A stack made by gdalbuildvrt -separate only has the first band of each file. The virtual probability can't know, so it warns."""
    # From 3.8 on GDAL takes all bands of each file where it isn't told otherwise, and before 3.8 none but the first.
    first = {"bandList": [1]} if int(gdal.VersionInfo()) >= 3_08_00_00 else {}
    path = stacked(tmp_path / "stack.vrt", single(make_raster, kind), separate=True, **first)
    if depth == 2:
        path = stacked(tmp_path / "over.vrt", [path])
    np.testing.assert_array_equal(valid_in(path), ~HIDDEN)
    # Shifted, and coarser.
    shifted = stacked(tmp_path / "shifted.vrt", [path], outputBounds=(499900, 5799600, 500500, 5800050))
    np.testing.assert_array_equal(valid_in(shifted)[5:, 10:], ~HIDDEN)
    coarse = valid_in(stacked(tmp_path / "coarse.vrt", [path], xRes=20, yRes=20))
    np.testing.assert_array_equal(coarse, ~HIDDEN[1::2, 1::2])
    progress = Recorder()
    write_virtual(path, roles_of(path, 1, 2, 3), plane, tmp_path / "p.vrt", progress)
    assert "masks or NoData values of files" in progress.warnings[0]


@pytest.mark.parametrize("kind", ["gap", "tiles", "tiles behind", "tiles behind two"])
@pytest.mark.parametrize("shown", ["", "NoData", "mask"])
def test_gaps_that_a_virtual_probability_takes_for_zeros_are_told(
    make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path, kind: str, shown: str
) -> None:
    """Without NoData value or mask, GDAL reads 0 in gaps and missing tiles, so its pixel functions can't tell."""
    bands = bands_of(np.uint16)
    nodata, mask = {"nodata": 0} if shown == "NoData" else {}, {"mask": np.ones(HIDDEN.shape, bool)} if shown == "mask" else {}
    path = make_raster(bands, "image.tif", **nodata, **mask)
    if kind == "gap":
        path = stacked(tmp_path / "mosaic.vrt", [path], outputBounds=(500000, 5799000, 501000, 5800000))
    else:
        sparse = gdal.Open(make_raster(bands, "sparse.tif", options=["TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16"], **nodata))
        path = str(tmp_path / "with_holes.tif")
        height, width = HIDDEN.shape
        holes = gdal.GetDriverByName("GTiff").Create(
            path, width, height, 3, gdal.GDT_UInt16, ["SPARSE_OK=YES", "TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16"]
        )
        holes.SetGeoTransform(sparse.GetGeoTransform())
        holes.SetProjection(sparse.GetProjection())
        for number in (1, 2, 3):
            if nodata:
                holes.GetRasterBand(number).SetNoDataValue(0)
            holes.GetRasterBand(number).WriteArray(bands[number - 1][:16])
        if mask:
            holes.CreateMaskBand(gdal.GMF_PER_DATASET)
            holes.GetRasterBand(1).GetMaskBand().WriteArray(np.full((16, width), 255, np.uint8))
        holes = None
        for depth in range(kind.count("behind") + kind.count("two")):
            path = stacked(tmp_path / f"{depth}.vrt", [path])
    valid = valid_in(path)
    assert not valid.all()
    progress = Recorder()
    write_virtual(path, roles_of(path, 1, 2, 3), plane, tmp_path / "p.vrt", progress)
    same = np.array_equal(gdal.Open(str(tmp_path / "p.vrt")).ReadAsArray() != -9999, valid)
    assert same == bool(shown)
    assert ["missing tiles or gaps" in warning for warning in progress.warnings] == ([] if shown else [True])


def test_where_masked_images_overlap_what_lies_beneath_shows(make_raster: Callable[..., str], tmp_path: Path) -> None:
    below = make_raster(bands_of(np.uint16), "below.tif")
    above = make_raster(bands_of(np.uint16), "above.tif", mask=~HIDDEN, transform=(500000, 10, 0, 5800000 + 30, 0, -10))
    mosaic = stacked(tmp_path / "mosaic.vrt", [below, above])
    # The mosaic without its mask: 30 m at the top are covered by the upper image alone, and there by what it doesn't hide.
    bare = tmp_path / "bare.vrt"
    gdal.Translate(str(bare), mosaic, format="VRT", maskBand="none").FlushCache()
    for path in (mosaic, str(bare)):
        valid = valid_in(path)
        np.testing.assert_array_equal(valid[:3], ~HIDDEN[:3])
        assert valid[3:].all()


@pytest.mark.parametrize("nodata", ["none", "0"])
def test_a_mosaic_whose_author_drops_nodata_is_believed(make_raster: Callable[..., str], tmp_path: Path, nodata: str) -> None:
    bands = bands_of(np.uint16)
    bands[:, HIDDEN] = 0
    image = make_raster(bands, nodata=0)
    mosaic = stacked(tmp_path / "mosaic.vrt", [image], srcNodata=nodata, VRTNodata="none")
    # Without a NoData value of the source nothing is let through; with one, a gap is a gap.
    np.testing.assert_array_equal(valid_in(mosaic), np.ones_like(HIDDEN) if nodata == "none" else ~HIDDEN)


@pytest.mark.parametrize(("data_type", "nodata"), [("int16", 65535), ("uint16", float("nan")), ("uint8", -9999), ("float32", 1e40)])
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_tiles_never_written_where_the_nodata_value_does_not_fit(tmp_path: Path, data_type: str, nodata: float, depth: int) -> None:
    path = str(tmp_path / "image.tif")
    code = {"int16": gdal.GDT_Int16, "uint16": gdal.GDT_UInt16, "uint8": gdal.GDT_Byte, "float32": gdal.GDT_Float32}[data_type]
    options = ["TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64", "SPARSE_OK=YES"]
    made = gdal.GetDriverByName("GTiff").Create(path, 128, 128, 3, code, options=options)
    made.SetGeoTransform((500000, 10, 0, 5800000, 0, -10))
    for number in (1, 2, 3):
        made.GetRasterBand(number).SetNoDataValue(nodata)
        made.GetRasterBand(number).WriteArray(np.full((64, 128), 70))
    made = None
    for level in range(depth):
        path = stacked(tmp_path / f"over{level}.vrt", [path])
    valid = valid_in(path)
    assert valid[:64].all()
    assert not valid[64:].any()


@pytest.mark.skipif(not hasattr(gdal, "GDT_UInt64"), reason="GDAL before 3.5 has no integers of 64 bits")
@pytest.mark.parametrize(("data_type", "nodata"), [("uint64", 2**64 - 1), ("int64", 2**63 - 1), ("int64", -(2**63)), ("int64", 2**53 + 1)])
def test_integers_of_64_bits_are_compared_exactly(plane: WaterModel, tmp_path: Path, data_type: str, nodata: int) -> None:
    """A float holds none of them but the lowest: 2⁶⁴ - 1 becomes 2⁶⁴, which no pixel has. So with what metadata call NoData."""
    hidden = np.zeros((128, 128), bool)
    hidden[64:] = hidden[5:9, 7:20] = True
    for declared in (True, False):
        path = str(tmp_path / f"{declared}.tif")
        code = gdal_array.NumericTypeCodeToGDALTypeCode(np.dtype(data_type).type)
        options = ["TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64", "SPARSE_OK=YES"]
        made = gdal.GetDriverByName("GTiff").Create(path, 128, 128, 3, code, options=options)
        made.SetGeoTransform((500000, 10, 0, 5800000, 0, -10))
        made.SetSpatialRef(spatial_reference(32633))
        values = np.full((64, 128), 70, data_type)
        values[hidden[:64]] = nodata
        for number in (1, 2, 3):
            if declared:
                made.GetRasterBand(number).SetNoDataValue(nodata)
            made.GetRasterBand(number).WriteArray(values)
        if not declared:
            made.SetMetadata({"_FillValue": str(nodata)})
        made = None
        np.testing.assert_array_equal(valid_in(path), ~hidden)
        # gdalbuildvrt of GDAL 3.6 writes other NoData values.
        gdal.Translate(str(tmp_path / "over.vrt"), path, format="VRT").FlushCache()
        np.testing.assert_array_equal(valid_in(str(tmp_path / "over.vrt")), ~hidden)
        if declared:
            assert_hidden(path, hidden, plane, tmp_path)


def test_a_mask_or_reference_follows_the_same_rules(make_raster: Callable[..., str]) -> None:
    values = np.ones((1, ROWS, COLUMNS), np.float32)
    values[0, 20] = np.inf
    alpha = np.where(HIDDEN, 0, 0.3).astype(np.float32)[None]
    path = colours(make_raster(np.concatenate([values, values, values, values, alpha]), descriptions=()), 5)
    hidden = HIDDEN.copy()
    hidden[20] = True
    grid = grid_of(path)
    elsewhere = Grid(COLUMNS + 4, ROWS, (499960, 10, 0, 5800000, 0, -10), grid.crs)
    for on, column in ((grid, 0), (elsewhere, 4)):
        _, valid = RegriddedRaster(path, on).read(on.window)
        np.testing.assert_array_equal(valid[:, column:], ~hidden)


def test_a_mask_on_another_grid_keeps_what_its_metadata_call_nodata(make_raster: Callable[..., str]) -> None:
    path = noted(make_raster(np.where(HIDDEN, 0, 1).astype(np.uint8)[None], descriptions=()), {"SPECIAL_VALUE_NODATA": "0"})
    grid = Grid(COLUMNS + 4, ROWS, (499960, 10, 0, 5800000, 0, -10), grid_of(path).crs)
    _, valid = RegriddedRaster(path, grid).read(grid.window)
    np.testing.assert_array_equal(valid[:, 4:], ~HIDDEN)


@pytest.mark.skipif(gdal.GetDriverByName("netCDF") is None, reason="this GDAL has no netCDF")
def test_attributes_of_a_netcdf_count_beside_its_nodata_value(tmp_path: Path) -> None:
    """They are attributes of this file, not left over from another."""
    made = gdal.GetDriverByName("MEM").Create("", 5, 4, 1, gdal.GDT_Int16)
    made.GetRasterBand(1).SetNoDataValue(-1)
    made.GetRasterBand(1).SetMetadata({"nodata_value": "-99", "valid_max": "900"})
    path = str(tmp_path / "image.nc")
    gdal.GetDriverByName("netCDF").CreateCopy(path, made).FlushCache()
    assert nodata_values(gdal.Open(path), 1) == (-1, -99)


@pytest.mark.parametrize(
    ("value", "data_type", "expected"),
    [
        # Signed bytes of old are stored as bytes.
        (255, "int8", -1),
        (128, "int8", -128),
        (256, "int8", None),
        (-128, "int8", -128),
        (255, "uint8", 255),
        (-1, "uint8", None),
        (0.5, "int16", None),
        (1e40, "float32", None),
        (math.inf, "float64", None),
        (math.nan, "uint16", None),
    ],
)
def test_a_nodata_value_that_no_pixel_can_have_is_none(value: float, data_type: str, expected: float | None) -> None:
    found = as_pixel_value(value, np.dtype(data_type))
    assert found == expected
    assert found is None or found.dtype == data_type


@pytest.mark.parametrize("declared", [-3.4028234663852886e38, -3.4028230607370965e38])
def test_the_lowest_number_in_another_spelling_is_nodata(
    make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path, declared: float
) -> None:
    """ArcGIS writes it with other digits than GDAL, whose masks take both."""
    bands = bands_of(np.float32)
    bands[0, :4], bands[1, 4:7] = -3.4028234663852886e38, -3.4028230607370965e38
    hidden = np.zeros((ROWS, COLUMNS), bool)
    hidden[:7] = True
    path = make_raster(bands, nodata=declared)
    assert_hidden(path, hidden, plane, tmp_path)
    assert_hidden(stacked(tmp_path / "stack.vrt", [path]), hidden, plane, tmp_path)


def test_zeros_in_a_hole_of_the_file_are_data(tmp_path: Path) -> None:
    """GDAL doesn't write blocks of zeros to the disk, and then takes them for missing; a block that the file lacks is missing."""
    path = str(tmp_path / "image.tif")
    values = np.zeros((3, 300, 256), np.uint8)
    values[:, 200:] = 7
    gdal_array.SaveArray(values, path)
    source = Source(path, roles_of(path, 1, 2, 3))
    assert not source.hides_invalid
    assert source.read(source.grid.window)[1] is None
    options = ["TILED=YES", "BLOCKXSIZE=128", "BLOCKYSIZE=128", "SPARSE_OK=TRUE"]
    sparse = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "sparse.tif"), 256, 256, 3, options=options)
    sparse.WriteArray(np.full((3, 128, 128), 5, np.uint8), 128, 128)
    sparse = None
    source = Source(str(tmp_path / "sparse.tif"), roles_of(str(tmp_path / "sparse.tif"), 1, 2, 3))
    valid = source.read(source.grid.window)[1]
    assert source.hides_invalid
    assert valid is not None
    assert (int(valid.sum()), bool(valid[128:, 128:].all())) == (128 * 128, True)
