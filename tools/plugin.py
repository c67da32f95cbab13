"""Stage, package and install the plugin: one list of files decides what each of them holds.

python3 tools/plugin.py stage | package | install | version      (the pages of the help are made with .venv's markdown-it-py)
"""

from __future__ import annotations

import argparse
import configparser
import filecmp
import functools
import importlib.util
import os
import shutil
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
NAME = "ipeo_water_plugin"
TOP = ("metadata.txt", "LICENSE", "CHANGELOG.md", "requirements.txt")
RESOURCES = {".css", ".gpkg", ".html", ".js", ".model3", ".qm", ".qml", ".svg", ".tif", ".txt"}
# What GDAL, SQLite and Python leave beside files that somebody has opened.
LEFTOVERS = {".xml", ".gpkg-wal", ".gpkg-shm", ".gpkg-journal", ".pyc"}
# What translators work on; the zip holds what is compiled of it.
CATALOGUES = {".ts"}
# The oldest time a zip can hold: the same files give the same bytes, whenever and wherever they were checked out.
TIMESTAMP = (1980, 1, 1, 0, 0, 0)


def version() -> str:
    """Return the plugin's version, which is in metadata.txt only."""
    metadata = configparser.ConfigParser(interpolation=None)
    metadata.read(ROOT / "metadata.txt", encoding="utf-8")
    return metadata["general"]["version"]


def contents() -> dict[str, Path]:
    """List what the plugin holds: path inside the plugin's folder to file in the checkout, in the order of the zip."""
    files = {name: ROOT / name for name in TOP}
    for base, prefix, suffixes in ((ROOT / NAME, "", {".py"}), (ROOT / "resources", "resources/", RESOURCES)):
        for path in sorted(base.rglob("*")):
            relative = path.relative_to(base)
            hidden = any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
            if path.is_dir() or hidden or path.suffix in LEFTOVERS | CATALOGUES:
                continue
            if path.suffix not in suffixes:
                sys.exit(f"{path.relative_to(ROOT)} is not a kind of file that the plugin contains: remove it, or add its kind here.")
            files[prefix + relative.as_posix()] = path
    for path in sorted(_help().rglob("*")):
        if path.is_file():
            files[f"help/{path.relative_to(_help()).as_posix()}"] = path
    missing = [name for name, path in files.items() if not path.is_file()]
    if missing:
        sys.exit(f"The checkout lacks {', '.join(missing)}.")
    return dict(sorted(files.items()))


@functools.cache
def _help() -> Path:
    """Make the pages of the help, and return their folder."""
    from pages import make_pages

    make_pages(BUILD / "help")
    return BUILD / "help"


def copy_to(folder: Path) -> None:
    """Make the folder hold the plugin's files and no others; a file that is the same already is left alone."""
    files = contents()
    for path in sorted(folder.rglob("*"), reverse=True):
        relative = path.relative_to(folder).as_posix()
        if path.is_symlink() or path.is_file():
            if relative not in files:
                path.unlink()
        elif not any(path.iterdir()):
            path.rmdir()
    for name, source in files.items():
        target = folder / name
        if target.is_file() and filecmp.cmp(source, target, shallow=False):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def package() -> Path:
    """Write build/ipeo_water_plugin-VERSION.zip: the same bytes from the same files, wherever and whenever it is made."""
    files = contents()
    archive = BUILD / f"{NAME}-{version()}.zip"
    archive.parent.mkdir(exist_ok=True)
    temporary = archive.with_suffix(".tmp")
    with zipfile.ZipFile(temporary, "w") as target:
        for name, source in files.items():
            entry = zipfile.ZipInfo(f"{NAME}/{name}", TIMESTAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            target.writestr(entry, source.read_bytes(), compresslevel=9)
    temporary.replace(archive)
    return archive


def user_folders() -> list[Path]:
    """Return the folders in which QGIS keeps its user profiles: one a major version of QGIS that was started here."""
    own = os.environ.get("QGIS_CUSTOM_CONFIG_PATH")
    if own:
        return [Path(own)]
    if sys.platform == "win32":
        base = Path(os.environ["APPDATA"])
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    versions = [base / "QGIS" / name for name in ("QGIS3", "QGIS4")]
    return [folder for folder in versions if folder.is_dir()] or versions[:1]


def install(profile: str) -> None:
    """Copy the plugin into a user profile of QGIS and say how to enable it."""
    for folder in user_folders():
        if BUILD in folder.parents:
            sys.exit("This shell has the settings of `make env`, whose profile is build/profile: install from another shell.")
        target = folder / "profiles" / profile / "python" / "plugins" / NAME
        if target.is_symlink():
            sys.exit(f"{target} is a link to {target.resolve()}: remove the link first.")
        if target.exists() and not (target / "metadata.txt").is_file():
            sys.exit(f"{target} exists and holds no plugin: move it away first.")
        copy_to(target)
        print(f"IPEO Water {version()} is in {target}")
    print(f"""
To switch it on: start QGIS (again) with the profile "{profile}", open Plugins > Manage and Install Plugins… > Installed
and tick IPEO Water. Its algorithms are in the Processing toolbox. torch is optional (docs/installation.md).""")
    if (ROOT / ".venv" / "bin" / "python").exists():
        print(f"With this checkout's own torch:  PATH='{ROOT / '.venv' / 'bin'}':\"$PATH\" qgis")


def _need_markdown() -> None:
    """Go on in .venv's Python where this one lacks what the help is made with."""
    own = ROOT / ".venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if importlib.util.find_spec("markdown_it") is not None:
        return
    if not own.exists() or Path(sys.prefix) == own.parent.parent:
        sys.exit("markdown-it-py is missing, which makes the pages of the help: run make setup, or python3 -m pip install markdown-it-py.")
    os.execv(own, [str(own), *sys.argv])


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["stage", "package", "install", "version"])
    parser.add_argument("--profile", default="default", help="QGIS user profile to install into (default: %(default)s)")
    options = parser.parse_args()
    if options.command != "version":
        _need_markdown()
    if options.command == "stage":
        copy_to(BUILD / "plugins" / NAME)
    elif options.command == "package":
        print(package().relative_to(ROOT))
    elif options.command == "install":
        install(options.profile)
    else:
        print(version())


if __name__ == "__main__":
    main()
