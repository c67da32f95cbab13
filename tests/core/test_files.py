"""Atomic output: complete, flushed to disk, and all files or none."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ipeo_water_plugin.core.errors import WaterError
from ipeo_water_plugin.core.system import files
from ipeo_water_plugin.core.system.files import FileTransaction, temporary_beside, write_text
from ipeo_water_plugin.core.system.space import format_size

NAMES = ("a.tif", "b.json", "c.html")


def deliver(folder: Path, names: tuple[str, ...] = NAMES, stale: tuple[str, ...] = ()) -> None:
    with FileTransaction() as transaction:
        for name in names:
            transaction.add_text(folder / name, f"new {name}", [folder / other for other in stale] if name == names[0] else ())


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() if path.is_file() else "folder" for path in folder.iterdir()}


@pytest.mark.parametrize("linked", [True, False])
@pytest.mark.parametrize("earlier", [True, False])
@pytest.mark.parametrize("unlucky", range(3))
def test_one_that_cant_take_its_place_has_the_others_put_back(
    tmp_path: Path, unlucky: int, earlier: bool, linked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of the same name blocks one file; on file systems with and without hard links."""
    if not linked:
        monkeypatch.setattr(os, "link", lambda *_, **__: (_ for _ in ()).throw(OSError("no links here")))
    for name in (*NAMES, "a.tif.ovr"):
        if earlier:
            (tmp_path / name).write_text(f"earlier {name}")

    def late(transaction: FileTransaction) -> None:
        # Whoever comes in between: it was no folder when the run began.
        (tmp_path / NAMES[unlucky]).unlink(missing_ok=True)
        (tmp_path / NAMES[unlucky] / "full").mkdir(parents=True)

    before = None
    with pytest.raises(WaterError, match=NAMES[unlucky]), FileTransaction() as transaction:
        for name in NAMES:
            transaction.add_text(tmp_path / name, f"new {name}", [tmp_path / "a.tif.ovr"] if name == "a.tif" else ())
        late(transaction)
        before = {name: text for name, text in contents(tmp_path).items() if not name.startswith(".")}
    assert contents(tmp_path) == before


def test_an_action_that_fails_takes_the_files_away_again(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_text("earlier")

    def fail() -> None:
        msg = "the table can't be written"
        raise WaterError(msg)

    with pytest.raises(WaterError, match="the table"), FileTransaction() as transaction:
        for name in NAMES:
            transaction.add_text(tmp_path / name, "new")
        transaction.add_final_step(fail)
    assert contents(tmp_path) == {"a.tif": "earlier"}


def test_all_take_their_places_and_stale_ones_go(tmp_path: Path) -> None:
    for name in (*NAMES, "a.tif.aux.xml", "a.tif.ovr"):
        (tmp_path / name).write_text("earlier")
    deliver(tmp_path, stale=("a.tif.aux.xml", "a.tif.ovr", "a.tif.msk"))
    assert contents(tmp_path) == {name: f"new {name}" for name in NAMES}


def test_a_stale_file_that_stays_keeps_the_earlier_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.tif", "a.tif.ovr"):
        (tmp_path / name).write_text("earlier")
    move = Path.replace

    def held(self: Path, target: Path) -> Path:
        if self.name.endswith(".ovr"):
            raise PermissionError(13, "somebody has it open")
        return move(self, target)

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(WaterError, match="somebody has it open"):
        deliver(tmp_path, ("a.tif",), ("a.tif.ovr",))
    monkeypatch.undo()
    assert contents(tmp_path) == {"a.tif": "earlier", "a.tif.ovr": "earlier"}


@pytest.mark.skipif(os.name == "nt", reason="Windows can't flush a folder")
def test_everything_is_flushed_before_the_first_name_and_the_folder_after_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    flush, move = os.fsync, Path.replace

    def fsync(file: int) -> None:
        flush(file)
        told.append("folder" if stat.S_ISDIR(os.fstat(file).st_mode) else f"file of {os.fstat(file).st_size}")

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", lambda self, target: (told.append(f"name {Path(target).name}"), move(self, target))[1])
    deliver(tmp_path)
    assert told == ["file of 9", "file of 10", "file of 10", "name a.tif", "name b.json", "name c.html", "folder"]
    told.clear()
    write_text(tmp_path / "d.tif", "7 bytes")
    assert told == ["file of 7", "name d.tif", "folder"]


def test_a_disk_that_refuses_to_flush_is_told_and_one_that_cant_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(number: int) -> None:
        monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(number, os.strerror(number))))

    refuse(28)
    with pytest.raises(WaterError, match=r"a\.tif can't be written: No space left"):
        deliver(tmp_path, ("a.tif",))
    assert contents(tmp_path) == {}
    refuse(22)
    deliver(tmp_path, ("a.tif",))
    assert contents(tmp_path) == {"a.tif": "new a.tif"}


