"""`make matrix` says which QGIS passed, which failed and which couldn't be tried; and nothing that it starts outlives it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import debian  # noqa: E402
import matrix  # noqa: E402

RESULTS = '<testsuites><testsuite tests="12" failures="{failures}" errors="0" skipped="2"/></testsuites>'
VERSIONS = '{"QGIS": "3.40.6", "Python": "3.13.5", "NumPy": "2.2.4", "GDAL": "3.10.3", "torch": "2.6.0"}'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have all that the matrix keeps in a folder of this test, and one QGIS to try."""
    monkeypatch.setattr(matrix, "FOLDER", tmp_path)
    monkeypatch.setattr(matrix, "SYSTEMS", {"3.40": ("debian13", "trixie", False, ())})
    return tmp_path


def play(monkeypatch: pytest.MonkeyPatch, *, failures: int = 0, broken: str = "") -> int:
    """Run the matrix with a Debian that is only played, and return the exit status."""

    def run(self: debian.Debian, command: str, log: object, end: float) -> int:
        build = Path(f"{self.root}{debian.PROJECT}/build")
        build.mkdir(parents=True, exist_ok=True)
        if command.startswith("make test"):
            (build / "tests.xml").write_text(RESULTS.format(failures=failures))
            return 2 if failures else 0
        (build / "versions.json").write_text(VERSIONS)
        return int(command == broken)

    def make(self: debian.Debian, log: object, end: float) -> None:
        if broken == "make":
            msg = "debootstrap failed"
            raise debian.NotBuiltError(msg)

    monkeypatch.setattr(debian.Debian, "run", run)
    monkeypatch.setattr(debian.Debian, "make", make)
    monkeypatch.setattr(debian.Debian, "put", lambda *_, **__: None)
    monkeypatch.setattr(matrix, "pack_checkout", lambda archive: None)
    monkeypatch.setattr(sys, "argv", ["matrix.py"])
    return matrix.main()


def test_the_table_tells_what_passed(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert play(monkeypatch) == 0
    row = capsys.readouterr().out.splitlines()[-1]
    assert row.startswith("| 3.40.6 | 13 | 3.13.5 | 2.2.4 | 3.10.3 | 2.6.0 | 10 | 0 | 2 | ")


def test_a_test_that_fails_is_told_by_the_exit_status(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play(monkeypatch, failures=3) == 1
    assert "| 7 | 3 | 2 | " in capsys.readouterr().out


@pytest.mark.parametrize("broken", ["make", "make setup"])
def test_what_cannot_be_built_is_no_failed_test(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], broken: str
) -> None:
    assert play(monkeypatch, broken=broken) == 3
    assert capsys.readouterr().out.splitlines()[-1].startswith("| 3.40 | 13 | not built | ")


def test_the_working_tree_is_what_is_tested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes that aren't committed are in it, what git ignores isn't, and a file that is gone does no harm."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    monkeypatch.setattr(matrix, "ROOT", checkout)
    for name, text in {".gitignore": "build\n", "kept": "old", "gone": ""}.items():
        (checkout / name).write_text(text)
    for words in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *words], cwd=checkout, check=True)
    (checkout / "kept").write_text("new")
    (checkout / "gone").unlink()
    (checkout / "a name, with blanks").write_text("")
    (checkout / "build").mkdir()
    (checkout / "build" / "ignored").write_text("")
    matrix.pack_checkout(tmp_path / "checkout.tar")
    with tarfile.open(tmp_path / "checkout.tar") as archive:
        assert set(archive.getnames()) == {".gitignore", "kept", "a name, with blanks"}
        assert archive.extractfile("kept").read() == b"new"


def test_pips_settings_name_the_folders_that_are_lent() -> None:
    settings = {
        "PIP_FIND_LINKS": "/a/wheels /b",
        "PIP_EXTRA_INDEX_URL": "https://x.example/simple file:///c/index/simple",
        "PIP_CONFIG_FILE": os.devnull,
    }
    assert debian._paths(settings) == ["/a/wheels", "/b", "/c/index"]


# Other checkouts may be tested at the same time.
LONG = f"9{os.getpid():07}"
SLEEPS = f"sleep {LONG} & touch {{started}}; sleep {LONG}"
CALLER = "import debian, sys, time; debian._alone(debian._ANY, ['bash', '-c', sys.argv[1]], sys.stderr, time.monotonic() + 600)"


def sleeping() -> int:
    """Count the processes of this test that are still there."""
    count = 0
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        # One may have ended meanwhile.
        with contextlib.suppress(OSError):
            count += process.read_bytes() == f"sleep\0{LONG}\0".encode()
    return count


@pytest.mark.skipif(os.getuid() != 0 or not Path("/proc/self/ns/pid").exists(), reason="namespaces are root's, on Linux")
def test_nothing_outlives_a_caller_that_is_killed(tmp_path: Path) -> None:
    if subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no namespace can be made here")
    started = tmp_path / "started"
    words = [sys.executable, "-c", CALLER, SLEEPS.format(started=started)]
    with subprocess.Popen(words, cwd=ROOT / "tools") as caller:
        while not started.exists():
            time.sleep(0.05)
        assert sleeping() >= 1
        caller.kill()
    end = time.monotonic() + 300
    while sleeping() and time.monotonic() < end:
        time.sleep(0.05)
    assert sleeping() == 0
