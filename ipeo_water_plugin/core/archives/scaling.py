"""Scale, offset, NoData, satellite and time of a scene, from the metadata beside its bands.

Sources: ESA, Sentinel-2 Products Specification (quantification value, and from processing baseline 04.00 on an offset); USGS, Landsat 8-9
Data Format Control Book and Landsat Collection 2 Level-2 Science Product Guide; NASA, HLS Product User Guide 2.0; Planet, PlanetScope
Product Specification (reflectance coefficients).
"""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from ..errors import InputError
from ..metadata.dates import date_from_text
from ..metadata.sensors import BandFile
from ..translation import tr
from .listing import base, file_stem, folder_of, product_root, read_text
from .product import file_name

Scaling = tuple[float, float]

# Sentinel-2's metadata number the bands in the order of their wavelengths.
_BAND_IDS = [*(f"B{n:02d}" for n in range(1, 9)), "B8A", *(f"B{n:02d}" for n in range(9, 13))]
_PRODUCT_METADATA = re.compile(r"(?:MTD_MSI|.*_MTD_SAF)L(?:1C|2A).*\.xml$", re.IGNORECASE)
_QUANTIFICATION = (
    re.compile(r"<(?:L2A_)?BOA_QUANTIFICATION_VALUE\b[^<>]*>([^<]*)<"),
    re.compile(r"<(?:L1C_TOA_)?QUANTIFICATION_VALUE\b[^<>]*>([^<]*)<"),
)
_OFFSETS = re.compile(r"<(?:BOA|RADIO)_ADD_OFFSET\s+band_id=[\"'](\d{1,2})[\"']\s*>([^<]*)<")
_SATELLITE = re.compile(r"<SPACECRAFT_NAME>([^<]+)<")
_SENSED = (re.compile(r"<DATATAKE_SENSING_START>([^<]+)<"), re.compile(r"<PRODUCT_START_TIME>([^<]+)<"))

# Of all products of Landsat Collection 2 level 2, and of Collection 1 level 2.
LANDSAT_LEVEL_2 = (2.75e-5, -0.2)
PERCENT_OF_PERCENT = (1e-4, 0.0)
_PLANET_BAND = re.compile(r"<ps:bandNumber>\s*(\d{1,2})\s*<(?:(?!<ps:bandNumber>).)*?<ps:reflectanceCoefficient>([^<]*)<", re.DOTALL)
# A group or value of Landsat's metadata.
_XML_LINE = re.compile(r"<(\w+)>(?:\s*([^<\s][^<]*)</\1>)?")
# The element that holds all of a metadata file: of Sentinel-2's, and of Landsat's.
_ROOT = re.compile(r"<[\w:.-]*(_User_Product|_METADATA_FILE)\b")
_TEXT_LINE = re.compile(r"^[^\S\n]*(\w+)[^\S\n]*=([^\n]*)$", re.MULTILINE)


@dataclass(frozen=True)
class SceneMetadata:
    """What the metadata of a scene say.

    Attributes:
        scaling: scale and offset by band code; "" = of every other band.
        nodata: of all bands; None = what each file declares.
        satellite, acquired: as in `Product`.
        read: metadata files.
        notes: for the log.
    """

    scaling: dict[str, Scaling] = field(default_factory=dict)
    nodata: float | None = None
    satellite: str = ""
    acquired: str = ""
    read: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def of(self, code: str) -> tuple[float | None, float | None]:
        """Return scale and offset of a band; None and None if nothing states them."""
        return self.scaling.get(code) or self.scaling.get("") or (None, None)


def metadata_of(scene: BandFile, file: str, names: Sequence[str]) -> SceneMetadata:
    """Return the metadata of a scene.

    Args:
        scene: what the name of one of its files says.
        file: that file.
        names: all files of the download.

    Raises:
        InputError: a metadata file can't be read.
    """
    own = SceneMetadata(satellite=scene.satellite, acquired=scene.date)
    if scene.sensor == "sentinel2":
        return _sentinel2(own, file, names)
    if scene.satellite.endswith("(HLS)"):
        return replace(own, scaling={"": PERCENT_OF_PERCENT}, nodata=-9999.0)
    if scene.sensor in {"oli", "tm", "mss", "mss_late"}:
        return _landsat(own, scene, file, names)
    if scene.sensor.startswith("planet"):
        return _planet(own, scene, file, names)
    return own


