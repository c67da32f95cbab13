"""What a download holds: bands by role, with scale, offset and NoData, and a quality band."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..bands import ROLES
from ..errors import InputError
from ..metadata.sensors import SUBSTITUTES
from ..raster.raster_file import RasterFile
from ..raster.source import grid_of
from ..system.redaction import redacted
from ..translation import format_list, format_some, tr

# Pixel sizes that differ by less are one.
_SAME_SIZE = 1e-4


@dataclass(frozen=True)
class SourceBand:
    """A band of a file.

    Attributes:
        raster: the file.
        role: "green", "red", "nir", or one of the extra roles.
        number: of the band in the file, from 1.
        wavelength: central wavelength in nm, or None.
        scale, offset: physical = raw · scale + offset; None = what the file declares.
        nodata: None = what the file declares.
        size: pixel size, where a name or metadata state it.
    """

    raster: RasterFile
    role: str
    number: int = 1
    wavelength: float | None = None
    scale: float | None = None
    offset: float | None = None
    nodata: float | None = None
    size: float | None = None

    def __str__(self) -> str:
        """Name the band for messages."""
        name = file_name(self.raster.path)
        return name if self.number == 1 else tr("band {number} of {file}").format(number=self.number, file=name)


@dataclass(frozen=True)
class QualityBand:
    """A band that says which pixels are clear.

    Attributes:
        file: GDAL name; its first band counts, of MSK_CLASSI its first two.
        kind: SCL, QA_PIXEL, PIXEL_QA, BQA, FMASK, UDM2, UDM, or CLASSI.
    """

    file: str
    kind: str


@dataclass(frozen=True)
class Product:
    """An image as it was downloaded.

    Attributes:
        name: of the scene.
        bands: every band found; a role may occur several times, in files of several pixel sizes.
        sensor: such as Sentinel-2A MSI, or "".
        acquired: date, or date and time, in ISO 8601; "" if unknown.
        quality: the band that marks clouds, or None.
        read: further files that were read.
        notes: for the log.
    """

    name: str
    bands: tuple[SourceBand, ...]
    sensor: str = ""
    acquired: str = ""
    quality: QualityBand | None = None
    read: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """All files that the result is made of."""
        quality = [] if self.quality is None else [self.quality.file]
        return tuple(dict.fromkeys([*(band.raster.path for band in self.bands), *quality, *self.read]))

    def choose(self, extra: Sequence[str], resolution: float | None) -> tuple[SourceBand, ...]:
        """Return one band for each role: green, red, near infrared, then the extra roles.

        Args:
            extra: further roles.
            resolution: wanted pixel size; of several files of a role that size is taken if it is there, else the finest.

        Raises:
            InputError: a role has no band, or two of the same pixel size; the message lists the files.
        """
        missing = [role for role in (*ROLES, *extra) if not self._candidates(role)]
        if missing:
            roles = ", ".join(dict.fromkeys(band.role for band in self.bands)) or "–"
            msg = tr("{product} has no band for {missing}. It has {roles}: {files}.")
            raise InputError(msg.format(product=redacted(self.name), missing=format_list(missing), roles=roles, files=listed(self.bands)))
        # A substitute is described as what it stands for, by which other algorithms find it.
        return tuple(replace(_best(role, self._candidates(role), resolution), role=role) for role in (*ROLES, *extra))

    def _candidates(self, role: str) -> list[SourceBand]:
        groups = ([band for band in self.bands if band.role == own] for own in (role, *SUBSTITUTES.get(role, ())))
        return next(filter(None, groups), [])


def _best(role: str, candidates: Sequence[SourceBand], resolution: float | None) -> SourceBand:
    if len(candidates) == 1:
        return candidates[0]
    sizes = {band: band.size or (grid_of(band.raster).pixel_size or (1.0,))[0] for band in candidates}
    wanted = min(sizes.values())
    if resolution is not None and any(math.isclose(size, resolution, rel_tol=_SAME_SIZE) for size in sizes.values()):
        wanted = resolution
    fitting = [band for band, size in sizes.items() if math.isclose(size, wanted, rel_tol=_SAME_SIZE)]
    if len(fitting) > 1:
        msg = tr("Several files may be the {role} band: {files}. Choose one of them as the input, or give the bands one by one.")
        raise InputError(msg.format(role=role, files=listed(fitting)))
    return fitting[0]


def listed(items: Iterable[object]) -> str:
    """List files or bands for a message."""
    names = [file_name(item) if isinstance(item, str) else str(item) for item in items]
    # Exports of browsers have commas in their names.
    return format_some([f"“{name}”" if "," in name else name for name in names], 12)


def file_name(path: str) -> str:
    """Return the last part of a GDAL name, without credentials."""
    return redacted(path).replace("\\", "/").rstrip("/").rpartition("/")[2] or redacted(path)
