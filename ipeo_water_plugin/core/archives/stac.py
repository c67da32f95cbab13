"""Items of STAC, the SpatioTemporal Asset Catalog: which assets hold the bands, and what their numbers mean.

Sources: the STAC specification 1.0 and 1.1 and its extensions eo, raster and projection; of catalogues, Earth Search's note on the offset
of Sentinel-2, and the baseline that Microsoft's Planetary Computer states.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from ..bands import ROLES
from ..errors import InputError, WaterError
from ..metadata.sensors import EXTRA_ROLES, SENSORS, role_of_common_name, sensor_of, two_digits
from ..raster.raster_file import RasterFile
from ..system.redaction import display_name, redacted
from ..translation import tr
from .listing import read_text
from .product import Product, QualityBand, SourceBand, listed
from .scaling import LANDSAT_LEVEL_2, PERCENT_OF_PERCENT

Json = dict[str, Any]

# Assets that are pictures of others.
_PICTURES = {"visual", "overview", "thumbnail", "preview", "rendered_preview", "tci", "true-color"}
_QUALITY = {"scl": "SCL", "qa_pixel": "QA_PIXEL", "fmask": "FMASK", "udm2": "UDM2", "ortho_udm2": "UDM2"}
_RASTER = re.compile(r"\.(?:tiff?|jp2|img)$", re.IGNORECASE)
_REMOTE = {"http": "/vsicurl/", "https": "/vsicurl/", "s3": "/vsis3/", "gs": "/vsigs/"}
_CODE = re.compile(r"(?:^|_)B(\d{1,2}|8A)(?:_\d+m)?$", re.IGNORECASE)
_SIZE_IN_KEY = re.compile(r"_(\d+)m$")
# More bands than any sensor has.
_MAX_BANDS = 1000
# From this processing baseline on, Sentinel-2's numbers have an offset.
_OFFSET_SINCE = 4.0


def address(name: str) -> str:
    """Return the GDAL name of a URL; any other name as it is."""
    scheme, separator, rest = name.partition("://")
    if not separator or scheme.lower() not in {*_REMOTE, "file"}:
        return name
    if scheme.lower() == "file":
        return unquote(urlsplit(name).path)
    return _REMOTE[scheme.lower()] + (name if scheme.lower().startswith("http") else rest)


def read_local(name: str) -> str:
    """Return the content of a file, or of a URL as far as GDAL can fetch it."""
    return read_text(address(name))


def read_item(name: str, fetch: Callable[[str], str] = read_local, follow: bool = True) -> Product | None:
    """Return the product that a STAC item describes; None if the file is another kind of JSON.

    Args:
        name: path or URL.
        fetch: returns the text of a path or URL.
        follow: whether a catalogue of one item stands for that item.

    Raises:
        InputError: it can't be read, or describes no single image.
        RasterError: it is a pipe or device.
    """
    text = fetch(name)
    try:
        item = json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = tr("{file} can't be read as JSON: {reason}.").format(file=redacted(name), reason=error)
        raise InputError(msg) from error
    if not isinstance(item, dict):
        return None
    try:
        if item.get("type") == "FeatureCollection" and len(item.get("features") or ()) == 1:
            item = item["features"][0]
        kind = str(item.get("type"))
        links = [link.get("href") for link in item.get("links") or () if isinstance(link, dict) and link.get("rel") == "item"]
        if follow and kind in {"Catalog", "Collection"} and len(links) == 1 and not item.get("assets"):
            # An order of one scene, as Planet delivers it.
            return read_item(urljoin(name, str(links[0])) if "://" in name else _place(name, str(links[0])), fetch, follow=False)
        if kind in {"FeatureCollection", "Catalog", "Collection"}:
            msg = tr("{file} describes several images ({kind}): choose the JSON of one item.").format(file=redacted(name), kind=kind)
            raise InputError(msg)
        if kind != "Feature" or not isinstance(item.get("assets"), dict):
            return None
        return _product(name, item)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        msg = tr("{file} isn't a valid STAC item: {reason}.").format(file=redacted(name), reason=error)
        raise InputError(msg) from error


def _product(name: str, item: Json) -> Product:
    properties: Json = item.get("properties") or {}
    identity = [str(item.get("id", "")), str(item.get("collection", ""))]
    satellite = str(properties.get("platform") or properties.get("constellation") or "")
    instruments = [str(text).upper() for text in properties.get("instruments") or ()]
    harmonized = re.search(r"HLS[._]?([LS])30", " ".join(identity), re.IGNORECASE)
    sensor = sensor_of("", [satellite, *instruments])
    if harmonized:
        sensor = "oli" if harmonized[1] in "lL" else "hls_s30"
    assets = {key: asset for key, asset in item["assets"].items() if _is_data(key, asset, item["assets"])}
    applied = any(properties.get(key) is True for key in ("earthsearch:boa_offset_applied", "sentinel:boa_offset_applied"))
    default: tuple[float | None, float | None] = (None, None)
    if harmonized:
        default = PERCENT_OF_PERCENT
    elif sensor == "sentinel2":
        default = _by_baseline(properties)
    elif re.search(r"(?:^|_)L2S[PR](?:_|$)", f"{identity[0]}_{properties.get('landsat:correction', '')}"):
        default = LANDSAT_LEVEL_2
    bands: list[SourceBand] = []
    for key, asset in assets.items():
        file = RasterFile(_place(name, asset["href"]))
        for number, fields in enumerate(_bands(asset), start=1):
            role = _role(key, fields, sensor)
            if len(bands) > _MAX_BANDS:
                raise ValueError(tr("it has more than {count} bands").format(count=_MAX_BANDS))
            if role:
                scale, offset = (_first(fields, *keys) for keys in (("raster:scale", "scale"), ("raster:offset", "offset")))
                scale, offset = (scale, offset) if scale is not None else default
                offset = 0.0 if applied and scale is not None else offset
                length = _first(fields, "eo:center_wavelength", "center_wavelength")
                wavelength, nodata, size = None if length is None else length * 1e3, _first(fields, "nodata"), _size(key, fields)
                bands.append(SourceBand(file, role, number, wavelength, scale, offset, nodata, size))
    masks = sorted((_size(key, asset) or 0.0, key, kind) for key, asset in item["assets"].items() if (kind := _kind(key, asset)))
    quality = QualityBand(_place(name, item["assets"][masks[0][1]]["href"]), masks[0][2]) if masks else None
    _refuse_shared(name, item)
    notes = [tr("The offset is applied to the pixel values already, says the item, so none is declared.")] if applied else []
    if not any(band.scale for band in bands):
        notes.append(tr("The item states no scale: what the files themselves declare counts."))
    return Product(
        # It becomes the name of a layer, which a project keeps.
        name=display_name(identity[0] or name),
        bands=tuple(bands),
        sensor=" ".join([satellite, *instruments]).strip(),
        acquired=str(properties.get("datetime") or properties.get("start_datetime") or ""),
        quality=quality,
        read=(address(name),),
        notes=tuple(notes),
    )


def _refuse_shared(name: str, item: Json) -> None:
    """Refuse files beside an item that another item beside it means as well: catalogues give the bands of all scenes the same names."""
    folder = os.path.dirname(os.path.abspath(name))
    mine = {file: place for file, place in _addresses(item) if os.path.isfile(os.path.join(folder, file))}
    for other in sorted(os.listdir(folder) if mine and "://" not in name else ()):
        shared: list[str] = []
        if other.lower().endswith("json"):
            with contextlib.suppress(WaterError, AttributeError, TypeError, ValueError, RecursionError):
                second = json.loads(read_text(os.path.join(folder, other)))
                shared = [
                    file for file, place in _addresses(second) if mine.get(file, place) != place and second.get("id") != item.get("id")
                ]
        if shared:
            msg = tr("{files} may be of {item} or of {other}, which give their files the same names: put each into a folder of its own.")
            raise InputError(msg.format(files=listed(shared), item=os.path.basename(name), other=other))


def _addresses(item: Json) -> list[tuple[str, str]]:
    """Return the file names of an item's assets on servers, and where these are, without signatures."""
    hrefs = [str(asset.get("href", "")) for asset in (item.get("assets") or {}).values()]
    return [(path.rpartition("/")[2], path) for href in hrefs if "://" in href and (path := urlsplit(href).path)]


