"""Input that is odd but good: it has to give what the same pixels give in plain form."""

from __future__ import annotations

import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import scenes
from osgeo import gdal, ogr, osr

from ipeo_water_plugin.core.errors import WaterError
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.sampling.polygons import read_shapes
from ipeo_water_plugin.core.sampling.sample import SamplingSettings, sample_pixels

ROOT = Path(__file__).resolve().parents[2]


def check(image: Path | str, target: Path, bands: np.ndarray) -> None:
    scenes.run(image, target)
    np.testing.assert_allclose(scenes.values(target), scenes.expected(bands), atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (700, 1), (2, 3), (513, 511)])
@pytest.mark.parametrize("options", [(), ("TILED=YES", "BLOCKXSIZE=1024", "BLOCKYSIZE=1024"), ("BLOCKYSIZE=1",), ("INTERLEAVE=BAND",)])
def test_sizes_and_blocks(tmp_path: Path, shape: tuple[int, int], options: tuple[str, ...]) -> None:
    bands = scenes.pixels(*shape)
    check(scenes.write_scene(tmp_path / "image.tif", bands, options), tmp_path / "p.tif", bands)


NAMES = [
    "with blanks",
    "it's",
    'say "when"',
    "Fließgewässer Müritz",
    "日本語の湖",
    "été «nord» & süd; 100 % #1",
    "x" * 240,
    "ä" * 120,
    "new\nline",
    "-o",
]


@pytest.mark.parametrize("name", NAMES)
def test_names(tmp_path: Path, name: str) -> None:
    bands = scenes.pixels(60, 70)
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    image = scenes.write_scene(tmp_path / "in" / f"{name}.tif", bands)
    check(image, tmp_path / "out" / f"{name}.tif", bands)
    assert os.listdir(tmp_path / "out") == [f"{name}.tif"]
    shapes = [scenes.shape(scenes.box(1, 1, 9, 9), True, 1), scenes.shape(scenes.box(20, 20, 30, 30), False, 2)]
    samples = sample_pixels(str(image), roles_of(str(image)), shapes).samples
    assert type(samples.scenes[0]).from_text(samples.scenes[0].to_text()).name == name.replace("\n", " ")


def test_archives_and_memory(tmp_path: Path) -> None:
    bands = scenes.pixels(300, 200)
    image = scenes.write_scene(tmp_path / "image.tif", bands)
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        archive.write(image, "folder/image.tif")
    check(f"/vsizip/{tmp_path}/images.zip/folder/image.tif", tmp_path / "zip.tif", bands)
    gdal.FileFromMemBuffer("/vsimem/image.tif", image.read_bytes())
    try:
        check("/vsimem/image.tif", tmp_path / "memory.tif", bands)
    finally:
        gdal.Unlink("/vsimem/image.tif")


@pytest.mark.parametrize("transform", [(500000, 10, 0, 5800000, 0, 10), (500000, 8, 6, 5800000, 6, -8), (500000, -10, 0, 5800000, 0, -10)])
def test_images_that_dont_point_north(tmp_path: Path, transform: tuple[float, ...]) -> None:
    bands = scenes.pixels(200, 300)
    image = scenes.write_scene(tmp_path / "image.tif", bands)
    opened = gdal.Open(str(image), gdal.GA_Update)
    opened.SetGeoTransform(transform)
    opened = None
    check(image, tmp_path / "p.tif", bands)
    assert gdal.Open(str(tmp_path / "p.tif")).GetGeoTransform() == transform


CUSTOM = "+proj=laea +lat_0=52.3 +lon_0=13.1 +ellps=bessel +units=m +towgs84=1,2,3,0,0,0,0"


def placed(path: Path, bands: np.ndarray, crs: str, transform: tuple[float, ...]) -> Path:
    """Write bands on another CRS."""
    image = scenes.write_scene(path, bands)
    opened = gdal.Open(str(image), gdal.GA_Update)
    reference = osr.SpatialReference()
    reference.SetFromUserInput(crs)
    opened.SetSpatialRef(reference)
    opened.SetGeoTransform(transform)
    opened = None
    return image


