"""What `make package`, `make stage`, `make install` and `make env` give, held against what QGIS and its plugin site ask for."""

from __future__ import annotations

import configparser
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from copying import copy_folder

ROOT = Path(__file__).resolve().parent.parent
NAME = "ipeo_water_plugin"


def inherited() -> dict[str, str]:
    # A make above this one (make test) must not hand its own settings down.
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    # The python3 that is found first has what the help is made with, as .venv has it in a checkout.
    return {**kept, "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]])}


def make(checkout: Path, *words: str, **environment: str) -> subprocess.CompletedProcess:
    done = subprocess.run(["make", *words], cwd=checkout, env={**inherited(), **environment}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def copy_of_checkout(destination: Path) -> Path:
    """Copy what the build reads, with other times and permissions, into a folder whose name needs quoting."""
    for name in ("Makefile", "metadata.txt", "LICENSE", "CHANGELOG.md", "requirements.txt", "tools", "resources", "docs", NAME):
        source = ROOT / name
        if source.is_dir():
            copy_folder(source, destination / name, shutil.copyfile)
        else:
            destination.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, destination / name)
    for script in (destination / "tools").iterdir():
        script.chmod(0o700)
    return destination


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_checkout(tmp_path_factory.mktemp("build") / "an analyst's copy")


@pytest.fixture(scope="module")
def archive(checkout: Path) -> Path:
    return checkout / make(checkout, "-s", "package").stdout.strip()


@pytest.fixture(scope="module")
def metadata(archive: Path) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None)
    with zipfile.ZipFile(archive) as opened:
        parser.read_file(io.StringIO(opened.read(f"{NAME}/metadata.txt").decode()))
    return parser["general"]


def names(archive: Path) -> set[str]:
    with zipfile.ZipFile(archive) as opened:
        return set(opened.namelist())


def test_two_builds_give_the_same_bytes(archive: Path, tmp_path: Path) -> None:
    other = copy_of_checkout(tmp_path / "elsewhere")
    for path in other.rglob("*"):
        if path.is_file():
            os.utime(path, (1_000_000_000, 1_000_000_000))
            path.chmod(0o755)
    again = other / make(other, "-s", "package", TZ="Asia/Tokyo").stdout.strip()
    assert again.read_bytes() == archive.read_bytes()


def test_zip_holds_the_plugin_and_nothing_else(checkout: Path, archive: Path) -> None:
    """What is in it is otherwise checked by tools/check_package.py, before every `make test`."""
    paths = [PurePosixPath(name) for name in names(archive)]
    modules = {path.relative_to(checkout).as_posix() for path in (checkout / NAME).rglob("*.py")}
    assert {str(path) for path in paths if path.suffix == ".py"} == modules
    top = {"metadata.txt", "LICENSE", "CHANGELOG.md", "requirements.txt", "resources/sample/image.tif", "resources/sample/NOTICE.txt"}
    assert {f"{NAME}/{name}" for name in top} <= {str(path) for path in paths}


def test_the_help_leads_nowhere_that_the_zip_lacks(archive: Path) -> None:
    held = names(archive)
    pages = sorted(name for name in held if name.startswith(f"{NAME}/help/") and name.endswith(".html"))
    assert f"{NAME}/help/guide.html" in pages
    with zipfile.ZipFile(archive) as opened:
        text = {page: opened.read(page).decode() for page in pages}
    anchors = {page: set(re.findall(r'<h\d id="([^"]+)"', text[page])) for page in pages}
    for page in pages:
        links = re.findall(r'(?:href|src)="([^"]+)"', text[page])
        assert links
        for link in links:
            if link.startswith("https://"):
                continue
            path, _, anchor = link.partition("#")
            target = os.path.normpath(PurePosixPath(page).parent / path) if path else page
            assert target in held, (page, link)
            assert not anchor or anchor in anchors[target], (page, link)


@pytest.mark.parametrize(
    "leftover", ["resources/sample/image.tif.aux.xml", f"{NAME}/core/.secret.py", f"{NAME}/core/__pycache__/model.pyc"]
)
def test_leftovers_stay_out(leftover: str, archive: Path, tmp_path: Path) -> None:
    copy = copy_of_checkout(tmp_path / "copy")
    (copy / leftover).parent.mkdir(exist_ok=True)
    (copy / leftover).write_text("left over")
    assert names(copy / make(copy, "-s", "package").stdout.strip()) == names(archive)


