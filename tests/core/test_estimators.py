"""Areas with standard errors: the paper's own example, its equations written out, simulated surveys, and pixel areas on the ellipsoid."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import spatial_reference
from patience import examples
from scipy.stats import hypergeom

from ipeo_water_plugin.core.accuracy.estimators import Strata, Survey, _exact_limits
from ipeo_water_plugin.core.errors import InputError
from ipeo_water_plugin.core.grid import Grid, Window
from ipeo_water_plugin.core.raster.pixel_area import PixelAreas

# Olofsson et al. 2014, table 8: rows are map classes (deforestation, forest gain, stable forest, stable non-forest), 30 m pixels.
MATRIX = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]])
PIXELS = np.array([200_000, 150_000, 3_200_000, 6_450_000])


def surveyed(
    stratum: np.ndarray,
    area: np.ndarray,
    reference: np.ndarray,
    predicted: np.ndarray,
    pixel_area: np.ndarray | None = None,
    pixels: np.ndarray | None = None,
    names: tuple[str, ...] = (),
) -> Survey:
    return Survey(Strata(stratum, names, area, pixel_area, pixels), reference, predicted)


def from_matrix(matrix: np.ndarray, stratum_area: np.ndarray) -> Survey:
    """Return the survey behind an error matrix whose strata are the map's classes, `matrix[predicted][reference]`."""
    predicted, reference = (np.repeat(i.reshape(-1), np.asarray(matrix).reshape(-1)) for i in np.indices(np.shape(matrix)))
    return surveyed(predicted, np.asarray(stratum_area, np.float64), reference, predicted)


EXAMPLE = from_matrix(MATRIX, PIXELS * 0.09)


def test_the_example_of_olofsson_and_others_as_printed() -> None:
    areas = [EXAMPLE.area(k) for k in range(4)]
    assert [round(a.value) for a in areas] == [21_158, 11_686, 285_770, 581_386]
    assert [round(1.96 * a.standard_error) for a in areas] == [6_158, 3_756, 15_510, 16_282]


def test_the_area_proportions_of_the_example_as_printed() -> None:
    weight = EXAMPLE.weight / EXAMPLE.strata.area.sum()
    shares = np.zeros((4, 4))
    np.add.at(shares, (EXAMPLE.predicted, EXAMPLE.reference), weight)
    printed = [[0.0176, 0, 0.0013, 0.0011], [0, 0.0110, 0.0016, 0.0024], [0.0019, 0, 0.2967, 0.0213], [0.0040, 0.0020, 0.0179, 0.6212]]
    np.testing.assert_allclose(shares, printed, atol=5e-5)


