"""Samples as a value: what is refused, which rows belong together, and scenes that survive as text in a field."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipeo_water_plugin.core.errors import InputError
from ipeo_water_plugin.core.samples import Samples, Scene, is_truncated

NAMES = ("green", "red", "nir")

FINITE = st.none() | st.floats(allow_nan=False, allow_infinity=False)
SCENES = st.builds(
    Scene,
    name=st.text(),
    data_type=st.none() | st.text(),
    pixel_size=st.none() | st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 2),
    crs=st.none() | st.text(),
    scale=st.lists(FINITE, max_size=5).map(tuple),
    offset=st.lists(FINITE, max_size=5).map(tuple),
    nodata=st.lists(st.none() | st.floats(), max_size=5).map(tuple),
)


def comparable(scene: Scene) -> Scene:
    """NaN equals nothing, itself included."""
    return replace(scene, nodata=tuple("nan" if v is not None and math.isnan(v) else v for v in scene.nodata))


@settings(deadline=None)
@given(SCENES)
def test_a_scene_comes_back_from_its_text(scene: Scene) -> None:
    text = scene.to_text()
    assert "\n" not in text
    assert comparable(Scene.from_text(text)) == comparable(scene)


def test_the_text_is_strict_json() -> None:
    scene = Scene("Müritz", "uint16", (10.0, 10.0), "EPSG:32633", (1e-4, None), (None, -0.1), (math.nan, -math.inf))

    def refuse(token: str) -> None:
        raise AssertionError(token)

    record = json.loads(scene.to_text(), parse_constant=refuse)
    assert list(record)[:2] == ["name", "data_type"]
    assert set(record) == {f.name for f in fields(Scene)} - {"id", "data_types"}
    assert record["nodata"] == ["nan", "-inf"]
    assert "Müritz" in scene.to_text()


@settings(deadline=None)
@given(st.text())
def test_any_other_text_is_a_bare_name(text: str) -> None:
    assert Scene.from_text(text) == Scene(name=text)


RECORD = Scene("a", "uint8", (10.0, 20.0), "EPSG:4326", (1.0,), (0.0,), (255.0,)).to_record()


def broken(key: str, value: Any) -> str:
    return json.dumps({**RECORD, key: value})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "null",
        "[]",
        '"image"',
        "{}",
        '{"name": "a"}',
        "[" * 100_000,
        broken("pixel_size", [10]),
        broken("pixel_size", [10, 10, 10]),
        broken("pixel_size", [10, math.inf]),
        broken("pixel_size", [math.nan, 10]),
        broken("scale", None),
        broken("scale", ["x"]),
        broken("scale", ["nan"]),
        broken("offset", [math.inf]),
        broken("offset", 5),
        broken("nodata", [[1]]),
        broken("nodata", [10**400]),
    ],
)
def test_what_only_resembles_a_scene_is_a_bare_name(text: str) -> None:
    assert Scene.from_text(json.dumps(RECORD)) != Scene(name=json.dumps(RECORD))
    assert Scene.from_text(text) == Scene(name=text)


def test_of_a_text_that_was_cut_the_whole_entries_are_read() -> None:
    """A shapefile has room for 254 bytes, of which a name may take most."""
    scene = Scene(
        "S2 " * 10, "uint16 uint8", (10.0, 10.0), "EPSG:32633", (1e-4,) * 4, (-0.1,) * 4, (0.0,) * 4, (*NAMES, "x"), (), "0123456789ab"
    )
    text = scene.to_text()
    assert not is_truncated(text)
    assert Scene.from_text(text) == scene
    for length in range(len('{"name":"",') + len(scene.name), len(text)):
        found = Scene.from_text(text[:length])
        assert is_truncated(text[:length])
        assert found.name == scene.name
        assert found.id in ("", scene.id)
        assert found.scale in ((), scene.scale)
        assert found.data_type in (None, scene.data_type)
    assert Scene.from_text(text[:70]).id == scene.id
    assert Scene.from_text(text[:20]) == Scene(name=text[:20])


def test_a_text_from_before_inputs_were_named() -> None:
    record = {key: value for key, value in RECORD.items() if key not in {"inputs", "id", "data_types"}}
    scene = Scene.from_text(json.dumps({**record, "scale": [1, 2, 3, 4], "offset": [0, 0, 0, 5], "nodata": []}))
    assert scene.inputs == ("green", "red", "nir")
    assert scene.scaling("nir", 0) == (3.0, 0.0)
    assert scene.scaling("x", 3) is None


def test_inputs_are_known_by_name() -> None:
    scene = Scene("s", "uint16 float32", scale=(1.0, 2.0), offset=(3.0, None), inputs=("green", "x"), data_types=("uint16", "float32"))
    assert (scene.scaling("x", 0), scene.type_of("x", 0)) == ((2.0, None), "float32")
    assert (scene.scaling("nir", 0), scene.type_of("nir", 0)) == (None, None)
    assert Scene("s", "uint8", scale=(1.0, 2.0), offset=(3.0, 4.0)).scaling("any", 1) == (2.0, 4.0)


def made(n: int = 6, **changes: Any) -> Samples:
    """Rows whose every part tells their number."""
    rows = np.arange(n)
    parts: dict[str, Any] = {
        "X": np.stack([rows, rows + 100, rows + 200], axis=1).astype(np.float64),
        "y": rows % 2 == 1,
        "polygon": rows * 7,
        "scene": (rows % 3).astype(np.int32),
        "names": ("green", "red", "nir"),
        "scenes": (Scene("a"), Scene("b"), Scene("c")),
        "position": np.stack([rows + 0.5, -rows - 0.5], axis=1),
    }
    return Samples(**{**parts, **changes})


def test_good_samples_and_none() -> None:
    assert len(made()) == 6
    assert len(made(0)) == 0
    assert len(made(0, scenes=())) == 0
    assert made(position=None).position is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"X": np.zeros((5, 3))}, r"X has shape \(5, 3\) for 6 labels and 3 inputs"),
        ({"X": np.zeros((6, 2))}, r"X has shape \(6, 2\)"),
        ({"X": np.zeros(18)}, r"X has shape \(18,\)"),
        ({"y": np.zeros((6, 1), bool)}, "one row per pixel"),
        ({"polygon": np.zeros(5, np.int64)}, "one row per pixel"),
        ({"scene": np.zeros((6, 1), np.int32)}, "one row per pixel"),
        ({"position": np.zeros((6, 3))}, "one row per pixel"),
        ({"position": np.zeros((5, 2))}, "one row per pixel"),
        ({"y": np.zeros(6, np.uint8)}, "Boolean labels"),
        ({"polygon": np.zeros(6)}, "integers for polygons"),
        ({"scene": np.zeros(6)}, "integers for polygons and scenes"),
        ({"X": np.full((6, 3), np.nan)}, "NaN or infinite"),
        ({"X": np.vstack([np.zeros((5, 3)), [[0, 0, -np.inf]]])}, "NaN or infinite"),
        ({"names": ("green", "red", "red")}, "green, red, red"),
        ({"scene": np.array([0, 1, 2, 3, 0, 0])}, "refers to a scene that isn't listed"),
        ({"scene": np.array([0, 1, 2, -1, 0, 0])}, "refers to a scene that isn't listed"),
        ({"scenes": ()}, "refers to a scene that isn't listed"),
    ],
)
def test_bad_samples_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        made(**changes)


@settings(deadline=None)
@given(
    st.one_of(
        *(
            st.lists(st.tuples(st.integers(0, 2), polygons), max_size=40)
            # Ids close together are counted, others sorted; some ids come more than once either way.
            for polygons in (st.integers(-5, 5), st.integers(-(2**62), 2**62), st.sampled_from([-(2**63), 0, 2**40, 2**63 - 1]))
        )
    )
)
def test_groups_number_the_pairs_of_scene_and_polygon(pairs: list[tuple[int, int]]) -> None:
    scene, polygon = (np.array([p[k] for p in pairs], t) for k, t in enumerate((np.int32, np.int64)))
    groups = made(len(pairs), scene=scene, polygon=polygon).groups()
    assert (groups.dtype, groups.shape) == (np.int64, (len(pairs),))
    assert sorted(set(groups.tolist())) == list(range(len(set(pairs))))
    assert len(set(zip(pairs, groups.tolist()))) == len(set(pairs))


def test_a_polygon_of_another_scene_is_another_group() -> None:
    groups = made(4, scene=np.array([0, 0, 1, 1], np.int32), polygon=np.array([5, 5, 5, 6])).groups()
    assert groups[0] == groups[1]
    assert len({groups[0], groups[2], groups[3]}) == 3


ROWS = st.lists(st.integers(0, 9), max_size=15).map(lambda r: np.array(r, np.int64))
MASKS = st.lists(st.booleans(), min_size=10, max_size=10).map(np.array)


@settings(deadline=None)
@given(ROWS | MASKS, st.booleans())
def test_take_keeps_rows_together(rows: np.ndarray, placed: bool) -> None:
    samples = made(10) if placed else made(10, position=None)
    wanted = np.flatnonzero(rows) if rows.dtype == bool else rows
    taken = samples.take(rows)
    assert taken.X[:, 0].tolist() == wanted.tolist()
    np.testing.assert_array_equal(taken.X, np.stack([wanted, wanted + 100, wanted + 200], axis=1))
    np.testing.assert_array_equal(taken.y, wanted % 2 == 1)
    np.testing.assert_array_equal(taken.polygon, wanted * 7)
    np.testing.assert_array_equal(taken.scene, wanted % 3)
    assert (taken.names, taken.scenes) == (samples.names, samples.scenes)
    if placed:
        np.testing.assert_array_equal(taken.position, np.stack([wanted + 0.5, -wanted - 0.5], axis=1))
    else:
        assert taken.position is None
