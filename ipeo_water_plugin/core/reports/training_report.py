"""The training report: what was done, whether to trust it, and how to repeat it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..bands import BandRoles
from ..grid import Window
from ..model import WaterModel
from ..prediction.novelty import Known
from ..prediction.predict import Prediction
from ..progress import SILENT, Progress, SubProgress
from ..raster.probability_raster import ProbabilitySource
from ..raster.raster_file import RasterFile
from ..raster.source import Source, grid_of
from ..raster.windows import read_windows
from ..samples import Samples
from ..training.train import Training
from ..translation import format_list, tr
from . import diagrams
from .figures import count, minus, percent
from .headline import tiles
from .heldout import AreaScore, area_scores, held_out_scores, ndwi
from .page import BAD, CAUTION, GOOD, Block, Code, Mark, Page, Paragraph, Picture, Pictures, RunRecord, Section, Table, repetition
from .scatter import feature_space_plot
from .thumbnails import Thumbnail, colour_ramp, composite, thumbnail
from .training_scores import area_blocks, score_blocks, threshold_blocks, training_score_table
from .verdicts import verdict

# Share of an area's pixels that are right when it is left out, from which its mark is green.
_MOSTLY_RIGHT = 0.9


@dataclass(frozen=True)
class Mapped:
    """An image that a model was applied to.

    Attributes:
        image, name, roles: the image, the name of its layer, and its bands.
        prediction: result of the prediction.
        expected: range of F1 to expect, as from `expected_f1`; None = nothing supports one.
    """

    image: str | RasterFile
    name: str
    roles: BandRoles
    prediction: Prediction
    expected: tuple[float, float] | None = None


def training_report(
    samples: Samples,
    training: Training,
    run: RunRecord,
    mapped: Mapped | None = None,
    conflicting: int = 0,
    progress: Progress = SILENT,
    unused: str = "",
) -> Page:
    """Report on a model, and on the map made with it if there is one.

    Args:
        samples: training samples.
        training: result of the training.
        run: how it can be repeated, with versions of further software.
        mapped: the map; None if only a model was trained.
        conflicting: number of pixels left out because polygons of both classes contain them.
        unused: a sentence on training areas without pixels.
    """
    picture = None if mapped is None else thumbnail(Source(mapped.image, mapped.roles), _window(mapped), progress=progress)
    thresholds = [0.5] + ([] if training.threshold is None else [training.threshold.best])
    shares = None if mapped is None else mapped_shares(str(mapped.prediction.path), thresholds, SubProgress(progress, 0.0, 0.7))
    scene_ndwi = None if picture is None else ndwi(picture.physical(0), picture.physical(2))
    held = held_out_scores(samples, training, scene_ndwi, SubProgress(progress, 0.7, 1.0))
    water = None if shares is None else shares[0]
    areas = [] if held is None else area_scores(samples, held)
    pictures = [] if mapped is None or picture is None else _map(mapped, picture, shares, _marks(mapped, picture, areas), progress)
    blocks: list[tuple[str, Sequence[Block]]] = [
        (tr("What was done"), _what_was_done(samples, training, mapped, conflicting, unused)),
        (tr("Can it be trusted?"), [verdict(samples, training, held, _unlike(samples, mapped), water)]),
        (tr("The map"), pictures),
        (tr("The training areas"), area_blocks(areas) if areas else []),
        (tr("The model"), _model(samples, training, mapped)),
        (tr("Scores on held-out polygons"), score_blocks(training, held, shares)),
        (tr("Thresholds"), threshold_blocks(training, shares)),
        (tr("Training"), [*([diagrams.loss(training.history)] if training.history else []), training_score_table(training)]),
    ]
    sections = [Section(title, tuple(inside)) for title, inside in blocks if inside]
    title = tr("Water model trained on {scenes}").format(scenes=", ".join(scene.name for scene in samples.scenes))
    if mapped is not None:
        title = tr("Water probability of {name}").format(name=mapped.name)
    figures = tiles(training, held, *(None, None) if mapped is None else (mapped.prediction, mapped.expected))
    progress.set(1.0)
    repeated = repetition(run, *_records(training.model, run.versions))
    return Page(title, _lead(samples, training), tuple(figures), (*sections, repeated))


def mapped_shares(path: str, thresholds: Sequence[float], progress: Progress) -> tuple[float, ...] | None:
    """Return the fraction of a probability raster's valid pixels at or above each threshold; None if no pixel is valid.

    Args:
        path: the raster.
        thresholds: on p(water).
    """
    found, total = np.zeros(len(thresholds), np.int64), 0
    for _, (values, valid) in read_windows(ProbabilitySource(path), progress):
        # Invalid pixels are 0, below any threshold.
        found += [np.count_nonzero((values >= t) if valid is None else (values >= t) & valid) for t in thresholds]
        total += values.size if valid is None else int(np.count_nonzero(valid))
    return tuple((found / total).tolist()) if total else None


def _unlike(samples: Samples, mapped: Mapped | None) -> float | None:
    """Return the share of the map's pixels that are unlike all training pixels."""
    pixels = () if mapped is None else mapped.prediction.pixels
    if not pixels or not len(pixels[0]):
        return None
    return float(Known.from_samples(samples).unlike(pixels, np.ones(len(pixels[0]), bool)).mean())