def _is_data(key: str, asset: Json, assets: Json) -> bool:
    """Return whether an asset is a raster of values, and not a picture, or a copy of another in another format."""
    kind, path = str(asset.get("type", "")), urlsplit(str(asset.get("href", ""))).path
    roles = {str(role).lower() for role in asset.get("roles") or ()}
    picture = _SIZE_IN_KEY.sub("", key.lower()) in _PICTURES or roles & {"visual", "overview", "thumbnail"}
    copy = key.endswith("-jp2") and key[:-4] in assets
    return not picture and not copy and (bool(_RASTER.search(path)) or kind.startswith(("image/tiff", "image/jp2")))


def _bands(asset: Json) -> Iterator[Json]:
    """Yield what is said of each band of an asset, in STAC 1.0's three lists or in 1.1's one."""
    lists = [asset[key] for key in ("eo:bands", "raster:bands", "bands") if asset.get(key)]
    own = {key: value for key, value in asset.items() if not isinstance(value, (dict, list)) or key == "proj:transform"}
    for number in range(max(map(len, lists), default=1)):
        merged = dict(own)
        for entries in lists:
            merged.update(entries[number] if number < len(entries) else {})
        yield merged


def _role(key: str, fields: Json, sensor: str) -> str:
    """Return the role of a band: by its code on a known sensor, its name, its common name."""
    names = [str(fields.get("name", "")), key]
    for code in [match[1].upper() for text in names if sensor and (match := _CODE.search(text))]:
        return SENSORS[sensor].role(f"B{code:0>2}" if code.isdigit() else two_digits(f"B{code}"))
    for text in names:
        if text.lower() in EXTRA_ROLES or text.lower() in ROLES:
            return text.lower()
    return role_of_common_name(str(fields.get("eo:common_name") or fields.get("common_name") or ""))


