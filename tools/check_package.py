"""Check a zip against the rules of QGIS' plugin site for an upload: layout, metadata, and what its scanners find.

python3 tools/check_package.py [ZIP]      (.venv's Python, which has the scanners; without ZIP: the one that make package builds)

The site's rules: https://plugins.qgis.org/docs/publish and https://plugins.qgis.org/docs/security-scanning. A zip that keeps them may still
not be publishable: what is left to fill in is printed, and is no failure.
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
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from plugin import BUILD, NAME, version

MAX_BYTES = 25 * 1024 * 1024
# A small zip that unpacks to a disk full is an attack.
MAX_UNPACKED = 4 * MAX_BYTES

KINDS = {".css", ".gpkg", ".html", ".js", ".json", ".md", ".model3", ".py", ".qm", ".qml", ".svg", ".tif", ".txt", ".webp"}
FOLDERS = {"tests", "test", "tools", "benchmarks", "build", "dist", "docs", "node_modules", "__pycache__", "__macosx"}
TOP = ("__init__.py", "metadata.txt", "LICENSE", "CHANGELOG.md", "requirements.txt")

REQUIRED = (
    *("name", "description", "about", "version", "author", "email", "homepage", "tracker", "repository", "tags", "icon"),
    *("qgisMinimumVersion", "qgisMaximumVersion", "category", "hasProcessingProvider"),
)
FIXED = {"category": "Raster", "hasProcessingProvider": "yes", "qgisMinimumVersion": "3.22", "qgisMaximumVersion": "4.99"}
ADDRESSES = ("homepage", "tracker", "repository")
# Well-formed, but nobody's yet.
PLACEHOLDER = re.compile(r"github\.com/ipeo-water/|@users\.noreply\.github\.com$")


def read_text(zipped: zipfile.ZipFile, name: str) -> str:
    """Return a text file from the plugin's folder, "" if there is none."""
    try:
        return zipped.read(f"{NAME}/{name}").decode("utf-8")
    except KeyError:
        return ""


def read_metadata(zipped: zipfile.ZipFile) -> configparser.SectionProxy:
    """Return metadata.txt.

    Raises:
        configparser.Error: it is not in the form of an ini file.
        KeyError: it has no section "general".
    """
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(read_text(zipped, "metadata.txt"))
    return parser["general"]


def layout(archive: Path, zipped: zipfile.ZipFile) -> Iterator[str]:
    """One folder of plain, readable files of the kinds that a plugin is made of, 25 MB at most."""
    entries = zipped.infolist()
    names = [entry.filename for entry in entries]
    # On Windows and macOS two names that differ in case are one file.
    if len({name.lower() for name in names}) < len(names):
        yield "two files have the same name, apart from case"
    for entry in entries:
        name, path, mode = entry.filename, PurePosixPath(entry.filename), entry.external_attr >> 16
        folders = {part.lower() for part in path.parts[:-1]}
        rules = (
            (path.parts[0] == NAME and len(path.parts) > 1, f"is outside the folder {NAME}"),
            (not re.search(r"\.\.|[\\:]|^/|[^\x20-\x7e]", name), "is not a plain relative path"),
            (not any(part.startswith(".") for part in path.parts), "is hidden"),
            (not FOLDERS & folders, "is in a folder that does not belong in a plugin"),
            (path.suffix in KINDS or path.name == "LICENSE", "is of a kind that is not allowed"),
            (stat.S_ISREG(mode) and stat.S_IMODE(mode) == 0o644, "is not a regular file with permissions 644"),
            (entry.file_size > 0, "is empty"),
        )
        yield from (f"{name} {text}" for kept, text in rules if not kept)
    yield from (f"{name} is missing" for name in TOP if f"{NAME}/{name}" not in names)
    if "def classFactory(" not in read_text(zipped, "__init__.py"):
        yield "__init__.py has no classFactory, which QGIS calls"
    if archive.stat().st_size > MAX_BYTES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        yield f"the zip is too large: {MAX_BYTES} bytes are allowed, {MAX_UNPACKED} unpacked"


