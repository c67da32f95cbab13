"""The picture on the map: above the image, below the training areas, and in no project file."""

from __future__ import annotations

import numpy as np
from qgis.core import QgsMapLayer, QgsMapLayerRenderer, QgsMapSettings, QgsPluginLayer, QgsPointXY, QgsRectangle, QgsRenderContext
from qgis.gui import QgsMapCanvas
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject
from qgis.PyQt.QtGui import QColor, QImage, QPainter, QTransform

from .values import Picture, View
from .worker import one_shot

_KIND = "ipeowater_picture"
_FLASH_MS = 450
_FLASH = QColor(255, 0, 200, 170)
# Corners that lie this close, in pixels, need no interpolation.
_EXACT = 0.01


def view_of(settings: QgsMapSettings) -> View:
    """Return what a canvas shows, in pixels of the device."""
    size, centre = settings.deviceOutputSize(), settings.visibleExtent().center()
    return View(
        settings.destinationCrs().toWkt(),
        centre.x(),
        centre.y(),
        settings.mapUnitsPerPixel() / settings.devicePixelRatio(),
        size.width(),
        size.height(),
        settings.rotation(),
    )


def corners_of(view: View) -> list[QgsPointXY]:
    """Return where on the map the picture's corners lie: top left, top right, bottom right, bottom left."""
    ends = ((0, 0), (view.width, 0), (view.width, view.height), (0, view.height))
    return [QgsPointXY(float(x), float(y)) for x, y in view.grid.to_crs(*np.array(ends, float).T)]


def image_of(picture: Picture) -> QImage:
    """Return a picture as an image with its own copy of the pixels."""
    rows, columns = picture.rgba.shape[:2]
    pixels = np.ascontiguousarray(picture.rgba)
    return QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888_Premultiplied).copy()


def flash_of(picture: Picture) -> QImage | None:
    """Return what the last edit changed, in a colour of its own; None if nothing did."""
    if picture.flash is None or not picture.flash.any():
        return None
    alpha = np.ascontiguousarray(picture.flash, np.uint8) * np.uint8(255)
    rows, columns = alpha.shape
    mask = QImage(alpha.data, columns, rows, columns, QImage.Format.Format_Alpha8)
    image = QImage(columns, rows, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(_FLASH)
    painter = QPainter(image)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
    painter.drawImage(0, 0, mask)
    painter.end()
    return image


class _Renderer(QgsMapLayerRenderer):
    """Paints images that it holds itself: QGIS calls it in a thread of its own."""

    def __init__(self, layer: str, context: QgsRenderContext, images: list[QImage], corners: list[QgsPointXY], opacity: float) -> None:
        super().__init__(layer, context)
        self._images, self._corners, self._opacity = images, corners, opacity

    def render(self) -> bool:
        context = self.renderContext()
        painter, to_screen = context.painter(), context.mapToPixel()
        corner, right, below = (to_screen.transform(self._corners[index]) for index in (0, 1, 3))
        for image in self._images:
            columns, rows = image.width(), image.height()
            place = QTransform(
                (right.x() - corner.x()) / columns,
                (right.y() - corner.y()) / columns,
                (below.x() - corner.x()) / rows,
                (below.y() - corner.y()) / rows,
                corner.x(),
                corner.y(),
            )
            painter.save()
            painter.setOpacity(self._opacity)
            # The view that the picture was made for gets each of its pixels as it is; on the way to another view they are interpolated.
            moved = max(abs(corner.x()), abs(corner.y())) > _EXACT or abs(place.m12()) > _EXACT / columns
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, moved)
            painter.setTransform(place, True)
            painter.drawImage(0, 0, image)
            painter.restore()
        return True


