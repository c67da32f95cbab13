"""The algorithm `predictwaterprobability`, and the options of prediction, which `mapwater` shows too."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeatureRequest,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFile,
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterString,
    QgsRasterLayer,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ..core.errors import InputError
from ..core.model import WaterModel
from ..core.model_json import read_model
from ..core.prediction.predict import PredictionSettings, predict
from ..core.progress import Progress, SubProgress, raise_if_cancelled
from ..core.system.files import FileTransaction
from ..core.translation import tr
from ..paths import version
from .base import FeedbackProgress, Values, WaterAlgorithm, explained
from .choices import choice_parameter
from .image import Image, band_parameters, image_parameter, raster_file, read_image, tell_further_bands
from .source import LayerSource
from .styles import add_style, show_with_style
from .vectors import POLYGON, Placement, placed

MODEL = "MODEL"
STYLE = "water_probability"
EXTENT, MASK, DATA_TYPE, FORMAT, CREATION_OPTIONS = "EXTENT", "MASK", "DATA_TYPE", "FORMAT", "CREATION_OPTIONS"

_DEFAULTS = PredictionSettings()


@dataclass(frozen=True, eq=False)
class Shapes:
    """Geometries of a layer as of the start of the run, to be read in the algorithm's thread.

    Attributes:
        source: the layer's features.
        placement: from the layer's CRS to the image's.
        kinds: geometry types that are allowed.
    """

    source: LayerSource
    placement: Placement
    kinds: tuple = (POLYGON,)

    def read(self, progress: Progress) -> tuple[bytes, ...]:
        """Return the geometries as WKB in the image's CRS.

        Raises:
            InputError: a feature has another geometry type.
            CancelledError: the user cancelled.
        """
        features = self.source.features(QgsFeatureRequest().setSubsetOfAttributes([]))
        return tuple(wkb for _, wkb in placed(features, self.placement, self.kinds, self.source.name, self.source.count, progress))


@dataclass(frozen=True, eq=False)
class PredictionOptions:
    """Settings of a prediction, and a mask of polygons that is read later, in the algorithm's thread."""

    settings: PredictionSettings
    mask: Shapes | None

    def complete(self, progress: Progress) -> PredictionSettings:
        """Return the settings with the mask's polygons.

        Raises:
            WaterError: as `Shapes.read`.
        """
        return self.settings if self.mask is None else replace(self.settings, mask_shapes=self.mask.read(progress))


def prediction_parameters() -> list[QgsProcessingParameterDefinition]:
    """Return the options of prediction."""
    creation_options = QgsProcessingParameterString(CREATION_OPTIONS, tr("Creation options"), "", optional=True)
    creation_options.setMetadata({"widget_wrapper": _creation_options_widget()})
    return [
        explained(
            QgsProcessingParameterExtent(EXTENT, tr("Extent"), optional=True),
            tr("Predicts only this part of the image, expanded to whole pixels. Empty = the whole image."),
        ),
        explained(
            QgsProcessingParameterMapLayer(
                MASK, tr("Mask"), optional=True, types=[QgsProcessing.SourceType.TypeVectorPolygon, QgsProcessing.SourceType.TypeRaster]
            ),
            tr(
                "Polygons, or a raster such as a cloud mask. Pixels inside the polygons, or where the raster is valid and not 0, are kept; "
                "all others become NoData."
            ),
        ),
        explained(
            choice_parameter(
                DATA_TYPE,
                tr("Data type"),
                {"float32": tr("Numbers from 0 to 1 (float32)"), "uint8": tr("Whole percent (uint8)")},
                _DEFAULTS.data_type,
            ),
            tr("float32: 0 to 1 in steps of 2⁻¹⁷, NoData -9999. uint8: percent with scale 0.01, NoData 255, about a seventh of the size."),
        ),
        explained(
            choice_parameter(FORMAT, tr("Format"), {"gtiff": "GeoTIFF", "cog": "Cloud Optimized GeoTIFF"}, _DEFAULTS.format),
            tr("gtiff: GeoTIFF. cog: Cloud Optimized GeoTIFF with overviews, for reading over a network. Both end in .tif."),
            advanced=True,
        ),
        explained(
            creation_options,
            tr("Options of GDAL's GeoTIFF or COG driver, such as COMPRESS=DEFLATE|ZLEVEL=9. Empty = tiled and compressed."),
            advanced=True,
        ),
    ]


