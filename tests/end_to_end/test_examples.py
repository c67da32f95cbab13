"""The example on each page in docs/algorithms is run, word for word, in a folder that holds files of the names it uses."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import processing
import pytest
from osgeo import gdal
from provided import kind_of

if TYPE_CHECKING:
    from installed import Qgis

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "resources" / "sample"
PAGES = sorted(path for path in (ROOT / "docs" / "algorithms").glob("*.md") if path.name != "README.md")
# One with a list, and one with names that hold a colon. The others have nothing that those of the guide and of test_installed_plugin.py
# don't try there, too: they run in this process, since a QGIS of their own takes 2 s to start.
THROUGH_QGIS_PROCESS = {"wateroccurrence", "polygonstowaterbodies"}


def words_of(page: Path) -> list[str]:
    """Return the words of a page's example."""
    (line,) = re.findall(r"^```bash\n(.*)\n```$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return shlex.split(line)


def is_output(word: str) -> bool:
    """A model names its outputs after the step that they come from."""
    return re.match(r"OUTPUT|[a-z]+:[A-Z_]+=", word) is not None


@pytest.fixture(scope="module")
def folder(provider: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make what the examples start from: an image, areas, samples, a model, probabilities."""
    made = tmp_path_factory.mktemp("examples")
    sources = {"image": made / "a corner.tif", "areas": SAMPLE / "labels.gpkg", "samples": made / "made" / "samples.gpkg"}
    sources |= {"model": made / "made" / "m.json", "probability": made / "made" / "p.tif"}
    # It holds areas of both classes.
    gdal.Translate(str(sources["image"]), str(SAMPLE / "image.tif"), srcWin=[864, 0, 512, 384])
    # The example that writes samples.gpkg replaces it only if its layer has that name.
    sources["samples"].parent.mkdir()
    areas = {"INPUT": str(sources["image"]), "POLYGONS": str(sources["areas"]), "CLASS_FIELD": "class"}
    processing.run("ipeowater:samplepixels", {**areas, "OUTPUT": str(sources["samples"])})
    outputs = {"OUTPUT": str(sources["probability"]), "OUTPUT_MODEL": str(sources["model"])}
    processing.run("ipeowater:mapwater", {**areas, "FOLDS": 0, **outputs})
    (made / "folder").mkdir()
    shutil.copyfile(sources["image"], made / "folder" / "image.tif")
    given = [word.split("=", 1) for page in PAGES for word in words_of(page) if "=" in word and not is_output(word)]
    for name, kind in {name: kind for key, name in given if (kind := kind_of(key, name))}.items():
        shutil.copyfile(sources[kind], made / name)
    return made


def in_this_process(words: list[str]) -> dict[str, Any]:
    """Run what a command says."""
    command, name, *separated = words
    assert command == "run"
    assert separated[:1] in ([], ["--"])
    values: dict[str, list[str]] = {}
    for key, _, value in (word.partition("=") for word in separated[1:]):
        values.setdefault(key, []).append(value)
    return processing.run(name, {key: given if len(given) > 1 else given[0] for key, given in values.items()})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_example_runs(page: Path, folder: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    program, *words = words_of(page)
    assert program == "qgis_process"
    made = [word.partition("=")[2] for word in words if is_output(word)]
    # What one example reads another writes.
    before = {name: (folder / name).stat().st_mtime_ns for name in made if (folder / name).exists()}
    monkeypatch.chdir(folder)
    if page.stem in THROUGH_QGIS_PROCESS:
        qgis: Qgis = replace(request.getfixturevalue("qgis"), folder=folder)
        done = qgis.run(*words[:2], "--json", *words[2:])
        assert done.returncode == 0, done.stdout + done.stderr
        results = json.loads(done.stdout)["results"]
    else:
        results = in_this_process(words)
    assert results
    assert [name for name in made if (folder / name).stat().st_mtime_ns == before.get(name)] == []
