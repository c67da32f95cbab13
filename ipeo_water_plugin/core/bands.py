"""Which band is green, red and near infrared, and how that was found. Never a guess by position."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from .errors import InputError
from .system.redaction import redacted
from .translation import format_list, tr

ROLES = ("green", "red", "nir")

# Words of a description that say no more than a role's own word does. Any other word makes it another band ("red dispersion"), unless
# the descriptions of all three bands have it ("olinda green", "olinda red", "olinda nir").
_PLAIN = re.compile(
    r"bands?|ch|channel|layer|no|nr|number|[bmrs]|sur|surface|refl|reflectance|sr|toa|boa|rho|rrs|radiance|rad|dn|raw|values?|data|image|"
    r"scaled|corrected|calibrated|spectral|vis|visible|light|wavelengths?|cent(?:re|er|ral)|nm|um|µm|(?:nano|micro)met(?:er|re)s?|microns?|"
    r"composite|mosaic|median|mean|broad|wide|broadband|resolution|met(?:er|re)s?|at|of|the|and|sentinel|landsat|planet|planetscope|dove|"
    r"rapideye|spot|pleiades|worldview|modis|naip|msi|oli|tm|etm|plus"
)
# What a description with one of these words is about is no reflectance: quality, statistics, other quantities.
_QUALITY = re.compile(
    r"\b(uncertaint\w*|err|error\w*|sigma|std\w*|stdev|sd|se|deviation|var|variance|rmse|noise|snr|mask\w*|qa|qc|quality|flag\w*|cloud\w*|"
    r"shadow\w*|snow|count\w*|nobs|obs\w*|angle\w*|azimuth|zenith|date\w*|doy|age|confidence|prob\w*|saturat\w*|fill|valid\w*|weight\w*|"
    r"class\w*|index|ratio|diff\w*|anomal\w*|trend|slope|texture|entropy|nd[a-z]i|m?savi|evi\d*|chlorophyll|greenness|brightness|wetness|lai)\d*\b"
)
# Another part of the spectrum than green, red and the broad near infrared.
_ELSEWHERE = re.compile(
    r"\b(edge|rededge|re|narrow|short|swir|mid|mir|mwir|long|lwir|far|fir|thermal|tir|tirs|st|pan|panchromatic|coastal|aerosol|blue|cyan|"
    r"violet|ultraviolet|uv|yellow|orange|purple|magenta|cirrus|vapou?r|vegetation)\d*\b"
)
_ROLE_WORDS = {
    "green": re.compile(r"\bgreen\d*\b"),
    "red": re.compile(r"\bred\d*\b"),
    # STAC's nir09 is Sentinel-2's band for water vapour.
    "nir": re.compile(r"\bnir(?!0?9\b)\d*\b|\bpir\b"),
}
# Infrared of no further kind is near infrared, as in colour-infrared aerial images; with a number it may be any.
_BARE_INFRARED = re.compile(r"\b(infrared|ir)\b")

# Central wavelengths in nanometres that count as a role, and the centre that is preferred: the green, red and
# near-infrared bands of Sentinel-2, Landsat 4 to 9, MODIS, SPOT, Planet, RapidEye and WorldView lie inside.
_WAVELENGTHS = {"green": (525.0, 590.0, 560.0), "red": (620.0, 690.0, 660.0), "nir": (765.0, 900.0, 840.0)}
# Beyond these a band is another one, whatever its description or name says.
_POSSIBLE = {"green": (495.0, 610.0), "red": (590.0, 702.0), "nir": (725.0, 1100.0)}
# Sentinel-2A and 2B, or Landsat 8 and 9, differ by less in each of the three.
_SAME_BAND = 2.0
_NANOMETRES = {"nm": 1.0, "nan": 1.0, "um": 1e3, "µm": 1e3, "mic": 1e3, "ang": 0.1, "å": 0.1}
_IN_TEXT = re.compile(r"(\d+(?:\.\d+)?)(?: ?(?:-|–|to) ?(\d+(?:\.\d+)?))? ?(nm|nanomet\w+|um|µm|micromet\w+|microns?)(?![a-z])")
_BARE_NUMBER = re.compile(r"(?<![^\W_])(?<!\.)(\d{1,2}\.\d+|\d{3,5})(?![\w.])")

Table = dict[str, tuple[str, ...]]
# Codes of the three bands by sensor; where one has two bands for a role, the first is preferred if it is there. The two near-infrared
# bands of Landsat's Multispectral Scanner are half of the range each, so that neither is preferred.
_PREFERRED: dict[str, Table] = {
    "sentinel2": {"green": ("B03",), "red": ("B04",), "nir": ("B08", "B8A")},
    "oli": {"green": ("B03",), "red": ("B04",), "nir": ("B05",)},
    "tm": {"green": ("B02",), "red": ("B03",), "nir": ("B04",)},
    "mss": {"green": ("B04",), "red": ("B05",), "nir": ()},
    "mss late": {"green": ("B01",), "red": ("B02",), "nir": ()},
}
_EITHER: dict[str, Table] = {"mss": {"nir": ("B06", "B07")}, "mss late": {"nir": ("B03", "B04")}}
# By the letter of the instruments and the number of the satellite. LT08 and LT09 are thermal alone.
_LANDSATS = {
    **dict.fromkeys(("C8", "C9", "O8", "O9"), "oli"),
    **dict.fromkeys(("E7", "T4", "T5"), "tm"),
    **dict.fromkeys(("M1", "M2", "M3"), "mss"),
    **dict.fromkeys(("M4", "M5"), "mss late"),
}
_SENTINEL2_FILE = re.compile(
    r"(?P<scene>(?:^|.*_)(?:T\d{2}[A-Z]{3}|S2[A-D]|Sentinel-2)_(?:.*_)?)(?P<code>B0[1-9]|B8A|B1[0-2])(?=[_.]|$)", re.IGNORECASE
)
# Theia's codes have one digit, and its Landsat files bear tiles of Sentinel-2 too: SENTINEL2B_20200601-…_L2A_T31TCJ_C_V2-2_FRE_B3.tif
_THEIA_FILE = re.compile(r"^(?P<scene>SENTINEL2[A-D]_.*_[FS]RE_)(?P<code>B[1-9]|B8A|B1[0-2])(?=[_.]|$)", re.IGNORECASE)
# Harmonized Landsat and Sentinel-2: HLS.S30.T10TEK.2020273T190109.v2.0.B03.tif
_HLS_FILE = re.compile(r"^(?P<scene>HLS\.(?P<sensor>[LS])30\..*\.)(?P<code>B\d\d|B8A)\.", re.IGNORECASE)
# Collections 1 and 2, tiles of analysis-ready data, and names of before: LC08_L2SP_…_SR_B3, LC08_CU_…_SRB3, LT51930241990009XXX01_B3.
_LANDSAT_FILE = re.compile(
    r"^(?P<scene>L(?P<sensor>[COTEM])(?:0?(?P<number>[1-9])_.*?|(?P<old>[1-9])\d{13}[A-Z]{3}\d\d))"
    r"_(?:(?:SR|TOA|ST|BT)_?|TA)?(?:B|band)(?P<code>\d{1,2})(?=[_.]|$)",
    re.IGNORECASE,
)
_SENTINEL2_CODES = {*(f"B{n:02d}" for n in range(1, 13)), "B8A"}

# Characters of a name that is made of a description; numbers that tell alike ones apart come on top. Fields are called x_NAME, and
# databases cut what is longer than 63.
_LONGEST_NAME = 56


@dataclass(frozen=True)
class BandInfo:
    """What a raster says of one of its bands; None or empty where it says nothing.

    `wavelength` is in nanometres; `colour` is GDAL's colour interpretation in lower case ("green", "nir", …); `file` is
    the path of the single file behind the band of a stack; `sensor` is what name or metadata of the raster call the sensor,
    "sentinel2" or "".
    """

    number: int
    description: str = ""
    wavelength: float | None = None
    colour: str = ""
    file: str = ""
    sensor: str = ""

    def __str__(self) -> str:
        """Describe the band for a message that lists what there is."""
        said = [self.description] if self.description else []
        said += [f"{self.wavelength:g} nm"] if self.wavelength else []
        said += [PurePath(redacted(self.file)).name] if self.file else []
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
    """The bands that make up the pixel vector x, in order, and how they were found.

    `ambiguous_names` are the inputs whose names are told apart by the order of the bands alone, since the image describes several bands so.
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
    """Decide which bands make up x = (green, red, nir, extra…).

    Args:
        infos: every band of the raster, in order.
        green, red, nir: band numbers chosen by the user; None = find it.
        extra: numbers of further features.

    Raises:
        InputError: a band isn't found, what the image says of it contradicts itself, or one is chosen twice or out of range; the
            message lists the bands.
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
        titles = _titles()
        absent = [titles[role] for role in ROLES if chosen[role] is None]
        msg = tr("The {roles} band can't be told from the image, which has {bands}: choose it by number.").format(
            roles=format_list(absent), bands=_listing(infos)
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
    # Formats such as GeoPackage know a field whatever its case.
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
    return BandRoles(tuple(bands), way, tuple(ambiguous))


def _name(info: BandInfo) -> str:
    """Return a name for an input, made of the band's description, in one Unicode form."""
    # A model file holds names of 255 characters, and some drivers describe a band in a paragraph.
    text = unicodedata.normalize("NFC", info.description)
    return re.sub(r"\W+", "_", text)[:_LONGEST_NAME].strip("_") or f"band_{info.number}"


