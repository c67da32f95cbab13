"""Assessing a map as an analyst does, from labelled points to hectares with an interval; and what bad input gets."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal, ogr
from qgis.core import QgsProcessingException, QgsVectorLayer
from runs import FOUR_AREAS, Feedback, Scene, box, refused, run
from sklearn import metrics
from test_ways_to_run import run_model

TABLE = {"OUTPUT": "memory:"}
SCORES = ("ACCURACY", "PRECISION", "RECALL", "F1", "IOU", "AUC", "AVERAGE_PRECISION", "BRIER", "LOG_LOSS", "ECE")


@pytest.fixture
def made(make_image: Callable[..., str]) -> tuple[str, np.ndarray, np.ndarray]:
    """A map of 100 × 120 pixels, its probabilities (−9999 in two rows), and the truth, which it misses on both sides."""
    random = np.random.default_rng(0)
    mapped = random.random((100, 120)) < 0.15
    truth = np.where(mapped, random.random(mapped.shape) < 0.8, random.random(mapped.shape) < 0.06)
    p = np.where(mapped, random.uniform(0.5, 1, mapped.shape), random.uniform(0, 0.499, mapped.shape)).astype(np.float32)
    # As results are stored.
    p = np.round(p * 2**17) / np.float32(2**17)
    p[40:42] = -9999
    return make_image(p[None], "p.tif", descriptions=("water probability",), nodata=-9999), p, truth


@pytest.fixture
def truth_raster(made: tuple, make_image: Callable[..., str]) -> str:
    labels = made[2].astype(np.float32)
    labels[:, 5] = 255
    return make_image(labels[None], "truth.tif", descriptions=("class",), nodata=255)


def rows(layer: QgsVectorLayer) -> dict[str, tuple]:
    return {f["metric"]: (f["value"], f["lower"], f["upper"], f["note"]) for f in layer.getFeatures()}


def test_scores_of_a_reference_raster_are_scikit_learns(made: tuple, truth_raster: str) -> None:
    path, p, truth = made
    feedback = Feedback()
    found = run("assessaccuracy", {"INPUT": path, "REFERENCE_RASTER": truth_raster, **TABLE}, feedback)
    both = p != -9999
    both[:, 5] = False
    y, score = truth[both], p[both].astype(np.float64)
    said = score >= 0.5
    expected = (
        metrics.accuracy_score(y, said),
        metrics.precision_score(y, said),
        metrics.recall_score(y, said),
        metrics.f1_score(y, said),
        metrics.jaccard_score(y, said),
        metrics.roc_auc_score(y, score),
        metrics.average_precision_score(y, score),
        metrics.brier_score_loss(y, score),
        metrics.log_loss(y, np.clip(score, 0.5**18, 1 - 0.5**18)),
    )
    for key, value in zip(SCORES, expected):
        assert found[key] == pytest.approx(value, rel=1e-9), key
    table = rows(found["OUTPUT"])
    matrix = [[table[f"reference {r}, mapped {m}"][0] for m in ("not water", "water")] for r in ("not water", "water")]
    np.testing.assert_array_equal(matrix, metrics.confusion_matrix(y, said))
    assert table["left_out_map_nodata"][0] == 2 * 119
    assert table["left_out_reference_nodata"][0] == 98
    assert found["MAPPED_WATER_AREA_HA"] == found["WATER_AREA_HA"] == pytest.approx(0.01 * (p >= 0.5).sum())
    assert found["WATER_AREA_SE_HA"] is None
    assert "not a probability sample" in table["mapped_water_area_ha"][3]
    assert any("NoData in the reference" in line for line in feedback.infos)


def test_a_threshold_of_ones_own(made: tuple, truth_raster: str) -> None:
    path, p, truth = made
    found = run("assessaccuracy", {"INPUT": path, "REFERENCE_RASTER": truth_raster, "THRESHOLD": 0.2, **TABLE})
    both = p != -9999
    both[:, 5] = False
    assert found["F1"] == pytest.approx(metrics.f1_score(truth[both], p[both] >= 0.2))
    assert found["MAPPED_WATER_AREA_HA"] == pytest.approx(0.01 * (p >= 0.2).sum())


def test_percent_and_fractions_score_the_same(make_image: Callable[..., str], truth_raster: str, made: tuple) -> None:
    percent = np.random.default_rng(4).integers(0, 101, (100, 120))
    plain = make_image((percent / 100)[None].astype(np.float32), "plain.tif")
    stored = make_image(percent[None].astype(np.float32), "stored.tif")
    dataset = gdal.Translate(stored.replace("stored", "bytes"), stored, outputType=gdal.GDT_Byte)
    dataset.GetRasterBand(1).SetScale(0.01)
    dataset = None
    one, other = (
        run("assessaccuracy", {"INPUT": path, "REFERENCE_RASTER": truth_raster, "THRESHOLD": 0.57, **TABLE})
        for path in (plain, stored.replace("stored", "bytes"))
    )
    assert {k: v for k, v in one.items() if k != "OUTPUT"} == {k: v for k, v in other.items() if k != "OUTPUT"}


def label(path: str, truth: np.ndarray, share: float = 1.0) -> None:
    """Do what the analyst does, and be right."""
    dataset = ogr.Open(path, 1)
    layer = dataset.GetLayer(0)
    layer.StartTransaction()
    for number, feature in enumerate(list(layer)):
        point = feature.GetGeometryRef()
        column, row = int((point.GetX() - 500000) / 10), int((5800000 - point.GetY()) / 10)
        if number < share * layer.GetFeatureCount():
            feature["class"] = int(truth[row, column])
            layer.SetFeature(feature)
    layer.CommitTransaction()


@pytest.fixture
def sample(made: tuple, tmp_path: Path) -> str:
    return run("samplereference", {"INPUT": made[0], "COUNT": 500, "OUTPUT": str(tmp_path / "points.gpkg")})["OUTPUT"]


def test_from_drawn_points_to_hectares_with_an_interval(made: tuple, sample: str) -> None:
    path, p, truth = made
    label(sample, truth)
    feedback = Feedback()
    found = run("assessaccuracy", {"INPUT": path, "REFERENCE": sample, "CLASS_FIELD": "class", **TABLE}, feedback)
    valid = p != -9999
    true = 0.01 * truth[valid].sum()
    assert found["WATER_AREA_LOWER_HA"] < true < found["WATER_AREA_UPPER_HA"]
    assert found["WATER_AREA_LOWER_HA"] < found["WATER_AREA_HA"] < found["WATER_AREA_UPPER_HA"]
    assert found["MAPPED_WATER_AREA_HA"] == pytest.approx(0.01 * (p >= 0.5).sum())
    # Olofsson et al. 2014, equations 9 and 10, by hand.
    points = [(f["stratum"], f["class"], f["stratum_ha"]) for f in QgsVectorLayer(sample).getFeatures()]
    area = variance = 0.0
    for name in ("water", "not water"):
        mine = [(c, ha) for s, c, ha in points if s == name]
        share, ha = np.mean([c for c, _ in mine]), mine[0][1]
        area += ha * share
        # Without replacement from so many pixels (Cochran 1977, equation 5.7).
        variance += ha**2 * share * (1 - share) / (len(mine) - 1) * (1 - len(mine) / (ha / 0.01))
    assert found["WATER_AREA_HA"] == pytest.approx(area)
    assert found["WATER_AREA_SE_HA"] == pytest.approx(variance**0.5)
    # Scores are weighted by area, and the plain ones stand beside them.
    table = rows(found["OUTPUT"])
    said = p[valid] >= 0.5
    for key, value in (
        ("recall", metrics.recall_score(truth[valid], said)),
        ("precision", metrics.precision_score(truth[valid], said)),
        ("accuracy", metrics.accuracy_score(truth[valid], said)),
    ):
        assert found[key.upper()] == table[key][0]
        assert table[key][1] < value < table[key][2]
        assert "Bayesian bootstrap over points" in table[key][3]
    assert table["recall_unweighted"][0] != table["recall"][0]
    assert table["f1"][1] < table["f1"][0] < table["f1"][2]
    assert table["stratum water, points"][0] + table["stratum not water, points"][0] == 500
    assert table["water_area_ha"][:3] == (found["WATER_AREA_HA"], found["WATER_AREA_LOWER_HA"], found["WATER_AREA_UPPER_HA"])
    assert any("Estimated area of water" in line for line in feedback.infos)


def test_points_not_yet_labelled_are_left_out_and_counted(made: tuple, sample: str) -> None:
    path, _, truth = made
    label(sample, truth, 0.6)
    found = run("assessaccuracy", {"INPUT": path, "REFERENCE": sample, "CLASS_FIELD": "class", **TABLE})
    table = rows(found["OUTPUT"])
    assert table["left_out_unlabelled"][0] == 200
    # The strata keep their size.
    estimate, points = 0.0, [f for f in QgsVectorLayer(sample).getFeatures() if isinstance(f["class"], int)]
    for name in ("water", "not water"):
        mine = [f for f in points if f["stratum"] == name]
        estimate += mine[0]["stratum_ha"] * np.mean([f["class"] for f in mine])
    assert len(points) == 300
    assert found["WATER_AREA_HA"] == pytest.approx(estimate)


def test_the_map_may_be_a_later_one_than_the_points(made: tuple, sample: str, make_image: Callable[..., str]) -> None:
    """Points of one map judge another: the area is the same, the scores are the other map's."""
    path, p, truth = made
    label(sample, truth)
    better = np.where(truth, 0.9, 0.1).astype(np.float32)
    better[p == -9999] = -9999
    other = make_image(better[None], "better.tif", nodata=-9999)
    one, two = (run("assessaccuracy", {"INPUT": i, "REFERENCE": sample, "CLASS_FIELD": "class", **TABLE}) for i in (path, other))
    assert two["WATER_AREA_HA"] == pytest.approx(one["WATER_AREA_HA"])
    assert two["F1"] == 1
    assert one["F1"] < 0.85


