"""One way to handle the four ways in which GDAL reports failures.

A call may return None, return a non-zero code, raise RuntimeError (if the host has enabled exceptions), or only call the error handler, as
for a full disk. QGIS enables exceptions from 3.40 on, and GDAL then drops the messages of calls that eventually succeed, so they are
disabled here. That switch and the handler stack are per thread, so QGIS isn't affected.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from types import TracebackType
from typing import Any, TypeVar

from osgeo import gdal

from ..errors import RasterError
from ..progress import Progress, raise_if_cancelled
from ..system.redaction import redacted
from ..translation import tr

Result = TypeVar("Result")

# Features that are read before GDAL's errors are looked at.
_BATCH = 256

# Some decoders only warn about damage and return what they could decode, and some drivers open files they couldn't read.
_DAMAGE = re.compile(r"corrupt|premature end|lack of data|Discarding \d+ bytes|VSIFReadL\(.*failed|truncated file", re.IGNORECASE)

# A CRS has no words in the older of two notations: drivers go on with the newer one. What a file says of its CRS is looked at elsewhere.
_NOTATION = re.compile(r"^PROJ: proj_as_wkt:")

# Newer versions of GDAL list the causes of a failure below it, one per line.
_CAUSE = re.compile(r"^May be caused by:\s*")


class GdalErrors:
    """Context that collects GDAL's error messages and raises them as RasterError on exit.

    Args:
        doing: start of the error message, such as "scene.tif can't be opened".
        strict: raise if the error handler was called, even if all calls succeeded. False for opening files, where a driver may report
            an error and another one succeed. Signs of damage always count, even in warnings.
    """

    def __init__(self, doing: str, *, strict: bool = True) -> None:
        self._doing, self._strict = doing, strict
        self._messages: list[str] = []
        self._damaged = False
        # GDAL before 3.7 has no per-thread switch, but QGIS before 3.40 doesn't enable exceptions.
        self._without_exceptions = gdal.ExceptionMgr(useExceptions=False) if hasattr(gdal, "ExceptionMgr") else contextlib.nullcontext()

    def __enter__(self) -> GdalErrors:
        self._without_exceptions.__enter__()
        gdal.PushErrorHandler(self._listen)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Remove the error handler, and raise the errors that it collected as RasterError."""
        gdal.PopErrorHandler()
        self._without_exceptions.__exit__(None, None, None)
        if isinstance(error, SystemError):
            # A message that isn't UTF-8, as where a file is named in another encoding, can't be handed to the error handler.
            raise self._failure(tr("GDAL's message isn't UTF-8")) from error
        if isinstance(error, RuntimeError):
            raise self._failure(str(error)) from error
        if error is None and (self._damaged or (self._strict and self._messages)):
            raise self._failure()

    def check(self, result: Result | None) -> Result:
        """Return the result of a GDAL call, or raise RasterError if it is None or an error code."""
        # In both CPLErr and OGRErr, everything but 0 is a failure.
        if result is None or (type(result) is int and result != gdal.CE_None):
            raise self._failure()
        return result

    def _listen(self, level: int, _number: int, message: str) -> None:
        damaged = level >= gdal.CE_Warning and _DAMAGE.search(message) is not None
        self._damaged = self._damaged or damaged
        if damaged or (level >= gdal.CE_Failure and not _NOTATION.match(message)):
            self._messages.extend(_lines(message))

    def _failure(self, also: str = "") -> RasterError:
        messages = list(dict.fromkeys([*self._messages, *_lines(also)]))
        return RasterError(redacted(f"{self._doing}: {'; '.join(messages) or tr('no reason given by GDAL')}.").replace("..", "."))


def _lines(message: str) -> list[str]:
    """Split a message into the failure and its causes."""
    return [_CAUSE.sub("", line.strip()) for line in message.splitlines() if line.strip()]


@contextlib.contextmanager
def gdal_callback(progress: Progress) -> Iterator[Callable[[float, str, object], int]]:
    """Yield a callback for a long call of GDAL: it reports the share done, and stops GDAL, without its error, once the caller cancels."""

    def report(fraction: float, _message: str, _data: object) -> int:
        progress.set(fraction)
        return 0 if progress.cancelled() else 1

    try:
        yield report
    except RasterError:
        raise_if_cancelled(progress)
        raise


def quietly(function: Callable[..., Result | None], *args: Any, **options: Any) -> Result | None:
    """Call a function of GDAL without error messages; return its result, or None if it failed."""
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        return function(*args, **options)
    except RuntimeError:
        return None
    finally:
        gdal.PopErrorHandler()


def read_through(items: Iterable[Result], doing: str) -> Iterator[Result]:
    """Yield all of GDAL's features: at the end of a truncated file they just stop, and only the error handler shows it.

    Args:
        items: features, of OGR or of a layer of QGIS.
        doing: start of the error message.

    Raises:
        RasterError: they can't be read completely.
    """
    iterator = iter(items)
    while True:
        with GdalErrors(doing):
            batch = list(islice(iterator, _BATCH))
        yield from batch
        if len(batch) < _BATCH:
            return


def file_list(dataset: gdal.Dataset) -> list[str]:
    """Return the names of a dataset's files; newer versions of GDAL give those that aren't UTF-8 as bytes."""
    return [os.fsdecode(name) for name in quietly(dataset.GetFileList) or []]


def read_bytes(name: str, count: int | None = None) -> bytes:
    """Return the content of a file, also of a remote or virtual one; nothing if there is none, or it is a pipe, socket or device.

    Args:
        name: a GDAL path.
        count: number of bytes from its start; None = all.
    """
    found = gdal.VSIStatL(name)
    # Opening a pipe would wait for whoever writes into it.
    endless = found is not None and any(kind(found.mode) for kind in (stat.S_ISFIFO, stat.S_ISSOCK, stat.S_ISCHR, stat.S_ISBLK))
    file = None if found is None or endless else gdal.VSIFOpenL(name, "rb")
    if found is None or file is None:
        return b""
    try:
        return bytes(gdal.VSIFReadL(1, found.size if count is None else count, file) or b"")
    finally:
        gdal.VSIFCloseL(file)
