"""The report that several algorithms write: its parameter, and what it says of the run itself."""

from __future__ import annotations

import ast
import shlex
from typing import Any

from osgeo import gdal
from qgis.core import (
    Qgis,
    QgsDataSourceUri,
    QgsMapLayer,
    QgsProcessing,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterField,
    QgsProcessingParameterFileDestination,
    QgsProperty,
    QgsRasterLayer,
    QgsVectorLayer,
)

from ..core.reports.page import Page, RunRecord, render
from ..core.system.redaction import MARK, redacted
from ..core.translation import format_list, format_some, tr
from ..paths import resources, version
from .base import OUTPUT_REPORT, Values, explained
from .image import without_suffixes
from .layervalues import is_temporary, layer_of, shown_name, vector_layer_of

REPORT_SUFFIX = ".html"


def report_parameter() -> QgsProcessingParameterDefinition:
    """Return the parameter that names the report."""
    return explained(
        QgsProcessingParameterFileDestination(
            OUTPUT_REPORT, tr("Report"), tr("Web page") + f" (*{REPORT_SUFFIX})", optional=True, createByDefault=False
        ),
        tr("One web page that says what was done, how good the result is and whether to trust it. It opens in any browser, offline."),
    )


def html_of(page: Page) -> str:
    """Return a report as a file's text.

    Raises:
        WaterError: jinja2 is missing.
    """
    return render(page, resources() / "report", version())


def run_record(values: Values) -> RunRecord:
    """Describe a run, while it is being prepared: layers are looked at."""
    notes: list[str] = []
    command = _command(values, notes)
    versions = {"IPEO Water": version(), "QGIS": Qgis.QGIS_VERSION, "GDAL": gdal.__version__}
    return RunRecord(command, versions, tuple(redacted(note) for note in dict.fromkeys(notes)))


def _command(values: Values, notes: list[str]) -> str:
    """Return the run as a line for a shell, without credentials, which a comment before it then says."""
    words, removed = [], False
    for definition in values.algorithm.parameterDefinitions():
        key = definition.name()
        if values.given(key) and key != OUTPUT_REPORT:
            written = _written(definition, values.parameters[key], values, notes)
            told = ";".join(redacted(QgsDataSourceUri.removePassword(word)) for word in written)
            removed = removed or told != ";".join(written)
            words.append(f"{key}={told}")
    line = f"qgis_process run {values.algorithm.id()} -- {shlex.join(words)}"
    if not removed:
        return line
    note = tr("Credentials were removed: put them back where “{mark}” stands, and wherever a password is missing.").format(mark=MARK)
    return f"# {note}\n{line}"


def _written(definition: QgsProcessingParameterDefinition, value: Any, values: Values, notes: list[str]) -> list[str]:
    """Write a value as it stands on a command line, a list by its entries."""
    if definition.isDestination():
        return [_destination(definition, value, values, notes)]
    if definition.type() in {"raster", "source", "layer", "vector"}:
        layer = layer_of(value, values.context)
        if layer is None and isinstance(value, QgsProcessingFeatureSourceDefinition):
            layer = vector_layer_of(value, values.context)
        if layer is not None:
            return [_source(definition.name(), layer, value, values, notes)]
        _note_temporary(definition.name(), str(value), notes)
    text = definition.valueAsPythonString(value, values.context)
    try:
        read = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return [str(text)]
    if isinstance(read, (list, tuple)):
        return list(map(str, read))
    return [str(read).lower() if isinstance(read, bool) else str(read)]


def _destination(definition: QgsProcessingParameterDefinition, value: Any, values: Values, notes: list[str]) -> str:
    """Write a destination, and note one that is gone with the session."""
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        value = value.sink
    if isinstance(value, QgsProperty):
        value = value.valueAsString(values.context.expressionContext())[0]
    if str(value) in {QgsProcessing.TEMPORARY_OUTPUT, "memory:"}:
        notes.append(tr("{key} was a temporary result: name a file there to keep it.").format(key=definition.name()))
        return QgsProcessing.TEMPORARY_OUTPUT
    return str(value)


