"""Schedulers, workers and object storage started by hand on loopback, and what workers record of their predictions."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from patience import wait_for

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent


class Process:
    """A Python process of our own, which is ended at the end."""

    def __init__(self, *words: str, folder: Path, name: str, environment: Mapping[str, str] | None = None) -> None:
        self.log = folder / f"{name}.log"
        own = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE), str(HERE.parent)]), "PYTHONUNBUFFERED": "1", **(environment or {})}
        with self.log.open("wb") as log:
            command = [sys.executable, *words]
            self.process = subprocess.Popen(command, cwd=folder, env={**os.environ, **own}, stdout=log, stderr=subprocess.STDOUT)

    def kill(self) -> None:
        """End it with no chance to tidy up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def end(self) -> None:
        """End it as one ends a service."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


class Cluster:
    """A scheduler and workers, each a process, started with Dask's own command line."""

    def __init__(self, folder: Path, workers: int, environment: Mapping[str, str] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._environment = folder, {"PREDICTIONS_LOG": str(folder / "predictions.log"), **(environment or {})}
        self._file = folder / "scheduler.json"
        words = ("--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0", "--scheduler-file", str(self._file))
        self.scheduler = Process("-m", "dask", "scheduler", *words, folder=folder, name="scheduler", environment=self._environment)
        self.workers: list[Process] = []
        wait_for(self._file.exists)
        self.address: str = wait_for(self._address)
        for _ in range(workers):
            self.add_worker()

    def _address(self) -> str:
        try:
            return json.loads(self._file.read_text())["address"]
        except (ValueError, KeyError):
            return ""

    def add_worker(self, environment: Mapping[str, str] | None = None, *words: str) -> Process:
        """Start another worker."""
        name = f"worker-{len(self.workers)}"
        command = ("-m", "dask", "worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", name)
        more = ("--preload", "recording", "--local-directory", str(self._folder), "--host", "127.0.0.1", *words)
        environment = {**self._environment, **(environment or {})}
        self.workers.append(Process(*command, *more, folder=self._folder, name=name, environment=environment))
        return self.workers[-1]

    def wait_for_workers(self, count: int) -> None:
        """Wait until so many have joined."""
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            wait_for(lambda: len(client.nthreads()) == count)

    def wait_until_at_rest(self) -> None:
        """Wait until the scheduler has nothing to be done, and no worker does anything: nothing begins after that by itself."""
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            wait_for(lambda: not client.run_on_scheduler(_waiting) and not any(client.run(_running).values()))

    def predictions(self) -> list[tuple[str, str, int]]:
        """What the workers recorded: begun or ended, the result or piece, and the worker's process."""
        log = self._folder / "predictions.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [(word, name, int(process)) for word, name, process in (line.split("\t") for line in lines)]

    def forget_predictions(self) -> None:
        """Begin to count anew."""
        (self._folder / "predictions.log").unlink(missing_ok=True)

    def ended(self) -> list[str]:
        """Results and pieces that were computed to their end, as often as they were."""
        return [name for word, name, _ in self.predictions() if word == "ended"]

    def end(self) -> None:
        """End all processes, and see that they are gone."""
        for process in self.workers:
            process.process.terminate()
        for process in [*self.workers, self.scheduler]:
            process.end()
        assert all(process.process.poll() is not None for process in [*self.workers, self.scheduler])

    def logs(self) -> str:
        """All that the processes wrote."""
        return "\n".join(process.log.read_text(errors="replace") for process in [*self.workers, self.scheduler])


def _waiting(dask_scheduler: Any) -> int:
    return len(dask_scheduler.tasks)


def _running(dask_worker: Any) -> int:
    return len(dask_worker.state.all_running_tasks)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