def test_unknown_kind_of_file_stops_the_build(tmp_path: Path) -> None:
    copy = copy_of_checkout(tmp_path / "copy")
    (copy / "resources" / "notes.docx").write_text("notes")
    done = subprocess.run(["make", "package"], cwd=copy, env=inherited(), capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "resources/notes.docx" in done.stderr
    assert list(copy.glob("build/*")) == []


def test_version_stands_in_one_place(metadata: configparser.SectionProxy, archive: Path) -> None:
    version = metadata["version"]
    assert archive.name == f"{NAME}-{version}.zip"
    for path in [ROOT / "Makefile", ROOT / "pyproject.toml", *(ROOT / NAME).rglob("*.py"), *(ROOT / "tools").glob("*")]:
        if path.is_file():
            assert f'"{version}"' not in path.read_text(encoding="utf-8"), path


def test_requirements_never_bring_what_qgis_brings() -> None:
    """The pins are installed with --no-deps, so that what they leave out stays QGIS' own."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]
        packages = {re.split(r"[<>=!~ ]", line)[0].lower() for line in lines if line}
        assert "torch" in packages
        assert not packages & {"numpy", "gdal", "scipy", "pyqt5", "pyqt6-qt6", "jinja2", "plotly", "requests"}
    assert all("==" in line for line in lines if line)


def test_stage_holds_what_the_zip_holds_and_drops_what_went(checkout: Path, archive: Path) -> None:
    staged = checkout / "build" / "plugins" / NAME
    (staged / "core" / "gone").mkdir(parents=True)
    (staged / "core" / "gone" / "old.py").write_text("old = 1\n")
    make(checkout, "-s", "stage")
    with zipfile.ZipFile(archive) as opened:
        expected = {entry.removeprefix(f"{NAME}/"): opened.read(entry) for entry in opened.namelist()}
    assert {path.relative_to(staged).as_posix(): path.read_bytes() for path in staged.rglob("*") if path.is_file()} == expected
    assert not (staged / "core" / "gone").exists()


def test_install_goes_into_the_named_profile(checkout: Path, archive: Path, tmp_path: Path) -> None:
    plain = {"HOME": str(tmp_path), "XDG_DATA_HOME": "", "QGIS_CUSTOM_CONFIG_PATH": ""}
    for profile in ("default", "field work"):
        done = make(checkout, "install", f"PROFILE={profile}", **plain)
        target = tmp_path / ".local/share/QGIS/QGIS3/profiles" / profile / "python/plugins" / NAME
        assert str(target) in done.stdout
        assert "tick IPEO Water" in done.stdout
        held = {f"{NAME}/{path.relative_to(target).as_posix()}" for path in target.rglob("*") if path.is_file()}
        assert held == names(archive)


def test_install_leaves_a_strange_folder_alone(checkout: Path, tmp_path: Path) -> None:
    target = tmp_path / "profiles/default/python/plugins" / NAME
    target.mkdir(parents=True)
    (target / "thesis.txt").write_text("three years")
    environment = {**inherited(), "QGIS_CUSTOM_CONFIG_PATH": str(tmp_path)}
    done = subprocess.run(["make", "install"], cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "holds no plugin" in done.stderr
    assert [path.name for path in target.iterdir()] == ["thesis.txt"]


def test_help_is_the_default_and_lists_every_target(checkout: Path) -> None:
    shown = make(checkout, "-s").stdout
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert {"help", "setup", "env", "demo", "test", "lint", "stage", "package", "install", "clean"} <= set(phony.split())
    for target in phony.split():
        assert re.search(rf"^  {target} +\S", shown, re.MULTILINE), target


def test_environment_survives_a_path_with_quotes(checkout: Path) -> None:
    shown = '"$HOME" "$QGIS_PLUGINPATH" "$QGIS_PROCESS" "${PATH%%:*}" "$QT_QPA_PLATFORM"'
    script = f'eval "$(tools/environment.sh)" && cd / && printf "%s\\n" {shown}'
    done = subprocess.run(["sh", "-c", script], cwd=checkout, capture_output=True, text=True, check=True)
    home, plugins, process, first, platform = done.stdout.splitlines()
    assert Path(home) == checkout / "build" / "home"
    assert Path(plugins) == checkout / "build" / "plugins"
    assert Path(first) == checkout / ".venv" / "bin"
    assert Path(process).name.startswith("qgis_process")
    assert platform == "offscreen"
    profile = checkout / "build/profile/profiles/default/QGIS/QGIS3.ini"
    assert f"{NAME}=true" in profile.read_text(encoding="utf-8")


def test_clean_removes_the_build(tmp_path: Path) -> None:
    copy = copy_of_checkout(tmp_path / "copy")
    (copy / ".venv").mkdir()
    make(copy, "-s", "package")
    assert (copy / "build").is_dir()
    make(copy, "-s", "clean")
    assert not (copy / "build").exists()
    assert (copy / ".venv").is_dir()
    (copy / "build" / "matrix").mkdir(parents=True)
    make(copy, "-s", "package")
    make(copy, "-s", "clean")
    assert [path.name for path in (copy / "build").iterdir()] == ["matrix"]