def write_areas(path: Path, features: list[tuple[str, int]], crs: str = "EPSG:32633") -> Path:
    reference = osr.SpatialReference()
    reference.SetFromUserInput(crs)
    reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    made = gdal.GetDriverByName("GPKG").Create(str(path), 0, 0, 0, gdal.GDT_Unknown)
    layer = made.CreateLayer("areas", reference, ogr.wkbUnknown)
    layer.CreateField(ogr.FieldDefn("class", ogr.OFTInteger))
    for wkt, value in features:
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
        feature["class"] = value
        layer.CreateFeature(feature)
    return path


def sampled(image: Path, areas: Path) -> tuple[set[tuple[float, float]], set[tuple[float, float]]]:
    """Positions of water and of other samples."""
    shapes = read_shapes(str(areas), str(image), "class")
    samples = sample_pixels(str(image), roles_of(str(image)), shapes, SamplingSettings(max_per_class=0)).samples
    place = [tuple(np.round(p, 6)) for p in samples.position.tolist()]
    return {p for p, y in zip(place, samples.y) if y}, {p for p, y in zip(place, samples.y) if not y}


def test_a_crs_without_a_code(tmp_path: Path) -> None:
    bands = scenes.pixels(100, 100)
    image = placed(tmp_path / "image.tif", bands, CUSTOM, (-500, 10, 0, 500, 0, -10))
    check(image, tmp_path / "p.tif", bands)
    assert gdal.Open(str(tmp_path / "p.tif")).GetSpatialRef().IsSame(gdal.Open(str(image)).GetSpatialRef())
    features = [("POLYGON((-300 300,-200 300,-200 200,-300 200,-300 300))", 1), ("POLYGON((100 300,200 300,200 200,100 200,100 300))", 0)]
    water, other = sampled(image, write_areas(tmp_path / "areas.gpkg", features, CUSTOM))
    assert (len(water), len(other)) == (100, 100)


def test_degrees_across_the_antimeridian(tmp_path: Path) -> None:
    """An image that runs on beyond 180°, as GDAL's own mosaics do, and areas drawn on it in its own coordinates."""
    bands = scenes.pixels(100, 200)
    image = placed(tmp_path / "image.tif", bands, "EPSG:4326", (179, 0.01, 0, 10, 0, -0.01))
    check(image, tmp_path / "p.tif", bands)
    features = [
        ("POLYGON((179.9 9.9,180.1 9.9,180.1 9.8,179.9 9.8,179.9 9.9))", 1),
        ("POLYGON((179.2 9.5,179.3 9.5,179.3 9.4,179.2 9.4,179.2 9.5))", 0),
    ]
    water, other = sampled(image, write_areas(tmp_path / "areas.gpkg", features, "EPSG:4326"))
    assert (len(water), len(other)) == (200, 100)
    metric = placed(tmp_path / "utm.tif", bands, "EPSG:32660", (810000, 1000, 0, 1100000, 0, -1000))
    inland = "POLYGON((179.95 9.5,180.05 9.5,180.05 9.4,179.95 9.4,179.95 9.5))"
    for area in (f"POLYGON(({x} 9.9,{x + 0.1} 9.9,{x + 0.1} 9.8,{x} 9.8,{x} 9.9))" for x in (179.95, 180.05, -179.95)):
        across = write_areas(tmp_path / f"{abs(hash(area))}.gpkg", [(area, 1), (inland, 0)], "EPSG:4326")
        water, _ = sampled(metric, across)
        # A tenth of a degree here is some eleven pixels of a kilometre.
        assert 90 < len(water) < 150


ACROSS = "POLYGON((179 12,181 12,181 10,179 10,179 12))"
EAST = "POLYGON((60 40,70 40,70 30,60 30,60 40))"