class _Layer(QgsPluginLayer):
    """A layer that shows the last picture, wherever the canvas has moved since."""

    def __init__(self) -> None:
        super().__init__(_KIND, "IPEO Water")
        self.setValid(True)
        self.images: list[QImage] = []
        self.corners: list[QgsPointXY] = []
        self.opacity = 1.0
        # QGIS takes a renderer over without holding its Python side.
        self._renderers: list[_Renderer] = []

    def createMapRenderer(self, context: QgsRenderContext) -> QgsMapLayerRenderer:
        """Return what paints this layer once, in a thread; called by QGIS."""
        renderer = _Renderer(self.id(), context, list(self.images), list(self.corners), self.opacity)
        self._renderers = [*self._renderers[-8:], renderer]
        return renderer

    def extent(self) -> QgsRectangle:
        """Return where something is painted; called by QGIS, for the full extent of the map too."""
        box = QgsRectangle()
        box.setMinimal()
        for corner in self.corners:
            box.combineExtentWith(corner)
        return box

    def clone(self) -> QgsPluginLayer:
        copy = _Layer()
        copy.images, copy.corners, copy.opacity = list(self.images), list(self.corners), self.opacity
        copy.setCrs(self.crs())
        return copy


class Overlay(QObject):
    """Keeps the picture among the canvas' layers.

    The layer belongs to the canvas alone, not to the project: it is in no project file, can't be removed by hand, and goes with the panel.
    """

    def __init__(self, canvas: QgsMapCanvas, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._layer = _Layer()
        self._image = self._areas = ""
        self._picture: QImage | None = None
        self._open, self.held = False, False
        self._calm = one_shot(self, self._unflash, _FLASH_MS)
        canvas.layersChanged.connect(self.place)

    def set_layers(self, image: QgsMapLayer | None, areas: QgsMapLayer | None) -> None:
        """Stay above the image, and right below the areas."""
        self._image, self._areas = ("" if layer is None else layer.id() for layer in (image, areas))
        self.place()

    def set_picture(self, picture: Picture | None) -> None:
        """Show another picture; None = nothing."""
        self._picture = None if picture is None else image_of(picture)
        flash = None if picture is None else flash_of(picture)
        layer = self._layer
        layer.images = [image for image in (self._picture, flash) if image is not None]
        if picture is not None:
            layer.corners = corners_of(picture.view)
            layer.setCrs(self._canvas.mapSettings().destinationCrs())
        if flash is not None:
            self._calm.start()
        self.place()
        layer.triggerRepaint()

    def set_opacity(self, opacity: float) -> None:
        """Paint so opaquely, from 0 to 1."""
        self._layer.opacity = opacity
        self._layer.triggerRepaint()

    def set_open(self, is_open: bool) -> None:
        """Show the picture while the panel is open."""
        self._open = is_open
        self.place()

    def set_held(self, held: bool) -> None:
        """Show the image below the picture while a key is held."""
        self.held = held
        self.place()

    @property
    def shown(self) -> bool:
        """Whether a picture lies on the map."""
        return self._open and not self.held and self._picture is not None

    def close(self) -> None:
        """Take the picture from the canvas."""
        self._calm.stop()
        self._picture = None
        if not sip.isdeleted(self._canvas):
            self._canvas.layersChanged.disconnect(self.place)
            self._canvas.setLayers([layer for layer in self._canvas.layers() if layer is not self._layer])
        # QGIS may end before Python lets go of it.
        self._layer.deleteLater()

    def place(self) -> None:
        """Put the layer where it belongs among those that the layer tree shows; below all where the image is hidden."""
        layers = self._canvas.layers()
        others = [layer for layer in layers if layer is not self._layer]
        wanted = others
        if self.shown:
            ids = [layer.id() for layer in others]
            at = ids.index(self._image) if self._image in ids else len(others)
            # Below the areas, a map that was saved before may lie: it is not to hide what follows the pen.
            at = min(at, ids.index(self._areas) + 1) if self._areas in ids else at
            wanted = [*others[:at], self._layer, *others[at:]]
        if wanted != layers:
            self._canvas.setLayers(wanted)

    def _unflash(self) -> None:
        self._layer.images = self._layer.images[:1]
        self._layer.triggerRepaint()
