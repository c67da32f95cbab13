"""What docs/cluster.md says is run here, as far as one machine can."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from continent import make_scenes, run
from copying import copy_folder
from machines import ROOT, Cluster, Process, free_port
from patience import HANGS, wait_for

from ipeo_water_plugin.core.cluster import planning, workers
from ipeo_water_plugin.core.errors import InputError, WaterError

PAGE = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")


def commands(word: str) -> list[list[str]]:
    """The command lines of the page's shell blocks that begin so."""
    blocks = re.findall(r"^ *```bash\n(.*?)^ *```$", PAGE, re.MULTILINE | re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines() if line.strip().startswith(word)]


def started(folder: Path, which: int, words: dict[str, str]) -> list[Process]:
    """Start the page's scheduler and workers, word for word but for what `words` puts in the place of others."""
    environment = {"PYTHONPATH": str(ROOT)}
    lines = [
        ["-m", *(words.get(word, word) for word in commands(word)[which]), "--no-dashboard"] for word in ("dask scheduler", "dask worker")
    ]
    return [Process(*line, folder=folder, name=name, environment=environment) for line, name in zip(lines, ("scheduler", "workers"))]


def ended(processes: list[Process]) -> None:
    for process in reversed(processes):
        process.end()
    children = Path(f"/proc/{processes[1].process.pid}")
    wait_for(lambda: not children.exists())


def test_scheduler_and_workers_as_the_page_starts_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Word for word, but for the port and the number of workers: they listen on loopback alone."""
    port = free_port()
    processes = started(tmp_path, 0, {"8786": str(port), "tcp://127.0.0.1:8786": f"tcp://127.0.0.1:{port}", "8": "2"})
    try:
        make_scenes(tmp_path / "scenes", 2)
        monkeypatch.setattr(workers, "_CONNECT", "60s")
        summary = run(tmp_path / "scenes", tmp_path / "out", scheduler=f"tcp://127.0.0.1:{port}")
        assert len(summary.done) == 2
        listening = subprocess.run(["ss", "-ltnH"], capture_output=True, text=True, check=False).stdout if shutil.which("ss") else ""
        assert not [line for line in listening.splitlines() if f":{port} " in line and f"127.0.0.1:{port} " not in line]
    finally:
        ended(processes)


def test_a_cluster_with_tls_as_the_page_starts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Word for word, but for host, ports and the number of workers. Who has no certificate isn't let in."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate, and isn't here")
    subprocess.run(commands("openssl")[0], cwd=tmp_path, check=True, capture_output=True)
    make_scenes(tmp_path / "scenes", 1)
    monkeypatch.setattr(workers, "_CONNECT", "2s")
    said = []
    # With OpenSSL 3.5 one in twenty of Dask's own clusters breaks while its workers join, also one that has never seen this plugin:
    # connections are lost, workers don't get in, or nobody answers. The page's advice is to start it again.
    for _ in range(4):
        port = free_port()
        words = {"8786": str(port), "tls://HOST:8786": f"tls://127.0.0.1:{port}", "HOST": "127.0.0.1", "8": "2", "9000:9099": "0"}
        processes = started(tmp_path, 1, words)
        try:
            said.append(with_certificate(tmp_path, port))
            if said[-1].endswith("1 done, 0 warnings\n"):
                for protocol in ("tcp", "tls"):
                    with pytest.raises(InputError, match="No Dask scheduler answers"):
                        run(tmp_path / "scenes", tmp_path / "other", scheduler=f"{protocol}://127.0.0.1:{port}")
                return
            said += [process.log.read_text(errors="replace") for process in processes]
        finally:
            ended(processes)
        if ssl.OPENSSL_VERSION_INFO < (3, 4):
            break
    pytest.fail("\n".join(said))


def with_certificate(folder: Path, port: int) -> str:
    """What a client under the page's settings prints."""
    client = f"exec {shlex.quote(sys.executable)} -c {shlex.quote(CLIENT)} scenes out tls://127.0.0.1:{port}"
    script = "\n".join([*(shlex.join(line).replace("'", "") for line in commands("export DASK")), client])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)])}
    done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stderr + done.stdout


# Where it hangs, it says where, and ends.
CLIENT = f"""
import faulthandler, sys
faulthandler.dump_traceback_later({HANGS / 2}, exit=True)
from continent import Recorder, run
from ipeo_water_plugin.core.cluster import workers
workers._CONNECT = "60s"
progress = Recorder()
summary = run(sys.argv[1], sys.argv[2], scheduler=sys.argv[3], progress=progress)
print(len(summary.done), "done,", len(progress.warnings), "warnings")
"""


def test_a_scheduler_that_others_may_reach_is_told_of() -> None:
    guarded = ("tls://head:8786", "tcp://127.0.0.1:8786", "127.0.0.1:8786", "tcp://localhost:8786", "tcp://[::1]:8786")
    assert all(map(workers._is_guarded, guarded))
    assert not any(map(workers._is_guarded, ("tcp://head:8786", "head:8786", "tcp://192.0.2.1:8786", "ws://head:80")))
    assert "can run any program there" in PAGE
    for line in commands("dask scheduler"):
        assert "--host" in line


def test_options_of_dask_ssh() -> None:
    ((_, _, *words),) = commands("dask ssh")
    said = subprocess.run([sys.executable, "-m", "dask", "ssh", "--help"], capture_output=True, text=True, check=True).stdout
    assert [word for word in words if word.startswith("--")]
    assert all(word in said for word in words if word.startswith("--"))


def test_what_the_page_says_of_large_scenes() -> None:
    assert planning.MAX_SCENE_PIXELS == 1_000_000_000
    assert "more than a billion pixels" in PAGE
    assert planning._PIECES.fullmatch("lake_pieces_0123456789abcdef")
    assert "`lake_pieces_…`" in PAGE


def test_a_worker_that_joins_later_is_looked_at_too(tmp_path: Path) -> None:
    """The page says so; here it is a worker of another version."""
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

        with workers.workers_at(own.address, "joining", Joining()) as joined:
            own.add_worker({"PYTHONPATH": f"{tmp_path / 'other'}{os.pathsep}{Path(__file__).parent}"})
            own.wait_for_workers(2)
            joined._looked = 0.0
            with pytest.raises(WaterError, match=r"doesn't fit: ipeo_water_plugin\.core"):
                joined.look()
    finally:
        own.end()
