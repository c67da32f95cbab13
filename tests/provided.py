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

OPTIONAL = QgsProcessingParameterDefinition.Flag.FlagOptional


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

    def given(self, files: dict[str, str]) -> dict[str, Any]:
        """Return parameters with which it succeeds, but for its destinations.

        Args:
            files: paths of an "image", a "probability" raster, "areas" with a field class, "samples" and a "model".
        """
        values: dict[str, Any] = {"CLASS_FIELD": "class", "EPOCHS": 5}
        values = {key: value for key, value in values.items() if key in self.keys}
        for key, name in self.inputs.items():
            suffix = Path(name).suffix
            kind = "samples" if name == "samples.gpkg" else {".json": "model", ".gpkg": "areas"}.get(suffix, "image")
            if key == "INPUTS" or "probability" in name:
                kind = "probability"
            if suffix:
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
