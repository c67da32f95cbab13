"""No output may overwrite an input or another output, however their names are spelled."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from osgeo import gdal, ogr

from ipeo_water_plugin.core.errors import InputError
from ipeo_water_plugin.core.raster import collisions
from ipeo_water_plugin.core.raster.collisions import files_behind, refuse_collisions


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image.tif"
    gdal.GetDriverByName("GTiff").Create(str(path), 4, 3, 1)
    return path


def virtual(path: Path, *sources: Path | str, relative: bool = True) -> Path:
    names = [os.path.relpath(source, path.parent) if relative else str(source) for source in sources]
    parts = "".join(
        f'<SimpleSource><SourceFilename relativeToVRT="{int(relative)}">{name}</SourceFilename><SourceBand>1</SourceBand></SimpleSource>'
        for name in names
    )
    path.write_text(
        f'<VRTDataset rasterXSize="4" rasterYSize="3"><VRTRasterBand dataType="Byte" band="1">{parts}</VRTRasterBand></VRTDataset>'
    )
    return path


def table(path: Path, driver: str) -> Path:
    source = ogr.GetDriverByName(driver).CreateDataSource(str(path))
    layer = source.CreateLayer("areas", None, ogr.wkbPoint)
    layer.CreateField(ogr.FieldDefn("class", ogr.OFTInteger))
    return path


def linked(how: Callable[[Path, Path], None]) -> Callable[[Path], Path]:
    def make(image: Path) -> Path:
        other = image.with_name("other.tif")
        how(other, image)
        return other

    return make


# What is written, made of an image; what is read is that image.
SPELLINGS = {
    "itself": lambda image: image,
    "through a folder and back": lambda image: image.parent / "below" / ".." / image.name,
    "relative": lambda image: Path(os.path.relpath(image)),
    "a symbolic link": linked(lambda other, image: other.symlink_to(image)),
    "a hard link": linked(lambda other, image: other.hardlink_to(image) if hasattr(other, "hardlink_to") else os.link(image, other)),
    "a folder's link": linked(lambda other, image: other.symlink_to(image.parent)),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_output_that_is_the_input(spelling: str, image: Path) -> None:
    (image.parent / "below").mkdir()
    output = SPELLINGS[spelling](image)
    output = output / image.name if output.is_dir() else output
    with pytest.raises(InputError, match=r"is the input itself|is read as part"):
        refuse_collisions([output], [str(image)])
    refuse_collisions([image.with_name("new.tif")], [str(image)])


# What is read, made of an image; what is written is that image.
def nested(image: Path) -> str:
    deeper = image.parent / "deeper"
    deeper.mkdir()
    return str(virtual(image.with_name("outer.vrt"), virtual(deeper / "inner.vrt", image), relative=False))


def link_to_virtual(image: Path) -> str:
    elsewhere = image.parent / "elsewhere"
    elsewhere.mkdir()
    link = elsewhere / "link.vrt"
    link.symlink_to(virtual(image.with_name("outer.vrt"), image))
    return str(link)


def escaped(image: Path) -> str:
    source = f"<SourceFilename>{str(image).replace('i', '&#105;')}</SourceFilename>"
    return f"<VRTDataset><VRTRasterBand><SimpleSource>{source}</SimpleSource></VRTRasterBand></VRTDataset>"


def in_memory(image: Path) -> str:
    """As scripts often stack bands."""
    gdal.Translate("/vsimem/collisions/inner.vrt", str(image), format="VRT").FlushCache()
    gdal.FileFromMemBuffer("/vsimem/collisions/outer.vrt", '<VRTDataset><SourceFilename relativeToVRT="1">inner.vrt</SourceFilename>')
    return "/vsimem/collisions/outer.vrt"


def in_an_archive(image: Path) -> str:
    with zipfile.ZipFile(image.with_name("a.zip"), "w", zipfile.ZIP_DEFLATED) as file:
        file.write(virtual(image.with_name("v.vrt"), image, relative=False), "v.vrt")
    return f"/vsizip/{image.with_name('a.zip')}/v.vrt"


BEHIND = {
    "a virtual raster": lambda image: str(virtual(image.with_name("v.vrt"), image)),
    "a virtual raster with a full path": lambda image: str(virtual(image.with_name("v.vrt"), image, relative=False)),
    "nested virtual rasters": nested,
    "a link to a virtual raster": link_to_virtual,
    "a virtual raster as text": escaped,
    "a virtual raster of a subdataset": lambda image: str(virtual(image.with_name("v.vrt"), f"GTIFF_DIR:1:{image}", relative=False)),
    "a virtual raster in memory": in_memory,
    "a part of a virtual raster in memory": lambda image: f"vrt://{in_memory(image)}?bands=1",
    "a virtual raster in an archive": in_an_archive,
    "vrt://": lambda image: f"vrt://{image}?bands=1",
    "GTIFF_DIR": lambda image: f"GTIFF_DIR:1:{image}",
    "in quotes": lambda image: f'NETCDF:"{image}":water',
    "with a layer": lambda image: f"{image}|layername=areas|subset=a = 'b'",
    "with QGIS' options": lambda image: f"{image}|option:NUM_THREADS=2",
    "as a URL": lambda image: f"{image.as_uri()}?delimiter=;",
    "as a database": lambda image: f"dbname='{image}' table=\"t\" (geom)",
    "in subfile": lambda image: f"/vsisubfile/0_100,{image}",
    "sparse": lambda image: f"/vsisparse/{image}",
    "its mask": lambda image: str(write_mask(image)),
    "a folder": lambda image: str(image.parent),
}


def write_mask(image: Path) -> Path:
    mask = image.with_name(f"{image.name}.msk")
    mask.write_bytes(image.read_bytes())
    return mask


@pytest.mark.parametrize("how", BEHIND)
def test_an_output_that_is_behind_the_input(how: str, image: Path) -> None:
    name = BEHIND[how](image)
    with pytest.raises(InputError, match="choose another"):
        refuse_collisions([image], [name])
    if how != "a folder":
        refuse_collisions([write_other(image)], [name])


def write_other(image: Path) -> Path:
    other = image.with_name("another.tif")
    other.write_bytes(image.read_bytes())
    return other


def test_what_gdal_lists_counts(tmp_path: Path) -> None:
    """A shapefile consists of several files, and an ENVI image of two."""
    shape = table(tmp_path / "areas.shp", "ESRI Shapefile")
    for output, name in (("areas.shp", "areas.dbf"), ("areas.dbf", "areas.shp"), ("areas.shx", "areas.shp")):
        with pytest.raises(InputError, match=output):
            refuse_collisions([tmp_path / output], [str(tmp_path / name)])
    refuse_collisions([shape.with_suffix(".tif")], [str(shape)])
    gdal.GetDriverByName("ENVI").Create(str(tmp_path / "e.tif"), 2, 2, 1)
    assert {Path(file).name for file in files_behind(str(tmp_path / "e.tif"))} == {"e.tif"}
    gdal.GetDriverByName("ENVI").Create(str(tmp_path / "e.img"), 2, 2, 1)
    assert {Path(file).name for file in files_behind(str(tmp_path / "e.img"))} == {"e.img", "e.hdr"}


def test_a_virtual_vector_layer(tmp_path: Path) -> None:
    base = table(tmp_path / "areas.gpkg", "GPKG")
    layer = tmp_path / "areas.vrt"
    layer.write_text(
        '<OGRVRTDataSource><OGRVRTLayer name="areas">'
        '<SrcDataSource relativeToVRT="1">areas.gpkg</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    )
    with pytest.raises(InputError, match="is read as part of the input"):
        refuse_collisions([base], [f"{layer}|layername=areas"])


def test_an_archive(image: Path) -> None:
    archive = image.with_name("a.zip")
    with zipfile.ZipFile(archive, "w") as file:
        file.write(image, "image.tif")
    for name in (f"/vsizip/{archive}/image.tif", f"/vsizip/{{{archive}}}/image.tif", f"/vsizip/{archive}"):
        with pytest.raises(InputError, match="choose another name"):
            refuse_collisions([archive], [name])
        refuse_collisions([image], [name])
    outer = image.with_name("{outer}.zip")
    with zipfile.ZipFile(outer, "w") as file:
        file.write(archive, "a.zip")
    with pytest.raises(InputError, match="choose another name"):
        refuse_collisions([outer], [f"/vsizip/{{/vsizip/{{{outer}}}/a.zip}}/image.tif"])


def test_a_folder_whose_name_holds_a_bar(tmp_path: Path) -> None:
    folder = tmp_path / "a|b"
    folder.mkdir()
    base = table(folder / "areas.gpkg", "GPKG")
    with pytest.raises(InputError, match="is read as part of the input"):
        refuse_collisions([base], [f"{base}|layername=areas|subset=class = 1"])


def test_two_outputs_that_are_one(tmp_path: Path) -> None:
    link = tmp_path / "link.html"
    link.symlink_to(tmp_path / "r.html")
    for first, second in (
        ("r.html", "r.html"),
        ("r.html", "./r.html"),
        ("link.html", "r.html"),
        ("r.html", "r.html/p.tif"),
        ("a.shp", "a.dbf"),
    ):
        for pair in ((first, second), (second, first)):
            with pytest.raises(InputError, match="can't both be written"):
                refuse_collisions([f"{tmp_path}/{name}" for name in pair], [])
    refuse_collisions([tmp_path / "r.html", tmp_path / "R.htm", tmp_path / "p.tif"], [])


def test_names_in_other_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One file if the file system ignores case, else two."""
    refuse_collisions([tmp_path / "r.html", tmp_path / "R.html"], [])
    monkeypatch.setattr(collisions, "_ignores_case", lambda folder: True)
    with pytest.raises(InputError, match="can't both be written"):
        refuse_collisions([tmp_path / "r.html", tmp_path / "R.html"], [])


