"""A Dask cluster as this package uses it: tasks go out a few at a time, and come back as values or reasons. Dask is imported here alone."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import math
import queue
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from dataclasses import dataclass
from typing import Any

from ..errors import InputError, WaterError
from ..progress import Progress, raise_if_cancelled
from ..system.redaction import redacted
from ..system.threads import processors
from ..translation import tr
from . import places, work
from .versions import check_versions, versions

# A thread that computes takes this much at most; the machine keeps half of what is free.
_THREAD_BYTES = 250 * 1024 * 1024

# Tasks out at a time: what a worker does next must lie ready when it ends, and no more, so that a cancelled run ends at once.
_AHEAD = 3
_LEAST_AHEAD = 16

_LOOK = 2.0
_WAIT_FOR_WORKERS = 60.0
_CONNECT = "15s"
_LOOPBACK = "127.0.0.1:0"


@dataclass(frozen=True, eq=False)
class Call:
    """A task: a function of a module that workers have, its arguments, a name of its own, and whether its value is wanted.

    Tasks that are urgent go before those that aren't; the tag stays here.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    name: str
    wanted: bool = True
    urgent: bool = False
    tag: Any = None


@dataclass(frozen=True, eq=False)
class Answer:
    """What came of a call: its value, or why there is none."""

    call: Call
    value: Any = None
    reason: str | None = None


def dask_missing() -> str | None:
    """Return what is missing of Dask, or None where it is there."""
    absent = [name for name in ("dask", "distributed") if importlib.util.find_spec(name) is None]
    return " and ".join(absent) or None


