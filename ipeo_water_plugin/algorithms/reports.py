"""The report that several algorithms write: its parameter, and what it says of the run itself."""

from __future__ import annotations

import ast
import shlex
from dataclasses import dataclass
from typing import Any

from osgeo import gdal
from qgis.core import (
    Qgis,
    QgsDataSourceUri,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFileDestination,
)

from ..core.concealing import MARK, concealed
from ..core.wording import tr
from ..paths import version
from .base import Values, explained
from .image import without_suffixes
from .layervalues import layer_of

OUTPUT_REPORT, REPORT_SUFFIX = "OUTPUT_REPORT", ".html"


@dataclass(frozen=True)
class RunRecord:
    """How a run can be done again: a line for a shell, and the versions of what took part."""

    command: str
    versions: dict[str, str]


def report_parameter() -> QgsProcessingParameterDefinition:
    """Return the parameter that names the report."""
    return explained(
        QgsProcessingParameterFileDestination(
            OUTPUT_REPORT, tr("Report"), tr("Web page") + f" (*{REPORT_SUFFIX})", optional=True, createByDefault=False
        ),
        tr("One web page that says what was done, how good the result is and whether to trust it. It opens in any browser, offline."),
    )


def run_record(values: Values) -> RunRecord:
    """Describe a run, while it is being prepared: layers are looked at."""
    return RunRecord(_command(values), {"IPEO Water": version(), "QGIS": Qgis.QGIS_VERSION, "GDAL": gdal.__version__})


def _command(values: Values) -> str:
    """Return the run as a line for a shell, without credentials, which a comment before it then says."""
    words, removed = [], False
    for definition in values.algorithm.parameterDefinitions():
        key = definition.name()
        if values.given(key) and key != OUTPUT_REPORT:
            written = _written(definition, values.parameters[key], values)
            told = ";".join(concealed(QgsDataSourceUri.removePassword(word)) for word in written)
            removed = removed or told != ";".join(written)
            words.append(f"{key}={told}")
    line = f"qgis_process run {values.algorithm.id()} -- {shlex.join(words)}"
    if not removed:
        return line
    note = tr("Credentials were removed: put them back where “{mark}” stands, and wherever a password is missing.").format(mark=MARK)
    return f"# {note}\n{line}"


def _written(definition: QgsProcessingParameterDefinition, value: Any, values: Values) -> list[str]:
    """Write a value as it stands on a command line, a list by its entries."""
    layer = layer_of(value, values.context) if definition.type() in {"raster", "source", "layer", "vector"} else None
    if layer is not None:
        return [without_suffixes(layer.source()) if layer.providerType() == "gdal" else layer.source()]
    text = definition.valueAsPythonString(value, values.context)
    try:
        read = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return [str(text)]
    if isinstance(read, (list, tuple)):
        return list(map(str, read))
    return [str(read).lower() if isinstance(read, bool) else str(read)]
