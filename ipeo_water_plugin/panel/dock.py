"""The panel: a dock that brings image, areas, pens, picture and figures together."""

from __future__ import annotations

import html
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from qgis.core import (
    Qgis,
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsMapLayer,
    QgsPointXY,
    QgsProcessingException,
    QgsProject,
    QgsRasterLayer,
    QgsRasterRenderer,
    QgsVectorLayer,
)
from qgis.gui import QgisInterface, QgsDockWidget
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtGui import QCloseEvent, QKeyEvent, QShowEvent
from qgis.PyQt.QtWidgets import QVBoxLayout, QWidget

from ..algorithms.image import Image
from ..algorithms.project import rasters, training_layers
from ..core.errors import WaterError
from ..core.system.redaction import redacted
from ..core.training.settings import TrainingSettings
from ..core.translation import tr
from . import sources
from .areas import TrainingAreas, to_crs
from .checking import Checking
from .controller import Controller
from .figures import AreaList, SeeBox
from .keys import Keys
from .overlay import Overlay, view_of
from .saving import Saving
from .tools import BrushPen, GrowPen, Pen, PolygonPen
from .values import AreaRow, State
from .widgets import OTHER, WATER, Column, ColumnScroll, DrawBox, SourceBox, ThenBox, caption, note, rule, stack_in, tell
from .worker import one_shot

_TITLE = "IPEO Water"