@pytest.mark.parametrize("letter", ["a", "水"])
def test_a_name_that_the_file_system_cant_hold_is_refused_before_the_work(tmp_path: Path, letter: str) -> None:
    """255 bytes are allowed, but not with the suffixes that GDAL and SQLite append."""
    size = len(letter.encode())
    fitting = letter * ((255 - 8 - 4) // size) + ".tif"
    temporary_beside(tmp_path / fitting, ".tif")
    for count in (1, 8, 100, 4000):
        with pytest.raises(WaterError, match="bytes too long"):
            temporary_beside(tmp_path / (letter * (count + (255 - 8 - 4) // size) + ".tif"), ".tif")
    with pytest.raises(WaterError, match="can't be written"):
        temporary_beside(tmp_path / ("/".join([letter * 50] * 100)) / "a.tif", ".tif")
    with pytest.raises(WaterError, match="can't be written"):
        temporary_beside(tmp_path / "a\0b.tif", ".tif")
    assert contents(tmp_path) == {}


def test_a_virtual_raster_is_closed_to_others_and_still_replaced(tmp_path: Path) -> None:
    for text in ("one", "two"):
        write_text(tmp_path / "a.vrt", text)
        assert not (tmp_path / "a.vrt").stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
    assert contents(tmp_path) == {"a.vrt": "two"}


def test_an_earlier_file_that_was_moved_away_outlives_a_killed_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file moved aside is the only copy, so it stays; hard links and partial files are removed."""
    monkeypatch.setattr(files, "_alive", lambda _: False)
    for suffix in (".tif", "", ".earlier"):
        files._beside(tmp_path / "a.shp", suffix).write_text(suffix)
    scratch = files._beside(tmp_path / "a.shp", "")
    scratch.mkdir()
    (scratch / "a.dbf").write_text("half")
    temporary_beside(tmp_path / "b.tif", ".tif")
    assert list(contents(tmp_path).values()) == [".earlier"]


def test_a_write_protected_file_is_refused_before_the_work(tmp_path: Path) -> None:
    """Renaming another file over it would ignore the protection; but of a VRT that is how it is made."""
    for name in ("a.tif", "a.gpkg", "a.vrt"):
        (tmp_path / name).write_text("earlier")
        (tmp_path / name).chmod(0o444)
    for name in ("a.tif", "a.gpkg"):
        with pytest.raises(WaterError, match=f"{name} is write-protected: choose another name"):
            temporary_beside(tmp_path / name, ".tif")
    write_text(tmp_path / "a.vrt", "new")
    (tmp_path / "a.tif").chmod(0o600)
    with pytest.raises(WaterError, match="write-protected"), FileTransaction() as transaction:
        for name in ("new.json", "a.tif"):
            transaction.add_text(tmp_path / name, "new")
        (tmp_path / "a.tif").chmod(0o444)
    assert contents(tmp_path) == {"a.tif": "earlier", "a.gpkg": "earlier", "a.vrt": "new"}
    (tmp_path / "a.tif").chmod(0o600)
    write_text(tmp_path / "a.tif", "new")
    assert contents(tmp_path) == {"a.tif": "new", "a.gpkg": "earlier", "a.vrt": "new"}


def test_a_pipe_is_no_destination(tmp_path: Path) -> None:
    """Another program waits at its other end, which a file in its place would leave waiting."""
    os.mkfifo(tmp_path / "a.tif")
    with pytest.raises(WaterError, match="pipe"):
        temporary_beside(tmp_path / "a.tif", ".tif")


def test_sizes_are_told_in_units_that_fit() -> None:
    assert [format_size(size) for size in (0, 1, 40, 2048, 3 << 20, 5 << 30)] == [
        "0 bytes",
        "1 byte",
        "40 bytes",
        "2.0 KiB",
        "3.0 MiB",
        "5.0 GiB",
    ]
