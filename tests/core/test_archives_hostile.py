"""Downloads that are damaged, incomplete or made to do harm."""

from __future__ import annotations

import contextlib
import json
import os
import struct
import tarfile
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from downloads import landsat, raster, s2_metadata, sentinel2, stac_item, tarred, zipped
from stacks import read

from ipeo_water_plugin.core.archives import listing
from ipeo_water_plugin.core.archives.stac import read_item
from ipeo_water_plugin.core.archives.stack import write_stack
from ipeo_water_plugin.core.errors import InputError, RasterError, WaterError

HUGE = 10**400
ROLES = ("green", "red", "nir")


def item(folder: Path, fields: dict[str, Any]) -> Path:
    for role in ROLES:
        raster(folder / f"{role}.tif")
    assets = {role: {"href": f"{role}.tif", "type": "image/tiff", "eo:bands": [{"common_name": role}], **fields} for role in ROLES}
    return stac_item(folder, assets, {})


@pytest.mark.parametrize(
    "text",
    [
        '{"type": ["Feature"]}',
        '{"type": {}, "links": 5}',
        '{"type": "Feature", "assets": {}, "links": 5}',
        *(f'{{"type": "FeatureCollection", "features": {features}}}' for features in ("5", '{"a": 1}', "[5]", "[[]]")),
        '{"type": "Catalog", "links": [{"rel": "item", "href": "item.json"}]}',
        '{"type": "Catalog", "links": [{"rel": "item", "href": null}]}',
    ],
)
def test_json_that_is_nearly_a_stac_item(text: str, tmp_path: Path) -> None:
    (tmp_path / "item.json").write_text(text)
    with pytest.raises(WaterError, match=r"item\.json|None can't be read"):
        read(tmp_path / "item.json")


def test_a_catalogue_that_leads_to_itself_is_fetched_no_more_than_twice() -> None:
    asked = []

    def fetch(name: str) -> str:
        asked.append(name)
        return json.dumps({"type": "Catalog", "links": [{"rel": "item", "href": f"{len(asked)}.json"}]})

    with pytest.raises(InputError, match="several images"):
        read_item("https://example.org/0.json", fetch)
    assert len(asked) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"scale": HUGE},
        {"nodata": HUGE},
        {"proj:transform": [HUGE]},
        {"center_wavelength": HUGE},
        {"eo:bands": [{"common_name": "red"}] * 400},
    ],
)
def test_numbers_of_a_stac_item_beyond_all_bounds(fields: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"item\.json isn't a valid STAC item"):
        read(item(tmp_path, fields))


@pytest.mark.parametrize("name", ["", "https://user:hunter2@example.org/x?token=hunter2", "a\n\x01b", "a" * 3_000_000, "\ud800"])
def test_the_name_of_a_stac_item_is_one_that_can_be_shown(name: str, tmp_path: Path) -> None:
    """The name of the layer, which a project keeps, had the password of the item's address."""
    text = item(tmp_path, {}).read_text().replace('"id": "scene"', f'"id": {json.dumps(name)}')
    shown = read_item("https://user:hunter2@example.org/item?token=hunter2", lambda _: text)
    assert shown is not None
    assert 0 < len(shown.name) < 256
    assert "hunter2" not in shown.name
    assert shown.name.isprintable()


@pytest.mark.parametrize("scale", [0, 0.0])
def test_a_scale_of_nothing_is_refused(scale: float, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"green\.tif: its metadata state a scale of 0"):
        write_stack(read(item(tmp_path, {"scale": scale})), tmp_path / "image.vrt")
    assert not (tmp_path / "image.vrt").exists()


