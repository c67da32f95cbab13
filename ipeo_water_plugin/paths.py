"""Where the plugin's own files lie: in a checkout, a staged build and an installed zip."""

from __future__ import annotations

import configparser
from pathlib import Path

from .core.translation import tr

_PACKAGE = Path(__file__).resolve().parent


def _find(name: str) -> Path:
    # A build holds them inside the package, a checkout beside it.
    for folder in (_PACKAGE, _PACKAGE.parent):
        if (folder / name).exists():
            return folder / name
    msg = tr("The plugin's {name} is missing beside {folder}: install the plugin again.").format(name=name, folder=_PACKAGE)
    raise FileNotFoundError(msg)


def resources() -> Path:
    """Return the folder of icons, styles and the sample scene.

    Raises:
        FileNotFoundError: the installation isn't whole.
    """
    return _find("resources")


def help_page(name: str) -> Path:
    """Return a page of the documentation: a web page in a build, its source in a checkout.

    Args:
        name: such as "guide" or "algorithms/mapwater".

    Raises:
        FileNotFoundError: the installation isn't whole.
    """
    page = _PACKAGE / "help" / f"{name}.html"
    return page if page.is_file() else _find("docs") / f"{name}.md"


def version() -> str:
    """Return the plugin's version, which stands in metadata.txt alone.

    Raises:
        FileNotFoundError: the installation isn't whole.
    """
    metadata = configparser.ConfigParser(interpolation=None)
    metadata.read(_find("metadata.txt"), encoding="utf-8")
    return metadata["general"]["version"]
