"""GDAL reports failures in four ways; here they become one.

A call may return None, return a non-zero code, raise RuntimeError (where the host switched exceptions on), or only tell
its error handler, as it does for a full disk. QGIS switches exceptions on from 3.40 on, and then GDAL forgets the words of a call that
succeeds after all: they are off in here. That switch and the stack of handlers belong to the thread, so nothing of QGIS' is changed.
"""

from __future__ import annotations

import contextlib
import re
from types import TracebackType
from typing import TypeVar

from osgeo import gdal

from ..errors import RasterError
from ..system.redaction import redacted
from ..translation import tr

Result = TypeVar("Result")

# Some decoders merely warn of damage and hand over what they could make of it, and some drivers open what they couldn't read.
_DAMAGE = re.compile(r"corrupt|premature end|lack of data|Discarding \d+ bytes|VSIFReadL\(.*failed|truncated file", re.IGNORECASE)

# What led to a failure stands below it, a line each, where newer GDAL tells.
_CAUSE = re.compile(r"^May be caused by:\s*")


class GdalErrors:
    """Context in which GDAL's failures are collected, and raised as RasterError at its end.

    Args:
        doing: what fails if this fails, as the beginning of a sentence: "scene.tif can't be opened".
        strict: whether a failure that GDAL merely reports counts. Opening sets it to False: a driver may grumble and succeed.
            Words of damage count always, warnings too.
    """

    def __init__(self, doing: str, *, strict: bool = True) -> None:
        """Take note of what is being done."""
        self._doing, self._strict = doing, strict
        self._said: list[str] = []
        self._damaged = False
        # GDAL before 3.7 has no switch of the thread's own, and QGIS before 3.40 leaves exceptions off.
        self._without_exceptions = gdal.ExceptionMgr(useExceptions=False) if hasattr(gdal, "ExceptionMgr") else contextlib.nullcontext()

    def __enter__(self) -> GdalErrors:
        """Listen to what GDAL says in this thread."""
        self._without_exceptions.__enter__()
        gdal.PushErrorHandler(self._listen)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop listening, and raise what was heard.

        Raises:
            RasterError: GDAL failed.
        """
        gdal.PopErrorHandler()
        self._without_exceptions.__exit__(None, None, None)
        if isinstance(error, RuntimeError):
            raise self._failure(str(error)) from error
        if error is None and (self._damaged or (self._strict and self._said)):
            raise self._failure()

    def check(self, result: Result | None) -> Result:
        """Return what a GDAL call returned, if it is something.

        Raises:
            RasterError: it is None, or an error code.
        """
        # Codes of OGR and of its raster side: all but 0 are failures of some kind, and OGR's own begin with 1.
        if result is None or (type(result) is int and result != gdal.CE_None):
            raise self._failure()
        return result

    def _listen(self, level: int, _number: int, message: str) -> None:
        damaged = level >= gdal.CE_Warning and _DAMAGE.search(message) is not None
        self._damaged = self._damaged or damaged
        if damaged or level >= gdal.CE_Failure:
            self._said.extend(_lines(message))

    def _failure(self, also: str = "") -> RasterError:
        words = list(dict.fromkeys([*self._said, *_lines(also)]))
        return RasterError(redacted(f"{self._doing}: {'; '.join(words) or tr('GDAL gives no reason')}.").replace("..", "."))


def _lines(message: str) -> list[str]:
    """Split what GDAL says: newer versions put what led to a failure below it, a line each."""
    return [_CAUSE.sub("", line.strip()) for line in message.splitlines() if line.strip()]