def metadata(archive: Path, zipped: zipfile.ZipFile) -> Iterator[str]:
    """What metadata.txt has to say, and whether it fits this zip."""
    try:
        general = read_metadata(zipped)
    except (configparser.Error, KeyError) as error:
        yield f"metadata.txt can't be read: {error}"
        return
    found = {key: general.get(key, "").strip() for key in REQUIRED}
    yield from (f"metadata.txt lacks {key}" for key in REQUIRED if not found[key])
    number, about = found["version"], found["about"]
    rules = [(found[key] == value, f"{key} is {found[key]} instead of {value}") for key, value in FIXED.items()]
    rules += [(_is_address(found[key]), f"{key} {found[key]} is not a web address") for key in ADDRESSES]
    rules += [
        (re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]+", found["email"]), f"email {found['email']} is not an address"),
        # The site shows users what they have to install themselves, and asks for it to be named here.
        (re.search(r"\btorch\b", about), "about does not name torch, which training may use"),
        ("<" not in about + found["description"], "about and description are plain text, without HTML"),
        (about != found["description"], "about says no more than description"),
        ("plugin" not in found["name"].lower(), "the name need not say that this is a plugin"),
        (re.fullmatch(r"\d+\.\d+\.\d+", number), f"version {number} is not of the form 1.2.3"),
        (archive.name == f"{NAME}-{number}.zip", f"the zip is called {archive.name} instead of {NAME}-{number}.zip"),
        (general.get("changelog", "").startswith(number), f"changelog has no entry for version {number}"),
        (_dated(number, read_text(zipped, "CHANGELOG.md")), f"CHANGELOG.md has no dated heading for version {number}"),
        ("<svg" in read_text(zipped, found["icon"]), f"the icon {found['icon']} is not in the zip, or is not SVG"),
        ("supportsQt6" not in general, "supportsQt6 is out of use; qgisMaximumVersion says it"),
    ]
    yield from (f"metadata.txt: {text}" for kept, text in rules if not kept)


def _is_address(text: str) -> bool:
    address = urlsplit(text)
    return address.scheme == "https" and "." in address.netloc and "example." not in address.netloc


def _dated(number: str, changelog: str) -> bool:
    return re.search(rf"^## {re.escape(number)} - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE) is not None


def scanned(folder: Path) -> Iterator[str]:
    """Run the site's scanners; it stops an upload on any finding."""
    # At every severity, and without the marks that quieten bandit.
    scans = {
        "bandit": (("--quiet", "--recursive", "--ignore-nosec", "--format", "json", "."), (0, 1)),
        "detect_secrets": (("scan", "--all-files", "--no-verify", "."), (0,)),
        "flake8": (("--isolated", "--select", "QGS", "."), (0, 1)),
    }
    # Side by side, since each takes many seconds of one processor.
    with ThreadPoolExecutor() as pool:
        bandit, secrets, flake8 = pool.map(lambda module: _scan(folder, module, *scans[module]), scans)
    for found in json.loads(bandit)["results"]:
        yield f"bandit: {found['filename']}:{found['line_number']}: {found['test_id']} {found['issue_text']}"
    for name, findings in json.loads(secrets)["results"].items():
        yield from (f"detect-secrets: {name}:{found['line_number']}: {found['type']}" for found in findings)
    yield from (f"flake8-qgis: {line}" for line in flake8.splitlines())


def _scan(folder: Path, module: str, words: tuple[str, ...], expected: tuple[int, ...]) -> str:
    done = subprocess.run([sys.executable, "-m", module, *words], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in expected:
        sys.exit(f"{module} can't scan: {done.stderr or done.stdout}")
    return done.stdout


def problems(archive: Path) -> list[str]:
    """Return what is wrong with a zip; only one that is otherwise sound, and so safe to unpack, is scanned."""
    try:
        zipped = zipfile.ZipFile(archive)
    except zipfile.BadZipFile as error:
        return [f"{archive.name} is not a zip: {error}"]
    with zipped, tempfile.TemporaryDirectory() as folder:
        found = [*layout(archive, zipped), *metadata(archive, zipped)]
        if not found:
            zipped.extractall(folder)
            found = list(scanned(Path(folder)))
    return found


def placeholders(archive: Path) -> list[str]:
    """Return what has to be filled in before a sound zip can be published."""
    with zipfile.ZipFile(archive) as zipped:
        general = read_metadata(zipped)
    reasons = {"email": "the site sends it a mail that has to be confirmed", **dict.fromkeys(ADDRESSES, "the site fetches it")}
    return [f"{key} {general[key]} is a placeholder, and {why}" for key, why in reasons.items() if PLACEHOLDER.search(general[key])]


def main() -> None:
    """Check, print, and fail if anything was found."""
    archive = Path(sys.argv[1]) if len(sys.argv) > 1 else BUILD / f"{NAME}-{version()}.zip"
    found = problems(archive)
    if found:
        sys.exit("\n".join([*found, f"check-package: {archive.name} does not keep the rules of QGIS' plugin site"]))
    print(f"check-package: {archive.name} keeps the rules of QGIS' plugin site")
    left = placeholders(archive)
    if left:
        print("\n".join(["check-package: not publishable yet; in metadata.txt", *(f"  {text}" for text in left)]))


if __name__ == "__main__":
    main()
