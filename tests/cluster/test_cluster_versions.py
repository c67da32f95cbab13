"""Workers compute with the code and the libraries of the caller, or are refused."""

from __future__ import annotations

import gc
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ipeo_water_plugin.core.cluster import versions as versions_module
from ipeo_water_plugin.core.cluster.versions import check_versions, code, versions
from ipeo_water_plugin.core.cluster.workers import workers_at
from ipeo_water_plugin.core.errors import InputError, WaterError
from ipeo_water_plugin.core.progress import SilentProgress


def test_the_version_of_the_code_covers_all_that_a_worker_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose module differs in a line is unlike this one, whichever module it is."""
    core = Path(versions_module.__file__).parent.parent
    listing = "import ipeo_water_plugin.core.cluster.tasks, sys; print(*(m.__file__ for n, m in sys.modules.items() if '.core' in n))"
    said = subprocess.run([sys.executable, "-c", listing], cwd=core.parent.parent, capture_output=True, text=True, check=True).stdout
    loaded = [file for file in map(Path, said.split()) if core in file.parents]
    assert len(loaded) > 20
    copy = tmp_path / "core"
    shutil.copytree(core, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(versions_module, "_CORE", copy)
    names = {code.__wrapped__()}
    for file in loaded:
        with (copy / file.relative_to(core)).open("a") as module:
            module.write("# another\n")
        names.add(code.__wrapped__())
    assert len(names) == len(loaded) + 1


OWN = {"Python": "3.11", "NumPy": "1.24", "GDAL": "3.6", "ipeo_water_plugin.core": "abc", "dask": "2026.8.0", "distributed": "2026.8.0"}


def test_versions_that_fit() -> None:
    assert set(versions()) == {"Python", "NumPy", "GDAL", "ipeo_water_plugin.core"}
    assert check_versions(OWN, OWN, {"tcp://a": OWN, "tcp://b": OWN}) == []
    newer = {**OWN, "GDAL": "3.9"}
    assert check_versions(OWN, OWN, {"tcp://a": newer, "tcp://b": newer}) == ["GDAL 3.9 on the workers, 3.6 here"]


@pytest.mark.parametrize("name", ["Python", "ipeo_water_plugin.core", "dask", "distributed"])
def test_versions_that_must_be_the_same_everywhere(name: str) -> None:
    with pytest.raises(WaterError, match=rf"The worker tcp://b doesn't fit: {name} other there, {OWN[name]} here"):
        check_versions(OWN, OWN, {"tcp://a": OWN, "tcp://b": {**OWN, name: "other"}})
    with pytest.raises(WaterError, match=f"The scheduler doesn't fit: {name}"):
        check_versions(OWN, {**OWN, name: "other"}, {})


@pytest.mark.parametrize("name", ["NumPy", "GDAL"])
def test_versions_that_must_be_the_same_on_all_workers(name: str) -> None:
    with pytest.raises(WaterError, match=f"The worker tcp://b doesn't fit: {name} other there, {OWN[name]} on tcp://a"):
        check_versions(OWN, OWN, {"tcp://a": OWN, "tcp://b": {**OWN, name: "other"}})


def test_a_worker_that_lacks_the_package() -> None:
    error = ModuleNotFoundError("No module named 'ipeo_water_plugin'", name="ipeo_water_plugin")
    with pytest.raises(WaterError, match=r"worker tcp://b can't compute: Python there has no module ipeo_water_plugin\. Install"):
        check_versions(OWN, OWN, {"tcp://a": OWN, "tcp://b": error})


def test_a_client_that_nobody_answers_is_closed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Left to the garbage collector it may be collected in the middle of the making of the next, and both wait for ever."""
    monkeypatch.setattr("ipeo_water_plugin.core.cluster.workers._CONNECT", "1s")
    before = set(threading.enumerate())
    gc.disable()
    try:
        kept = []
        for _ in range(3):
            with pytest.raises(InputError) as error, workers_at("nonsense", "run", SilentProgress()):
                pass
            kept.append(error)
        assert [thread.name for thread in set(threading.enumerate()) - before if thread.name == "IO loop"] == []
    finally:
        gc.enable()
