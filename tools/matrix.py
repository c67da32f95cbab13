"""Run the whole suite on every QGIS that docs/installation.md names, each in its own Debian, and print a table.

python3 tools/matrix.py [QGIS…]       such as 3.44 or forky; without arguments, all of them

The tests run on a copy of the working tree, uncommitted changes included. The Debians are kept in build/matrix, or in the folder that
MATRIX names (about 3 GB each), so that a second run is quick; so is a log of each. mmdebstrap makes them from the mirror that this
machine's own apt uses (or MIRROR=URL), bubblewrap enters them, and pip inside reads the settings of pip outside. Root or sudo is needed.

The exit status is 1 if a test failed, and 3 if none failed but a Debian could not be made.
"""

from __future__ import annotations

import argparse
import ast
import functools
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(os.environ.get("MATRIX") or ROOT / "build" / "matrix").resolve()
PROJECT = "/srv/project"
COLUMNS = ("QGIS", "Debian", "Python", "NumPy", "GDAL", "torch", "passed", "failed", "skipped", "time")
VERSIONS = """
import json, platform, numpy, torch, qgis.core
from osgeo import gdal
print(json.dumps({"QGIS": qgis.core.Qgis.QGIS_VERSION.split("-")[0], "Python": platform.python_version(), "NumPy": numpy.__version__,
    "GDAL": gdal.VersionInfo("RELEASE_NAME"), "torch": torch.__version__}))
"""
APT = ('APT::Install-Recommends "false"', 'Acquire::Languages "none"', 'Acquire::Retries "3"')
# Settings of pip, certificates, proxies and threads are passed on; the rest of the environment is not.
PASSED_ON = re.compile(r"PIP_|SSL_CERT_|REQUESTS_CA|CURL_CA|OPENBLAS_|OMP_|TORCH_INDEX|CI$|(https?|no|all)_proxy$", re.IGNORECASE)


class NotBuiltError(Exception):
    """This machine can't make or enter a Debian, which says nothing about the project."""


@dataclass(frozen=True)
class Debian:
    """A Debian in a folder of its own.

    Attributes:
        name: of the folder, and in the table.
        suite: code name of the release.
        backports: whether newer packages come from the release's backports.
        packages: what it holds besides a minimal system, git and make.
    """

    name: str
    suite: str
    backports: bool = False
    packages: tuple[str, ...] = ()

    @property
    def root(self) -> Path:
        """Folder that holds it."""
        return FOLDER / self.name.replace(" ", "-")

    def make(self, log: IO[str], end: float) -> None:
        """Make it, unless it is there and was made in the same way.

        Args:
            log: takes the output.
            end: deadline on Python's monotonic clock.

        Raises:
            NotBuiltError: it can't be made in time; the log says why.
        """
        stamp = self.root / "etc" / "made-of"
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == str(self):
            return
        suites = [self.suite, f"{self.suite}-backports"][: 1 + self.backports]
        hook = f'mkdir -p "$1{PROJECT}"; '
        if self.backports:
            hook += f'printf "Package: *\\nPin: release n={suites[1]}\\nPin-Priority: 500\\n" > "$1/etc/apt/preferences.d/backports"; '
        hook += f'printf %s {shlex.quote(str(self))} > "$1/etc/made-of"'
        words = ["mmdebstrap", "--mode=root", "--variant=minbase", "--dpkgopt=force-unsafe-io", f"--customize-hook={hook}"]
        words += [f"--aptopt={line}" for line in (*APT, *apt_settings())]
        words += [f"--include={','.join(('ca-certificates', 'git', 'make', *self.packages))}", self.suite, str(self.root)]
        words += [f"deb {mirror()} {suite} main" for suite in suites]
        check(["rm", "-rf", "--one-file-system", str(self.root)], log, end)
        # What mmdebstrap starts and mounts is in namespaces that end with it.
        check(["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", *words], log, end)

    def put(self, archive: Path, log: IO[str], end: float) -> None:
        """Replace the project inside, all but .venv, by what a tar file holds."""
        target = f"{self.root}{PROJECT}"
        kept = ["-mindepth", "1", "-maxdepth", "1", "!", "-name", ".venv"]
        check(["find", target, *kept, "-exec", "rm", "-rf", "{}", "+"], log, end)
        check(["tar", "-xf", str(archive), "-C", target, "--no-same-owner"], log, end)

    def run(self, command: str, log: IO[str], end: float) -> int:
        """Run a line of shell in the project's folder inside, as root and without a display, and return its exit status."""
        settings = {name: value for name, value in os.environ.items() if PASSED_ON.match(name)} | pip_settings()
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        words = ["bwrap", "--die-with-parent", "--unshare-pid", "--dev-bind", str(self.root), "/", "--proc", "/proc", "--dev", "/dev"]
        words += ["--ro-bind", "/sys", "/sys", "--perms", "1777", "--tmpfs", "/tmp", "--tmpfs", "/root"]
        words += [word for path in ("/etc/resolv.conf", "/etc/hosts", *paths(settings)) for word in ("--ro-bind-try", path, path)]
        words += ["--clearenv", *(word for item in (environment | settings).items() for word in ("--setenv", *item))]
        return call([*words, "--chdir", PROJECT, "bash", "-c", command], log, end)

    def set_up(self, log: IO[str], end: float) -> None:
        """Install what the project needs, and write down the versions that a failure may depend on.

        Raises:
            NotBuiltError: it failed.
        """
        if self.run(f"make setup && mkdir -p build && .venv/bin/python -c {shlex.quote(VERSIONS)} > build/versions.json", log, end):
            msg = "make setup failed in it"
            raise NotBuiltError(msg)


