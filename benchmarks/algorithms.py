"""Every algorithm that reads a whole scene against the least that its work needs, on a tile of Sentinel-2's size.

    python benchmarks/algorithms.py [--side 10980] [--runs 3] [--parts accuracy,suggest,reference,sample,virtual]

Both sides run in turn, each time in a process of its own, which gives its wall time, processor time and peak memory. Floors are GDAL
alone, with all processors, in rows of blocks. "accuracy" and "sample" are whole runs of qgis_process, start-up included.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import WORK, make_scene
from extract import probability
from osgeo import gdal, ogr
from peers import qgis_environment
from predict import sample_model
from timing import apart, in_turn, verdict

from ipeo_water_plugin.core.accuracy.reference_points import sample_reference
from ipeo_water_plugin.core.grid import Grid
from ipeo_water_plugin.core.prediction.predict import PredictionSettings, predict
from ipeo_water_plugin.core.prediction.suggest import suggest
from ipeo_water_plugin.core.prediction.virtual import write_virtual
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.raster.probability_raster import ProbabilitySource
from ipeo_water_plugin.core.raster.source import grid_of
from ipeo_water_plugin.core.raster.windows import read_windows

POLYGONS, POINTS = 5000, 100_000
RESULT = WORK / "algorithms"


@dataclass(frozen=True)
class Part:
    """An algorithm, its floor, and what is claimed: their ratio, and peak memory in MB."""

    floor: tuple[str, Callable[[], object]]
    algorithm: tuple[str, Callable[[], object] | list[str]]
    ratio: float
    memory: float


def strips(path: str, bands: tuple[int, ...]) -> Iterator[tuple[int, np.ndarray]]:
    """Yield rows of blocks of a raster, read by GDAL with all processors: the first row, and values of shape (bands, rows, width)."""
    dataset = gdal.OpenEx(path, gdal.OF_RASTER, open_options=["NUM_THREADS=ALL_CPUS"])
    rows = max(dataset.GetRasterBand(1).GetBlockSize()[1], 256)
    for row in range(0, dataset.RasterYSize, rows):
        yield row, dataset.ReadAsArray(0, row, dataset.RasterXSize, min(rows, dataset.RasterYSize - row), band_list=list(bands))
        dataset.FlushCache()


def read(path: str, *bands: int) -> None:
    """Read bands of a raster."""
    for _ in strips(path, bands):
        pass


def read_in_threads(path: str) -> None:
    """Read a virtual layer as the plugin reads any raster, and as QGIS draws one: in several threads, which GDAL alone doesn't."""
    for _ in read_windows(ProbabilitySource(path), SilentProgress()):
        pass


def read_and_count(map_path: str, reference: str) -> None:
    """Read two rasters and count each class by probability."""
    counts = np.zeros((2, 256), np.int64)
    for (_, p), (_, labels) in zip(strips(map_path, (1,)), strips(reference, (1,))):
        for side in (0, 1):
            counts[side] += np.histogram(p[labels == side], 256, (0, 1))[0]


def classes(side: int, scene: str) -> None:
    """Make a reference raster: where NDWI is positive."""
    path = WORK / f"classes_{side}.tif"
    if not path.exists():
        image = gdal.Open(scene)
        options = ["TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512", "COMPRESS=DEFLATE"]
        target = gdal.GetDriverByName("GTiff").Create(str(path), side, side, 1, gdal.GDT_Byte, options=options)
        target.SetGeoTransform(image.GetGeoTransform())
        target.SetProjection(image.GetProjection())
        for row, (green, nir) in strips(scene, (1, 3)):
            target.GetRasterBand(1).WriteArray((green > nir).astype(np.uint8), 0, row)


def polygons(side: int, grid: Grid) -> str:
    """Make a layer of squares of 20 pixels, slightly turned, water and not in turn."""
    path = WORK / f"polygons_{side}.gpkg"
    if not path.exists():
        random, turn = np.random.default_rng(0), np.deg2rad(10)
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * 10
        corners = corners @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        source = gdal.GetDriverByName("GPKG").Create(str(path), 0, 0, 0, gdal.GDT_Unknown)
        layer = source.CreateLayer("polygons", ogr.osr.SpatialReference(grid.crs), ogr.wkbPolygon)
        layer.CreateField(ogr.FieldDefn("class", ogr.OFTInteger))
        source.StartTransaction()
        for number, centre in enumerate(random.uniform(20, side - 20, (POLYGONS, 2))):
            points = grid.to_crs(*(corners + centre).T)
            feature = ogr.Feature(layer.GetLayerDefn())
            feature["class"] = number % 2
            feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POLYGON (({', '.join(f'{x!r} {y!r}' for x, y in points.tolist())}))"))
            layer.CreateFeature(feature)
        source.CommitTransaction()
    return str(path)