# Of the world in pixels of a degree; on it, what lies across the antimeridian comes in two pieces.
@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("left", [-180, 0])
@pytest.mark.parametrize("crs", ["EPSG:3832", "EPSG:4326"])
def test_areas_across_the_antimeridian_of_a_world_map(tmp_path: Path, crs: str, left: int) -> None:
    image = placed(tmp_path / "image.tif", scenes.pixels(180, 360), "EPSG:4326", (left, 1, 0, 90, 0, -1))
    degrees = osr.SpatialReference()
    degrees.SetFromUserInput("EPSG:4326")
    metres = osr.SpatialReference()
    metres.SetFromUserInput(crs)
    for reference in (degrees, metres):
        reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    drawn = []
    for wkt in (ACROSS, EAST):
        geometry = ogr.CreateGeometryFromWkt(wkt)
        geometry.Transform(osr.CoordinateTransformation(degrees, metres))
        drawn.append(geometry.ExportToWkt())
    if crs == "EPSG:4326":
        # As it is drawn on such a map, in two parts.
        drawn[0] = "MULTIPOLYGON(((179 12,180 12,180 10,179 10,179 12)),((-180 12,-179 12,-179 10,-180 10,-180 12)))"
    areas = write_areas(tmp_path / "areas.gpkg", list(zip(drawn, (1, 0))), crs)
    water, other = sampled(image, areas)
    assert {(x % 360, y) for x, y in water} == {(x, y) for x in (179.5, 180.5) for y in (11.5, 10.5)}
    assert other == {(x + 0.5, y + 0.5) for x in range(60, 70) for y in range(30, 40)}
    import processing

    # QGIS reads and reprojects by itself.
    samples = processing.run(
        "ipeowater:samplepixels", {"INPUT": str(image), "POLYGONS": str(areas), "CLASS_FIELD": "class", "OUTPUT": "memory:"}
    )
    assert (samples["WATER_PIXELS"], samples["OTHER_PIXELS"]) == (4, 100)
    # Nothing of it lies beyond such a map.
    assert not sample_pixels(str(image), roles_of(str(image)), read_shapes(str(areas), str(image), "class")).unused


def test_an_area_that_holds_the_pole(tmp_path: Path) -> None:
    """In degrees a rectangle from edge to edge of the map, on a polar projection a disc; and the other way round."""
    polar = placed(tmp_path / "polar.tif", scenes.pixels(40, 40), "EPSG:3031", (-200, 10, 0, 200, 0, -10))
    pole = "POLYGON((-180 -89.999,180 -89.999,180 -90,-180 -90,-180 -89.999))"
    water, _ = sampled(polar, write_areas(tmp_path / "degrees.gpkg", [(pole, 1), ("POINT(10 -89.9985)", 0)], "EPSG:4326"))
    # The latitude's circle has a radius of 10.86 pixels there.
    assert abs(len(water) - np.pi * 10.86**2) < 10
    world = placed(tmp_path / "world.tif", scenes.pixels(180, 360), "EPSG:4326", (-180, 1, 0, 90, 0, -1))
    circle = ogr.CreateGeometryFromWkt("POINT(0 0)").Buffer(1_100_000, 90).ExportToWkt()
    water, _ = sampled(world, write_areas(tmp_path / "metres.gpkg", [(circle, 1), ("POINT(3000000 3000000)", 0)], "EPSG:3031"))
    assert water == {(x + 0.5, y + 0.5) for x in range(-180, 180) for y in range(-90, -80)}


def plain(left: float, top: float, right: float, bottom: float) -> set[tuple[float, float]]:
    x0, y0 = scenes.CORNER
    return {(x0 + 10 * c + 5, y0 - 10 * r - 5) for c in range(int(left), int(right)) for r in range(int(top), int(bottom))}


def with_z(wkt: str, kind: str) -> str:
    more = {"Z": " 7", "M": " 3", "ZM": " 7 3"}[kind]
    return re.sub(r"(-?[\d.]+ -?[\d.]+)", rf"\1{more}", wkt).replace("POLYGON", f"POLYGON {kind}")


BASE, OTHER = (10, 10, 30, 30), scenes.box(60, 60, 80, 80)


@pytest.mark.parametrize("kind", ["Z", "M", "ZM"])
def test_areas_with_heights_and_measures(tmp_path: Path, kind: str) -> None:
    image = scenes.write_scene(tmp_path / "image.tif", scenes.pixels(100, 100))
    water, _ = sampled(image, write_areas(tmp_path / "areas.gpkg", [(with_z(scenes.box(*BASE), kind), 1), (OTHER, 0)]))
    assert water == plain(*BASE)


def ring(*corners: tuple[float, float]) -> str:
    return "(" + ",".join(f"{scenes.CORNER[0] + 10 * c} {scenes.CORNER[1] - 10 * r}" for c, r in corners) + ")"


def square(left: float, top: float, right: float, bottom: float) -> str:
    return ring((left, top), (right, top), (right, bottom), (left, bottom), (left, top))


