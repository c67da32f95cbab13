"""Ids, keys, types and defaults that users' models and scripts hold on to: frozen."""

from __future__ import annotations

import pytest
from provided import ALGORITHMS
from qgis.core import (
    QgsApplication,
    QgsProcessingAlgorithm,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputNumber,
    QgsProcessingOutputRasterLayer,
    QgsProcessingOutputString,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterNumber,
)

from ipeo_water_plugin.core.prediction.predict import PredictionSettings
from ipeo_water_plugin.core.sampling.sample import SamplingSettings
from ipeo_water_plugin.core.training.settings import TrainingSettings

OPTIONAL, ADVANCED = QgsProcessingParameterDefinition.Flag.FlagOptional, QgsProcessingParameterDefinition.Flag.FlagAdvanced

# key: (type, default, optional)
IMAGE = {
    "INPUT": ("raster", None, False),
    "GREEN": ("band", None, True),
    "RED": ("band", None, True),
    "NIR": ("band", None, True),
    "EXTRA_BANDS": ("band", None, True),
}
AREAS = {"POLYGONS": ("source", None, False), "CLASS_FIELD": ("field", None, False), "WATER_VALUES": ("string", "1", False)}
SAMPLING = {"ALL_TOUCHED": ("boolean", False, False), "MAX_PER_CLASS": ("number", 50000, False), "SEED": ("number", 0, False)}
TRAINING = {
    "OPTIMIZER": ("enum", "gradient_descent", False),
    "LEARNING_RATE": ("number", None, True),
    "MOMENTUM": ("number", None, True),
    "EPOCHS": ("number", TrainingSettings().epochs, False),
    "BATCH_SIZE": ("number", 0, False),
    "L2": ("number", 1e-6, False),
    "BALANCE": ("boolean", False, False),
    "WATER_FRACTION": ("number", None, True),
    "VALIDATION_FRACTION": ("number", 0.25, False),
    "FOLDS": ("number", 10, False),
    "HIDDEN_UNITS": ("number", 0, False),
    "DEVICE": ("enum", "auto", False),
    "SEED": ("number", 0, False),
}
PREDICTION = {
    "EXTENT": ("extent", None, True),
    "MASK": ("layer", None, True),
    "DATA_TYPE": ("enum", "float32", False),
    "FORMAT": ("enum", "gtiff", False),
    "CREATION_OPTIONS": ("string", "", True),
}
RASTER = {"OUTPUT": ("rasterDestination", None, False)}
REPORT = {"OUTPUT_REPORT": ("fileDestination", None, True)}