def rasterize_read_write(scene: str, areas: str) -> None:
    """Rasterize polygons, read the scene and write as many points as the sample has, with GDAL alone."""
    image, source = gdal.Open(scene), gdal.OpenEx(areas, gdal.OF_VECTOR)
    target = gdal.GetDriverByName("MEM").Create("", image.RasterXSize, image.RasterYSize, 1, gdal.GDT_Int32)
    target.SetGeoTransform(image.GetGeoTransform())
    target.SetProjection(image.GetProjection())
    gdal.RasterizeLayer(target, [1], source.GetLayer(0), burn_values=[1])
    owner = target.ReadAsArray()
    found = []
    for row, values in strips(scene, (1, 2, 3)):
        rows, columns = np.nonzero(owner[row : row + values.shape[1]])
        found.append((columns, rows + row, values[:, rows, columns]))
    columns, rows, values = (np.concatenate(column, axis=-1) for column in zip(*found))
    chosen = np.random.default_rng(0).choice(len(columns), min(POINTS, len(columns)), replace=False)
    positions = grid_of(scene).to_crs(columns[chosen] + 0.5, rows[chosen] + 0.5)
    points = gdal.GetDriverByName("GPKG").Create(str(RESULT.with_suffix(".floor.gpkg")), 0, 0, 0, gdal.GDT_Unknown)
    layer = points.CreateLayer("points", ogr.osr.SpatialReference(image.GetProjection()), ogr.wkbPoint)
    for name, kind in (("class", ogr.OFTInteger), ("polygon", ogr.OFTInteger64), ("scene", ogr.OFTString)):
        layer.CreateField(ogr.FieldDefn(name, kind))
    for name in ("green", "red", "nir"):
        layer.CreateField(ogr.FieldDefn(name, ogr.OFTReal))
    points.StartTransaction()
    for (x, y), pixel in zip(positions.tolist(), values[:, chosen].T.astype(float).tolist()):
        feature, geometry = ogr.Feature(layer.GetLayerDefn()), ogr.Geometry(ogr.wkbPoint)
        geometry.AddPoint_2D(x, y)
        feature.SetGeometry(geometry)
        feature.SetField(0, 1)
        feature.SetField(1, 1)
        feature.SetField(2, scene)
        for number, value in enumerate(pixel, start=3):
            feature.SetField(number, value)
        layer.CreateFeature(feature)
    points.CommitTransaction()


def parts(side: int, chosen: list[str]) -> Iterator[tuple[str, Part]]:
    """Yield the chosen parts by name, and make what they read."""
    scene, result, water = (str(WORK / name) for name in (f"tiled_{side}.tif", f"{RESULT.name}.tif", f"probability_{side}.tif"))
    apart(lambda: make_scene(f"tiled_{side}.tif", side))
    apart(lambda: probability(side, 0.0))
    roles, model = roles_of(scene), sample_model()
    environment = qgis_environment() if {"accuracy", "sample"}.intersection(chosen) else {}

    def qgis(name: str, *values: str) -> list[str]:
        settings = [f"{key}={environment[key]}" for key in environment if key.startswith(("QGIS", "QT_", "XDG_", "HOME", "PATH", "PYTHON"))]
        return ["env", *settings, environment["QGIS_PROCESS"], "run", f"ipeowater:{name}", "--json", "--", *values]

    for name in chosen:
        if name == "accuracy":
            apart(lambda: classes(side, scene))
            reference = str(WORK / f"classes_{side}.tif")
            inputs = (f"INPUT={water}", f"REFERENCE_RASTER={reference}")
            outputs = (f"OUTPUT={RESULT.with_suffix('.csv')}", f"OUTPUT_REPORT={RESULT.with_suffix('.html')}")
            floor = "read both, one histogram", lambda reference=reference: read_and_count(water, reference)
            yield name, Part(floor, ("assessaccuracy, whole", qgis("assessaccuracy", *inputs, *outputs)), 2.5, 500)
        elif name == "suggest":
            floor = "decode three bands", lambda: read(scene, *roles.numbers)
            yield name, Part(floor, ("suggestpolygons", lambda: suggest(scene, roles, model)), 3.0, 500)
        elif name == "reference":
            yield name, Part(("read the map", lambda: read(water, 1)), ("samplereference", lambda: sample_reference(water)), 2.0, 500)
        elif name == "sample":
            areas = polygons(side, grid_of(scene))
            floor = "rasterize, decode, write", lambda areas=areas: rasterize_read_write(scene, areas)
            command = qgis(
                "samplepixels", f"INPUT={scene}", f"POLYGONS={areas}", "CLASS_FIELD=class", f"OUTPUT={RESULT.with_suffix('.gpkg')}"
            )
            yield name, Part(floor, ("samplepixels, whole", command), 1.3, 450)
        elif name == "virtual":
            virtual = str(RESULT.with_suffix(".vrt"))
            write_virtual(scene, roles, model, virtual)
            floor = "predict", lambda: predict(scene, roles, model, result, PredictionSettings())
            yield name, Part(floor, ("read the virtual layer", lambda virtual=virtual: read_in_threads(virtual)), 3.0, 500)


def remove_results() -> None:
    """Let each run write files that don't exist yet."""
    for path in Path(WORK).glob(f"{RESULT.name}.*"):
        if path.suffix != ".vrt":
            path.unlink()


def main() -> int:
    """Compare, and return 1 where a claim isn't met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=10980)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--parts", default="accuracy,suggest,reference,sample,virtual")
    arguments = parser.parse_args()
    met = True
    for name, part in parts(arguments.side, arguments.parts.split(",")):
        print(f"{name}: {arguments.side} x {arguments.side}")
        floor, own = in_turn(dict([part.floor, part.algorithm]), arguments.runs, remove_results)
        met &= verdict(f"{part.algorithm[0]} / {part.floor[0]}, wall time", own.wall / floor.wall, part.ratio)
        print(
            f"  processor time: ratio {own.processor / floor.processor:.2f}; pairs from {own.lowest(floor):.2f} to {own.highest(floor):.2f}"
        )
        within = own.peak <= part.memory
        met &= within
        print(f"  memory: {own.peak:.0f} MB (claimed: at most {part.memory:.0f}) {'ok' if within else 'NOT MET'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
