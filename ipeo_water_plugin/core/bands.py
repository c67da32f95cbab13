"""Identify the green, red and near-infrared bands of an image from its metadata; never by band order."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from .errors import InputError
from .system.redaction import redacted
from .translation import format_list, format_some, tr

ROLES = ("green", "red", "nir")

# Words in a description that don't change which band it is. With any other word it is another band ("red dispersion"), unless the word
# occurs in the descriptions of all three bands ("olinda green", "olinda red", "olinda nir").
_NEUTRAL_WORDS = re.compile(
    r"bands?|ch|channel|layer|no|nr|number|[bmrs]|sur|surface|refl|reflectance|sr|toa|boa|rho|rrs|radiance|rad|dn|raw|values?|data|image|"
    r"scaled|corrected|calibrated|spectral|vis|visible|light|wavelengths?|cent(?:re|er|ral)|nm|um|µm|(?:nano|micro)met(?:er|re)s?|microns?|"
    r"composite|mosaic|median|mean|broad|wide|broadband|resolution|met(?:er|re)s?|at|of|the|and|sentinel|landsat|planet|planetscope|dove|"
    r"rapideye|spot|pleiades|worldview|modis|naip|msi|oli|tm|etm|plus"
)
# A description with one of these words isn't about reflectance, but about quality, statistics or other quantities.
_NOT_REFLECTANCE = re.compile(
    r"\b(uncertaint\w*|err|error\w*|sigma|std\w*|stdev|sd|se|deviation|var|variance|rmse|noise|snr|mask\w*|qa|qc|quality|flag\w*|cloud\w*|"
    r"shadow\w*|snow|count\w*|nobs|obs\w*|angle\w*|azimuth|zenith|date\w*|doy|age|confidence|prob\w*|saturat\w*|fill|valid\w*|weight\w*|"
    r"class\w*|index|ratio|diff\w*|anomal\w*|trend|slope|texture|entropy|nd[a-z]i|m?savi|evi\d*|chlorophyll|greenness|brightness|wetness|lai)\d*\b"
)
# Parts of the spectrum other than green, red and broad near infrared.
_OTHER_BANDS = re.compile(
    r"\b(edge|rededge|re|narrow|short|swir|mid|mir|mwir|long|lwir|far|fir|thermal|tir|tirs|st|pan|panchromatic|coastal|aerosol|blue|cyan|"
    r"violet|ultraviolet|uv|yellow|orange|purple|magenta|cirrus|vapou?r|vegetation)\d*\b"
)
_ROLE_WORDS = {
    "green": re.compile(r"\bgreen\d*\b"),
    "red": re.compile(r"\bred\d*\b"),
    # STAC calls Sentinel-2's water vapour band nir09.
    "nir": re.compile(r"\bnir(?!0?9\b)\d*\b|\bpir\b"),
}
# Plain “infrared” means near infrared, as in colour-infrared aerial images; with a number it may be any infrared band.
_BARE_INFRARED = re.compile(r"\b(infrared|ir)\b")

# Range of central wavelengths of each role, and the preferred centre, in nm. Includes the green, red and near-infrared bands of
# Sentinel-2, Landsat 4 to 9, MODIS, SPOT, Planet, RapidEye and WorldView.
_WAVELENGTHS = {"green": (525.0, 590.0, 560.0), "red": (620.0, 690.0, 660.0), "nir": (765.0, 900.0, 840.0)}
# Outside these limits, in nm, a band is rejected for a role whatever its description or file name says.
_WAVELENGTH_LIMITS = {"green": (495.0, 610.0), "red": (590.0, 702.0), "nir": (725.0, 1100.0)}
# In nm. The same band of Sentinel-2A and 2B, or of Landsat 8 and 9, differs by less.
_SAME_BAND = 2.0
_NANOMETRES = {"nm": 1.0, "nan": 1.0, "um": 1e3, "µm": 1e3, "mic": 1e3, "ang": 0.1, "å": 0.1}
_WAVELENGTH_IN_TEXT = re.compile(r"(\d+(?:\.\d+)?)(?: ?(?:-|–|to) ?(\d+(?:\.\d+)?))? ?(nm|nanomet\w+|um|µm|micromet\w+|microns?)(?![a-z])")
_BARE_NUMBER = re.compile(r"(?<![^\W_])(?<!\.)(\d{1,2}\.\d+|\d{3,5})(?![\w.])")

Table = dict[str, tuple[str, ...]]
# Band codes by sensor and role, the preferred one first. The two near-infrared bands of Landsat's Multispectral Scanner cover half of
# the range each, so neither is preferred.
_PREFERRED: dict[str, Table] = {
    "sentinel2": {"green": ("B03",), "red": ("B04",), "nir": ("B08", "B8A")},
    "oli": {"green": ("B03",), "red": ("B04",), "nir": ("B05",)},
    "tm": {"green": ("B02",), "red": ("B03",), "nir": ("B04",)},
    "mss": {"green": ("B04",), "red": ("B05",), "nir": ()},
    "mss late": {"green": ("B01",), "red": ("B02",), "nir": ()},
}
_EQUIVALENT: dict[str, Table] = {"mss": {"nir": ("B06", "B07")}, "mss late": {"nir": ("B03", "B04")}}
# Keyed by the instrument's letter and the satellite's number. LT08 and LT09 hold thermal bands only.
_LANDSATS = {
    **dict.fromkeys(("C8", "C9", "O8", "O9"), "oli"),
    **dict.fromkeys(("E7", "T4", "T5"), "tm"),
    **dict.fromkeys(("M1", "M2", "M3"), "mss"),
    **dict.fromkeys(("M4", "M5"), "mss late"),
}
_SENTINEL2_FILE = re.compile(
    r"(?P<scene>(?:^|.*_)(?:T\d{2}[A-Z]{3}|S2[A-D]|Sentinel-2)_(?:.*_)?)(?P<code>B0[1-9]|B8A|B1[0-2])(?=[_.]|$)", re.IGNORECASE
)
# Theia uses one-digit codes, and Sentinel-2 tile ids for Landsat too: SENTINEL2B_20200601-…_L2A_T31TCJ_C_V2-2_FRE_B3.tif
_THEIA_FILE = re.compile(r"^(?P<scene>SENTINEL2[A-D]_.*_[FS]RE_)(?P<code>B[1-9]|B8A|B1[0-2])(?=[_.]|$)", re.IGNORECASE)
# Harmonized Landsat and Sentinel-2: HLS.S30.T10TEK.2020273T190109.v2.0.B03.tif
_HLS_FILE = re.compile(r"^(?P<scene>HLS\.(?P<sensor>[LS])30\..*\.)(?P<code>B\d\d|B8A)\.", re.IGNORECASE)
# Collections 1 and 2, ARD tiles, and pre-collection names: LC08_L2SP_…_SR_B3, LC08_CU_…_SRB3, LT51930241990009XXX01_B3.
_LANDSAT_FILE = re.compile(
    r"^(?P<scene>L(?P<sensor>[COTEM])(?:0?(?P<number>[1-9])_.*?|(?P<old>[1-9])\d{13}[A-Z]{3}\d\d))"
    r"_(?:(?:SR|TOA|ST|BT)_?|TA)?(?:B|band)(?P<code>\d{1,2})(?=[_.]|$)",
    re.IGNORECASE,
)
_SENTINEL2_CODES = {*(f"B{n:02d}" for n in range(1, 13)), "B8A"}

# Characters of an input's name before a number that makes it unique. Fields are named x_NAME, and databases truncate names to 63
# characters.
_MAX_NAME_LENGTH = 56


@dataclass(frozen=True)
class BandInfo:
    """Metadata of one band; None or empty where the raster has none.

    Attributes:
        number: from 1.
        description: as in the raster.
        wavelength: central wavelength in nm.
        colour: GDAL's colour interpretation in lower case ("green", "nir", …).
        file: path of the single-band file behind the band of a stack.
        sensor: "sentinel2", or "" for any other sensor.
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
        msg = tr("The {roles} band can't be identified: choose it by number. The image has {bands}.").format(
            roles=format_list(unknown), bands=_listing(infos)
        )
        raise InputError(msg)
    numbers = [*(chosen[role] for role in ROLES), *extra]
    if repeated := [number for number in numbers if numbers.count(number) > 1]:
        msg = tr("Band {band} is chosen twice, but each input needs a different band: the image has {bands}.").format(
            band=min(repeated), bands=_listing(infos)
        )
        raise InputError(msg)
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