def _titles() -> dict[str, str]:
    return {"green": tr("green"), "red": tr("red"), "nir": tr("near-infrared")}


def _listing(infos: Sequence[BandInfo]) -> str:
    shown = ", ".join(str(info) for info in infos[:40]) + (", …" if len(infos) > 40 else "")
    if len(infos) == 1:
        return tr("1 band: {bands}").format(bands=shown)
    return tr("{count} bands: {bands}").format(count=len(infos), bands=shown)


def nanometres(value: float, unit: str) -> float | None:
    """Return a wavelength in nanometres; None where the unit is unknown, as of wavenumbers, or the value can't be one."""
    if not unit.strip():
        # Without a unit the size tells: 0.4 to 15 micrometres, 400 to 15000 nanometres.
        factor = 1e3 if value < 100 else 1.0
    else:
        factor = _NANOMETRES.get(unit.strip().lower().replace("μ", "µ")[:3]) or _NANOMETRES.get(unit.strip().lower().replace("μ", "µ"), 0.0)
    length = value * factor
    return length if 100 <= length <= 20000 else None


def _find(infos: Sequence[BandInfo], roles: Sequence[str]) -> tuple[dict[str, int], str]:
    """Find bands for the roles, each with the first source that knows it.

    Raises:
        InputError: another source says that one of them is another band.
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
    # Colours say how a picture is drawn: a false-colour stack shows near infrared as red. They count all together or not at all.
    colours = _unique({role: [info.number for info in infos if info.colour == role] for role in ROLES})
    if not found and set(roles) <= set(colours):
        found, ways = {role: colours[role] for role in roles}, [tr("found by colour interpretation")]
    for role, number in found.items():
        _check(role, infos[number - 1], codes, infos)
    return found, ways[0] if len(set(ways)) == 1 else tr("found by what the bands say")


def _check(role: str, info: BandInfo, codes: _Codes | None, infos: Sequence[BandInfo]) -> None:
    """Check that nothing says of a band that was found that it is another one.

    Raises:
        InputError: something does.
    """
    titles = _titles()
    words = _words(info.description)
    length, code = _wavelength(info), None if codes is None else codes.of_band.get(info.number)
    against = None
    if words is not None and words[0] != role:
        against = tr("it is described as “{description}”").format(description=info.description)
    elif length is not None and not _POSSIBLE[role][0] <= length <= _POSSIBLE[role][1]:
        against = tr("its wavelength is {wavelength:g} nm").format(wavelength=length)
    elif codes is not None and code is not None and code not in codes.meaning(role):
        against = tr("its name says {code}").format(code=code)
    if against is not None:
        msg = tr(
            "Band {band} can't be the {role} band, for which it was taken: {against}. The image contradicts itself, so choose the bands by "
            "number. It has {bands}."
        ).format(band=info.number, role=titles[role], against=against, bands=_listing(infos))
        raise InputError(msg)


def names_sentinel2(name: str, metadata: Iterable[str]) -> bool:
    """Return whether a file's name is that of a Sentinel-2 product, or its metadata name the satellite."""
    product = re.search(r"(?:^|[/\\_])(?:S2[A-D]_|T\d{2}[A-Z]{3}_\d{8}T)", name)
    return product is not None or any(re.search(r"\bsentinel[- ]?2[a-d]?\b|\bS2[A-D]_MSI", text, re.IGNORECASE) for text in metadata)


