"""The column while a map is checked: how many points, then one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from qgis.core import QgsGeometry, QgsMapLayer, QgsMapLayerProxyModel, QgsProject, QgsRasterLayer, QgsWkbTypes
from qgis.gui import QgsMapCanvas, QgsMapLayerComboBox, QgsRubberBand
from qgis.PyQt.QtCore import QLocale, QSignalBlocker, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QSizePolicy,
    QSpinBox,
    QStackedWidget,
    QWidget,
)

from ..core.translation import tr
from . import check
from .check import CheckState
from .checkpoints import Session
from .figures import hectares
from .widgets import (
    OTHER,
    WATER,
    WheelGuard,
    caption,
    class_button,
    grid_in,
    large_label,
    note,
    row_of,
    shrink,
    stack_in,
    tell,
    tool_button,
)

UNCLEAR = QColor(140, 140, 140)
_LINE, _HALO = QColor(255, 0, 200), QColor(255, 255, 255, 200)
_VIEW_HEIGHT = 210


def pixel_outline(canvas: QgsMapCanvas) -> QgsRubberBand:
    """Return what outlines a pixel on a canvas, and leaves its inside open."""
    band = QgsRubberBand(canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
    band.setStrokeColor(_LINE)
    band.setSecondaryStrokeColor(_HALO)
    band.setFillColor(QColor(0, 0, 0, 0))
    band.setWidth(2)
    return band


class StartForm(QWidget):
    """Which map, and which points: a new sample, or one that was begun."""

    map_chosen = pyqtSignal(object)
    # How many points, or the margin as a share; the other is None.
    new_wanted = pyqtSignal(object, object)
    session_wanted = pyqtSignal(object)
    closed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.map = QgsMapLayerComboBox()
        self.map.setFilters(QgsMapLayerProxyModel.Filter.RasterLayer)
        self.map.setAllowEmptyLayer(True)
        # Where the layer is removed that was chosen, QGIS chooses another without saying so.
        self.map.currentIndexChanged.connect(lambda: self.map_chosen.emit(self.map.currentLayer()))
        self.points = QComboBox()
        self.points.currentIndexChanged.connect(self._show_choice)
        for box in (self.map, self.points):
            shrink(box)
        self.by_count, self.by_margin = QRadioButton(tr("Number of points")), QRadioButton(tr("Margin of the area"))
        self.by_count.setChecked(True)
        self.count, self.margin = QSpinBox(), QDoubleSpinBox()
        self.count.setRange(4, 20_000)
        self.count.setValue(100)  # noqa: QGS202
        self.margin.setRange(0.1, 99)
        self.margin.setDecimals(1)
        self.margin.setValue(10)  # noqa: QGS202
        self.margin.setPrefix("± ")
        self.margin.setSuffix(" %")
        self.margin.setToolTip(tr("Half the width of the 95 % interval, in percent of the area. The number of points is worked out."))
        for button in (self.by_count, self.by_margin):
            button.toggled.connect(self._show_choice)
        WheelGuard(self).guard(self.map, self.points, self.count, self.margin)
        self.start, self.cancel = QPushButton(tr("Start")), QPushButton(tr("Close"))
        self.start.clicked.connect(self._start)
        self.cancel.clicked.connect(self.closed)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.message, self.how = note(), note()
        tell(
            self.how, tr("Random points on the map, one by one, and the map is hidden: look at the image alone. You can stop at any point.")
        )
        self._sessions: list[Session] = []
        grid = grid_in(self)
        grid.setColumnStretch(1, 1)
        grid.addWidget(caption(tr("Check with points")), 0, 0, 1, 2)
        grid.addWidget(self.how, 1, 0, 1, 2)
        for line, label, box in ((2, tr("Map"), self.map), (3, tr("Points"), self.points)):
            grid.addWidget(QLabel(label), line, 0)
            grid.addWidget(box, line, 1)
        self._choice = QWidget()
        inner = grid_in(self._choice)
        inner.setColumnStretch(1, 1)
        for line, (button, box) in enumerate(((self.by_count, self.count), (self.by_margin, self.margin))):
            inner.addWidget(button, line, 0)
            inner.addWidget(box, line, 1)
        grid.addWidget(self._choice, 4, 0, 1, 2)
        grid.addWidget(self.message, 5, 0, 1, 2)
        grid.addWidget(self.bar, 6, 0, 1, 2)
        grid.addLayout(row_of(self.start, self.cancel), 7, 0, 1, 2)
        grid.setRowStretch(8, 1)
        self.set_working(False)

    def show_map(self, layer: QgsRasterLayer | None, sessions: Sequence[Session], problem: str) -> None:
        """Show another map, as if it had been chosen here, with the samples there are of it; one that isn't finished is chosen."""
        with QSignalBlocker(self.map):
            self.map.setLayer(layer)
        self._sessions = list(sessions)
        with QSignalBlocker(self.points):
            self.points.clear()
            self.points.addItem(tr("New random points"))
            for one in self._sessions:
                self.points.addItem(tr("{name}: {done} of {points} labelled").format(name=one.name, done=one.done, points=one.points))
            self.points.setCurrentIndex(1 if self._sessions and self._sessions[0].done < self._sessions[0].points else 0)
        tell(self.message, problem)
        self.start.setEnabled(layer is not None and not problem)
        self._show_choice()

    def set_working(self, working: bool) -> None:
        """Show that points are being drawn."""
        self.bar.setVisible(working)
        self.start.setEnabled(not working)
        self._choice.setEnabled(not working)

    def show_problem(self, problem: str) -> None:
        """Say why it doesn't begin."""
        tell(self.message, problem)

    def _show_choice(self, *_: object) -> None:
        index = self.points.currentIndex()
        self._choice.setVisible(index <= 0)
        self.count.setEnabled(self.by_count.isChecked())
        self.margin.setEnabled(self.by_margin.isChecked())
        session = self._sessions[index - 1] if index > 0 else None
        resumed = session is not None and 0 < session.done < session.points
        self.start.setText(tr("Resume") if resumed else tr("Start"))

    def _start(self) -> None:
        index = self.points.currentIndex()
        if index > 0:
            self.session_wanted.emit(self._sessions[index - 1])
        elif self.by_count.isChecked():
            self.new_wanted.emit(self.count.value(), None)
        else:
            self.new_wanted.emit(None, self.margin.value() / 100)


