"""Pixels of drawn areas: GDAL's own rasterizer is the oracle, and every pixel is accounted for."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import box
from osgeo import gdal, ogr
from patience import examples

from ipeo_water_plugin.core.errors import CancelledError, InputError
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.raster.source import grid_of
from ipeo_water_plugin.core.sampling import overlay as module
from ipeo_water_plugin.core.sampling.polygons import LabelledShape, read_shapes
from ipeo_water_plugin.core.sampling.reservoir import Reservoir, random_keys
from ipeo_water_plugin.core.sampling.sample import SamplingSettings, sample_pixels

EVERY = SamplingSettings(max_per_class=0)


def shape(wkt: str, water: bool, number: int = 1) -> LabelledShape:
    return LabelledShape(bytes(ogr.CreateGeometryFromWkt(wkt).ExportToWkb()), water, number)


def pixels(samples, origin=(500000, 5800000), size=10) -> set[tuple[int, int]]:
    columns = (samples.position[:, 0] - origin[0]) / size - 0.5
    rows = (origin[1] - samples.position[:, 1]) / size - 0.5
    np.testing.assert_allclose([columns, rows], np.round([columns, rows]), atol=1e-6)
    return set(zip(np.round(rows).astype(int).tolist(), np.round(columns).astype(int).tolist()))


def rasterized(path: str, shapes: list[LabelledShape], *, all_touched: bool = False) -> np.ndarray:
    """Whole-raster masks (not water, water) by GDAL's rasterizer in one go."""
    source = gdal.Open(path)
    masks = []
    for water in (False, True):
        target = gdal.GetDriverByName("MEM").Create("", source.RasterXSize, source.RasterYSize, 1, gdal.GDT_Byte)
        target.SetGeoTransform(source.GetGeoTransform())
        target.SetProjection(source.GetProjection())
        vectors = gdal.GetDriverByName("Memory").Create("", 0, 0, 0, gdal.GDT_Unknown)
        layer = vectors.CreateLayer("x", source.GetSpatialRef(), ogr.wkbUnknown)
        for s in shapes:
            if s.water is water:
                feature = ogr.Feature(layer.GetLayerDefn())
                feature.SetGeometry(ogr.CreateGeometryFromWkb(s.wkb))
                layer.CreateFeature(feature)
        gdal.RasterizeLayer(target, [1], layer, burn_values=[1], options=["ALL_TOUCHED=TRUE"] if all_touched else [])
        masks.append(target.ReadAsArray() == 1)
    return np.stack(masks)


@pytest.mark.parametrize("all_touched", [False, True])
@pytest.mark.parametrize("options", [("TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=32"), ("BLOCKYSIZE=1",), ("BLOCKYSIZE=7",)])
def test_sampling_equals_gdals_rasterizer(make_raster, all_touched: bool, options: tuple[str, ...], monkeypatch) -> None:
    # Pieces of few pixels, so that areas cross many of them.
    monkeypatch.setattr(module, "_MAX_PIXELS", 600)
    monkeypatch.setattr(module, "_MIN_ROWS", 8)
    random = np.random.default_rng(3)
    image = random.integers(1, 9000, (3, 90, 110), dtype=np.uint16)
    path = make_raster(image, options=options)
    shapes = []
    for number in range(25):
        centre = random.uniform((0, 0), (1100, 900))
        angles = np.sort(random.uniform(0, 2 * np.pi, 7))
        radii = random.uniform(5, 180, 7)
        ring = [(500000 + centre[0] + r * np.cos(a), 5800000 - centre[1] + r * np.sin(a)) for a, r in zip(angles, radii)]
        text = ", ".join(f"{x} {y}" for x, y in [*ring, ring[0]])
        shapes.append(shape(f"POLYGON (({text}))", number % 2 == 0, number))
    other, water = rasterized(path, shapes, all_touched=all_touched)
    result = sample_pixels(path, roles_of(path), shapes, SamplingSettings(all_touched=all_touched, max_per_class=0))
    assert result.conflicting == np.count_nonzero(other & water) > 0
    samples = result.samples
    assert pixels(samples.take(samples.y)) == set(zip(*(i.tolist() for i in np.nonzero(water & ~other))))
    assert pixels(samples.take(~samples.y)) == set(zip(*(i.tolist() for i in np.nonzero(other & ~water))))
    rows, columns = np.array(sorted(pixels(samples))).T
    np.testing.assert_array_equal(samples.X, image[:, rows, columns].T)