def _creation_options_widget() -> dict[str, str]:
    """The widget of QGIS' own GDAL algorithms, which moved in 3.40."""
    if Qgis.QGIS_VERSION_INT >= 34000:
        return {"widget_type": "rasteroptions"}
    return {"class": "processing.algs.gdal.ui.RasterOptionsWidget.RasterOptionsWidgetWrapper"}


def read_prediction(values: Values, image: Image) -> PredictionOptions:
    """Read the options of prediction.

    Args:
        values: of the parameters.
        image: to predict.

    Raises:
        InputError: the extent, the mask or a creation option is invalid.
    """
    mask, advice = None, tr("Choose a polygon layer or a raster.")
    if values.given(MASK):
        mask = values.algorithm.parameterAsLayer(values.parameters, MASK, values.context)
        if mask is None or not mask.isValid() or not isinstance(mask, (QgsRasterLayer, QgsVectorLayer)):
            raise values.unopened(MASK, advice)
    if isinstance(mask, QgsRasterLayer):
        tell_further_bands(values, mask)
    settings = replace(
        read_settings(values),
        extent=_extent(values, image),
        mask_raster=raster_file(mask, values) if isinstance(mask, QgsRasterLayer) else None,
    )
    if not isinstance(mask, QgsVectorLayer):
        return PredictionOptions(settings, None)
    source = values.source(MASK, advice)
    if QgsWkbTypes.geometryType(source.kind) != POLYGON:
        raise source.misshapen(advice)
    placement = Placement.from_crs(source.crs, image, values.context.transformContext(), source.name)
    return PredictionOptions(settings, Shapes(source, placement))


def read_settings(values: Values) -> PredictionSettings:
    """Read the options of prediction that don't depend on an image.

    Raises:
        InputError: a creation option is invalid.
    """
    return PredictionSettings(
        data_type=values.choice(DATA_TYPE),
        format=values.choice(FORMAT),
        # QGIS separates them by | before 3.40 and by blanks since.
        creation_options=tuple(o for o in re.split(r"\s*\|\s*|\s+(?=\w+=)", values.text(CREATION_OPTIONS).strip()) if o),
    )


def _extent(values: Values, image: Image) -> tuple[float, float, float, float] | None:
    if not values.given(EXTENT):
        return None
    rectangle = values.algorithm.parameterAsExtent(values.parameters, EXTENT, values.context, image.crs)
    if rectangle.isEmpty() or not rectangle.isFinite() or not _is_reprojected(values, image):
        msg = tr("The extent {extent} is empty or can't be brought onto the image: write xmin,xmax,ymin,ymax.")
        raise InputError(msg.format(extent=values.text(EXTENT)))
    return rectangle.xMinimum(), rectangle.yMinimum(), rectangle.xMaximum(), rectangle.yMaximum()


def _is_reprojected(values: Values, image: Image) -> bool:
    """Whether the extent's CRS is known and leads onto the image: QGIS takes the numbers as they are where it doesn't."""
    written = re.search(r"\[([^\]]*)\]\s*$", values.text(EXTENT))
    if written and not QgsCoordinateReferenceSystem(written[1].strip()).isValid():
        return False
    own = values.algorithm.parameterAsExtentCrs(values.parameters, EXTENT, values.context)
    if not own.isValid() or own == image.crs:
        return True
    rectangle = values.algorithm.parameterAsExtent(values.parameters, EXTENT, values.context)
    try:
        QgsCoordinateTransform(own, image.crs, values.context.transformContext()).transformBoundingBox(rectangle)
    except QgsCsException:
        return False
    return True


def add_probability_style(transaction: FileTransaction, destination: Path, progress: Progress) -> None:
    """Have a probability raster shown from white (dry) to deep blue, whenever it is opened."""
    add_style(transaction, destination, STYLE, progress)


