"""Draw the figures of docs/tutorial.md from the results of its own code blocks: `make figures`.

They are SVG files that hold their style and load nothing, in the light colours of the reports.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from osgeo import gdal, ogr

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import documents

from ipeo_water_plugin.core.model import WaterModel
from ipeo_water_plugin.core.reports.figures import FULL, HALF, Figure, Scale
from ipeo_water_plugin.core.reports.scatter import feature_space_plot
from ipeo_water_plugin.core.samples import Samples

ROOT = Path(__file__).resolve().parent.parent
TUTORIAL = ROOT / "docs" / "tutorial.md"
FOLDER = ROOT / "docs" / "images" / "tutorial"

_KINDS = ("faded", "other", "water", "rule")
# So many samples of each class are drawn, evenly spaced.
_SHOWN = 400
_GRID = 120
_LEVELS = (0.1, 0.5, 0.9)


def drawings(names: dict[str, Any]) -> dict[str, str]:
    """Return the figures by file name.

    Args:
        names: the variables that the tutorial's blocks leave.
    """
    two, curves, bent = names["two"], names["curves"], names["bent"]
    best = min(min(losses) for losses in curves["plugin"].values())
    made = {
        "samples": _space(two).svg("Samples of water and other surfaces in the plane of green and near-infrared."),
        "line": _lines(two, names["line"]),
        "plane": feature_space_plot(names["samples"], names["model"]).svg,
        "growth": _growth(names["growth"]),
        "threshold": _threshold(names["held"].held_out),
        "series": _series(names["days"], names["hectares"]),
    }
    made |= {f"loss_{name}": _losses(losses, name, best) for name, losses in curves.items()}
    made |= {f"xor_{hidden}": _border(names["xor"], bent[hidden]) for hidden in (0, 3)}
    made |= {f"scene_{hidden}": _border(two, bent["scene", hidden]) for hidden in (0, 4)}
    return {f"{name}.svg": _alone(svg) for name, svg in made.items()}


def _space(samples: Samples, size: tuple[int, int] = FULL) -> Figure:
    """Draw samples of two bands."""
    low, high = np.floor(samples.X.min(axis=0) / 500) * 500, np.ceil(samples.X.max(axis=0) / 500) * 500
    scales = [Scale.linear(a, b) for a, b in zip(low.tolist(), high.tolist())]
    figure = Figure(size, *scales, "green (raw pixel value)", "near infrared (raw pixel value)")
    for members, kind in ((~samples.y, "other"), (samples.y, "water")):
        rows = np.flatnonzero(members)
        x, y = samples.X[rows[:: max(1, len(rows) // _SHOWN)]].T
        figure.dots(x, y, kind, 2.2)
    return figure


def _lines(samples: Samples, model: WaterModel) -> str:
    figure = _space(samples)
    for levels, kind, label, place in (
        (_along(model), "ink", "learned: p = 0.5", 2000),
        (((0, 0), (3000, 3000)), "rule", "NDWI = 0", 2250),
    ):
        (x0, y0), (x1, y1) = levels
        green = np.linspace(900, 2700, 50)
        nir = y0 + (green - x0) * (y1 - y0) / (x1 - x0)
        inside = (nir > samples.X[:, 1].min()) & (nir < samples.X[:, 1].max())
        figure.line(green[inside], nir[inside], kind)
        at = float(np.interp(place, green, nir))
        figure.note(place, at, label, kind, anchor="end" if kind == "rule" else "start", shift=(-8, -8) if kind == "rule" else (10, 12))
    return figure.svg("The same samples, the line NDWI = 0, and the decision boundary of the model, p = 0.5.")


def _along(model: WaterModel) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return two points on the line p = 0.5 of a model of two bands."""
    a, b = model.coefficients.values()
    return (0.0, -model.intercept / b), (3000.0, -(model.intercept + 3000 * a) / b)


def _losses(curves: dict[float, list[float]], name: str, best: float) -> str:
    """Draw the loss over epochs for several learning rates, and the least that there is."""
    longest = max(map(len, curves.values()))
    figure = Figure(
        HALF, Scale.logarithmic(1, longest), Scale.logarithmic(0.001, 10), "epoch (log scale)", "loss (nats a pixel, log scale)"
    )
    figure.line([1, 1000], [best, best], "guide")
    title = {"raw": "raw pixel values", "plugin": "the plugin's coordinates"}.get(name, f"{name} values")
    figure.note(1000, 10, title, "ink", anchor="end", shift=(-4, 14))
    for row, (kind, (rate, losses)) in enumerate(zip(_KINDS, curves.items())):
        # On a log scale some epochs show as much as all.
        some = np.unique(np.round(np.geomspace(1, len(losses), 160)).astype(int)) - 1
        figure.line(some + 1, np.maximum(np.array(losses)[some], 0.001), kind)
        figure.note(1, 0.001, f"η = {rate:g}", kind, shift=(8, -10 - 16 * row))
    return figure.svg(f"Loss over epochs on {title} for the learning rates {', '.join(f'{rate:g}' for rate in curves)}.")


def _growth(growth: dict[float, list[float]]) -> str:
    longest = max(map(len, growth.values()))
    figure = Figure(FULL, Scale.logarithmic(1, longest), Scale.linear(0, 12), "epoch (log scale)", "norm of A (standardised bands)")
    for kind, (l2, lengths) in zip(("water", "other", "rule"), growth.items()):
        some = np.unique(np.round(np.geomspace(1, len(lengths), 160)).astype(int)) - 1
        figure.line(some + 1, np.array(lengths)[some], kind)
        figure.note(longest, lengths[-1], f"λ = {l2:g}", kind, anchor="end", shift=(-4, -8))
    return figure.svg("Norm of A over epochs: without regularisation it grows without limit.")


