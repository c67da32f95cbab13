"""The algorithm `mapwater`: sampling, training and prediction in one step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingFeedback,
    QgsProcessingMultiStepFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFileDestination,
)

from ..core.model_json import model_text
from ..core.prediction.predict import predict
from ..core.progress import SubProgress, raise_if_cancelled
from ..core.reports.headline import summary
from ..core.reports.page import RunRecord
from ..core.reports.training_report import Mapped, training_report
from ..core.sampling.sample import SamplingSettings
from ..core.system.files import FileTransaction
from ..core.training.expectation import expected_f1
from ..core.training.settings import TrainingSettings
from ..core.training.train import train
from ..core.translation import tr
from .areas import LabelledAreas, area_parameters, read_areas
from .base import OUTPUT_REPORT, FeedbackProgress, Values, WaterAlgorithm, as_advanced, explained
from .checksetup import check_torch, load_torch
from .image import Image, band_parameters, image_parameter, read_image
from .predictwaterprobability import (
    DATA_TYPE,
    EXTENT,
    MASK,
    PredictionOptions,
    add_probability_style,
    prediction_parameters,
    raster_parameter,
    read_prediction,
    stamp,
    style_when_loaded,
)
from .reports import REPORT_SUFFIX, html_of, report_parameter, run_record
from .samplepixels import ALL_TOUCHED, read_sampling, sample, sampling_parameters
from .trainlogisticregression import (
    BALANCE,
    MODEL_SUFFIX,
    WATER_FRACTION,
    read_training,
    training_outputs,
    training_parameters,
    training_results,
)

# The advanced parameters that many need, in the order of the dialog; those for experts come after.
_COMMON = (MASK, EXTENT, ALL_TOUCHED, BALANCE, WATER_FRACTION, DATA_TYPE)


@dataclass(frozen=True, eq=False)
class _Job:
    image: Image
    areas: LabelledAreas
    sampling: SamplingSettings
    training: TrainingSettings
    prediction: PredictionOptions
    record: RunRecord


class MapWater(WaterAlgorithm):
    """Makes a probability raster from an image and training areas, and a model along the way."""

    OUTPUT, OUTPUT_MODEL = "OUTPUT", "OUTPUT_MODEL"
    EXPECTED_F1_LOW, EXPECTED_F1_HIGH, WATER_AREA_HA = "EXPECTED_F1_LOW", "EXPECTED_F1_HIGH", "WATER_AREA_HA"
    GROUP = "map"

    def displayName(self) -> str:
        return tr("Map water from polygons")

    def tags(self) -> list[str]:
        return tr(
            "water,lake,river,wetland,flood,classification,supervised,machine learning,logistic,probability,sentinel,landsat,ndwi"
        ).split(",")

    def purpose(self) -> str:
        return tr(
            "Maps the probability of water in every pixel of an image, learned from a few polygons that you draw.\n\n"
            "It samples the pixels inside the polygons, trains logistic regression on their raw green, red and near-infrared values, and "
            "applies the model to the whole image. Each step is also an algorithm of its own: Sample labelled pixels, Train logistic "
            "regression, Predict water probability. Nothing has to be installed."
        )

    def trouble(self) -> str:
        return tr(
            "Green, red or near-infrared isn't found: choose the bands by number; the message lists them. Land is mapped as water: "
            "draw a few more Not water polygons there (shadow, cloud, wet fields, dark roofs) and run again. Water is missed: draw "
            "polygons of that kind of water too, such as shallow, muddy or green water. An area contains no pixel: it is smaller than a "
            "pixel; draw a larger one, or use all touched pixels."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        model = QgsProcessingParameterFileDestination(
            self.OUTPUT_MODEL, tr("Model"), tr("Water model") + f" (*{MODEL_SUFFIX})", optional=True, createByDefault=False
        )
        options = [*prediction_parameters(), *sampling_parameters(), *training_parameters()]
        options.sort(key=lambda option: _COMMON.index(option.name()) if option.name() in _COMMON else len(_COMMON))
        self.add(
            [
                image_parameter(),
                *area_parameters(),
                *band_parameters(),
                *(as_advanced(option) for option in options),
                raster_parameter(self.OUTPUT),
                explained(
                    model, tr("Saves the trained model as a small text file, to apply it to other images of the same sensor and season.")
                ),
                report_parameter(),
            ],
            [
                *training_outputs(),
                QgsProcessingOutputNumber(self.EXPECTED_F1_LOW, tr("F1 to expect in the image, lower end")),
                QgsProcessingOutputNumber(self.EXPECTED_F1_HIGH, tr("F1 to expect in the image, upper end")),
                QgsProcessingOutputNumber(self.WATER_AREA_HA, tr("Area mapped as water, in hectares")),
            ],
        )

    def read(self, values: Values) -> _Job:
        image = read_image(values)
        areas = read_areas(values, image)
        return _Job(image, areas, read_sampling(values), read_training(values), read_prediction(values, image), run_record(values))

    def load(self, job: _Job, feedback: QgsProcessingFeedback) -> None:
        load_torch(job.training, feedback)

    def process(self, job: _Job, values: Values, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        """Sample, train, predict and save. All files are put in place together at the end, so that a failed run leaves nothing behind."""
        image = job.image
        destination = values.raster_destination(self.OUTPUT)
        model_file = values.file_destination(self.OUTPUT_MODEL, MODEL_SUFFIX)
        report = values.file_destination(OUTPUT_REPORT, REPORT_SUFFIX)
        raise_if_cancelled(FeedbackProgress(feedback))
        steps = QgsProcessingMultiStepFeedback(3, feedback)

        sampling = sample(image, job.areas, job.sampling, FeedbackProgress(steps))

        steps.setCurrentStep(1)
        progress = FeedbackProgress(steps)
        training = train(sampling.samples, job.training, progress, lambda: check_torch(progress))
        # The raster names the model's file, if it is saved.
        model = training.model if model_file is None else replace(training.model, name=Path(model_file).name)

        steps.setCurrentStep(2)
        progress = FeedbackProgress(steps)
        settings = job.prediction.complete(SubProgress(progress, 0.0, 0.05))
        with FileTransaction() as transaction:
            part = SubProgress(progress, 0.05, 0.85)
            prediction = predict(image.file, image.roles, model, destination, settings, part, stamp(), transaction, hectares=True)
            part = SubProgress(progress, 0.85, 0.95)
            expected = expected_f1(sampling.samples, job.training, model, prediction.pixels, part)
            for sentence in summary(training, prediction, expected):
                progress.info(sentence)
            add_probability_style(transaction, Path(destination), progress)
            if model_file is not None:
                transaction.add_text(Path(model_file), model_text(model))
            if report is not None:
                page = training_report(
                    sampling.samples,
                    training,
                    job.record,
                    Mapped(image.file, image.name, image.roles, prediction, expected),
                    sampling.conflicting,
                    SubProgress(progress, 0.95, 1.0),
                    sampling.unused,
                )
                transaction.add_text(Path(report), html_of(page))
            raise_if_cancelled(progress)

        style_when_loaded(destination, values.context, image)
        progress.set(1.0)
        files = {OUTPUT_REPORT: report, self.OUTPUT_MODEL: model_file}
        saved = {key: path for key, path in files.items() if path is not None}
        low, high = expected or (None, None)
        numbers = {self.EXPECTED_F1_LOW: low, self.EXPECTED_F1_HIGH: high, self.WATER_AREA_HA: prediction.hectares}
        return {self.OUTPUT: destination, **training_results(training), **numbers, **saved}
