"""Take the pictures of the user guide from QGIS itself, into docs/images/: `make screenshots`.

QGIS desktop runs on a display of its own with the plugin installed from the zip, and plays the stories of tests/end_to_end/.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import desktop
import plugin
from osgeo import gdal

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "screenshots"
# Paths are in the pictures: this one says nothing of who took them.
WORK = Path("/tmp/water")
PICTURES = ROOT / "docs" / "images"
STORIES = {
    "panel_story": ("panel_start", "panel_grow", "panel", "panel_check"),
    "desktop_story": ("toolbox", "training_layer", "dialog_mapwater", "result_map", "report", "batch", "model_designer", "checksetup"),
}


def photograph(page: Path, picture: Path) -> None:
    """Take a picture of the top of a web page."""
    program = shutil.which("chromium") or sys.exit("chromium is missing: run make setup.")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={WORK / 'chromium'}"]
    command = [program, *flags, "--window-size=1000,1150", "--virtual-time-budget=3000", f"--screenshot={picture}", page.as_uri()]
    subprocess.run(command, check=True, timeout=60, capture_output=True, env={**os.environ, "HOME": str(WORK)})


def main() -> None:
    """Play the stories, photograph the report, and put all pictures where the guide looks for them."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    if WORK.exists():
        sys.exit(f"{WORK} exists: remove it, if it is left from an earlier run.")
    WORK.mkdir()
    try:
        (WORK / "qgis-torch").symlink_to(ROOT / ".venv")
        for name in STORIES:
            story = ROOT / "tests" / "end_to_end" / f"{name}.py"
            played = desktop.play(story, WORK / f"home_{name}", python=WORK / "qgis-torch", out=OUT, archive=plugin.package(), work=WORK)
            if played.status:
                sys.exit(f"{played.log}\n{name} ended with status {played.status}; see {OUT}.")
        photograph(WORK / "report.html", OUT / "report.png")
    finally:
        shutil.rmtree(WORK)
    for name in (picture for pictures in STORIES.values() for picture in pictures):
        # A guide is read on slow lines too.
        gdal.Translate(
            str(PICTURES / f"{name}.webp"), str(OUT / f"{name}.png"), format="WEBP", creationOptions=["QUALITY=85"], bandList=[1, 2, 3]
        )
        print(f"{name}.webp: {(PICTURES / f'{name}.webp').stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
