"""Downloads made small: folders and archives with the names and metadata of the real ones, and rasters of a few pixels."""

from __future__ import annotations

import json
import tarfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from making import gdal_type, spatial_reference
from osgeo import gdal

# Metres of a made scene, of which bands of 10, 20, 30 and 60 m are whole pixels.
SIDE = 240
ORIGIN = (500000.0, 5800000.0)

S2_BANDS = {
    10: ("B02", "B03", "B04", "B08"),
    20: ("B05", "B06", "B07", "B8A", "B11", "B12"),
    60: ("B01", "B09", "B10"),
}


def raster(
    path: Path,
    value: float | Sequence[float] | np.ndarray = 1,
    pixel: float | tuple[float, float] = 30,
    *,
    dtype: type = np.uint16,
    origin: tuple[float, float] = ORIGIN,
    epsg: int | None = 32633,
    nodata: float | None = None,
    scale: float | None = None,
    descriptions: Sequence[str] = (),
    side: float | None = None,
) -> Path:
    """Write a raster of one value a band, or an array (rows, columns); as JPEG 2000 where the name ends so."""
    across, down = pixel if isinstance(pixel, tuple) else (pixel, pixel)
    width, height = round((side or SIDE) / across), round((side or SIDE) / down)
    bands = [value] if isinstance(value, (int, float, np.ndarray)) else list(value)
    arrays = [v.astype(dtype) if isinstance(v, np.ndarray) else np.full((height, width), v, dtype) for v in bands]
    path.parent.mkdir(parents=True, exist_ok=True)
    jp2 = path.suffix.lower() == ".jp2"
    driver = gdal.GetDriverByName("MEM" if jp2 else "GTiff")
    memory = driver.Create("" if jp2 else str(path), width, height, len(arrays), gdal_type(dtype))
    memory.SetGeoTransform([origin[0], across, 0, origin[1], 0, -down])
    if epsg:
        memory.SetSpatialRef(spatial_reference(epsg))
    for number, array in enumerate(arrays, start=1):
        band = memory.GetRasterBand(number)
        band.WriteArray(array)
        if number <= len(descriptions):
            band.SetDescription(descriptions[number - 1])
        if nodata is not None:
            band.SetNoDataValue(nodata)
        if scale is not None:
            band.SetScale(scale)
    if jp2:
        lossless = gdal.GetDriverByName("JP2OpenJPEG")
        # GDAL knows a file by what it holds, whatever it is called.
        writer, options = (lossless, ["QUALITY=100", "REVERSIBLE=YES"]) if lossless else (gdal.GetDriverByName("GTiff"), [])
        writer.CreateCopy(str(path), memory, options=options)
    return path


