"""The workers of a Dask cluster: tasks go out a few at a time, and come back as values or reasons. Only this module imports Dask."""

from __future__ import annotations

import contextlib
import importlib.util
import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from ..errors import InputError, WaterError
from ..progress import Progress, raise_if_cancelled
from ..system.redaction import redacted
from ..translation import tr
from . import tasks
from .tasks import Outcome, Task
from .versions import check_versions, versions

# Tasks out for each thread: one it works on and one that is ready when it ends. No more, so that a cancelled run ends at once.
_AHEAD = 2
# Seconds between looks at the workers, and at what they returned, and for a first worker.
_LOOK, _POLL, _WAIT_FOR_WORKERS = 2.0, 0.02, 60.0
_CONNECT = "15s"


def dask_missing() -> str | None:
    """Return which packages of Dask are missing, or None."""
    absent = [name for name in ("dask", "distributed") if importlib.util.find_spec(name) is None]
    return " and ".join(absent) or None


class Workers:
    """The workers of a cluster, for one run.

    Args:
        client: Dask's.
        run: identifies the run.

    Attributes:
        threads: of each worker, by its address.
    """

    def __init__(self, client: Any, run: str) -> None:
        from distributed import as_completed  # noqa: PLC0415

        self._client, self._run = client, run
        self._out: dict[str, tuple[Task, Any]] = {}
        self._completed = as_completed(loop=client.loop, with_results=True, raise_errors=False)
        self._looked = -math.inf
        self.threads: dict[str, int] = {}
        self._checked: set[str] = set()
        self._own: dict[str, str] = {}

    def look(self, *, now: bool = False) -> None:
        """See which workers there are, every two seconds; raise WaterError if the scheduler is lost, or one joined that doesn't fit."""
        if self._client.status != "running":
            raise WaterError(_lost())
        if not now and time.monotonic() < self._looked + _LOOK:
            return
        with _connected():
            self.threads = dict(self._client.nthreads())
        self._looked = time.monotonic()
        if self._own and set(self.threads) - self._checked:
            self.check()

    def check(self) -> list[str]:
        """Compare the versions of all machines with those here: return acceptable differences in words, raise WaterError for others."""
        try:
            scheduler = self._client.run_on_scheduler(versions)
        except Exception as error:  # noqa: BLE001 (whatever keeps it from answering)
            scheduler = {"ipeo_water_plugin.core": f"doesn't import ({type(error).__name__}: {error})"}
        with _connected():
            found = self.ask_all(versions)
            dask = self._client.get_versions()
        self._own = {**versions(), **_dask_versions(dask["client"])}
        scheduler = {**self._own, **scheduler, **_dask_versions(dask["scheduler"])}
        # A worker that joins or leaves between the two questions has answered only one: the next look asks those that stay.
        workers = {
            address: answer if isinstance(answer, BaseException) else {**answer, **_dask_versions(dask["workers"][address])}
            for address, answer in found.items()
            if address in dask["workers"]
        }
        differences = check_versions(self._own, scheduler, workers)
        self._checked |= set(workers)
        return differences

    def ask_all(self, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        """Run a short function on every worker, beside its tasks; return results and exceptions by address."""
        return dict(self._client.run(function, *arguments, on_error="return"))

    def work(self, queue: deque[Task], progress: Progress) -> Iterator[Outcome]:
        """Send tasks out as there is room, and yield what becomes of each.

        Args:
            queue: of tasks; those added meanwhile go out as well.

        Raises:
            CancelledError: the caller cancelled; tasks may still be active.
            WaterError: the connection to the scheduler is lost, or a worker joined that doesn't fit.
        """
        while queue or self._out:
            raise_if_cancelled(progress)
            self.look()
            room = _AHEAD * sum(self.threads.values()) - len(self._out)
            batch = [queue.popleft() for _ in range(min(room, len(queue)))]
            for function in dict.fromkeys(task.function for task in batch):
                chosen = [task for task in batch if task.function is function]
                keys = [f"ipeowater-{self._run}-{task.key}" for task in chosen]
                futures = self._client.map(function, *zip(*(task.arguments for task in chosen)), key=keys, pure=False)
                self._out.update(zip(keys, zip(chosen, futures)))
                self._completed.update(futures)
            ended = self._completed.next_batch(block=False)
            for future, result in ended:
                task, _ = self._out.pop(future.key)
                yield _outcome(task, future.status, result)
            if not ended:
                time.sleep(_POLL)

    def stop(self, seconds: float) -> None:
        """Take all tasks back, have active ones end, and wait for that, at most so long."""
        limit = time.monotonic() + seconds
        with contextlib.suppress(Exception):
            self.ask_all(tasks.stop, self._run)
            self._client.cancel([future for _, future in self._out.values()], force=True)
            while time.monotonic() < limit and any(count for count in self.ask_all(tasks.stop, self._run).values() if type(count) is int):
                time.sleep(0.05)


def _lost() -> str:
    return tr(
        "The connection to the Dask scheduler is lost. If the scheduler has ended, start it again; then run again: what is finished is "
        "kept and skipped."
    )


@contextlib.contextmanager
def _connected() -> Iterator[None]:
    """Say in words that the connection is lost."""
    try:
        yield
    except (OSError, RuntimeError, TimeoutError) as error:
        raise WaterError(_lost()) from error


def _dask_versions(machine: Any) -> dict[str, str]:
    return {name: str(machine["packages"].get(name)) for name in ("dask", "distributed")}


def _outcome(task: Task, status: str, result: Any) -> Outcome:
    """Return what became of a task; of one that failed, Dask gives type, exception and traceback."""
    if status == "finished" and not isinstance(result, BaseException):
        return Outcome(task, result)
    error = result[1] if status == "error" and isinstance(result, tuple) else None
    if error is None:
        return Outcome(task, reason=tr("Dask lost the task: run again."))
    if type(error).__name__ == "KilledWorker":
        return Outcome(task, reason=tr("Several workers died while computing it: see their logs, and whether they have enough memory."))
    return Outcome(task, reason=redacted(str(error) if isinstance(error, WaterError) else f"{type(error).__name__}: {error}"))


@contextlib.contextmanager
def workers_at(address: str, run: str, progress: Progress) -> Iterator[Workers]:
    """Join a running cluster.

    Args:
        address: of its scheduler.
        run: identifies the run.

    Raises:
        InputError: the address isn't one, or no scheduler answers there.
        WaterError: no worker joined, or versions don't fit.
    """
    try:
        client = _client(address)
    except Exception as error:
        # What Dask raises differs with the address, and an assertion of its own fails where its loop starts too slowly.
        msg = tr(
            "No Dask scheduler answers at {address}: start one with `dask scheduler`, or correct the address, such as tcp://host:8786."
        )
        raise InputError(msg.format(address=address)) from error
    with client:
        workers = Workers(client, run)
        _wait_for_workers(workers, address, progress)
        for difference in workers.check():
            progress.info(tr("{difference}: results are those of the workers' versions.").format(difference=difference))
        text = tr("Computing on the Dask cluster at {address}. Workers: {workers}; threads: {threads}.")
        progress.info(text.format(address=address, workers=len(workers.threads), threads=sum(workers.threads.values())))
        if not _is_guarded(address):
            text = tr(
                "The connection to {address} isn't encrypted, and whoever reaches that port can run programs on the cluster: keep others "
                "out with a firewall, or use TLS (Help, Cluster)."
            )
            progress.warn(text.format(address=address))
        with contextlib.suppress(AttributeError, KeyError, ValueError):
            if client.dashboard_link:
                progress.info(tr("Dashboard: {link}").format(link=client.dashboard_link))
        yield workers


def _is_guarded(address: str) -> bool:
    """Return whether an address is of this machine alone, or encrypted."""
    protocol, _, rest = address.rpartition("://")
    return protocol == "tls" or rest.startswith(("127.", "localhost:", "[::1]:"))


def _client(address: str) -> Any:
    """Connect to a scheduler, or fail without a trace.

    A client that fails in its constructor closes itself when it is collected. If that happens while another is being made, both wait for
    ever, so it is closed here.
    """
    from distributed import Client  # noqa: PLC0415

    client = Client.__new__(Client)
    try:
        Client.__init__(client, address, set_as_default=False, name="ipeo-water", timeout=_CONNECT)
    except BaseException:
        with contextlib.suppress(Exception):
            client.close()
        raise
    return client


def _wait_for_workers(workers: Workers, address: str, progress: Progress) -> None:
    limit = time.monotonic() + _WAIT_FOR_WORKERS
    workers.look(now=True)
    if not workers.threads:
        progress.info(tr("The Dask scheduler at {address} has no worker yet: waiting for one.").format(address=address))
    while not workers.threads:
        raise_if_cancelled(progress)
        if time.monotonic() > limit:
            msg = tr("No worker joined the Dask scheduler at {address}: start some with `dask worker {address}`.").format(address=address)
            raise WaterError(msg)
        time.sleep(0.1)
        workers.look(now=True)
