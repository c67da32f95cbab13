"""Write docs/algorithms/: a page for each algorithm, made from the algorithm itself, so that the two agree.

Run it as `make docs`, in QGIS' Python with the environment of `make env`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.analysis import QgsNativeAlgorithms
from qgis.core import (
    QgsApplication,
    QgsProcessingAlgorithm,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterNumber,
)

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from ipeo_water_plugin.algorithms.base import GROUPS
from ipeo_water_plugin.algorithms.help import results
from ipeo_water_plugin.provider import WaterProvider

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "algorithms"

OPTIONAL, ADVANCED = QgsProcessingParameterDefinition.Flag.FlagOptional, QgsProcessingParameterDefinition.Flag.FlagAdvanced
KINDS = {
    "raster": "raster layer",
    "source": "vector layer",
    "vector": "vector layer",
    "layer": "layer",
    "multilayer": "layers",
    "extent": "xmin,xmax,ymin,ymax",
    "string": "text",
    "boolean": "yes or no",
    "sink": "vector layer to write",
    "vectorDestination": "vector layer to write",
    "rasterDestination": "raster to write",
    "folderDestination": "folder to write to",
}
OUTPUTS = {"outputNumber": "number", "outputString": "text", "outputBoolean": "yes or no", "outputFile": "file", "outputRaster": "raster"}
# The largest number that QGIS' own definition of a number without an upper end holds.
ENDLESS = 1e300
HINT = "Made by `make docs` from the algorithm itself: change it there."


def pages(algorithms: list[QgsProcessingAlgorithm]) -> dict[str, str]:
    """Return the pages by file name: one for each algorithm, and the list of them, which is README.md."""
    return {"README.md": _overview(algorithms), **{f"{algorithm.name()}.md": _page(algorithm) for algorithm in algorithms}}


def _overview(algorithms: list[QgsProcessingAlgorithm]) -> str:
    lines = [
        "# Algorithms",
        "",
        "All of them are in the Processing toolbox under *IPEO Water*, and run in batch, in models, from Python and",
    ]
    lines += ["through `qgis_process`."]
    for group in GROUPS:
        members = [algorithm for algorithm in algorithms if algorithm.groupId() == group]
        lines += ["", f"## {members[0].group()}", "", "| | |", "|---|---|"]
        lines += [f"| [{member.displayName()}]({member.name()}.md) | {_cell(member.shortDescription())} |" for member in members]
    return "\n".join([*lines, "", f"<!-- {HINT} -->", ""])


def _page(algorithm: QgsProcessingAlgorithm) -> str:
    lines = [f"# {algorithm.displayName()}", "", f"`{algorithm.id()}`", "", algorithm.purpose()]
    if algorithm.parameterDefinitions():
        lines += ["", "## Parameters", "", "| | key | value | default | |", "|---|---|---|---|---|"]
        lines += [_parameter(parameter) for parameter in algorithm.parameterDefinitions()]
    found = results(algorithm)
    if found:
        lines += ["", "## Results", "", "Besides the layers and files that the parameters name:", "", "| key | | |", "|---|---|---|"]
        lines += [f"| `{output.name()}` | {OUTPUTS[output.type()]} | {_cell(output.description())} |" for output in found]
    if algorithm.trouble():
        lines += ["", "## When it goes wrong", "", algorithm.trouble()]
    lines += ["", "## Example", "", "```bash", algorithm.example(), "```", "", f"<!-- {HINT} -->", ""]
    return "\n".join(lines)


def _parameter(parameter: QgsProcessingParameterDefinition) -> str:
    flags = [word for flag, word in ((OPTIONAL, "optional"), (ADVANCED, "advanced")) if parameter.flags() & flag]
    value = ", ".join([_kind(parameter), *flags])
    cells = (parameter.description(), f"`{parameter.name()}`", value, _default(parameter.defaultValue()), parameter.help())
    return "| " + " | ".join(map(_cell, cells)) + " |"


def _kind(parameter: QgsProcessingParameterDefinition) -> str:
    special = SPECIAL.get(parameter.type())
    return special(parameter) if special else KINDS[parameter.type()]


def _number(parameter: QgsProcessingParameterNumber) -> str:
    whole = parameter.dataType() == QgsProcessingParameterNumber.Type.Integer
    least, most = parameter.minimum(), parameter.maximum()
    endless = 2**31 - 1 if whole else ENDLESS
    words = ["whole number" if whole else "number"]
    words += [f"from {least:g}"] if least > -endless else []
    words += [f"to {most:g}"] if most < endless else []
    return " ".join(words)


SPECIAL: dict[str, Callable[[Any], str]] = {
    "number": _number,
    "enum": lambda parameter: "one of " + ", ".join(f"`{option}`" for option in parameter.options()),
    "band": lambda parameter: "band numbers, such as 5;6" if parameter.allowMultiple() else "band number",
    "field": lambda parameter: "fields" if parameter.allowMultiple() else "field",
    "file": lambda parameter: "folder" if parameter.behavior() == parameter.Behavior.Folder else "file",
    "fileDestination": lambda parameter: f"file to write (.{parameter.defaultFileExtension()})",
}


def _default(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def write(folder: Path, made: dict[str, str]) -> None:
    """Make a folder hold these pages and no others."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")


def main() -> None:
    """Start QGIS, load the provider from the checkout, write the pages."""
    application = QgsApplication([], False)
    application.initQgis()
    provider = WaterProvider()
    registry = QgsApplication.processingRegistry()
    registry.addProvider(QgsNativeAlgorithms(registry))
    registry.addProvider(provider)
    provider.refreshAlgorithms()
    write(PAGES, pages(provider.algorithms()))
    print(f"{PAGES.relative_to(ROOT)}: {len(provider.algorithms())} algorithms")
    application.exitQgis()


if __name__ == "__main__":
    main()
