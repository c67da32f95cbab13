"""Run the whole suite on each QGIS that the README names, each in a Debian of its own, and print a table.

python3 tools/matrix.py [QGIS…]       such as 3.44; all of them where none is named

What is tested is a copy of this checkout as it stands, changes that aren't committed included. The Debians are kept in build/matrix, or the
folder that MATRIX names (some 3 GB each), so that a second run is quick; so is a log of each. The exit status is 1 if a test failed, and
3 if no test failed but a Debian couldn't be made.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from debian import PROJECT, Debian, NotBuiltError

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(os.environ.get("MATRIX") or ROOT / "build" / "matrix").resolve()
# Debian 12's own torch is too old. Debian 13's is another than pip's, and so worth a test.
SYSTEMS = {
    "3.22": ("debian12", "bookworm", False, ()),
    "3.40": ("debian13", "trixie", False, ("python3-torch",)),
    "3.44": ("debian13-backports", "trixie", True, ("python3-torch",)),
}
COLUMNS = ("QGIS", "Debian", "Python", "NumPy", "GDAL", "torch", "passed", "failed", "skipped", "time")
VERSIONS = """
import json, platform, numpy, torch, qgis.core
from osgeo import gdal
print(json.dumps({"QGIS": qgis.core.Qgis.QGIS_VERSION.split("-")[0], "Python": platform.python_version(), "NumPy": numpy.__version__,
    "GDAL": gdal.VersionInfo("RELEASE_NAME"), "torch": torch.__version__}))
"""


@dataclass
class Row:
    """One line of the table, and what came of it."""

    cells: dict[str, str] = field(default_factory=dict)
    built: bool = True
    failed: bool = False


def pack_checkout(archive: Path) -> None:
    """Pack what git knows of, as it stands in the working tree, and what it doesn't know yet but wouldn't ignore."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    names = b"\0".join(name for name in listed.split(b"\0") if name and os.path.lexists(os.fsencode(ROOT) + b"/" + name))
    subprocess.run(["tar", "-cf", str(archive), "--null", "-T", "-"], cwd=ROOT, input=names, check=True)


def run(qgis: str, archive: Path, words: str, minutes: float) -> Row:
    """Make one Debian ready, test in it, and say what came of it."""
    name, suite, backports, packages = SYSTEMS[qgis]
    debian = Debian(FOLDER / name, suite, backports, packages)
    row = Row({"QGIS": qgis, "Debian": name.removeprefix("debian").replace("-", " with ")})
    path = FOLDER / f"{name}.log"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as log:
        try:
            say(f"{name}: making it ready; all that is printed goes to {path}")
            end = time.monotonic() + 60 * minutes
            debian.make(log, end)
            debian.put(archive, log, keep=(".venv",))
            row.cells.update(set_up(debian, log, end))
        except (NotBuiltError, subprocess.TimeoutExpired, OSError) as error:
            row.built = False
            say(f"{name}: not built: {error}\n{tail(path)}")
            return row
        say(f"{name}: testing on QGIS {row.cells['QGIS']}")
        start = time.monotonic()
        try:
            status = debian.run(f"make test PYTEST_ARGS='--junitxml=build/tests.xml -ra {words}'", log, start + 60 * minutes)
        except subprocess.TimeoutExpired as error:
            say(f"{name}: {error}")
            status = 124
        row.failed = status != 0
        row.cells.update(counts(Path(f"{debian.root}{PROJECT}/build/tests.xml")))
        row.cells["time"] = f"{(time.monotonic() - start) / 60:.1f} min"
    say(f"{name}: {'failed' if row.failed else 'passed'}\n{tail(path, 25 if row.failed else 3)}")
    return row


def set_up(debian: Debian, log: IO[str], end: float) -> dict[str, str]:
    """Install what the project needs, and return the versions that a failure may depend on.

    Raises:
        NotBuiltError: it can't be installed.
    """
    if debian.run("make setup", log, end):
        msg = "make setup failed in it"
        raise NotBuiltError(msg)
    if debian.run(f"mkdir -p build && .venv/bin/python -c {shlex.quote(VERSIONS)} > build/versions.json", log, end):
        msg = "its versions can't be told"
        raise NotBuiltError(msg)
    return json.loads(Path(f"{debian.root}{PROJECT}/build/versions.json").read_text(encoding="utf-8"))


def counts(results: Path) -> dict[str, str]:
    """Read how many tests passed, failed and were skipped; nothing where the tests never came to an end."""
    if not results.is_file():
        return {}
    suite = next(ET.parse(results).getroot().iter("testsuite"))
    total, failures, errors, skipped = (int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped"))
    return {"passed": str(total - failures - errors - skipped), "failed": str(failures + errors), "skipped": str(skipped)}


def tail(path: Path, lines: int = 25) -> str:
    """Return the last lines of a log, indented."""
    text = path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    return "\n".join(f"    {line}" for line in text)


def table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    cells = [COLUMNS, tuple("---" for _ in COLUMNS)]
    cells += [tuple(row.cells.get(name, "" if row.built else "not built") for name in COLUMNS) for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def say(text: str) -> None:
    """Print at once, so that a reader of a pipe sees how far it is."""
    print(f"matrix: {text}", flush=True)


def main() -> int:
    """Run what the command line names, print the table, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("qgis", nargs="*", metavar="QGIS", help=f"one of {', '.join(SYSTEMS)}")
    parser.add_argument("--pytest", default="", metavar="ARGUMENTS", help="further arguments for pytest")
    parser.add_argument(
        "--minutes",
        type=float,
        default=60,
        help="the most that building one may take, and the most that testing may (default: %(default)s)",
    )
    options = parser.parse_args()
    unknown = set(options.qgis) - set(SYSTEMS)
    if unknown:
        parser.error(f"no Debian has QGIS {', '.join(sorted(unknown))}: choose from {', '.join(SYSTEMS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "checkout.tar"
        pack_checkout(archive)
        rows = [run(qgis, archive, options.pytest, options.minutes) for qgis in options.qgis or SYSTEMS]
    print(f"\n{table(rows)}")
    if any(row.failed for row in rows):
        return 1
    return 0 if all(row.built for row in rows) else 3


if __name__ == "__main__":
    sys.exit(main())