def test_points_added_by_hand_are_no_part_of_the_sample(made: tuple, sample: str) -> None:
    path, _, truth = made
    label(sample, truth)
    parameters = {"INPUT": path, "REFERENCE": sample, "CLASS_FIELD": "class", **TABLE}
    before = run("assessaccuracy", parameters)
    dataset = ogr.Open(sample, 1)
    for number in range(20):
        feature = ogr.Feature(dataset.GetLayer(0).GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POINT ({500105 + 10 * number} 5799905)"))
        feature["class"] = 1
        dataset.GetLayer(0).CreateFeature(feature)
    dataset = None
    feedback = Feedback()
    after = run("assessaccuracy", parameters, feedback)
    assert any("aren't random: 20." in w for w in feedback.warnings)
    assert {k: v for k, v in after.items() if k != "OUTPUT"} == {k: v for k, v in before.items() if k != "OUTPUT"}


def test_a_random_sample_gives_an_interval_too(made: tuple, tmp_path: Path) -> None:
    path, p, truth = made
    points = run("samplereference", {"INPUT": path, "COUNT": 400, "DESIGN": "random", "OUTPUT": str(tmp_path / "r.gpkg")})["OUTPUT"]
    label(points, truth)
    found = run("assessaccuracy", {"INPUT": path, "REFERENCE": points, "CLASS_FIELD": "class", **TABLE})
    assert found["WATER_AREA_LOWER_HA"] < 0.01 * truth[p != -9999].sum() < found["WATER_AREA_UPPER_HA"]
    # Divided by mapped class after the fact.
    assert "stratum water, points" in rows(found["OUTPUT"])


def test_few_errors_in_a_stratum_are_warned_of(made: tuple, sample: str) -> None:
    path, p, _ = made
    label(sample, p >= 0.5)
    feedback = Feedback()
    found = run("assessaccuracy", {"INPUT": path, "REFERENCE": sample, "CLASS_FIELD": "class", **TABLE}, feedback)
    assert sum(w.startswith("Errors among the") and ": 0. With fewer" in w for w in feedback.warnings) == 2
    assert found["WATER_AREA_LOWER_HA"] < found["WATER_AREA_HA"] < found["WATER_AREA_UPPER_HA"]


def test_polygons_give_scores_and_no_interval_of_the_area(made: tuple, make_areas: Callable[..., str]) -> None:
    path, p, _ = made
    shapes = [(box(10 * c, 10 * r, 5, 5), int(r % 2)) for r in range(4) for c in range(10)]
    feedback = Feedback()
    found = run("assessaccuracy", {"INPUT": path, "REFERENCE": make_areas(shapes), "CLASS_FIELD": "class", **TABLE}, feedback)
    y = np.concatenate([np.full(25, bool(r % 2)) for r in range(4) for c in range(10)])
    score = np.concatenate([p[10 * r : 10 * r + 5, 10 * c : 10 * c + 5].reshape(-1) for r in range(4) for c in range(10)])
    assert found["F1"] == pytest.approx(metrics.f1_score(y, score >= 0.5))
    assert found["AUC"] == pytest.approx(metrics.roc_auc_score(y, score))
    assert found["WATER_AREA_HA"] == found["MAPPED_WATER_AREA_HA"]
    assert found["WATER_AREA_SE_HA"] is None
    table = rows(found["OUTPUT"])
    assert table["f1"][1] < table["f1"][0] < table["f1"][2]
    assert "bootstrap over polygons" in table["f1"][3]
    assert "Approximate" in table["intervals"][3]
    few = make_areas(shapes[:19], "few.gpkg")
    table = rows(run("assessaccuracy", {"INPUT": path, "REFERENCE": few, "CLASS_FIELD": "class", **TABLE})["OUTPUT"])
    assert isinstance(table["f1"][0], float)
    assert not isinstance(table["f1"][1], float)
    assert "at least 10 polygons of each class, and one class has 9" in table["intervals"][3]


def test_samples_of_polygons_are_as_many_places_as_polygons(made: tuple, make_areas: Callable[..., str], tmp_path: Path) -> None:
    """A hundred pixels of two polygons, as Sample labelled pixels writes them, aren't a hundred places."""
    path, _, _ = made
    pixels = [(box(c + 0.3, r + 0.3, 0.4, 0.4), int(c < 60)) for c in (5, 6, 7, 8, 9, 70, 71, 72, 73, 74) for r in range(10)]
    layer = make_areas(pixels, "pixels.gpkg")
    samples = str(tmp_path / "samples.gpkg")
    query = f"SELECT ST_Centroid(geom) AS geom, class, class + 1 AS polygon, 'scene' AS scene FROM \"{Path(layer).stem}\""
    gdal.VectorTranslate(samples, layer, format="GPKG", SQLDialect="SQLite", SQLStatement=query)
    table = rows(run("assessaccuracy", {"INPUT": path, "REFERENCE": samples, "CLASS_FIELD": "class", **TABLE})["OUTPUT"])
    assert "at least 10 polygons of each class, and one class has 1" in table["intervals"][3]
    assert sum(value[0] for key, value in table.items() if key.startswith("reference ")) == 100


def test_polygons_in_degrees_hold_the_same_pixels(made: tuple, make_areas: Callable[..., str], tmp_path: Path) -> None:
    path, _, _ = made
    here = make_areas([(box(5, 5, 30, 25), 1), (box(60, 50, 40, 30), 0)])
    there = str(tmp_path / "degrees.gpkg")
    gdal.VectorTranslate(there, here, dstSRS="EPSG:4326", format="GPKG")
    one, two = (run("assessaccuracy", {"INPUT": path, "REFERENCE": r, "CLASS_FIELD": "class", **TABLE}) for r in (here, there))
    assert two["F1"] == pytest.approx(one["F1"], abs=0.01)
    pixels = [sum(v[0] for k, v in rows(r["OUTPUT"]).items() if k.startswith("reference ")) for r in (one, two)]
    assert pixels[0] == pytest.approx(pixels[1], rel=0.01)


def edit(path: str, change: Callable[[ogr.Feature], None], where: str = "") -> None:
    dataset = ogr.Open(path, 1)
    layer = dataset.GetLayer(0)
    layer.SetAttributeFilter(where or None)
    for feature in list(layer):
        change(feature)
        layer.SetFeature(feature)


def assessed(path: str, reference: str, feedback: Feedback | None = None) -> dict[str, Any]:
    return run("assessaccuracy", {"INPUT": path, "REFERENCE": reference, "CLASS_FIELD": "class", **TABLE}, feedback)


@pytest.mark.parametrize(("left", "missing"), [("water", "not water"), ("not water", "water")])
def test_a_stratum_that_is_filtered_away_leaves_no_area(made: tuple, sample: str, left: str, missing: str) -> None:
    label(sample, made[2])
    feedback = Feedback()
    found = assessed(made[0], f"{sample}|subset=\"stratum\" = '{left}'", feedback)
    assert found["WATER_AREA_SE_HA"] is None
    assert found["WATER_AREA_LOWER_HA"] is None
    assert found["WATER_AREA_HA"] == found["MAPPED_WATER_AREA_HA"]
    assert any(f"No point of stratum “{missing}”" in warning for warning in feedback.warnings)
    table = rows(found["OUTPUT"])
    assert "water_area_ha" not in table
    assert missing in table["mapped_water_area_ha"][3]


def test_deleted_points_are_told(made: tuple, sample: str) -> None:
    label(sample, made[2])
    feedback = Feedback()
    assessed(made[0], f'{sample}|subset="class" = 1 OR "stratum" = \'water\'', feedback)
    assert any("points that were drawn in stratum “not water” are in the reference" in warning for warning in feedback.warnings)


def test_points_that_were_passed_over_are_told(made: tuple, sample: str) -> None:
    label(sample, made[2])
    edit(sample, lambda feature: feature.SetFieldNull("class"), "fid % 10 = 3")
    feedback = Feedback()
    assessed(made[0], sample, feedback)
    assert any("before the last labelled one: 50." in warning for warning in feedback.warnings)


@pytest.mark.parametrize(("field", "value"), [("stratum_ha", 0.0), ("stratum_ha", 1e308), ("weight", -2.0)])
def test_strata_that_cannot_be_are_refused(made: tuple, sample: str, field: str, value: float, tmp_path: Path) -> None:
    label(sample, made[2])
    edit(sample, lambda feature: feature.SetField(field, value), "stratum = 'water'")
    parameters = {"INPUT": made[0], "REFERENCE": sample, "CLASS_FIELD": "class", "OUTPUT": str(tmp_path / "t.csv")}
    refused("assessaccuracy", parameters, "in stratum “water” holds")


def test_only_points_as_sample_reference_points_writes_them_are_a_probability_sample(made: tuple, sample: str, tmp_path: Path) -> None:
    """Polygons with such fields aren't, nor are points that lack one of them or name other strata."""
    path, _, truth = made
    label(sample, truth)
    assert assessed(path, sample)["WATER_AREA_SE_HA"] > 0
    dataset = gdal.OpenEx(sample)
    layer = dataset.GetLayer(0).GetName()
    fields = {
        "squares": "class, stratum, weight, stratum_ha, ST_Buffer(geom, 4, 1) AS geom",
        "without": "class, stratum, weight, geom",
        "strangers": "class, 'forest' AS stratum, weight, stratum_ha, geom",
    }
    made_of = {name: str(tmp_path / f"{name}.gpkg") for name in fields}
    for name, chosen in fields.items():
        gdal.VectorTranslate(made_of[name], dataset, SQLDialect="SQLite", SQLStatement=f'SELECT {chosen} FROM "{layer}"', layerName=name)
    dataset = None
    for reference in made_of.values():
        found = assessed(path, reference)
        assert found["WATER_AREA_SE_HA"] is None, reference
        assert "recall_unweighted" not in rows(found["OUTPUT"])


@pytest.mark.parametrize("water", [True, False])
def test_a_reference_of_one_class_gives_no_score_but_recall(
    made: tuple, make_areas: Callable[..., str], water: bool, tmp_path: Path
) -> None:
    areas = make_areas([(box(10 * c, 2, 5, 5), int(water)) for c in range(12)])
    feedback = Feedback()
    report = tmp_path / "report.html"
    parameters = {"INPUT": made[0], "REFERENCE": areas, "CLASS_FIELD": "class", "WATER_VALUES": "1", **TABLE, "OUTPUT_REPORT": str(report)}
    if not water:
        refused("assessaccuracy", {**parameters, "OUTPUT": str(tmp_path / "t.csv")}, "None of the values that mean water occurs")
        return
    found = run("assessaccuracy", parameters, feedback)
    assert {key for key in SCORES if found[key] is not None} == {"RECALL"}
    assert any("All of the reference is water" in warning for warning in feedback.warnings)
    table = rows(found["OUTPUT"])
    assert {key.lower() for key in SCORES if isinstance(table[key.lower()][0], float)} == {"recall"}
    assert "All of the reference is water" in report.read_text(encoding="utf-8")


def test_a_sample_in_which_nothing_is_water_bounds_the_area(made: tuple, sample: str, tmp_path: Path) -> None:
    """All drawn points may be land: the area of water is 0 hectares, up to what so many points can rule out."""
    path, p, truth = made
    label(sample, np.zeros_like(truth))
    feedback = Feedback()
    found = assessed(path, sample, feedback)
    total = 0.01 * (p != -9999).sum()
    assert (found["WATER_AREA_HA"], found["WATER_AREA_LOWER_HA"]) == (0, 0)
    # Wilson's upper limit of nothing in some 250 points of each stratum is 1.5 % of it.
    assert 0 < found["WATER_AREA_UPPER_HA"] < 0.02 * total
    assert {key for key in SCORES if found[key] is not None} <= {"ACCURACY", "BRIER"}
    assert any("Nothing in the reference is water" in warning for warning in feedback.warnings)
    parameters = {"INPUT": path, "REFERENCE": sample, "CLASS_FIELD": "class", "OUTPUT": str(tmp_path / "t.csv")}
    refused("assessaccuracy", {**parameters, "WATER_VALUES": "2"}, "None of the values that mean water occurs")
    # Of classes that the form doesn't offer it can't be told what they mean.
    edit(sample, lambda feature: feature.SetField("class", 2), "fid < 9")
    refused("assessaccuracy", parameters, "None of the values that mean water occurs")


def test_points_that_were_not_drawn_give_no_interval_of_the_area(made: tuple, make_areas: Callable[..., str]) -> None:
    path, p, truth = made
    places = [(r, c) for r in range(2, 38, 3) for c in range(2, 110, 4)]
    points = [(f"POINT ({500005 + 10 * c} {5799995 - 10 * r})", "lake" if truth[r, c] else "field") for r, c in places]
    areas = make_areas(points, field=ogr.OFTString)
    found = run("assessaccuracy", {"INPUT": path, "REFERENCE": areas, "CLASS_FIELD": "class", "WATER_VALUES": "Lake", **TABLE})
    y, score = np.array([truth[place] for place in places]), np.array([p[place] for place in places])
    assert found["F1"] == pytest.approx(metrics.f1_score(y, score >= 0.5))
    assert found["WATER_AREA_SE_HA"] is None


@pytest.mark.parametrize("reference", ["the areas", "most of them, redrawn", "their samples", "a raster of them", "elsewhere"])
def test_the_training_areas_are_no_reference(
    made_image: str, make_areas: Callable[..., str], make_image: Callable[..., str], reference: str, tmp_path: Path
) -> None:
    """Whatever file they come in: the map tells where it was trained."""
    areas = make_areas(FOUR_AREAS, "training.gpkg")
    sampled = {"INPUT": made_image, "POLYGONS": areas, "CLASS_FIELD": "class"}
    path = run("mapwater", {**sampled, "OUTPUT": str(tmp_path / "p.tif")})["OUTPUT"]
    parameters = {"INPUT": path, "CLASS_FIELD": "class", **TABLE}
    if reference == "a raster of them":
        labels = np.full(gdal.Open(path).ReadAsArray().shape, 255.0)
        labels[25:31, 5:11], labels[25:31, 30:36] = 1, 0
        parameters["REFERENCE_RASTER"] = make_image(labels[None], "labels.tif", nodata=255)
    elif reference == "their samples":
        parameters["REFERENCE"] = run("samplepixels", {**sampled, "OUTPUT": str(tmp_path / "s.gpkg")})["OUTPUT"]
    elif reference == "elsewhere":
        parameters["REFERENCE"] = make_areas([(box(14, 25, 4, 4), 1), (box(24, 27, 4, 4), 0)], "other.gpkg")
    else:
        redrawn = [(box(4.8, 24.8, 6.4, 6.4), 1), (box(29.8, 24.8, 6.4, 6.4), 0)]
        parameters["REFERENCE"] = areas if reference == "the areas" else make_areas(redrawn, "redrawn.gpkg")
    feedback = Feedback()
    run("assessaccuracy", parameters, feedback)
    assert any("places that the map was trained on" in warning for warning in feedback.warnings) == (reference != "elsewhere")


def test_a_map_is_no_reference(made_image: str, make_areas: Callable[..., str], make_image: Callable[..., str], tmp_path: Path) -> None:
    """A mask of the map agrees with it everywhere, and that says nothing of how good they are."""
    areas = make_areas(FOUR_AREAS, "training.gpkg")
    path = run("mapwater", {"INPUT": made_image, "POLYGONS": areas, "CLASS_FIELD": "class", "OUTPUT": str(tmp_path / "p.tif")})["OUTPUT"]
    mask = str(tmp_path / "mask.tif")
    run("extractwater", {"INPUT": path, "OUTPUT": str(tmp_path / "bodies.gpkg"), "OUTPUT_MASK": mask})
    same = make_image(gdal.Open(mask).ReadAsArray()[None].astype(np.float32), "same.tif", nodata=255)
    for reference, told in ((mask, True), (same, False)):
        feedback = Feedback()
        found = run("assessaccuracy", {"INPUT": path, "REFERENCE_RASTER": reference, **TABLE}, feedback)
        assert found["F1"] == 1
        assert any("The reference is itself a map" in warning for warning in feedback.warnings) == told


def test_the_table_as_a_file(made: tuple, truth_raster: str, tmp_path: Path) -> None:
    for name in ("table.csv", "table.gpkg"):
        output = run("assessaccuracy", {"INPUT": made[0], "REFERENCE_RASTER": truth_raster, "OUTPUT": str(tmp_path / name)})["OUTPUT"]
        layer = QgsVectorLayer(output, "table")
        assert layer.fields().names()[-5:] == ["metric", "value", "lower", "upper", "note"]
        assert {"accuracy", "f1", "auc", "ece", "mapped_water_area_ha"} <= {f["metric"] for f in layer.getFeatures()}
        assert not layer.isSpatial()


def test_a_map_in_degrees_has_hectares(make_image: Callable[..., str], make_areas: Callable[..., str]) -> None:
    p = np.full((1, 100, 100), 0.9, np.float32)
    path = make_image(p, "degrees.tif", epsg=4326)
    dataset = gdal.Open(path, gdal.GA_Update)
    dataset.SetGeoTransform([13, 0.001, 0, 52, 0, -0.001])
    dataset = None
    areas = make_areas([("POINT (13.05 51.95)", 1), ("POINT (13.02 51.92)", 0)], epsg=4326)
    found = run("assessaccuracy", {"INPUT": path, "REFERENCE": areas, "CLASS_FIELD": "class", **TABLE})
    # A tenth of a degree at 51.95 degrees north is 6873 m wide and 11128 m high.
    assert found["MAPPED_WATER_AREA_HA"] == pytest.approx(6873 * 11128 / 10_000, rel=1e-3)


def bad(**changed: Any) -> dict[str, Any]:
    return changed


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (bad(REFERENCE=None), "No reference is given"),
        (bad(REFERENCE_RASTER="truth"), "choose only one of them"),
        (bad(REFERENCE="nowhere.gpkg"), "can't be opened"),
        (bad(CLASS_FIELD="kind"), "no field “kind”"),
        (bad(WATER_VALUES=" , "), "No value that means water is given"),
        (bad(INPUT="nowhere.tif"), "can't be opened"),
        (bad(THRESHOLD=2), ""),
        (bad(OUTPUT="/nowhere/table.csv"), "nowhere"),
    ],
)
def test_bad_values_are_refused(
    made: tuple, truth_raster: str, make_areas: Callable[..., str], changed: dict[str, Any], words: str, tmp_path: Path
) -> None:
    areas = make_areas([(box(2, 2, 8, 8), 1), (box(25, 2, 8, 8), 0)])
    changed = {key: truth_raster if value == "truth" else value for key, value in changed.items()}
    parameters = {"INPUT": made[0], "REFERENCE": areas, "CLASS_FIELD": "class", "OUTPUT": str(tmp_path / "t.csv"), **changed}
    refused("assessaccuracy", parameters, words)


