"""Take the pictures of the user guide from QGIS itself, into docs/images/: `make screenshots`.

QGIS desktop runs on a display of its own with the plugin installed from the zip; `screenshots_story.py` says what it does there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import desktop
import numpy as np
import plugin
from osgeo import gdal

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "screenshots"
# Paths are in the pictures: this one says nothing of who took them.
WORK = Path("/tmp/water")
PICTURES = ROOT / "docs" / "images"
NAMES = ("toolbox", "training_layer", "dialog_mapwater", "result_map", "report", "batch", "model_designer", "checksetup")
# A guide is read on slow lines too.
MOST_BYTES = 150_000


def photograph(page: Path, picture: Path) -> None:
    """Take a picture of the top of a web page."""
    program = shutil.which("chromium") or sys.exit("chromium is missing: run make setup.")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={WORK / 'chromium'}"]
    command = [program, *flags, "--window-size=1000,1150", "--virtual-time-budget=3000", f"--screenshot={picture}", page.as_uri()]
    subprocess.run(command, check=True, timeout=60, capture_output=True, env={**os.environ, "HOME": str(WORK)})


def shrink(source: Path, target: Path, most: int = MOST_BYTES) -> int:
    """Write a picture with as many colours as fit into a number of bytes, 256 at most, and return the bytes it takes."""
    picture = gdal.Open(str(source))
    for colours in (256, 192, 128, 96, 64, 48, 32, 24, 16):
        _quantise(picture, colours, target)
        if target.stat().st_size <= most:
            return target.stat().st_size
    sys.exit(f"{target.name} has more than {most} bytes even with {colours} colours: show less in it.")


def _quantise(picture: gdal.Dataset, colours: int, target: Path) -> None:
    bands = [picture.GetRasterBand(number) for number in (1, 2, 3)]
    pixels = np.stack([band.ReadAsArray() for band in bands], -1).astype(np.int32)
    found, index, count = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True)
    # What windows are made of keeps its very colours; the map shares the rest.
    exact = found[np.argsort(count)[::-1][: colours // 4]]
    cut = gdal.ColorTable()
    gdal.ComputeMedianCutPCT(*bands, colours - len(exact), cut)
    palette = np.concatenate([exact, np.array([cut.GetColorEntry(i)[:3] for i in range(cut.GetCount())], np.int32)])
    table = gdal.ColorTable()
    for i, colour in enumerate(palette.tolist()):
        table.SetColorEntry(i, tuple(colour))
    # Without dithering, whose noise would neither be pleasant to look at nor compress.
    nearest = np.concatenate([((part[:, None] - palette) ** 2).sum(-1).argmin(1) for part in np.array_split(found, 1 + len(found) // 4096)])
    memory = gdal.GetDriverByName("MEM").Create("", picture.RasterXSize, picture.RasterYSize, 1)
    memory.GetRasterBand(1).SetColorTable(table)
    memory.GetRasterBand(1).WriteArray(nearest[index.reshape(-1)].reshape(pixels.shape[:2]).astype(np.uint8))
    gdal.GetDriverByName("PNG").CreateCopy(str(target), memory, options=["ZLEVEL=9"])
    Path(f"{target}.aux.xml").unlink(missing_ok=True)


def main() -> None:
    """Play the story, photograph the report, and put all pictures where the guide looks for them."""
    shutil.rmtree(BUILD, ignore_errors=True)
    out = BUILD / "pictures"
    out.mkdir(parents=True)
    try:
        WORK.mkdir()
    except FileExistsError:
        sys.exit(f"{WORK} exists: remove it, if it is of an earlier run.")
    try:
        (WORK / "qgis-torch").symlink_to(ROOT / ".venv")
        story, home, environment = Path(__file__).with_name("screenshots_story.py"), WORK / "home", WORK / "qgis-torch"
        played = desktop.play(story, home, seconds=240, python=environment, out=out, archive=plugin.package(), work=WORK)
        if played.status:
            sys.exit(f"{played.log}\nThe story ended with status {played.status}; see {out}.")
        photograph(WORK / "report.html", out / "report.png")
    finally:
        shutil.rmtree(WORK)
    PICTURES.mkdir(exist_ok=True)
    for name in NAMES:
        print(f"{name}.png: {shrink(out / f'{name}.png', PICTURES / f'{name}.png') // 1000} kB")


if __name__ == "__main__":
    main()