PARAMETERS = {
    "mapwater": {
        **IMAGE,
        **AREAS,
        **SAMPLING,
        **TRAINING,
        **PREDICTION,
        **RASTER,
        "OUTPUT_MODEL": ("fileDestination", None, True),
        **REPORT,
    },
    "samplepixels": {**IMAGE, **AREAS, **SAMPLING, "OUTPUT": ("sink", None, False)},
    "trainlogisticregression": {
        "INPUT": ("source", None, False),
        "FEATURES": ("field", None, True),
        **TRAINING,
        "OUTPUT": ("fileDestination", None, False),
        **REPORT,
    },
    "predictwaterprobability": {**IMAGE, "MODEL": ("file", None, False), **PREDICTION, **RASTER},
    "predictmanyrasters": {
        "INPUTS": ("multilayer", None, True),
        "FOLDER": ("file", None, True),
        "PATTERN": ("string", "*.tif", True),
        "SCHEDULER": ("string", "", True),
        "MODEL": ("file", None, False),
        **dict.fromkeys(("GREEN", "RED", "NIR"), ("number", None, True)),
        "EXTRA_BANDS": ("string", "", True),
        **{key: PREDICTION[key] for key in ("DATA_TYPE", "FORMAT", "CREATION_OPTIONS")},
        "OUTPUT_FOLDER": ("folderDestination", None, False),
        "OUTPUT_VRT": ("rasterDestination", None, True),
    },
    "virtualwaterprobability": {**IMAGE, "MODEL": ("file", None, False), **RASTER},
    "extractwater": {
        "INPUT": ("raster", None, False),
        "METHOD": ("enum", "fixed", False),
        "THRESHOLD": ("number", 0.5, False),
        "MIN_AREA": ("number", 0.0, False),
        "CONNECTEDNESS": ("enum", "4", False),
        "FILL_HOLES": ("number", 0.0, False),
        "SHORE": ("enum", "pixels", False),
        "OUTPUT": ("sink", None, False),
        "OUTPUT_MASK": ("rasterDestination", None, True),
    },
    "suggestpolygons": {
        **IMAGE,
        "MODEL": ("file", None, False),
        "POLYGONS": ("source", None, True),
        "COUNT": ("number", 10, False),
        "OUTPUT": ("sink", None, False),
    },
    "watertimeseries": {
        "BODIES": ("source", None, False),
        "INPUTS": ("multilayer", None, False),
        "THRESHOLD": ("number", 0.5, False),
        "MIN_VALID": ("number", 0.8, False),
        "DATES": ("string", "", True),
        "OUTPUT": ("sink", None, False),
        "OUTPUT_REPORT": ("fileDestination", None, True),
    },
    "wateroccurrence": {
        "INPUTS": ("multilayer", None, False),
        "THRESHOLD": ("number", 0.5, False),
        "DATES": ("string", "", True),
        **RASTER,
        **dict.fromkeys(("OUTPUT_MONTHS", "OUTPUT_DATES", "OUTPUT_RECURRENCE"), ("rasterDestination", None, True)),
    },
    "stackbands": {
        "INPUT": ("file", None, True),
        "INPUTS": ("multilayer", None, True),
        "EXTRA": ("string", "", True),
        "RESOLUTION": ("number", None, True),
        **RASTER,
    },
    "createtraininglayer": {"INPUT": ("raster", None, False), "OUTPUT": ("sink", None, False)},
    "checksetup": {"OUTPUT": ("fileDestination", None, True)},
    "samplereference": {
        "INPUT": ("raster", None, False),
        "THRESHOLD": ("number", 0.5, False),
        "COUNT": ("number", 300, False),
        "MARGIN": ("number", None, True),
        "DESIGN": ("enum", "stratified", False),
        "SEED": ("number", 0, False),
        "OUTPUT": ("sink", None, False),
    },
    "assessaccuracy": {
        "INPUT": ("raster", None, False),
        "REFERENCE": ("source", None, True),
        "CLASS_FIELD": ("field", "class", True),
        "WATER_VALUES": ("string", "1", False),
        "REFERENCE_RASTER": ("raster", None, True),
        "THRESHOLD": ("number", 0.5, False),
        "OUTPUT": ("sink", None, False),
        **REPORT,
        "SECOND_REFERENCE": ("source", None, True),
    },
}
TRAINED = {
    **dict.fromkeys(
        ("LOSS", "ACCURACY", "F1", "VALIDATION_LOSS", "VALIDATION_ACCURACY", "VALIDATION_F1", "EPOCHS_RUN", "CONVERGED"),
        QgsProcessingOutputNumber,
    ),
    **dict.fromkeys(("DEVICE_USED", "FORMULA"), QgsProcessingOutputString),
}
VERSIONS = ("PLUGIN_VERSION", "QGIS_VERSION", "GDAL_VERSION", "QT_VERSION", "PYTHON_VERSION", "NUMPY_VERSION", "TORCH_VERSION")
SCALARS = {
    "mapwater": {**TRAINED, **dict.fromkeys(("EXPECTED_F1_LOW", "EXPECTED_F1_HIGH", "WATER_AREA_HA"), QgsProcessingOutputNumber)},
    "samplepixels": dict.fromkeys(("WATER_PIXELS", "OTHER_PIXELS", "CONFLICTING_PIXELS", "INVALID_PIXELS"), QgsProcessingOutputNumber),
    "trainlogisticregression": TRAINED,
    "predictwaterprobability": {},
    "predictmanyrasters": dict.fromkeys(("DONE", "SKIPPED", "FAILED"), QgsProcessingOutputNumber),
    "virtualwaterprobability": {},
    "extractwater": dict.fromkeys(("WATER_AREA_HA", "THRESHOLD_USED"), QgsProcessingOutputNumber),
    "suggestpolygons": {},
    "wateroccurrence": {},
    "watertimeseries": {},
    "stackbands": {"OUTPUT_MASK": QgsProcessingOutputRasterLayer},
    "createtraininglayer": {},
    "checksetup": {
        **dict.fromkeys((*VERSIONS, "DEVICES", "SEARCH_PATH", "ADVICE"), QgsProcessingOutputString),
        **dict.fromkeys(("TORCH_READY", "ZSTD"), QgsProcessingOutputBoolean),
    },
    "samplereference": {},
    "assessaccuracy": dict.fromkeys(
        (
            *("ACCURACY", "PRECISION", "RECALL", "F1", "IOU", "AUC", "AVERAGE_PRECISION", "BRIER", "LOG_LOSS", "ECE"),
            *("WATER_AREA_HA", "WATER_AREA_SE_HA", "WATER_AREA_LOWER_HA", "WATER_AREA_UPPER_HA", "MAPPED_WATER_AREA_HA"),
            *("AGREEMENT", "KAPPA", "DIFFERING_POINTS"),
        ),
        QgsProcessingOutputNumber,
    ),
}
NAMES = {
    "mapwater": ("Map water from polygons", "map"),
    "samplepixels": ("Sample labelled pixels", "map"),
    "trainlogisticregression": ("Train logistic regression", "map"),
    "predictwaterprobability": ("Predict water probability", "map"),
    "predictmanyrasters": ("Predict many rasters", "many"),
    "virtualwaterprobability": ("Virtual water probability", "map"),
    "extractwater": ("Extract water bodies", "map"),
    "suggestpolygons": ("Suggest where to draw", "draw"),
    "wateroccurrence": ("Water occurrence", "many"),
    "stackbands": ("Image from bands", "draw"),
    "createtraininglayer": ("Create training layer", "draw"),
    "watertimeseries": ("Water area over time", "many"),
    "checksetup": ("Check setup", "setup"),
    "samplereference": ("Sample reference points", "check"),
    "assessaccuracy": ("Assess accuracy", "check"),
}
CHOICES = {
    "METHOD": ["fixed", "otsu", "recommended"],
    "CONNECTEDNESS": ["4", "8"],
    "SHORE": ["pixels", "smooth"],
    "OPTIMIZER": ["gradient_descent", "lbfgs", "adam", "newton"],
    "DEVICE": ["auto", "cpu", "cuda", "mps"],
    "DATA_TYPE": ["float32", "uint8"],
    "FORMAT": ["gtiff", "cog"],
    "DESIGN": ["stratified", "random"],
}
WHOLE_NUMBERS = {"MAX_PER_CLASS", "SEED", "EPOCHS", "BATCH_SIZE", "FOLDS", "HIDDEN_UNITS", "COUNT"}
BANDS_OF_MANY = {"GREEN", "RED", "NIR"}