def _lead(samples: Samples, training: Training) -> str:
    model = training.model
    record = model.training
    optimizers = {"gradient_descent": tr("gradient descent"), "lbfgs": "L-BFGS", "adam": "Adam", "newton": tr("Newton's method")}
    text = tr("Logistic regression on {inputs}, trained with {optimizer} on {pixels} labelled pixels ({date}).")
    if not model.is_logistic:
        text = tr("Perceptron with {units} hidden units on {inputs}, trained with {optimizer} on {pixels} labelled pixels ({date}).")
    return text.format(
        units=len(model.layers[0].bias),
        inputs=format_list(samples.names),
        optimizer=optimizers[record["settings"]["optimizer"]],
        pixels=count(len(samples)),
        date=record["date"][:10],
    )


def _what_was_done(samples: Samples, training: Training, mapped: Mapped | None, conflicting: int, unused: str) -> list[Block]:
    water, other = (training.model.training["samples"][name] for name in ("water", "other"))
    text = tr(
        "The raw values of pixels inside the training areas were sampled from {scenes}. Pixels of water: {water} (polygons: "
        "{water_polygons}). Pixels of other surfaces: {other} (polygons: {other_polygons})."
    )
    scenes = format_list([f"“{scene.name}”" for scene in samples.scenes])
    pixels = {"water": count(water["pixels"]), "other": count(other["pixels"])}
    polygons = {"water_polygons": count(water["polygons"]), "other_polygons": count(other["polygons"])}
    sentences = [text.format(scenes=scenes, **pixels, **polygons)]
    if unused:
        sentences.append(unused)
    if conflicting:
        text = tr("{n} pixel in areas of both classes was left out.", "{n} pixels in areas of both classes were left out.", n=conflicting)
        sentences.append(text.format(n=count(conflicting)))
    text = tr("A perceptron then fitted the decision boundary that best separates water from everything else.")
    if training.model.is_logistic:
        text = tr(
            "Logistic regression then fitted the plane in feature space that best separates water from everything else. "
            "The farther a pixel lies from the plane, the more certain the model is."
        )
    sentences.append(text)
    if training.model.training["note"]:
        sentences.append(training.model.training["note"])
    blocks: list[Block] = [Paragraph(" ".join(sentences))]
    if training.held_out is not None:
        way = tr("For validation, some of the polygons were held out and mapped by a model trained on the other polygons.")
        if training.model.training["settings"]["folds"]:
            way = tr("For validation, each polygon was held out once and mapped by a model trained on the other polygons.")
        meaning = tr(
            "The scores below come from these held-out polygons only. The final model is trained on all polygons, so the scores are an "
            "estimate of the procedure rather than of this model, which has seen more data."
        )
        blocks.append(Paragraph(f"{way} {meaning}"))
    if mapped is not None:
        text = tr("The final model was applied to “{name}”: all {valid} pixels have a probability.")
        if mapped.prediction.invalid:
            text = tr(
                "The final model was applied to “{name}”: {valid} pixels have a probability, and {invalid} have none because they are "
                "NoData in at least one band, or masked."
            )
        valid, invalid = count(mapped.prediction.valid), count(mapped.prediction.invalid)
        blocks.append(Paragraph(text.format(name=mapped.name, valid=valid, invalid=invalid)))
    return blocks


def _window(mapped: Mapped) -> Window:
    """Return the part of the image that was mapped."""
    whole, part = grid_of(mapped.image), grid_of(str(mapped.prediction.path))
    window = whole.window
    if part.geotransform is not None and (part.width, part.height) != (whole.width, whole.height):
        column, row = np.round(part.corners_on(whole)[0]).astype(int).tolist()
        window = Window(column, row, part.width, part.height)
    return window


def _marks(mapped: Mapped, picture: Thumbnail, areas: Sequence[AreaScore]) -> tuple[Mark, ...]:
    """Mark the training areas on the picture of the image, those that a model without them classifies wrongly by their ids."""
    window = _window(mapped)
    placed = [area for area in reversed(areas) if area.place is not None]
    pixels = grid_of(mapped.image).to_pixels(*np.array([area.place for area in placed], float).reshape(-1, 2).T)
    places = (pixels - (window.column, window.row)) / (window.width, window.height) * picture.size
    marks = []
    for area, place in zip(placed, places):
        level = GOOD if area.right >= _MOSTLY_RIGHT else CAUTION if area.right >= 0.5 else BAD
        if (place >= 0).all() and (place <= picture.size).all():
            x, y = place.round(1).tolist()
            marks.append(Mark(x, y, "" if level == GOOD else str(area.id), level))
    return tuple(marks)


