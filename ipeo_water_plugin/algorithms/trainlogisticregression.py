"""The algorithm `trainlogisticregression`, and the training parameters, which `mapwater` has too."""

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
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
)

from ..core.model_json import model_text
from ..core.progress import SubProgress
from ..core.reports.page import RunRecord
from ..core.reports.training_report import training_report
from ..core.system.files import FileTransaction
from ..core.training.settings import MAX_HIDDEN_UNITS, OPTIMIZERS, TrainingSettings
from ..core.training.torch_setup import torch_problem
from ..core.training.train import Training, train, without_torch
from ..core.translation import tr
from .base import OUTPUT_REPORT, REAL, WHOLE, FeedbackProgress, Values, WaterAlgorithm, explained
from .checksetup import check_torch, load_torch
from .choices import choice_parameter
from .reports import REPORT_SUFFIX, html_of, report_parameter, run_record
from .samplepixels import SEED, seed_parameter
from .sampleslayer import feature_fields, read_samples
from .source import LayerSource

OPTIMIZER, LEARNING_RATE, MOMENTUM, EPOCHS, BATCH_SIZE = "OPTIMIZER", "LEARNING_RATE", "MOMENTUM", "EPOCHS", "BATCH_SIZE"
L2, BALANCE, WATER_FRACTION, HIDDEN_UNITS, DEVICE = "L2", "BALANCE", "WATER_FRACTION", "HIDDEN_UNITS", "DEVICE"
VALIDATION_FRACTION, FOLDS = "VALIDATION_FRACTION", "FOLDS"
MODEL_SUFFIX = ".json"

_DEFAULTS = TrainingSettings()


def training_parameters() -> list[QgsProcessingParameterDefinition]:
    """Return the training parameters; those with the largest effect come first and aren't advanced."""
    return [
        explained(
            QgsProcessingParameterBoolean(BALANCE, tr("Balance classes"), _DEFAULTS.balance),
            tr(
                "Give water and not water the same total weight, however many samples each has. If water is rare among the samples, more "
                "water is found, but there are more false alarms. By default each sample has the same weight."
            ),
        ),
        explained(
            QgsProcessingParameterNumber(WATER_FRACTION, tr("Expected share of water"), REAL, None, optional=True, minValue=0, maxValue=1),
            tr(
                "Approximate share of the image that is water, between 0 and 1. Set it to adapt the probabilities to the image instead of "
                "the mix of classes in the training areas. Empty = no change."
            ),
        ),
        explained(
            QgsProcessingParameterNumber(FOLDS, tr("Folds"), WHOLE, _DEFAULTS.folds, minValue=0, maxValue=100),
            tr(
                "Maximum number of folds of the cross-validation: each training area is held out once and scored by a model trained "
                "without it. There are no more folds than the rarer class has areas. 0 = a single split by the validation share."
            ),
        ),
        explained(
            QgsProcessingParameterNumber(
                VALIDATION_FRACTION, tr("Validation share"), REAL, _DEFAULTS.validation_fraction, minValue=0, maxValue=0.9
            ),
            tr(
                "Used only if Folds is 0: share of the training areas of each class set aside for validation. The final model is trained "
                "on all areas. 0 = no validation."
            ),
        ),
        explained(
            choice_parameter(
                OPTIMIZER, tr("Optimizer"), dict(zip(OPTIMIZERS, (tr("Gradient descent"), "L-BFGS", "Adam", "Newton"))), _DEFAULTS.optimizer
            ),
            tr(
                "Method that minimises the loss; all find the same coefficients. newton is for logistic regression and needs no PyTorch: "
                "where that is missing, it takes the place of the others. For a perceptron, try adam if gradient_descent doesn't converge."
            ),
            advanced=True,
        ),
        explained(
            QgsProcessingParameterNumber(LEARNING_RATE, tr("Learning rate"), REAL, None, optional=True, minValue=0),
            tr(
                "Step size η. For gradient_descent, 1 is a good value, small values converge slowly and values above 2 diverge. "
                "Empty = start with the optimizer's default and reduce it when the loss rises."
            ),
            advanced=True,
        ),
        explained(
            QgsProcessingParameterNumber(MOMENTUM, tr("Momentum"), REAL, None, optional=True, minValue=0, maxValue=1),
            tr("Share of the previous step added to the next, at least 0 and below 1. Empty = 0.5 for gradient_descent, 0.9 for adam."),
            advanced=True,
        ),
        explained(
            QgsProcessingParameterNumber(EPOCHS, tr("Maximum epochs"), WHOLE, _DEFAULTS.epochs, minValue=1),
            tr("Maximum number of passes over the samples. Training stops earlier once it has converged."),
            advanced=True,
        ),
        explained(
            QgsProcessingParameterNumber(BATCH_SIZE, tr("Batch size"), WHOLE, _DEFAULTS.batch_size, minValue=0),
            tr("Samples per step. 0 = all samples, which is best unless they don't fit in the memory of the GPU."),
            advanced=True,
        ),
        explained(
            _scientific(QgsProcessingParameterNumber(L2, tr("L2 regularisation"), REAL, _DEFAULTS.l2, minValue=0)),
            tr(
                "λ in mean loss + λ/2 · Σ (a · sd)², where a is a coefficient and sd the standard deviation of its band. Larger values "
                "make the coefficients smaller and the probabilities less certain. 0 = no regularisation."
            ),
            advanced=True,
        ),
        explained(
            QgsProcessingParameterNumber(
                HIDDEN_UNITS, tr("Hidden units"), WHOLE, _DEFAULTS.hidden_units, minValue=0, maxValue=MAX_HIDDEN_UNITS
            ),
            tr(
                "0 = logistic regression, whose decision boundary is a plane. 1 or more = a perceptron with one hidden layer of this size, "
                "whose decision boundary can be curved. A few units, such as 4, are usually enough."
            ),
            advanced=True,
        ),
        explained(
            choice_parameter(
                DEVICE,
                tr("Device"),
                {"auto": tr("Automatic"), "cpu": "CPU", "cuda": tr("NVIDIA GPU (CUDA)"), "mps": tr("Apple GPU (MPS)")},
                _DEFAULTS.device,
            ),
            tr("Device to train on: an NVIDIA GPU (cuda), an Apple GPU (mps) or the CPU (cpu). auto uses the first that is available."),
            advanced=True,
        ),
    ]