@pytest.fixture(params=sorted(PARAMETERS))
def pinned(request: pytest.FixtureRequest) -> QgsProcessingAlgorithm:
    """What is out: a new algorithm is pinned here with its first release."""
    return QgsApplication.processingRegistry().algorithmById(f"ipeowater:{request.param}")


@pytest.fixture(params=sorted(ALGORITHMS))
def algorithm(request: pytest.FixtureRequest) -> QgsProcessingAlgorithm:
    return QgsApplication.processingRegistry().algorithmById(f"ipeowater:{request.param}")


def test_the_provider() -> None:
    provider = QgsApplication.processingRegistry().providerById("ipeowater")
    assert provider.name() == "IPEO Water"
    assert set(PARAMETERS) <= {a.name() for a in provider.algorithms()}
    assert provider.svgIconPath().endswith(".svg")
    assert not provider.icon().isNull()
    assert provider.defaultRasterFileExtension() == "tif"


def test_parameters_keep_key_type_and_default(pinned: QgsProcessingAlgorithm) -> None:
    found = {p.name(): (p.type(), p.defaultValue(), bool(p.flags() & OPTIONAL)) for p in pinned.parameterDefinitions()}
    assert found == PARAMETERS[pinned.name()]


def test_scalars_are_declared(pinned: QgsProcessingAlgorithm) -> None:
    destinations = {d.name() for d in pinned.destinationParameterDefinitions()}
    found = {o.name(): type(o) for o in pinned.outputDefinitions() if o.name() not in destinations}
    assert found == SCALARS[pinned.name()]


def test_names_and_groups(pinned: QgsProcessingAlgorithm) -> None:
    assert (pinned.displayName(), pinned.groupId()) == NAMES[pinned.name()]


def test_it_is_found_and_runs_in_the_background(algorithm: QgsProcessingAlgorithm) -> None:
    assert algorithm.group()
    assert "water" in algorithm.tags()
    assert not algorithm.icon().isNull()
    assert not algorithm.flags() & QgsProcessingAlgorithm.Flag.FlagNoThreading


