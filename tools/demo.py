"""Map water on the sample scene and show what came out: a raster, a model, a report, a picture, and scores.

Run it as `make demo`, which sets the environment. The map is made by qgis_process, as a user would make it; the picture is
drawn by QGIS with the style that the result loads with. `make demo PICTURE=docs/images/brandenburg.jpg` renews the README's.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

from osgeo import gdal
from qgis.core import (
    QgsApplication,
    QgsCategorizedSymbolRenderer,
    QgsFillSymbol,
    QgsLayout,
    QgsLayoutExporter,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLegendRenderer,
    QgsLegendStyle,
    QgsMapLayerLegendUtils,
    QgsProject,
    QgsRasterLayer,
    QgsRendererCategory,
    QgsUnitTypes,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor, QFont

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "resources" / "sample"
STYLE = ROOT / "resources" / "styles" / "water_probability.qml"
DEMO = ROOT / "build" / "demo"
NODATA = 255


def map_water(probability: Path, model: Path, report: Path) -> dict[str, object]:
    """Run mapwater with its defaults and return its results."""
    command = [
        *(os.environ["QGIS_PROCESS"], "run", "ipeowater:mapwater", "--json", "--"),
        *(f"INPUT={SAMPLE / 'image.tif'}", f"POLYGONS={SAMPLE / 'labels.gpkg'}", "CLASS_FIELD=class"),
        *(f"OUTPUT={probability}", f"OUTPUT_MODEL={model}", f"OUTPUT_REPORT={report}"),
    ]
    print(shlex.join(command))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nmapwater failed with exit status {done.returncode}")
    return json.loads(done.stdout)["results"]


def scores(probability: Path) -> dict[str, float]:
    """Compare p >= 0.5 with the reference, whose NoData is left out."""
    water = gdal.Open(str(probability)).ReadAsArray() >= 0.5
    reference = gdal.Open(str(SAMPLE / "reference.tif")).ReadAsArray()
    known, truth = reference != NODATA, reference == 1
    hits, false, missed = ((known & a & b).sum() for a, b in ((water, truth), (water, ~truth), (~water, truth)))
    return {
        "precision": hits / (hits + false),
        "recall": hits / (hits + missed),
        "F1": 2 * hits / (2 * hits + false + missed),
        "IoU": hits / (hits + false + missed),
        "accuracy": 1 - (false + missed) / known.sum(),
    }


def image_layer() -> QgsRasterLayer:
    """Return the image as it opens in QGIS, by image.qml beside it: near infrared, red and green shown as red, green and blue."""
    return QgsRasterLayer(str(SAMPLE / "image.tif"), "image")


def labels_layer() -> QgsVectorLayer:
    """Return the training polygons as outlines, one colour a class."""
    layer = QgsVectorLayer(f"{SAMPLE / 'labels.gpkg'}|layername=labels", "Training polygons", "ogr")

    def outline(colour: str) -> QgsFillSymbol:
        return QgsFillSymbol.createSimple({"style": "no", "outline_color": colour, "outline_width": "0.5"})

    classes = [QgsRendererCategory(1, outline("#40e0ff"), "Water"), QgsRendererCategory(0, outline("#ffd400"), "Not water")]
    layer.setRenderer(QgsCategorizedSymbolRenderer("class", classes))
    return layer


def probability_layer(path: Path) -> QgsRasterLayer:
    """Return the result in the style that it loads with in QGIS."""
    layer = QgsRasterLayer(str(path), "Probability of water")
    layer.loadNamedStyle(str(STYLE))
    return layer


def draw(probability: Path, picture: Path) -> None:
    """Lay out the image beside the styled probability, with legends, and export the page."""
    project = QgsProject.instance()
    image, labels, result = image_layer(), labels_layer(), probability_layer(probability)
    project.setCrs(image.crs())
    project.addMapLayers([image, labels, result])
    layout = QgsLayout(project)
    layout.initializeDefaults()
    width, height, gap = 160.0, 80.0, 4.0
    size = QgsLayoutSize(2 * width + 3 * gap, height + 24, QgsUnitTypes.LayoutUnit.LayoutMillimeters)
    layout.pageCollection().page(0).setPageSize(size)

    def place(item: object, x: float, y: float, item_width: float, item_height: float) -> None:
        item.attemptMove(QgsLayoutPoint(x, y))
        item.attemptResize(QgsLayoutSize(item_width, item_height))
        layout.addLayoutItem(item)

    def write(text: str, x: float, y: float, points: int, item_width: float = width) -> None:
        label = QgsLayoutItemLabel(layout)
        label.setText(text)
        label.setFont(QFont("DejaVu Sans", points))
        place(label, x, y, item_width, 6)

    def legend(layer: object, x: float, item_width: float, columns: int) -> None:
        item = QgsLayoutItemLegend(layout)
        item.setAutoUpdateModel(False)
        tree = item.model().rootGroup()
        tree.clear()
        node = tree.addLayer(layer)
        item.model().refreshLayerLegend(node)
        # The raster's first entry is the band's name, which the title above the map says already.
        if isinstance(layer, QgsRasterLayer):
            entries = len(item.model().layerOriginalLegendNodes(node))
            QgsMapLayerLegendUtils.setLegendNodeOrder(node, list(range(1, entries)))
            item.model().refreshLayerLegend(node)
        QgsLegendRenderer.setNodeLegendStyle(node, QgsLegendStyle.Style.Hidden)
        item.setColumnCount(columns)
        item.setSplitLayer(True)
        item.setEqualColumnWidth(True)
        item.setResizeToContents(False)
        item.setBoxSpace(0)
        item.setStyleFont(QgsLegendStyle.Style.SymbolLabel, QFont("DejaVu Sans", 8))
        place(item, x, height + 11, item_width, 8)

    columns = (gap, 2 * gap + width)
    for x, title, layers in zip(
        columns,
        ("Sentinel-2: near infrared, red, green, and the drawn polygons", "Probability of water"),
        ([labels, image], [result]),
    ):
        write(title, x, 2.5, 11)
        view = QgsLayoutItemMap(layout)
        place(view, x, 9, width, height)
        view.setLayers(layers)
        view.setExtent(image.extent())
        view.setFrameEnabled(True)
        view.setFrameStrokeColor(QColor("#888888"))
    legend(labels, columns[0], 60, 2)
    legend(result, columns[1], 120, 5)
    write("Contains modified Copernicus Sentinel data 2017", columns[0], height + 19.5, 6)

    if not QgsLayoutExporter(layout).renderPageToImage(0, dpi=150).save(str(picture), quality=88):
        sys.exit(f"{picture} can't be written")
    project.clear()


def main() -> None:
    """Make the map and the picture; print where they are and how good the map is."""
    DEMO.mkdir(parents=True, exist_ok=True)
    probability, model, report = (DEMO / name for name in ("water_probability.tif", "model.json", "report.html"))
    picture = ROOT / (os.environ.get("PICTURE") or DEMO / "water.png")
    results = map_water(probability, model, report)
    # QGIS takes GDAL's drivers with it when it ends.
    measured = scores(probability)
    application = QgsApplication([], True)
    application.initQgis()
    draw(probability, picture)
    application.exitQgis()
    print()
    for name, path in (("Probability", probability), ("Model", model), ("Report", report), ("Picture", picture)):
        print(f"{name:12} {os.path.relpath(path)}")
    print(f"{'Formula':12} {results.get('FORMULA')}")
    print("\nAt p >= 0.5 against resources/sample/reference.tif (its NoData left out):")
    print("  ".join(f"{name} {value:.3f}" for name, value in measured.items()))


if __name__ == "__main__":
    main()
