"""Which band is green, red and near infrared, and how that was found. Never a guess by position."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from .concealing import concealed
from .errors import InputError
from .wording import listed, tr

ROLES = ("green", "red", "nir")

# Words that name a role, alone or beside others in a description ("Band 3 - Green", "B8, NIR broad").
_WORDS = {
    "green": re.compile(r"(?<![a-z])green(?![a-z])"),
    "red": re.compile(r"(?<![a-z])red(?![a-z])"),
    "nir": re.compile(r"(?<![a-z])(nir(0?8)?|near[ _-]?infra[ _-]?red)(?![a-z0-9])"),
}
# A description with one of these words is another band than its other words say: "red edge 1", "narrow NIR", "SWIR".
_OTHERS = re.compile(r"red[ _-]?edge|rededge|narrow|short[ _-]?wave|swir|thermal|ndwi|ndvi|panchromatic")

# Central wavelengths in nanometres that count as a role, and the centre that is preferred: the green, red and
# near-infrared bands of Sentinel-2, Landsat 4 to 9, MODIS, SPOT, Planet, RapidEye and WorldView lie inside.
_WAVELENGTHS = {"green": (525.0, 590.0, 560.0), "red": (620.0, 690.0, 660.0), "nir": (765.0, 900.0, 840.0)}

_SENTINEL2: dict[str, tuple[str, ...]] = {"green": ("B03",), "red": ("B04",), "nir": ("B08", "B8A")}
_LANDSAT_OLI: dict[str, tuple[str, ...]] = {"green": ("B3",), "red": ("B4",), "nir": ("B5",)}
_LANDSAT_TM: dict[str, tuple[str, ...]] = {"green": ("B2",), "red": ("B3",), "nir": ("B4",)}
_TABLES = {"oli": _LANDSAT_OLI, "tm": _LANDSAT_TM, "sentinel2": _SENTINEL2}
_SENTINEL2_FILE = re.compile(r"(?:^|_)(?:T?\d{2}[A-Z]{3}|S2[A-D])_.*(?:^|_)(B0[1-9]|B8A|B1[0-2])(?=[_.]|$)", re.IGNORECASE)
_LANDSAT_FILE = re.compile(r"^(L[COTEM])0([4-9])_.*_(?:SR_|TOA_)?(B\d{1,2})(?=[_.]|$)", re.IGNORECASE)

# Characters of a name that is made of a description; numbers that tell alike ones apart come on top.
_LONGEST_NAME = 200


@dataclass(frozen=True)
class BandInfo:
    """What a raster says of one of its bands; None or empty where it says nothing.

    `wavelength` is in nanometres; `colour` is GDAL's colour interpretation in lower case ("green", "nir", …); `file` is
    the path of the single file behind the band of a stack.
    """

    number: int
    description: str = ""
    wavelength: float | None = None
    colour: str = ""
    file: str = ""

    def __str__(self) -> str:
        """Describe the band for a message that lists what there is."""
        said = [self.description] if self.description else []
        said += [f"{self.wavelength:g} nm"] if self.wavelength else []
        said += [PurePath(concealed(self.file)).name] if self.file else []
        said += [tr("shown as {colour}").format(colour=self.colour)] if self.colour not in {"", "undefined", "gray"} else []
        return f"{self.number} ({', '.join(said) or tr('no description')})"


@dataclass(frozen=True)
class Band:
    """One input of a model: the band's number in the raster (from 1), its role, and the input's name."""

    number: int
    role: str
    name: str


@dataclass(frozen=True)
class BandRoles:
    """The bands that make up the pixel vector x, in order, and how they were found."""

    bands: tuple[Band, ...]
    found_by: str

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


def find_bands(
    infos: Sequence[BandInfo], green: int | None = None, red: int | None = None, nir: int | None = None, extra: Sequence[int] = ()
) -> BandRoles:
    """Decide which bands make up x = (green, red, nir, extra…).

    Args:
        infos: every band of the raster, in order.
        green, red, nir: band numbers chosen by the user; None = find it.
        extra: numbers of further features.

    Raises:
        InputError: a band isn't found, is chosen twice, or is out of range; the message lists the bands.
    """
    chosen = {"green": green, "red": red, "nir": nir}
    for number in [*(n for n in chosen.values() if n is not None), *extra]:
        if not 1 <= number <= len(infos):
            msg = tr("Band {number} is out of range: the image has {bands}.").format(number=number, bands=_listing(infos))
            raise InputError(msg)
    missing = [role for role in ROLES if chosen[role] is None]
    way = tr("chosen")
    if missing:
        found, way = _find(infos, missing)
        chosen.update(found)
        if len(missing) < len(ROLES):
            way = tr("chosen, then {way}").format(way=way)
    numbers = [chosen[role] for role in ROLES]
    if None in numbers:
        titles = {"green": tr("green"), "red": tr("red"), "nir": tr("near-infrared")}
        absent = [titles[role] for role in ROLES if chosen[role] is None]
        msg = tr("The {roles} band can't be told from the image, which has {bands}: choose it by number.").format(
            roles=listed(absent), bands=_listing(infos)
        )
        raise InputError(msg)
    every = [*(n for n in numbers if n is not None), *extra]
    doubled = sorted({n for n in every if every.count(n) > 1})
    if doubled:
        msg = tr("Band {band} is chosen twice, and each input needs a band of its own: the image has {bands}.").format(
            band=doubled[0], bands=_listing(infos)
        )
        raise InputError(msg)
    bands = [Band(number, role, role) for role, number in zip(ROLES, every)]
    names = set(ROLES)
    for number in extra:
        # A model file holds names of 255 characters, and some drivers describe a band in a paragraph.
        base = re.sub(r"\W+", "_", infos[number - 1].description)[:_LONGEST_NAME].strip("_") or f"band_{number}"
        name, count = base, 2
        while name in names:
            name, count = f"{base}_{count}", count + 1
        names.add(name)
        bands.append(Band(number, "extra", name))
    return BandRoles(tuple(bands), way)


def _listing(infos: Sequence[BandInfo]) -> str:
    shown = ", ".join(str(info) for info in infos[:40]) + (", …" if len(infos) > 40 else "")
    if len(infos) == 1:
        return tr("1 band: {bands}").format(bands=shown)
    return tr("{count} bands: {bands}").format(count=len(infos), bands=shown)


def _find(infos: Sequence[BandInfo], roles: Sequence[str]) -> tuple[dict[str, int], str]:
    """Find bands for the roles, with the first source that knows them all."""
    sources: tuple[tuple[str, Callable[[Sequence[BandInfo]], dict[str, int]]], ...] = (
        (tr("found by band description"), _by_description),
        (tr("found by wavelength"), _by_wavelength),
        (tr("found by file name"), _by_file),
        (tr("found by colour interpretation"), _by_colour),
    )
    pooled: dict[str, int] = {}
    for way, source in sources:
        found = {role: number for role, number in source(infos).items() if role in roles}
        if len(found) == len(roles):
            return found, way
        if source is not _by_colour:
            for role, number in found.items():
                pooled.setdefault(role, number)
    # Colours say how a picture is drawn: a false-colour stack shows near infrared as red. They count all together or not at all.
    return pooled, tr("found by what the bands say")


def _unique(candidates: dict[str, list[int]]) -> dict[str, int]:
    """Keep the roles that exactly one band claims."""
    return {role: numbers[0] for role, numbers in candidates.items() if len(numbers) == 1}


def _by_description(infos: Sequence[BandInfo]) -> dict[str, int]:
    texts = {info.number: info.description.strip().lower() for info in infos}
    exact = _unique({role: [n for n, text in texts.items() if text == role] for role in ROLES})
    worded = _unique({role: [n for n, text in texts.items() if _WORDS[role].search(text) and not _OTHERS.search(text)] for role in ROLES})
    return {**_by_code(texts), **worded, **exact}


def _by_code(texts: dict[int, str]) -> dict[str, int]:
    """Sentinel-2's band codes. Landsat's say nothing without the sensor: its B4 is red on one and near infrared on another."""
    codes = {text.upper().split(" ")[0].rstrip(",:;"): n for n, text in texts.items()}
    # B8A and B12 exist on Sentinel-2 alone, so beside them the unpadded codes (B3) are Sentinel-2's too.
    if {"B8A", "B12"} & set(codes):
        codes = {re.sub(r"^B(\d)$", r"B0\1", code): n for code, n in codes.items()}
    if not {"B03", "B04", "B08"} <= set(codes):
        return {}
    return {role: codes[_SENTINEL2[role][0]] for role in ROLES}


def _by_wavelength(infos: Sequence[BandInfo]) -> dict[str, int]:
    found = {}
    for role, (low, high, centre) in _WAVELENGTHS.items():
        inside = [
            (abs(info.wavelength - centre), info.number) for info in infos if info.wavelength is not None and low <= info.wavelength <= high
        ]
        if inside:
            found[role] = min(inside)[1]
    return found


def _by_file(infos: Sequence[BandInfo]) -> dict[str, int]:
    """The band code in the file name of each band of a stack of Sentinel-2 or Landsat files."""
    codes: dict[str, int] = {}
    tables = set()
    for info in infos:
        name = PurePath(info.file.replace("\\", "/")).name
        landsat, sentinel = _LANDSAT_FILE.match(name), _SENTINEL2_FILE.search(name)
        if landsat:
            oli = landsat[1][1].upper() in "CO" and int(landsat[2]) >= 8
            tables.add("oli" if oli else "tm")
            codes.setdefault(landsat[3].upper(), info.number)
        elif sentinel:
            tables.add("sentinel2")
            codes.setdefault(sentinel[1].upper(), info.number)
    if len(tables) != 1:
        return {}
    table = _TABLES[tables.pop()]
    return {role: codes[code] for role in ROLES for code in reversed(table[role]) if code in codes}


def _by_colour(infos: Sequence[BandInfo]) -> dict[str, int]:
    return _unique({role: [info.number for info in infos if info.colour == role] for role in ROLES})
