"""Bands of an image: what its metadata say of each, and which of them form the pixel vector x."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from .system.redaction import redacted
from .translation import tr

ROLES = ("green", "red", "nir")


@dataclass(frozen=True)
class BandInfo:
    """Metadata of one band; None or empty where the raster has none.

    Attributes:
        number: from 1.
        description: as in the raster.
        wavelength: central wavelength in nm.
        colour: GDAL's colour interpretation in lower case ("green", "nir", …).
        file: path of the single-band file behind the band of a stack.
        sensor: key in the table of sensors that the image's name or metadata names, or "".
    """

    number: int
    description: str = ""
    wavelength: float | None = None
    colour: str = ""
    file: str = ""
    sensor: str = ""

    def __str__(self) -> str:
        """Describe the band for messages that list the bands."""
        parts = [self.description] if self.description else []
        parts += [f"{self.wavelength:g} nm"] if self.wavelength else []
        parts += [PurePath(redacted(self.file)).name] if self.file else []
        parts += [tr("displayed as {colour}").format(colour=self.colour)] if self.colour not in {"", "undefined", "gray"} else []
        return f"{self.number} ({', '.join(parts) or tr('no description')})"


@dataclass(frozen=True)
class Band:
    """One input of a model: band number (from 1), role ("green", "red", "nir" or "extra") and name."""

    number: int
    role: str
    name: str


@dataclass(frozen=True)
class BandRoles:
    """The bands that form the pixel vector x, in order.

    Attributes:
        bands: green, red, near infrared, then any extra bands.
        found_by: how they were identified, for the log.
        ambiguous_names: inputs whose description isn't unique in the image, so that only the band order tells them apart.
    """

    bands: tuple[Band, ...]
    found_by: str
    ambiguous_names: tuple[str, ...] = ()

    @property
    def numbers(self) -> tuple[int, ...]:
        """Band numbers, from 1, in the order of x."""
        return tuple(b.number for b in self.bands)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the inputs, in the order of x."""
        return tuple(b.name for b in self.bands)

    def __str__(self) -> str:
        """Describe the choice for the log."""
        return ", ".join(tr("{name} = band {number}").format(name=b.name, number=b.number) for b in self.bands) + f" ({self.found_by})"


# Of rasters of one quantity, such as a probability or a class.
FIRST_BAND = BandRoles((Band(1, "value", "value"),), "the raster's first band")
