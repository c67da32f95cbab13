"""The table of sensors: which bands each has, and how the files of its products are named.

Numbers are from the sensors' own documents: ESA, Sentinel-2 Products Specification and Spectral Response Functions (central wavelengths of
2A); USGS, Landsat 8-9, Landsat 7, Landsat 4-5 TM and Landsat 1-5 MSS Data Format Control Books; NASA, HLS Product User Guide 2.0; Planet,
Imagery Product Specifications of PlanetScope, RapidEye and SkySat; USDA, NAIP Quarter Quad naming. Names of exports are those that the EO
Browser and the Copernicus Browser give their files; Sentinel Hub numbers the bands of all Multispectral Scanners as Landsat 4 and 5 do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from ..bands import ROLES
from ..system.redaction import without_query
from .dates import date_in_name

# Roles that serve where a product lacks the role's own band, in the order of preference.
SUBSTITUTES = {"nir": ("nir_narrow", "nir_broad", "nir_short")}


@dataclass(frozen=True)
class Sensor:
    """The reflective bands of a sensor.

    Attributes:
        name: of the instrument or product.
        bands: code → role and central wavelength in nm (0 = varies), in the order of a file that holds all of them.
        equivalent: whether a substitute is as good as the band itself, so that neither is preferred if both are there.
    """

    name: str
    bands: Mapping[str, tuple[str, float]]
    equivalent: bool = False

    def codes(self, role: str) -> tuple[str, ...]:
        """Return the codes of a role, its own band first, then those that may stand for it."""
        return tuple(code for kind in (role, *SUBSTITUTES.get(role, ())) for code, (own, _) in self.bands.items() if own == kind)

    def role(self, code: str) -> str:
        """Return the role of a code; "" if it is none of the reflective bands."""
        return self.bands.get(code, ("", 0.0))[0]

    def wavelength(self, code: str) -> float | None:
        """Return the central wavelength of a code in nm, if it is known."""
        return self.bands.get(code, ("", 0.0))[1] or None


def _numbered(first: int = 1, /, **wavelengths: float) -> dict[str, tuple[str, float]]:
    """Return bands by their codes, numbered in their order."""
    return {f"B{number:02d}": band for number, band in enumerate(wavelengths.items(), start=first)}


_MSI: dict[str, tuple[str, float]] = {
    "B01": ("coastal", 442.7),
    "B02": ("blue", 492.4),
    "B03": ("green", 559.8),
    "B04": ("red", 664.6),
    "B05": ("rededge1", 704.1),
    "B06": ("rededge2", 740.5),
    "B07": ("rededge3", 782.8),
    "B08": ("nir", 832.8),
    "B8A": ("nir_narrow", 864.7),
    "B11": ("swir1", 1613.7),
    "B12": ("swir2", 2202.4),
}
_OLI = _numbered(coastal=442.9, blue=482.0, green=561.4, red=654.6, nir=864.7, swir1=1608.9, swir2=2200.7, pan=589.5)
# Band 6 is thermal.
_TM = {**_numbered(blue=485.0, green=560.0, red=660.0, nir=830.0, swir1=1650.0), **_numbered(7, swir2=2215.0, pan=710.0)}
_MSS = {"green": 550.0, "red": 650.0, "nir_short": 750.0, "nir": 950.0}

SENSORS: dict[str, Sensor] = {
    "sentinel2": Sensor("MSI", _MSI),
    # The narrow band is the one that has a counterpart in the harmonized Landsat.
    "hls_s30": Sensor("MSI", {**_MSI, "B08": ("nir_broad", 832.8), "B8A": ("nir", 864.7)}),
    "oli": Sensor("OLI", _OLI),
    "tm": Sensor("TM", _TM),
    # Each of the two near-infrared bands of the Multispectral Scanner covers a part of the range.
    "mss": Sensor("MSS", _numbered(4, **_MSS), equivalent=True),
    "mss_late": Sensor("MSS", _numbered(**_MSS), equivalent=True),
    "planetscope4": Sensor("PlanetScope", _numbered(blue=0, green=0, red=0, nir=0)),
    "planetscope8": Sensor(
        "PlanetScope", _numbered(coastal=443, blue=490, green_i=531, green=565, yellow=610, red=665, rededge1=705, nir=865)
    ),
    "rapideye": Sensor("RapidEye", _numbered(blue=475, green=555, red=657.5, rededge1=710, nir=805)),
    "skysat": Sensor("SkySat", _numbered(blue=482.5, green=555, red=650, nir=820)),
    "naip": Sensor("NAIP", _numbered(red=0, green=0, blue=0, nir=0)),
}
# Keyed by the instrument's letter and the satellite's number. LT08 and LT09 hold thermal bands only.
_LANDSATS = {
    **dict.fromkeys(("C8", "C9", "O8", "O9"), "oli"),
    **dict.fromkeys(("E7", "T4", "T5"), "tm"),
    **dict.fromkeys(("M1", "M2", "M3"), "mss"),
    **dict.fromkeys(("M4", "M5"), "mss_late"),
}
# Roles of STAC's common band names, where they differ. On its Multispectral Scanners nir09 is the broader of the two.
_COMMON = {
    "swir16": "swir1",
    "swir22": "swir2",
    "nir08": "nir_narrow",
    "lwir": "",
    "nir09": "",
    "cirrus": "",
    "green05": "green_i",
    "rededge071": "rededge1",
    "rededge075": "rededge2",
    "rededge078": "rededge3",
    "rededge": "rededge1",
}
EXTRA_ROLES = tuple(dict.fromkeys(role for sensor in SENSORS.values() for role, _ in sensor.bands.values() if role not in ROLES))

_SENTINEL2_FILE = re.compile(
    r"(?P<scene>(?:^|.*_)(?:T\d{2}[A-Z]{3}|S2[A-D]|Sentinel-2)_(?:.*_)?)(?P<code>B0[1-9]|B8A|B1[0-2]|SCL)(?=[_.]|$)", re.IGNORECASE
)
# Until 2016 Sen2Cor named the classes otherwise than the bands: S2A_USER_SCL_L2A_TL_EPA__20160719T123456_A005000_T32TQM_20m.jp2
_SEN2COR_CLASSES = re.compile(r"^(S2[A-D]_USER_)SCL(_L2A_TL_.*_T\d{2}[A-Z]{3}_)[126]0m(?=\.|$)", re.IGNORECASE)
# Theia uses one-digit codes, and Sentinel-2 tile ids for Landsat too: SENTINEL2B_20200601-…_L2A_T31TCJ_C_V2-2_FRE_B3.tif
_THEIA_FILE = re.compile(r"^(?P<scene>SENTINEL2[A-D]_.*_[FS]RE_)(?P<code>B[1-9]|B8A|B1[0-2])(?=[_.]|$)", re.IGNORECASE)
# Harmonized Landsat and Sentinel-2: HLS.S30.T10TEK.2020273T190109.v2.0.B03.tif
_HLS_FILE = re.compile(r"^(?P<scene>HLS\.(?P<sensor>[LS])30\..*\.)(?P<code>B\d\d|B8A|Fmask)(?=\.|$)", re.IGNORECASE)
# Collections 1 and 2, ARD tiles, and pre-collection names: LC08_L2SP_…_SR_B3, LC08_CU_…_SRB3, LT51930241990009XXX01_B3.
_LANDSAT_SCENE = r"L(?P<sensor>[COTEM])(?:0?(?P<number>[1-9])_.*?|(?P<old>[1-9])\d{13}[A-Z]{3}\d\d)"
_LANDSAT_FILE = re.compile(
    rf"^(?P<scene>{_LANDSAT_SCENE})_(?:(?:(?:SR|TOA|ST|BT)_?|TA)?(?:B|band)(?P<code>\d{{1,2}})|(?P<quality>QA_?PIXEL|PIXEL_?QA|BQA))(?=[_.]|$)",
    re.IGNORECASE,
)
# The last two are of Collection 1.
_LANDSAT_QUALITY = {"QAPIXEL": "QA_PIXEL", "PIXELQA": "PIXEL_QA", "BQA": "BQA"}
# 2018-10-13, Sentinel-2B L1C, B03.tiff and 2023-02-10-00_00_2023-02-10-23_59_Landsat_8-9_L2_B05_(Raw).tiff, whose times have colons on
# some systems.
_TIME = r"(?:[-T]\d\d[:_]?\d\d)?"
_EXPORT_FILE = re.compile(
    rf"^(?P<scene>(?:.*?\d{{4}}-\d\d-\d\d{_TIME}(?:_\d{{4}}-\d\d-\d\d{_TIME})?[_, ]+)?"
    r"(?:Sentinel-2(?P<unit>[A-D]?)|Landsat[ _](?P<landsat>[1-9](?:-[1-9])?)(?:[ _](?P<instrument>MSS|TM|ETM\+?|OLI[\w-]*?))?)"
    r"(?:[_, ]+(?:L1C|L2A|L1|L2|USGS|ESA|\(USGS[ _]archive\)))+[_, ]+)"
    r"(?P<code>B\d\d?|B8A)(?:[_, ]*\(Raw\))?(?:\.(?:tiff?|png))?$",
    re.IGNORECASE,
)
# 20220102_143712_12_2405_3B_AnalyticMS_SR_8b_clip.tif, 20190109_015005_1020_3B_udm2.tif, 3241621_2017-03-05_RE4_3A_Analytic.tif,
# 20170820_175239_ssc1d1_0017_analytic.tif
_PLANET_FILE = re.compile(
    r"^(?P<scene>(?:(?:\d{7}_)?\d{4}-?\d\d-?\d\d[T_]\d{6}(?:_\w+?)?|\d+_\d{4}-\d\d-\d\d_RE\d)(?:_[13][AB])?)"
    r"_(?:(?P<product>Analytic(?:MS)?(?:_SR)?(?:_8b)?)|(?:Analytic(?:MS)?(?:_SR)?(?:_8b)?_)?(?:DN_)?(?P<mask>udm2?))"
    r"(?:_(?:clip|reproject|harmonized?|harmonize|bandmath|file_format|cog|toar))*\.(?:tiff?|vrt)$",
    re.IGNORECASE,
)
# m_3807708_se_18_1_20130924.tif, m_3610845_ne_12_060_20180504_20190213.tif
_NAIP_FILE = re.compile(r"^(?P<scene>m_\d{7}_[ns][ew]_\d{1,2}_\w{1,3}_\d{8}(?:_\d{8})?)(?:_\w+)?\.(?:tiff?|jp2|sid)$", re.IGNORECASE)

# Words of aerial surveys that spell the order of an image's bands: dop20rgbi_32_…, …_cir_2021.
_ORDER = re.compile(r"(?<![a-z])(rgbi|rgbn|rgbnir|bgrn|nrgb|irrgb|irrg|nrg|cir|irc)(?![a-z])", re.IGNORECASE)
_ORDERS = {
    **dict.fromkeys(("rgbi", "rgbn", "rgbnir"), ("red", "green", "blue", "nir")),
    "bgrn": ("blue", "green", "red", "nir"),
    **dict.fromkeys(("nrgb", "irrgb"), ("nir", "red", "green", "blue")),
    **dict.fromkeys(("irrg", "nrg", "cir", "irc"), ("nir", "red", "green")),
}


@dataclass(frozen=True)
class BandFile:
    """What the name of a file says.

    Attributes:
        sensor: key of `SENSORS`.
        scene: what the names of a scene's files begin with.
        code: of the band, such as B03; of a quality band SCL, QA_PIXEL, PIXEL_QA, BQA, FMASK, UDM2 or UDM; "" if the file holds all bands.
        date: of acquisition, YYYY-MM-DD, or "".
        satellite: such as Landsat 8, or "".
    """

    sensor: str
    scene: str
    code: str
    date: str = ""
    satellite: str = ""


def band_file(path: str) -> BandFile | None:
    """Return what a file's name says of its sensor, scene and band; None for names that aren't known.

    >>> band_file("2018-10-13, Sentinel-2B L1C, B03.tiff")
    BandFile(sensor='sentinel2', scene='2018-10-13, Sentinel-2B L1C, ', code='B03', date='2018-10-13', satellite='Sentinel-2B')
    """
    parts = PurePath(without_query(path).replace("\\", "/")).parts[-2:]
    if not parts:
        return None
    # A browser numbers what is saved again.
    name = re.sub(r" ?\(\d+\)(?=\.\w+$)", "", parts[-1])
    for read in (_export, _landsat, _harmonized, _planet, _naip):
        found = read(name)
        if found is not None:
            return found
    classes = _SEN2COR_CLASSES.match(name)
    if classes:
        return BandFile("sentinel2", f"{classes[1]}MSI{classes[2]}", "SCL", "", f"Sentinel-2{name[2].upper()}")
    # In some archives only the folder names the scene, and the file is named by its code.
    bare = re.match(r"(?:B(?:\d\d|8A)|SCL)[_.]", name, re.IGNORECASE)
    sentinel = _THEIA_FILE.match(name) or _SENTINEL2_FILE.search("_".join(parts) if bare else name)
    if not sentinel:
        return None
    unit = re.search(r"(?:SENTINEL-?2|S2)([A-D])_", sentinel["scene"], re.IGNORECASE)
    satellite = f"Sentinel-2{unit[1].upper()}" if unit else "Sentinel-2"
    return BandFile("sentinel2", sentinel["scene"], two_digits(sentinel["code"].upper()), dated("/".join(parts)), satellite)


def _landsat(name: str) -> BandFile | None:
    found = _LANDSAT_FILE.match(name)
    number = (found["number"] or found["old"]) if found else ""
    sensor = _LANDSATS.get(f"{found['sensor']}{number}".upper()) if found else None
    if found is None or sensor is None:
        return None
    code = f"B{int(found['code']):02d}" if found["code"] else _LANDSAT_QUALITY[found["quality"].upper().replace("_", "")]
    return BandFile(sensor, found["scene"], code, dated(name), f"Landsat {number}")


def _export(name: str) -> BandFile | None:
    found = _EXPORT_FILE.match(name)
    if not found:
        return None
    numbers, instrument = found["landsat"] or "", (found["instrument"] or "").upper()
    if not numbers:
        sensor = "sentinel2"
    elif "MSS" in (instrument, instrument[:3]):
        sensor = "mss_late"
    elif numbers in {"8", "9", "8-9"}:
        sensor = "oli"
    elif numbers == "7" or instrument == "TM":
        sensor = "tm"
    else:
        return None
    satellite = f"Landsat {numbers}" if numbers else f"Sentinel-2{found['unit'].upper()}"
    return BandFile(sensor, found["scene"], two_digits(found["code"].upper()), dated(name), satellite)


def _harmonized(name: str) -> BandFile | None:
    found = _HLS_FILE.match(name)
    if not found:
        return None
    landsat = found["sensor"].upper() == "L"
    satellite = "Landsat (HLS)" if landsat else "Sentinel-2 (HLS)"
    return BandFile("oli" if landsat else "hls_s30", found["scene"], found["code"].upper(), dated(name), satellite)


def _planet(name: str) -> BandFile | None:
    found = _PLANET_FILE.match(name)
    if not found:
        return None
    product = (found["product"] or "").lower()
    if "_re" in found["scene"].lower():
        sensor = "rapideye"
    elif "_ss" in found["scene"].lower():
        sensor = "skysat"
    else:
        sensor = "planetscope8" if "8b" in product else "planetscope4"
    return BandFile(sensor, found["scene"], (found["mask"] or "").upper(), dated(name), SENSORS[sensor].name)


def _naip(name: str) -> BandFile | None:
    found = _NAIP_FILE.match(name)
    return BandFile("naip", found["scene"], "", dated(name), "NAIP") if found else None


def order_in_name(name: str) -> tuple[str, ...]:
    """Return the roles of an image's bands in order, if its name spells them, as rgbi does; () if not, or if it spells two orders."""
    found = {_ORDERS[word.lower()] for word in _ORDER.findall(PurePath(without_query(name).replace("\\", "/")).stem)}
    return found.pop() if len(found) == 1 else ()