SHAPES: dict[str, tuple[str, set[tuple[float, float]]]] = {
    "several parts": (f"MULTIPOLYGON(({square(*BASE)}),({square(40, 10, 45, 15)}))", plain(*BASE) | plain(40, 10, 45, 15)),
    "a hole": (f"POLYGON({square(*BASE)},{square(15, 15, 20, 20)})", plain(*BASE) - plain(15, 15, 20, 20)),
    "an island in a hole": (
        f"MULTIPOLYGON(({square(*BASE)},{square(12, 12, 28, 28)}),({square(18, 18, 22, 22)}))",
        plain(*BASE) - plain(12, 12, 28, 28) | plain(18, 18, 22, 22),
    ),
    "a sliver beside": (f"MULTIPOLYGON(({square(*BASE)}),({square(50.1, 10, 50.2, 40)}))", plain(*BASE)),
    "a point twice": (f"POLYGON({ring((10, 10), (10, 10), (30, 10), (30, 30), (10, 30), (10, 10))})", plain(*BASE)),
    "a spike": (f"POLYGON({ring((10, 10), (30, 10), (50, 10), (30, 10), (30, 30), (10, 30), (10, 10))})", plain(*BASE)),
    # Any other rule than the union takes what two parts have in common for no part of the area, or a hole beyond its edge for one.
    "parts that overlap": (f"MULTIPOLYGON(({square(*BASE)}),({square(20, 20, 40, 40)}))", plain(*BASE) | plain(20, 20, 40, 40)),
    "an outline that overlaps itself": (
        f"POLYGON({ring((10, 10), (40, 10), (40, 20), (20, 20), (20, 5), (30, 5), (30, 30), (10, 30), (10, 10))})",
        plain(10, 10, 30, 30) | plain(30, 10, 40, 20) | plain(20, 5, 30, 10),
    ),
    "a hole that reaches out": (f"POLYGON({square(*BASE)},{square(20, 20, 40, 40)})", plain(*BASE) - plain(20, 20, 30, 30)),
    "a hole along the edge": (f"POLYGON({square(*BASE)},{square(10, 10, 20, 30)})", plain(20, 10, 30, 30)),
    "a part twice": (f"MULTIPOLYGON(({square(*BASE)}),({square(*BASE)}))", plain(*BASE)),
    "beyond the edge": (f"POLYGON({square(90, 90, 500, 500)})", plain(90, 90, 100, 100)),
}


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_areas_of_odd_shape(tmp_path: Path, name: str) -> None:
    image = scenes.write_scene(tmp_path / "image.tif", scenes.pixels(100, 100))
    wkt, expected = SHAPES[name]
    areas = write_areas(tmp_path / "areas.gpkg", [(wkt, 1), (OTHER, 0)])
    water, _ = sampled(image, areas)
    assert water == expected


def test_a_bow_tie_holds_both_its_wings(tmp_path: Path) -> None:
    image = scenes.write_scene(tmp_path / "image.tif", scenes.pixels(100, 100))
    wkt = f"POLYGON({ring((10, 10), (30, 30), (30, 10), (10, 30), (10, 10))})"
    water, _ = sampled(image, write_areas(tmp_path / "areas.gpkg", [(wkt, 1), (OTHER, 0)]))
    columns = {round((x - scenes.CORNER[0]) / 10) for x, _ in water}
    assert 180 <= len(water) <= 220
    assert min(columns) <= 11
    assert max(columns) >= 29


def test_curves_are_followed(tmp_path: Path) -> None:
    image = scenes.write_scene(tmp_path / "image.tif", scenes.pixels(100, 100))
    x, y, r = scenes.CORNER[0] + 300, scenes.CORNER[1] - 300, 200
    circle = f"CURVEPOLYGON(CIRCULARSTRING({x - r} {y},{x} {y + r},{x + r} {y},{x} {y - r},{x - r} {y}))"
    water, _ = sampled(image, write_areas(tmp_path / "areas.gpkg", [(circle, 1), (OTHER, 0)]))
    inside = {(px, py) for px, py in plain(0, 0, 100, 100) if (px - x) ** 2 + (py - y) ** 2 < r**2}
    assert len(water ^ inside) <= 8
    assert len(inside) > 1200