def test_an_input_in_an_output_folder(image: Path) -> None:
    with pytest.raises(InputError, match="is in the output folder"):
        refuse_collisions([], [str(virtual(image.parent.parent / "v.vrt", image))], [image.parent])
    refuse_collisions([], [str(image)], [image.parent / "new"])


def test_nothing_is_asked_of_a_server_nor_opened_in_vain(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*given: object, **named: object) -> None:
        raise AssertionError(given)

    mosaic = virtual(image.with_name("v.vrt"), "/vsicurl/https://127.0.0.1:9/a.tif", "/vsis3/bucket/b.tif", relative=False)
    for name in ("OpenEx", "Open", "VSIStatL", "VSIFOpenL", "ReadDir"):
        monkeypatch.setattr(gdal, name, forbidden)
    refuse_collisions(
        [image], [str(mosaic), "/vsicurl/https://127.0.0.1:9/a.tif", "https://127.0.0.1:9/a.tif", "/vsizip/vsis3/bucket/a.zip/b.tif"]
    )
    with pytest.raises(InputError, match="is the input itself"):
        refuse_collisions(["/vsis3/bucket/b.tif"], ["/vsis3/bucket//b.tif"])
    with pytest.raises(InputError, match="as part of"):
        refuse_collisions(["/vsis3/bucket/b.tif"], [str(mosaic)])
    monkeypatch.setattr(collisions, "files_behind", forbidden)
    refuse_collisions([image.with_name("new.tif")], [str(mosaic), str(image)])


