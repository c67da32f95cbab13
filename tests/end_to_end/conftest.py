"""The zip as a user gets it: unpacked in a profile of its own, driven through qgis_process from outside."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Qgis:
    """qgis_process with a user profile of its own."""

    profile: Path
    folder: Path
    program: str

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess:
        """Run qgis_process with these words and hand back its exit status and what it printed."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("QGIS", "PYTHON", "QT", "XDG", "PYTEST"))}
        own = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "XDG_RUNTIME_DIR": str(self.folder),
            "QGIS_CUSTOM_CONFIG_PATH": str(self.profile),
            "QT_QPA_PLATFORM": "offscreen",
        }
        return subprocess.run(
            [self.program, *words],
            cwd=self.folder,
            env={**clean, **own, **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def algorithm(self, name: str, *values: str, **environment: str) -> subprocess.CompletedProcess:
        """Run an algorithm with KEY=VALUE words."""
        return self.run("run", f"ipeowater:{name}", "--json", "--", *values, **environment)

    def results(self, name: str, *values: str) -> dict[str, Any]:
        """Run an algorithm that should succeed and return its results."""
        done = self.algorithm(name, *values)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)["results"]


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
    """Build the zip."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    done = subprocess.run(["make", "-s", "package"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return ROOT / done.stdout.strip()


@pytest.fixture(scope="session")
def qgis(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Qgis:
    """Return QGIS with the plugin installed from the zip."""
    return _qgis(tmp_path_factory.mktemp("installed"), archive)


@pytest.fixture(scope="session")
def bare_qgis(tmp_path_factory: pytest.TempPathFactory) -> Qgis:
    """Return QGIS without the plugin."""
    return _qgis(tmp_path_factory.mktemp("bare"), None)


@pytest.fixture(scope="session")
def sample(qgis: Qgis) -> Path:
    """Return the folder of the sample scene inside the installed plugin."""
    return qgis.profile / "profiles/default/python/plugins/ipeo_water_plugin/resources/sample"
