"""Prediction against GDAL alone: decoding each block of the same bands once and writing the same result, one after the other.

The ratio is that of processor times, which other programs change least.

python benchmarks/predict.py [--side 6000] [--variants tiled,strips,bands,uint8,jp2] [--runs 5]
"""

from __future__ import annotations

import argparse
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from common import WORK, make_scene
from osgeo import gdal
from timing import alternate, verdict

from ipeo_water_plugin.core.grid import Layout, Window
from ipeo_water_plugin.core.model import Layer, ModelInput, WaterModel
from ipeo_water_plugin.core.prediction.predict import PredictionSettings, predict
from ipeo_water_plugin.core.raster.creation_options import creation_options
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.raster.source import grid_of
from ipeo_water_plugin.core.system.threads import processors

# The unregularised optimum on the sample scene: a probability raster with real water in it.
MEAN = np.array([1362.18, 1371.6, 1948.63])
SLOPE = np.array([22.5367, -11.5909, -22.9582]) / np.array([400.493, 517.673, 788.479])
BOUND = {"tiled": 1.45, "strips": 1.45, "bands": 1.6, "uint8": 1.6, "jp2": 1.25}


def sample_model() -> WaterModel:
    """Return the model that the benchmarks predict with."""
    inputs = tuple(ModelInput(name, name, mean, 500.0, 0.0, 20000.0) for name, mean in zip(("green", "red", "nir"), MEAN))
    return WaterModel(inputs, (Layer(SLOPE[None], np.array([-24.907 - SLOPE @ MEAN])),))


def decode(path: str) -> None:
    """Let GDAL decode each block of the bands once, on all processors, from the files behind a virtual raster."""
    dataset = gdal.Open(path)
    files = dataset.GetFileList()[1:] if dataset.GetDriver().ShortName == "VRT" else [path]
    numbers = list(roles_of(path).numbers) if len(files) == 1 else [1]
    grid, block = grid_of(files[0]), tuple(gdal.Open(files[0]).GetRasterBand(1).GetBlockSize())
    windows = Layout.from_blocks(grid.window, block).windows(grid.window)
    local = threading.local()

    def read(task: tuple[Window, str]) -> None:
        window, file = task
        opened = local.__dict__.setdefault("opened", {})
        if file not in opened:
            opened[file] = gdal.Open(file)
        opened[file].ReadRaster(window.column, window.row, window.width, window.height, band_list=numbers)
        opened[file].FlushCache()

    with ThreadPoolExecutor(processors()) as pool:
        list(pool.map(read, [(window, file) for window in windows for file in files]))


def write(result: np.ndarray, settings: PredictionSettings) -> None:
    """Let GDAL write a result with all processors and the same creation options."""
    kind, (height, width), step = settings.kind, result.shape, 512
    target = gdal.GetDriverByName("GTiff").Create(
        str(WORK / "floor.tif"), width, height, 1, kind.data_type, options=creation_options(kind, (step, step))
    )
    target.GetRasterBand(1).SetNoDataValue(kind.nodata)
    for row in range(0, height, step):
        rows = min(step, height - row)
        target.WriteRaster(0, row, width, rows, result[row : row + rows])
        target.FlushCache()
    target = None


def floor(path: str, result: np.ndarray, settings: PredictionSettings) -> None:
    """Let GDAL alone read the bands, then write `result`."""
    decode(path)
    write(result, settings)


def remove_results() -> None:
    """Let both sides write files that don't exist yet: replacing one makes some file systems flush it to the disk."""
    for name in ("out.tif", "floor.tif"):
        (WORK / name).unlink(missing_ok=True)


def jp2_stack(side: int) -> str:
    """Make a VRT over one JPEG 2000 file a band, as Sentinel-2 arrives."""
    stack = WORK / f"s2_{side}.vrt"
    if not stack.exists():
        scene = make_scene(f"tiled_{side}.tif", side)
        files = []
        for number, band in enumerate(("B03", "B04", "B08"), start=1):
            file = WORK / f"T33UUU_{side}_{band}.jp2"
            options = gdal.TranslateOptions(
                format="JP2OpenJPEG",
                bandList=[number],
                creationOptions=["QUALITY=100", "REVERSIBLE=YES", "BLOCKXSIZE=1024", "BLOCKYSIZE=1024"],
            )
            gdal.Translate(str(file), str(scene), options=options)
            files.append(str(file))
        gdal.BuildVRT(str(stack), files, options=gdal.BuildVRTOptions(separate=True)).FlushCache()
    return str(stack)


def scene(variant: str, side: int) -> str:
    """Return the path of a variant's scene, made if it isn't there."""
    if variant == "jp2":
        return jp2_stack(min(side, 4096))
    options: dict[str, tuple[str, ...]] = {
        "strips": ("COMPRESS=DEFLATE", "PREDICTOR=2", "BLOCKYSIZE=1"),
        "bands": ("COMPRESS=DEFLATE", "PREDICTOR=2", "TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512", "INTERLEAVE=BAND"),
    }
    name = variant if variant in options else "tiled"
    return str(make_scene(f"{name}_{side}.tif", side, options=options.get(variant, ())))


def main() -> int:
    """Run the variants and return 1 where a claim isn't met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=6000)
    parser.add_argument("--variants", default=",".join(BOUND))
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    met = True
    for variant in arguments.variants.split(","):
        path = scene(variant, arguments.side)
        settings = PredictionSettings(data_type="uint8" if variant == "uint8" else "float32")
        target = WORK / "out.tif"
        predict(path, roles_of(path), sample_model(), target, settings)
        result = gdal.Open(str(target)).ReadAsArray()
        print(f"{variant}: {result.shape[1]} x {result.shape[0]}")
        times = alternate(
            {
                "GDAL reads, then writes": lambda path=path, result=result, settings=settings: floor(path, result, settings),
                "predict": lambda path=path, settings=settings, target=target: predict(
                    path, roles_of(path), sample_model(), target, settings
                ),
            },
            arguments.runs,
            remove_results,
            processor=True,
        )
        met &= verdict(
            f"predict / GDAL alone, processor time, {variant}", times["predict"] / times["GDAL reads, then writes"], BOUND[variant]
        )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