def sentinel2(
    folder: Path,
    *,
    level: str = "2A",
    baseline: str = "0510",
    offset: int | None = -1000,
    tile: str = "33UUU",
    sensed: str = "20220216T102101",
    satellite: str = "A",
    sen2cor: bool = False,
    name: str = "",
    metadata: bool = True,
) -> Path:
    """Make a SAFE folder of level 1C or 2A.

    Args:
        baseline: of processing.
        offset: of the numbers, as metadata state it from baseline 04.00 on; None = they don't.
        sen2cor: name files as Sen2Cor did until 2018, with L2A_ before them.
    """
    safe = folder / (name or f"S2{satellite}_MSIL{level}_{sensed}_N{baseline}_R065_T{tile}_{sensed[:8]}T200000.SAFE")
    granule = safe / "GRANULE" / f"L{level}_T{tile}_A034000_{sensed[:8]}T102333"
    images = granule / "IMG_DATA"
    start = f"{'L2A_' if sen2cor else ''}T{tile}_{sensed}"
    if level == "1C":
        for size, bands in S2_BANDS.items():
            for band in bands:
                raster(images / f"{start}_{band}.jp2", int(band[1:].replace("8A", "80")) * 100, size)
        raster(images / f"{start}_TCI.jp2", (1, 2, 3), 10, dtype=np.uint8)
    else:
        for size in (10, 20, 60):
            bands = [b for s, every in S2_BANDS.items() for b in every if b != "B10" and (s == size or (s < size and b != "B08"))]
            for band in bands:
                raster(images / f"R{size}m" / f"{start}_{band}_{size}m.jp2", int(band[1:].replace("8A", "80")) * 100 + size, size)
            raster(images / f"R{size}m" / f"{start}_TCI_{size}m.jp2", (1, 2, 3), size, dtype=np.uint8)
            if size > 10:
                classes = np.resize(np.arange(12, dtype=np.uint8), (SIDE // size, SIDE // size))
                raster(images / f"R{size}m" / f"{start}_SCL_{size}m.jp2", classes, size, dtype=np.uint8)
    raster(granule / "QI_DATA" / f"T{tile}_{sensed}_PVI.jp2", (1, 2, 3), 60, dtype=np.uint8)
    raster(granule / "QI_DATA" / "MSK_QUALIT_B03.jp2", 1, 60, dtype=np.uint8)
    raster(granule / "QI_DATA" / "MSK_CLDPRB_20m.jp2", 1, 20, dtype=np.uint8)
    if level == "1C" and offset is None:
        (granule / "QI_DATA" / "MSK_CLOUDS_B00.gml").write_text("<eop:Mask/>")
    else:
        # Opaque clouds, cirrus, snow.
        marks = [np.resize(np.array(mark, np.uint8), (SIDE // 60, SIDE // 60)) for mark in ((0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))]
        raster(granule / "QI_DATA" / "MSK_CLASSI_B00.jp2", marks, 60, dtype=np.uint8)
    (granule / "MTD_TL.xml").write_text("<n1:Level-2A_Tile_ID/>")
    if metadata:
        (safe / f"MTD_MSIL{level}.xml").write_text(s2_metadata(level, offset, sensed, satellite, sen2cor))
    (safe / "INSPIRE.xml").write_text("<x/>")
    return safe


def s2_metadata(level: str, offset: int | None, sensed: str, satellite: str = "A", sen2cor: bool = False) -> str:
    time = f"{sensed[:4]}-{sensed[4:6]}-{sensed[6:8]}T{sensed[9:11]}:{sensed[11:13]}:{sensed[13:]}.024Z"
    kind = "BOA" if level == "2A" else "RADIO"
    values = {
        "1C": '<QUANTIFICATION_VALUE unit="none">10000</QUANTIFICATION_VALUE>',
        "2A": '<QUANTIFICATION_VALUES_LIST><BOA_QUANTIFICATION_VALUE unit="none">10000</BOA_QUANTIFICATION_VALUE>'
        '<AOT_QUANTIFICATION_VALUE unit="none">1000.0</AOT_QUANTIFICATION_VALUE></QUANTIFICATION_VALUES_LIST>',
    }[level]
    if sen2cor:
        values = (
            '<L1C_L2A_Quantification_Values_List><L1C_TOA_QUANTIFICATION_VALUE unit="none">10000</L1C_TOA_QUANTIFICATION_VALUE>'
            '<L2A_BOA_QUANTIFICATION_VALUE unit="none">10000</L2A_BOA_QUANTIFICATION_VALUE></L1C_L2A_Quantification_Values_List>'
        )
    offsets = "".join(f'<{kind}_ADD_OFFSET band_id="{n}">{offset}</{kind}_ADD_OFFSET>' for n in range(13)) if offset is not None else ""
    return (
        f"<?xml version='1.0'?><n1:Level-{level}_User_Product><PRODUCT_START_TIME>{time}</PRODUCT_START_TIME>"
        f'<Datatake datatakeIdentifier="x"><SPACECRAFT_NAME>Sentinel-2{satellite}</SPACECRAFT_NAME>'
        f"<DATATAKE_SENSING_START>{time}</DATATAKE_SENSING_START></Datatake>{values}{offsets}"
        "<Special_Values><SPECIAL_VALUE_TEXT>NODATA</SPECIAL_VALUE_TEXT><SPECIAL_VALUE_INDEX>0</SPECIAL_VALUE_INDEX></Special_Values>"
        "</n1:Level-2A_User_Product>"
    )


LANDSAT = {
    "LC08": ("LANDSAT_8", "OLI_TIRS", range(1, 12)),
    "LC09": ("LANDSAT_9", "OLI_TIRS", range(1, 12)),
    "LE07": ("LANDSAT_7", "ETM", range(1, 9)),
    "LT05": ("LANDSAT_5", "TM", range(1, 8)),
    "LT04": ("LANDSAT_4", "TM", range(1, 8)),
    "LM05": ("LANDSAT_5", "MSS", range(1, 5)),
    "LM02": ("LANDSAT_2", "MSS", range(4, 8)),
}


def landsat(
    folder: Path,
    start: str = "LC09",
    level: str = "L2SP",
    date: str = "20220301",
    mtl: Iterable[str] = ("txt", "json", "xml"),
    lower: bool = False,
) -> Path:
    """Make the folder of a Collection 2 product."""
    satellite, sensor, numbers = LANDSAT[start]
    product = f"{start}_{level}_193024_{date}_20230315_02_T1"
    place = folder / product
    second = level.startswith("L2")
    for number in numbers:
        thermal = number in {10, 11} if start.startswith("LC") else number == 6 and start[1] in "TE"
        if second and (number in {8, 9, 11} if start.startswith("LC") else number == 8):
            continue
        kind = ("ST_" if thermal else "SR_") if second else ""
        for suffix in ("_VCID_1", "_VCID_2") if thermal and start == "LE07" and not second else ("",):
            pixel = 15 if number == 8 else 60 if sensor == "MSS" else 30
            # Centres of panchromatic pixels lie on those of the others.
            shift = 7.5 if number == 8 else 0
            name = f"{product}_{kind}B{number}{suffix}.TIF"
            raster(place / name, number * 1000, pixel, nodata=0, origin=(ORIGIN[0] + shift, ORIGIN[1] - shift))
    size = 60 if sensor == "MSS" else 30
    quality = np.resize(np.array([1, 21824, 22280, 23888, 21952, 30048, 54596, 22018], np.uint16), (SIDE // size, SIDE // size))
    raster(place / f"{product}_QA_PIXEL.TIF", quality, size, nodata=1)
    raster(place / f"{product}_QA_RADSAT.TIF", 0, size)
    groups = {
        "PRODUCT_CONTENTS": {"LANDSAT_PRODUCT_ID": product, "PROCESSING_LEVEL": level, "COLLECTION_NUMBER": "02"},
        "IMAGE_ATTRIBUTES": {
            "SPACECRAFT_ID": satellite,
            "SENSOR_ID": sensor,
            "DATE_ACQUIRED": f"{date[:4]}-{date[4:6]}-{date[6:]}",
            "SCENE_CENTER_TIME": "10:02:33.1234567Z",
        },
        **({"LEVEL2_SURFACE_REFLECTANCE_PARAMETERS": _rescaling(numbers, 2.75e-05, -0.2)} if second else {}),
        "LEVEL1_RADIOMETRIC_RESCALING": _rescaling(numbers, 2e-05, -0.1),
    }
    for kind in mtl:
        (place / f"{product}_MTL.{kind}").write_text(_mtl(groups, kind))
    (place / f"{product}_ANG.txt").write_text("GROUP = FILE_HEADER\nEND_GROUP = FILE_HEADER\n")
    if lower:
        for file in list(place.iterdir()):
            file.rename(file.with_name(file.name.lower()))
    return place


def _rescaling(numbers: Iterable[int], scale: float, offset: float) -> dict[str, str]:
    pairs = {f"REFLECTANCE_MULT_BAND_{n}": f"{scale:.4E}" for n in numbers}
    pairs |= {f"REFLECTANCE_ADD_BAND_{n}": f"{offset:.6f}" for n in numbers}
    return {"RADIANCE_MULT_BAND_1": "1.2345E-02", **pairs}


def _mtl(groups: Mapping[str, Mapping[str, str]], kind: str) -> str:
    if kind == "json":
        return json.dumps({"LANDSAT_METADATA_FILE": groups})
    if kind == "xml":
        inner = "".join(f"  <{g}>\n" + "".join(f"    <{k}>{v}</{k}>\n" for k, v in e.items()) + f"  </{g}>\n" for g, e in groups.items())
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<LANDSAT_METADATA_FILE>\n{inner}</LANDSAT_METADATA_FILE>\n'
    lines = ["GROUP = LANDSAT_METADATA_FILE"]
    for group, entries in groups.items():
        quoted = {k: v if v[0].isdigit() or v[0] == "-" else f'"{v}"' for k, v in entries.items()}
        lines += [f"  GROUP = {group}", *(f"    {k} = {v}" for k, v in quoted.items()), f"  END_GROUP = {group}"]
    return "\n".join([*lines, "END_GROUP = LANDSAT_METADATA_FILE", "END", ""])


def zipped(folder: Path, name: str = "", inside: bool = True) -> Path:
    """Pack a folder, with its own name inside or without."""
    target = folder.parent / (name or f"{folder.name}.zip")
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder.parent if inside else folder))
    return target


def tarred(folder: Path, suffix: str = ".tar") -> Path:
    target = folder.parent / f"{folder.name}{suffix}"
    with tarfile.open(target, "w:gz" if suffix.endswith("gz") else "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.add(file, file.name)
    return target


def stac_item(folder: Path, assets: Mapping[str, Any], properties: Mapping[str, Any], name: str = "item.json", **more: Any) -> Path:
    item = {"type": "Feature", "stac_version": "1.0.0", "id": "scene", "properties": dict(properties), "assets": dict(assets), **more}
    path = folder / name
    path.write_text(json.dumps(item))
    return path
