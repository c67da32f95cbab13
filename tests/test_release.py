"""make release sets the version in one place and the changes in two, or says why it doesn't."""

from __future__ import annotations

import configparser
import os
import subprocess
from pathlib import Path

import pytest
from test_packaging import copy_of_checkout, make, names

CHANGES = """## Unreleased

Works on more images.

- *Map water* reads [COGs](https://www.cogeo.org) over the network,
  also behind a proxy.
- `DEVICE` takes `mps`.

"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    checkout = copy_of_checkout(tmp_path / "checkout")
    changelog = checkout / "CHANGELOG.md"
    changelog.write_text(changelog.read_text(encoding="utf-8").replace("# Changelog\n\n", f"# Changelog\n\n{CHANGES}"), encoding="utf-8")
    return checkout


def files(checkout: Path) -> tuple[str, str]:
    return (checkout / "metadata.txt").read_text(encoding="utf-8"), (checkout / "CHANGELOG.md").read_text(encoding="utf-8")


def general(checkout: Path) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(files(checkout)[0])
    return parser["general"]


def test_version_and_changes_are_set(checkout: Path) -> None:
    before = dict(general(checkout))
    make(checkout, "-s", "release", "VERSION=7.10.0")
    after = dict(general(checkout))
    assert after["version"] == "7.10.0"
    assert after["changelog"].splitlines() == [
        "7.10.0",
        "Works on more images.",
        "- Map water reads COGs over the network, also behind a proxy.",
        "- DEVICE takes mps.",
    ]
    assert {key for key in after if after[key] != before.get(key)} == {"version", "changelog"}
    assert set(before) == set(after)
    changelog = files(checkout)[1]
    assert "## 7.10.0\n\nWorks on more images." in changelog
    assert "Unreleased" not in changelog
    archive = checkout / make(checkout, "-s", "package").stdout.strip()
    assert archive.name == "ipeo_water_plugin-7.10.0.zip"
    assert "ipeo_water_plugin/metadata.txt" in names(archive)


@pytest.mark.parametrize("version", ["", "1.2", "v1.2.3", "1.2.3-beta", "01.2.3", "0.0.1", "0.1.0"])
def test_a_version_that_will_not_do(version: str, checkout: Path) -> None:
    before = files(checkout)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    command = ["make", "-s", "release", f"VERSION={version}"]
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "release: VERSION is" in done.stderr
    assert files(checkout) == before


def test_without_changes(tmp_path: Path) -> None:
    checkout = copy_of_checkout(tmp_path / "checkout")
    before = files(checkout)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    command = ["make", "-s", "release", "VERSION=7.0.0"]
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "nothing under “## Unreleased”" in done.stderr
    assert files(checkout) == before
