"""The example on each page in docs/algorithms is run, word for word, in a folder that holds files of the names it uses."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from provided import kind_of

if TYPE_CHECKING:
    from installed import Qgis

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path for path in (ROOT / "docs" / "algorithms").glob("*.md") if path.name != "README.md")


def words_of(page: Path) -> list[str]:
    """Return the words of a page's example."""
    (line,) = re.findall(r"^```bash\n(.*)\n```$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return shlex.split(line)


def is_output(word: str) -> bool:
    """A model names its outputs after the step that they come from."""
    return re.match(r"OUTPUT|[a-z]+:[A-Z_]+=", word) is not None


@pytest.fixture(scope="module")
def folder(qgis: Qgis, sample: Path, mapped: dict[str, str]) -> Path:
    """Make what the examples start from: an image, areas, samples, a model, probabilities."""
    sources = {"image": sample / "image.tif", "areas": sample / "labels.gpkg", "samples": qgis.folder / "made" / "samples.gpkg"}
    sources |= {"model": Path(mapped["OUTPUT_MODEL"]), "probability": Path(mapped["OUTPUT"])}
    # The example that writes samples.gpkg replaces it only if its layer has that name.
    sources["samples"].parent.mkdir()
    areas = (f"INPUT={sources['image']}", f"POLYGONS={sources['areas']}", "CLASS_FIELD=class")
    qgis.results("samplepixels", *areas, f"OUTPUT={sources['samples']}")
    (qgis.folder / "folder").mkdir()
    shutil.copyfile(sample / "image.tif", qgis.folder / "folder" / "image.tif")
    given = [word.split("=", 1) for page in PAGES for word in words_of(page) if "=" in word and not is_output(word)]
    for name, kind in {name: kind for key, name in given if (kind := kind_of(key, name))}.items():
        shutil.copyfile(sources[kind], qgis.folder / name)
    return qgis.folder


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_example_runs(page: Path, qgis: Qgis, folder: Path) -> None:
    program, *words = words_of(page)
    assert program == "qgis_process"
    made = [word.partition("=")[2] for word in words if is_output(word)]
    # What one example reads another writes.
    before = {name: (folder / name).stat().st_mtime_ns for name in made if (folder / name).exists()}
    done = qgis.run(*words[:2], "--json", *words[2:])
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["results"]
    assert [name for name in made if (folder / name).stat().st_mtime_ns == before.get(name)] == []
