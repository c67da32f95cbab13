"""The algorithm `samplepixels`, and the options of sampling, which `mapwater` shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterNumber,
)

from ..core.bands import ROLES
from ..core.progress import Progress, SubProgress
from ..core.raster.describe import scene_of
from ..core.sampling.sample import Sampling, SamplingSettings, sample_pixels
from ..core.translation import tr
from .areas import LabelledAreas, area_parameters, read_areas
from .base import WHOLE, FeedbackProgress, Values, WaterAlgorithm, explained
from .guard import EXTRA
from .image import Image, band_parameters, image_parameter, read_image
from .layers import check_destination
from .sampleslayer import CLASS, POLYGON, SCENE, samples_schema, write_samples

ALL_TOUCHED, MAX_PER_CLASS, SEED = "ALL_TOUCHED", "MAX_PER_CLASS", "SEED"

_DEFAULTS = SamplingSettings()


def sampling_parameters() -> list[QgsProcessingParameterDefinition]:
    """Return the options of sampling."""
    return [
        explained(
            QgsProcessingParameterBoolean(ALL_TOUCHED, tr("Take every pixel that an area touches"), _DEFAULTS.all_touched),
            tr(
                "By default an area holds the pixels whose centres lie inside it. Turn this on for areas narrower than a pixel: then it "
                "holds every pixel that it touches."
            ),
        ),
        explained(
            QgsProcessingParameterNumber(MAX_PER_CLASS, tr("Maximum pixels per class"), WHOLE, _DEFAULTS.max_per_class, minValue=0),
            tr(
                "If a class has more pixels, a random sample is taken, spread over the areas so that one large lake doesn't outweigh many "
                "ponds. 0 = all pixels."
            ),
        ),
        seed_parameter(),
    ]


def seed_parameter() -> QgsProcessingParameterDefinition:
    """Return the seed, which sampling and training share."""
    return explained(
        QgsProcessingParameterNumber(SEED, tr("Seed"), WHOLE, _DEFAULTS.seed, minValue=0),
        tr("Seed of the random numbers. The same seed gives the same result."),
        advanced=True,
    )


def read_sampling(values: Values) -> SamplingSettings:
    """Read the options of sampling.

    Raises:
        InputError: a number is negative.
    """
    return SamplingSettings(values.flag(ALL_TOUCHED), values.integer(MAX_PER_CLASS), values.integer(SEED))


def sample(image: Image, areas: LabelledAreas, settings: SamplingSettings, progress: Progress) -> Sampling:
    """Read the training areas and sample the pixels inside them.

    Args:
        image: to sample.
        areas: training areas on it.
        settings: which pixels, how many, and the seed.
        progress: receives the share of the work done.

    Raises:
        WaterError: as `LabelledAreas.shapes` and `sample_pixels`.
    """
    progress.info(tr("Bands of “{image}”: {roles}.").format(image=image.name, roles=image.roles))
    shapes = areas.shapes(SubProgress(progress, 0.0, 0.2))
    text = tr("Training areas: {count}, {water} of them water. Seed {seed}.")
    progress.info(text.format(count=len(shapes), water=sum(shape.water for shape in shapes), seed=settings.seed))
    return sample_pixels(image.file, image.roles, shapes, settings, SubProgress(progress, 0.2, 1.0), image.name, areas.source.origin)


@dataclass(frozen=True, eq=False)
class _Job:
    image: Image
    areas: LabelledAreas
    settings: SamplingSettings


class SamplePixels(WaterAlgorithm):
    """Samples the pixels inside training areas into a point layer."""

    OUTPUT = "OUTPUT"
    WATER_PIXELS, OTHER_PIXELS = "WATER_PIXELS", "OTHER_PIXELS"
    CONFLICTING_PIXELS, INVALID_PIXELS = "CONFLICTING_PIXELS", "INVALID_PIXELS"
    GROUP = "map"
    FIELDS = (CLASS, POLYGON, SCENE, *ROLES, EXTRA)

    def displayName(self) -> str:
        return tr("Sample labelled pixels")

    def tags(self) -> list[str]:
        return tr("water,training,samples,polygons,points,labels,raster,extract,values").split(",")

    def purpose(self) -> str:
        return tr(
            "Samples the pixels inside training areas and writes them as points with their class and raw band values.\n\n"
            "The points are an ordinary layer: inspect them, edit them, or append those of several images to one layer to train "
            "one model on all. Each point stores the area and the image it comes from, so that training can hold out whole areas."
        )

    def trouble(self) -> str:
        return tr(
            "Green, red or near-infrared isn't found: choose the bands by number; the message lists them. All features lie outside "
            "the raster: one of the two layers has the wrong CRS. A class has no pixel: its areas are smaller than a pixel, lie on "
            "NoData or overlap areas of the other class, or Values that mean water names none of the values of the class field."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        sink = QgsProcessingParameterFeatureSink(self.OUTPUT, tr("Samples"), QgsProcessing.SourceType.TypeVectorPoint, supportsAppend=True)
        help_text = tr(
            "A point at the centre of each pixel, with the fields class (1 water, 0 not water), polygon, scene, and one per band. Append "
            "them to earlier samples in a GeoPackage to train one model on several images."
        )
        self.add(
            [image_parameter(), *area_parameters(), *band_parameters(), *sampling_parameters(), explained(sink, help_text)],
            [
                QgsProcessingOutputNumber(self.WATER_PIXELS, tr("Water pixels")),
                QgsProcessingOutputNumber(self.OTHER_PIXELS, tr("Other pixels")),
                QgsProcessingOutputNumber(self.CONFLICTING_PIXELS, tr("Pixels left out because they lie in areas of both classes")),
                QgsProcessingOutputNumber(self.INVALID_PIXELS, tr("Pixels left out because of NoData in at least one band")),
            ],
        )

    def read(self, values: Values) -> _Job:
        image = read_image(values)
        check_destination(
            values, self.OUTPUT, samples_schema(image.roles.names, [scene_of(image.file, image.roles, image.name)], image.crs)
        )
        return _Job(image, read_areas(values, image), read_sampling(values))

    def process(self, job: _Job, values: Values, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        progress = FeedbackProgress(feedback)
        sampling = sample(job.image, job.areas, job.settings, SubProgress(progress, 0.0, 0.8))
        destination = write_samples(values, self.OUTPUT, sampling.samples, job.image.crs, SubProgress(progress, 0.8, 1.0))
        water = int(sampling.samples.y.sum())
        return {
            self.OUTPUT: destination,
            self.WATER_PIXELS: water,
            self.OTHER_PIXELS: len(sampling.samples) - water,
            self.CONFLICTING_PIXELS: sampling.conflicting,
            self.INVALID_PIXELS: sampling.invalid,
        }
