"""Which rasters a run finds, and what their results are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from ipeo_water_plugin.core.cluster.scenes import find_rasters, with_destinations
from ipeo_water_plugin.core.errors import InputError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.tif", ["a.tif", "b.TIF"]),
        ("*.tif; *.jp2", ["a.tif", "b.TIF", "c.jp2"]),
        ("**/*.tif", ["a.tif", "b.TIF", "x/a.tif", "x/y/d.tif"]),
        ("x/*.tif", ["x/a.tif"]),
        ("[ab].tif", ["a.tif", "b.TIF"]),
        ("[!a].tif", ["b.TIF"]),
        ("?.jp2", ["c.jp2"]),
    ],
)
def test_patterns(tmp_path: Path, pattern: str, names: list[str]) -> None:
    touch(tmp_path, "a.tif", "b.TIF", "c.jp2", "x/a.tif", "x/y/d.tif", ".hidden.tif", ".hidden/e.tif", "out/a.tif")
    found = find_rasters(str(tmp_path), pattern, str(tmp_path / "out"))
    assert [Path(name).relative_to(tmp_path).as_posix() for name in found] == names


@pytest.mark.parametrize(("pattern", "refused"), [("**/*.tif", True), ("*.jp2;*.tif", True), ("*.jp2", False), ("x/*.tif", False)])
def test_results_that_the_next_run_would_take_for_images(tmp_path: Path, pattern: str, refused: bool) -> None:
    """Else each run took the results of the one before for images, and gave all others new names."""
    touch(tmp_path, "x/a.tif", "c.jp2")
    for folder, there in ((tmp_path, tmp_path), (tmp_path, tmp_path / "x" / "..")):
        if refused:
            with pytest.raises(InputError, match=r"The next run would take the results for images: .* finds [ac]\.tif"):
                find_rasters(str(folder), pattern, str(there))
        else:
            assert len(find_rasters(str(folder), pattern, str(there))) == 1


def test_a_folder_without_rasters(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"named as \*\.jp2"):
        find_rasters(str(tmp_path), "*.jp2")
    with pytest.raises(InputError, match="doesn't exist"):
        find_rasters(str(tmp_path / "gone"), "*.jp2")


def results(*sources: str) -> list[str]:
    return [Path(scene.destination).name for scene in with_destinations(sources, "/out")]


def test_results_are_named_as_their_rasters() -> None:
    assert results("/a/one.tif", "/a/two.jp2") == ["one.tif", "two.tif"]
    assert results("/vsicurl/https://h/one.tif?X-Amz-Signature=a/b") == ["one.tif"]
    assert results("/vsizip//a/x.zip/in/one.img") == ["one.tif"]
    assert results('NETCDF:"/a/one.nc":band') == ["one.nc_band.tif"]


def test_rasters_named_alike_get_their_folders_names() -> None:
    sources = ("/a/2020/B03.tif", "/a/2021/B03.tif", "/a/2021/b08.jp2", "/b/2021/B08.tif")
    named = dict(zip(sources, results(*sources)))
    assert named == dict(zip(sources, ["2020_B03.tif", "2021_B03.tif", "a_2021_b08.tif", "b_2021_B08.tif"]))
    assert dict(zip(reversed(sources), results(*reversed(sources)))) == named
    # Nothing but what no file name can show tells these apart.
    alike = results("/a/x y.tif", "/a/x_y.tif")
    assert len(set(alike)) == 2
    assert all(name.startswith("a_x_y_") for name in alike)


def test_names_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers have folders of their own to start from."""
    touch(tmp_path, "a.tif")
    monkeypatch.chdir(tmp_path)
    (scene,) = with_destinations(["a.tif"], "far/away")
    assert (scene.source, scene.destination) == (str(tmp_path / "a.tif"), str(tmp_path / "far" / "away" / "a.tif"))


def test_no_result_takes_a_sources_place(tmp_path: Path) -> None:
    touch(tmp_path, "a.tif")
    with pytest.raises(InputError, match="one of the rasters itself"):
        with_destinations([str(tmp_path / "a.tif")], str(tmp_path))
    with pytest.raises(InputError, match="twice"):
        with_destinations([str(tmp_path / "a.tif")] * 2, str(tmp_path / "out"))
    with pytest.raises(InputError, match="No raster"):
        with_destinations([], str(tmp_path))
