"""What the provider holds, for tests that go through all of it: they try a new algorithm without naming it.

How to run an algorithm, they take from the example that its help shows: a label such as *Water probability* becomes the file
water_probability.tif, which the tests know how to make.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import QgsProcessingAlgorithm, QgsProcessingParameterDefinition

from ipeo_water_plugin.provider import WaterProvider

# What a file named so is, where its suffix says it. What was downloaded may be any file with an image.
_KINDS = {".json": "model", ".gpkg": "areas", ".tif": "image", ".zip": "image"}
OPTIONAL = QgsProcessingParameterDefinition.Flag.FlagOptional


def kind_of(key: str, name: str) -> str | None:
    """Return which of the tests' files stands for an example's value: "image", "probability", "areas", "samples" or "model".

    Args:
        key: of the parameter.
        name: the value, such as "water_probability.tif"; of any other than a file's name, None is returned.
    """
    kind = _KINDS.get(Path(name).suffix)
    if kind == "image" and (key == "INPUTS" or "probability" in name):
        return "probability"
    return "samples" if name == "samples.gpkg" else kind


@dataclass(frozen=True)
class Provided:
    """An algorithm, as plain values.

    Attributes:
        keys: of all its parameters.
        inputs: parameter to value in its example, such as {"INPUT": "image.tif"}.
        outputs: parameter to a name for the file that it writes; those that are folders are left out.
        writes: whether it cannot run without writing a file.
    """

    keys: frozenset[str]
    inputs: dict[str, str]
    outputs: dict[str, str]
    writes: bool

    def rasters(self, kind: str | None = None) -> list[str]:
        """Return the parameters that must be given one raster, of a kind or any; what was downloaded is more than a raster."""
        kinds = ("image", "probability") if kind is None else (kind,)
        rasters = {key: name for key, name in self.inputs.items() if key != "INPUTS" and not name.endswith(".zip")}
        return [key for key, name in rasters.items() if kind_of(key, name) in kinds]

    def given(self, files: dict[str, str]) -> dict[str, Any]:
        """Return parameters with which it succeeds, but for its destinations.

        Args:
            files: paths of an "image", a "probability" raster, "areas" with a field class, "samples" and a "model".
        """
        values: dict[str, Any] = {"CLASS_FIELD": "class", "EPOCHS": 5, "FOLDS": 0}
        values = {key: value for key, value in values.items() if key in self.keys}
        for key, name in self.inputs.items():
            if kind := kind_of(key, name):
                values[key] = [files[kind]] if key == "INPUTS" else files[kind]
        return values


def _provided(algorithm: QgsProcessingAlgorithm) -> Provided:
    words = dict(word.split("=", 1) for word in shlex.split(algorithm.example()) if "=" in word)
    destinations = [d for d in algorithm.destinationParameterDefinitions() if d.type() != "folderDestination"]
    outputs = {d.name(): f"{d.name().lower()}.{d.defaultFileExtension()}" for d in destinations}
    keys = frozenset(parameter.name() for parameter in algorithm.parameterDefinitions())
    written = any(d.name() == "OUTPUT" and not d.flags() & OPTIONAL for d in destinations)
    return Provided(keys, {key: value for key, value in words.items() if not key.startswith("OUTPUT")}, outputs, written)


def _all() -> dict[str, Provided]:
    provider = WaterProvider()
    provider.refreshAlgorithms()
    return {algorithm.name(): _provided(algorithm) for algorithm in provider.algorithms()}


ALGORITHMS = _all()
# The provider adds these where it is registered.
MODELS = sorted(path.stem for path in (Path(__file__).resolve().parent.parent / "resources" / "models").glob("*.model3"))
OUTPUTS = {name: provided.outputs for name, provided in ALGORITHMS.items() if provided.writes}
