"""Hold a zip against what QGIS' plugin site asks of an upload: layout, metadata, and what its scanners find.

python3 tools/check_package.py [ZIP]      (the Python of .venv, which has the scanners; without ZIP: the one that make package builds)

The site's rules: https://plugins.qgis.org/docs/publish and https://plugins.qgis.org/docs/security-scanning.
"""

from __future__ import annotations

import configparser
import json
import re
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from plugin import BUILD, NAME, version

MAX_BYTES = 25 * 1024 * 1024
# A small zip that unpacks to a disk full is an attack.
MAX_UNPACKED = 4 * MAX_BYTES

KINDS = {".css", ".gpkg", ".html", ".js", ".json", ".md", ".model3", ".py", ".qm", ".qml", ".svg", ".tif", ".txt"}
WITHOUT_SUFFIX = {"LICENSE"}
FOLDERS = {"tests", "test", "tools", "benchmarks", "build", "dist", "docs", "node_modules"}
TOP = ("__init__.py", "metadata.txt", "LICENSE", "CHANGELOG.md", "requirements.txt")

REQUIRED = (
    *("name", "description", "about", "version", "author", "email", "homepage", "tracker", "repository", "tags", "icon"),
    *("qgisMinimumVersion", "qgisMaximumVersion", "category", "hasProcessingProvider"),
)
FIXED = {"category": "Raster", "hasProcessingProvider": "yes", "qgisMinimumVersion": "3.22", "qgisMaximumVersion": "4.99"}
ADDRESSES = ("homepage", "tracker", "repository")


@dataclass(frozen=True)
class Package:
    """A zip, opened."""

    path: Path
    zipped: zipfile.ZipFile

    @property
    def entries(self) -> list[zipfile.ZipInfo]:
        """Return what it lists."""
        return self.zipped.infolist()

    def text(self, name: str) -> str:
        """Return a text file of the plugin's folder, "" where there is none."""
        try:
            return self.zipped.read(f"{NAME}/{name}").decode("utf-8")
        except KeyError:
            return ""


def layout(package: Package) -> Iterator[str]:
    """One folder of plain, readable files of the kinds that a plugin is made of."""
    broken = package.zipped.testzip()
    if broken:
        yield f"{broken} is damaged in the zip"
    seen: set[str] = set()
    for entry in package.entries:
        name, path = entry.filename, PurePosixPath(entry.filename)
        # On Windows and macOS two names that differ in case are one file.
        if name.lower() in seen:
            yield f"{name} stands twice in the zip"
        seen.add(name.lower())
        yield from _place(name, path)
        yield from _permissions(entry)
    names = {entry.filename for entry in package.entries}
    yield from (f"{name} is missing" for name in TOP if f"{NAME}/{name}" not in names)
    if "def classFactory(" not in package.text("__init__.py"):
        yield "__init__.py has no classFactory, which is what QGIS calls"


def _place(name: str, path: PurePosixPath) -> Iterator[str]:
    if path.parts[0] != NAME or len(path.parts) < 2:
        yield f"{name} isn't in the one folder {NAME}"
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or not name.isascii():
        yield f"{name} is no plain relative path"
    if any(part.startswith(".") for part in path.parts):
        yield f"{name} is hidden"
    if FOLDERS & {part.lower() for part in path.parts[:-1]} or "__pycache__" in path.parts or "__MACOSX" in path.parts:
        yield f"{name} is in a folder that no plugin needs"
    if path.suffix not in KINDS and path.name not in WITHOUT_SUFFIX:
        yield f"{name} is of a kind that isn't allowed"


def _permissions(entry: zipfile.ZipInfo) -> Iterator[str]:
    mode = entry.external_attr >> 16
    if not stat.S_ISREG(mode):
        yield f"{entry.filename} is no regular file"
    elif stat.S_IMODE(mode) != 0o644:
        yield f"{entry.filename} has permissions {stat.S_IMODE(mode):o} instead of 644"
    if entry.flag_bits & 1:
        yield f"{entry.filename} is encrypted"


def sizes(package: Package) -> Iterator[str]:
    """The site takes 25 MB."""
    size, unpacked = package.path.stat().st_size, sum(entry.file_size for entry in package.entries)
    if size > MAX_BYTES:
        yield f"the zip has {size} bytes; {MAX_BYTES} are allowed"
    if unpacked > MAX_UNPACKED:
        yield f"the zip unpacks to {unpacked} bytes; {MAX_UNPACKED} are allowed"
    yield from (f"{entry.filename} is empty" for entry in package.entries if not entry.file_size)


