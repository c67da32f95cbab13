"""The algorithm `trainlogisticregression`, and the options of training, which `mapwater` shows too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingFeedback,
    QgsProcessingOutputDefinition,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
)

from ..core.errors import InputError, TorchMissingError
from ..core.model_json import model_text
from ..core.progress import SubProgress
from ..core.reports.training_report import training_report
from ..core.system.files import FileTransaction
from ..core.training.settings import MAX_HIDDEN_UNITS, TrainingSettings
from ..core.training.torch_setup import torch_problem
from ..core.training.train import Training, train
from ..core.translation import tr
from .base import FeedbackProgress, Values, WaterAlgorithm, explained
from .checksetup import check_torch, load_torch
from .reports import OUTPUT_REPORT, REPORT_SUFFIX, RunRecord, html_of, report_parameter, run_record
from .samplepixels import SEED, seed_parameter
from .sampleslayer import feature_fields, read_samples
from .source import LayerSource

OPTIMIZER, LEARNING_RATE, MOMENTUM, EPOCHS, BATCH_SIZE = "OPTIMIZER", "LEARNING_RATE", "MOMENTUM", "EPOCHS", "BATCH_SIZE"
L2, BALANCE, WATER_FRACTION, HIDDEN_UNITS, DEVICE = "L2", "BALANCE", "WATER_FRACTION", "HIDDEN_UNITS", "DEVICE"
VALIDATION_FRACTION, FOLDS = "VALIDATION_FRACTION", "FOLDS"
MODEL_SUFFIX = ".json"

_DEFAULTS = TrainingSettings()
_WHOLE, _REAL = QgsProcessingParameterNumber.Type.Integer, QgsProcessingParameterNumber.Type.Double


def training_parameters() -> list[QgsProcessingParameterDefinition]:
    """Return the options of training; what decides the result most comes first and isn't advanced."""
    return [
        explained(
            QgsProcessingParameterBoolean(BALANCE, tr("Both classes weigh the same"), _DEFAULTS.balance),
            tr("Off: every sample weighs the same. On: both classes count the same, so that more water is found, and more that is none."),
        ),
        explained(
            QgsProcessingParameterNumber(WATER_FRACTION, tr("Expected share of water"), _REAL, None, optional=True, minValue=0, maxValue=1),
            tr(
                "How much of the image is water, between 0 and 1, where you know it roughly. Probabilities then fit the image, "
                "not the mix of classes that happened to be drawn. Empty = leave them as trained."
            ),
        ),
        explained(
            QgsProcessingParameterNumber(
                VALIDATION_FRACTION,
                tr("Share of areas held out"),
                _REAL,
                _DEFAULTS.validation_fraction,
                minValue=0,
                maxValue=0.9,
            ),
            tr(
                "So many of the training areas, whole ones, are kept aside to score the model on pixels it hasn't seen. 0 = no such scores."
            ),
        ),
        explained(
            QgsProcessingParameterNumber(FOLDS, tr("Folds"), _WHOLE, _DEFAULTS.folds, minValue=0, maxValue=100),
            tr(
                "0 = hold areas out once. 2 or more = hold out each in turn, in so many groups: steadier scores, in as many times the time."
            ),
        ),
        explained(
            QgsProcessingParameterEnum(
                OPTIMIZER,
                tr("Optimizer"),
                ["gradient_descent", "lbfgs", "adam"],
                allowMultiple=False,
                defaultValue=_DEFAULTS.optimizer,
                usesStaticStrings=True,
            ),
            tr("How the coefficients are found. All three come to the same ones; lbfgs needs the fewest steps, adam suits the perceptron."),
            advanced=True,
        ),
        explained(
            QgsProcessingParameterNumber(LEARNING_RATE, tr("Learning rate"), _REAL, None, optional=True, minValue=0),
            tr("How far one step goes (η). 1 suits gradient descent; above 2 the loss jumps about, near 0 it takes ages. Empty = adapts."),
            advanced=True,
        ),
        explained(
            QgsProcessingParameterNumber(MOMENTUM, tr("Momentum"), _REAL, None, optional=True, minValue=0, maxValue=1),
            tr("How much of the last step carries over to the next, from 0 to below 1. Empty = the optimizer's own."),
            advanced=True,
        ),
        explained(
            QgsProcessingParameterNumber(EPOCHS, tr("Most epochs"), _WHOLE, _DEFAULTS.epochs, minValue=1),
            tr("The most passes over the samples. Training stops earlier once it has converged."),
            advanced=True,
        ),
        explained(
            QgsProcessingParameterNumber(BATCH_SIZE, tr("Batch size"), _WHOLE, _DEFAULTS.batch_size, minValue=0),
            tr("Samples a step. 0 = all at once, which is best for anything that fits in memory."),
            advanced=True,
        ),
        explained(
            _scientific(QgsProcessingParameterNumber(L2, tr("L2 regularisation"), _REAL, _DEFAULTS.l2, minValue=0)),
            tr(
                "λ in mean loss + λ/2 · Σ (a · sd)², over the coefficients a, each with the standard deviation of its band. "
                "Larger values draw coefficients towards 0; 0 = none."
            ),
            advanced=True,
        ),
        explained(
            QgsProcessingParameterNumber(
                HIDDEN_UNITS, tr("Hidden units"), _WHOLE, _DEFAULTS.hidden_units, minValue=0, maxValue=MAX_HIDDEN_UNITS
            ),
            tr(
                "0 = logistic regression: a plane parts water from the rest. More = a perceptron with so many hidden units, which bends it."
            ),
            advanced=True,
        ),
        explained(
            QgsProcessingParameterEnum(
                DEVICE,
                tr("Device"),
                ["auto", "cpu", "cuda", "mps"],
                allowMultiple=False,
                defaultValue=_DEFAULTS.device,
                usesStaticStrings=True,
            ),
            tr("Where training runs: auto takes an NVIDIA graphics card (cuda), else Apple's (mps), else the processor (cpu)."),
            advanced=True,
        ),
    ]