def test_the_sample_scene_gives_the_published_counts(sample_scene) -> None:
    image = str(sample_scene / "image.tif")
    shapes = read_shapes(str(sample_scene / "labels.gpkg"), image, "class")
    result = sample_pixels(image, roles_of(image), shapes)
    # Counted with another program, see the scene's NOTICE.
    assert result.found == (16071, 1872)
    assert (len(result.samples), int(result.samples.y.sum())) == (17943, 1872)
    # Polygon 23 lies wholly inside larger ones of its class, which count its pixels.
    assert sorted(set(range(1, 39)) - set(result.samples.polygon.tolist())) == [23]


def test_every_pixel_is_accounted_for(make_raster) -> None:
    image = np.full((3, 20, 20), 7, np.uint16)
    image[1, 2, 2:4] = 0
    path = make_raster(image, nodata=0)
    shapes = [
        shape(box(0, 0, 5, 5), True, 1),
        shape(box(0, 0, 5, 5), True, 2),  # the same area again counts once
        shape(box(4, 0, 10, 5), False, 3),  # one column in conflict
    ]
    recorded = sample_pixels(path, roles_of(path), shapes, EVERY)
    assert (recorded.conflicting, recorded.invalid) == (5, 2)
    assert recorded.found == (25, 25 - 5 - 2)
    assert set(recorded.samples.polygon[recorded.samples.y].tolist()) == {2}


def test_points_label_the_pixel_they_lie_in(make_raster) -> None:
    image = np.arange(3 * 400).reshape(3, 20, 20).astype(np.int32)
    path = make_raster(image)
    shapes = [shape("POINT (500019.9 5799980.1)", True, 4), shape("MULTIPOINT (500020.1 5799979.9, 500199.9 5799800.1)", False, 9)]
    samples = sample_pixels(path, roles_of(path), shapes).samples
    assert pixels(samples.take(samples.y)) == {(1, 1)}
    assert pixels(samples.take(~samples.y)) == {(2, 2), (19, 19)}
    assert samples.X[0].tolist() == image[:, 1, 1].tolist()


def test_a_huge_lake_does_not_drown_nine_ponds(make_raster) -> None:
    path = make_raster(np.ones((3, 200, 200), np.uint16))
    lake = shape(box(0, 0, 150, 150), True, 0)
    ponds = [shape(box(160, 2 + 12 * n, 160 + n + 1, 7 + 12 * n), True, n + 1) for n in range(9)]
    field = shape(box(0, 160, 40, 200), False, 10)
    samples = sample_pixels(path, roles_of(path), [lake, *ponds, field], SamplingSettings(max_per_class=200)).samples
    count = dict(zip(*np.unique(samples.polygon[samples.y], return_counts=True)))
    assert sum(count.values()) == 200
    assert [count[n] for n in (1, 2, 3)] == [5, 10, 15]  # small ponds are taken whole
    assert max(count.values()) - min(count[n] for n in range(5, 10)) <= 1
    assert int((~samples.y).sum()) == 200


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cap=st.integers(1, 400), seed=st.integers(0, 2**40), strip=st.integers(40, 4000), block=st.sampled_from([16, 32, 64]))
def test_the_draw_depends_on_the_seed_alone(make_raster, cap: int, seed: int, strip: int, block: int) -> None:
    image = np.random.default_rng(0).integers(1, 255, (3, 60, 70), dtype=np.uint8)
    one = make_raster(image, "one.tif", options=("TILED=YES", f"BLOCKXSIZE={block}", "BLOCKYSIZE=16"))
    other = make_raster(image, "other.tif")
    shapes = [shape(box(0, 0, 30, 33), True, 1), shape(box(31, 5, 36, 50), True, 2), shape(box(40, 0, 70, 60), False, 3)]
    chosen = SamplingSettings(max_per_class=cap, seed=seed)
    kept = module._MAX_PIXELS
    try:
        module._MAX_PIXELS = strip
        first = sample_pixels(one, roles_of(one), shapes, chosen).samples
    finally:
        module._MAX_PIXELS = kept
    second = sample_pixels(other, roles_of(other), shapes, chosen).samples
    np.testing.assert_array_equal(first.position, second.position)
    np.testing.assert_array_equal(first.X, second.X)
    assert len(np.unique(first.position, axis=0)) == len(first)  # without replacement
    assert int(first.y.sum()) == min(cap, 990 + 225)
    assert int((~first.y).sum()) == min(cap, 1800)