def test_bad_references_are_refused(made: tuple, make_areas: Callable[..., str], make_image: Callable[..., str], tmp_path: Path) -> None:
    common = {"INPUT": made[0], "CLASS_FIELD": "class", "OUTPUT": str(tmp_path / "t.csv")}
    outside = make_areas([("POINT (100 100)", 1)], "outside.gpkg")
    refused("assessaccuracy", {**common, "REFERENCE": outside}, "outside the raster")
    empty = make_areas([(box(2, 2, 8, 8), None)], "empty.gpkg")
    refused("assessaccuracy", {**common, "REFERENCE": empty}, "label some first")
    line = make_areas([("LINESTRING (500000 5800000, 500100 5799900)", 1)], "line.gpkg")
    refused("assessaccuracy", {**common, "REFERENCE": line}, "polygons or points")
    nodata = make_areas([(box(0, 40, 50, 2), 1)], "nodata.gpkg")
    refused("assessaccuracy", {**common, "REFERENCE": nodata}, "No pixel has both")
    lost = make_image(np.full((1, 20, 20), 0.4), "lost.tif", epsg=None)
    refused("assessaccuracy", {**common, "INPUT": lost, "REFERENCE": outside}, "CRS of “lost” is unknown")
    percent = make_image(np.full((1, 20, 20), 40.0), "percent.tif")
    refused("assessaccuracy", {**common, "INPUT": percent, "REFERENCE": make_areas([(box(2, 2, 8, 8), 1)], "ok.gpkg")}, "between 0 and 1")