@settings(max_examples=examples(50), deadline=None)
@given(st.integers(2, 5), st.integers(0, 10_000))
def test_estimates_equal_the_papers_equations_written_out(classes: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    n = random.integers(1, 60, (classes, classes))
    mapped = random.uniform(10, 1000, classes)
    survey = from_matrix(n, mapped)
    w, of_map = mapped / mapped.sum(), n.sum(axis=1)
    p = w[:, None] * n / of_map[:, None]
    for k in range(classes):
        # Equations 8 to 10.
        error = math.sqrt(sum(w[i] ** 2 * (n[i, k] / of_map[i]) * (1 - n[i, k] / of_map[i]) / (of_map[i] - 1) for i in range(classes)))
        assert survey.area(k).value == pytest.approx(mapped.sum() * p[:, k].sum())
        assert survey.area(k).standard_error == pytest.approx(mapped.sum() * error)


@pytest.mark.parametrize(
    ("pixels", "errors", "points"),
    [
        ((10_000, 90_000), (1000, 2700), (150, 350)),
        ((10_000, 90_000), (1000, 1800), (50, 250)),
        ((5_000, 95_000), (500, 950), (50, 500)),
        ((10_000, 90_000), (500, 900), (100, 500)),
        ((30_000, 70_000), (3000, 3500), (60, 100)),
        ((2_000, 98_000), (200, 196), (50, 2500)),
    ],
)
def test_the_interval_covers_the_true_area_as_often_as_it_says(
    pixels: tuple[int, int], errors: tuple[int, int], points: tuple[int, int]
) -> None:
    """2000 surveys of a map with known errors, at least five of them expected in each stratum (water, the rest)."""
    assert all(points[i] * errors[i] / pixels[i] >= 5 for i in (0, 1))
    true = pixels[0] - errors[0] + errors[1]
    random = np.random.default_rng(5)
    wrong = [random.hypergeometric(errors[i], pixels[i] - errors[i], points[i], 2000) for i in (0, 1)]
    estimates = [
        from_matrix([[points[1] - missed, missed], [false, points[0] - false]], [pixels[1], pixels[0]]).area(1)
        for false, missed in zip(*wrong)
    ]
    covered = np.mean([e.lower <= true <= e.upper for e in estimates])
    assert 0.93 <= covered <= 0.97
    # The standard error is the estimates' own spread, and they centre on the truth.
    values = np.array([e.value for e in estimates])
    assert np.mean([e.standard_error for e in estimates]) == pytest.approx(values.std(), rel=0.08)
    assert values.mean() == pytest.approx(true, abs=4 * values.std() / math.sqrt(2000))


@pytest.mark.parametrize(
    ("pixels", "errors", "points"),
    [
        ((250, 249_750), (12, 150), (50, 250)),
        ((1250, 248_750), (125, 149), (50, 250)),
        ((5000, 245_000), (250, 368), (50, 50)),
        ((247_500, 2500), (149, 125), (250, 50)),
    ],
)
def test_the_interval_covers_the_true_area_where_an_error_is_a_rare_find(
    pixels: tuple[int, int], errors: tuple[int, int], points: tuple[int, int]
) -> None:
    """One missed pixel in 250 points is found by one survey in seven; Wilson's limits alone then covered 85 to 93 %."""
    true = pixels[0] - errors[0] + errors[1]
    random = np.random.default_rng(1)
    wrong = [random.hypergeometric(errors[i], pixels[i] - errors[i], points[i], 1000) for i in (0, 1)]
    estimates = [
        from_matrix([[points[1] - missed, missed], [false, points[0] - false]], [pixels[1], pixels[0]]).area(1)
        for false, missed in zip(*wrong)
    ]
    assert np.mean([e.lower <= true <= e.upper for e in estimates]) >= 0.95


@pytest.mark.parametrize(("pixels", "points"), [((300, 50), (250, 49)), ((100, 10), (80, 9)), ((300, 40), (270, 39))])
def test_one_missed_pixel_among_the_few_without_a_label_stays_possible(pixels: tuple[int, int], points: tuple[int, int]) -> None:
    """A survey in five to ten doesn't meet it; the area without it was then stated as the most that there may be."""
    stratum, sizes = np.repeat([0, 1], points), np.array(pixels, np.float64)
    estimate = surveyed(stratum, sizes, stratum, stratum, pixels=sizes).area(1)
    assert estimate.lower <= pixels[1] + 1 <= estimate.upper


@pytest.mark.parametrize(("found", "drawn", "pixels"), [(0, 9, 10), (14, 279, 280), (5, 20, 45), (20, 20, 21), (1, 2, 6)])
def test_limits_of_a_small_stratum_are_the_hypergeometric_distributions(found: int, drawn: int, pixels: int) -> None:
    possible = range(found, found + pixels - drawn + 1)
    most = max(kind for kind in possible if hypergeom.cdf(found, pixels, kind, drawn) > 0.025)
    fewest = min(kind for kind in possible if hypergeom.sf(found - 1, pixels, kind, drawn) > 0.025)
    assert _exact_limits(found, drawn, pixels) == (fewest, most)


def test_the_interval_covers_the_true_area_where_all_but_one_pixel_of_each_stratum_are_labelled() -> None:
    """Either pixel may be of the other kind; limits that know only the size of the sample covered 86 %."""
    pixels, water, drawn = np.array([280, 120]), (14, 108), (279, 119)
    random, covered = np.random.default_rng(4), 0
    counts = np.stack([random.hypergeometric(w, n - w, d, 400) for w, n, d in zip(water, pixels.tolist(), drawn)], axis=1)
    for row, times in zip(*np.unique(counts, axis=0, return_counts=True)):
        reference = np.concatenate([np.arange(d) < found for d, found in zip(drawn, row)]).astype(int)
        stratum = np.repeat([0, 1], drawn)
        estimate = surveyed(stratum, pixels.astype(float), reference, stratum, pixels=pixels.astype(float)).area(1)
        covered += int(times) * (estimate.lower - 1e-9 <= sum(water) <= estimate.upper + 1e-9)
    assert covered >= 0.95 * 400


def test_a_sample_that_another_map_stratified_serves_too() -> None:
    random = np.random.default_rng(8)
    stratum = (random.random(40_000) < 0.2).astype(int)
    truth = np.where(stratum == 1, random.random(40_000) < 0.8, random.random(40_000) < 0.1).astype(int)
    sizes = np.bincount(stratum)
    members = [np.flatnonzero(stratum == i) for i in (0, 1)]
    values, errors, covered, true = [], [], 0, truth.sum()
    for _ in range(600):
        rows = np.concatenate([random.choice(m, 600, replace=False) for m in members])
        # What the assessed map says of a pixel has no part in the area.
        estimate = surveyed(stratum[rows], sizes.astype(float), truth[rows], random.integers(0, 2, 1200)).area(1)
        values.append(estimate.value)
        errors.append(estimate.standard_error)
        covered += estimate.lower <= true <= estimate.upper
    assert np.mean(values) == pytest.approx(true, rel=0.005)
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.1)
    assert 0.93 <= covered / 600 <= 0.98