def sensor_of(name: str, metadata: Iterable[str]) -> str:
    """Return the sensor of an image; "" if nothing says it, or if several are named.

    Args:
        name: of the image's file.
        metadata: metadata values, searched for the satellite's name.
    """
    name = without_query(name)
    texts = [PurePath(name.replace("\\", "/")).name, *metadata]
    found = {"sentinel2"} if re.search(r"(?:^|[/\\_])(?:S2[A-D]_|T\d{2}[A-Z]{3}_\d{8}T)", name) else set()
    for text in texts:
        if re.search(r"(?<![A-Za-z])sentinel[-_ ]?2[a-d]?(?![A-Za-z\d])|\bS2[A-D]_MSI", text, re.IGNORECASE):
            found.add("sentinel2")
        for letter, number in re.findall(r"(?:^|[/\\_])L([COTEM])0?([1-9])(?=_|\d{13}[A-Z]{3})", text):
            found.add(_LANDSATS.get(letter + number, ""))
        for letter in re.findall(r"(?:^|[/\\_])HLS\.([LS])30\.", text):
            found.add("oli" if letter == "L" else "hls_s30")
        for number in re.findall(r"(?<![A-Za-z])landsat[-_ ]?([1-9])(?![\d-])", text, re.IGNORECASE):
            # Landsat 4 and 5 carried two scanners.
            kinds = {
                kind for kind in ("TM", "MSS") if number in "45" and any(re.search(rf"(?<![A-Za-z]){kind}(?![A-Za-z])", t) for t in texts)
            }
            letter = "C" if number in "89" else "E" if number == "7" else "M" if number in "123" else "T" if kinds == {"TM"} else "M"
            found.add(_LANDSATS[letter + number] if number not in "45" or len(kinds) == 1 else "")
    return found.pop() if len(found) == 1 else ""


def role_of_common_name(name: str) -> str:
    """Return the role of one of STAC's common band names; "" if it has none here."""
    role = _COMMON.get(name.lower(), name.lower())
    return role if role in {*ROLES, *EXTRA_ROLES} else ""


def dated(name: str) -> str:
    """Return the date of acquisition that a name states as YYYY-MM-DD; "" if it states none, or several."""
    day = date_in_name(name)
    return "" if day is None else day.isoformat()


def two_digits(code: str) -> str:
    """Return a band code with two digits: B3 as B03, B8A as it is."""
    return f"B0{code[1]}" if re.fullmatch(r"B\d", code) else code