@pytest.mark.parametrize("percent", [1, 45, 75])
def test_cancelled_in_the_middle(make_image: Callable[..., str], tmp_path: Path, percent: float) -> None:
    random = np.random.default_rng(0)
    p = random.random((1, 2000, 2000), np.float32)
    path, truth = make_image(p, "large.tif"), make_image((p > 0.4).astype(np.float32), "truth.tif")
    feedback = Feedback(cancel_at=percent)
    with pytest.raises(QgsProcessingException, match="Cancelled"):
        run("assessaccuracy", {"INPUT": path, "REFERENCE_RASTER": truth, "OUTPUT": str(tmp_path / "t.csv")}, feedback)
    assert not list(tmp_path.glob("*t.csv*"))
    assert max(feedback.fractions) < 100


def test_as_the_last_step_of_a_model(scene: Scene, model_file: str, tmp_path: Path) -> None:
    steps = {
        "predictwaterprobability": {"INPUT": "image", "MODEL": model_file},
        "assessaccuracy": {"INPUT": ("predictwaterprobability", "OUTPUT"), "REFERENCE": "areas", "CLASS_FIELD": "class"},
    }
    results, succeeded, feedback = run_model(steps, scene, tmp_path / "table.gpkg")
    assert succeeded, feedback.errors
    assert 0 < results["CHILD_RESULTS"]["assessaccuracy"]["F1"] <= 1
    assert QgsVectorLayer(str(tmp_path / "table.gpkg")).featureCount() > 15


