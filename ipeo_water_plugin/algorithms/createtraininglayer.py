"""The algorithm `createtraininglayer`."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingFeedback,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterRasterLayer,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QMetaType

from ..core.progress import raise_if_cancelled
from ..core.system.redaction import redacted
from ..core.translation import tr
from .base import FeedbackProgress, Values, WaterAlgorithm, explained
from .image import INPUT, Raster, read_raster, unknown_crs
from .labelform import CLASS, set_form
from .layers import check_destination, write_layer
from .project import IMAGE, KIND, MADE_FOR
from .schema import NewLayer, Schema, make_fields


class CreateTrainingLayer(WaterAlgorithm):
    """An image gives an empty polygon layer to draw training areas in."""

    OUTPUT = "OUTPUT"
    GROUP = "draw"
    FIELDS = ()

    def displayName(self) -> str:
        return tr("Create training layer")

    def tags(self) -> list[str]:
        return tr("water,training,polygons,draw,digitise,digitize,label,class,new,empty,start").split(",")

    def purpose(self) -> str:
        return tr(
            "Creates an empty layer, ready to draw training polygons in.\n\n"
            "Select the new layer, press Toggle Editing, then Add Polygon Feature, and draw: left-click for each corner, right-click to "
            "end. A form asks whether the polygon is Water or Not water. Draw a few of each, small and on a single kind of surface: lakes, "
            "rivers and shallow water for Water; fields, forest, towns, shadow and cloud for Not water, since the model can't tell from "
            "water what nobody showed it. Press Save Layer Edits, and run Map water from polygons with this layer and the field class."
        )

    def trouble(self) -> str:
        return tr(
            "The CRS of the image is unknown: set it first (right-click the layer, Layer CRS). Drawn polygons are lost: the layer was "
            "temporary; make it permanent with the icon next to its name. No form appears: switch off Suppress attribute form pop-up after "
            "feature creation (Settings, Options, Digitizing)."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        image = QgsProcessingParameterRasterLayer(INPUT, tr("Image"))
        image.setMetadata({KIND: IMAGE})
        sink = QgsProcessingParameterFeatureSink(self.OUTPUT, tr("Training polygons"), QgsProcessing.SourceType.TypeVectorPolygon)
        self.add(
            [
                explained(image, tr("The image that you will map water in: the new layer gets its CRS.")),
                explained(
                    sink,
                    tr(
                        "An empty polygon layer with the field class: 1 is water, 0 is not. Choose a GeoPackage to keep what you draw, "
                        "form and colours with it; a temporary layer goes when QGIS is closed."
                    ),
                ),
            ]
        )

    def read(self, values: Values) -> Raster:
        raster = read_raster(values, INPUT)
        if not raster.crs.isValid():
            raise unknown_crs(raster.name)
        check_destination(values, self.OUTPUT, _schema(raster))
        return raster

    def process(self, job: Raster, values: Values, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        progress = FeedbackProgress(feedback)
        raise_if_cancelled(progress)

        def style(written: QgsVectorLayer) -> None:
            # Only a GeoPackage has a fid: a number that nobody is to fill in.
            set_form(written, ("fid",))
            written.setCustomProperty(MADE_FOR, redacted(job.path))

        layer = NewLayer(_schema(job), (), 0, style)
        return {self.OUTPUT: write_layer(values, self.OUTPUT, layer, progress)}


def _schema(raster: Raster) -> Schema:
    return Schema(make_fields({CLASS: QMetaType.Type.Int}), QgsWkbTypes.Type.Polygon, raster.crs, kept=True, drawn=True)
