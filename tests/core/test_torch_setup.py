"""Where PyTorch is missing, the plugin and docs/installation.md name the same command, which is the one for this interpreter."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from ipeo_water_plugin.core.training import torch_setup
from ipeo_water_plugin.core.training.setup_check import TorchState, advice

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "installation.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("\n## PyTorch\n")[2].partition("\n## ")[0]
PROGRAMS = {"linux": "python3", "win32": "python", "darwin": "/Applications/QGIS.app/Contents/MacOS/bin/python3"}


@pytest.fixture(params=PROGRAMS)
def platform(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Pretend to be QGIS' own Python, in no virtual environment, on each platform."""
    monkeypatch.setattr(sys, "platform", request.param)
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    monkeypatch.setattr(torch_setup, "python_program", lambda: PROGRAMS[request.param])
    monkeypatch.setattr(torch_setup.platform, "freedesktop_os_release", lambda: {"ID": "debian", "VERSION_ID": "12"}, raising=False)
    return request.param


def paragraph(platform: str) -> str:
    """Return what the page says of a platform."""
    names = {"linux": "Linux", "win32": "Windows", "darwin": "macOS"}
    return SECTION.partition(f"**{names[platform]}.**")[2].partition("\n**")[0]


def test_the_page_has_the_command_that_the_message_names(platform: str) -> None:
    commands = [line.strip() for line in torch_setup.installation().splitlines() if line.startswith("  ")]
    block = re.findall(r"^```\w+\n(.*?)^```$", paragraph(platform), re.MULTILINE | re.DOTALL)[0].splitlines()
    # An interpreter of a message may lie in a folder whose name holds a blank.
    assert [re.sub(r'^"python"', "python", line) for line in commands] == block


@pytest.mark.parametrize("platform", ["linux"], indirect=True)
@pytest.mark.parametrize(
    ("release", "has"),
    [({"ID": "debian", "VERSION_ID": "13"}, True), ({"ID": "debian"}, True), ({"ID": "ubuntu", "VERSION_ID": "25.10"}, False)]
    + [({"ID": "debian", "VERSION_ID": number}, False) for number in ("", "12 (bookworm)")],
)
def test_debian_gets_its_own_package(platform: str, release: dict[str, str], has: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_setup.platform, "freedesktop_os_release", lambda: release, raising=False)
    first = next(line.strip() for line in torch_setup.installation().splitlines() if line.startswith("  "))
    assert (first == "sudo apt install python3-torch") is has
    assert f"`{first}`" in SECTION.partition("**Debian 13 and later.**")[2].partition("\n**")[0] or not has
    assert "-m venv " in torch_setup.installation()


def test_the_page_names_the_sizes_that_the_message_names(platform: str) -> None:
    sizes = re.findall(r"\d[\d.]* [MG]B", torch_setup.installation())
    assert sizes
    assert sizes == re.findall(r"\d[\d.]* [MG]B", paragraph(platform))


def test_no_command_names_what_qgis_brings(platform: str) -> None:
    assert not re.search(r"install .*\b(numpy|gdal|jinja2|setuptools)\b", torch_setup.installation(), re.IGNORECASE)


@pytest.mark.parametrize("platform", ["win32", "darwin"], indirect=True)
def test_the_command_names_the_profile_that_the_plugin_lies_in(platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = tmp_path / "QGIS" / "QGIS4" / "profiles" / "water works"
    monkeypatch.setattr(torch_setup, "__file__", str(profile / "python/plugins/ipeo_water_plugin/core/training/torch_setup.py"))
    assert f'--target "{profile / "python"}" --no-deps torch ' in torch_setup.installation()
    # A plugin for all users lies where a user can't write.
    monkeypatch.setattr(torch_setup, "__file__", "/usr/share/qgis/python/plugins/ipeo_water_plugin/core/training/torch_setup.py")
    assert "/usr/share" not in torch_setup.installation()


@pytest.mark.parametrize(
    ("executable", "there", "found"),
    [
        ("/usr/bin/python3.11", ("bin/python3",), "/usr/bin/python3.11"),
        ("/opt/Python.exe", ("python.exe",), "/opt/Python.exe"),
        # OSGeo4W on Windows, which has both.
        ("bin/qgis-ltr-bin.exe", ("python.exe", "python3.exe"), "python.exe"),
        ("bin/qgis-bin.exe", ("python3.exe",), "python3.exe"),
        # macOS, and QGIS in a folder that is called as the interpreter.
        ("/Applications/QGIS.app/Contents/MacOS/QGIS", ("bin/python3",), "bin/python3"),
        ("/opt/python3/QGIS", ("bin/python3",), "bin/python3"),
        # Python embedded in a program that doesn't say which.
        ("", ("bin/python3",), "bin/python3"),
        ("/usr/bin/qgis", (), None),
    ],
)
def test_the_interpreter_is_found_where_the_program_is_qgis(
    executable: str, there: tuple[str, ...], found: str | None, tmp_path: Path
) -> None:
    for name in there:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    expected = "python3" if found is None else found if found == executable else str(tmp_path / found)
    assert torch_setup.interpreter(executable, tmp_path) == expected


def test_an_environment_gets_it_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert f'"{torch_setup.python_program()}" -m pip install torch --index-url' in torch_setup.installation()
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    assert "-m venv " in torch_setup.installation()
    (tmp_path / "conda-meta").mkdir()
    assert "-m venv " not in torch_setup.installation()


def test_whoever_has_a_gpu_is_told_how_to_use_it(platform: str) -> None:
    (text,) = advice(TorchState("2.1", "/some/torch/__init__.py", None), zstd=True, nvidia=True)
    assert torch_setup.gpu_build() in text
    assert "(/some/torch)" in text
