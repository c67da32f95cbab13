"""The zip as a user gets it: unpacked in a profile of its own, driven through qgis_process from outside."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from installed import ROOT, Qgis


def _qgis(folder: Path, archive: Path | None) -> Qgis:
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    assert program, "qgis_process is missing: run make setup"
    profile = folder / "QGIS, Profil für Fließgewässer"
    settings = profile / "profiles" / "default" / "QGIS" / "QGIS3.ini"
    settings.parent.mkdir(parents=True)
    if archive:
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(profile / "profiles" / "default" / "python" / "plugins")
        settings.write_text("[PythonPlugins]\nipeo_water_plugin=true\n")
    return Qgis(profile, folder, program)


@pytest.fixture(scope="session")
def archive() -> Path:
    """Build the zip, while no other test process does."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build" / "package.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(["make", "-s", "package"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return ROOT / done.stdout.strip()


@pytest.fixture(scope="session")
def qgis(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Qgis:
    """Return QGIS with the plugin installed from the zip."""
    return _qgis(tmp_path_factory.mktemp("installed"), archive)


@pytest.fixture
def fresh_qgis(archive: Path, tmp_path: Path) -> Qgis:
    """Return QGIS with the plugin installed from the zip, for one test alone."""
    return _qgis(tmp_path, archive)


@pytest.fixture(scope="session")
def bare_qgis(tmp_path_factory: pytest.TempPathFactory) -> Qgis:
    """Return QGIS without the plugin."""
    return _qgis(tmp_path_factory.mktemp("bare"), None)


@pytest.fixture(scope="session")
def sample(qgis: Qgis) -> Path:
    """Return the folder of the sample scene inside the installed plugin."""
    return qgis.profile / "profiles/default/python/plugins/ipeo_water_plugin/resources/sample"


@pytest.fixture(scope="session")
def mapped(qgis: Qgis, sample: Path) -> dict[str, str]:
    """Map water on the sample scene with nothing but defaults."""
    words = [f"INPUT={sample / 'image.tif'}", f"POLYGONS={sample / 'labels.gpkg'}", "CLASS_FIELD=class"]
    return qgis.results("mapwater", *words, f"OUTPUT={qgis.folder / 'mapped.tif'}", f"OUTPUT_MODEL={qgis.folder / 'mapped.json'}")
