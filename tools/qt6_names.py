"""Hold every Qt and QGIS name that the plugin writes against Qt 6 and QGIS, without running it.

python3 tools/qt6_names.py [FOLDER…]      (the Python of .venv; without FOLDER: the plugin)

Qt names are looked up in the stubs that PyQt6 brings, so that Qt 6 itself needn't be there, and can't meet QGIS' Qt 5 in one process.
QGIS names are looked up in the QGIS that is installed. What is reported: a name that isn't there; an enumeration's member without the
enumeration's name, which PyQt6 and QGIS 4 don't know; PyQt by its own name; and exec_().
"""

from __future__ import annotations

import ast
import functools
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

# In Qt 6 these are QtGui's; QGIS 4 gives them under QtWidgets too.
MOVED = {"QAction", "QActionGroup", "QShortcut", "QFileSystemModel", "QUndoCommand", "QUndoGroup", "QUndoStack"}
# QGIS' own, on top of what PyQt has.
SHIMS = {"sip", "uic"}


@dataclass
class Stub:
    """A class or module of PyQt6: its members, and what it inherits from."""

    members: dict[str, Stub | None] = field(default_factory=dict)
    bases: list[str] = field(default_factory=list)

    def find(self, name: str) -> tuple[bool, Stub | None]:
        """Return whether a name is here or inherited, and what it is if that is a class."""
        if name in self.members:
            return True, self.members[name]
        for base in self.bases:
            inherited = _base(base)
            if inherited is not None:
                found, stub = inherited.find(name)
                if found:
                    return found, stub
        return False, None


@functools.cache
def qt_module(name: str) -> Stub | None:
    """Return a module of PyQt6, read from its stub; None where Qt 6 has none of this name."""
    package = importlib.util.find_spec("PyQt6")
    if package is None or not package.submodule_search_locations:
        sys.exit("qt6_names: PyQt6 is missing: run make setup")
    path = Path(package.submodule_search_locations[0]) / f"{name}.pyi"
    if not path.is_file():
        return None
    # Some stubs mark arguments as positional where Python knows no such mark; only the names count here.
    return _stub(ast.parse(path.read_text(encoding="utf-8").replace(", /)", ")")), name)


def _stub(node: ast.Module | ast.ClassDef, module: str) -> Stub:
    stub = Stub()
    if isinstance(node, ast.ClassDef):
        # A name without a module is of this one.
        stub.bases = [base if "." in base else f"{module}.{base}" for base in map(ast.unparse, node.bases)]
    for item in node.body:
        if isinstance(item, ast.ClassDef):
            stub.members[item.name] = _stub(item, module)
        elif isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
            stub.members[item.name] = None
        elif isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            stub.members[item.target.id] = None
        elif isinstance(item, ast.Assign):
            stub.members.update({target.id: None for target in item.targets if isinstance(target, ast.Name)})
        elif isinstance(item, ast.ImportFrom):
            stub.members.update({alias.asname or alias.name: None for alias in item.names})
    return stub


def _base(dotted: str) -> Stub | None:
    module, *names = dotted.removeprefix("PyQt6.").split(".")
    stub = qt_module(module)
    for name in names:
        if stub is None:
            return None
        stub = stub.members.get(name)
    return stub


@dataclass(frozen=True)
class Finding:
    """A name that won't do, and where it stands."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        """Return a line as compilers write it."""
        return f"{self.path}:{self.line}: {self.text}"


def findings(path: Path) -> list[Finding]:
    """Return what is wrong in a file, in the order of its lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    names: dict[str, Any] = {}
    found = [*_imports(tree, names), *_attributes(tree, names)]
    return [Finding(path, line, text) for line, text in sorted(set(found))]


def _imports(tree: ast.Module, names: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """Note what is imported under which name; report what isn't there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in {"PyQt5", "PyQt6"}:
                    yield node.lineno, f"{alias.name} is imported by its own name: import from qgis.PyQt"
        elif isinstance(node, ast.ImportFrom) and not node.level:
            module = node.module or ""
            if module.split(".")[0] in {"PyQt5", "PyQt6"}:
                yield node.lineno, f"{module} is imported by its own name: import from qgis.PyQt"
            for alias in node.names:
                there, meaning = _imported(module, alias.name)
                if there:
                    names[alias.asname or alias.name] = meaning
                else:
                    yield node.lineno, f"{module} has no {alias.name}" + (" in Qt 6" if module.startswith("qgis.PyQt") else "")


def _imported(module: str, name: str) -> tuple[bool, Any]:
    if module in {"qgis.core", "qgis.gui", "qgis.analysis"}:
        meaning = getattr(importlib.import_module(module), name, None)
        return meaning is not None or name == "NULL", meaning
    if module == "qgis.PyQt":
        return name in SHIMS or qt_module(name) is not None, qt_module(name) if name not in SHIMS else None
    if module.startswith("qgis.PyQt."):
        part = module.split(".")[2]
        if part in SHIMS:
            return True, None
        stub = qt_module("QtGui" if name in MOVED else part)
        return stub.find(name) if stub is not None else (False, None)
    return True, None


def _attributes(tree: ast.Module, names: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """Report members that the imported classes don't have."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            if node.attr == "exec_":
                yield node.lineno, "exec_() is gone in Qt 6: write exec()"
            chain = _chain(node)
            if chain and names.get(chain[0]) is not None:
                text = _missing(names[chain[0]], chain)
                if text:
                    yield node.lineno, text


def _chain(node: ast.expr) -> list[str]:
    """Return the names of a.b.c; nothing where it begins with anything but a name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id, *reversed(parts)] if isinstance(node, ast.Name) else []


def _missing(meaning: Any, chain: list[str]) -> str | None:
    return _missing_in_qt(meaning, chain) if isinstance(meaning, Stub) else _missing_in_qgis(meaning, chain)


def _missing_in_qt(stub: Stub, chain: list[str]) -> str | None:
    for position, name in enumerate(chain[1:], start=1):
        there, inner = stub.find(name)
        if not there:
            return f"{'.'.join(chain[:position])} has no {name} in Qt 6: an enumeration's member needs the enumeration's name"
        if inner is None:
            return None
        stub = inner
    return None


def _missing_in_qgis(meaning: Any, chain: list[str]) -> str | None:
    for position, name in enumerate(chain[1:], start=1):
        if not isinstance(meaning, type):
            return None
        owner, before = meaning, ".".join(chain[:position])
        try:
            meaning = getattr(owner, name)
        except AttributeError:
            return f"{before} has no {name} in this QGIS"
        kind = type(meaning)
        if isinstance(meaning, int) and kind not in {int, bool, owner} and kind.__module__.split(".")[0] != "builtins":
            # Newer QGIS has moved enumerations to other classes, and kept the names that older QGIS knows.
            known = (f"{owner.__qualname__}.{member}" for member, value in vars(owner).items() if value is kind)
            written = next(known, kind.__qualname__)
            return f"{before}.{name} is an enumeration's member without the enumeration's name: write {written}.{name}"
    return None


def main() -> None:
    """Check, print, and fail if anything was found."""
    folders = [Path(word) for word in sys.argv[1:]] or [ROOT / "ipeo_water_plugin"]
    found = [finding for folder in folders for path in sorted(folder.rglob("*.py")) for finding in findings(path)]
    for finding in found:
        print(finding, file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
