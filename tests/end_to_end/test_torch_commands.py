"""The commands for PyTorch in docs/installation.md, run word for word in a fresh environment, leave NumPy, Jinja2 and GDAL as they were.

Only the index is another than PyTorch's: one in a folder, made here. It holds a small package in the place of torch and of each
thing that torch needs, and newer releases of NumPy, Jinja2 and GDAL, which a command that is wrong would take. `make soak` follows
the same commands with PyTorch itself, from its own index or, where that is out of reach, from pip's, and trains with what they installed.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from installed import Qgis
from packaging.requirements import Requirement
from patience import SOAK

ROOT = Path(__file__).resolve().parents[2]
SECTION = (ROOT / "docs" / "installation.md").read_text(encoding="utf-8").partition("\n## PyTorch\n")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"^```\w+\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
ENVIRONMENT = next(text for text in BLOCKS if "venv" in text)
INTO_PROFILE = [text for text in BLOCKS if "--target" in text]
PYTORCH_INDEX = "https://download.pytorch.org/whl/cpu"
BROUGHT_BY_QGIS = ("numpy", "jinja2", "osgeo")
TRAPS = {"numpy": "numpy", "Jinja2": "jinja2", "MarkupSafe": "markupsafe", "GDAL": "osgeo", "setuptools": "setuptools"}
# What QGIS sees: where each package comes from, its version, and what its files hold.
LOOK = """
import hashlib, importlib, json, sys
from pathlib import Path
seen = {}
for name in sys.argv[1].split(","):
    try:
        package = importlib.import_module(name)
    except ImportError:
        continue
    folder = Path(package.__file__).parent
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".pyc"]
    files = {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    seen[name] = {"file": package.__file__, "version": package.__version__, "files": files}
print(json.dumps(seen))
"""


def pure_needs(block: str) -> list[str]:
    """Return what a command names beside torch."""
    return re.search(r" torch ([a-z_ ]+)", block)[1].split()


def wheel(folder: Path, distribution: str, package: str, version: str, needs: list[str]) -> None:
    """Write a small package that knows its version, and put it into an index."""
    name = re.sub(r"[-_.]+", "_", distribution)
    requires = "".join(f"Requires-Dist: {need}\n" for need in needs)
    information = f"{name}-{version}.dist-info"
    files = {
        f"{package}/__init__.py": f'__version__ = "{version}"\n',
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n{requires}",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{information}/RECORD"] = "".join(f"{path},,\n" for path in (*files, f"{information}/RECORD"))
    project = folder / re.sub(r"[-_.]+", "-", distribution).lower()
    project.mkdir(parents=True)
    file = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(project / file, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    (project / "index.html").write_text(f'<a href="{file}">{file}</a>')


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make the index; torch needs in it what the torch of this test run needs."""
    folder = tmp_path_factory.mktemp("index")
    needs = [need for need in map(Requirement, importlib.metadata.requires("torch") or []) if "extra" not in str(need.marker)]
    wheel(folder, "torch", "torch", importlib.metadata.version("torch").split("+")[0], list(map(str, needs)))
    names = {need.name.replace("-", "_") for need in needs} | {name for block in INTO_PROFILE for name in pure_needs(block)}
    for name in sorted(names - {name.lower() for name in TRAPS}):
        versions = [part.version for need in needs if need.name.replace("-", "_") == name for part in need.specifier]
        wheel(folder, name, name, versions[0] if versions else "9", [])
    for distribution, package in TRAPS.items():
        wheel(folder, distribution, package, "99", [])
    return folder.as_uri()


def run(script: str, home: Path, index: str, **more: str) -> str:
    """Run a block of the page as a user with an empty home, whose shell finds QGIS' own Python, and return what it printed."""
    assert ROOT not in home.parents
    environment = {
        "HOME": str(home),
        "PATH": f"{home / 'bin'}:{sys.base_prefix}/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        # Settings of this machine's pip would let it look elsewhere.
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_INDEX_URL": index,
        **more,
    }
    words = ["bash", "-euo", "pipefail", "-c", script.replace(PYTORCH_INDEX, index)]
    done = subprocess.run(words, cwd=home, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def look(home: Path, **more: str) -> dict[str, Any]:
    """Return what the first python3 on the user's path finds."""
    script = f"python3 -c '{LOOK}' {','.join((*BROUGHT_BY_QGIS, 'torch'))}"
    return json.loads(run(script, home, "", **more).splitlines()[-1])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Make an empty home, with a program `qgis` that only tells what QGIS' Python would find."""
    program = tmp_path / "bin" / "qgis"
    program.parent.mkdir()
    program.write_text(f"#!/bin/bash\nexec python3 -c '{LOOK}' {','.join((*BROUGHT_BY_QGIS, 'torch'))}\n")
    program.chmod(0o755)
    return tmp_path


def hold_only_torch_is_new(before: dict[str, Any], after: dict[str, Any]) -> None:
    """QGIS finds the same packages with the same bytes as before, and torch."""
    assert set(BROUGHT_BY_QGIS) <= set(before)
    for name in BROUGHT_BY_QGIS:
        assert before[name]["files"]
        assert after[name] == before[name], name
    assert "torch" in after


def test_a_virtual_environment_adds_torch_and_leaves_the_rest(home: Path, index: str) -> None:
    before = look(home)
    # The last line of the block starts QGIS, or what stands in its place.
    after = json.loads(run(ENVIRONMENT, home, index).splitlines()[-1])
    hold_only_torch_is_new(before, after)
    # Where the system has a torch of its own, pip finds nothing missing.
    assert after["torch"] == before.get("torch", after["torch"])
    assert "torch" in before or after["torch"]["file"].startswith(str(home / "qgis-torch"))
    assert look(home).get("torch") == before.get("torch")


def into_profile(block: str, home: Path) -> tuple[str, Path]:
    """Return a command for some platform with the names of this one: its Python, and a profile's folder."""
    folder = home / "profiles" / "default" / "python"
    command = re.sub(r'^(python|python3|"/Applications.*?") -m pip', "python3 -m pip", block)
    return re.sub(r'--target "[^"]+"', f'--target "{folder}"', command), folder


@pytest.mark.parametrize("block", INTO_PROFILE, ids=["linux", "windows", "macos"])
def test_a_profile_gets_torch_and_leaves_the_rest(block: str, home: Path, index: str) -> None:
    before = look(home)
    command, folder = into_profile(block, home)
    run(command, home, index)
    # QGIS puts the profile's folder before all others.
    hold_only_torch_is_new(before, after := look(home, PYTHONPATH=str(folder)))
    assert after["torch"]["file"].startswith(str(folder))
    there = {path.name for path in folder.iterdir() if path.suffix != ".dist-info"} - {"__pycache__"}
    assert there == {"torch", *pure_needs(block)}


CPU_BUILD = re.search(r"^torch==(.*)$", (ROOT / "requirements-dev.txt").read_text(encoding="utf-8"), re.MULTILINE)[1] + "+cpu"


def run_for_real(script: str, home: Path) -> None:
    """Run a block of the page, first as it stands, then with the index that pip is set to use; skip where neither has PyTorch."""
    (home / "constraints.txt").write_text(f"torch=={CPU_BUILD}\n")
    found = subprocess.run([sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False)
    environment = {
        **{key: value for key, value in os.environ.items() if key.startswith(("PIP_", "SSL_", "REQUESTS_", "CURL_"))},
        "HOME": str(home),
        "PATH": f"{home / 'bin'}:{sys.base_prefix}/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PIP_CONSTRAINT": str(home / "constraints.txt"),
        "PIP_RETRIES": "0",
    }
    for index in (PYTORCH_INDEX, found.stdout.strip() or "https://pypi.org/simple"):
        words = ["bash", "-euo", "pipefail", "-c", script.replace(PYTORCH_INDEX, index)]
        done = subprocess.run(words, cwd=home, env=environment, capture_output=True, text=True, timeout=900, check=False)
        if done.returncode == 0:
            return
    pytest.skip(f"no index within reach has torch {CPU_BUILD}: {done.stderr[-300:]}")


INSTALLS = pytest.mark.skipif(not SOAK, reason="installs a gigabyte: make soak")
MAPPED = ("CLASS_FIELD=class", "OUTPUT=water.tif")


def inputs(qgis: Qgis) -> list[str]:
    sample = qgis.profile / "profiles/default/python/plugins/ipeo_water_plugin/resources/sample"
    return [f"INPUT={sample / 'image.tif'}", f"POLYGONS={sample / 'labels.gpkg'}", *MAPPED]


@INSTALLS
def test_qgis_trains_in_the_virtual_environment(home: Path, fresh_qgis: Qgis) -> None:
    before = look(home)
    run_for_real(ENVIRONMENT, home)
    path = f"{home / 'qgis-torch' / 'bin'}:/usr/bin:/bin"
    hold_only_torch_is_new(before, look(home, PATH=path))
    mapped = fresh_qgis.algorithm("mapwater", *inputs(fresh_qgis), PATH=path)
    assert mapped.returncode == 0, mapped.stdout + mapped.stderr


@INSTALLS
def test_qgis_trains_with_what_its_profile_holds(home: Path, fresh_qgis: Qgis) -> None:
    before = look(home)
    folder = fresh_qgis.profile / "profiles" / "default" / "python"
    run_for_real(re.sub(r'--target "[^"]+"', f'--target "{folder}"', INTO_PROFILE[0]), home)
    hold_only_torch_is_new(before, look(home, PYTHONPATH=str(folder)))
    mapped = fresh_qgis.algorithm("mapwater", *inputs(fresh_qgis), PATH="/usr/bin:/bin")
    assert mapped.returncode == 0, mapped.stdout + mapped.stderr
