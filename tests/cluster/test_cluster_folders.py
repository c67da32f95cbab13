"""Folders that aren't all there: pages of a list that fail, links, pipes, names and patterns that no file has."""

from __future__ import annotations

import http.server
import os
import socket
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from continent import make_scene
from machines import ROOT
from osgeo import gdal
from patience import spread

from ipeo_water_plugin.core.cluster import storage
from ipeo_water_plugin.core.cluster.scenes import find_rasters
from ipeo_water_plugin.core.errors import InputError, WaterError

NAMES = [f"tile_{number:02}.tif" for number in range(12)]
PAGE = 5


class Bucket(http.server.BaseHTTPRequestHandler):
    """Lists twelve objects in pages of five; the answers of the next requests for a page but the first are taken from `failures`."""

    failures: ClassVar[list[int | str]] = []
    answers: ClassVar[dict[str, tuple[int, bytes]]] = {
        "proxy": (502, b"Bad gateway"),
        "blank": (503, b"\n\n"),
        "words": (504, b"upstream request timeout"),
    }
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        # GDAL 3.13 speaks the second version of the protocol, earlier ones the first.
        after = query.get("continuation-token") or query.get("marker")
        start = NAMES.index(after.rpartition("/")[2]) + 1 if after else 0
        failure = self.failures.pop(0) if start and self.failures else None
        if failure == "drop":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if failure in self.answers:
            self.answer(*self.answers[failure])
            return
        if failure is not None:
            self.answer(failure, b"" if failure == 500 else b"<Error><Code>SlowDown</Code><Message>Reduce your rate.</Message></Error>")
            return
        names, more = NAMES[start : start + PAGE], start + PAGE < len(NAMES)
        if "comp" in query:
            size = "<Properties><Content-Length>5</Content-Length></Properties>"
            blobs = "".join(f"<Blob><Name>tiles/{name}</Name>{size}</Blob>" for name in names)
            body = f"<Blobs>{blobs}</Blobs><NextMarker>{f'tiles/{names[-1]}' if more else ''}</NextMarker>"
            self.answer(200, f"<EnumerationResults><Prefix>tiles/</Prefix>{body}</EnumerationResults>".encode())
            return
        entries = "".join(f"<Contents><Key>tiles/{name}</Key><Size>5</Size></Contents>" for name in names)
        following = "NextContinuationToken" if "list-type" in query else "NextMarker"
        marker = f"<{following}>tiles/{names[-1]}</{following}>" if more else ""
        head = f"<Name>bucket</Name><Prefix>tiles/</Prefix><IsTruncated>{str(more).lower()}</IsTruncated>{marker}"
        self.answer(200, f"<?xml version='1.0'?><ListBucketResult>{head}{entries}</ListBucketResult>".encode())

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = {"AWS_S3_ENDPOINT": f"127.0.0.1:{server.server_port}", "AWS_HTTPS": "NO", "AWS_VIRTUAL_HOSTING": "FALSE"}
    azure = f"DefaultEndpointsProtocol=http;AccountName=a;AccountKey=Zm9v;BlobEndpoint=http://127.0.0.1:{server.server_port}/a"
    for name, value in {**address, "AWS_NO_SIGN_REQUEST": "YES", "AZURE_STORAGE_CONNECTION_STRING": azure}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(storage, "_PAUSES", (0.0, 0.0))
    Bucket.failures = []
    yield "/vsis3/bucket/tiles"
    server.shutdown()
    server.server_close()
    gdal.VSICurlClearCache()


@pytest.mark.parametrize("pattern", ["*.tif", "**/*.tif"])
def test_a_list_of_several_pages(bucket: str, pattern: str) -> None:
    assert find_rasters(bucket, pattern) == [f"{bucket}/{name}" for name in NAMES]
    assert storage.names_in(bucket) == set(NAMES)


@pytest.mark.parametrize(("failure", "pattern"), spread([503, 500, 403, "drop", *Bucket.answers], ["*.tif", "**/*.tif"]))
def test_a_page_that_fails_is_no_end_of_the_list(bucket: str, pattern: str, failure: int | str) -> None:
    """GDAL gives the pages before it as if they were all, and calls it a success."""
    Bucket.failures = [failure] * 100
    with pytest.raises(WaterError, match="can't be listed whole"):
        find_rasters(bucket, pattern)
    with pytest.raises(WaterError, match="can't be listed whole"):
        storage.names_in(bucket)


@pytest.mark.skipif(int(gdal.VersionInfo()) < 3_060_000, reason="GDAL doesn't hand on what curl logs")
@pytest.mark.parametrize("failure", [500, "drop", "proxy"])
def test_a_page_of_azures_that_fails_is_no_end_of_the_list(bucket: str, failure: int | str) -> None:
    """Of one without a word GDAL's handler of Azure logs nothing."""
    there = bucket.replace("vsis3", "vsiaz")
    assert len(find_rasters(there, "*.tif")) == len(NAMES)
    Bucket.failures = [failure] * 100
    for pattern in ("*.tif", "**/*.tif"):
        with pytest.raises(WaterError, match="can't be listed whole"):
            find_rasters(there, pattern)
    assert gdal.GetThreadLocalConfigOption("CPL_CURL_VERBOSE") is None


def test_a_page_that_fails_once_is_asked_for_again(bucket: str) -> None:
    Bucket.failures = [503, 503]
    assert len(find_rasters(bucket, "*.tif")) == len(NAMES)
    assert gdal.GetThreadLocalConfigOption("CPL_DEBUG") is None