def test_pixels_that_differ_in_area_count_by_area() -> None:
    """Water lies where pixels are large, so a count of pixels would be off by a third."""
    random = np.random.default_rng(2)
    size = np.linspace(1, 3, 20_000)
    truth = (random.random(20_000) < (size - 1) / 2).astype(int)
    true = size[truth == 1].sum()
    covered, values = 0, []
    for _ in range(600):
        rows = random.choice(20_000, 300, replace=False)
        survey = surveyed(np.zeros(300, int), np.array([size.sum()]), truth[rows], truth[rows], size[rows])
        estimate = survey.area(1)
        values.append(estimate.value)
        covered += estimate.lower <= true <= estimate.upper
    assert np.mean(values) == pytest.approx(true, rel=0.005)
    assert 0.92 <= covered / 600 <= 0.98
    assert truth.mean() * size.sum() < 0.9 * true


@pytest.mark.parametrize("errors", [0, 3])
@pytest.mark.parametrize("pixels", [None, np.array([900.0, 30_000.0])])
def test_points_to_go_are_those_of_a_sample_so_many_times_as_large(errors: int, pixels: np.ndarray | None) -> None:
    def survey(times: int) -> Survey:
        matrix = times * np.array([[50 - errors, errors], [errors, 50 - errors]])
        made = from_matrix(matrix, [30_000.0, 900.0])
        return replace(made, strata=replace(made.strata, pixels=None if pixels is None else pixels[::-1].copy()))

    small, large = survey(1), survey(6).area(1)
    margin = (large.upper - large.lower) / 2 / large.value
    # Without an error the width falls faster than with the square root of the number of points.
    assert small.points_for(1, margin) == pytest.approx(600, rel=0.1)
    assert survey(6).points_for(1, 1.001 * margin) == 600
    assert survey(6).points_for(1, 10) == 600
    assert from_matrix(np.array([[50, 0], [50, 0]]), [30_000.0, 900.0]).points_for(1, 0.1) is None


def test_without_an_error_the_interval_keeps_a_width() -> None:
    estimate = from_matrix([[50, 0], [0, 50]], [9000.0, 1000.0]).area(1)
    assert (estimate.value, estimate.standard_error) == (1000.0, 0.0)
    assert estimate.lower < 1000 < estimate.upper