def test_a_scale_that_bands_lack_is_not_one(tmp_path: Path) -> None:
    folder = landsat(tmp_path, "LC08", mtl=("txt",))
    (file,) = folder.glob("*_MTL.txt")
    text = file.read_text()
    file.write_text(text.replace("    REFLECTANCE_MULT_BAND_4 = 2.7500E-05\n", ""))
    with pytest.raises(InputError, match=r"state no scale for .*_SR_B4\.TIF, but for other bands"):
        write_stack(read(folder), tmp_path / "image.vrt")
    for lost in ("    REFLECTANCE_ADD_BAND_4 = -0.200000\n", " -0.200000"):
        file.write_text(text.replace(lost, ""))
        with pytest.raises(InputError, match=r"_MTL\.txt: “” is not a number"):
            read(folder)


@pytest.mark.parametrize("band", range(1, 5))
def test_a_coefficient_that_planet_lacks_is_not_the_next_bands(band: int, tmp_path: Path) -> None:
    start = tmp_path / "20220601_100000_12_1234_3B_AnalyticMS"
    raster(Path(f"{start}.tif"), [1, 2, 3, 4])
    numbers = [f"<ps:bandNumber>{n}</ps:bandNumber>" for n in range(1, 5)]
    factors = [f"<ps:reflectanceCoefficient>{n}e-5</ps:reflectanceCoefficient>" if n != band else "" for n in range(1, 5)]
    text = "".join(number + factor for number, factor in zip(numbers, factors))
    Path(f"{start}_metadata.xml").write_text(f"<ps:EarthObservation>{text}</ps:EarthObservation>")
    scales = {source.number: source.scale for source in read(tmp_path).bands}
    assert scales == {n: None if n == band else pytest.approx(n * 1e-5) for n in scales}
    assert len(scales) >= 3


@pytest.mark.parametrize("kind", ["txt", "json", "xml", "safe"])
def test_metadata_that_were_cut_short(kind: str, tmp_path: Path) -> None:
    folder = sentinel2(tmp_path) if kind == "safe" else landsat(tmp_path, "LC08", mtl=(kind,))
    file = folder / "MTD_MSIL2A.xml" if kind == "safe" else next(folder.glob("*_MTL.*"))
    text = file.read_text()
    # All offsets are lost, or some.
    for end in (text.find("<BOA_ADD_OFFSET" if kind == "safe" else "LEVEL1_RADIOMETRIC"), text.rfind("ADD") + 20, len(text) - 40):
        file.write_text(text[:end])
        with pytest.raises(InputError, match=r"is incomplete: its end is missing\. Download the metadata again"):
            read(folder)


@pytest.mark.parametrize("kind", ["txt", "json", "xml"])
def test_metadata_that_were_not_downloaded(kind: str, tmp_path: Path) -> None:
    """A server's page, or nothing, under their name gave an image without scale and offset."""
    (file,) = landsat(tmp_path, "LC08", mtl=(kind,)).glob("*_MTL.*")
    for content in (b"", b"<html><body>Sign in</body></html>", file.read_text().encode("utf-16")):
        file.write_bytes(content)
        with pytest.raises(InputError, match=r"holds no metadata of Landsat: .* Download the metadata again"):
            read(file.parent)


def test_metadata_of_another_date(tmp_path: Path) -> None:
    folder = landsat(tmp_path, "LC08", mtl=("txt",))
    (file,) = folder.glob("*_MTL.txt")
    file.write_text(file.read_text().replace("2022-03-01", "2021-03-14"))
    with pytest.raises(InputError, match=r"_MTL\.txt is of 2021-03-14, but the files beside it are of 2022-03-01"):
        read(folder)