class SecondView(QWidget):
    """Another image of the same place beside the main map: another date, a web map."""

    def __init__(self, main: QgsMapCanvas) -> None:
        super().__init__()
        self._main = main
        self.layer = QgsMapLayerComboBox()
        self.layer.setFilters(QgsMapLayerProxyModel.Filter.RasterLayer)
        self.layer.setAllowEmptyLayer(True)
        shrink(self.layer)
        self.layer.layerChanged.connect(self._choose)
        WheelGuard(self).guard(self.layer)
        self.canvas = QgsMapCanvas()
        self.canvas.setFixedHeight(_VIEW_HEIGHT)
        self.canvas.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._band = pixel_outline(self.canvas)
        self.canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.canvas.enableAntiAliasing(True)
        layout = stack_in(self)
        layout.addLayout(row_of(QLabel(tr("Second view")), self.layer))
        layout.addWidget(self.canvas)

    def offer(self, image: QgsMapLayer | None, hidden: Sequence[QgsMapLayer]) -> None:
        """Offer the project's rasters but those that show the map, and take the first that isn't the image; show nothing without one."""
        rasters = [layer for layer in QgsProject.instance().mapLayers().values() if isinstance(layer, QgsRasterLayer)]
        others = [layer for layer in rasters if layer not in hidden and layer is not image]
        self.layer.setExceptedLayerList(list(hidden))
        self.layer.setLayer(others[0] if others else None)
        self._choose(self.layer.currentLayer())
        self.setVisible(bool(others))

    def outline(self, place: QgsGeometry | None) -> None:
        """Outline a pixel, in the main map's CRS; None = none."""
        self._band.reset(QgsWkbTypes.GeometryType.PolygonGeometry)
        if place is not None:
            self._band.setToGeometry(place, None)

    def follow(self) -> None:
        """Show the place that the main map shows, at its scale."""
        if self.isHidden():
            return
        settings = self._main.mapSettings()
        self.canvas.setDestinationCrs(settings.destinationCrs())
        self.canvas.setRotation(settings.rotation())
        self.canvas.setExtent(self._main.extent())
        self.canvas.zoomScale(self._main.scale())
        self.canvas.refresh()

    def _choose(self, layer: QgsMapLayer | None) -> None:
        self.canvas.setLayers([] if layer is None else [layer])
        self.canvas.setVisible(layer is not None)
        self.follow()


