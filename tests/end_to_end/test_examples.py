"""The example on each page in docs/algorithms is run, word for word, in a folder that holds files of the names it uses."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from installed import Qgis

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path for path in (ROOT / "docs" / "algorithms").glob("*.md") if path.name != "README.md")


@pytest.fixture(scope="module")
def folder(qgis: Qgis, sample: Path, mapped: dict[str, str]) -> Path:
    """Make what the examples start from: an image, areas, samples, a model, probabilities."""
    for source, names in (
        ("image.tif", ("image.tif", "training_image.tif")),
        ("labels.gpkg", ("training_areas.gpkg", "reference_layer.gpkg")),
    ):
        for name in names:
            shutil.copyfile(sample / source, qgis.folder / name)
    (qgis.folder / "folder").mkdir()
    shutil.copyfile(sample / "image.tif", qgis.folder / "folder" / "image.tif")
    qgis.results("samplepixels", "INPUT=image.tif", "POLYGONS=training_areas.gpkg", "CLASS_FIELD=class", "OUTPUT=samples.gpkg")
    shutil.copyfile(mapped["OUTPUT_MODEL"], qgis.folder / "model.json")
    for name in ("water_probability.tif", "first.tif", "second.tif"):
        shutil.copyfile(mapped["OUTPUT"], qgis.folder / name)
    return qgis.folder


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_example_runs(page: Path, qgis: Qgis, folder: Path) -> None:
    (line,) = re.findall(r"^```bash\n(.*)\n```$", page.read_text(encoding="utf-8"), re.MULTILINE)
    program, *words = shlex.split(line)
    assert program == "qgis_process"
    # A model names its outputs after the step that they come from.
    made = [word.partition("=")[2] for word in words if re.match(r"OUTPUT|[a-z]+:[A-Z_]+=", word)]
    # What one example reads another writes.
    before = {name: (folder / name).stat().st_mtime_ns for name in made if (folder / name).exists()}
    done = qgis.run(*words[:2], "--json", *words[2:])
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["results"]
    assert [name for name in made if (folder / name).stat().st_mtime_ns == before.get(name)] == []