def test_damaged_metadata_in_an_archive(tmp_path: Path) -> None:
    folder, archive = landsat(tmp_path, "LC08", mtl=("txt",)), tmp_path / "scene.zip"
    (file,) = folder.glob("*_MTL.txt")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
        members.write(file, file.name)
        for band in folder.glob("*.TIF"):
            members.write(band, band.name)
    content = archive.read_bytes()
    start = 30 + len(file.name)
    for damaged in (
        content[: start + 200] + bytes([content[start + 200] ^ 0xFF]) + content[start + 201 :],
        content.replace(zlib.crc32(file.read_bytes()).to_bytes(4, "little"), b"none"),
    ):
        archive.unlink()
        archive.write_bytes(damaged)
        with pytest.raises(WaterError, match=r"_MTL\.txt (is damaged|can't be read: )"):
            read(archive)


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 300_000,
        " " * 300_000 + "x",
        "A = x" + " " * 300_000 + "y",
        "<BOA_QUANTIFICATION_VALUE>" + " " * 20_000,
        "<SPACECRAFT_NAME>" + " " * 20_000,
        "<ps:bandNumber>1<" * 20_000,
    ],
)
def test_no_text_takes_time_that_grows_with_its_square(text: str, tmp_path: Path) -> None:
    """These took minutes; here each has a second of the processor's time at the most."""
    folder = landsat(tmp_path, "LC08", mtl=("txt",))
    safe = sentinel2(tmp_path)
    planet = raster(tmp_path / "planet" / "20220601_100000_12_1234_3B_AnalyticMS.tif", [1, 2, 3, 4])
    places = [next(folder.glob("*_MTL.txt")), safe / "MTD_MSIL2A.xml", planet.with_name(f"{planet.stem}_metadata.xml")]
    begun = time.process_time()
    for file, quantification in zip(places, ("", "<BOA_QUANTIFICATION_VALUE>10000<", "")):
        file.write_text(quantification + text)
        with contextlib.suppress(InputError):
            read(file.parent)
    assert time.process_time() - begun < 6


def _members(archive: Path) -> int:
    with zipfile.ZipFile(archive) if archive.suffix == ".zip" else tarfile.open(archive) as members:
        return len(members.namelist() if isinstance(members, zipfile.ZipFile) else members.getnames())


def _zipped_as_a_stream(folder: Path) -> Path:
    """As servers do whose archive may become larger than 4 GB: the usual record holds the largest numbers, one before it the true ones."""
    archive = zipped(folder)
    content = archive.read_bytes()
    end = content.rindex(b"PK\5\6")
    members, size, start = struct.unpack("<HLL", content[end + 10 : end + 20])
    true = struct.pack("<4sQ2H2L4Q4sLQL", b"PK\6\6", 44, 45, 45, 0, 0, members, members, size, start, b"PK\6\7", 0, end, 1)
    archive.write_bytes(content[:end] + true + b"PK\5\6" + bytes(4) + b"\xff" * 12 + bytes(2))
    return archive


@pytest.mark.parametrize("pack", [zipped, tarred, _zipped_as_a_stream])
def test_an_archive_of_far_too_many_files(pack: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = pack(landsat(tmp_path, "LC08"))
    count = _members(archive)
    monkeypatch.setattr(listing, "_MAX_FILES", count)
    read(archive)
    monkeypatch.setattr(listing, "_MAX_FILES", count - 1)
    with pytest.raises(InputError, match=f"holds more than {count - 1} files"):
        read(archive)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_no_pipe_is_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "catalog.json").write_text('{"type": "Catalog", "links": [{"rel": "item", "href": "pipe.json"}]}')
    for name in ("pipe.json", "catalog.json"):
        with pytest.raises(RasterError, match=r"pipe\.json .* is a pipe"):
            read(tmp_path / name)


def test_what_a_scene_of_sentinel_2_says_is_as_before(tmp_path: Path) -> None:
    safe = sentinel2(tmp_path)
    blanks = s2_metadata("2A", -1000, "20220301T101021").replace(">10000<", "> 10000\n<").replace(">Sentinel-2A<", ">\n Sentinel-2A <")
    (safe / "MTD_MSIL2A.xml").write_text(blanks)
    product = read(safe)
    assert {(band.scale, band.offset) for band in product.bands} == {(1e-4, -0.1)}
    assert product.sensor.startswith("Sentinel-2A")