def test_the_toolbox_opens_a_dialog(algorithm: QgsProcessingAlgorithm) -> None:
    """It runs an algorithm without parameters on the spot, and shows nothing of its log."""
    assert algorithm.countVisibleParameters() > 0


@pytest.mark.parametrize("name", ["mapwater", "samplepixels", "assessaccuracy"])
def test_dialogs_choose_the_field_that_is_called_class(name: str) -> None:
    definition = QgsApplication.processingRegistry().algorithmById(f"ipeowater:{name}").parameterDefinition("CLASS_FIELD")
    assert definition.defaultValueForGui() == "class"


def test_choices_stay(pinned: QgsProcessingAlgorithm) -> None:
    found = {parameter.name(): parameter.options() for parameter in pinned.parameterDefinitions() if parameter.type() == "enum"}
    assert found == {key: CHOICES[key] for key in found}


def test_choices_go_by_name(algorithm: QgsProcessingAlgorithm) -> None:
    for parameter in algorithm.parameterDefinitions():
        if parameter.type() == "enum":
            assert parameter.usesStaticStrings()
            assert not parameter.allowMultiple()


def test_whole_numbers(pinned: QgsProcessingAlgorithm) -> None:
    whole = {
        p.name()
        for p in pinned.parameterDefinitions()
        if p.type() == "number" and p.dataType() == QgsProcessingParameterNumber.Type.Integer
    }
    bands = BANDS_OF_MANY if pinned.name() == "predictmanyrasters" else set()
    assert whole == WHOLE_NUMBERS & set(PARAMETERS[pinned.name()]) | bands


def test_every_parameter_is_explained(algorithm: QgsProcessingAlgorithm) -> None:
    text = algorithm.shortHelpString()
    for parameter in algorithm.parameterDefinitions():
        assert len(parameter.help()) > 20, parameter.name()
        assert parameter.description(), parameter.name()
        assert parameter.help() in text
    assert text.startswith(algorithm.shortDescription())


def test_options_of_the_steps_are_advanced_in_one_step() -> None:
    by_key = {
        p.name(): bool(p.flags() & ADVANCED)
        for p in QgsApplication.processingRegistry().algorithmById("ipeowater:mapwater").parameterDefinitions()
    }
    assert {key for key, advanced in by_key.items() if advanced} == {"EXTRA_BANDS", *SAMPLING, *TRAINING, *PREDICTION}


def test_one_step_explains_its_options_as_the_steps_do() -> None:
    registry = QgsApplication.processingRegistry()
    whole = registry.algorithmById("ipeowater:mapwater")
    for name in ("samplepixels", "trainlogisticregression", "predictwaterprobability"):
        for parameter in registry.algorithmById(f"ipeowater:{name}").parameterDefinitions():
            twin = whole.parameterDefinition(parameter.name())
            if twin is not None and parameter.name() not in {"INPUT", "OUTPUT"}:
                assert (twin.help(), twin.description(), twin.defaultValue()) == (
                    parameter.help(),
                    parameter.description(),
                    parameter.defaultValue(),
                )


def test_nothing_is_made_by_default_that_is_optional(algorithm: QgsProcessingAlgorithm) -> None:
    for destination in algorithm.destinationParameterDefinitions():
        assert destination.createByDefault() is not bool(destination.flags() & OPTIONAL)


def test_defaults_are_the_cores() -> None:
    for settings, keys in ((SamplingSettings(), SAMPLING), (TrainingSettings(), TRAINING), (PredictionSettings(), PREDICTION)):
        for key, (_, default, _) in keys.items():
            if key not in {"EXTENT", "MASK", "CREATION_OPTIONS"}:
                assert getattr(settings, key.lower()) == default, key


def test_creation_options_have_the_widget_of_gdals_algorithms() -> None:
    ours = QgsApplication.processingRegistry().algorithmById("ipeowater:predictwaterprobability").parameterDefinition("CREATION_OPTIONS")
    gdals = QgsApplication.processingRegistry().algorithmById("gdal:translate")
    theirs = gdals.parameterDefinition("CREATION_OPTIONS") or gdals.parameterDefinition("OPTIONS")
    assert ours.metadata()["widget_wrapper"] == theirs.metadata()["widget_wrapper"]