# Debian 12's own torch is too old. The others' own is another than pip's, and so worth a test.
SYSTEMS = {
    "3.22": Debian("12", "bookworm"),
    "3.40": Debian("13", "trixie", packages=("python3-torch",)),
    "3.44": Debian("13 with backports", "trixie", backports=True, packages=("python3-torch",)),
    "forky": Debian("forky", "forky", packages=("python3-torch",)),
}


@dataclass
class Row:
    """One line of the table, and how the run ended."""

    cells: dict[str, str] = field(default_factory=dict)
    built: bool = True
    failed: bool = False


def as_root() -> list[str]:
    """Return the words that make a command root's.

    Raises:
        NotBuiltError: this user is not root, and has no sudo.
    """
    if os.getuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
        return ["sudo", "-n"]
    msg = "only root can make a Debian: run this as root, or run `sudo -v` first"
    raise NotBuiltError(msg)


def call(words: Sequence[str], log: IO[str], end: float) -> int:
    """Run a command as root and return its exit status; at the deadline, or when this program ends, it is ended with its children."""
    log.flush()
    limited = ["timeout", "--kill-after=5", str(max(1, int(end - time.monotonic()))), *words]
    with subprocess.Popen([*as_root(), *limited], stdin=subprocess.DEVNULL, stdout=log, stderr=log) as process:
        try:
            return process.wait()
        finally:
            process.terminate()


def check(words: Sequence[str], log: IO[str], end: float) -> None:
    """Run a command as root.

    Raises:
        NotBuiltError: it failed.
    """
    if call(words, log, end):
        msg = f"failed: {shlex.join(words)}"
        raise NotBuiltError(msg)


def install_tools(log: IO[str], end: float) -> None:
    """Install mmdebstrap and bubblewrap where they are missing."""
    if not (shutil.which("mmdebstrap") and shutil.which("bwrap")):
        check(["apt-get", "update", "-qq"], log, end)
        check(["apt-get", "install", "-qq", "-y", "--no-install-recommends", "mmdebstrap", "bubblewrap"], log, end)


@functools.cache
def mirror() -> str:
    """Return the address of the Debian mirror that this machine's own apt reads, unless MIRROR names another.

    Raises:
        NotBuiltError: it reads none.
    """
    words = ["apt-get", "indextargets", "--format", "$(ORIGIN) $(LABEL) $(SITE)", "Created-By: Packages"]
    listed = subprocess.run(words, capture_output=True, text=True, check=False).stdout if shutil.which("apt-get") else ""
    sites = [os.environ.get("MIRROR"), *re.findall(r"^Debian Debian (\S+)$", listed, re.MULTILINE)]
    found = next(filter(None, sites), None)
    if found is None:
        msg = "this machine's apt knows no Debian mirror: run `apt-get update`, or name one with MIRROR=URL"
        raise NotBuiltError(msg)
    return found


