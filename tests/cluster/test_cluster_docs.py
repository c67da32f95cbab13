"""What docs/cluster.md says is run here, as far as one machine can."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path

import pytest
from continent import make_scenes, run
from copying import copy_folder
from machines import ROOT, Cluster, Process, free_port, wait_for

from ipeo_water_plugin.core.cluster import crew, planning

PAGE = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")


def commands(word: str) -> list[list[str]]:
    """The command lines of the page's shell blocks that begin so."""
    blocks = re.findall(r"^```bash\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines() if line.startswith(word)]


def test_scheduler_and_workers_as_the_page_starts_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Word for word, but for the port, the host and the number of workers."""
    port = free_port()
    words = {"8786": str(port), "tcp://HOST:8786": f"tcp://127.0.0.1:{port}", "8": "2", "dask": "dask"}
    environment = {"PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__SCHEDULER__DASHBOARD__BOKEH_APPLICATION": "{}"}
    scheduler, workers = (
        ["-m", *(words.get(word, word) for word in line)] for line in commands("dask scheduler") + commands("dask worker")
    )
    processes = [Process(*scheduler, "--host", "127.0.0.1", "--no-dashboard", folder=tmp_path, name="scheduler", environment=environment)]
    processes.append(Process(*workers, "--no-dashboard", folder=tmp_path, name="workers", environment=environment))
    try:
        make_scenes(tmp_path / "scenes", 2)
        monkeypatch.setattr(crew, "_CONNECT", "60s")
        summary = run(tmp_path / "scenes", tmp_path / "out", scheduler=f"tcp://127.0.0.1:{port}")
        assert len(summary.done) == 2
    finally:
        for process in reversed(processes):
            process.end()
    children = Path(f"/proc/{processes[1].process.pid}")
    wait_for(lambda: not children.exists(), 20)


def test_options_of_dask_ssh() -> None:
    import subprocess

    ((_, _, *words),) = commands("dask ssh")
    said = subprocess.run([sys.executable, "-m", "dask", "ssh", "--help"], capture_output=True, text=True, check=True).stdout
    assert [word for word in words if word.startswith("--")]
    assert all(word in said for word in words if word.startswith("--"))


def test_what_the_page_says_of_windows_and_parts(tmp_path: Path) -> None:
    assert planning.UNIT_PIXELS == 4096 * 4096
    assert "about 4096 × 4096 pixels" in PAGE
    assert planning._PREFIX in PAGE
    assert os.path.basename(PAGE.split("`predictmanyrasters`")[0].split("*")[1]) == "Predict many rasters"


def test_a_worker_that_joins_later_is_looked_at_too(tmp_path: Path) -> None:
    """The page says so; here it is a worker of another version."""
    from ipeo_water_plugin.core.errors import WaterError

    copy_folder(ROOT / "ipeo_water_plugin", tmp_path / "other" / "ipeo_water_plugin")
    (tmp_path / "other" / "ipeo_water_plugin" / "core" / "more.py").write_text("# another version\n")
    own = Cluster(tmp_path / "cluster", 1)
    try:
        own.wait_for_workers(1)
        make_scenes(tmp_path / "scenes", 1)

        class Joining:
            """A Progress that goes on until the other worker is there."""

            def set(self, fraction: float) -> None: ...
            def info(self, message: str) -> None: ...
            def warn(self, message: str) -> None: ...
            def cancelled(self) -> bool:
                return False

        with crew.crew_at(own.address, "joining", Joining()) as joined:
            own.add_worker({"PYTHONPATH": f"{tmp_path / 'other'}{os.pathsep}{Path(__file__).parent}"})
            own.wait_for_workers(2)
            joined._looked = 0.0
            with pytest.raises(WaterError, match=r"doesn't fit: ipeo_water_plugin\.core"):
                joined.look()
    finally:
        own.end()
