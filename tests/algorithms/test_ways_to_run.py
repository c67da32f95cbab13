"""Every algorithm cancelled, in a background task, and inside a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from osgeo import gdal
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterRasterLayer,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from runs import Feedback, Scene, run, run_in_task, run_unchecked

from ipeo_water_plugin.core.model_json import read_model

ALGORITHMS = ("mapwater", "samplepixels", "trainlogisticregression", "predictwaterprobability")
ASSESSING = ("samplereference", "assessaccuracy")
AFTERWARDS = ("virtualwaterprobability", "extractwater", "suggestpolygons", "predictmanyrasters")


@pytest.fixture
def job(scene: Scene, model_file: str, tmp_path: Path) -> Callable[[str], dict[str, Any]]:
    """Parameters of each algorithm on the small scene, its outputs in a folder that holds nothing else."""
    out = tmp_path / "out"
    out.mkdir()

    def parameters(algorithm: str, scene: Scene = scene) -> dict[str, Any]:
        applied = {"INPUT": scene.image, "MODEL": model_file}
        plain = {
            "mapwater": {**scene.parameters, "OUTPUT": str(out / "p.tif"), "OUTPUT_MODEL": str(out / "m.json")},
            "samplepixels": {**scene.parameters, "OUTPUT": str(out / "s.gpkg")},
            "predictwaterprobability": {**applied, "OUTPUT": str(out / "p.tif")},
            "virtualwaterprobability": {**applied, "OUTPUT": str(out / "p.vrt")},
            "predictmanyrasters": {"INPUTS": [scene.image], "MODEL": model_file, "OUTPUT_FOLDER": str(out)},
            "suggestpolygons": {**applied, "POLYGONS": scene.labels, "OUTPUT": str(out / "places.gpkg")},
        }
        if algorithm in plain:
            return plain[algorithm]
        if not algorithm.startswith("train"):
            probability = run("predictwaterprobability", {**applied, "OUTPUT": str(tmp_path / "made.tif")})["OUTPUT"]
            return {
                "samplereference": {"INPUT": probability, "OUTPUT": str(out / "points.gpkg")},
                "assessaccuracy": {
                    "INPUT": probability,
                    "REFERENCE": scene.labels,
                    "CLASS_FIELD": "class",
                    "OUTPUT": str(out / "table.gpkg"),
                },
                "extractwater": {"INPUT": probability, "OUTPUT": str(out / "bodies.gpkg"), "OUTPUT_MASK": str(out / "mask.tif")},
            }[algorithm]
        samples = run("samplepixels", {**scene.parameters, "OUTPUT": str(tmp_path / "samples.gpkg")})["OUTPUT"]
        return {"INPUT": samples, "OUTPUT": str(out / "m.json")}

    return parameters


@pytest.mark.parametrize("algorithm", ALGORITHMS + ASSESSING + AFTERWARDS)
def test_cancelled_before_it_began(algorithm: str, job: Callable, tmp_path: Path) -> None:
    feedback = Feedback()
    feedback.cancel()
    with pytest.raises(QgsProcessingException, match="Cancelled"):
        run(algorithm, job(algorithm), feedback)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("algorithm", "percent"),
    [(name, percent) for name, percents in zip(ALGORITHMS, ((1, 20, 40, 70), (5, 30), (5, 15, 40), (1, 50))) for percent in percents],
)
def test_cancelled_in_the_middle(algorithm: str, percent: float, job: Callable, large_scene: Scene, tmp_path: Path) -> None:
    feedback = Feedback(cancel_at=percent)
    _, succeeded, _ = run_unchecked(algorithm, job(algorithm, *[] if algorithm.startswith("train") else [large_scene]), feedback)
    assert not succeeded
    assert feedback.errors[-1] == "Cancelled."
    assert list((tmp_path / "out").iterdir()) == []
    # A step or two may be under way.
    assert feedback.fractions[-1] < percent + 25


@pytest.mark.parametrize("algorithm", ALGORITHMS + ASSESSING + AFTERWARDS)
def test_in_a_background_task(algorithm: str, job: Callable, qgis_new_project: None) -> None:
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    feedback = Feedback()
    parameters = job(algorithm)
    if algorithm in ("mapwater", "predictwaterprobability", "virtualwaterprobability"):
        parameters["OUTPUT"] = QgsProcessingOutputLayerDefinition(parameters["OUTPUT"], QgsProject.instance())
    elif algorithm != "predictmanyrasters":
        # A layer of the project, as the dialog hands it over.
        key = {"samplepixels": "POLYGONS", "suggestpolygons": "POLYGONS", "assessaccuracy": "REFERENCE"}.get(algorithm, "INPUT")
        layer = (QgsRasterLayer if algorithm in ("samplereference", "extractwater") else QgsVectorLayer)(parameters[key], "chosen")
        QgsProject.instance().addMapLayer(layer)
        parameters[key] = layer.id()
    succeeded, results = run_in_task(algorithm, parameters, context, feedback)
    assert succeeded, feedback.errors
    assert Path(results["OUTPUT"]).is_file() if "OUTPUT" in results else list(Path(results["OUTPUT_FOLDER"]).glob("*.tif"))
    if algorithm in ("mapwater", "predictwaterprobability", "virtualwaterprobability"):
        assert context.willLoadLayerOnCompletion(results["OUTPUT"])
        details = context.layerToLoadOnCompletionDetails(results["OUTPUT"])
        assert details.postProcessor() is not None
        own = "Virtual water probability" if algorithm.startswith("virtual") else f"Water probability – {Path(parameters['INPUT']).stem}"
        assert details.name == own


def child(model: QgsProcessingModelAlgorithm, name: str, sources: dict[str, Any]) -> str:
    """Add a step; each source names an input of the model, (step, output), or is a value."""
    step = QgsProcessingModelChildAlgorithm(f"ipeowater:{name}")
    step.setChildId(name)
    for key, source in sources.items():
        if isinstance(source, tuple):
            made = QgsProcessingModelChildParameterSource.fromChildOutput(*source)
        elif isinstance(source, str) and source in ("image", "areas"):
            made = QgsProcessingModelChildParameterSource.fromModelParameter(source)
        else:
            made = QgsProcessingModelChildParameterSource.fromStaticValue(source)
        step.addParameterSources(key, [made])
    assert step.reattach()
    return model.addChildAlgorithm(step)


def model_of(steps: dict[str, dict[str, Any]]) -> QgsProcessingModelAlgorithm:
    model = QgsProcessingModelAlgorithm("water", "water", "test")
    model.addModelParameter(QgsProcessingParameterRasterLayer("image", "Image"), QgsProcessingModelParameter("image"))
    model.addModelParameter(QgsProcessingParameterFeatureSource("areas", "Areas"), QgsProcessingModelParameter("areas"))
    for name, sources in steps.items():
        child(model, name, sources)
    last = model.childAlgorithm(name)
    output = QgsProcessingModelOutput("p", "Probability")
    output.setChildId(name)
    output.setChildOutputName("OUTPUT")
    last.setModelOutputs({"p": output})
    model.setChildAlgorithm(last)
    model.updateDestinationParameters()
    return model


CHAIN = {
    "samplepixels": {"INPUT": "image", "POLYGONS": "areas", "CLASS_FIELD": "class"},
    "trainlogisticregression": {"INPUT": ("samplepixels", "OUTPUT"), "EPOCHS": 300},
    "predictwaterprobability": {"INPUT": "image", "MODEL": ("trainlogisticregression", "OUTPUT")},
}
ONE_STEP = {"mapwater": {"INPUT": "image", "POLYGONS": "areas", "CLASS_FIELD": "class", "EPOCHS": 300}}


def run_model(
    steps: dict[str, dict[str, Any]], scene: Scene, output: Path, feedback: Feedback | None = None
) -> tuple[dict[str, Any], bool, Feedback]:
    feedback = feedback or Feedback()
    model = model_of(steps)
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    destination = next(d.name() for d in model.destinationParameterDefinitions())
    results, succeeded = model.run({"image": scene.image, "areas": scene.labels, destination: str(output)}, context, feedback)
    return results, succeeded, feedback


def test_a_model_of_three_steps_equals_a_model_of_one(scene: Scene, tmp_path: Path) -> None:
    for name, steps in (("three", CHAIN), ("one", ONE_STEP)):
        results, succeeded, feedback = run_model(steps, scene, tmp_path / f"{name}.tif")
        assert succeeded, feedback.errors
    three, one = (gdal.Open(str(tmp_path / f"{name}.tif")).ReadAsArray() for name in ("three", "one"))
    assert abs(three - one).max() <= 1e-5
    assert "CHILD_RESULTS" in results
    assert results["CHILD_RESULTS"]["mapwater"]["F1"] > 0.5


def test_a_model_feels_bad_values_too(scene: Scene, tmp_path: Path) -> None:
    for change, words in (
        ({"GREEN": 2}, "chosen twice"),
        ({"EXTRA_BANDS": "[4,5]"}, "is not a list of numbers"),
        ({"WATER_FRACTION": "much"}, "not a number"),
    ):
        steps = {"mapwater": {**ONE_STEP["mapwater"], **change}}
        _, succeeded, feedback = run_model(steps, scene, tmp_path / "p.tif")
        assert not succeeded
        assert words in "\n".join(feedback.errors)
        assert not (tmp_path / "p.tif").exists()


def test_a_numbers_output_feeds_the_next_step(scene: Scene, tmp_path: Path) -> None:
    """The epochs that one training took are the most that the next may take."""
    steps = {**CHAIN, "mapwater": {**ONE_STEP["mapwater"], "EPOCHS": ("trainlogisticregression", "EPOCHS_RUN")}}
    del steps["predictwaterprobability"]
    results, succeeded, feedback = run_model(steps, scene, tmp_path / "p.tif")
    assert succeeded, feedback.errors
    children = results["CHILD_RESULTS"]
    assert children["mapwater"]["EPOCHS_RUN"] <= children["trainlogisticregression"]["EPOCHS_RUN"]
    assert read_model(children["trainlogisticregression"]["OUTPUT"]).is_logistic


def test_a_cancelled_model_stops(scene: Scene, tmp_path: Path) -> None:
    feedback = Feedback(cancel_on="Training areas")
    _, succeeded, _ = run_model(CHAIN, scene, tmp_path / "p.tif", feedback)
    assert not succeeded
    assert "Cancelled." in "\n".join(feedback.errors)
    assert not (tmp_path / "p.tif").exists()