def _unique(candidates: dict[str, list[int]]) -> dict[str, int]:
    """Keep the roles that exactly one band claims."""
    return {role: numbers[0] for role, numbers in candidates.items() if len(numbers) == 1}


def _normal(description: str) -> str:
    """Return a description in lower case, its words apart by blanks, all spellings of near infrared as `nir`."""
    text = unicodedata.normalize("NFKC", re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", description)).lower().replace("μ", "µ")
    text = re.sub(r"[\W_]+", " ", text).strip()
    text = re.sub(r"infra ?red(?![a-z])", "infrared", text)
    return re.sub(r"\bnear ?(infrared|ir)\b|\bproche infrarouge\b|\binfrarouge proche\b|\bn ir\b", "nir", text)


def _words(description: str) -> tuple[str, frozenset[str]] | None:
    """Return the role that a description names, and the words beside that don't speak for themselves; None where it names none."""
    text = _normal(description)
    claimed = [role for role in ROLES if _ROLE_WORDS[role].search(text)]
    if not claimed and not re.search(r"\d", text) and _BARE_INFRARED.search(text):
        claimed, text = ["nir"], _BARE_INFRARED.sub("nir", text)
    if not claimed or _QUALITY.search(text) or _ELSEWHERE.search(text):
        return None
    unknown = [word for word in _ROLE_WORDS[claimed[0]].sub("", text).split() if not _PLAIN.fullmatch(word) and word.isalpha()]
    low, high = _POSSIBLE[claimed[0]]
    for number in [] if _in_text(description) else map(float, _BARE_NUMBER.findall(description)):
        # A number may be a wavelength without its unit; years are none.
        length = nanometres(number, "")
        if length is not None and length >= 300 and not 1970 <= number < 2040 and not low <= length <= high:
            return None
    return claimed[0], frozenset(unknown)


def _by_description(infos: Sequence[BandInfo]) -> dict[str, int]:
    exact = _unique({role: [info.number for info in infos if _normal(info.description) == role] for role in ROLES})
    said = {info.number: words for info in infos if (words := _words(info.description)) is not None}
    found = []
    for rest in dict.fromkeys(words[1] for words in said.values()):
        of_kind = {role: [number for number, words in said.items() if words == (role, rest)] for role in ROLES}
        if not rest:
            exact = {**{role: numbers[0] for role, numbers in of_kind.items() if len(numbers) == 1}, **exact}
        elif all(len(numbers) == 1 for numbers in of_kind.values()):
            found.append(_unique(of_kind))
    return {**found[0], **exact} if len(found) == 1 else exact


def _wavelength(info: BandInfo) -> float | None:
    """Return a band's central wavelength in nanometres, by its metadata, else by its description."""
    return _in_text(info.description) if info.wavelength is None else info.wavelength


def _in_text(description: str) -> float | None:
    """Return the wavelength that a description gives with its unit, or the middle of a range."""
    named = _IN_TEXT.search(unicodedata.normalize("NFKC", description).lower().replace("μ", "µ"))
    if named is None:
        return None
    ends = [float(end) for end in named.groups()[:2] if end is not None]
    return nanometres(sum(ends) / len(ends), named[3])


def _by_wavelength(infos: Sequence[BandInfo]) -> dict[str, int]:
    lengths = {info.number: _wavelength(info) for info in infos if not _QUALITY.search(_normal(info.description))}
    known = [length for length in lengths.values() if length is not None]
    # A spectrometer's bands lie as close as those of two satellites of one kind, but in order.
    apart = 0.0 if known in (sorted(known), sorted(known, reverse=True)) else _SAME_BAND
    found = {}
    for role, (low, high, centre) in _WAVELENGTHS.items():
        inside = [(abs(length - centre), length, n) for n, length in lengths.items() if length is not None and low <= length <= high]
        nearest = min(inside, default=(0.0, 0.0, 0))
        # Two bands of one wavelength, as in a stack of two dates, are no choice.
        if sum(abs(length - nearest[1]) <= apart for _, length, _ in inside) == 1:
            found[role] = nearest[2]
    return found


@dataclass(frozen=True)
class _Codes:
    """Band codes of a known sensor: the code of each band, and whether files' names say so."""

    sensor: str
    of_band: dict[int, str]
    of_files: bool

    def meaning(self, role: str) -> tuple[str, ...]:
        """Return the codes that mean a role, preferred ones first."""
        return _PREFERRED[self.sensor][role] + _EITHER.get(self.sensor, {}).get(role, ())

    @property
    def roles(self) -> dict[str, int]:
        """The bands of the roles, each claimed by one band alone."""
        found = {}
        for role in ROLES:
            bands = {code: [n for n, c in self.of_band.items() if c == code] for code in self.meaning(role)}
            there = [code for code, numbers in bands.items() if numbers]
            # Of several codes the preferred one is meant; without a preference it can't be told.
            chosen = there[:1] if there and (there[0] in _PREFERRED[self.sensor][role] or len(there) == 1) else []
            if chosen and len(bands[chosen[0]]) == 1:
                found[role] = bands[chosen[0]][0]
        return found


def _codes(infos: Sequence[BandInfo]) -> _Codes | None:
    """Return the band codes, where the sensor is known: by the files' names, or by codes that only Sentinel-2 has."""
    files = {info.number: named for info in infos if (named := sensor_and_code(info.file)) is not None}
    if files:
        # Files of several scenes or sensors side by side may be anything.
        one = len({(sensor, scene) for sensor, scene, _ in files.values()}) == 1
        return _Codes(next(iter(files.values()))[0], {number: code for number, (_, _, code) in files.items()}, True) if one else None
    # B03_10m is B03, and "B03 std" none.
    said = {info.number: info.description.strip().upper() for info in infos if not _QUALITY.search(_normal(info.description))}
    first = {number: re.split(r"[\s,:;]|_(?=\d+M\b)", text)[0] for number, text in said.items()}
    codes = {number: _two_digits(code) for number, code in first.items()}
    padded = {code for code in first.values() if code in codes.values()}
    # B03, B04 and B08 are codes of Landsat, OLCI and others too, and then of other bands.
    sure = "B8A" in padded or any(info.sensor == "sentinel2" for info in infos)
    likely = {"B03", "B04", "B08", "B11", "B12"} <= padded <= _SENTINEL2_CODES and len(padded) < 12 - 2
    return _Codes("sentinel2", codes, False) if sure or likely else None


def sensor_and_code(path: str) -> tuple[str, str, str] | None:
    """Return sensor, scene and band code that a file is named by, or None: Sentinel-2, Landsat, and both harmonized."""
    parts = PurePath(path.replace("\\", "/")).parts[-2:]
    if not parts:
        return None
    landsat, harmonized = _LANDSAT_FILE.match(parts[-1]), _HLS_FILE.match(parts[-1])
    # Some archives name the scene in the folder alone, and the file by its code alone.
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
