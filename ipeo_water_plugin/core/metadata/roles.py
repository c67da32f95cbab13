"""Identify the green, red and near-infrared bands of an image from its metadata; never by band order."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..bands import ROLES, Band, BandInfo, BandRoles
from ..errors import InputError
from ..translation import format_list, format_some, tr
from .descriptions import WAVELENGTH_LIMITS, band_number, is_reflectance, named_role, normalized, wavelength_in_text
from .sensors import SENSORS, Sensor, band_file, two_digits

# Range of central wavelengths of each role, and the preferred centre, in nm. Includes the green, red and near-infrared bands of
# Sentinel-2, Landsat 4 to 9, MODIS, SPOT, Planet, RapidEye and WorldView.
_WAVELENGTHS = {"green": (525.0, 590.0, 560.0), "red": (620.0, 690.0, 660.0), "nir": (765.0, 900.0, 840.0)}
# In nm. The same band of Sentinel-2A and 2B, or of Landsat 8 and 9, differs by less.
_SAME_BAND = 2.0
_SENTINEL2_CODES = {*SENSORS["sentinel2"].bands, "B09", "B10"}
# Characters of an input's name before a number that makes it unique. Fields are named x_NAME, and databases truncate names to 63
# characters.
_MAX_NAME_LENGTH = 56


def find_bands(
    infos: Sequence[BandInfo], green: int | None = None, red: int | None = None, nir: int | None = None, extra: Sequence[int] = ()
) -> BandRoles:
    """Identify the bands of x = (green, red, nir, extra…).

    >>> infos = [BandInfo(1, "nir"), BandInfo(2, "red"), BandInfo(3, "green"), BandInfo(4, "swir 1")]
    >>> print(find_bands(infos, extra=[4]))
    green = band 3, red = band 2, nir = band 1, swir_1 = band 4 (found by band description)

    Args:
        infos: all bands of the raster, in order.
        green, red, nir: band numbers chosen by the user, from 1; None = identify the band.
        extra: band numbers of further features.

    Raises:
        InputError: a band can't be identified, its metadata is contradictory, or a number is repeated or out of range; the message
            lists the bands.
    """
    chosen = {role: number for role, number in zip(ROLES, (green, red, nir)) if number is not None}
    for number in (*chosen.values(), *extra):
        if not 1 <= number <= len(infos):
            msg = tr("Band {number} is out of range: the image has {bands}.").format(number=number, bands=_listing(infos))
            raise InputError(msg)
    found_by = tr("chosen")
    if missing := [role for role in ROLES if role not in chosen]:
        found, found_by = _find(infos, missing)
        found_by = tr("chosen, then {way}").format(way=found_by) if chosen else found_by
        chosen.update(found)
    if unknown := [_titles()[role] for role in ROLES if role not in chosen]:
        msg = tr(
            "The {roles} band can't be told from the others: choose it by number. The image has {bands}.",
            "{n} bands can't be told from the others, {roles}: choose them by number. The image has {bands}.",
            n=len(unknown),
        )
        raise InputError(msg.format(n=len(unknown), roles=format_list(unknown), bands=_listing(infos)) + _usual_numbers(infos))
    numbers = [*(chosen[role] for role in ROLES), *extra]
    if repeated := [number for number in numbers if numbers.count(number) > 1]:
        msg = tr("Band {band} is chosen twice, but each input needs a different band: the image has {bands}.")
        raise InputError(msg.format(band=min(repeated), bands=_listing(infos)))
    bands = [Band(number, role, role) for role, number in zip(ROLES, numbers)]
    # Field names are case-insensitive in formats such as GeoPackage.
    names, described = set(ROLES), Counter(_name(info).casefold() for info in infos)
    ambiguous = []
    for number in extra:
        base = _name(infos[number - 1])
        name, count = base, 2
        while name.casefold() in names:
            name, count = f"{base}_{count}", count + 1
        names.add(name.casefold())
        bands.append(Band(number, "extra", name))
        if described[base.casefold()] > 1:
            ambiguous.append(name)
    return BandRoles(tuple(bands), found_by, tuple(ambiguous))


def _name(info: BandInfo) -> str:
    """Return the name of an input: the band's description as an identifier, in Unicode form NFC."""
    # Some drivers describe a band in a paragraph.
    text = unicodedata.normalize("NFC", info.description)
    return re.sub(r"\W+", "_", text)[:_MAX_NAME_LENGTH].strip("_") or f"band_{info.number}"


def _titles() -> dict[str, str]:
    return {"green": tr("green"), "red": tr("red"), "nir": tr("near-infrared")}


def _listing(infos: Sequence[BandInfo]) -> str:
    bands = format_some(infos, 40)
    return tr("{n} band: {bands}", "{n} bands: {bands}", n=len(infos)).format(n=len(infos), bands=bands)