def test_a_single_point_says_nothing_of_its_stratum() -> None:
    with pytest.raises(InputError, match="“2” has fewer than two"):
        from_matrix([[50, 0], [0, 1]], [9000.0, 1000.0])
    strata, areas = np.repeat([0, 1], [50, 1]), np.array([9000.0, 1000.0])
    with pytest.raises(InputError, match="“pond” has fewer than two"):
        surveyed(strata, areas, strata, strata, pixels=np.array([900.0, 2.0]), names=("land", "pond"))
    with pytest.raises(InputError, match="“none” has fewer than two"):
        surveyed(strata, np.array([9000.0, 1000.0, 5.0]), strata, strata, names=("land", "pond", "none"), pixels=np.ones(3))


def test_a_stratum_of_one_pixel_that_is_labelled_is_known() -> None:
    strata = np.repeat([0, 1], [50, 1])
    survey = surveyed(strata, np.array([9000.0, 10.0]), strata, strata, pixels=np.array([900.0, 1.0]))
    estimate = survey.area(1)
    assert estimate.value == 10
    assert estimate.lower == pytest.approx(10)
    assert estimate.upper > 10


def test_errors_shrink_as_cochran_says_where_a_part_of_all_pixels_is_labelled() -> None:
    matrix, areas = np.array([[90, 10], [5, 95]]), np.array([400.0, 150.0])
    plain = from_matrix(matrix, areas)
    known = surveyed(plain.strata.stratum, areas, plain.reference, plain.predicted, pixels=np.array([400.0, 150.0]))
    # Cochran 1977, equation 5.7: variance of a stratum times (N − n) / N.
    variance = sum(area**2 * share * (1 - share) / 99 * (n - 100) / n for area, share, n in zip(areas, (0.1, 0.95), (400, 150)))
    assert known.area(1).standard_error == pytest.approx(math.sqrt(variance))
    assert known.area(1).standard_error < 0.9 * plain.area(1).standard_error
    all_of_it = surveyed(plain.strata.stratum, areas, plain.reference, plain.predicted, pixels=np.array([100.0, 100.0]))
    assert all_of_it.area(1).standard_error == 0
    assert all_of_it.area(1).interval == pytest.approx((all_of_it.area(1).value,) * 2)


def test_the_corrected_error_is_the_spread_of_surveys_of_a_small_map() -> None:
    """2000 surveys that label 60 of 80 and 90 of 200 pixels, without replacement."""
    random = np.random.default_rng(3)
    wrong = [random.hypergeometric(errors, pixels - errors, points, 2000) for errors, pixels, points in ((16, 80, 60), (20, 200, 90))]
    areas, pixels = np.array([200.0, 80.0]), np.array([200.0, 80.0])
    estimates = []
    for false, missed in zip(*wrong):
        survey = from_matrix([[90 - missed, missed], [false, 60 - false]], areas)
        estimates.append(surveyed(survey.strata.stratum, areas, survey.reference, survey.predicted, pixels=pixels).area(1))
    values = np.array([e.value for e in estimates])
    assert np.mean([e.standard_error for e in estimates]) == pytest.approx(values.std(), rel=0.05)
    true = 80 - 16 + 20
    assert 0.93 <= np.mean([e.lower - 1e-9 <= true <= e.upper + 1e-9 for e in estimates]) <= 0.99


def grid(code: int, transform: tuple[float, ...], width: int, height: int) -> Grid:
    return Grid(width, height, transform, spatial_reference(code).ExportToWkt())


def whole(areas: PixelAreas, g: Grid) -> float:
    return areas.total(g.window, np.ones((g.height, g.width), bool))


def quadrature(south: float, north: float, degrees: float) -> float:
    """Area in ha of a band of the WGS84 ellipsoid, by integrating the radii of curvature numerically."""
    a, f = 6378137.0, 1 / 298.257223563
    e2 = f * (2 - f)
    nodes, weights = np.polynomial.legendre.leggauss(40)
    low, high = math.radians(south), math.radians(north)
    phi = (high - low) / 2 * nodes + (high + low) / 2
    w2 = 1 - e2 * np.sin(phi) ** 2
    meridian, normal = a * (1 - e2) / w2**1.5, a / np.sqrt(w2)
    return float((meridian * normal * np.cos(phi)) @ weights) * (high - low) / 2 * math.radians(degrees) / 10_000