def _threshold(held: Any) -> str:
    x = Scale.probability()
    odds = np.linspace(*x.transform(np.array([x.low, x.high])), 200)
    thresholds = 1 / (1 + np.exp(-odds))
    predicted = held.probability[None] >= thresholds[:, None]
    hits = (predicted & held.y).sum(axis=1)
    precision, recall = hits / np.maximum(predicted.sum(axis=1), 1), hits / held.y.sum()
    figure = Figure(FULL, x, Scale.linear(0.6, 1.0), "threshold on p (log-odds scale)", "score on held-out polygons")
    figure.mark(0.5, "0.5", foot=True)
    for kind, name, values, at in (
        ("faded", "recall", recall, 0.9999),
        ("other", "precision", precision, 0.0001),
        ("water", "F1", 2 * precision * recall / (precision + recall), 0.003),
    ):
        figure.line(thresholds, values, kind)
        height = float(np.interp(at, thresholds, values))
        figure.note(at, max(height, 0.6), name, kind, anchor="end" if at > 0.5 else "start", shift=(-6 if at > 0.5 else 6, -8))
    return figure.svg("Precision, recall and F1 over the threshold, on held-out polygons.")


def _series(days: Sequence[date], hectares: np.ndarray) -> str:
    """Draw hectares over two years; where one is unknown, the line has a gap."""
    numbers = np.array([day.toordinal() for day in days], float)
    ticks = tuple((float(date(year, month, 1).toordinal()), f"{year}-{month:02}") for year in (2019, 2020) for month in (1, 4, 7, 10))
    figure = Figure(FULL, Scale(numbers[0] - 15, numbers[-1] + 15, ticks), Scale.linear(0, 220), "date", "hectares of water")
    known = np.flatnonzero(np.isfinite(hectares))
    for run in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
        if len(run) > 1:
            figure.line(numbers[run], hectares[run], "water")
    figure.dots(numbers[known], hectares[known], "water", 3.0)
    return figure.svg("Hectares of the largest lake on each date, with gaps where clouds hide it.")


def _border(samples: Samples, model: WaterModel) -> str:
    """Draw samples of two bands, and where the model says 0.1, 0.5 and 0.9."""
    figure = _space(samples, HALF)
    low, high = np.floor(samples.X.min(axis=0) / 500) * 500, np.ceil(samples.X.max(axis=0) / 500) * 500
    step = (high - low) / _GRID
    green, nir = (low[k] + step[k] * (np.arange(_GRID) + 0.5) for k in (0, 1))
    p = model.probability([band.astype(np.float64) for band in np.meshgrid(green, nir)])
    for level, points in _contours(p, low, step):
        figure.line(*points.T, "ink" if level == 0.5 else "ink thin")
    units = "one line" if model.is_logistic else f"{len(model.layers[0].bias)} hidden units"
    figure.note(low[0], high[1], units, "ink", shift=(6, 12))
    return figure.svg(f"Samples, and where a model with {units} says that p is 0.1, 0.5 and 0.9.")


def _contours(values: np.ndarray, corner: np.ndarray, step: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
    """Give level and points of each contour of a grid whose first cell has this corner."""
    grid = gdal.GetDriverByName("MEM").Create("", values.shape[1], values.shape[0], 1, gdal.GDT_Float32)
    grid.SetGeoTransform((corner[0], step[0], 0, corner[1], 0, step[1]))
    grid.GetRasterBand(1).WriteArray(values)
    found = ogr.GetDriverByName("Memory").CreateDataSource("")
    layer = found.CreateLayer("contours", None, ogr.wkbLineString)
    layer.CreateField(ogr.FieldDefn("level", ogr.OFTReal))
    gdal.ContourGenerate(grid.GetRasterBand(1), 0, 0, list(_LEVELS), 0, 0, layer, -1, 0)
    for feature in layer:
        yield float(feature["level"]), np.array(feature.GetGeometryRef().GetPoints())[:, :2]


def _alone(svg: str) -> str:
    """Make a report's figure a file of its own, with its style, and its colours as plain values for every program that draws SVG."""
    sheet = (ROOT / "resources" / "report" / "report.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+);", sheet.partition("@media")[0]))
    rules = [rule.removeprefix("svg ") for line in re.findall(r"^svg .*$", sheet, re.MULTILINE) for rule in re.findall(r"svg [^}]*}", line)]
    style = re.sub(r"var\(--([a-z-]+)\)", lambda found: colours[found[1]], "\n".join(rules))
    frame = (
        f"<style>text {{ font-family: system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; }}\n{style}\n.dot {{ stroke-width: .3; }}</style>"
        f'<rect width="100%" height="100%" fill="{colours["paper"]}"/>'
    )
    start, end = svg.split(">", 1)
    # One element a line, so that a change shows as one.
    return f'{start} xmlns="http://www.w3.org/2000/svg">\n{frame}\n' + end.replace("/><", "/>\n<").replace("</text><", "</text>\n<") + "\n"


def main() -> None:
    """Run the tutorial and draw."""
    names, _ = documents.run_python([block for block in documents.blocks(TUTORIAL) if block.language == "python"])
    made = drawings(names)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.svg"):
        if old.name not in made:
            old.unlink()
    for name, svg in made.items():
        (FOLDER / name).write_text(svg, encoding="utf-8")
    print(f"{FOLDER.relative_to(ROOT)}: {len(made)} figures")


if __name__ == "__main__":
    main()
