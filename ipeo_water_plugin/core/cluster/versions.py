"""What a machine of a cluster has installed, and whether all of them fit together."""

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
    """Return what names the code that workers run: tasks of one version mean nothing to another. Reports aren't installed there."""
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
    """Compare what the machines of a cluster have installed.

    The core, Dask and Python have to be the same everywhere. NumPy and GDAL have to be the same on all workers, since each computes windows
    of the same results; here they may differ.

    Args:
        own: versions here.
        scheduler: of the scheduler.
        workers: of each worker by its address, or what kept it from saying.

    Returns:
        What differs and may, in words.

    Raises:
        WaterError: something doesn't fit; names the machine and what differs.
    """
    everywhere = [name for name in own if name not in {"NumPy", "GDAL"}]
    worker = tr("The worker {address}")
    _compare(own, scheduler, everywhere, tr("The scheduler"), tr("here"))
    first: tuple[str, Mapping[str, str]] | None = None
    for address, found in sorted(workers.items()):
        if isinstance(found, BaseException):
            msg = tr(
                "The worker {worker} can't compute: {reason} Install the same there as here, or start scheduler and workers from one "
                "environment (docs/cluster.md)."
            ).format(worker=address, reason=_reason(found))
            raise WaterError(msg)
        _compare(own, found, everywhere, worker.format(address=address), tr("here"))
        if first is None:
            first = address, found
        _compare(first[1], found, ["NumPy", "GDAL"], worker.format(address=address), tr("on {address}").format(address=first[0]))
    if first is None:
        return []
    text = tr("{name} {theirs} on the workers, {ours} here")
    return [text.format(name=name, theirs=first[1][name], ours=own[name]) for name in ("NumPy", "GDAL") if first[1][name] != own[name]]


def _compare(one: Mapping[str, str], other: Mapping[str, str], names: list[str], whose: str, where: str) -> None:
    text = tr("{name} {theirs} there, {ours} {where}")
    different = [
        text.format(name=name, theirs=other.get(name, tr("is absent")), ours=one[name], where=where)
        for name in names
        if other.get(name) != one[name]
    ]
    if different:
        msg = tr(
            "{whose} doesn't fit: {different}. Install the same there as here, or start scheduler and workers from one environment "
            "(docs/cluster.md)."
        ).format(whose=whose, different="; ".join(different))
        raise WaterError(msg)


def _reason(error: BaseException) -> str:
    # Dask hands on what it can't unpack as the text of its cause.
    absent = re.search(r"No module named '([\w.]+)'", str(error))
    if absent:
        return tr("Python there has no module {name}.").format(name=absent[1])
    return f"{type(error).__name__}: {error}."