def _kind(key: str, asset: Json) -> str:
    """Return the kind of a quality band; Planet's keys are names of files."""
    return _QUALITY.get(_SIZE_IN_KEY.sub("", str(asset.get("pl:asset_type", key)).lower()), "")


def _size(key: str, fields: Json) -> float | None:
    """Return the pixel size of an asset, where it is stated; gsd may be the sensor's."""
    named, transform = _SIZE_IN_KEY.search(key), fields.get("proj:transform")
    if named:
        return float(named[1])
    size = _first(fields, "raster:spatial_resolution", "spatial_resolution")
    return size if size is not None or not transform else abs(float(transform[0]))


def _by_baseline(properties: Json) -> tuple[float | None, float | None]:
    """Return Sentinel-2's scale and offset, which depend on the processing baseline."""
    stated = (properties.get(key) for key in ("s2:processing_baseline", "sentinel:processing_baseline", "processing:version"))
    baseline = re.match(r"\d+(?:\.\d+)?$", next((str(text) for text in stated if text), ""))
    if not baseline:
        return None, None
    return 1e-4, -0.1 if float(baseline[0]) >= _OFFSET_SINCE else 0.0


def _first(fields: Json, *keys: str) -> float | None:
    """Return the first number that stands under one of the keys."""
    for key in keys:
        value = fields.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    return None


def _place(item: str, href: str) -> str:
    """Return the GDAL name of an asset: of the file beside the item that was downloaded with it, if there is one."""
    beside = os.path.join(os.path.dirname(os.path.abspath(item)), urlsplit(href).path.rpartition("/")[2])
    if "://" in href and "://" not in item and os.path.isfile(beside):
        return beside.replace("\\", "/")
    if "://" in href or href.startswith("/vsi"):
        return address(href)
    if "://" in item:
        return address(urljoin(item, href))
    return os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(item)), href)).replace("\\", "/")