def apt_settings() -> list[str]:
    """Return how this machine's apt reaches its mirror, as lines of apt.conf."""
    listed = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=False).stdout
    return re.findall(r'^(Acquire::(?:https?::.*|Check-Valid-Until) ".*");$', listed, re.MULTILINE | re.IGNORECASE)


@functools.cache
def pip_settings() -> dict[str, str]:
    """Return pip's settings from its files, as environment variables."""
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False).stdout
    settings = re.findall(r"^(?:global|install|:env:)\.([a-z-]+)=(.*)$", listed, re.MULTILINE)
    return {f"PIP_{name.upper().replace('-', '_')}": ast.literal_eval(value) for name, value in settings}


def paths(settings: dict[str, str]) -> list[str]:
    """Return the files and folders of this machine that settings name. An index in a folder refers to files beside it."""
    words = [word for value in settings.values() for word in value.split()]
    named = [word for word in words if word.startswith("/") and word != os.devnull]
    return sorted({*named, *(str(Path(word.removeprefix("file://")).parent) for word in words if word.startswith("file:///"))})


def pack_checkout(archive: Path) -> None:
    """Pack what git knows of, as it stands in the working tree, and what it doesn't know yet but wouldn't ignore."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    names = b"\0".join(name for name in listed.split(b"\0") if name and os.path.lexists(os.fsencode(ROOT) + b"/" + name))
    subprocess.run(["tar", "-cf", str(archive), "--null", "-T", "-"], cwd=ROOT, input=names, check=True)


def run(qgis: str, archive: Path, options: argparse.Namespace) -> Row:
    """Make one Debian ready and run the tests in it."""
    debian = SYSTEMS[qgis]
    row = Row({"QGIS": qgis, "Debian": debian.name})
    path = debian.root.with_suffix(".log")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as log:
        say(f"Debian {debian.name}: making it ready; the log is {path}")
        end = time.monotonic() + 60 * options.minutes
        try:
            install_tools(log, end)
            debian.make(log, end)
            debian.put(archive, log, end)
            debian.set_up(log, end)
        except (NotBuiltError, OSError) as error:
            say(f"Debian {debian.name}: not built: {error}\n{tail(path)}")
            row.built = False
            return row
        build = Path(f"{debian.root}{PROJECT}/build")
        row.cells.update(json.loads((build / "versions.json").read_text(encoding="utf-8")))
        say(f"Debian {debian.name}: testing on QGIS {row.cells['QGIS']}")
        start = time.monotonic()
        command = f"make test PYTEST_ARGS={shlex.quote(f'--junitxml=build/tests.xml -ra {options.pytest}')}"
        row.failed = debian.run(command, log, start + 60 * options.minutes) != 0
        row.cells.update(counts(build / "tests.xml"))
        row.cells["time"] = f"{(time.monotonic() - start) / 60:.1f} min"
    say(f"Debian {debian.name}: {'failed' if row.failed else 'passed'}\n{tail(path, 25 if row.failed else 3)}")
    return row


def counts(results: Path) -> dict[str, str]:
    """Read how many tests passed, failed and were skipped; empty where the tests never finished."""
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
    """Print at once, for readers of a pipe."""
    print(f"matrix: {text}", flush=True)


def main() -> int:
    """Run what the command line names, print the table, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("qgis", nargs="*", metavar="QGIS", help=f"one of {', '.join(SYSTEMS)}")
    parser.add_argument("--pytest", default="", metavar="ARGUMENTS", help="further arguments for pytest")
    parser.add_argument("--minutes", type=float, default=60, help="limit for making each one, and for testing in it (default: %(default)s)")
    options = parser.parse_args()
    unknown = set(options.qgis) - set(SYSTEMS)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))} is none of {', '.join(SYSTEMS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "checkout.tar"
        pack_checkout(archive)
        rows = [run(qgis, archive, options) for qgis in options.qgis or SYSTEMS]
    print(f"\n{table(rows)}")
    if any(row.failed for row in rows):
        return 1
    return 0 if all(row.built for row in rows) else 3


if __name__ == "__main__":
    sys.exit(main())