def metadata(package: Package) -> Iterator[str]:
    """What metadata.txt has to say, and that it is true of this zip."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(package.text("metadata.txt"))
        general = parser["general"]
    except (configparser.Error, KeyError) as error:
        yield f"metadata.txt can't be read: {error}"
        return
    missing = [key for key in REQUIRED if not general.get(key, "").strip()]
    yield from (f"metadata.txt lacks {key}" for key in missing)
    yield from (
        f"metadata.txt: {key} is {general[key]} instead of {value}"
        for key, value in FIXED.items()
        if key not in missing and general[key] != value
    )
    if missing:
        return
    yield from _addresses(general)
    yield from _texts(general)
    number = general["version"]
    if not re.fullmatch(r"\d+\.\d+\.\d+", number):
        yield f"metadata.txt: version {number} isn't of the form 1.2.3"
    if package.path.name != f"{NAME}-{number}.zip":
        yield f"the zip is called {package.path.name} instead of {NAME}-{number}.zip"
    if not general.get("changelog", "").startswith(number) or f"\n## {number}\n" not in package.text("CHANGELOG.md"):
        yield f"version {number} has no entry in the changelog of metadata.txt or in CHANGELOG.md"
    icon = package.text(general["icon"])
    if "<svg" not in icon:
        yield f"metadata.txt: the icon {general['icon']} isn't in the zip, or is no SVG"
    if "supportsQt6" in general:
        yield "metadata.txt: supportsQt6 is out of use; qgisMaximumVersion says it"


def _addresses(general: configparser.SectionProxy) -> Iterator[str]:
    for key in ADDRESSES:
        address = urlsplit(general[key])
        if address.scheme != "https" or "." not in address.netloc or "example." in address.netloc:
            yield f"metadata.txt: {key} {general[key]} is no address on the web"
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]+", general["email"]):
        yield f"metadata.txt: email {general['email']} is no address"


def _texts(general: configparser.SectionProxy) -> Iterator[str]:
    # The site shows users what they have to install themselves, and asks that it be said here.
    if not re.search(r"\btorch\b", general["about"]):
        yield "metadata.txt: about doesn't name torch, which the plugin depends on"
    if "<" in general["about"] + general["description"]:
        yield "metadata.txt: about and description are plain text, without HTML"
    if general["about"].strip() == general["description"].strip():
        yield "metadata.txt: about says no more than description"
    if "plugin" in general["name"].lower():
        yield "metadata.txt: the name needn't say that this is a plugin"


def bandit(folder: Path) -> Iterator[str]:
    """Bandit, at every severity and without the marks that quieten it: the site stops an upload on any finding."""
    done = _scan(folder, "bandit", "--quiet", "--recursive", "--ignore-nosec", "--format", "json", ".", expected=(0, 1))
    for found in json.loads(done)["results"]:
        yield f"bandit: {found['filename']}:{found['line_number']}: {found['test_id']} {found['issue_text']}"


def secrets(folder: Path) -> Iterator[str]:
    """detect-secrets, on every file, without asking anyone whether what it found is valid."""
    done = _scan(folder, "detect_secrets", "scan", "--all-files", "--no-verify", ".")
    for name, findings in json.loads(done)["results"].items():
        for found in findings:
            yield f"detect-secrets: {name}:{found['line_number']}: {found['type']}"


def qgis_names(folder: Path) -> Iterator[str]:
    """flake8-qgis: how QGIS and Qt are imported, and what is gone with Qt 6."""
    done = _scan(folder, "flake8", "--isolated", "--select", "QGS", ".", expected=(0, 1))
    yield from (f"flake8-qgis: {line}" for line in done.splitlines())


def _scan(folder: Path, module: str, *words: str, expected: tuple[int, ...] = (0,)) -> str:
    done = subprocess.run([sys.executable, "-m", module, *words], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in expected:
        sys.exit(f"{module} can't scan: {done.stderr or done.stdout}")
    return done.stdout


RULES: tuple[Callable[[Package], Iterator[str]], ...] = (layout, sizes, metadata)
SCANNERS: tuple[Callable[[Path], Iterator[str]], ...] = (bandit, secrets, qgis_names)


def problems(archive: Path) -> list[str]:
    """Return what is wrong with a zip; the scanners are asked only about one that is sound otherwise, and safe to unpack."""
    try:
        zipped = zipfile.ZipFile(archive)
    except zipfile.BadZipFile as error:
        return [f"{archive.name} is no zip: {error}"]
    with zipped, tempfile.TemporaryDirectory() as folder:
        package = Package(archive, zipped)
        found = [problem for rule in RULES for problem in rule(package)]
        if not found:
            zipped.extractall(folder)
            found = [problem for scanner in SCANNERS for problem in scanner(Path(folder))]
    return found


def main() -> None:
    """Check, print, and fail if anything was found."""
    archive = Path(sys.argv[1]) if len(sys.argv) > 1 else BUILD / f"{NAME}-{version()}.zip"
    found = problems(archive)
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        sys.exit(f"check-package: {archive.name} isn't fit for QGIS' plugin site")
    print(f"check-package: {archive.name} is clean")


if __name__ == "__main__":
    main()