def _scientific(parameter: QgsProcessingParameterNumber) -> QgsProcessingParameterNumber:
    """Return the parameter with enough decimals in the dialog, which would round small numbers to 0."""
    parameter.setMetadata({"widget_wrapper": {"decimals": 12}})
    return parameter


def training_outputs() -> list[QgsProcessingOutputDefinition]:
    """Return the outputs of training: numbers and strings."""
    numbers = (
        ("LOSS", tr("Loss on the training samples")),
        ("ACCURACY", tr("Accuracy on the training samples")),
        ("F1", tr("F1 on the training samples")),
        ("VALIDATION_LOSS", tr("Loss on held-out areas")),
        ("VALIDATION_ACCURACY", tr("Accuracy on held-out areas")),
        ("VALIDATION_F1", tr("F1 on held-out areas")),
        ("EPOCHS_RUN", tr("Epochs run")),
        ("CONVERGED", tr("1 if training converged, else 0")),
    )
    texts = (("DEVICE_USED", tr("Device used")), ("FORMULA", tr("Formula of the probability")))
    return [*(QgsProcessingOutputNumber(*number) for number in numbers), *(QgsProcessingOutputString(*text) for text in texts)]


def read_training(values: Values) -> TrainingSettings:
    """Read the training parameters.

    Raises:
        TorchMissingError: PyTorch isn't installed, which a perceptron needs; the message says how to install it.
        DeviceError: PyTorch isn't installed, which the device needs.
        InputError: a value is out of range.
    """
    settings = TrainingSettings(
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
    problem = torch_problem()
    if problem:
        without_torch(settings, problem)
    return settings


def training_results(training: Training) -> dict[str, Any]:
    """Return the values of `training_outputs`; None if there is none."""
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
    """Trains a model on a layer of samples and writes the model file."""

    INPUT, FEATURES, OUTPUT = "INPUT", "FEATURES", "OUTPUT"
    GROUP = "map"

    def displayName(self) -> str:
        return tr("Train logistic regression")

    def tags(self) -> list[str]:
        return tr("water,train,fit,model,classifier,machine learning,logistic,regression,perceptron,gradient descent,torch,pytorch").split(
            ","
        )

    def purpose(self) -> str:
        return tr(
            "Fits p(water) = σ(Aᵀx + b) to samples and writes the model file.\n\n"
            "x holds the raw green, red and near-infrared values of a pixel, and those of extra bands if there are any. The model is "
            "scored on whole training areas that were held out. PyTorch is optional: without it, NumPy alone finds the same coefficients."
        )

    def trouble(self) -> str:
        return tr(
            "A perceptron or a GPU needs PyTorch, which is missing: run Check setup. Scores on held-out areas are far below those on the "
            "training samples: there are too few areas, or they are too similar; draw more, in other places. Training doesn't converge: "
            "increase the maximum epochs, leave the learning rate empty, or use newton. All samples are of one class: sample areas of "
            "both classes."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
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
                        "Output of Sample labelled pixels, or any layer or table with the fields class (1 = water, 0 = not water), "
                        "polygon, scene, and one for each feature."
                    ),
                ),
                explained(
                    features, tr("Fields to use as inputs of the model. Empty = green, red, nir and all fields whose names start with x_.")
                ),
                *training_parameters(),
                seed_parameter(),
                explained(
                    output,
                    tr("File for the trained model: JSON text with the coefficients, which any program can read; it contains no code."),
                ),
                report_parameter(),
            ],
            training_outputs(),
        )

    def read(self, values: Values) -> _Job:
        source = values.source(self.INPUT, tr("Choose the output of Sample labelled pixels."))
        return _Job(source, feature_fields(source.fields, values.texts(self.FEATURES)), read_training(values), run_record(values))

    def load(self, job: _Job, feedback: QgsProcessingFeedback) -> None:
        load_torch(job.settings, feedback)

    def process(self, job: _Job, values: Values, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        destination = values.file_destination(self.OUTPUT, MODEL_SUFFIX) or ""
        report = values.file_destination(OUTPUT_REPORT, REPORT_SUFFIX)
        progress = FeedbackProgress(feedback)
        samples = read_samples(job.source, job.features, SubProgress(progress, 0.0, 0.1))
        training = train(samples, job.settings, SubProgress(progress, 0.1, 0.95), lambda: check_torch(progress))
        results = {self.OUTPUT: destination, **training_results(training)}
        with FileTransaction() as transaction:
            transaction.add_text(Path(destination), model_text(training.model))
            if report is not None:
                page = training_report(samples, training, job.record, progress=SubProgress(progress, 0.95, 1.0))
                transaction.add_text(Path(report), html_of(page))
                results[OUTPUT_REPORT] = report
        progress.set(1.0)
        return results