def _usual_numbers(infos: Sequence[BandInfo]) -> str:
    """Return, as a sentence, the numbers of the three bands in files that hold all bands of the image's sensor, or of several sensors."""
    names = {
        "sentinel2": "Sentinel-2",
        "oli": tr("Landsat 8 and 9"),
        "tm": tr("Landsat 4 to 7"),
        "planetscope4": "PlanetScope",
        "naip": "NAIP",
    }
    known = {info.sensor for info in infos} & names.keys() or names.keys()
    usual = []
    for key in (key for key in names if key in known):
        codes = list(SENSORS[key].bands)
        numbers = [codes.index(SENSORS[key].codes(role)[0]) + 1 for role in ROLES]
        if max(numbers) <= len(infos):
            usual.append(f"{names[key]}: {', '.join(map(str, numbers))}")
    return " " + tr("Usual numbers of green, red and near-infrared – {numbers}.").format(numbers="; ".join(usual)) if usual else ""


def doubts(infos: Sequence[BandInfo], chosen: Mapping[str, int | None]) -> list[str]:
    """Say which of the bands that the user chose are others by the image's metadata.

    Args:
        infos: all bands of the raster, in order.
        chosen: role to band number, from 1; None = not chosen.
    """
    codes = band_codes(infos)
    found = {role: _conflict(role, infos[number - 1], codes) for role, number in chosen.items() if number is not None}
    text = tr("Band {band} was chosen as the {role} band, but {conflict}.")
    return [text.format(band=chosen[role], role=_titles()[role], conflict=conflict) for role, conflict in found.items() if conflict]


def _find(infos: Sequence[BandInfo], roles: Sequence[str]) -> tuple[dict[str, int], str]:
    """Find bands for the roles, each from the first kind of metadata that identifies it; refuse one that other metadata contradict."""
    codes = band_codes(infos)
    sources = (
        (tr("found by band description"), _by_description(infos)),
        (tr("found by wavelength"), _by_wavelength(infos)),
        (tr("found by band description"), {} if codes is None or codes.of_files else codes.roles),
        (tr("found by file name"), {} if codes is None or not codes.of_files else codes.roles),
    )
    found: dict[str, int] = {}
    ways = []
    for way, known in sources:
        new = {role: number for role, number in known.items() if role in roles and role not in found}
        found.update(new)
        ways += [way] if new else []
    # Colour interpretation says how an image is displayed: a false-colour stack shows near infrared as red. Use it for all three or none.
    colours = _unique({role: [info.number for info in infos if info.colour == role] for role in ROLES})
    if not found and set(roles) <= set(colours):
        found, ways = {role: colours[role] for role in roles}, [tr("found by colour interpretation")]
    # Beside a near-infrared band that isn't displayed, the three displayed ones are true colours, as in aerial images of four bands.
    shown = [info.number for info in infos if info.colour in {"red", "green", "blue"}]
    if "nir" in found and len(infos) == 4 and len(shown) == 3 and found["nir"] not in shown and {"red", "green"} <= set(colours):
        new = {role: colours[role] for role in roles if role not in found}
        found.update(new)
        ways += [tr("found by colour interpretation")] if new else []
    # If metadata contradict each other, the message names what was found by name, which users know.
    by_wavelength = sources[1][1]
    for role in sorted(found, key=lambda role: found[role] == by_wavelength.get(role)):
        conflict = _conflict(role, infos[found[role] - 1], codes)
        if conflict is not None:
            msg = tr(
                "Band {band} was identified as the {role} band, but {conflict}. The image's metadata is contradictory: choose the bands by "
                "number. The image has {bands}."
            )
            raise InputError(msg.format(band=found[role], role=_titles()[role], conflict=conflict, bands=_listing(infos)))
    return found, ways[0] if len(set(ways)) == 1 else tr("found by several kinds of metadata")


def _conflict(role: str, info: BandInfo, codes: BandCodes | None) -> str | None:
    """Return what of a band's metadata contradicts a role, if any does."""
    named = named_role(info.description)
    length, code = _wavelength(info), None if codes is None else codes.of_band.get(info.number)
    if named is not None and named[0] != role:
        return tr("it is described as “{description}”").format(description=info.description)
    if length is not None and not WAVELENGTH_LIMITS[role][0] <= length <= WAVELENGTH_LIMITS[role][1]:
        return tr("its wavelength is {wavelength:g} nm").format(wavelength=length)
    if codes is not None and code is not None and code not in codes.sensor.codes(role):
        return tr("its band code is {code}").format(code=code)
    return None


def _unique(candidates: dict[str, list[int]]) -> dict[str, int]:
    """Keep the roles with exactly one candidate band."""
    return {role: numbers[0] for role, numbers in candidates.items() if len(numbers) == 1}