def _scientific(parameter: QgsProcessingParameterNumber) -> QgsProcessingParameterNumber:
    """Let the dialog show small numbers, which it would round to 0."""
    parameter.setMetadata({"widget_wrapper": {"decimals": 12}})
    return parameter


def training_outputs() -> list[QgsProcessingOutputDefinition]:
    """Return the numbers and texts that training gives."""
    numbers = (
        ("LOSS", tr("Loss on the training samples")),
        ("ACCURACY", tr("Accuracy on the training samples")),
        ("F1", tr("F1 on the training samples")),
        ("VALIDATION_LOSS", tr("Loss on held-out areas")),
        ("VALIDATION_ACCURACY", tr("Accuracy on held-out areas")),
        ("VALIDATION_F1", tr("F1 on held-out areas")),
        ("EPOCHS_RUN", tr("Epochs run")),
        ("CONVERGED", tr("Whether training converged (1 or 0)")),
    )
    texts = (("DEVICE_USED", tr("Device used")), ("FORMULA", tr("Formula of the probability")))
    return [*(QgsProcessingOutputNumber(*number) for number in numbers), *(QgsProcessingOutputString(*text) for text in texts)]


def read_training(values: Values) -> TrainingSettings:
    """Turn the options of training into settings.

    Raises:
        TorchMissingError: PyTorch isn't installed; says how to install it.
        InputError: an option is out of its range.
    """
    problem = torch_problem()
    if problem:
        raise TorchMissingError(problem)
    return TrainingSettings(
        optimizer=values.choice(OPTIMIZER),
        learning_rate=values.optional_number(LEARNING_RATE),
        momentum=values.optional_number(MOMENTUM),
        epochs=values.integer(EPOCHS),
        batch_size=values.integer(BATCH_SIZE),
        l2=values.number(L2),
        balance=values.flag(BALANCE),
        water_fraction=values.optional_number(WATER_FRACTION),
        validation_fraction=values.number(VALIDATION_FRACTION),
        folds=values.integer(FOLDS),
        hidden_units=values.integer(HIDDEN_UNITS),
        device=values.choice(DEVICE),
        seed=values.integer(SEED),
    )


def training_results(training: Training) -> dict[str, Any]:
    """Return the values of `training_outputs`; what there is none of is None."""
    held_out = training.validation
    return {
        "LOSS": training.scores.loss,
        "ACCURACY": training.scores.accuracy,
        "F1": training.scores.f1,
        "VALIDATION_LOSS": held_out and held_out.loss,
        "VALIDATION_ACCURACY": held_out and held_out.accuracy,
        "VALIDATION_F1": held_out and held_out.f1,
        "EPOCHS_RUN": training.epochs_run,
        "CONVERGED": int(training.converged),
        "DEVICE_USED": training.device,
        "FORMULA": training.model.formula() if training.model.is_logistic else "",
    }


