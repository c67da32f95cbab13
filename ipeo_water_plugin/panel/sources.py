"""Image and training areas as the panel takes them: read as `mapwater` reads them, made new, loaded, remembered."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from processing.core.ProcessingConfig import ProcessingConfig
from qgis import processing
from qgis.core import (
    QgsContrastEnhancement,
    QgsMapLayer,
    QgsMultiBandColorRenderer,
    QgsProcessingContext,
    QgsProcessingUtils,
    QgsProject,
    QgsRasterLayer,
    QgsRasterMinMaxOrigin,
    QgsRasterRenderer,
    QgsVectorLayer,
)

from ..algorithms.areas import CLASS_FIELD, POLYGONS, WATER_VALUES, LabelledAreas, read_areas
from ..algorithms.base import Values
from ..algorithms.image import BAND_KEYS, INPUT, Image, read_image
from ..algorithms.labelform import CLASS
from ..algorithms.layervalues import is_temporary
from ..algorithms.mapwater import MapWater
from ..algorithms.project import rasters, remember, remembered, training_layers
from ..core.bands import BandRoles
from ..core.raster.source import open_raster
from ..core.translation import tr
from ..paths import resources

OPTIMIZER = "newton"
# An image that is larger than this, in pixels, is slow to zoom out of without overviews.
_LARGE = 4000 * 4000


@dataclass
class Chosen:
    """What the panel works on: layers, and what `mapwater` is given besides them."""

    image: QgsRasterLayer | None = None
    areas: QgsVectorLayer | None = None
    bands: dict[str, int] = field(default_factory=dict)
    class_field: str = CLASS
    water_values: str = "1"
    threshold: float = 0.5

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of `mapwater`."""
        found: dict[str, Any] = {"OPTIMIZER": OPTIMIZER, **{BAND_KEYS[role]: number for role, number in self.bands.items()}}
        if self.image is not None:
            found[INPUT] = self.image.id()
        if self.areas is not None:
            found |= {POLYGONS: self.areas.id(), CLASS_FIELD: self.class_field, WATER_VALUES: self.water_values}
        return found

    def _values(self) -> Values:
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        return Values(MapWater().create(), self.parameters(), context)

    def read_image(self) -> Image:
        """Return the image as `mapwater` reads it.

        Raises:
            WaterError: it can't be used, or a band isn't found.
        """
        return read_image(self._values())

    def read_areas(self, image: Image) -> LabelledAreas:
        """Return the training areas as `mapwater` reads them.

        Raises:
            WaterError: they can't be used.
        """
        return read_areas(self._values(), image)

    def remember(self) -> None:
        """Write into the project what is chosen."""
        layers = {"image": self.image, "areas": self.areas}
        kept = {"bands": self.bands, "class_field": self.class_field, "water_values": self.water_values, "threshold": self.threshold}
        remember({**kept, **{key: layer.id() for key, layer in layers.items() if layer is not None}})

    @classmethod
    def recall(cls) -> Chosen:
        """Return what the project remembers, or else what there is no choice about: its only image, its only training layer."""
        project, kept = QgsProject.instance(), remembered()
        image, areas = (project.mapLayer(str(kept.get(key, ""))) for key in ("image", "areas"))
        bands, threshold = kept.get("bands"), kept.get("threshold")
        numbers = bands.items() if isinstance(bands, dict) else ()
        return cls(
            image if isinstance(image, QgsRasterLayer) else only(rasters()),
            areas if isinstance(areas, QgsVectorLayer) else only(training_layers()),
            {role: number for role, number in numbers if role in BAND_KEYS and isinstance(number, int) and number > 0},
            str(kept.get("class_field", cls.class_field)),
            str(kept.get("water_values", cls.water_values)),
            threshold if isinstance(threshold, float) and 0 < threshold < 1 else cls.threshold,
        )