def _by_description(infos: Sequence[BandInfo]) -> dict[str, int]:
    exact = _unique({role: [info.number for info in infos if normalized(info.description) == role] for role in ROLES})
    named = {info.number: role for info in infos if (role := named_role(info.description)) is not None}
    found = []
    for rest in dict.fromkeys(rest for _, rest in named.values()):
        of_kind = {role: [number for number, other in named.items() if other == (role, rest)] for role in ROLES}
        if not rest:
            exact = {**_unique(of_kind), **exact}
        elif all(len(numbers) == 1 for numbers in of_kind.values()):
            found.append(_unique(of_kind))
    return {**found[0], **exact} if len(found) == 1 else exact


def _wavelength(info: BandInfo) -> float | None:
    """Return a band's central wavelength in nm, from its metadata, else from its description."""
    return wavelength_in_text(info.description) if info.wavelength is None else info.wavelength


def _by_wavelength(infos: Sequence[BandInfo]) -> dict[str, int]:
    lengths = {info.number: _wavelength(info) for info in infos if is_reflectance(info.description)}
    known = [length for length in lengths.values() if length is not None]
    # Bands of an imaging spectrometer are as close as the same band of two satellites, but they are in order.
    apart = 0.0 if known in (sorted(known), sorted(known, reverse=True)) else _SAME_BAND
    found = {}
    for role, (low, high, centre) in _WAVELENGTHS.items():
        inside = [(abs(length - centre), length, n) for n, length in lengths.items() if length is not None and low <= length <= high]
        nearest = min(inside, default=(0.0, 0.0, 0))
        # Several bands of one wavelength, as in a stack of two dates, are ambiguous.
        if sum(abs(length - nearest[1]) <= apart for _, length, _ in inside) == 1:
            found[role] = nearest[2]
    return found


@dataclass(frozen=True)
class BandCodes:
    """Band codes of a known sensor, by band number, and whether they come from file names."""

    sensor: Sensor
    of_band: dict[int, str]
    of_files: bool

    @property
    def roles(self) -> dict[str, int]:
        """Band numbers of the roles that have exactly one candidate."""
        found = {}
        for role in ROLES:
            bands = {code: [n for n, c in self.of_band.items() if c == code] for code in self.sensor.codes(role)}
            there = [code for code, numbers in bands.items() if numbers]
            if there and len(bands[there[0]]) == 1 and not (self.sensor.equivalent and len(there) > 1):
                found[role] = bands[there[0]][0]
        return found


def band_codes(infos: Sequence[BandInfo]) -> BandCodes | None:
    """Return the band codes; None unless names of files, metadata, or codes that only Sentinel-2 has say which sensor it is."""
    spectral = {info.number: info.description.strip() for info in infos if is_reflectance(info.description)}
    files = {info.number: info.file for info in infos if info.file}
    for names in (files, spectral):
        named = {number: found for number, name in names.items() if (found := band_file(name)) is not None and found.code}
        if named:
            # Files of several scenes or sensors may form any stack.
            one = len({(found.sensor, found.scene) for found in named.values()}) == 1
            sensor = SENSORS[next(iter(named.values())).sensor]
            return BandCodes(sensor, {number: found.code for number, found in named.items()}, names is files) if one else None
    # Some programs call unnamed bands by their order.
    if all(normalized(info.description) == f"band {info.number}" for info in infos):
        return None
    numbered = {number: f"B{n:02d}" for number, text in spectral.items() if (n := band_number(text)) is not None}
    sensors = {info.sensor for info in infos if info.sensor}
    if len(sensors) > 1:
        return None
    if sensors and not sensors <= {"sentinel2", "hls_s30"}:
        return BandCodes(SENSORS[sensors.pop()], numbered, False)
    # B03_10m is B03; "B03 std" is not.
    first = {number: re.split(r"[\s,:;]|_(?=\d+M\b)", text.upper())[0] for number, text in spectral.items()}
    codes = {number: two_digits(code) for number, code in first.items() if re.fullmatch(r"B(?:\d\d?|8A)", code)}
    padded = {code for code in first.values() if code in codes.values()}
    # B03, B04 and B08 also exist for Landsat, OLCI and others, where they mean other bands.
    sure = "B8A" in padded or bool(sensors)
    # Ten of them or more may be those of another sensor, numbered in their order.
    likely = {"B03", "B04", "B08", "B11", "B12"} <= padded <= _SENTINEL2_CODES and len(padded) < 10
    sensor = SENSORS["hls_s30" if sensors == {"hls_s30"} else "sentinel2"]
    return BandCodes(sensor, {**codes, **numbered}, False) if sure or likely else None