def _map(mapped: Mapped, picture: Thumbnail, shares: tuple[float, ...] | None, marks: tuple[Mark, ...], progress: Progress) -> list[Block]:
    probability = thumbnail(ProbabilitySource(str(mapped.prediction.path)).source, progress=progress)
    bands = ", ".join(tr("{name} = band {number}").format(name=band.name, number=band.number) for band in mapped.roles.bands)
    colours = tr("Near infrared, red and green displayed as red, green and blue. Bands: {bands}.").format(bands=bands)
    if marks:
        colours += " " + tr(
            "Dots: the training areas, as classified by models trained without them. Green: at least 90 % of the pixels right; yellow: at "
            "least half; red: less, with the area's id."
        )
    clear = tr("Pixels without a probability are transparent.")
    if shares is not None:
        clear += " " + tr("At p ≥ 0.5, {share} of the map is water.").format(share=percent(shares[0]))
    image = Picture(composite(picture, (2, 1, 0)), picture.size, tr("False-colour image"), colours, marks=marks)
    return [Pictures((image, Picture(colour_ramp(probability), probability.size, tr("Probability of water"), clear, legend=True)))]


def _model(samples: Samples, training: Training, mapped: Mapped | None) -> list[Block]:
    model = training.model
    blocks: list[Block] = []
    if model.is_logistic:
        terms = " ".join(f"{_signed(a)} · {name}" for name, a in model.coefficients.items())
        formula = f"p = 1 / (1 + exp(−z)),  z = {terms.removeprefix('+ ')} {_signed(model.intercept)}"
        blocks.append(Code(tr("Formula, for raw pixel values (rounded)"), formula))
        blocks += _formulas(model, mapped)
        rows = [
            (e.name, minus(f"{a:.6g}"), minus(f"{a * e.sd:+.3g}"), f"{e.mean:.6g}", f"{e.sd:.6g}", f"{e.minimum:g} – {e.maximum:g}")
            for e, a in zip(model.inputs, model.coefficients.values())
        ]
        head = (tr("input"), tr("coefficient"), tr("per standard deviation"), tr("mean"), tr("standard deviation"), tr("training range"))
        caption = tr("The third column makes inputs comparable: the change in the log-odds of water per standard deviation of the input.")
        blocks.append(Table(head, tuple(rows), caption))
    else:
        blocks.append(Paragraph(tr("A perceptron has no short formula: use its model file with Predict water probability.")))
    points = feature_space_plot(samples, model)
    return [*blocks, *([] if points is None else [points])]


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'} {abs(value):.4g}"


def _formulas(model: WaterModel, mapped: Mapped | None) -> list[Block]:
    if mapped is None:
        note = tr("For the QGIS raster calculator (replace image@… by your layer and band)")
        return [Code(note, model.formula("qgis"))]
    references = {band.name: f'"{mapped.name}@{band.number}"' for band in mapped.roles.bands}
    letters = [chr(ord("A") + k) for k in range(len(mapped.roles.bands))]
    blocks: list[Block] = [Code(tr("For the QGIS raster calculator, with the image loaded"), model.formula("qgis", references))]
    if len(letters) <= 26:
        words = [
            word
            for letter, band in zip(letters, mapped.roles.bands)
            for word in (f"-{letter}", str(mapped.image), f"--{letter}_band={band.number}")
        ]
        line = shlex.join(["gdal_calc.py", *words, "--type=Float32", "--outfile=water.tif", f"--calc={model.formula('gdal_calc')}"])
        blocks.append(Code(tr("For gdal_calc.py on the command line"), line))
    return blocks


def _records(model: WaterModel, versions: Mapping[str, str]) -> tuple[Table, Table]:
    """Return what the model file records of the settings, the scenes and the run."""
    record = model.training
    settings = tuple((name, "–" if value is None else str(value)) for name, value in record["settings"].items())
    every = {**versions, **record["versions"]}
    made = [
        (tr("device"), str(record["device"])),
        (tr("epochs run"), str(record["epochs"])),
        (tr("converged"), tr("yes") if record["converged"] else tr("no")),
        (tr("date"), str(record["date"])),
        (tr("model (SHA-256)"), model.digest),
        (tr("versions"), ", ".join(f"{n} {v}" for n, v in every.items())),
    ]
    scenes = []
    for scene in record["scenes"]:
        size = scene.get("pixel_size")
        pixels = None if size is None else tr("pixels of {width:g} × {height:g}").format(width=size[0], height=size[1])
        words = [scene.get("data_type"), pixels, scene.get("crs")]
        scenes.append((tr("scene “{name}”").format(name=scene["name"]), ", ".join(str(w) for w in words if w) or "–"))
    return (
        Table((tr("setting"), tr("value")), settings, numeric=False),
        Table((tr("record"), ""), (*scenes, *made), numeric=False),
    )