def _sentinel2(own: SceneMetadata, file: str, names: Sequence[str]) -> SceneMetadata:
    root = product_root(file)
    found = [name for name in names if name.rpartition("/")[0] == root and _PRODUCT_METADATA.match(base(name))]
    if not found:
        if root == folder_of(file) or "/GRANULE/" not in file:
            return own
        note = tr("{folder} lacks its metadata (MTD_MSIL….xml), so neither scale nor offset is declared.").format(folder=file_name(root))
        return replace(own, nodata=0.0, notes=(note,))
    text = read_text(found[0])
    quantification = next((_number(match[1], found[0]) for pattern in _QUANTIFICATION if (match := pattern.search(text))), 0.0)
    if not quantification:
        msg = tr("{file} states no quantification value: it may be incomplete. Download the product again.")
        raise InputError(msg.format(file=file_name(found[0])))
    _check_end(text, found[0])
    offsets = {_BAND_IDS[int(number)]: _number(value, found[0]) for number, value in _OFFSETS.findall(text) if int(number) < len(_BAND_IDS)}
    # Without an offset in the metadata there is none; with some, one that is missing isn't 0. Level 2A has no band 10.
    if offsets and (missing := [code for code in _BAND_IDS if code not in offsets and code != "B10"]):
        msg = tr("{file} states no offset for {bands}, but for other bands: it may be incomplete. Download the product again.")
        raise InputError(msg.format(file=file_name(found[0]), bands=", ".join(missing)))
    scaling = {code: (1 / quantification, offsets.get(code, 0.0) / quantification) for code in _BAND_IDS}
    satellite = _SATELLITE.search(text)
    sensed = next((match[1].strip() for pattern in _SENSED if (match := pattern.search(text))), own.acquired)
    return replace(
        own, scaling=scaling, nodata=0.0, satellite=satellite[1].strip() if satellite else own.satellite, acquired=sensed, read=(found[0],)
    )


def _landsat(own: SceneMetadata, scene: BandFile, file: str, names: Sequence[str]) -> SceneMetadata:
    folder, start = folder_of(file), f"{scene.scene}_MTL.".casefold()
    near = {base(name).casefold(): name for name in names if folder_of(name) == folder}
    beside = {name[len(start) :]: near[name] for name in near if name.startswith(start)}
    found = next((beside[suffix] for suffix in ("txt", "json", "xml") if suffix in beside), None)
    level_2 = re.search(r"_L2S[PR]_", scene.scene, re.IGNORECASE)
    if found is None:
        name = base(file)
        if re.search(r"_sr_?band\d", name, re.IGNORECASE) or re.search(r"_C01_.*_SRB\d", name, re.IGNORECASE):
            return replace(own, scaling={"": PERCENT_OF_PERCENT}, nodata=-9999.0)
        if level_2 or re.search(r"_02_SR_B\d", name, re.IGNORECASE):
            # These numbers are the same in all scenes.
            return replace(own, scaling={"": LANDSAT_LEVEL_2}, nodata=0.0)
        if "," in scene.scene or "(raw)" in name.casefold():
            return own
        note = tr("{scene} has no metadata (…_MTL.txt) beside it, so neither scale nor offset is declared.").format(scene=scene.scene)
        return replace(own, nodata=0.0, notes=(note,))
    text = read_text(found)
    _check_end(text, found)
    groups = mtl_groups(text)
    values = groups.get("LEVEL2_SURFACE_REFLECTANCE_PARAMETERS" if level_2 else "LEVEL1_RADIOMETRIC_RESCALING", {})
    # Before Collection 2 the same group had another name.
    values = values or groups.get("RADIOMETRIC_RESCALING", {})
    scaling = {}
    for key, value in values.items():
        band = re.fullmatch(r"REFLECTANCE_MULT_BAND_(\d{1,2})", key)
        if band is not None:
            scaling[f"B{int(band[1]):02d}"] = (_number(value, found), _number(values.get(f"REFLECTANCE_ADD_BAND_{band[1]}", ""), found))
    every = {key: value for group in groups.values() for key, value in group.items()}
    if "SPACECRAFT_ID" not in every:
        msg = tr("{file} holds no metadata of Landsat: it may be empty, or an error page. Download the metadata again.")
        raise InputError(msg.format(file=file_name(found)))
    date, time = every.get("DATE_ACQUIRED", own.acquired), every.get("SCENE_CENTER_TIME", "")
    if own.acquired and date != own.acquired and date_from_text(date):
        msg = tr("{file} is of {date}, but the files beside it are of {other}: download them again.")
        raise InputError(msg.format(file=file_name(found), date=date, other=own.acquired))
    notes = () if scaling else (tr("{file} states no reflectance, so neither scale nor offset is declared.").format(file=file_name(found)),)
    return replace(
        own,
        scaling=scaling,
        nodata=0.0,
        satellite=every["SPACECRAFT_ID"].replace("_", " ").title(),
        acquired=f"{date}T{time}" if date and time else date,
        read=(found,),
        notes=notes,
    )


