"""Rasters, polygons and models to test with: the real scene, and small made ones for the edges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from making import INT8, UTM33, Recorder, gdal_type, spatial_reference
from osgeo import gdal, ogr
from stacks import Stack, read

from ipeo_water_plugin.core.archives.stack import write_stack
from ipeo_water_plugin.core.model import Layer, ModelInput, WaterModel
from ipeo_water_plugin.core.raster.describe import roles_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def recorder() -> type[Recorder]:
    return Recorder


@pytest.fixture(scope="session")
def sample_scene() -> Path:
    """Folder of the sample scene: image.tif, labels.gpkg, reference.tif."""
    return ROOT / "resources" / "sample"


@pytest.fixture
def make_raster(tmp_path: Path) -> Callable[..., str]:
    """Write bands (count, rows, columns) as a raster and return its path."""

    def make(
        bands: np.ndarray,
        name: str = "image.tif",
        *,
        descriptions: Sequence[str] = ("green", "red", "nir"),
        nodata: float | Sequence[float] | None = None,
        transform: Sequence[float] | None = (500000, 10, 0, 5800000, 0, -10),
        epsg: int | None = UTM33,
        options: Sequence[str] = (),
        mask: np.ndarray | None = None,
        scale: float | None = None,
        offset: float | None = None,
    ) -> str:
        bands = np.asarray(bands)
        path = str(tmp_path / name)
        count, height, width = bands.shape
        # GDAL before 3.7 stores signed bytes as bytes with a note.
        noted = bands.dtype == np.int8 and not INT8
        code = gdal.GDT_Byte if noted else gdal_type(bands.dtype)
        extra = ["PIXELTYPE=SIGNEDBYTE"] if noted else []
        dataset = gdal.GetDriverByName("GTiff").Create(path, width, height, count, code, options=[*options, *extra])
        if transform is not None:
            dataset.SetGeoTransform(list(transform))
        if epsg:
            dataset.SetSpatialRef(spatial_reference(epsg))
        for number in range(1, count + 1):
            band = dataset.GetRasterBand(number)
            band.SetDescription(descriptions[number - 1] if number <= len(descriptions) else "")
            if nodata is not None:
                band.SetNoDataValue(float(nodata[number - 1] if isinstance(nodata, Sequence) else nodata))
            if scale is not None:
                band.SetScale(scale)
            if offset is not None:
                band.SetOffset(offset)
            values = bands[number - 1]
            band.WriteArray(values.view(np.uint8) if noted else values)
        if mask is not None:
            dataset.CreateMaskBand(gdal.GMF_PER_DATASET)
            dataset.GetRasterBand(1).GetMaskBand().WriteArray(np.where(mask, 255, 0).astype(np.uint8))
        dataset = None
        return path

    return make


@pytest.fixture
def make_map(make_raster: Callable[..., str]) -> Callable[..., str]:
    """Write probabilities (rows, columns) as a map and return its path."""

    def make(p: np.ndarray, name: str = "p.tif", **kwargs: object) -> str:
        return make_raster(p[None], name, descriptions=("water probability",), **{"nodata": -9999, **kwargs})

    return make


@pytest.fixture
def make_polygons(tmp_path: Path) -> Callable[..., str]:
    """Write (WKT, class) pairs as a GeoPackage layer and return its path."""

    def make(
        features: Sequence[tuple[str | None, object]], name: str = "labels.gpkg", *, epsg: int | None = UTM33, field: int = ogr.OFTInteger
    ) -> str:
        path = str(tmp_path / name)
        dataset = gdal.GetDriverByName("GPKG").Create(path, 0, 0, 0, gdal.GDT_Unknown)
        layer = dataset.CreateLayer("labels", spatial_reference(epsg) if epsg else None, ogr.wkbUnknown)
        layer.CreateField(ogr.FieldDefn("class", field))
        for wkt, value in features:
            feature = ogr.Feature(layer.GetLayerDefn())
            if wkt is not None:
                feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
            if value is not None:
                feature.SetField("class", value)
            layer.CreateFeature(feature)
        dataset = None
        return path

    return make


@pytest.fixture
def plane() -> WaterModel:
    """A logistic model in raw units: dark in nir is water."""
    inputs = tuple(ModelInput(name, name, 1000.0, 300.0, 0.0, 4000.0) for name in ("green", "red", "nir"))
    return WaterModel(inputs, (Layer(np.array([[0.004, -0.002, -0.006]]), np.array([3.0])),))


@pytest.fixture
def stack(tmp_path: Path) -> Callable[..., Stack]:
    """Make a virtual raster of what was downloaded, or of a list of files."""

    def make(given: Path | str | Sequence[Path], extra: Sequence[str] = (), resolution: float | None = None) -> Stack:
        folder = tmp_path / "out"
        folder.mkdir(exist_ok=True)
        product = read(given, extra)
        mask = write_stack(product, folder / "image.vrt", extra, resolution)
        assert mask == (folder / "image_clear.vrt" if product.quality else None)
        # The rest of the plugin finds by it what it needs.
        assert roles_of(str(folder / "image.vrt")).numbers == (1, 2, 3)
        return Stack(folder / "image.vrt")

    return make