def _source(key: str, layer: QgsMapLayer, value: Any, values: Values, notes: list[str]) -> str:
    """Write a layer as its source, or as a name that no file has where a file wouldn't be the same.

    A command that ran all the same, on something else, would be worse than one that fails.
    """
    name = shown_name(layer)

    def note(text: str, **more: str) -> None:
        notes.append(text.format(key=key, layer=name, **more))

    path = without_suffixes(layer.source()) if layer.providerType() == "gdal" else layer.source()
    whole = path
    if layer.providerType() in {"memory", "virtual"} or path.startswith("/vsimem/"):
        whole = tr("<{layer}, saved as a file>").format(layer=name)
        note(tr("{key}: “{layer}” existed only within QGIS. Save it to a file first, and write its path there."))
    _note_temporary(key, path, notes)
    if not layer.isValid():
        return whole
    if layer.crs() != layer.dataProvider().crs():
        crs = layer.crs().authid() or layer.crs().description()
        note(tr("{key}: the CRS of “{layer}” was set to {crs} in QGIS. Assign it to the file too."), crs=crs)
    if isinstance(layer, QgsRasterLayer) and _sets_nodata(layer):
        note(tr("{key}: NoData of “{layer}” was set in the layer's properties. Set it in the file too."))
    if not isinstance(layer, QgsVectorLayer):
        return whole
    part = _part(layer, value)
    if part:
        whole = tr("<part of {layer}, saved as a file>").format(layer=name)
        text = tr("{key}: of “{layer}”, {part} were used. Save them to a file of their own first, and write its path there.")
        note(text, part=part)
    if layer.isEditable() and layer.isModified():
        note(tr("{key}: “{layer}” had edits that weren't saved. Save them first."))
    computed = _computed_fields(key, layer, values)
    if computed:
        whole = tr("<{layer}, saved as a file>").format(layer=name)
        text = tr(
            "{key}: the fields {fields} of “{layer}” aren't in its file but computed or joined in QGIS. Save the layer to a file first, "
            "and write its path there."
        )
        note(text, fields=format_list(computed))
    return whole


def _part(layer: QgsVectorLayer, value: Any) -> str:
    """Say which of a layer's features a parameter takes, "" where it takes all."""
    if not isinstance(value, QgsProcessingFeatureSourceDefinition):
        return ""
    # QGIS has filters of a parameter from 3.32 on.
    expression = getattr(value, "filterExpression", "")
    parts = []
    if expression:
        parts.append(tr("only features that match the filter {filter}").format(filter=expression))
    elif value.selectedFeaturesOnly and layer.selectedFeatureCount() != layer.featureCount():
        ids = sorted(layer.selectedFeatureIds())
        text = tr("only the selected feature (id {ids})", "only the {n} selected features (ids {ids})", n=len(ids))
        parts.append(text.format(n=len(ids), ids=format_some(ids)))
    if value.featureLimit >= 0:
        parts.append(tr("only the first features, {limit} at most").format(limit=value.featureLimit))
    return format_list(parts)


def _computed_fields(key: str, layer: QgsVectorLayer, values: Values) -> list[str]:
    """Return the fields that a run uses and that the layer's file lacks."""
    wanted: list[str] = []
    for definition in values.algorithm.parameterDefinitions():
        if isinstance(definition, QgsProcessingParameterField) and definition.parentLayerParameterName() == key:
            wanted += values.texts(definition.name())
    fields, stored = layer.fields(), layer.dataProvider().fields().names()
    names = [fields.at(index).name() for index in map(fields.lookupField, wanted) if index >= 0]
    return [name for name in dict.fromkeys(names) if name not in stored]


def _sets_nodata(layer: QgsRasterLayer) -> bool:
    """Whether a layer's properties add NoData values to those of its file, or switch those off."""
    provider = layer.dataProvider()
    bands = range(1, layer.bandCount() + 1)
    return any(provider.userNoDataValues(n) or (provider.sourceHasNoDataValue(n) and not provider.useSourceNoDataValue(n)) for n in bands)


def _note_temporary(key: str, path: str, notes: list[str]) -> None:
    """Note a file that goes with this session of QGIS."""
    if is_temporary(path):
        notes.append(tr("{key}: “{path}” is a temporary file. Save it elsewhere, and write its path there.").format(key=key, path=path))