def style_when_loaded(destination: str, context: QgsProcessingContext, image: Image | None = None) -> None:
    """Have the style of its file on a probability raster once QGIS has loaded it, or the plugin's where it has none.

    Args:
        destination: the raster.
        context: of the run.
        image: above which the layer goes, and which it is called after unless somebody, such as a model, has named it.
    """
    show_with_style(destination, STYLE, context, "" if image is None else image.layer)
    if image is not None and context.willLoadLayerOnCompletion(destination):
        details = context.layerToLoadOnCompletionDetails(destination)
        if details.name == tr("Water probability"):
            details.name = tr("Water probability – {image}").format(image=image.name)


def raster_parameter(key: str) -> QgsProcessingParameterDefinition:
    """Return the destination of a probability raster."""
    return explained(
        QgsProcessingParameterRasterDestination(key, tr("Water probability")),
        tr("The probability of water in every pixel, on the image's grid: a GeoTIFF that ends in .tif."),
    )


def model_parameter() -> QgsProcessingParameterDefinition:
    """Return the parameter that chooses a model."""
    return explained(
        QgsProcessingParameterFile(
            MODEL, tr("Model"), QgsProcessingParameterFile.Behavior.File, fileFilter=tr("Water model") + " (*.json)"
        ),
        tr("A model file written by Train logistic regression or Map water from polygons."),
    )


def chosen_model(values: Values) -> WaterModel:
    """Read the model.

    Raises:
        InputError: no model is given.
        ModelError: the file isn't a model.
    """
    path = values.algorithm.parameterAsFile(values.parameters, MODEL, values.context)
    if not path:
        msg = tr("No model is given: choose a model file written by Train logistic regression or Map water from polygons.")
        raise InputError(msg)
    return read_model(path)


def stamp() -> dict[str, str]:
    """Return the entry on the plugin in a result's metadata; core adds those on model and source."""
    return {"PLUGIN_VERSION": version()}


@dataclass(frozen=True, eq=False)
class _Job:
    image: Image
    model: WaterModel
    options: PredictionOptions


class PredictWaterProbability(WaterAlgorithm):
    """Applies a trained model to an image."""

    OUTPUT = "OUTPUT"
    GROUP = "map"

    def displayName(self) -> str:
        return tr("Predict water probability")

    def tags(self) -> list[str]:
        return tr("water,apply,classify,classification,inference,map,raster,model,mask,extent").split(",")

    def purpose(self) -> str:
        return tr(
            "Applies a trained model to an image and writes the probability of water in every pixel.\n\n"
            "It reads images of any size block by block and doesn't need PyTorch. Pixels that are NoData in at least one of the bands are "
            "NoData in the result. A warning appears if many values lie outside the range seen in training, as with another sensor."
        )

    def trouble(self) -> str:
        return tr(
            "The model needs other bands: choose the same extra bands as in training. The log warns of values outside the range seen "
            "in training: the image is from another sensor, season or processing level; draw training areas on it too. Everything is "
            "NoData: a band is NoData everywhere, or extent and mask exclude everything. The output can't be replaced: another "
            "program has it open, or it is the image itself."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add([image_parameter(), model_parameter(), *band_parameters(), *prediction_parameters(), raster_parameter(self.OUTPUT)])

    def read(self, values: Values) -> _Job:
        image = read_image(values)
        return _Job(image, chosen_model(values), read_prediction(values, image))

    def process(self, job: _Job, values: Values, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        destination = values.raster_destination(self.OUTPUT)
        progress = FeedbackProgress(feedback)
        progress.info(tr("Bands of “{image}”: {roles}.").format(image=job.image.name, roles=job.image.roles))
        settings = job.options.complete(SubProgress(progress, 0.0, 0.05))

        with FileTransaction() as transaction:
            part = SubProgress(progress, 0.05, 1.0)
            predict(job.image.file, job.image.roles, job.model, destination, settings, part, stamp(), transaction)
            add_probability_style(transaction, Path(destination), progress)
            raise_if_cancelled(progress)
        style_when_loaded(destination, values.context, job.image)
        return {self.OUTPUT: destination}