class Crew:
    """The workers of a cluster, for one run.

    Args:
        client: Dask's.
        run: names the run.
        ahead: tasks out at a time for each thread.
    """

    def __init__(self, client: Any, run: str, ahead: int = _AHEAD) -> None:
        """Take note of the workers there are."""
        self._client, self._run, self._ahead = client, run, ahead
        self._out: dict[str, tuple[Call, Any]] = {}
        self._ended: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._fetcher = ThreadPoolExecutor(1, thread_name_prefix="ipeo-water-answers")
        self._fetching: tuple[list[tuple[Call, Any]], Any] | None = None
        self._looked = -math.inf
        self.threads: dict[str, int] = {}
        self._checked: set[str] = set()
        self._own: dict[str, str] = {}

    @property
    def room(self) -> int:
        """How many more tasks may go out."""
        return max(_LEAST_AHEAD, self._ahead * sum(self.threads.values())) - len(self._out)

    @property
    def busy(self) -> bool:
        """Whether tasks are out."""
        return bool(self._out) or self._fetching is not None

    def look(self) -> None:
        """See which workers there are, once in a while.

        Raises:
            WaterError: the scheduler is gone, or a worker joined that doesn't fit.
        """
        gone = tr("The Dask scheduler is gone. Start it again and run again: what is finished is kept and skipped.")
        if self._client.status != "running":
            raise WaterError(gone)
        if time.monotonic() < self._looked + _LOOK:
            return
        try:
            self.threads = dict(self._client.nthreads())
        except (OSError, RuntimeError, TimeoutError) as error:
            raise WaterError(gone) from error
        self._looked = time.monotonic()
        if self._own and set(self.threads) - self._checked:
            self.check()

    def check(self) -> list[str]:
        """Compare the versions of scheduler and workers with those here; return what differs and may.

        Raises:
            WaterError: something doesn't fit.
        """
        try:
            scheduler = self._client.run_on_scheduler(versions)
        except Exception as error:  # noqa: BLE001 (whatever keeps it from answering)
            scheduler = {"ipeo_water_plugin.core": f"doesn't import ({type(error).__name__}: {error})"}
        found = self._client.run(versions, on_error="return")
        dask = self._client.get_versions()
        self._own = {**versions(), **_dask_versions(dask["client"])}
        scheduler = {**self._own, **scheduler, **_dask_versions(dask["scheduler"])}
        # Who joins or leaves between the two questions has answered only one: the next look asks those who stay.
        workers = {
            address: said if isinstance(said, BaseException) else {**said, **_dask_versions(dask["workers"][address])}
            for address, said in found.items()
            if address in dask["workers"]
        }
        differences = check_versions(self._own, scheduler, workers)
        self._checked |= set(workers)
        return differences

    def ask_all(self, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        """Run a short function on every worker, beside its tasks; what it returns or raises, by address."""
        return dict(self._client.run(function, *arguments, on_error="return"))

    def submit(self, calls: Sequence[Call]) -> None:
        """Send tasks out."""
        for function in dict.fromkeys(call.function for call in calls):
            for urgent in (True, False):
                chosen = [call for call in calls if call.function is function and call.urgent is urgent]
                if chosen:
                    self._send(function, chosen, urgent)

    def _send(self, function: Callable[..., Any], calls: list[Call], urgent: bool) -> None:
        keys = [f"ipeowater-{self._run}-{call.name}" for call in calls]
        columns = [list(column) for column in zip(*(call.arguments for call in calls))]
        futures = self._client.map(function, *columns, key=keys, pure=False, priority=10 if urgent else 0)
        for key, call, future in zip(keys, calls, futures):
            self._out[key] = call, future
            future.add_done_callback(lambda _, key=key: self._ended.put(key))

    def collect(self, seconds: float) -> list[Answer]:
        """Wait until tasks have ended, at most so long, and return what came of them."""
        if self._fetching is None:
            done = self._take_ended(seconds)
            if not done:
                return []
            self._fetching = done, self._fetcher.submit(_answers, self._client, done)
        done, fetched = self._fetching
        try:
            answers: list[Answer] = fetched.result(timeout=seconds)
        except TooSlow:
            # A worker died with a value, which is computed again, or the scheduler is gone: the caller goes on asking.
            return []
        self._fetching = None
        return answers

    def _take_ended(self, seconds: float) -> list[tuple[Call, Any]]:
        ended = []
        with contextlib.suppress(queue.Empty):
            ended.append(self._ended.get(timeout=seconds))
            while True:
                ended.append(self._ended.get_nowait())
        return [self._out.pop(key) for key in ended if key in self._out]

    def drop(self, calls: Callable[[Call], bool]) -> None:
        """Take tasks back that nobody needs any more; those at work go on to their end."""
        keys = [key for key, (call, _) in self._out.items() if calls(call)]
        self._client.cancel([self._out.pop(key)[1] for key in keys], force=True)

    def stop(self, seconds: float) -> None:
        """Take all tasks back, have those at work end, and wait for that, at most so long."""
        limit = time.monotonic() + seconds
        with contextlib.suppress(Exception):
            self.ask_all(work.stop, self._run)
            self.drop(lambda _: True)
            while time.monotonic() < limit and any(count for count in self.ask_all(work.stop, self._run).values() if type(count) is int):
                time.sleep(0.05)

    def close(self) -> None:
        """Wait for no answer any more."""
        self._fetcher.shutdown(wait=False)

    def sweep(self, folders: Sequence[str], seconds: float | None = None) -> None:
        """Have a worker remove folders, and wait for it."""
        if folders:
            with contextlib.suppress(Exception):
                future = self._client.submit(places.remove_folders, list(folders), pure=False, priority=20)
                future.result(timeout=seconds)


def _dask_versions(said: Any) -> dict[str, str]:
    return {name: str(said["packages"].get(name)) for name in ("dask", "distributed")}


def _answers(client: Any, done: list[tuple[Call, Any]]) -> list[Answer]:
    """Fetch the values that are wanted of tasks that have ended."""
    wanted = [future for call, future in done if call.wanted and future.status == "finished"]
    values: dict[str, Any] = {}
    with contextlib.suppress(Exception):
        values = dict(zip((future.key for future in wanted), client.gather(wanted)))
    answers = []
    for call, future in done:
        if future.status == "finished" and (not call.wanted or future.key in values):
            answers.append(Answer(call, values.get(future.key)))
        elif future.status == "error":
            answers.append(Answer(call, reason=_reason(future.exception())))
        else:
            answers.append(Answer(call, reason=tr("Dask lost the task: run again.")))
    return answers


def _reason(error: BaseException) -> str:
    if type(error).__name__ == "KilledWorker":
        return tr("Workers died again and again while they computed it: see their logs, and whether they have memory enough.")
    return redacted(str(error) if isinstance(error, WaterError) else f"{type(error).__name__}: {error}")


@contextlib.contextmanager
def crew_at(address: str, run: str, progress: Progress) -> Iterator[Crew]:
    """Join a running cluster, or start one of this machine's processors where no address is given.

    Raises:
        InputError: the address isn't one, or nobody answers there.
        WaterError: no worker joined, or versions don't fit.
        CancelledError: the caller cancelled while it waited.
    """
    with contextlib.ExitStack() as stack:
        if address:
            try:
                client = stack.enter_context(_client(address, timeout=_CONNECT))
            except Exception as error:
                # What Dask raises differs with the address, and an assertion of its own fails where its loop starts too slowly.
                msg = tr(
                    "No Dask scheduler answers at {address}: start one with `dask scheduler`, or correct the address, such as "
                    "tcp://host:8786."
                ).format(address=address)
                raise InputError(msg) from error
        else:
            client = stack.enter_context(_client(stack.enter_context(_own_cluster())))
        crew = Crew(client, run)
        stack.callback(crew.close)
        _wait_for_workers(crew, address, progress)
        for difference in crew.check():
            progress.info(tr("{difference}: results are those of the workers' versions.").format(difference=difference))
        threads = sum(crew.threads.values())
        if address:
            text = tr("Computing on the Dask cluster at {address}: {workers} worker(s), {threads} thread(s).")
            progress.info(text.format(address=address, workers=len(crew.threads), threads=threads))
            if not _is_guarded(address):
                progress.warn(
                    tr(
                        "The connection to {address} isn't encrypted, and whoever reaches that port can run programs on the cluster: keep "
                        "others out with a firewall, or use TLS (docs/cluster.md)."
                    ).format(address=address)
                )
        else:
            progress.info(tr("Computing on this machine: {threads} thread(s).").format(threads=threads))
        if _link(client) and (address or importlib.util.find_spec("bokeh")):
            progress.info(tr("Dashboard: {link}").format(link=_link(client)))
        yield crew


def _is_guarded(address: str) -> bool:
    """Whether an address is of this machine alone, or encrypted."""
    protocol, _, rest = address.rpartition("://")
    return protocol == "tls" or rest.startswith(("127.", "localhost:", "[::1]:"))


def _client(cluster: Any, **settings: Any) -> Any:
    """Connect with a cluster, or fail without a trace.

    A client that fails while it is made closes itself when it is collected. If that happens in the middle of the making of another, both
    wait for ever, so it is closed here.
    """
    from distributed import Client  # noqa: PLC0415

    client = Client.__new__(Client)
    try:
        Client.__init__(client, cluster, set_as_default=False, name="ipeo-water", **settings)
    except BaseException:
        with contextlib.suppress(Exception):
            client.close()
        raise
    return client


def _own_cluster() -> Any:
    """Threads of this process: a process of its own would be started with sys.executable, which inside QGIS may be QGIS."""
    import psutil  # noqa: PLC0415
    from distributed import LocalCluster  # noqa: PLC0415

    memory = psutil.virtual_memory().available // 2
    threads = max(1, min(processors(), memory // _THREAD_BYTES))
    return LocalCluster(
        n_workers=1,
        threads_per_worker=threads,
        processes=False,
        # Dask would pause its worker by the memory of the whole process, which may be QGIS with all its layers.
        memory_limit=None,
        # Seen from this machine alone.
        dashboard_address=_LOOPBACK,
        worker_dashboard_address=_LOOPBACK,
        # What fails is reported at the end.
        silence_logs=logging.CRITICAL,
    )


def _wait_for_workers(crew: Crew, address: str, progress: Progress) -> None:
    limit = time.monotonic() + _WAIT_FOR_WORKERS
    crew.look()
    if not crew.threads:
        progress.info(tr("The Dask scheduler at {address} has no worker yet: waiting for one.").format(address=address))
    while not crew.threads:
        raise_if_cancelled(progress)
        if time.monotonic() > limit:
            msg = tr("No worker joined the Dask scheduler at {address}: start some with `dask worker {address}`.").format(address=address)
            raise WaterError(msg)
        time.sleep(0.1)
        crew._looked = -math.inf
        crew.look()


def _link(client: Any) -> str:
    try:
        return str(client.dashboard_link or "")
    except (AttributeError, KeyError, ValueError):
        return ""
