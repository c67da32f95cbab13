"""What the benchmarks share: made scenes that look like the sample scene, and honest timing of two sides in turn."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from osgeo import gdal

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
SCENE = ROOT / "resources" / "sample" / "image.tif"
LABELS = ROOT / "resources" / "sample" / "labels.gpkg"
WORK = ROOT / "build" / "bench"


def make_scene(name: str, side: int, *, bands: int = 4, options: tuple[str, ...] = (), real: int | None = None) -> Path:
    """Make a square scene of the sample scene's pixels, mirrored side by side with sensor noise, so that it compresses like one.

    Args:
        name: file name in build/bench; an existing file is kept.
        side: width and height in pixels.
        bands: the fourth is made from the others.
        options: GTiff creation options.
        real: only this many rows and columns hold data; the rest is sparse.
    """
    path = WORK / name
    if path.exists():
        return path
    WORK.mkdir(parents=True, exist_ok=True)
    sample = gdal.Open(str(SCENE))
    pixels = sample.ReadAsArray()
    tile = np.concatenate([pixels, pixels[:, ::-1]], axis=1)
    tile = np.concatenate([tile, tile[:, :, ::-1]], axis=2)
    if bands == 4:
        tile = np.concatenate([tile, tile[2:] // 2 + tile[1:2] // 2])
    noise = np.random.default_rng(0)
    temporary = path.with_suffix(".part.tif")
    chosen = list(options or ("TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512", "COMPRESS=DEFLATE", "PREDICTOR=2"))
    chosen += ["NUM_THREADS=ALL_CPUS", "BIGTIFF=IF_SAFER", "SPARSE_OK=TRUE"]
    dataset = gdal.GetDriverByName("GTiff").Create(str(temporary), side, side, bands, gdal.GDT_UInt16, options=chosen)
    dataset.SetGeoTransform(sample.GetGeoTransform())
    dataset.SetProjection(sample.GetProjection())
    for number, title in zip(range(1, bands + 1), ("green", "red", "nir", "swir")):
        dataset.GetRasterBand(number).SetDescription(title)
    extent = real or side
    for row in range(0, extent, 512):
        height = min(512, extent - row)
        rows = np.arange(row, row + height) % tile.shape[1]
        strip = tile[:, rows][:, :, np.arange(extent) % tile.shape[2]]
        strip = strip + noise.integers(-8, 9, strip.shape, dtype=np.int16)
        dataset.WriteRaster(0, row, extent, height, np.ascontiguousarray(strip.astype(np.uint16)), band_list=list(range(1, bands + 1)))
        dataset.FlushCache()
    dataset = None
    temporary.replace(path)
    return path


def alternate(sides: dict[str, Callable[[], object]], runs: int = 5, before: Callable[[], object] | None = None) -> dict[str, float]:
    """Run the sides in turn, once to warm up and then `runs` times, and return each side's median in seconds.

    `before` is called ahead of each run and not timed.
    """
    times: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(runs + 1):
        for name, run in sides.items():
            if before is not None:
                before()
            start = time.perf_counter()
            run()
            if turn:
                times[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, values in times.items():
        print(f"  {name:<32} {medians[name]:8.3f} s   ({min(values):.3f} to {max(values):.3f}, {runs} runs)")
    return medians


def verdict(title: str, ratio: float, bound: float) -> bool:
    """Print a ratio against the bound that is claimed for it, and return whether it holds."""
    print(f"{title}: ratio {ratio:.2f} (claimed: at most {bound:.2f}) {'ok' if ratio <= bound else 'NOT MET'}")
    return ratio <= bound


def peak_memory() -> float:
    """Largest resident size of this program so far, in MB; unlike getrusage's it starts anew with each program."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024
