"""Where to draw next: three rounds of suggested places against as many random ones, on the sample scene.

It begins with water and forest alone, as eo-box publishes them. In each round the first places with a known reference are labelled: a patch
of 5 × 5 pixels around the place, or the pixel alone where the patch holds more than one class. Unknown places are passed over, suggested
and random alike. F1 is that of p ≥ 0.5 on reference.tif, without the pixels labelled on the way.

python benchmarks/suggest.py [--count 5] [--rounds 3] [--seeds 10]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from common import SCENE
from osgeo import gdal, ogr

from ipeo_water_plugin.core.model import WaterModel
from ipeo_water_plugin.core.prediction.suggest import PATCH, suggest
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.raster.source import grid_of
from ipeo_water_plugin.core.sampling.polygons import LabelledShape, read_shapes
from ipeo_water_plugin.core.sampling.sample import sample_pixels
from ipeo_water_plugin.core.training.settings import TrainingSettings
from ipeo_water_plugin.core.training.train import train

LABELS = SCENE.with_name("labels_published_only.gpkg")
RASTER, UNKNOWN = str(SCENE), 255

# About a fifth of the scene has a known reference.
ASKED = 10
SETTINGS = TrainingSettings(optimizer="lbfgs", folds=0, validation_fraction=0)

Places = Callable[[WaterModel, list[LabelledShape]], Iterable[tuple[int, int]]]


class Survey:
    """The sample scene with an analyst who knows its reference."""

    def __init__(self) -> None:
        self.grid, self.roles = grid_of(RASTER), roles_of(RASTER)
        self.bands = list(gdal.Open(RASTER).ReadAsArray())
        self.truth = gdal.Open(str(SCENE.with_name("reference.tif"))).ReadAsArray()

    def answer(self, column: int, row: int) -> tuple[slice, slice] | None:
        """Return the pixels that the analyst labels at a place, or None where nobody knows."""
        if self.truth[row, column] == UNKNOWN:
            return None
        reach = PATCH // 2
        patch = slice(max(row - reach, 0), row + reach + 1), slice(max(column - reach, 0), column + reach + 1)
        if (self.truth[patch] == self.truth[row, column]).all():
            return patch
        return slice(row, row + 1), slice(column, column + 1)

    def shape(self, patch: tuple[slice, slice], number: int) -> LabelledShape:
        """Return the area that the analyst draws."""
        rows, columns = patch
        stop = min(columns.stop, self.grid.width), min(rows.stop, self.grid.height)
        (left, top), (right, bottom) = self.grid.to_crs(np.array([columns.start, stop[0]]), np.array([rows.start, stop[1]]))
        wkt = f"POLYGON(({left} {top},{right} {top},{right} {bottom},{left} {bottom},{left} {top}))"
        water = bool(self.truth[rows.start, columns.start])
        return LabelledShape(bytes(ogr.CreateGeometryFromWkt(wkt).ExportToWkb()), water, number)

    def score(self, model: WaterModel, labelled: np.ndarray) -> float:
        """Return F1 on the reference, but for pixels labelled on the way."""
        counted = (self.truth != UNKNOWN) & ~labelled
        water, mapped = self.truth[counted] == 1, model.probability(self.bands)[counted] >= 0.5
        return float(2 * (water & mapped).sum() / (water.sum() + mapped.sum()))

    def learn(self, places: Places, count: int, rounds: int) -> list[float]:
        """Train, label, train again; return F1 before and after each round."""
        shapes = read_shapes(str(LABELS), RASTER, "class")
        labelled, scores = np.zeros(self.truth.shape, bool), []
        for turn in range(rounds + 1):
            model = train(sample_pixels(RASTER, self.roles, shapes).samples, SETTINGS).model
            scores.append(self.score(model, labelled))
            if turn == rounds:
                return scores
            answered = 0
            for column, row in places(model, list(shapes)):
                patch = self.answer(column, row)
                if patch is None or labelled[patch].any():
                    continue
                labelled[patch] = True
                shapes.append(self.shape(patch, 1_000_000 + len(shapes)))
                answered += 1
                if answered == count:
                    break
        return scores

    def suggested(self, *, drawn: bool, count: int) -> Places:
        """Return what the plugin suggests, with or without being told what is drawn: ten times as many as are to be answered."""

        def places(model: WaterModel, shapes: list[LabelledShape]) -> Iterator[tuple[int, int]]:
            known = [shape.wkb for shape in shapes] if drawn else []
            for place in suggest(RASTER, self.roles, model, ASKED * count, known):
                ((column, row),) = self.grid.to_pixels(np.array([place.x]), np.array([place.y]))
                yield int(column), int(row)

        return places

    def random(self, seed: int) -> Places:
        """Return places drawn evenly over the scene."""
        draw = np.random.default_rng(seed)

        def places(_model: WaterModel, _shapes: list[LabelledShape]) -> Iterator[tuple[int, int]]:
            while True:
                yield int(draw.integers(self.grid.width)), int(draw.integers(self.grid.height))

        return places


def main() -> int:
    """Print F1 round by round and return 1 where suggested places don't gain more than random ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", default="3,5,10", help="places answered in a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=10)
    arguments = parser.parse_args()
    survey, better = Survey(), True
    for count in map(int, arguments.count.split(",")):
        chance = np.array([survey.learn(survey.random(seed), count, arguments.rounds) for seed in range(arguments.seeds)])
        print(f"{count} places a round; F1 before, and after each round:")
        print(f"  random, mean of {arguments.seeds} seeds     " + "  ".join(f"{v:.3f}" for v in chance.mean(0)))
        print("    standard deviation        " + "  ".join(f"{v:.3f}" for v in chance.std(0)))
        for title, drawn in (("suggested, areas known", True), ("suggested, model alone", False)):
            scores = survey.learn(survey.suggested(drawn=drawn, count=count), count, arguments.rounds)
            print(f"  {title:<28}" + "  ".join(f"{v:.3f}" for v in scores), flush=True)
            better &= scores[-1] > chance[:, -1].mean()
    print("suggested places gain more: " + ("ok" if better else "NOT MET"))
    return 0 if better else 1


if __name__ == "__main__":
    sys.exit(main())
