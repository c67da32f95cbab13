"""Copies of the checkout's folders, made while other tests run in it."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

# What Python and SQLite put there for a moment, so that it may be gone when its turn has come.
_PASSING = shutil.ignore_patterns("__pycache__", "*.gpkg-*", "*.aux.xml")


def copy_database(source: str | Path, target: str | Path) -> None:
    """Copy a GeoPackage that QGIS has open, and what of it lies in a file beside it as yet."""
    with contextlib.closing(sqlite3.connect(source)) as one, contextlib.closing(sqlite3.connect(target)) as other:
        one.backup(other)


def copy_folder(source: Path, target: Path, copy: Callable[[str, str], object] = shutil.copy2) -> None:
    """Copy a folder into one that may be there already."""
    shutil.copytree(source, target, copy_function=copy, ignore=_PASSING, dirs_exist_ok=True)
