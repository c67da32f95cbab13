"""The pages in docs/algorithms say what the algorithms say."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from qgis.core import QgsApplication, QgsProcessingAlgorithm, QgsProcessingModelAlgorithm

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import docs  # noqa: E402


def algorithms() -> list[QgsProcessingAlgorithm]:
    return QgsApplication.processingRegistry().providerById("ipeowater").algorithms()


def test_pages_are_fresh() -> None:
    found = {path.name: path.read_text(encoding="utf-8") for path in docs.PAGES.iterdir()}
    made = docs.pages(algorithms())
    assert sorted(found) == sorted(made), "run make docs"
    assert [name for name in made if found[name] != made[name]] == [], "run make docs"


def test_a_changed_help_makes_a_page_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    before = docs.pages(algorithms())
    chosen = next(a for a in algorithms() if a.name() == "createtraininglayer")
    parameter = chosen.parameterDefinition("INPUT")
    help_text = parameter.help()
    parameter.setHelp(f"{help_text} Or so.")
    try:
        after = docs.pages(algorithms())
    finally:
        parameter.setHelp(help_text)
    assert {name for name in after if after[name] != before[name]} == {"createtraininglayer.md"}


def test_a_page_tells_every_parameter_and_result() -> None:
    made = docs.pages(algorithms())
    for algorithm in algorithms():
        page = made[f"{algorithm.name()}.md"]
        for parameter in algorithm.parameterDefinitions():
            assert f"`{parameter.name()}`" in page
            assert " ".join(parameter.help().replace("|", "\\|").split()) in page
        for output in algorithm.outputDefinitions():
            assert f"`{output.name()}`" in page
        assert f"]({algorithm.name()}.md)" in made["README.md"]


def test_a_page_that_is_no_more_goes(tmp_path: Path) -> None:
    (tmp_path / "gone.md").write_text("old")
    docs.write(tmp_path, {"README.md": "new"})
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("README.md", "new")]


def test_the_dialogs_help_tells_results_and_an_example() -> None:
    for algorithm in algorithms():
        text = algorithm.shortHelpString()
        assert f"qgis_process run {algorithm.id()}" in text
        # A model goes wrong where its steps do.
        assert len(algorithm.trouble()) > 100 or isinstance(algorithm, QgsProcessingModelAlgorithm)
        assert algorithm.trouble() in text
        destinations = {d.name() for d in algorithm.destinationParameterDefinitions()}
        for output in algorithm.outputDefinitions():
            assert output.name() in destinations or f"{output.name()}: {output.description()}." in text