def test_degrees_are_measured_on_the_ellipsoid() -> None:
    g = grid(4326, (13.0, 0.001, 0, 53.0, 0, -0.002), 1000, 500)
    areas = PixelAreas.from_grid(g)
    assert whole(areas, g) == pytest.approx(quadrature(52, 53, 1), rel=1e-9)
    upper = np.zeros((500, 1000), bool)
    upper[:250] = True
    assert areas.total(g.window, upper) == pytest.approx(quadrature(52.5, 53, 1), rel=1e-9)
    assert areas.at(np.array([0.5]), np.array([499.5]))[0] == pytest.approx(quadrature(52, 52.002, 0.001), rel=1e-9)
    world = grid(4326, (-180.0, 1, 0, 90.0, 0, -1), 360, 180)
    assert whole(PixelAreas.from_grid(world), world) == pytest.approx(51_006_562_172.4, rel=1e-9)


def test_grids_made_to_measure_on_count_pixels() -> None:
    g = grid(32633, (400_000, 10, 0, 5_800_000, 0, -10), 2000, 1000)
    areas = PixelAreas.from_grid(g)
    assert whole(areas, g) == pytest.approx(2_000_000 * 0.01, rel=1e-12)
    assert not areas.corrected
    # A grid in feet: a pixel of 100 feet.
    feet = grid(2263, (980_000, 100, 0, 200_000, 0, -100), 10, 10)
    assert whole(PixelAreas.from_grid(feet), feet) == pytest.approx(100 * (100 * 1200 / 3937) ** 2 / 10_000, rel=1e-9)


def test_web_mercator_is_not_taken_at_its_word() -> None:
    """The same degree square as a Web Mercator grid, where planar areas are 2.7 times too large."""
    radius = 6378137.0
    x0, x1 = (math.radians(v) * radius for v in (13, 14))
    y0, y1 = (radius * math.log(math.tan(math.pi / 4 + math.radians(v) / 2)) for v in (52, 53))
    g = grid(3857, (x0, (x1 - x0) / 700, 0, y1, 0, -(y1 - y0) / 900), 700, 900)
    areas = PixelAreas.from_grid(g)
    assert areas.corrected
    assert whole(areas, g) == pytest.approx(quadrature(52, 53, 1), rel=1e-6)
    part = np.random.default_rng(0).random((200, 300)) < 0.3
    window = Window(100, 50, 300, 200)
    rows, columns = np.nonzero(part)
    assert areas.total(window, part) == pytest.approx(areas.at(columns + 100.5, rows + 50.5).sum(), rel=1e-9)
    # The third row of pixels, from the latitudes of its edges.
    edges = [math.degrees(2 * math.atan(math.exp((y1 - row * (y1 - y0) / 900) / radius)) - math.pi / 2) for row in (2, 3)]
    assert areas.at(np.array([10.5]), np.array([2.5]))[0] == pytest.approx(quadrature(edges[1], edges[0], 1 / 700), rel=1e-5)


def test_a_rotated_geographic_grid_has_the_area_of_its_outline() -> None:
    turned = grid(4326, (13.0, 0.0008, 0.0006, 52.0, 0.0006, -0.0008), 100, 100)
    straight = grid(4326, (13.0, 0.001, 0, 52.0, 0, -0.001), 100, 100)
    assert whole(PixelAreas.from_grid(turned), turned) == pytest.approx(whole(PixelAreas.from_grid(straight), straight), rel=2e-3)


def test_no_crs_no_area() -> None:
    with pytest.raises(InputError, match="no known CRS"):
        PixelAreas.from_grid(Grid(10, 10, (0, 10, 0, 0, 0, -10), ""))


def test_metres_in_a_crs_of_degrees_have_no_area() -> None:
    with pytest.raises(InputError, match="don't fit its CRS, EPSG:4326"):
        PixelAreas.from_grid(grid(4326, (500000, 10, 0, 5800000, 0, -10), 10, 10))
    # Pixels may be centred on a pole, of which half lies nowhere.
    world = grid(4326, (-0.5, 1, 0, 90.5, 0, -1), 360, 181)
    assert whole(PixelAreas.from_grid(world), world) == pytest.approx(51_006_562_172.4, rel=1e-9)