@pytest.mark.parametrize("words", ["Using AWS_NO_SIGN_REQUEST", "Switching to region eu-west-1", "Storing AIM credentials until 12:00"])
def test_what_gdal_logs_of_its_own_doings_is_no_failure(bucket: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = gdal.ReadDir

    def talkative(folder: str) -> list[str]:
        gdal.Debug("S3", words)
        return listing(folder)

    monkeypatch.setattr(storage.gdal, "ReadDir", talkative)
    assert len(find_rasters(bucket, "*.tif")) == len(NAMES)


@pytest.mark.parametrize("pattern", ["*.tif", "**/*.tif"])
def test_a_name_that_is_not_utf8_is_listed(bucket: str, pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused when it is opened, in words."""
    for name in ("ReadDir", "ReadDirRecursive"):
        monkeypatch.setattr(storage.gdal, name, lambda _: [b"t\xe9.tif", "a.tif"])
    assert find_rasters(bucket, pattern) == [f"{bucket}/a.tif", f"{bucket}/t\udce9.tif"]


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def found(folder: Path, pattern: str, apart_from: str = "") -> list[str]:
    return [Path(name).relative_to(folder).as_posix() for name in find_rasters(str(folder), pattern, apart_from)]


def test_links_to_folders_are_followed_once(tmp_path: Path) -> None:
    """Also where they lead in a circle, above the folder, or to one that is there under its own name."""
    folder = tmp_path / "images"
    touch(folder, "a.tif", "x/b.tif", "x/y/c.tif", "out/p.tif")
    touch(tmp_path, "elsewhere/d.tif", "beside.tif")
    for link, target in {
        "above": "..",
        "here": ".",
        "x/y/back": "../..",
        "a_link_to_x": "x",
        "to": "../elsewhere",
        "../elsewhere/round": "../images/x",
        "results": "out",
    }.items():
        (folder / link).symlink_to(target, target_is_directory=True)
    assert found(folder, "**/*.tif", str(folder / "out")) == ["a.tif", "to/d.tif", "x/b.tif", "x/y/c.tif"]
    assert found(folder, "*.tif") == ["a.tif"]


@pytest.mark.parametrize("pattern", ["*.tif", "**/*.tif"])
def test_what_is_no_file_is_told_and_the_rest_is_done(tmp_path: Path, pattern: str) -> None:
    """A pipe would be waited for without end, so this is a process of its own."""
    folder = tmp_path / "images"
    folder.mkdir()
    make_scene(folder / "good.tif", 60, 50)
    os.mkfifo(folder / "pipe.tif")
    server = socket.socket(socket.AF_UNIX)
    server.bind(os.path.relpath(folder / "socket.tif"))
    (folder / "circle.tif").symlink_to("circle.tif")
    (folder / "broken.tif").symlink_to("gone.tif")
    (folder / "device.tif").symlink_to("/dev/zero")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.tif")).touch()
    code = (
        "import sys; sys.path[:0] = sys.argv[1:3]\n"
        "from continent import MODEL\n"
        "from ipeo_water_plugin.core.cluster.many import predict_many\n"
        "from ipeo_water_plugin.core.cluster.scenes import find_rasters, with_destinations\n"
        "summary = predict_many(with_destinations(find_rasters(sys.argv[3], sys.argv[4]), sys.argv[5]), MODEL)\n"
        "print(len(summary.done), *(failure.reason for failure in summary.failed), sep='\\n')\n"
    )
    words = [sys.executable, "-c", code, str(ROOT), str(Path(__file__).parent), str(folder), pattern, str(tmp_path / "out")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=200, check=False)
    server.close()
    assert done.returncode == 0, done.stderr
    count, *reasons = done.stdout.splitlines()
    assert count == "1"
    assert len(reasons) == 6
    for name in ("pipe.tif", "socket.tif", "device.tif"):
        assert any(name in reason and "a pipe, a socket or a device" in reason for reason in reasons)
    for name in ("circle.tif", "broken.tif"):
        assert any(name in reason for reason in reasons)
    assert any("its name isn't UTF-8" in reason for reason in reasons)
    assert os.listdir(tmp_path / "out") == ["good.tif"]


def test_a_folder_that_may_not_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read any, so the system's answer is put in its place."""
    touch(tmp_path, "a.tif", "closed/b.tif")
    scandir = os.scandir

    def refusing(place: str) -> object:
        if Path(place).name == "closed":
            raise PermissionError(13, "Permission denied", place)
        return scandir(place)

    monkeypatch.setattr(os, "scandir", refusing)
    assert found(tmp_path, "*.tif") == ["a.tif"]
    for folder, pattern in ((tmp_path, "**/*.tif"), (tmp_path / "closed", "*.tif")):
        with pytest.raises(WaterError, match=r"closed can't be read \(Permission denied\)"):
            find_rasters(str(folder), pattern)


def test_what_is_no_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="isn't a folder"):
        find_rasters(str(tmp_path / "pipe"), "*.tif")


@pytest.mark.parametrize(
    "pattern", [";", "[", "[z-a].tif", "[!].tif", "../*.tif", "/etc/*", "**", "*" * 200 + "b", "*a" * 60 + "b", "**/" * 60 + "b"]
)
def test_odd_patterns(tmp_path: Path, pattern: str) -> None:
    """None is searched for without end, and none reaches out of the folder."""
    touch(tmp_path, "a" * 200 + ".jpg", "/".join("a" * 30) + "/x.jpg")
    if pattern == "**":
        assert len(find_rasters(str(tmp_path), pattern)) == 1
        return
    with pytest.raises(InputError, match=r"No file in .* is named as|can't be understood"):
        find_rasters(str(tmp_path), pattern)
