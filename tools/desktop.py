"""Start QGIS desktop on a display of its own, with an empty profile, and play a story in it: a script that does what a user does.

The story ends QGIS itself. Whatever goes wrong, nothing started here outlives `play` for long.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
SIZE = (1280, 800)

# Without these a fresh profile asks and downloads things first.
_SETTINGS = """\
[app]
firstRunVersionFlag=999999

[qgis]
checkVersion=false
showTips=false

[core]
NewsFeed\\httpsfeedqgisorg\\disabled=true
"""


@dataclass(frozen=True)
class Played:
    """Result of a story: QGIS' exit status (124 if it ran out of time), and its output."""

    status: int
    log: str


def play(
    story: Path, folder: Path, *, seconds: int = 900, python: Path | None = None, hiding: Path | None = None, **settings: object
) -> Played:
    """Play a story in QGIS desktop.

    Args:
        story: a Python file that ends in `stage.play(…)`.
        folder: for the profile and whatever else QGIS writes.
        seconds: after this time QGIS is ended.
        python: the environment that QGIS runs in; None = this one.
        hiding: a folder whose sitecustomize.py hides packages from it.
        settings: environment variables for the story, whose names are capitalized.
    """
    program = shutil.which("qgis.bin") or shutil.which("qgis")
    if program is None or shutil.which("Xvfb") is None:
        sys.exit("QGIS desktop or Xvfb is missing: run make setup.")
    profile = folder / "profiles" / "default" / "QGIS" / "QGIS3.ini"
    profile.parent.mkdir(parents=True, exist_ok=True)
    profile.write_text(_SETTINGS, encoding="utf-8")
    for name in ("runtime", "tmp"):
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    log = folder / "qgis.log"
    with _display(seconds + 10) as display, log.open("w", encoding="utf-8") as written:
        command = [program, "--nologo", "--noversioncheck", "--profiles-path", str(folder), "--profile", "default", "--code", str(story)]
        programs = Path(sys.executable).parent if python is None else python / "bin"
        modules = [path for path in (hiding, story.parent, HERE) if path is not None]
        status = _run(command, _environment(folder, display, modules, programs, settings), seconds, written)
    return Played(status, log.read_text(encoding="utf-8", errors="replace"))


def _environment(folder: Path, display: str, modules: list[Path], programs: Path, settings: dict[str, object]) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("QGIS", "PYTHON", "QT", "XDG", "PYTEST", "WAYLAND"))}
    return {
        **kept,
        # QGIS' embedded Python finds the environment, and torch in it, by the first python3 on PATH.
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(map(str, modules)),
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder / "runtime"),
        # QGIS marks layers as temporary whose files lie in the folder for those.
        "TMPDIR": str(folder / "tmp"),
        "DISPLAY": display,
        "QT_QPA_PLATFORM": "xcb",
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "NO_AT_BRIDGE": "1",
        **{key.upper(): str(value) for key, value in settings.items()},
    }


@contextlib.contextmanager
def _display(seconds: int) -> Iterator[str]:
    """Start an X server without a screen, on a number that is free, and end it."""
    reads, writes = os.pipe()
    server = ["Xvfb", "-displayfd", str(writes), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24", "-nolisten", "tcp"]
    process = _start(server, seconds, pass_fds=(writes,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writes)
    try:
        with os.fdopen(reads) as pipe:
            number = pipe.readline().strip()
        if not number:
            sys.exit("Xvfb doesn't start.")
        yield f":{number}"
    finally:
        _end(process)


def _run(command: list[str], environment: dict[str, str], seconds: int, log: object) -> int:
    process = _start(command, seconds, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    try:
        return process.wait()
    finally:
        _end(process)


def _start(command: list[str], seconds: int, **options: object) -> subprocess.Popen:
    """Start a program in a group of processes of its own, which ends after some seconds even where nobody is left to end it."""
    return subprocess.Popen(["timeout", "--kill-after=5", str(seconds), *command], start_new_session=True, **options)


def _end(process: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