def test_a_cap_draws_without_bias(make_raster) -> None:
    path = make_raster(np.ones((3, 40, 40), np.uint16))
    shapes = [shape(box(0, 0, 40, 20), True, 1), shape(box(0, 20, 40, 40), False, 2)]
    hits = np.zeros((20, 40))
    for seed in range(200):
        samples = sample_pixels(path, roles_of(path), shapes, SamplingSettings(max_per_class=80, seed=seed)).samples
        for row, column in pixels(samples.take(samples.y)):
            hits[row, column] += 1
    # Each of 800 pixels is drawn with p = 0.1: mean 20, standard deviation 4.2.
    assert hits.sum() == 200 * 80
    chi2 = ((hits - 20) ** 2 / 20).sum() / 0.9
    assert 620 < chi2 < 1000  # 799 degrees of freedom, ± 4.5 standard deviations


def test_memory_of_a_reservoir_stays_bounded() -> None:
    reservoir = Reservoir(3, 1000)
    most = 0
    for step in range(300):
        place = np.arange(step * 5000, (step + 1) * 5000)
        reservoir.add(np.full(5000, step % 3), random_keys(place, 0), place, *[place.astype(np.uint16)] * 3)
        most = max(most, reservoir._held)
    assert reservoir.total == 1_500_000
    assert most <= 2 * 1000 + 100_000 + 5000
    group = reservoir.sample()[0]
    assert np.bincount(group).tolist() in ([333, 333, 334], [333, 334, 333], [334, 333, 333])


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([shape("POLYGON ((0 0, 1 0, 1 1, 0 0))", True), shape("POINT (1 1)", False)], "All 2 labelled features lie outside the raster"),
        ([shape(box(1, 1, 4, 4), True), shape(box(6.1, 6.1, 6.3, 6.3), False)], "No valid pixel is labelled not water"),
        ([shape(box(1, 1, 4, 4), True), shape(box(1, 1, 4, 4), False)], "9 lie in areas of both classes"),
        ([shape(box(15, 15, 19, 19), True), shape(box(1, 1, 4, 4), False)], "labelled water.*16 are invalid"),
    ],
)
def test_what_gives_no_samples_says_why(make_raster, shapes, message) -> None:
    image = np.ones((3, 20, 20), np.float32)
    image[0, 10:, 10:] = np.nan
    path = make_raster(image)
    with pytest.raises(InputError, match=message):
        sample_pixels(path, roles_of(path), shapes)