def mtl_groups(text: str) -> dict[str, dict[str, str]]:
    """Return the groups of Landsat's metadata, written as text, JSON or XML."""
    if text.lstrip().startswith("{"):
        try:
            return dict(_json_groups(json.loads(text)))
        except (ValueError, RecursionError):
            return {}
    groups: dict[str, dict[str, str]] = {}
    name = ""
    xml = text.lstrip().startswith("<")
    for key, written in (_XML_LINE if xml else _TEXT_LINE).findall(text):
        value = written.strip().strip('"').strip()
        if key == "GROUP" or (xml and not value):
            name = value or key
        elif key != "END_GROUP":
            groups.setdefault(name, {})[key] = value
    return groups


def _json_groups(tree: object, name: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    if isinstance(tree, dict):
        yield name, {key: str(value) for key, value in tree.items() if not isinstance(value, dict)}
        for key, value in tree.items():
            yield from _json_groups(value, key)


def _planet(own: SceneMetadata, scene: BandFile, file: str, names: Sequence[str]) -> SceneMetadata:
    if re.search(r"_SR(?:_|\.)", base(file), re.IGNORECASE):
        return replace(own, scaling={"": PERCENT_OF_PERCENT}, nodata=0.0)
    start = f"{scene.scene}_".casefold()
    for name in names:
        lower = base(name).casefold()
        if folder_of(name) == folder_of(file) and lower.startswith(start) and lower.endswith(".xml") and "metadata" in lower:
            found = {f"B{int(n):02d}": (_number(value, name), 0.0) for n, value in _PLANET_BAND.findall(read_text(name))}
            if found:
                return replace(own, scaling=found, nodata=0.0, read=(name,))
    note = tr("{file} has no metadata with reflectance coefficients beside it, so no scale is declared.").format(file=file_stem(file))
    return replace(own, nodata=0.0, notes=(note,))


def _check_end(text: str, file: str) -> None:
    """Check that a metadata file wasn't cut short, which may have taken an offset."""
    start, end = text.lstrip(), text.rstrip()
    if start.startswith("<"):
        root = _ROOT.search(start)
        whole = root is None or end.endswith(f"{root[1]}>")
    elif start.startswith("{"):
        whole = start.count("{") == start.count("}")
    else:
        keys = [key for key, _ in _TEXT_LINE.findall(text)]
        whole = keys.count("GROUP") == keys.count("END_GROUP")
    if not whole:
        msg = tr("{file} is incomplete: its end is missing. Download the metadata again.").format(file=file_name(file))
        raise InputError(msg)


def _number(text: str, file: str) -> float:
    with contextlib.suppress(ValueError):
        if math.isfinite(value := float(text)):
            return value
    msg = tr("{file}: “{text}” is not a number. Download the metadata again.").format(file=file_name(file), text=text.strip()[:60])
    raise InputError(msg)
