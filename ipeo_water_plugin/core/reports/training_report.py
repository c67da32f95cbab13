"""What the report on a training says: what was done, whether to trust it, and how to do it again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..bands import BandRoles
from ..grid import Layout, Window
from ..measures import Ranking
from ..model import WaterModel
from ..prediction import Prediction
from ..probability import ProbabilitySource
from ..progress import Progress, Quiet, raise_if_cancelled
from ..raster import grid_of
from ..samples import Samples
from ..thresholds import at_water_fraction, class_weights
from ..training import Training
from .cloud import cloud
from .diagrams import (
    confusion_block,
    loss_diagram,
    precision_recall_diagram,
    probability_diagram,
    reliability_diagram,
    roc_diagram,
    score_table,
    water_share_diagram,
)
from .figures import count, percent
from .heldout import HeldOutScores, held_out_scores, ndwi
from .page import Block, Code, Page, Paragraph, Picture, Pictures, Section, Table, Tile
from .thumbnails import Thumbnail, colour_ramp, composite, thumbnail
from .verdict import polygons, verdict

_OPTIMIZERS = {"gradient_descent": "gradient descent", "lbfgs": "L-BFGS", "adam": "Adam"}


@dataclass(frozen=True)
class Mapped:
    """An image and the probability raster that a model made of it.

    Attributes:
        image: path of the image, `name` what its layer is called, `roles` its bands.
        prediction: what came of it.
    """

    image: str
    name: str
    roles: BandRoles
    prediction: Prediction


def training_report(
    samples: Samples,
    training: Training,
    command: str,
    versions: Mapping[str, str],
    mapped: Mapped | None = None,
    conflicting: int = 0,
    progress: Progress | None = None,
) -> Page:
    """Report on a model, and on the map it made where there is one.

    Args:
        samples: that it was trained on.
        training: what came of it.
        command: a line that does the same again.
        versions: of further programs that took part, by name.
        mapped: the map; None where only a model was trained.
        conflicting: pixels left out because both classes claimed them.
        progress: told the share of the work done.

    Raises:
        RasterError: the map or the image can't be read.
        CancelledError: the caller cancelled.
    """
    progress = progress or Quiet()
    picture = None if mapped is None else _image(mapped)
    thresholds = [0.5] + ([] if training.threshold is None else [training.threshold.best])
    shares = None if mapped is None else mapped_shares(str(mapped.prediction.destination), thresholds, progress)
    held = held_out_scores(samples, training, None if picture is None else ndwi(picture.physical(0), picture.physical(2)))
    water = None if shares is None else shares[0]
    sections = [
        Section("What was done", _what_was_done(samples, training, mapped, conflicting)),
        Section("Can it be trusted?", (verdict(samples, training, held, None if mapped is None else mapped.prediction.outside, water),)),
    ]
    if mapped is not None and picture is not None:
        sections.append(Section("The map", _map(mapped, picture, shares)))
    sections.append(Section("The model", tuple(_model(samples, training, mapped))))
    sections.append(Section("Scores on held-out polygons", tuple(_scores(training, held, shares))))
    sections.append(Section("Thresholds", tuple(_thresholds(training, shares))))
    sections.append(
        Section(
            "Training", (loss_diagram(training.history), _training_scores(training)) if training.history else (_training_scores(training),)
        )
    )
    sections.append(Section("How to do it again", _again(training.model, command, versions)))
    names = ", ".join(scene.name for scene in samples.scenes)
    progress.set(1.0)
    return Page(
        title=f"Water probability of {mapped.name}" if mapped else f"A model of water, trained on {names}",
        lead=_lead(samples, training),
        tiles=tuple(_tiles(held, shares)),
        sections=tuple(sections),
    )


def mapped_shares(path: str, thresholds: Sequence[float], progress: Progress) -> tuple[float, ...] | None:
    """Return the share of a probability raster's valid pixels at or above each threshold, or None where none is valid.

    Raises:
        RasterError: the raster can't be read.
        CancelledError: the caller cancelled.
    """
    source = ProbabilitySource(path)
    found, total = np.zeros(len(thresholds), np.int64), 0
    area = source.grid.window
    for window in Layout.of(area, source.block).windows(area):
        raise_if_cancelled(progress)
        values, valid = source.read(window)
        # Where nothing is valid the value is 0, below any threshold.
        found += [np.count_nonzero((values >= t) if valid is None else (values >= t) & valid) for t in thresholds]
        total += values.size if valid is None else int(np.count_nonzero(valid))
    return tuple((found / total).tolist()) if total else None


def _lead(samples: Samples, training: Training) -> str:
    record = training.model.training
    return (
        f"{_kind(training.model)} on {_listed(samples.names)}, trained by {_OPTIMIZERS[record['settings']['optimizer']]} on "
        f"{count(len(samples))} labelled pixels, {record['date'][:10]}."
    )


def _kind(model: WaterModel) -> str:
    return "Logistic regression" if model.is_logistic else f"A perceptron with {len(model.layers[0].bias)} hidden units"


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _tiles(held: HeldOutScores | None, shares: tuple[float, ...] | None) -> list[Tile]:
    tiles = []
    if held is not None:
        scores = held.measures
        shown = ((scores.f1, "F1 of water"), (scores.precision, "precision"), (scores.recall, "recall"))
        tiles += [Tile("–" if value is None else f"{value:.3f}", f"{label}, held-out polygons") for value, label in shown]
        tiles.append(Tile(percent(scores.ece), "calibration error, held-out polygons"))
    if shares is not None:
        tiles.append(Tile(percent(shares[0]), "of the map is water at p ≥ 0.5"))
    return tiles


def _what_was_done(samples: Samples, training: Training, mapped: Mapped | None, conflicting: int) -> tuple[Block, ...]:
    record = training.model.training
    classes = record["samples"]
    scenes = _listed([f"“{scene.name}”" for scene in samples.scenes])
    text = (
        f"Polygons of known water and of known land were laid over {scenes}, and the raw values of their pixels taken: "
        f"{count(classes['water']['pixels'])} pixels of water from {polygons(classes['water']['polygons'])} and "
        f"{count(classes['other']['pixels'])} others from {polygons(classes['other']['polygons'])}. "
    )
    if conflicting:
        text += f"{count(conflicting)} pixels that both classes claimed were left out. "
    if training.model.is_logistic:
        text += (
            "Logistic regression then looked for the plane in the space of the bands that best parts water from the rest. "
            "The farther a pixel lies on one side of it, the surer the model is."
        )
    else:
        text += "A perceptron then looked for the border, which may bend, that best parts water from the rest."
    blocks: list[Block] = [Paragraph(text)]
    if training.held_out is not None:
        folds = record["settings"]["folds"]
        way = "each polygon was held out once" if folds else "part of the polygons, whole ones, was held out"
        blocks.append(
            Paragraph(
                f"To learn how good this procedure is, {way}: models trained on the others had to map them. The scores below come from "
                "such held-out polygons alone. The final model is trained on all of them, so the scores are an estimate of the procedure, "
                "and not of this very model, which has seen more."
            )
        )
    if mapped is not None:
        blocks.append(
            Paragraph(
                f"The final model was applied to every pixel of “{mapped.name}”: {count(mapped.prediction.valid)} have a probability"
                + (
                    f", and {count(mapped.prediction.invalid)} have none, since a band is invalid there or they were masked."
                    if mapped.prediction.invalid
                    else "."
                )
            )
        )
    return tuple(blocks)


def _image(mapped: Mapped) -> Thumbnail:
    """Read the part of the image that was mapped."""
    whole, part = grid_of(mapped.image), grid_of(str(mapped.prediction.destination))
    window = whole.window
    if part.geotransform is not None and (part.width, part.height) != (whole.width, whole.height):
        corner = np.round(whole.to_pixels(np.array([part.geotransform[0]]), np.array([part.geotransform[3]])))[0].astype(int)
        window = Window(int(corner[0]), int(corner[1]), part.width, part.height)
    return thumbnail(mapped.image, mapped.roles.numbers, window)


def _map(mapped: Mapped, picture: Thumbnail, shares: tuple[float, ...] | None) -> tuple[Block, ...]:
    probability = colour_ramp(thumbnail(str(mapped.prediction.destination), (1,)))
    bands = ", ".join(f"{band.name} = band {band.number}" for band in mapped.roles.bands)
    told = "" if shares is None else f" At p ≥ 0.5, {percent(shares[0])} of it is water."
    return (
        Pictures(
            (
                Picture(
                    composite(picture, (2, 1, 0)),
                    "The image in false colours",
                    f"Near infrared, red and green shown as red, green and blue. Bands: {bands}.",
                ),
                Picture(probability, "Probability of water", f"Pixels without a probability are left clear.{told}", legend=True),
            )
        ),
    )


def _model(samples: Samples, training: Training, mapped: Mapped | None) -> list[Block]:
    model = training.model
    blocks: list[Block] = []
    if model.is_logistic:
        terms = " ".join(f"{_signed(a)} · {name}" for name, a in model.coefficients.items())
        blocks.append(
            Code("In short, with raw pixel values", f"p = 1 / (1 + exp(−z)),  z = {terms.removeprefix('+ ')} {_signed(model.intercept)}")
        )
        blocks += _formulas(model, mapped)
        rows = [
            (e.name, _minus(f"{a:.6g}"), _minus(f"{a * e.sd:+.3g}"), f"{e.mean:.6g}", f"{e.sd:.6g}", f"{e.minimum:g} – {e.maximum:g}")
            for e, a in zip(model.inputs, model.coefficients.values())
        ]
        head = ("input", "coefficient", "per standard deviation", "mean", "standard deviation", "range in training")
        blocks.append(
            Table(head, tuple(rows), "The third column compares the inputs: what one standard deviation adds to the log-odds of water.")
        )
    else:
        blocks.append(Paragraph("A perceptron has no formula that fits a line: use its model file with Predict water probability."))
    points = cloud(samples, model)
    return [*blocks, *([] if points is None else [points])]


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'} {abs(value):.4g}"


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")


def _formulas(model: WaterModel, mapped: Mapped | None) -> list[Block]:
    if mapped is None:
        note = "For QGIS' raster calculator (put your layer's name and bands in place of image@…)"
        return [Code(note, model.formula("qgis"))]
    references = {band.name: f'"{mapped.name}@{band.number}"' for band in mapped.roles.bands}
    letters = [chr(ord("A") + k) for k in range(len(mapped.roles.bands))]
    blocks: list[Block] = [Code("For QGIS' raster calculator, with the image loaded", model.formula("qgis", references))]
    if len(letters) <= 26:
        words = [
            word
            for letter, band in zip(letters, mapped.roles.bands)
            for word in (f"-{letter}", mapped.image, f"--{letter}_band={band.number}")
        ]
        line = shlex.join(["gdal_calc.py", *words, "--type=Float32", "--outfile=water.tif", f"--calc={model.formula('gdal_calc')}"])
        blocks.append(Code("For gdal_calc, on a command line", line))
    return blocks


def _scores(training: Training, held: HeldOutScores | None, shares: tuple[float, ...] | None) -> list[Block]:
    if held is None:
        return [
            Paragraph(
                "No scores: no polygons were held out. Validation takes at least two polygons of each class, better ten. Scores on the "
                "training pixels stand under Training; they don't tell how good the map is elsewhere."
            )
        ]
    whom = "On held-out polygons."
    if held.weighted:
        whom = f"On held-out polygons, pixels weighted so that {percent(held.water)} are water."
    marks = _marks(training)
    blocks: list[Block] = [
        Paragraph(_share_text(held)),
        probability_diagram(held.probability, held.pixels.y, marks, "Pixels of held-out polygons."),
        confusion_block(held.assessment.plain.confusion, "Pixels of held-out polygons at p ≥ 0.5. Rows add up to the reference."),
        reliability_diagram(_reliability(training, held), held.measures.ece, whom),
        roc_diagram(held.measures, held.rates),
        precision_recall_diagram(held.measures, held.rates, held.water),
        score_table(held.measures, None if held.weighted else held.assessment.intervals),
        _rule_table(held),
        water_share_diagram(held.rates, _share_marks(training, held, shares)),
        _expectation_table(held, _share_marks(training, held, shares)),
    ]
    return blocks


def _share_text(held: HeldOutScores) -> str:
    own = float(np.mean(held.pixels.y))
    if not held.weighted:
        return f"{percent(own)} of the held-out pixels are water. {held.assessment.interval_reason}"
    return (
        f"{percent(own)} of the held-out pixels are water; where scores depend on that share, pixels are weighted to "
        f"{percent(held.water)}, which the probabilities are meant for. No intervals are worked out for weighted pixels."
    )


def _marks(training: Training) -> list[tuple[float, str]]:
    choice = training.threshold
    marks = [(0.5, "p = 0.5")]
    if choice is not None and abs(choice.best - 0.5) > 1e-9:
        marks.append((choice.best, f"best F1 at {choice.best:.3g}"))
    return marks


def _reliability(training: Training, held: HeldOutScores) -> list[tuple[str, str, np.ndarray]]:
    adjusted = ("adjusted to the expected share", "water", held.measures.histogram)
    if training.model.training["settings"]["water_fraction"] is None:
        return [adjusted]
    weight = class_weights(held.pixels.y, held.water)
    before = Ranking.of(held.pixels.probability, held.pixels.y, weight).histogram()
    return [("as trained", "faded", before), adjusted]


def _expectation_table(held: HeldOutScores, marks: Sequence[tuple[float, str]]) -> Table:
    model = held.rates[0]
    by_polygon = model.by_polygon or (model.recall, model.false_alarms)
    rows = tuple(
        (
            f"{percent(share)} ({label})",
            f"{model.expected_f1(share):.3f}",
            f"{model.f1(share):.3f}",
            f"{at_water_fraction(*by_polygon, share)[1]:.3f}",
            *(f"{rule.expected_f1(share):.3f}" for rule in held.rates[1:]),
        )
        for share, label in sorted(marks)
    )
    rules = tuple(rule.short for rule in held.rates[1:])
    return Table(("share of water", "F1 to expect", "counting pixels", "counting polygons", *rules), rows)


def _share_marks(training: Training, held: HeldOutScores, shares: tuple[float, ...] | None) -> list[tuple[float, str]]:
    marks = [(float(np.mean(held.pixels.y)), "held-out pixels")]
    expected = training.model.training["settings"]["water_fraction"]
    if expected is not None:
        marks.append((expected, "expected"))
    if shares is not None and shares[0] > 0:
        marks.append((shares[0], "mapped"))
    return marks


def _rule_table(held: HeldOutScores) -> Table:
    own = percent(held.water)
    rows = []
    for rate in held.rates:
        precision, f1 = at_water_fraction(rate.recall, rate.false_alarms, held.water)
        rows.append((rate.name, f"{precision:.3f}", f"{rate.recall:.3f}", f"{f1:.3f}", percent(rate.false_alarms)))
    caption = (
        "The same held-out pixels for all. NDWI = (green − nir) / (green + nir); Otsu's threshold is the one that best parts its histogram."
    )
    if len(held.rates) == 1:
        caption = "Simple rules need a green and a near-infrared input, which this model lacks."
    return Table(("rule", f"precision at {own} water", "recall", "F1", "false alarms"), tuple(rows), caption)


def _thresholds(training: Training, shares: tuple[float, ...] | None) -> list[Block]:
    choice = training.threshold
    if choice is None:
        told = "" if shares is None else f" At 0.5, {percent(shares[0])} of the map is water."
        return [
            Paragraph(
                "No threshold could be chosen from data: that takes at least two held-out polygons of each class, since a threshold "
                f"must not be scored on the pixels that chose it. Use 0.5, or hold out more polygons, or use folds.{told}"
            )
        ]
    worth = (
        "It beats 0.5 there, so the model file recommends it."
        if choice.recommended != 0.5
        else ("It doesn't beat 0.5 there, so the model file recommends 0.5." if choice.best != 0.5 else "That is 0.5 itself.")
    )
    text = (
        f"The threshold with the best F1 on the held-out pixels is {choice.best:.3g}. Its score is cross-fitted over {choice.folds} folds "
        "of polygons: each fold is mapped with the threshold that is best on the others, so no threshold is scored on the pixels "
        f"that chose it. {worth}"
    )
    head = ["threshold", "F1 on held-out polygons", "held-out pixels mapped as water"]
    rows = [
        ["0.5", f"{choice.f1_at_half:.4f}", percent(choice.mapped_at_half)],
        [f"{choice.best:.4g} (best F1)", f"{choice.f1:.4f}", percent(choice.mapped)],
    ]
    if shares is not None:
        head.append("of the map")
        for row, share in zip(rows, shares):
            row.append(percent(share))
    caption = "" if choice.water_fraction is None else f"Pixels are weighted so that {percent(choice.water_fraction)} are water."
    return [Paragraph(text), Table(tuple(head), tuple(map(tuple, rows)), caption)]


def _training_scores(training: Training) -> Table:
    record = training.model.training["scores"]
    held = record["validation"]
    rows = [
        (label, f"{record['training'][key]:.4g}", "–" if held is None else f"{held[key]:.4g}")
        for key, label in (("loss", "Loss (nats)"), ("accuracy", "Accuracy"), ("f1", "F1"))
    ]
    shifted = training.model.training["intercept_shift"]
    caption = "Scores on training pixels flatter: the model has seen them."
    if shifted:
        added = _minus(f"{shifted:+.3f}")
        caption += f" Both columns are without the {added} that the expected share of water adds to the log-odds."
    return Table(("", "training pixels", "held-out pixels"), tuple(rows), caption)


def _again(model: WaterModel, command: str, versions: Mapping[str, str]) -> tuple[Block, ...]:
    record = model.training
    settings = tuple((name, "–" if value is None else str(value)) for name, value in record["settings"].items())
    every = {**versions, **record["versions"]}
    made = [("device", str(record["device"])), ("epochs run", str(record["epochs"])), ("converged", "yes" if record["converged"] else "no")]
    made += [
        ("date", str(record["date"])),
        ("model (SHA-256)", model.digest),
        ("versions", ", ".join(f"{n} {v}" for n, v in every.items())),
    ]
    scenes = []
    for scene in record["scenes"]:
        size = scene.get("pixel_size")
        words = [scene.get("data_type"), None if size is None else f"pixels of {size[0]:g} × {size[1]:g}", scene.get("crs")]
        scenes.append((f"scene “{scene['name']}”", ", ".join(str(w) for w in words if w) or "–"))
    return (
        Code("The same run on a command line", command),
        Table(("setting", "value"), settings, numeric=False),
        Table(("record", ""), (*scenes, *made), numeric=False),
    )