def test_an_image_in_memory_isnt_read_for_its_sources(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gdal.FileFromMemBuffer("/vsimem/collisions/large.img", bytes(1_000_000))
    asked: list[int | None] = []
    monkeypatch.setattr(
        collisions, "read_bytes", lambda name, count=None, known=collisions.read_bytes: asked.append(count) or known(name, count)
    )
    refuse_collisions([image], ["/vsimem/collisions/large.img", "/vsimem/collisions/none.vrt"])
    assert set(asked) == {4096}


def test_a_mosaic_of_thousands_costs_a_look_each(tmp_path: Path, image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each source is checked once, although every band names it."""
    sources = [tmp_path / f"{number}.tif" for number in range(3000)]
    for source in sources:
        source.touch()
    mosaic = virtual(tmp_path / "v.vrt", *sources, *sources, *sources)
    looked: list[str] = []
    monkeypatch.setattr(collisions, "_document", lambda name, known=collisions._document: looked.append(name) or known(name))
    refuse_collisions([image], [str(mosaic)])
    assert len(looked) == len(set(looked)) == 3001


def test_remote_names_in_two_spellings() -> None:
    with pytest.raises(InputError, match="can't both be written"):
        refuse_collisions(["/vsimem/a/../b.tif", "/vsimem/b.tif"], [])
    refuse_collisions(["/vsimem/a/b.tif", "/vsimem/b.tif"], [])


@pytest.mark.parametrize(
    "odd", ["", " ", "\0", "a\0b", "|", ":", "?", "<", "<VRTDataset>", "/vsi", "/vsizip/", "/vsizip/{", "'", "file:", "a:" * 5000]
)
def test_odd_names(odd: str, image: Path) -> None:
    refuse_collisions([image], [odd])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_among_the_inputs_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening it would block forever."""
    (tmp_path / "result.tif").touch()
    os.mkfifo(tmp_path / "pipe.tif")
    opened: list[str] = []

    def watched(name: str, *given: str) -> object:
        opened.append(name)
        raise OSError(name, given)

    monkeypatch.setattr(collisions, "open", watched, raising=False)
    refuse_collisions([tmp_path / "result.tif"], [str(tmp_path / "pipe.tif")])
    assert opened == []
    with pytest.raises(InputError, match="is the input itself"):
        refuse_collisions([tmp_path / "pipe.tif"], [str(tmp_path / "pipe.tif")])
