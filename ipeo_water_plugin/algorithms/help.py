"""The parts of an algorithm's help that follow from its definition: its results, and the line that runs it."""

from __future__ import annotations

import re

from qgis.core import QgsProcessingAlgorithm, QgsProcessingOutputDefinition, QgsProcessingParameterDefinition, QgsProcessingParameterFile

_OPTIONAL = QgsProcessingParameterDefinition.Flag.FlagOptional
# What a file in an example ends in, where the parameter doesn't say so.
_SUFFIXES = {"raster": "tif", "source": "gpkg", "vector": "gpkg", "file": "json"}
_RASTERS = "multilayer"


def results(algorithm: QgsProcessingAlgorithm) -> list[QgsProcessingOutputDefinition]:
    """Return the outputs that no parameter brings along: numbers and texts."""
    destinations = {parameter.name() for parameter in algorithm.destinationParameterDefinitions()}
    return [output for output in algorithm.outputDefinitions() if output.name() not in destinations]


def example(algorithm: QgsProcessingAlgorithm, also: tuple[str, ...] = ()) -> str:
    """Return the shortest command line that runs an algorithm.

    Args:
        algorithm: of the provider.
        also: parameters that the line shows although they needn't be given.
    """
    wanted = [p for p in algorithm.parameterDefinitions() if p.name() in also or _must_be_given(p)]
    words = [f"{parameter.name()}={value}" for parameter in wanted for value in _values(parameter)]
    return " ".join(["qgis_process", "run", algorithm.id(), *(["--", *words] if words else [])])


def _must_be_given(parameter: QgsProcessingParameterDefinition) -> bool:
    # qgis_process overlooks the default of a field.
    return (parameter.defaultValue() is None or parameter.type() == "field") and not parameter.flags() & _OPTIONAL


def _is_folder(parameter: QgsProcessingParameterDefinition) -> bool:
    return isinstance(parameter, QgsProcessingParameterFile) and parameter.behavior() == QgsProcessingParameterFile.Behavior.Folder


def _values(parameter: QgsProcessingParameterDefinition) -> list[str]:
    """Return values that speak: a file is called what the parameter is called."""
    stem = re.sub(r"\W+", "_", parameter.description().lower()).strip("_")
    if parameter.type() == "folderDestination" or _is_folder(parameter):
        return [stem]
    if parameter.isDestination():
        return [f"{stem}.{parameter.defaultFileExtension()}"]
    if isinstance(parameter, QgsProcessingParameterFile) and (suffix := re.search(r"\*\.(\w+)", parameter.fileFilter())):
        return [f"{stem}.{suffix[1]}"]
    if parameter.type() in _SUFFIXES:
        return [f"{stem}.{_SUFFIXES[parameter.type()]}"]
    if parameter.type() == _RASTERS:
        return ["first.tif", "second.tif"]
    if parameter.type() == "field":
        return ["class"]
    msg = f"There is no example of a {parameter.type()}, which {parameter.name()} of {parameter.algorithm().name()} is."
    raise ValueError(msg)