@dataclass(frozen=True, eq=False)
class _Job:
    source: LayerSource
    features: list[str]
    settings: TrainingSettings
    record: RunRecord


class TrainLogisticRegression(WaterAlgorithm):
    """Samples become a model file."""

    INPUT, FEATURES, OUTPUT = "INPUT", "FEATURES", "OUTPUT"
    GROUP = "train"

    def name(self) -> str:
        """Return the id."""
        return "trainlogisticregression"

    def displayName(self) -> str:
        """Return the name in the toolbox."""
        return tr("Train logistic regression")

    def tags(self) -> list[str]:
        """Return further words that the toolbox finds it by."""
        return tr("water,train,fit,model,classifier,machine learning,logistic,regression,perceptron,gradient descent,torch,pytorch").split(
            ","
        )

    def purpose(self) -> str:
        """Return what the algorithm is for."""
        return tr(
            "Fits p(water) = σ(Aᵀx + b) to samples and writes the model file.\n\n"
            "Each pixel vector x holds the raw green, red and near-infrared values, and extra bands where there are some. "
            "Scores come from whole training areas that were held out. Needs PyTorch; using the model afterwards doesn't."
        )

    def trouble(self) -> str:
        """Return what goes wrong most often, and what to do."""
        return tr(
            "PyTorch is missing: run Check setup. Scores on held-out areas are far below those on the training samples: the areas "
            "are too few or too much alike; draw more, in other places. Training doesn't converge: allow more epochs, leave the "
            "learning rate empty, or take lbfgs. One class only: sample areas of both."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Add parameters and outputs."""
        source = QgsProcessingParameterFeatureSource(self.INPUT, tr("Samples"), [QgsProcessing.SourceType.TypeVector])
        features = QgsProcessingParameterField(
            self.FEATURES,
            tr("Features"),
            parentLayerParameterName=self.INPUT,
            type=QgsProcessingParameterField.DataType.Numeric,
            allowMultiple=True,
            optional=True,
        )
        output = QgsProcessingParameterFileDestination(self.OUTPUT, tr("Model"), tr("Water model") + f" (*{MODEL_SUFFIX})")
        self.add(
            [
                explained(
                    source,
                    tr(
                        "What Sample labelled pixels writes, or any layer or table with fields class (1 or 0), polygon, scene and features."
                    ),
                ),
                explained(features, tr("The fields that make up x. Empty = green, red, nir and every field whose name starts with x_.")),
                *training_parameters(),
                seed_parameter(),
                explained(output, tr("The trained model: a small text file that any program can read and that can run no code.")),
                report_parameter(),
            ],
            training_outputs(),
        )

    def read(self, values: Values) -> _Job:
        """Check the values and turn them into plain ones."""
        source = values.source(self.INPUT)
        if source is None:
            msg = tr("The samples {layer} can't be opened: choose what Sample labelled pixels wrote.").format(
                layer=values.text(self.INPUT) or tr("(none given)")
            )
            raise InputError(msg)
        return _Job(source, feature_fields(source.fields, values.texts(self.FEATURES)), read_training(values), run_record(values))

    def load(self, feedback: QgsProcessingFeedback) -> None:
        """Load PyTorch."""
        load_torch(feedback)

    def process(self, job: _Job, values: Values, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        """Read the samples, train, write the model."""
        destination = values.file_destination(self.OUTPUT, MODEL_SUFFIX)
        report = values.file_destination(OUTPUT_REPORT, REPORT_SUFFIX)
        progress = FeedbackProgress(feedback)
        samples = read_samples(job.source, job.features, SubProgress(progress, 0.0, 0.1))
        training = train(samples, job.settings, SubProgress(progress, 0.1, 0.95), lambda: check_torch(progress))
        results = {self.OUTPUT: destination, **training_results(training)}
        with FileTransaction() as transaction:
            transaction.add_text(Path(destination), model_text(training.model))
            if report is not None:
                told = job.record.command, job.record.versions
                page = training_report(samples, training, *told, progress=SubProgress(progress, 0.95, 1.0), notes=job.record.notes)
                transaction.add_text(Path(report), html_of(page))
                results[OUTPUT_REPORT] = report
        progress.set(1.0)
        return results