def test_a_source_folder_that_cant_be_written_to(tmp_path: Path) -> None:
    """As somebody who may only read it: root may write anywhere, so this runs as nobody."""
    if not hasattr(os, "geteuid"):
        pytest.skip("users are told apart by number on Unix alone")
    base = Path("/var/tmp") / f"ipeo-water-{os.getpid()}"  # pytest's own folder is closed to others.
    base.mkdir()
    try:
        (base / "source").mkdir()
        (base / "out").mkdir()
        bands = scenes.pixels(200, 200)
        scenes.write_scene(base / "source" / "image.tif", bands)
        (base / "source").chmod(0o555)
        (base / "out").chmod(0o777)
        base.chmod(0o755)
        code = (
            "import os, sys; sys.path[:0] = sys.argv[1:3]; from pathlib import Path; import scenes\n"
            "folder = Path(sys.argv[3])\n"
            # Everything is imported by now: the checkout itself may be closed to others.
            "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
            "try: (folder / 'source' / 'x').write_text('')\n"
            "except PermissionError: pass\n"
            "else: sys.exit('could write')\n"
            "scenes.run(folder / 'source' / 'image.tif', folder / 'out' / 'p.tif')\n"
            "print(scenes.failure(folder / 'source' / 'image.tif', folder / 'source' / 'p.tif'))\n"
        )
        words = [sys.executable, "-c", code, str(ROOT), str(ROOT / "tests" / "faults"), str(base)]
        environment = {**os.environ, "HOME": str(base / "out"), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(words, cwd=base, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert f"The folder {base / 'source'} is not writable" in done.stdout
        assert os.listdir(base / "source") == ["image.tif"]
        np.testing.assert_allclose(scenes.values(base / "out" / "p.tif"), scenes.expected(bands), atol=1e-5)
    finally:
        shutil.rmtree(base, ignore_errors=True)


class Flaky(http.server.BaseHTTPRequestHandler):
    """Serves one file by byte ranges; drops or stalls every so many requests."""

    protocol_version = "HTTP/1.1"
    content, asked, every, fault = b"", 0, 0, ""
    lock = threading.Lock()

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        if not self.path.endswith("/image.tif"):
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        cls = type(self)
        with cls.lock:
            cls.asked += 1
            faulty = bool(cls.every) and cls.asked > 2 and cls.asked % cls.every == 0
        found = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        first = int(found[1]) if found else 0
        last = min(int(found[2]) if found and found[2] else len(cls.content), len(cls.content) - 1)
        part = cls.content[first : last + 1]
        self.send_response(206 if found else 200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(part)))
        if found:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(cls.content)}")
        self.end_headers()
        if not body:
            return
        if faulty and cls.fault == "drop":
            self.wfile.write(part[: len(part) // 2])
            self.close_connection = True
            self.connection.close()
            return
        if faulty and cls.fault == "stall":
            time.sleep(0.4)
        self.wfile.write(part)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Callable[..., str], np.ndarray]]:
    bands = scenes.pixels(900, 900)
    plain_file = scenes.write_scene(tmp_path / "plain.tif", bands)
    options = ["COMPRESS=DEFLATE", "BLOCKSIZE=256"]
    gdal.GetDriverByName("COG").CreateCopy(str(tmp_path / "image.tif"), gdal.Open(str(plain_file)), options=options)
    handler = type("Handler", (Flaky,), {"content": (tmp_path / "image.tif").read_bytes()})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def address(fault: str = "", every: int = 0) -> str:
        handler.fault, handler.every, handler.asked = fault, every, 0
        gdal.VSICurlClearCache()
        return f"/vsicurl/http://127.0.0.1:{server.server_port}/{fault or 'well'}{every}/image.tif"

    yield address, bands
    server.shutdown()
    server.server_close()
    gdal.VSICurlClearCache()


def test_an_image_over_http(served: tuple[Callable[..., str], np.ndarray], tmp_path: Path) -> None:
    address, bands = served
    check(address(), tmp_path / "p.tif", bands)


def test_a_server_that_stalls(served: tuple[Callable[..., str], np.ndarray], tmp_path: Path) -> None:
    address, bands = served
    check(address("stall", 3), tmp_path / "p.tif", bands)


@pytest.mark.parametrize("every", [2, 3, 5, 9])
def test_a_server_that_drops_connections(served: tuple[Callable[..., str], np.ndarray], tmp_path: Path, every: int) -> None:
    """Either all of it came in the end, or it is an error that says where; never zeros."""
    address, bands = served
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / "p.tif"
    try:
        scenes.run(address("drop", every), target)
    except WaterError as error:
        assert "can't be" in str(error)
        assert os.listdir(tmp_path / "out") == []
    else:
        np.testing.assert_allclose(scenes.values(target), scenes.expected(bands), atol=1e-5)
