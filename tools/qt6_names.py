"""Check every Qt and QGIS name that the plugin uses against Qt 6 and QGIS, without running it.

python3 tools/qt6_names.py [FOLDER…]      (.venv's Python; without FOLDER: the plugin)

mypy looks names up in stubs: for qgis.PyQt in those of PyQt6, so that Qt 6 itself need not be installed and can't meet QGIS' Qt 5 in one
process; for QGIS in stubs made here of the installed QGIS, without the members of enumerations that stand outside their enumeration, which
PyQt6 and QGIS 4 don't know.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STUBS = ROOT / "build" / "qt6_names"

# In Qt 6 these are in QtGui; QGIS 4 has them in QtWidgets too.
MOVED = ("QAction", "QActionGroup", "QShortcut", "QFileSystemModel", "QUndoCommand", "QUndoGroup", "QUndoStack")
QUIET = "# mypy: ignore-errors\nfrom typing import Any\n"
UNKNOWN = f"{QUIET}def __getattr__(name: str) -> Any: ...\n"


def qt_stubs() -> dict[str, str]:
    """Return PyQt6's stubs as those of qgis.PyQt, by path."""
    package = importlib.util.find_spec("PyQt6")
    if package is None or not package.submodule_search_locations:
        sys.exit("qt6_names: PyQt6 is missing: run make setup")
    stubs = {"qgis/PyQt/__init__.pyi": QUIET, "qgis/PyQt/uic.pyi": UNKNOWN}
    for path in Path(package.submodule_search_locations[0]).glob("*.pyi"):
        # Some mark arguments as positional where Python has no such mark.
        text = path.read_text(encoding="utf-8").replace(", /)", ")").replace("PyQt6", "qgis.PyQt")
        stubs[f"qgis/PyQt/{path.name}"] = QUIET + text
    stubs["qgis/PyQt/QtWidgets.pyi"] += "".join(f"from qgis.PyQt.QtGui import {name} as {name}\n" for name in MOVED)
    return stubs


def qgis_stubs(paths: list[Path]) -> dict[str, str]:
    """Return stubs of what the files import from QGIS, by path."""
    used: dict[str, set[str]] = {}
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
            if isinstance(node, ast.ImportFrom) and not node.level and node.module in {"qgis.core", "qgis.gui", "qgis.analysis"}:
                used.setdefault(node.module, set()).update(alias.name for alias in node.names)
    stubs = {"qgis/__init__.pyi": f"{QUIET}processing: Any\n", "qgis/utils.pyi": UNKNOWN}
    for module, names in used.items():
        stubs[f"{module.replace('.', '/')}.pyi"] = QUIET + "\n".join(
            line for name, member in vars(importlib.import_module(module)).items() if name in names for line in described(name, member)
        )
    return stubs


def described(name: str, member: object) -> Iterator[str]:
    """Yield the lines of a stub: a class with its members and its enumerations with theirs, or anything else by name alone."""
    if not isinstance(member, type):
        yield f"{name}: Any"
        return
    inside = {key: getattr(member, key, None) for key in dir(member) if not key.startswith("__")}
    yield f"class {name}:\n    def __init__(self, *a: Any, **k: Any) -> None: ..."
    for key, value in inside.items():
        if isinstance(value, type):
            # An enumeration does not list its members in older QGIS; the class around it does.
            entries = {*dir(value), *(other for other, entry in inside.items() if type(entry) is value)}
            yield f"    class {key}:\n        pass"
            yield from (f"        {entry}: Any" for entry in sorted(entries) if not entry.startswith("__"))
        elif not isinstance(value, int) or type(value) in {int, bool, member}:
            yield f"    {key}: Any"


def findings(folders: list[Path]) -> list[str]:
    """Return mypy's lines on names that are not there."""
    for name, text in {**qt_stubs(), **qgis_stubs([path for folder in folders for path in folder.rglob("*.py")])}.items():
        target = STUBS / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")
    options = "--config-file= --python-version 3.11 --follow-imports silent --check-untyped-defs --no-error-summary"
    words = [sys.executable, "-m", "mypy", *options.split(), "--cache-dir", str(STUBS / "cache"), *map(str, folders)]
    done = subprocess.run(words, cwd=ROOT, env={"MYPYPATH": str(STUBS)}, capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1}:
        sys.exit(done.stdout + done.stderr)
    # What an instance has, mypy can't tell where QGIS returns a base class.
    return [line for line in done.stdout.splitlines() if re.search(r'error: (Module "qgis|Cannot find .* named "qgis|"type\[)', line)]


def main() -> None:
    """Check, print, and fail if anything was found."""
    found = findings([Path(word).resolve() for word in sys.argv[1:]] or [ROOT / "ipeo_water_plugin"])
    sys.exit("\n".join(found) or None)


if __name__ == "__main__":
    main()
