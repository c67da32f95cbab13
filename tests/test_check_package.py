"""make check-package is stopped by any single violation. That the real package is clean it says itself, before `make test`."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from test_packaging import NAME, ROOT, copy_of_checkout, make

sys.path.insert(0, str(ROOT / "tools"))
from check_package import MAX_BYTES, REQUIRED, placeholders, problems

REGULAR, LINK = 0o100644, 0o120777


@dataclass(frozen=True)
class Zip:
    """A zip to be: its files with their modes, and its own name."""

    files: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    name: str = ""

    def put(self, path: str, content: str | bytes, mode: int = REGULAR) -> Zip:
        data = content.encode() if isinstance(content, str) else content
        return replace(self, files={**self.files, path: (data, mode)})

    def add(self, path: str, content: str | bytes = "text\n", mode: int = REGULAR) -> Zip:
        return self.put(f"{NAME}/{path}", content, mode)

    def drop(self, path: str) -> Zip:
        return replace(self, files={name: value for name, value in self.files.items() if name != f"{NAME}/{path}"})

    def edit(self, path: str, pattern: str, substitute: str) -> Zip:
        before = self.files[f"{NAME}/{path}"][0].decode()
        after = re.sub(pattern, substitute, before, flags=re.MULTILINE | re.DOTALL)
        assert after != before, pattern
        return self.add(path, after)

    def metadata(self, key: str, value: str | None) -> Zip:
        """Give a key of metadata.txt another value, on as many lines as it takes, or none."""
        return self.edit("metadata.txt", rf"^{key}=.*?\n(?=\S)", "" if value is None else f"{key}={value}\n")

    def write(self, folder: Path) -> Path:
        path = folder / self.name
        with zipfile.ZipFile(path, "w") as target:
            for name, (data, mode) in self.files.items():
                entry = zipfile.ZipInfo(name)
                entry.create_system, entry.external_attr = 3, mode << 16
                target.writestr(entry, data)
        return path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    checkout = copy_of_checkout(tmp_path_factory.mktemp("check"))
    return checkout / make(checkout, "-s", "package").stdout.strip()


@pytest.fixture(scope="module")
def sound(built: Path) -> Zip:
    """The package with as few modules as a package can have, so that the scanners are quick."""
    with zipfile.ZipFile(built) as opened:
        names = [n for n in opened.namelist() if not n.endswith(".py") or n in {f"{NAME}/__init__.py", f"{NAME}/paths.py"}]
        return Zip({name: (opened.read(name), REGULAR) for name in names}, built.name)


VIOLATIONS: dict[str, tuple[Callable[[Zip], Zip], str]] = {
    "a second folder": (lambda z: z.put("other/__init__.py", "text"), "is outside the folder"),
    "a path that climbs out": (lambda z: z.add("../../evil.py"), "not a plain relative path"),
    "a path of Windows": (lambda z: z.add("core\\model.py"), "not a plain relative path"),
    "a hidden folder": (lambda z: z.add(".git/config.txt"), "is hidden"),
    "compiled Python": (lambda z: z.add("__pycache__/paths.cpython-311.pyc"), "does not belong"),
    "tests": (lambda z: z.add("tests/test_model.py"), "does not belong"),
    "a library": (lambda z: z.add("fast.so"), "kind that is not allowed"),
    "a file without a kind": (lambda z: z.add("Makefile"), "kind that is not allowed"),
    "names that differ in case": (lambda z: z.add("Paths.py"), "the same name"),
    "a link": (lambda z: z.add("link.txt", "/etc/passwd", LINK), "not a regular file"),
    "an executable": (lambda z: z.add("paths.py", "x = 1\n", 0o100755), "permissions 644"),
    "an empty file": (lambda z: z.add("notes.txt", ""), "is empty"),
    "too large": (lambda z: z.add("large.tif", random.Random(1).randbytes(MAX_BYTES)), "too large"),
    "too large unpacked": (lambda z: z.add("zeros.tif", bytes(4 * MAX_BYTES)), "too large"),
    "no LICENSE": (lambda z: z.drop("LICENSE"), "LICENSE is missing"),
    "no metadata.txt": (lambda z: z.drop("metadata.txt"), "can't be read"),
    "no classFactory": (lambda z: z.add("__init__.py", "x = 1\n"), "classFactory"),
    "metadata without a section": (lambda z: z.add("metadata.txt", "name=IPEO Water\n"), "can't be read"),
    **{f"no {key}": (lambda z, key=key: z.metadata(key, None), f"lacks {key}") for key in REQUIRED},
    "an empty author": (lambda z: z.metadata("author", ""), "lacks author"),
    "another category": (lambda z: z.metadata("category", "Vector"), "category is Vector"),
    "a homepage that is none": (lambda z: z.metadata("homepage", "see README"), "homepage see README"),
    "a tracker to be filled in": (lambda z: z.metadata("tracker", "https://example.com/issues"), "tracker https://example.com"),
    "an email that is none": (lambda z: z.metadata("email", "me at home"), "email me at home"),
    "about without torch": (lambda z: z.metadata("about", "Maps water in images."), "does not name torch"),
    "about with HTML": (lambda z: z.metadata("about", "Maps water with torch.<br>"), "without HTML"),
    "a name that says plugin": (lambda z: z.metadata("name", "Water Plugin"), "need not say"),
    "a version of another form": (lambda z: z.metadata("version", "0.1-beta"), "not of the form"),
    "a version without changes": (lambda z: z.metadata("version", "0.9.9"), "changelog has no entry"),
    "a version without a date": (lambda z: z.edit("CHANGELOG.md", r" - \d{4}-\d\d-\d\d$", ""), "no dated heading"),
    "an icon that isn't there": (lambda z: z.metadata("icon", "icon.svg"), "icon icon.svg is not in the zip"),
    "supportsQt6": (lambda z: z.edit("metadata.txt", r"\Z", "\nsupportsQt6=True\n"), "out of use"),
    "another name of the zip": (lambda z: replace(z, name="water.zip"), "is called water.zip"),
}


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_one_violation_makes_it_fail(violation: str, sound: Zip, tmp_path: Path) -> None:
    plant, said = VIOLATIONS[violation]
    found = problems(plant(sound).write(tmp_path))
    assert any(said in problem for problem in found), found


FAKE_KEY = "AKIA" + "QX7ZL2M9PT4RW8KD"
# What the scanners find in a file.
FINDINGS = {
    "an_assert.py": ("def f(x):\n    assert x\n", "bandit"),
    "marked_as_none.py": ("import pickle  # nosec\n", "bandit"),
    "resources/secret.txt": (f"key = {FAKE_KEY}\n", "AWS Access Key"),
    "qt_without_qgis_between.py": ("from PyQt5.QtCore import Qt\n\nprint(Qt)\n", "flake8-qgis"),
}


def test_the_scanners_find_each_in_its_file(sound: Zip, tmp_path: Path) -> None:
    for path, (content, _) in FINDINGS.items():
        sound = sound.add(path, content)
    found = problems(sound.write(tmp_path))
    assert len(found) >= len(FINDINGS)
    for path, (_, said) in FINDINGS.items():
        assert [problem for problem in found if path in problem and said in problem], (path, found)


def test_placeholders_are_listed(sound: Zip, tmp_path: Path) -> None:
    filled = sound.metadata("email", "water@lakes.org")
    for key in ("homepage", "tracker", "repository"):
        assert any(line.startswith(f"{key} ") for line in placeholders(filled.write(tmp_path)))
        filled = filled.metadata(key, "https://lakes.org/water")
    assert placeholders(filled.write(tmp_path)) == []


def test_it_fails_for_a_broken_rule_alone(sound: Zip, tmp_path: Path) -> None:
    for zipped, status, told in ((sound, 0, "not publishable yet"), (sound.metadata("author", None), 1, "metadata.txt lacks author")):
        command = [sys.executable, str(ROOT / "tools" / "check_package.py"), str(zipped.write(tmp_path))]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stderr
        assert told in done.stdout + done.stderr