# Each of these gives no pixel, for a reason of its own.
UNUSED = {
    "outside the raster": (box(50, 50, 60, 60), False),
    "every pixel lies in areas of both classes": (box(12, 1, 14, 3), True),
    "NoData or masked in every pixel": (box(15, 15, 19, 19), True),
    "every pixel lies in areas of both classes, or is NoData or masked": (box(14, 12, 16, 13), True),
    "covered by other areas of its class": (box(2, 2, 3, 3), True),
    "holds no pixel centre, being smaller than a pixel: take every pixel that an area touches, or draw it larger": (
        box(6.6, 6, 7.4, 9),
        False,
    ),
}
USED = [(box(1, 1, 4, 4), True), (box(12, 1, 14, 4), False), (box(14, 12, 15, 13), False)]


@pytest.mark.parametrize("pieces", [600, 40])
def test_areas_that_give_no_pixel_are_told_by_id_and_reason(make_raster, recorder, monkeypatch, pieces) -> None:
    monkeypatch.setattr(module, "_MAX_PIXELS", pieces)
    monkeypatch.setattr(module, "_MIN_ROWS", 2)
    image = np.ones((3, 20, 20), np.float32)
    image[0, 10:, 15:] = np.nan
    path, progress = make_raster(image, options=("BLOCKYSIZE=2",)), recorder()
    shapes = [shape(*drawn, 100 + k) for k, drawn in enumerate(UNUSED.values())] + [shape(*drawn, k) for k, drawn in enumerate(USED)]
    result = sample_pixels(path, roles_of(path), shapes, progress=progress)
    # Of the areas used, the last gave its only pixel to a dispute, so that it isn't.
    assert set(np.unique(result.samples.polygon)) == {0, 1}
    (warning,) = [w for w in progress.warnings if "gave no pixel" in w]
    assert warning == result.unused
    assert warning.startswith("Of 9 labelled features, 7 gave no pixel. By feature id: ")
    told = dict(part.rstrip(").").split(" (", 1) for part in warning.split("By feature id: ")[1].split("; "))
    expected = {str(100 + k): why for k, why in enumerate(UNUSED)}
    del expected["101"]
    assert told == {**expected, "2, 101": "every pixel lies in areas of both classes"}
    assert (result.areas, result.used) == (9, 2)
    assert any("from 2 of 9 training areas" in line for line in progress.infos)
    assert progress.fractions == sorted(progress.fractions)
    assert progress.fractions[-1] == 1.0


def test_samples_that_may_be_nodata_which_nobody_declared_are_told(make_raster, recorder) -> None:
    image = np.random.default_rng(0).integers(1, 3000, (3, 20, 20)).astype(np.uint16)
    image[:, :4] = 0
    shapes = [shape(box(1, 1, 8, 8), True), shape(box(10, 10, 18, 18), False, 2)]
    for nodata, told in ((None, ["hold 0 in every band: 21."]), (0, [])):
        progress, path = recorder(), make_raster(image, nodata=nodata)
        sample_pixels(path, roles_of(path), shapes, progress=progress)
        assert len(progress.warnings) == len(told)
        assert all(words in warning for words, warning in zip(told, progress.warnings))


@pytest.mark.parametrize("transform", [(500000, 10, 0, 5800000, 0, -10), (500000, 8, 6, 5800000, 6, -8)], ids=["north-up", "turned"])
def test_areas_that_lie_in_part_outside_are_told(make_raster, recorder, transform) -> None:
    """On a turned raster the bounding box of an area in a corner reaches beyond, though the area doesn't."""
    path, progress = make_raster(np.ones((3, 20, 20), np.uint8), transform=transform), recorder()
    grid = grid_of(path)
    drawn = {
        1: [(1, 1), (4, 1), (4, 4), (1, 4)],
        2: [(15, -3), (19, -3), (19, 5), (15, 5)],
        3: [(-0.8, 16), (3, 16), (3, 19.5), (-0.8, 19.5)],
        4: [(17, 17), (23, 17), (23, 19), (17, 19)],
        5: [(0, 8), (1, 8), (1, 9), (0, 9)],
    }
    shapes = []
    for fid, corners in drawn.items():
        text = ", ".join(f"{x} {y}" for x, y in grid.to_crs(*np.array([*corners, corners[0]], float).T).tolist())
        shapes.append(shape(f"POLYGON (({text}))", fid % 2 == 0, fid))
    told = "2 labelled features reach beyond the raster, and only their parts inside count. Feature ids: 2, 4."
    assert sample_pixels(path, roles_of(path), shapes, progress=progress).unused == told
    assert [line for line in progress.warnings if "beyond" in line] == [told]
    inside = [shapes[0], shapes[2], replace(shapes[4], water=True)]
    assert not sample_pixels(path, roles_of(path), inside).unused