def only(layers: Iterator) -> Any:
    """Return the only layer, or None where there are several or none."""
    found = list(layers)
    return found[0] if len(found) == 1 else None


def place_for(name: str) -> Path:
    """Return a path for a new file: beside the project, else where Processing puts results; no file has it yet."""
    project = QgsProject.instance()
    folder = project.absolutePath() if project.fileName() else ""
    folder = Path(folder or ProcessingConfig.getSetting(ProcessingConfig.OUTPUT_FOLDER))
    # Where that can't be, as of a drive that is gone, the run says so.
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return unused(folder / name)


def is_there(name: str | Path) -> bool:
    """Return whether there is a file of a name, which may be a layer's source, and longer than names of files are."""
    return os.path.exists(name)  # noqa: PTH110 (pathlib's raises an error at long names)


def unused(path: Path, suffixes: Iterable[str] = ()) -> Path:
    """Return a path, with a number where the file is there already, or one beside it with another of the suffixes."""
    number, found, every = 2, path, {path.suffix, *suffixes}
    while any(is_there(found.with_name(f"{found.stem}{suffix}")) for suffix in every):
        found, number = path.with_name(f"{path.stem} {number}{path.suffix}"), number + 1
    return found


def create_areas(image: QgsRasterLayer) -> QgsVectorLayer:
    """Make a training layer for an image, as *Create training layer* does, and add it on top of the project's layers.

    Raises:
        QgsProcessingException: it can't be made.
    """
    path = place_for(f"{tr('Training areas')}.gpkg")
    made = processing.run("ipeowater:createtraininglayer", {INPUT: image, "OUTPUT": str(path)})["OUTPUT"]
    layer = QgsVectorLayer(made, path.stem, "ogr")
    add_on_top(layer)
    return layer


def add_on_top(layer: QgsMapLayer) -> None:
    """Add a layer to the project, above all others."""
    if QgsProject.instance().addMapLayer(layer, False) is not None:
        QgsProject.instance().layerTreeRoot().insertLayer(0, layer)


def kept_where(layer: QgsVectorLayer) -> str:
    """Return, in words, where what is drawn in a layer is kept."""
    path = layer.source().split("|", 1)[0]
    if layer.providerType() == "memory" or is_temporary(path):
        return tr("A temporary layer: what you draw in it goes when QGIS is closed.")
    return tr("Saved as you draw: {path}").format(path=path) if is_there(path) else ""


def load_sample() -> tuple[QgsRasterLayer, QgsVectorLayer]:
    """Add a copy of the sample scene and its training areas to the project, which goes with this session of QGIS."""
    folder = unused(Path(QgsProcessingUtils.tempFolder()) / "sample")
    shutil.copytree(resources() / "sample", folder)
    image = QgsRasterLayer(str(folder / "image.tif"), tr("Sample scene"))
    areas = QgsVectorLayer(str(folder / "labels.gpkg"), tr("Sample areas"), "ogr")
    add_on_top(image)
    add_on_top(areas)
    return image, areas


def show_false_colours(layer: QgsRasterLayer, roles: BandRoles) -> QgsRasterRenderer:
    """Show near infrared, red and green as red, green and blue, and return the renderer there was."""
    earlier = layer.renderer().clone()
    numbers = {band.role: band.number for band in roles.bands}
    layer.setRenderer(QgsMultiBandColorRenderer(layer.dataProvider(), numbers["nir"], numbers["red"], numbers["green"]))
    stretch, limits = (
        QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum,
        QgsRasterMinMaxOrigin.Limits.CumulativeCut,
    )
    layer.setContrastEnhancement(stretch, limits)
    layer.triggerRepaint()
    return earlier


def needs_overviews(image: Image) -> bool:
    """Return whether zooming out of an image is slow because overviews are missing."""
    dataset = open_raster(image.file)
    return dataset.RasterXSize * dataset.RasterYSize > _LARGE and not dataset.GetRasterBand(1).GetOverviewCount()