def nanometres(value: float, unit: str) -> float | None:
    """Convert a wavelength to nanometres.

    Args:
        value: the wavelength in its unit.
        unit: such as "nm", "Micrometers" or "Å"; "" = micrometres for values below 100, nanometres from 100.

    Returns:
        The wavelength in nm, or None if the unit is unknown, such as a wavenumber's, or the value isn't in the optical range.
    """
    unit = unit.strip().lower().replace("μ", "µ")
    length = value * (_NANOMETRES.get(unit[:3], 0.0) if unit else 1e3 if value < 100 else 1.0)
    return length if 100 <= length <= 20000 else None


def _find(infos: Sequence[BandInfo], roles: Sequence[str]) -> tuple[dict[str, int], str]:
    """Find bands for the roles, each from the first kind of metadata that identifies it.

    Raises:
        InputError: other metadata of a band contradicts its role.
    """
    codes = _codes(infos)
    sources = (
        (tr("found by band description"), _by_description(infos)),
        (tr("found by band description"), {} if codes is None or codes.of_files else codes.roles),
        (tr("found by wavelength"), _by_wavelength(infos)),
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
    for role, number in found.items():
        _check(role, infos[number - 1], codes, infos)
    return found, ways[0] if len(set(ways)) == 1 else tr("found by several kinds of metadata")


def _check(role: str, info: BandInfo, codes: _Codes | None, infos: Sequence[BandInfo]) -> None:
    """Check that no metadata of a band contradicts the role it was found for.

    Raises:
        InputError: some does.
    """
    named = _named_role(info.description)
    length, code = _wavelength(info), None if codes is None else codes.of_band.get(info.number)
    conflict = None
    if named is not None and named[0] != role:
        conflict = tr("it is described as “{description}”").format(description=info.description)
    elif length is not None and not _WAVELENGTH_LIMITS[role][0] <= length <= _WAVELENGTH_LIMITS[role][1]:
        conflict = tr("its wavelength is {wavelength:g} nm").format(wavelength=length)
    elif codes is not None and code is not None and code not in codes.meaning(role):
        conflict = tr("its band code is {code}").format(code=code)
    if conflict is not None:
        msg = tr(
            "Band {band} was identified as the {role} band, but {conflict}. The image's metadata is contradictory: choose the bands by "
            "number. The image has {bands}."
        ).format(band=info.number, role=_titles()[role], conflict=conflict, bands=_listing(infos))
        raise InputError(msg)


def names_sentinel2(name: str, metadata: Iterable[str]) -> bool:
    """Return whether an image is from Sentinel-2.

    Args:
        name: file name, checked for that of a product.
        metadata: metadata values, checked for the satellite's name.
    """
    product = re.search(r"(?:^|[/\\_])(?:S2[A-D]_|T\d{2}[A-Z]{3}_\d{8}T)", name)
    return product is not None or any(re.search(r"\bsentinel[- ]?2[a-d]?\b|\bS2[A-D]_MSI", text, re.IGNORECASE) for text in metadata)


def _unique(candidates: dict[str, list[int]]) -> dict[str, int]:
    """Keep the roles with exactly one candidate band."""
    return {role: numbers[0] for role, numbers in candidates.items() if len(numbers) == 1}


def _normal(description: str) -> str:
    """Normalize a description: lower case, words separated by spaces, every spelling of near infrared as `nir`."""
    text = unicodedata.normalize("NFKC", re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", description)).lower().replace("μ", "µ")
    text = re.sub(r"[\W_]+", " ", text).strip()
    text = re.sub(r"infra ?red(?![a-z])", "infrared", text)
    return re.sub(r"\bnear ?(infrared|ir)\b|\bproche infrarouge\b|\binfrarouge proche\b|\bn ir\b", "nir", text)


def _named_role(description: str) -> tuple[str, frozenset[str]] | None:
    """Return the role that a description names, and its words that aren't neutral; None if it names no role."""
    text = _normal(description)
    claimed = [role for role in ROLES if _ROLE_WORDS[role].search(text)]
    if not claimed and not re.search(r"\d", text) and _BARE_INFRARED.search(text):
        claimed, text = ["nir"], _BARE_INFRARED.sub("nir", text)
    if not claimed or _NOT_REFLECTANCE.search(text) or _OTHER_BANDS.search(text):
        return None
    unknown = [word for word in _ROLE_WORDS[claimed[0]].sub("", text).split() if not _NEUTRAL_WORDS.fullmatch(word) and word.isalpha()]
    low, high = _WAVELENGTH_LIMITS[claimed[0]]
    for number in [] if _wavelength_in_text(description) else map(float, _BARE_NUMBER.findall(description)):
        # A bare number may be a wavelength; years are not.
        length = nanometres(number, "")
        if length is not None and length >= 300 and not 1970 <= number < 2040 and not low <= length <= high:
            return None
    return claimed[0], frozenset(unknown)


def _by_description(infos: Sequence[BandInfo]) -> dict[str, int]:
    exact = _unique({role: [info.number for info in infos if _normal(info.description) == role] for role in ROLES})
    named = {info.number: role for info in infos if (role := _named_role(info.description)) is not None}
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
    return _wavelength_in_text(info.description) if info.wavelength is None else info.wavelength


def _wavelength_in_text(description: str) -> float | None:
    """Return the wavelength in nm that a description gives with its unit, or the middle of a range."""
    match = _WAVELENGTH_IN_TEXT.search(unicodedata.normalize("NFKC", description).lower().replace("μ", "µ"))
    if match is None:
        return None
    ends = [float(end) for end in match.groups()[:2] if end is not None]
    return nanometres(sum(ends) / len(ends), match[3])


def _by_wavelength(infos: Sequence[BandInfo]) -> dict[str, int]:
    lengths = {info.number: _wavelength(info) for info in infos if not _NOT_REFLECTANCE.search(_normal(info.description))}
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
class _Codes:
    """Band codes of a known sensor, by band number, and whether they come from file names."""

    sensor: str
    of_band: dict[int, str]
    of_files: bool

    def meaning(self, role: str) -> tuple[str, ...]:
        """Return the codes of a role, preferred ones first."""
        return _PREFERRED[self.sensor][role] + _EQUIVALENT.get(self.sensor, {}).get(role, ())

    @property
    def roles(self) -> dict[str, int]:
        """Band numbers of the roles that have exactly one candidate."""
        found = {}
        for role in ROLES:
            bands = {code: [n for n, c in self.of_band.items() if c == code] for code in self.meaning(role)}
            there = [code for code, numbers in bands.items() if numbers]
            # Of several codes the preferred one is taken; without a preference the role is ambiguous.
            chosen = there[:1] if there and (there[0] in _PREFERRED[self.sensor][role] or len(there) == 1) else []
            if chosen and len(bands[chosen[0]]) == 1:
                found[role] = bands[chosen[0]][0]
        return found


def _codes(infos: Sequence[BandInfo]) -> _Codes | None:
    """Return the band codes if the sensor can be identified from file names or from codes that only Sentinel-2 has."""
    files = {info.number: named for info in infos if (named := sensor_and_code(info.file)) is not None}
    if files:
        # Files of several scenes or sensors may form any stack.
        one = len({(sensor, scene) for sensor, scene, _ in files.values()}) == 1
        return _Codes(next(iter(files.values()))[0], {number: code for number, (_, _, code) in files.items()}, True) if one else None
    # B03_10m is B03; "B03 std" is not.
    texts = {info.number: info.description.strip().upper() for info in infos if not _NOT_REFLECTANCE.search(_normal(info.description))}
    first = {number: re.split(r"[\s,:;]|_(?=\d+M\b)", text)[0] for number, text in texts.items()}
    codes = {number: _two_digits(code) for number, code in first.items()}
    padded = {code for code in first.values() if code in codes.values()}
    # B03, B04 and B08 also exist for Landsat, OLCI and others, where they mean other bands.
    sure = "B8A" in padded or any(info.sensor == "sentinel2" for info in infos)
    likely = {"B03", "B04", "B08", "B11", "B12"} <= padded <= _SENTINEL2_CODES and len(padded) < 12 - 2
    return _Codes("sentinel2", codes, False) if sure or likely else None


def sensor_and_code(path: str) -> tuple[str, str, str] | None:
    """Parse sensor, scene and band code from the file name of a Sentinel-2, Landsat or HLS band; None for other names."""
    parts = PurePath(path.replace("\\", "/")).parts[-2:]
    if not parts:
        return None
    landsat, harmonized = _LANDSAT_FILE.match(parts[-1]), _HLS_FILE.match(parts[-1])
    # In some archives only the folder names the scene, and the file is named by its code.
    bare = re.match(r"B(?:\d\d|8A)[_.]", parts[-1], re.IGNORECASE)
    sentinel = _THEIA_FILE.match(parts[-1]) or _SENTINEL2_FILE.search("_".join(parts) if bare else parts[-1])
    if landsat:
        sensor = _LANDSATS.get(f"{landsat['sensor']}{landsat['number'] or landsat['old']}".upper())
        return None if sensor is None else (sensor, landsat["scene"], f"B{int(landsat['code']):02d}")
    if harmonized:
        return "oli" if harmonized["sensor"] in "lL" else "sentinel2", harmonized["scene"], harmonized["code"].upper()
    return ("sentinel2", sentinel["scene"], _two_digits(sentinel["code"].upper())) if sentinel else None


def _two_digits(code: str) -> str:
    return f"B0{code[1]}" if re.fullmatch(r"B\d", code) else code