class WaterDock(QgsDockWidget):
    """The panel *Draw and see water*."""

    def __init__(self, iface: QgisInterface) -> None:  # noqa: QGS105
        super().__init__(_TITLE, iface.mainWindow())
        self.setObjectName("IpeoWaterPanel")
        self._iface, self._canvas = iface, iface.mapCanvas()
        self._chosen = sources.Chosen()
        self._image: Image | None = None
        self._earlier_renderer: QgsRasterRenderer | None = None
        self._followed: set[str] = set()
        self._state, self._open = State(), False
        self.controller = Controller(self)
        self.areas = TrainingAreas(self)
        self.overlay = Overlay(self._canvas, self)
        self.saving = Saving(self)
        self.checking = Checking(self._canvas, self)
        self.source, self.draw, self.see, self.list, self.then = SourceBox(), DrawBox(), SeeBox(), AreaList(), ThenBox()
        self.advice = note()
        self.advice.setToolTip(tr("Next doubtful place: moves the map to where an area would teach most (key D)."))
        self.pens: dict[str, Pen] = {
            "polygon": PolygonPen(self._canvas),
            "brush": BrushPen(self._canvas),
            "grow": GrowPen(self._canvas, self._grow),
        }
        self._last_pen = "polygon"
        self._moved = one_shot(self, self._look)
        self._build()
        self._wire()
        self._recall()

    def _build(self) -> None:
        column = Column()
        layout = QVBoxLayout(column)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(4)
        self._parts = [caption(tr("Draw")), self.draw, caption(tr("See")), self.see, caption(tr("Areas")), self.list]
        self._parts += [self.advice, rule(), self.then]
        layout.addWidget(self.source)
        layout.addWidget(self.checking.box, 1)
        for part in self._parts[:-2]:
            layout.addWidget(part, 1 if part is self.list else 0)
        layout.addStretch(0)
        scroll = ColumnScroll()
        scroll.setWidget(column)
        # What comes after the map is in sight on small screens too.
        whole = QWidget()
        outer = stack_in(whole)
        outer.setSpacing(0)
        foot = QVBoxLayout()
        foot.setContentsMargins(8, 2, 8, 6)
        foot.setSpacing(4)
        for part in self._parts[-2:]:
            foot.addWidget(part)
        outer.addWidget(scroll, 1)
        outer.addLayout(foot)
        self.setWidget(whole)

    def _wire(self) -> None:
        source, draw, see = self.source, self.draw, self.see
        source.image_chosen.connect(self.choose_image)
        source.areas_chosen.connect(self.choose_areas)
        source.bands_chosen.connect(self._choose_bands)
        source.classes_chosen.connect(self._choose_classes)
        source.new_wanted.connect(self._create_areas)
        source.sample_wanted.connect(self.load_sample)
        source.overviews_wanted.connect(lambda: self.saving.open_dialog("gdal:overviews", {"INPUT": self._chosen.image}))
        source.false_colours.connect(self._show_false_colours)
        draw.class_chosen.connect(self._choose_class)
        draw.pen_chosen.connect(self.take_pen)
        draw.undo_wanted.connect(self.areas.undo)
        draw.redo_wanted.connect(self.areas.redo)
        see.mode_chosen.connect(self.controller.set_mode)
        see.threshold_chosen.connect(self._choose_threshold)
        see.opacity_chosen.connect(self.overlay.set_opacity)
        see.live_chosen.connect(self.controller.set_live)
        see.update_wanted.connect(self.controller.update_once)
        self.list.zoom_wanted.connect(self._zoom_to)
        self.list.delete_wanted.connect(self.areas.delete)
        self.list.class_wanted.connect(lambda ids, water: self.areas.set_class(ids, water=water))
        self.advice.linkActivated.connect(lambda _: self.go_to_doubtful_place())
        self.then.wanted.connect(self._go_on)
        self.checking.toggled.connect(self._check_toggled)
        self.saving.saved.connect(lambda: self.then.set_saved(True))
        # QGIS shows its list of results in front, around now.
        self.saving.saved.connect(lambda: QTimer.singleShot(0, self.raise_))
        self.areas.changed.connect(self.controller.change_areas)
        self.areas.changed.connect(self.saving.hide_map)
        self.areas.stepped.connect(lambda: draw.show_steps(self.areas.undoable, self.areas.redoable))
        self.areas.failed.connect(self._complain)
        self.controller.changed.connect(self._show)
        self.controller.painted.connect(self.overlay.set_picture)
        for pen in self.pens.values():
            pen.drawn.connect(self._drawn)
            pen.tuned.connect(lambda text: tell(draw.hint, text))
        self._outside = [
            (self._canvas.extentsChanged, self._view_moved),
            (self._canvas.rotationChanged, self._view_moved),
            (self._canvas.destinationCrsChanged, self._view_moved),
            (self._canvas.mapToolSet, self._tool_set),
            (QgsProject.instance().layersAdded, self._layers_added),
            (QgsProject.instance().layersWillBeRemoved, self._layers_removed),
            (QgsProject.instance().readProject, self._recall),
            (QgsProject.instance().writeProject, self._remember),
        ]
        for signal, slot in self._outside:
            signal.connect(slot)
        none, control = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
        meanings = {
            (Qt.Key.Key_W, none): lambda: self._draw_class(water=True),
            (Qt.Key.Key_N, none): lambda: self._draw_class(water=False),
            (Qt.Key.Key_D, none): self.go_to_doubtful_place,
            (Qt.Key.Key_Z, control): self.areas.undo,
            (Qt.Key.Key_Y, control): self.areas.redo,
            (Qt.Key.Key_Z, control | Qt.KeyboardModifier.ShiftModifier): self.areas.redo,
        }
        self.keys = Keys(self._canvas, self.overlay, meanings, self._has_pen, self)
        self.overlay.set_opacity(see.opacity.value() / 100)
        self._choose_class(water=True)
        # Its result doesn't depend on where it starts, and it needs no PyTorch.
        self.controller.set_settings(TrainingSettings(optimizer=sources.OPTIMIZER))

    # What is worked on.

    def choose_image(self, layer: QgsMapLayer | None) -> None:
        """Work on another image."""
        if layer is not self._chosen.image:
            self._earlier_renderer = None
            self._forget_saved()
            self._chosen = replace(self._chosen, image=layer if isinstance(layer, QgsRasterLayer) else None, bands={})
            self._take()

    def choose_areas(self, layer: QgsMapLayer | None) -> None:
        """Work on another training layer."""
        if layer is not self._chosen.areas:
            new = sources.Chosen()
            areas = layer if isinstance(layer, QgsVectorLayer) else None
            self._chosen = replace(self._chosen, areas=areas, class_field=new.class_field, water_values=new.water_values)
            self._take_areas()

    def load_sample(self) -> None:
        """Load the sample scene, and work on it."""
        image, areas = sources.load_sample()
        self.choose_image(image)
        self.choose_areas(areas)
        self._canvas.setDestinationCrs(image.crs())
        self._canvas.setExtent(image.extent())
        self._canvas.refresh()

    def _choose_bands(self, bands: dict[str, int]) -> None:
        self._chosen = replace(self._chosen, bands=bands)
        self._take(bands_only=True)

    def _choose_classes(self, field: str, water: str) -> None:
        if (field, water) != (self._chosen.class_field, self._chosen.water_values):
            self._chosen = replace(self._chosen, class_field=field, water_values=water)
            self._take_areas()

    def _create_areas(self) -> None:
        if self._chosen.image is None:
            tell(self.source.areas_note, tr("Choose an image first: the areas get its CRS."))
            return
        try:
            layer = sources.create_areas(self._chosen.image)
        except QgsProcessingException as error:
            tell(self.source.areas_note, redacted(str(error)))
            return
        self.choose_areas(layer)

    def _forget_saved(self) -> None:
        """Offer nothing that goes on from a map of another image."""
        self.saving.forget()
        self.then.set_saved(False)

    def _recall(self, *_: object) -> None:
        self._forget_saved()
        self._chosen = sources.Chosen.recall()
        self.see.show_threshold(self._chosen.threshold)
        self.controller.set_threshold(self._chosen.threshold)
        self._take()

    def _remember(self, *_: object) -> None:
        self._chosen.remember()

    def _take(self, *, bands_only: bool = False) -> None:
        """Read the image that is chosen, and the areas on it."""
        layer, problem, self._image = self._chosen.image, "", None
        self._follow(layer)
        if not bands_only:
            self.source.show_image(layer, self._chosen.bands)
        if layer is not None:
            try:
                self._image = self._chosen.read_image()
            except WaterError as error:
                problem = redacted(str(error))
        image = self._image
        file, roles = (None, None) if image is None else (image.file, image.roles)
        self.source.show_bands(roles, problem)
        if image is not None and sources.needs_overviews(image):
            text = tr("The image has no overviews, so zooming out is slow.") + f' <a href="#">{tr("Build them")}</a>'
            tell(self.source.image_note, text)
        self.controller.set_image(file, roles)
        self._take_areas()
        self._view_moved()

    def _take_areas(self) -> None:
        """Read the areas that are chosen."""
        layer, image, labelled, text, classes = self._chosen.areas, self._image, None, "", ""
        field, water = self._chosen.class_field, self._chosen.water_values
        self._follow(layer)
        self.source.show_areas(layer, field, water)
        if layer is not None:
            text = sources.kept_where(layer)
        if layer is not None and image is not None:
            classes = tr("class field “{field}”, water: {values}").format(field=html.escape(field), values=html.escape(water))
            try:
                labelled = self._chosen.read_areas(image)
            except WaterError as error:
                text = redacted(str(error))
        self.source.show_classes(classes, wanted=bool(classes) and labelled is None)
        tell(self.source.areas_note, text)
        self.controller.set_areas(self.areas.set_layer(layer, labelled))
        self.overlay.set_layers(self._chosen.image, layer)
        unread = tr("Choose an image.") if self._chosen.image is None else tr("Choose the bands of the image.")
        problem = self.areas.problem() if image is not None else unread
        if problem:
            self.take_pen("")
        self.draw.set_usable(problem)
        self._show_parts()

    def _follow(self, layer: QgsMapLayer | None) -> None:
        """Read everything again when a layer is placed elsewhere, or shows another file."""
        if layer is not None and layer.id() not in self._followed:
            self._followed.add(layer.id())
            layer.crsChanged.connect(lambda: self._take(bands_only=True))
            layer.dataSourceChanged.connect(lambda: self._replaced(layer))
            if isinstance(layer, QgsRasterLayer):
                layer.styleChanged.connect(self._restyled)
            if isinstance(layer, QgsVectorLayer):
                # Fields are known by their numbers, which change as one is removed.
                layer.updatedFields.connect(self._take_areas)
                # With a filter nothing can be drawn.
                layer.subsetStringChanged.connect(self._take_areas)

    def _replaced(self, layer: QgsMapLayer) -> None:
        """Work on the file that a layer shows now."""
        if layer is self._chosen.image:
            self._forget_saved()
        self._take()

    def _restyled(self) -> None:
        """Read the image again where its NoData values are others: QGIS sets them with the style."""
        with suppress(WaterError):
            if self._chosen.image is not None and (self._image is None or self._chosen.read_image().file != self._image.file):
                self._take(bands_only=True)

    def _show_parts(self) -> None:
        """Show little where there is nothing to work on."""
        empty = self._chosen.image is None and self._chosen.areas is None
        self.source.show_empty(empty)
        self.source.setVisible(not self.checking.on)
        self.checking.box.setVisible(self.checking.on)
        for part in self._parts:
            if part is not self.advice:
                part.setVisible(not empty and not self.checking.on)
        self._show(self._state)

    def _layers_added(self, _: object) -> None:
        """Choose what there is no choice about, where nothing is chosen."""
        if self._chosen.image is None:
            self.choose_image(sources.only(rasters()))
        if self._chosen.areas is None:
            self.choose_areas(sources.only(training_layers()))

    def _layers_removed(self, ids: list[str]) -> None:
        image, areas = self._chosen.image, self._chosen.areas
        if areas is not None and areas.id() in ids:
            self.choose_areas(None)
        if image is not None and image.id() in ids:
            self.choose_image(None)
        # A project that is read again has other layers with the same ids.
        self._followed.difference_update(ids)

    def _show_false_colours(self, wanted: bool) -> None:
        layer, image = self._chosen.image, self._image
        if layer is None or image is None:
            return
        if wanted:
            self._earlier_renderer = sources.show_false_colours(layer, image.roles)
        elif self._earlier_renderer is not None:
            layer.setRenderer(self._earlier_renderer)
            layer.triggerRepaint()
            self._earlier_renderer = None

    # Then.

    def _go_on(self, name: str) -> None:
        """Do what comes after the map."""
        if name == "check":
            self.take_pen("")
            self.checking.open(self._chosen, self.saving.results.get("OUTPUT", ""))
        else:
            self.saving.open(name, self._chosen, self.controller.model)

    def _check_toggled(self) -> None:
        """Show the check's column in place of the others, and hide the picture while points are labelled."""
        self.keys.special = self.checking.meanings() if self.checking.blind else {}
        self.overlay.set_open(self._open and not self.checking.blind)
        self._show_parts()
        self._view_moved()

    # Draw.

    def take_pen(self, name: str) -> None:
        """Take a pen in hand; "" = lay it down."""
        if name:
            self._last_pen = name
            self._canvas.setMapTool(self.pens[name])
            self._canvas.setFocus()
        elif self._has_pen():
            self._canvas.unsetMapTool(self._canvas.mapTool())
            self._iface.actionPan().trigger()

    def _tool_set(self, tool: object, _: object = None) -> None:
        self.draw.show_pen(next((name for name, pen in self.pens.items() if pen is tool), ""))

    def _choose_class(self, water: bool) -> None:
        for pen in self.pens.values():
            pen.set_colour(WATER if water else OTHER)

    def _drawn(self, geometry: QgsGeometry) -> None:
        self.areas.add(geometry, self._canvas.mapSettings().destinationCrs(), water=self.draw.is_water)

    def _grow(self, point: QgsPointXY, tolerance: float, done: Callable[[QgsGeometry | None], None]) -> None:
        image, crs = self._image, self._canvas.mapSettings().destinationCrs()
        there = None if image is None else to_crs(QgsGeometry.fromPointXY(point), crs, image.crs)
        if image is None or there is None:
            done(None)
            return

        def show(wkb: bytes | None) -> None:
            shape = QgsGeometry()
            if wkb is not None:
                shape.fromWkb(wkb)
            done(None if shape.isEmpty() else to_crs(shape, image.crs, self._canvas.mapSettings().destinationCrs()))

        self.controller.grow(there.asPoint().x(), there.asPoint().y(), tolerance, show)

    # See.

    def _choose_threshold(self, threshold: float) -> None:
        self._chosen = replace(self._chosen, threshold=threshold)
        self.controller.set_threshold(threshold)

    def _view_moved(self, *_: object) -> None:
        self._moved.start(0)

    def _look(self) -> None:
        self.controller.set_view(view_of(self._canvas.mapSettings()) if self._open and not self.checking.blind else None)

    def _show(self, state: State) -> None:
        self._state = state
        self.see.show_state(state)
        self.then.set_ready(self.controller.model() is not None)
        self.saving.seen = (state.hectares if state.hectares_current else None, self._chosen.threshold)
        drawn = {row.fid for row in state.rows}
        others = [AreaRow(fid, False, 0, None, text) for fid, text in self.areas.problems.items() if fid not in drawn]
        self.list.show_rows([*state.rows, *others])
        link = f'<a href="#">{tr("Next doubtful place ▸")}</a>' if state.doubtful_place is not None else ""
        tell(self.advice, "" if self.see.isHidden() else " ".join(filter(None, (html.escape(state.advice), link))))

    def go_to_doubtful_place(self) -> None:
        """Move the map to where an area would teach most."""
        place = self.controller.next_doubtful_place()
        if place is None or self._image is None:
            return
        crs = self._canvas.mapSettings().destinationCrs()
        try:
            point = QgsCoordinateTransform(self._image.crs, crs, QgsProject.instance()).transform(QgsPointXY(*place))
        except QgsCsException:
            return
        self._canvas.setCenter(point)
        self._canvas.refresh()
        self._canvas.flashGeometries([QgsGeometry.fromPointXY(point)], crs)

    def _zoom_to(self, fid: int) -> None:
        box = self.areas.box_of(fid)
        if self.areas.layer is None or box.isNull():
            return
        there = self._canvas.mapSettings().layerExtentToOutputExtent(self.areas.layer, box)
        there.grow(max(there.width(), there.height()))
        self._canvas.setExtent(there)
        self._canvas.refresh()

    def _complain(self, text: str) -> None:
        self._iface.messageBar().pushMessage(_TITLE, redacted(text), Qgis.MessageLevel.Warning)

    def _draw_class(self, *, water: bool) -> None:
        if self.draw.water.isEnabled():
            self.draw.choose_class(water=water)
            if not self._has_pen():
                self.take_pen(self._last_pen)

    def _has_pen(self) -> bool:
        return self._canvas.mapTool() in self.pens.values()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the map's keys in the panel too, where no widget wants them; called by Qt."""
        if self.keys.press(event):
            # The map is to see the key released.
            self._canvas.setFocus()
        else:
            super().keyPressEvent(event)

    # Come and go.

    def showEvent(self, event: QShowEvent) -> None:
        """Go on where the panel was closed; called by Qt."""
        super().showEvent(event)
        self._open = self.keys.on = True
        self.overlay.set_open(True)
        self._view_moved()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Rest: nothing is computed or shown, and what was drawn is saved; called by Qt."""
        self.rest()
        super().closeEvent(event)

    def rest(self) -> None:
        """Lay down the pen, end the editing, and take the picture off the map."""
        self.take_pen("")
        self.checking.close()
        self.areas.finish()
        self._open = self.keys.on = False
        self.overlay.set_open(False)
        self._moved.stop()
        self.controller.set_view(None)

    def unload(self) -> None:
        """Go for good: no thread, signal or layer is left."""
        self.rest()
        for signal, slot in self._outside:
            signal.disconnect(slot)
        self.areas.set_layer(None, None)
        self._chosen, self._image, self._earlier_renderer = sources.Chosen(), None, None
        self.overlay.close()
        self.checking.unload()
        self.controller.set_image(None, None)
        self.controller.close()
        self.saving.close()