def test_labels_by_a_second_person_are_compared(made: tuple, sample: str, tmp_path: Path) -> None:
    path, _, truth = made
    other = str(tmp_path / "other.gpkg")
    shutil.copy(sample, other)
    label(sample, truth)
    label(other, truth)
    dataset = ogr.Open(other, 1)
    for fid, value in ((3, None), (7, "flip"), (12, "flip")):
        feature = dataset.GetLayer(0).GetFeature(fid)
        feature["class"] = None if value is None else 1 - feature["class"]
        dataset.GetLayer(0).SetFeature(feature)
    del feature, dataset
    feedback = Feedback()
    parameters = {"INPUT": path, "REFERENCE": sample, **TABLE, "OUTPUT_REPORT": str(tmp_path / "report.html")}
    found = run("assessaccuracy", {**parameters, "SECOND_REFERENCE": other}, feedback)
    assert found["AGREEMENT"] == pytest.approx(497 / 499)
    assert (found["DIFFERING_POINTS"], 0.9 < found["KAPPA"] < 1) == (2, True)
    alone = run("assessaccuracy", parameters)
    assert found["WATER_AREA_HA"] == alone["WATER_AREA_HA"]
    assert (alone["AGREEMENT"], alone["KAPPA"], alone["DIFFERING_POINTS"]) == (None, None, None)
    listed = [f["value"] for f in found["OUTPUT"].getFeatures() if f["metric"] == "labels differ, feature"]
    assert listed == [7, 12]
    assert any("agree on 99.6" in line for line in feedback.infos)
    assert any("They differ on these features of the first layer: 7, 12." in line for line in feedback.infos)


def test_a_layer_does_not_agree_with_itself(made: tuple, sample: str, tmp_path: Path) -> None:
    path, _, truth = made
    label(sample, truth)
    link = tmp_path / "second.gpkg"
    link.symlink_to(sample)
    for second in (sample, str(link), f"{Path(sample).parent}/./{Path(sample).name}|layername={Path(sample).stem}"):
        refused("assessaccuracy", {"INPUT": path, "REFERENCE": sample, "SECOND_REFERENCE": second, **TABLE}, "would agree with themselves")


def test_labels_by_a_second_person_are_points(made: tuple, truth_raster: str, sample: str, make_areas: Callable[..., str]) -> None:
    areas = make_areas(FOUR_AREAS)
    for reference in ({"REFERENCE_RASTER": truth_raster}, {"REFERENCE": areas}):
        refused("assessaccuracy", {"INPUT": made[0], **reference, "SECOND_REFERENCE": sample, **TABLE}, "choose a point layer")