def test_neither_order_nor_ids_of_the_areas_decide_whose_a_pixel_is(sample_scene) -> None:
    """Saving edits gives features new ids, and another format another order: which polygons are held out together stays."""
    image = str(sample_scene / "image.tif")
    shapes = read_shapes(str(sample_scene / "labels.gpkg"), image, "class")
    samples = sample_pixels(image, roles_of(image), shapes).samples
    renumbered = [replace(shape, id=1000 - 7 * k) for k, shape in enumerate(np.random.default_rng(1).permutation(np.array(shapes, object)))]
    others = sample_pixels(image, roles_of(image), renumbered).samples
    for name in ("X", "y", "position"):
        assert np.array_equal(getattr(samples, name), getattr(others, name))
    assert np.array_equal(samples.groups(), others.groups())


def test_areas_that_the_maximum_leaves_out_are_told(make_raster, recorder) -> None:
    path, progress = make_raster(np.ones((3, 20, 20), np.uint8)), recorder()
    shapes = [shape(box(k, 1, k + 1, 2), k < 5, k) for k in range(10)]
    result = sample_pixels(path, roles_of(path), shapes, SamplingSettings(max_per_class=4), progress)
    (lost,) = set(range(5)) - set(result.samples.polygon.tolist())
    (other,) = set(range(5, 10)) - set(result.samples.polygon.tolist())
    assert f"{lost}, {other} (not drawn, since there are more areas than the maximum number of pixels per class)" in result.unused
    assert result.used == 8


def test_many_unused_areas_are_counted(make_raster, recorder) -> None:
    path = make_raster(np.ones((3, 20, 20), np.uint8))
    shapes = [shape(box(1, 1, 4, 4), True, 1), shape(box(6, 6, 9, 9), False, 2)]
    shapes += [shape(box(k + 0.6, 15.6, k + 0.9, 15.9), True, 100 + k) for k in range(19)] * 2
    assert "109, 109 and 18 more (holds no pixel centre" in sample_pixels(path, roles_of(path), shapes).unused
    every = sample_pixels(path, roles_of(path), shapes, SamplingSettings(all_touched=True))
    # Drawn twice, each lies under its double.
    assert every.used == 21
    assert "117, 118 (covered by other areas of its class)" in every.unused


def test_points_under_points_are_told(make_raster) -> None:
    path = make_raster(np.ones((3, 20, 20), np.uint8))
    points = [shape("POINT (500011 5799989)", True, 1), shape("POINT (500019 5799981)", True, 2), shape("POINT (500051 5799949)", False, 3)]
    assert sample_pixels(path, roles_of(path), points).unused.endswith("By feature id: 1 (covered by other areas of its class).")


def test_an_error_for_want_of_a_class_names_the_areas(make_raster) -> None:
    path = make_raster(np.ones((3, 20, 20), np.uint8))
    with pytest.raises(InputError, match=r"No valid pixel is labelled not water.* By feature id: 7 \(holds no pixel centre"):
        sample_pixels(path, roles_of(path), [shape(box(1, 1, 4, 4), True, 1), shape(box(6.1, 6.1, 6.3, 6.3), False, 7)])


