"""What `pip install .` takes: core but for its reports, and nothing of the side that needs QGIS. pyproject.toml holds the rest."""

from __future__ import annotations

import configparser
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
NAME = "ipeo_water_plugin"
# Everything is built here; nothing is left beside the sources.
BUILD = "build/pip"


class CoreAlone(build_py):
    """Leaves out of the package's own folder what only QGIS can import, and adds metadata.txt, which holds the version."""

    def run(self) -> None:
        """Copy the modules, then the version's file into the package, where paths.py looks first."""
        super().run()
        self.copy_file(str(ROOT / "metadata.txt"), str(Path(self.build_lib) / NAME / "metadata.txt"))

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        """List the modules of a package: of the plugin itself, that which makes it a package and knows the version."""
        found = super().find_package_modules(package, package_dir)
        return [module for module in found if package != NAME or module[1] in {"__init__", "paths"}]


def version() -> str:
    """Return the version, which is in metadata.txt only."""
    metadata = configparser.ConfigParser(interpolation=None)
    metadata.read(ROOT / "metadata.txt", encoding="utf-8")
    return metadata["general"]["version"]


# What an earlier build left there would go into this one.
shutil.rmtree(ROOT / BUILD, ignore_errors=True)
(ROOT / BUILD).mkdir(parents=True)
setup(
    version=version(),
    # Reports need templates that only the plugin brings, and nothing in core needs reports.
    packages=find_packages(include=[NAME, f"{NAME}.core", f"{NAME}.core.*"], exclude=[f"{NAME}.core.reports"]),
    cmdclass={"build_py": CoreAlone},
    options={"egg_info": {"egg_base": BUILD}, "build": {"build_base": BUILD}},
)
