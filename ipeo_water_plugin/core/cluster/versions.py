"""Versions of what the machines of a cluster have installed, and whether they fit together."""

from __future__ import annotations

import functools
import hashlib
import platform
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from osgeo import gdal

from ..errors import WaterError
from ..translation import tr

_CORE = Path(__file__).resolve().parent.parent


@functools.cache
def code() -> str:
    """Return a digest of the code that workers run: tasks of one version mean nothing to another. Reports aren't installed there."""
    files = sorted(file for file in _CORE.rglob("*.py") if _CORE / "reports" not in file.parents)
    lines = (file.read_bytes().replace(b"\r\n", b"\n") for file in files)
    return hashlib.sha256(b"\0".join(lines)).hexdigest()[:12]


def versions() -> dict[str, str]:
    """Return the versions of this process that a result may depend on."""
    return {
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "NumPy": np.__version__,
        "GDAL": gdal.VersionInfo("RELEASE_NAME"),
        "ipeo_water_plugin.core": code(),
    }


def check_versions(
    own: Mapping[str, str], scheduler: Mapping[str, str], workers: Mapping[str, Mapping[str, str] | BaseException]
) -> list[str]:
    """Compare what the machines of a cluster have installed; return acceptable differences, in words.

    The core, Dask and Python must be the same everywhere. NumPy and GDAL must be the same on all workers, since each computes some of the
    results; here they may differ.

    Args:
        own: versions here.
        scheduler: of the scheduler.
        workers: of each worker by its address, or the exception that it raised.

    Raises:
        WaterError: something doesn't fit; names the machine and what differs.
    """
    shared = ["NumPy", "GDAL"]
    everywhere = [name for name in own if name not in shared]
    here = tr("{name} {theirs} there, {ours} here")
    _fail(tr("The scheduler doesn't fit: {reason}."), _differences(here, everywhere, scheduler, own))
    first: tuple[str, Mapping[str, str]] | None = None
    for address, found in sorted(workers.items()):
        if isinstance(found, BaseException):
            _fail(tr("The worker {address} can't compute: {reason}."), [_reason(found)], address)
        else:
            first = first or (address, found)
            there = tr("{name} {theirs} there, {ours} on {address}").replace("{address}", first[0])
            differences = [*_differences(here, everywhere, found, own), *_differences(there, shared, found, first[1])]
            _fail(tr("The worker {address} doesn't fit: {reason}."), differences, address)
    return _differences(tr("{name} {theirs} on the workers, {ours} here"), shared, first[1], own) if first else []


def _differences(text: str, names: list[str], theirs: Mapping[str, str], ours: Mapping[str, str]) -> list[str]:
    different = [name for name in names if theirs.get(name) != ours[name]]
    return [text.format(name=name, theirs=theirs.get(name, tr("missing")), ours=ours[name]) for name in different]


def _fail(text: str, reasons: list[str], address: str = "") -> None:
    """Raise an error if there are reasons."""
    if reasons:
        advice = tr("Install the same there as here, or start scheduler and workers from one environment (Help, Cluster).")
        msg = f"{text.format(reason='; '.join(reasons), address=address)} {advice}"
        raise WaterError(msg)


def _reason(error: BaseException) -> str:
    # Dask passes on what it can't unpack as the text of its cause.
    absent = re.search(r"No module named '([\w.]+)'", str(error))
    return tr("Python there has no module {name}").format(name=absent[1]) if absent else f"{type(error).__name__}: {error}"