def test_an_image_without_georeference_cant_be_sampled(make_raster) -> None:
    path = make_raster(np.ones((3, 20, 20), np.uint8), transform=None, epsg=None)
    with pytest.raises(InputError, match="no georeference"):
        sample_pixels(path, roles_of(path), [shape(box(1, 1, 4, 4), True), shape(box(6, 6, 9, 9), False)])


@pytest.mark.parametrize("transform", [(500000, 10, 0, 5700000, 0, 10), (500000, 8, 6, 5800000, 6, -8)])
def test_south_up_and_rotated_images(make_raster, transform) -> None:
    image = np.arange(3 * 400).reshape(3, 20, 20).astype(np.uint16)
    path = make_raster(image, transform=transform)
    grid = module.Source(path, roles_of(path)).grid
    corners = [(3, 4), (9, 4), (9, 8), (3, 8), (3, 4)]
    ring = grid.to_crs(np.array([c for c, _ in corners], float), np.array([r for _, r in corners], float))
    text = ", ".join(f"{x} {y}" for x, y in ring)
    centre = grid.to_crs(np.array([0.5]), np.array([0.5]))[0]
    samples = sample_pixels(
        path, roles_of(path), [shape(f"POLYGON (({text}))", True, 1), shape(f"POINT ({centre[0]} {centre[1]})", False, 2)]
    ).samples
    expected = image[:, 4:8, 3:9].reshape(3, -1).T
    np.testing.assert_array_equal(samples.X[samples.y], expected)
    assert samples.X[~samples.y].tolist() == [image[:, 0, 0].tolist()]


def test_only_touched_blocks_are_read(make_raster, monkeypatch) -> None:
    path = make_raster(np.ones((3, 640, 640), np.uint8), options=("TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64"))
    seen = []
    read = module.Source.read
    monkeypatch.setattr(module.Source, "read", lambda self, window: (seen.append(window), read(self, window))[1])
    monkeypatch.setattr(module, "_MIN_ROWS", 64)
    shapes = [shape(box(10, 10, 60, 60), True, 1), shape(box(600, 600, 630, 630), False, 2), shape(box(100, 300, 140, 310), False, 3)]
    sample_pixels(path, roles_of(path), shapes)
    # The first area lies in one block, the second in one, the third in two neighbours; each is read once.
    blocks = [{(c // 64, r // 64) for c in (w.column, w.column + w.width - 1) for r in (w.row, w.row + w.height - 1)} for w in seen]
    assert sorted(map(sorted, blocks)) == [[(0, 0)], [(1, 4)], [(2, 4)], [(9, 9)]]


def test_sampling_can_be_cancelled(make_raster, recorder, monkeypatch) -> None:
    monkeypatch.setattr(module, "_MIN_ROWS", 32)
    path = make_raster(np.ones((3, 200, 20), np.uint8), options=("BLOCKYSIZE=1",))
    shapes = [shape(box(1, 1, 4, 199), True), shape(box(6, 6, 9, 199), False)]
    for question in (1, 2, 3):
        with pytest.raises(CancelledError):
            sample_pixels(path, roles_of(path), shapes, progress=recorder(cancel_at=question))


def test_four_degrees_select_what_metres_select(sample_scene, tmp_path) -> None:
    image = str(sample_scene / "image.tif")
    degrees = str(tmp_path / "degrees.gpkg")
    gdal.VectorTranslate(degrees, str(sample_scene / "labels.gpkg"), dstSRS="EPSG:4326", reproject=True)
    in_metres = sample_pixels(image, roles_of(image), read_shapes(str(sample_scene / "labels.gpkg"), image, "class"), EVERY).samples
    in_degrees = sample_pixels(image, roles_of(image), read_shapes(degrees, image, "class"), EVERY).samples
    here, there = (set(map(tuple, s.position.tolist())) for s in (in_metres, in_degrees))
    assert len(here ^ there) <= 0.001 * len(here)