class PointForm(QWidget):
    """The point that is asked, its label, and what the labels so far say."""

    label_wanted = pyqtSignal(str)
    back_wanted = pyqtSignal()
    skip_wanted = pyqtSignal()
    undo_wanted = pyqtSignal()
    note_written = pyqtSignal(str)
    sure_chosen = pyqtSignal(bool)
    finish_wanted = pyqtSignal()
    closed = pyqtSignal()

    def __init__(self, main: QgsMapCanvas) -> None:
        super().__init__()
        self.title, self._number = QLabel(), 0
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.back = tool_button("◂", tr("Back to the point before (Backspace)."))
        self.skip = tool_button(tr("Skip ▸"), tr("Leaves the point open, and goes to the next open one (S)."))
        self.undo = tool_button("↶", tr("Takes the last label back (Ctrl+Z)."))
        for button, signal in ((self.back, self.back_wanted), (self.skip, self.skip_wanted), (self.undo, self.undo_wanted)):
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            button.clicked.connect(signal)
        self.labels = {
            check.WATER: class_button(tr("Water  W"), tr("The pixel's larger part is water (key W)."), WATER),
            check.OTHER: class_button(tr("Not water  N"), tr("It is something else (key N)."), OTHER),
            check.UNCLEAR: class_button(
                tr("Can't tell  U"), tr("Nobody could tell from the images (key U). It counts as missing."), UNCLEAR
            ),
        }
        for label, button in self.labels.items():
            button.clicked.connect(lambda _, label=label: self.label_wanted.emit(label))
        self.note = QLineEdit()
        self.note.setPlaceholderText(tr("Note"))
        self.note.editingFinished.connect(lambda: self.note_written.emit(self.note.text()))
        self.unsure = QCheckBox(tr("not sure  Q"))
        self.unsure.setToolTip(tr("Marks the label of this point, given or to come, as not sure (key Q)."))
        self.unsure.clicked.connect(lambda checked: self.sure_chosen.emit(not checked))
        self.keys = note()
        tell(self.keys, tr("W, N and U label and go on to the next open point; + and − zoom."))
        self.second = SecondView(main)
        self.total = large_label()
        self.total.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.range, self.goal, self.ends, self.message = note(), note(), note(), note()
        self.goal.setToolTip(
            tr(
                "Points are in random order, so the first ones are a sample. In simulations, stopping as soon as the margin was reached "
                "cost the 95 % interval at most a point of its coverage."
            )
        )
        self.finish, self.close_button = QPushButton(tr("Finish: accuracy report")), QPushButton(tr("Close"))
        self.finish.setToolTip(tr("Runs Assess accuracy with these points; open points are left out."))
        self.close_button.setToolTip(tr("Ends the check for now: every label is saved, and the map is shown again."))
        self.finish.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.close_button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.finish.clicked.connect(self.finish_wanted)
        self.close_button.clicked.connect(self.closed)
        self.report = note()
        self.report.setOpenExternalLinks(True)
        self._lay_out()

    def _lay_out(self) -> None:
        layout = stack_in(self)
        layout.addWidget(caption(tr("Check with points")))
        water, other, unclear = self.labels.values()
        for row in ((self.title, self.undo, self.back, self.skip), (water, other), (unclear, self.unsure)):
            layout.addLayout(row_of(*row))
        for widget in (self.note, self.keys, self.total, self.range, self.goal, self.ends, self.message):
            layout.addWidget(widget)
        layout.addLayout(row_of(self.finish, self.close_button))
        layout.addWidget(self.report)
        layout.addWidget(self.second)
        layout.addStretch(1)

    def show_state(self, state: CheckState) -> None:
        """Show another point, or other figures."""
        self.title.setText(tr("<b>Point {number} of {points}</b>").format(number=state.number, points=state.points))
        for label, button in self.labels.items():
            button.setChecked(label == state.label)
        self.unsure.setChecked(not state.sure)
        # What is being written on a point isn't replaced while the map is read.
        if state.number != self._number or not self.note.hasFocus():
            self.note.setText(state.note)
        self._number = state.number
        self.undo.setEnabled(state.undoable)
        self.back.setEnabled(state.number > 1)
        self._show_figures(state)

    def show_report(self, text: str, url: str) -> None:
        """Show a link to the report, or why there is none."""
        tell(self.report, f'<a href="{url}">{text}</a>' if url else text)

    def _show_figures(self, state: CheckState) -> None:
        found, estimate = state.so_far, state.so_far.estimate
        self.total.setText(tr("{hectares} ha").format(hectares="–" if estimate is None else hectares(estimate.value)))
        self.total.setEnabled(estimate is not None)
        text = found.reason
        if estimate is not None:
            text = tr("{low} to {high} ha (95 %), after {labelled} of {points}").format(
                low=hectares(estimate.lower), high=hectares(estimate.upper), labelled=found.points, points=state.points
            )
        elif state.working:
            text = tr("Reading the map…")
        tell(self.range, text)
        tell(self.goal, "" if found.goal is None else goal_text(*found.goal))
        ends = ""
        if state.unclear:
            ends = tr(
                "{n} unclear point counts as missing, as if such places were like the others.",
                "{n} unclear points count as missing, as if such places were like the others.",
                n=state.unclear,
            ).format(n=state.unclear)
        if found.ends is not None:
            low, high = map(hectares, found.ends)
            ends += " " + tr("All land: {low} ha; all water: {high} ha.").format(low=low, high=high)
        tell(self.ends, " ".join(filter(None, (ends, *found.warnings))))
        tell(self.message, state.message or (tr("Every point is labelled.") if state.done == state.points else ""))


def goal_text(margin: float, more: int) -> str:
    """Return, in words, how far it is to an interval of a certain width."""
    share = QLocale().toString(100 * margin, "g", 3)
    if more > 0:
        return tr("About {n} more label for ± {margin} %.", "About {n} more labels for ± {margin} %.", n=more).format(n=more, margin=share)
    return tr("± {margin} % is reached. To stop here is sound.").format(margin=share)


class CheckBox(QStackedWidget):
    """The form to start with, or the point that is asked."""

    def __init__(self, main: QgsMapCanvas) -> None:
        super().__init__()
        self.start, self.point = StartForm(), PointForm(main)
        self.addWidget(self.start)
        self.addWidget(self.point)
