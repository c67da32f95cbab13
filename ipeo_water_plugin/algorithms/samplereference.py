"""The algorithm `samplereference`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from qgis.core import (
    QgsDefaultValue,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProcessing,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QMetaType

from ..core.accuracy.reference_points import DESIGNS, ReferenceSample, ReferenceSettings, sample_reference
from ..core.accuracy.sampling_design import STRATUM, STRATUM_AREA, WEIGHT
from ..core.progress import SubProgress
from ..core.translation import tr
from .base import REAL, WHOLE, FeedbackProgress, Values, WaterAlgorithm, explained
from .choices import choice_parameter
from .image import INPUT, Raster, read_raster, unknown_crs
from .labelform import CLASS, set_form
from .layers import check_destination, write_layer
from .project import KIND, MAP
from .samplepixels import SEED, seed_parameter
from .schema import NewLayer, Schema, make_feature, make_fields

THRESHOLD = "THRESHOLD"
SURE, NOTE, LABELLED = "sure", "note", "labelled"

_DEFAULTS = ReferenceSettings()


def probability_parameter(key: str = INPUT, label: str = "") -> QgsProcessingParameterDefinition:
    """Return a parameter that chooses a probability raster.

    Args:
        key: of the parameter.
        label: in the dialog, translated; empty = Water probability.
    """
    parameter = QgsProcessingParameterRasterLayer(key, label or tr("Water probability"))
    parameter.setMetadata({KIND: MAP})
    return explained(
        parameter,
        tr(
            "A raster of water probability, as Predict water probability writes it: 0 to 1, or percent with a scale of 0.01. The first "
            "band is used."
        ),
    )


def threshold_parameter() -> QgsProcessingParameterDefinition:
    """Return the parameter for the threshold at which a pixel counts as water."""
    return explained(
        QgsProcessingParameterNumber(THRESHOLD, tr("Threshold"), REAL, _DEFAULTS.threshold, minValue=0, maxValue=1),
        tr("A pixel counts as water where its probability is at least this."),
    )


@dataclass(frozen=True, eq=False)
class _Job:
    raster: Raster
    settings: ReferenceSettings


class SampleReference(WaterAlgorithm):
    """Draws random points on a probability raster for an analyst to label."""

    COUNT, MARGIN, DESIGN, OUTPUT = "COUNT", "MARGIN", "DESIGN", "OUTPUT"
    GROUP = "check"
    FIELDS = ()

    def displayName(self) -> str:
        return tr("Sample reference points")

    def tags(self) -> list[str]:
        return tr("water,reference,validation,accuracy,area,stratified,random,sample,points,olofsson,ground truth").split(",")

    def purpose(self) -> str:
        return tr(
            "Draws random points on a water map for an analyst to label, so that the area of water can be reported with an interval.\n\n"
            "Edit the layer, look at each point on the image (not on the map), and choose Water or Not water in its form. Then run Assess "
            "accuracy with this layer as the reference. In QGIS, Check with points in the panel asks for them one by one. Don't move or "
            "add points: the interval relies on random locations. The design follows Olofsson et al. 2014, "
            "doi 10.1016/j.rse.2014.02.015."
        )

    def trouble(self) -> str:
        return tr(
            "No points: all pixels of the raster are NoData. The values aren't probabilities: percent need a scale of 0.01 declared in the "
            "file. The form doesn't ask for the class: save the layer as a GeoPackage, which keeps the form."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        count = QgsProcessingParameterNumber(self.COUNT, tr("Number of points"), WHOLE, _DEFAULTS.count, minValue=4)
        margin = QgsProcessingParameterNumber(
            self.MARGIN, tr("Margin of the area, percent"), REAL, None, optional=True, minValue=0.1, maxValue=99
        )
        design = choice_parameter(
            self.DESIGN, tr("Design"), dict(zip(DESIGNS, (tr("Stratified by mapped class"), tr("Random")))), _DEFAULTS.design
        )
        sink = QgsProcessingParameterFeatureSink(self.OUTPUT, tr("Reference points"), QgsProcessing.SourceType.TypeVectorPoint)
        self.add(
            [
                probability_parameter(),
                threshold_parameter(),
                explained(
                    count,
                    tr(
                        "Total number. A stratified sample has at least 50 points in each stratum, or half of them if there are fewer than "
                        "100; the rest is allocated by area. The log shows how many errors to expect: a sound interval needs at least five "
                        "in each stratum."
                    ),
                ),
                explained(
                    margin,
                    tr(
                        "Half the width of the 95 % interval that you want for the area of water, in percent of that area, such as 10. The "
                        "number of points is then worked out from the map's probabilities, and the log says it. Empty = the number above."
                    ),
                ),
                explained(
                    design,
                    tr(
                        "stratified: separate samples of the pixels mapped as water and of the others, which is better if water is rare. "
                        "random: one sample of the whole map."
                    ),
                ),
                seed_parameter(),
                explained(
                    sink,
                    tr(
                        "Points at pixel centres, in random order, so that the first ones are a sample too. Fill in class, and if you "
                        "like sure and note; labelled gets the time. stratum, weight (number of pixels that a point stands for) and "
                        "stratum_ha (area of the stratum) describe the sample."
                    ),
                ),
            ]
        )

    def read(self, values: Values) -> _Job:
        raster = read_raster(values, INPUT, single=True)
        if not raster.crs.isValid():
            raise unknown_crs(raster.name)
        check_destination(values, self.OUTPUT, _schema(raster))
        margin = values.optional_number(self.MARGIN)
        settings = ReferenceSettings(
            values.number(THRESHOLD),
            values.integer(self.COUNT),
            values.choice(self.DESIGN),
            values.integer(SEED),
            None if margin is None else margin / 100,
        )
        return _Job(raster, settings)

    def process(self, job: _Job, values: Values, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        progress = FeedbackProgress(feedback)
        sample = sample_reference(job.raster.file, job.settings, SubProgress(progress, 0.0, 0.9))
        layer = NewLayer(_schema(job.raster), _features(sample), len(sample.stratum), _set_form)
        return {self.OUTPUT: write_layer(values, self.OUTPUT, layer, SubProgress(progress, 0.9, 1.0))}


def _set_form(layer: QgsVectorLayer) -> None:
    set_form(layer, (STRATUM, WEIGHT, STRATUM_AREA, LABELLED))
    # The time of the last edit.
    layer.setDefaultValueDefinition(layer.fields().lookupField(LABELLED), QgsDefaultValue("now()", applyOnUpdate=True))


def _schema(raster: Raster) -> Schema:
    kinds = QMetaType.Type
    fields = {CLASS: kinds.Int, SURE: kinds.Bool, NOTE: kinds.QString, LABELLED: kinds.QDateTime}
    fields |= {STRATUM: kinds.QString, WEIGHT: kinds.Double, STRATUM_AREA: kinds.Double}
    return Schema(make_fields(fields), QgsWkbTypes.Type.Point, raster.crs, kept=True)


def _features(sample: ReferenceSample) -> Iterator[QgsFeature]:
    attributes = [(None, None, None, None, stratum.name, stratum.weight, stratum.area) for stratum in sample.strata]
    for stratum, position in zip(sample.stratum.tolist(), sample.position.tolist()):
        yield make_feature(attributes[stratum], QgsGeometry.fromPointXY(QgsPointXY(*position)))
