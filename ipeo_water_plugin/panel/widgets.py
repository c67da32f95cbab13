"""The upper and lower parts of the panel's column: image and areas, the pens, and what comes after."""

from __future__ import annotations

from qgis.core import QgsMapLayerProxyModel, QgsProviderRegistry, QgsRasterLayer, QgsVectorLayer
from qgis.gui import QgsFieldComboBox, QgsMapLayerComboBox, QgsRasterBandComboBox
from qgis.PyQt.QtCore import QEvent, QObject, QSignalBlocker, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QFont, QIcon, QPainter, QPalette, QPen, QPixmap
from qgis.PyQt.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..algorithms.labelform import OTHER_LINE, WATER_LINE
from ..core.bands import BandRoles
from ..core.translation import tr

WATER, OTHER = (QColor(*map(int, line.split(","))) for line in (WATER_LINE, OTHER_LINE))
PENS = ("polygon", "brush", "grow")
# Lightness above which text is that of a dark theme, and the colour of links there, which QGIS' own leaves dark blue.
_LIGHT, _LIGHT_LINK = 127, "#8ab4f8"
_SWATCH = 14


def swatch(colour: QColor, size: int = _SWATCH) -> QIcon:
    """Return a square as areas of a class are outlined on the map."""
    pixmap = QPixmap(size, size)
    pixmap.fill(QColor(colour.red(), colour.green(), colour.blue(), 110))
    painter = QPainter(pixmap)
    for pen, inset in ((QPen(QColor(0, 0, 0), 3), 1), (QPen(colour, 1.5), 1)):
        painter.setPen(pen)
        painter.drawRect(inset, inset, size - 2 * inset - 1, size - 2 * inset - 1)
    painter.end()
    return QIcon(pixmap)


def caption(text: str) -> QWidget:
    """Return the heading of a part: small and bold, with a line to the right."""
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 4, 0, 0)
    label = QLabel(f"<b>{text}</b>")
    label.setForegroundRole(QPalette.ColorRole.WindowText)
    layout.addWidget(label)
    layout.addWidget(rule(), 1)
    return row


def rule() -> QFrame:
    """Return a line from left to right."""
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setFrameShadow(QFrame.Shadow.Sunken)
    return line


class Column(QWidget):
    """A column whose notes take as many lines as its width asks for, not as many as they would take in the narrowest one."""

    def minimumSizeHint(self) -> QSize:
        """Leave the height to heightForWidth, and be wide enough for hidden parts: the map never moves as they come; called by Qt."""
        margins = self.layout().contentsMargins()
        parts = (self.layout().itemAt(index).widget() for index in range(self.layout().count()))
        widths = [part.minimumSizeHint().width() + margins.left() + margins.right() for part in parts if part is not None]
        return QSize(max(super().minimumSizeHint().width(), *widths), 0)


class ColumnScroll(QScrollArea):
    """Scrolls a column up and down, and is never narrower than it, whatever the theme makes of its width."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        column = 0 if self.widget() is None else self.widget().minimumSizeHint().width()
        return QSize(column + self.verticalScrollBar().sizeHint().width(), hint.height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)


class _Note(QLabel):
    """A label whose links are as light as a dark theme needs them."""

    def __init__(self) -> None:
        super().__init__()
        self.told = ""

    def show_told(self) -> None:
        """Show the text that was told."""
        self.ensurePolished()
        light = self.palette().color(QPalette.ColorRole.WindowText).lightness() > _LIGHT
        text = self.told.replace("<a ", f'<a style="color: {_LIGHT_LINK}" ') if light else self.told
        if text != self.text():
            self.setText(text)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {QEvent.Type.StyleChange, QEvent.Type.PaletteChange}:
            self.show_told()


def note() -> _Note:
    """Return a label for a sentence that may take several lines, and is hidden while it is empty."""
    label = _Note()
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
    # Without this a long word of a path would make the panel wide.
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    label.hide()
    return label


def tell(label: _Note, text: str) -> None:
    """Show a sentence, or hide its label."""
    label.told = text
    label.show_told()
    label.setVisible(bool(text))


def tool_button(text: str, tip: str, *, checkable: bool = False) -> QToolButton:
    """Return a button that takes its share of a row."""
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setCheckable(checkable)
    button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return button


def large_label() -> QLabel:
    """Return a label for the figure that matters most."""
    label = QLabel()
    large = QFont(label.font())
    large.setPointSizeF(large.pointSizeF() * 1.9)
    large.setBold(True)
    label.setFont(large)
    return label


def class_button(text: str, tip: str, colour: QColor) -> QToolButton:
    """Return a button that stands for a class, in the colour of its areas."""
    button = tool_button(text, tip, checkable=True)
    button.setIcon(swatch(colour))
    button.setIconSize(QSize(_SWATCH, _SWATCH))
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setMinimumHeight(28)
    return button


def shrink(box: QComboBox, letters: int = 8) -> None:
    """Let a box be narrower than its longest entry."""
    box.setMinimumContentsLength(letters)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)


def stack_in(widget: QWidget) -> QVBoxLayout:
    """Lay out a widget as a stack without margins, and return that."""
    stack = QVBoxLayout(widget)
    stack.setContentsMargins(0, 0, 0, 0)
    stack.setSpacing(4)
    return stack


def grid_in(widget: QWidget) -> QGridLayout:
    """Lay out a widget as a grid without margins, and return that."""
    grid = QGridLayout(widget)
    grid.setContentsMargins(0, 0, 0, 0)
    return grid


def _side_by_side(boxes: dict[str, QWidget]) -> QWidget:
    """Return boxes in a row, each below its label, hidden at first."""
    widget = QWidget()
    grid = grid_in(widget)
    for column, (label, box) in enumerate(boxes.items()):
        grid.addWidget(QLabel(label), 0, column)
        grid.addWidget(box, 1, column)
        grid.setColumnStretch(column, 1)
    widget.hide()
    return widget


def row_of(*widgets: QWidget) -> QHBoxLayout:
    """Return a row of widgets."""
    row = QHBoxLayout()
    row.setSpacing(4)
    for widget in widgets:
        row.addWidget(widget)
    return row


class WheelGuard(QObject):
    """Lets the wheel scroll the panel over boxes and sliders that weren't clicked, rather than change what they hold."""

    def guard(self, *widgets: QWidget) -> None:
        """Guard widgets."""
        for widget in widgets:
            widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and not watched.hasFocus():
            event.ignore()
            return True
        return False


class SourceBox(QWidget):
    """Which image, which of its bands, which training areas."""

    image_chosen = pyqtSignal(object)
    areas_chosen = pyqtSignal(object)
    # Band numbers by role, chosen by hand.
    bands_chosen = pyqtSignal(object)
    # The class field, and the values of it that mean water.
    classes_chosen = pyqtSignal(str, str)
    new_wanted = pyqtSignal()
    sample_wanted = pyqtSignal()
    overviews_wanted = pyqtSignal()
    false_colours = pyqtSignal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.image, self.areas = QgsMapLayerComboBox(), QgsMapLayerComboBox()
        self.image.setFilters(QgsMapLayerProxyModel.Filter.RasterLayer)
        self.image.setExcludedProviders([key for key in QgsProviderRegistry.instance().providerList() if key != "gdal"])
        self.areas.setFilters(QgsMapLayerProxyModel.Filter.PolygonLayer)
        for box in (self.image, self.areas):
            box.setAllowEmptyLayer(True)
            shrink(box)
            box.setLayer(None)
        self.image.layerChanged.connect(self.image_chosen.emit)
        self.areas.layerChanged.connect(self.areas_chosen.emit)
        self.new = QPushButton(tr("New"))
        self.new.setToolTip(tr("Creates a GeoPackage for the training areas beside the project, ready to draw in."))
        self.new.clicked.connect(self.new_wanted)
        self.colours = QPushButton(tr("False colours"))
        self.colours.setCheckable(True)
        self.colours.setToolTip(tr("Shows near infrared as red, red as green and green as blue: water is nearly black, vegetation red."))
        self.colours.clicked.connect(self.false_colours)
        self.bands, self.image_note, self.classes, self.areas_note = note(), note(), note(), note()
        self.boxes, self.class_boxes = self._band_boxes(), self._class_boxes()
        self.bands.linkActivated.connect(lambda _: self.boxes.setVisible(not self.boxes.isVisible()))
        self.image_note.linkActivated.connect(lambda _: self.overviews_wanted.emit())
        self.classes.linkActivated.connect(lambda _: self.class_boxes.setVisible(not self.class_boxes.isVisible()))
        WheelGuard(self).guard(self.image, self.areas, self.field, *self._bands.values())
        self.sample = QPushButton(tr("Try it with the sample scene"))
        self.sample.clicked.connect(self.sample_wanted)
        grid = grid_in(self)
        grid.setColumnStretch(1, 1)
        grid.setVerticalSpacing(3)
        for line, (label, box, button) in enumerate(((tr("Image"), self.image, self.colours), (tr("Areas"), self.areas, self.new))):
            grid.addWidget(QLabel(label), 4 * line, 0)
            grid.addWidget(box, 4 * line, 1)
            grid.addWidget(button, 4 * line, 2)
        below = {1: self.bands, 2: self.boxes, 3: self.image_note, 5: self.classes, 6: self.class_boxes, 7: self.areas_note, 8: self.sample}
        for line, widget in below.items():
            grid.addWidget(widget, line, 0, 1, 3)

    def _band_boxes(self) -> QWidget:
        self._bands = {role: QgsRasterBandComboBox() for role in ("green", "red", "nir")}
        for box in self._bands.values():
            box.setShowNotSetOption(True, tr("auto"))
            shrink(box, 4)
            box.bandChanged.connect(lambda _: self.bands_chosen.emit(self.chosen_bands()))
        return _side_by_side(dict(zip((tr("green"), tr("red"), tr("near infrared")), self._bands.values())))

    def _class_boxes(self) -> QWidget:
        self.field, self.water = QgsFieldComboBox(), QLineEdit()
        self.field.setAllowEmptyFieldName(True)
        self.water.setToolTip(tr("The values of the class field that mean water, separated by commas."))
        self.field.fieldChanged.connect(lambda name: self.classes_chosen.emit(name, self.water.text()))
        self.water.editingFinished.connect(lambda: self.classes_chosen.emit(self.field.currentField(), self.water.text()))
        return _side_by_side({tr("class field"): self.field, tr("values that mean water"): self.water})

    def chosen_bands(self) -> dict[str, int]:
        """Return the bands that were chosen by hand, by role."""
        return {role: box.currentBand() for role, box in self._bands.items() if box.currentBand() > 0}

    def show_image(self, layer: QgsRasterLayer | None, chosen: dict[str, int]) -> None:
        """Show another image, and bands that were chosen for it, as if they had been chosen here."""
        with QSignalBlocker(self.image):
            self.image.setLayer(layer)
        for role, box in self._bands.items():
            with QSignalBlocker(box):
                box.setLayer(layer)
                box.setBand(chosen.get(role, -1))
        self.boxes.hide()
        self.colours.setChecked(False)
        self.colours.setEnabled(False)

    def show_areas(self, layer: QgsVectorLayer | None, field: str, water: str) -> None:
        """Show another training layer with its class field and the values that mean water, as if they had been chosen here."""
        with QSignalBlocker(self.areas), QSignalBlocker(self.field):
            self.areas.setLayer(layer)
            self.field.setLayer(layer)
            self.field.setField(field)
        self.water.setText(water)

    def show_classes(self, text: str, *, wanted: bool) -> None:
        """Show which field holds the class, "" = none; with the boxes open where they are wanted."""
        tell(self.classes, text and f'{text} · <a href="#">{tr("change")}</a>')
        if wanted or not text:
            self.class_boxes.setVisible(wanted)

    def show_empty(self, empty: bool) -> None:
        """Show how to begin, where there is neither image nor areas."""
        self.sample.setVisible(empty)
        if empty:
            tell(self.image_note, tr("Add a satellite or aerial image with green, red and near-infrared bands to the project."))
            tell(self.areas_note, tr("Then draw a few areas of water and of everything else: the map follows each stroke."))

    def show_bands(self, roles: BandRoles | None, problem: str) -> None:
        """Show which bands are used, or why none are, with the boxes open."""
        self.colours.setEnabled(roles is not None)
        text = ""
        if roles is not None:
            numbers = {band.role: band.number for band in roles.bands}
            text = tr("green {green} · red {red} · near infrared {nir}, {found}").format(**numbers, found=roles.found_by)
            text = f'{text} · <a href="#">{tr("change")}</a>'
        tell(self.bands, text)
        tell(self.image_note, problem)
        if problem:
            self.boxes.show()


class DrawBox(QWidget):
    """Class, pen, undo and redo."""

    class_chosen = pyqtSignal(bool)
    pen_chosen = pyqtSignal(str)
    undo_wanted = pyqtSignal()
    redo_wanted = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.water = class_button(tr("Water  W"), tr("Draw water (key W)."), WATER)
        self.other = class_button(tr("Not water  N"), tr("Draw what is not water (key N)."), OTHER)
        self.water.setChecked(True)
        classes = QButtonGroup(self)
        for button in (self.water, self.other):
            classes.addButton(button)
            button.clicked.connect(lambda _: self.class_chosen.emit(self.is_water))
        tips = (tr("Draw corner by corner."), tr("Paint: a stroke becomes an area."), tr("Take the pixels around a click that look alike."))
        names = (tr("Polygon"), tr("Brush"), tr("Grow"))
        self._pens = {pen: tool_button(name, tip, checkable=True) for pen, name, tip in zip(PENS, names, tips)}
        for pen, button in self._pens.items():
            button.clicked.connect(lambda checked, pen=pen: self.pen_chosen.emit(pen if checked else ""))
        self.undo, self.redo = tool_button("↶", ""), tool_button("↷", "")
        for button, signal in ((self.undo, self.undo_wanted), (self.redo, self.redo_wanted)):
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            button.clicked.connect(signal)
        self.show_steps("", "")
        self.hint, self._idle = note(), ""
        layout = stack_in(self)
        layout.addLayout(row_of(self.water, self.other))
        layout.addLayout(row_of(*self._pens.values(), self.undo, self.redo))
        layout.addWidget(self.hint)

    @property
    def is_water(self) -> bool:
        """Whether water is drawn."""
        return self.water.isChecked()

    def choose_class(self, *, water: bool) -> None:
        """Choose a class, as a click would."""
        (self.water if water else self.other).setChecked(True)
        self.class_chosen.emit(water)

    def show_pen(self, name: str) -> None:
        """Show which pen is in hand, "" = none."""
        for pen, button in self._pens.items():
            button.setChecked(pen == name)
        if not name:
            tell(self.hint, self._idle)

    def show_steps(self, undoable: str, redoable: str) -> None:
        """Show what can be taken back and done again."""
        self.undo.setEnabled(bool(undoable))
        self.redo.setEnabled(bool(redoable))
        self.undo.setToolTip(tr("Undo: {step} (Ctrl+Z)").format(step=undoable) if undoable else tr("Nothing to undo."))
        self.redo.setToolTip(tr("Redo: {step} (Ctrl+Shift+Z)").format(step=redoable) if redoable else tr("Nothing to redo."))

    def set_usable(self, problem: str) -> None:
        """Grey the pens where nothing can be drawn, and say why."""
        for button in (self.water, self.other, *self._pens.values()):
            button.setEnabled(not problem)
        self._idle = problem or tr("Choose a pen, then draw on the map.")
        if problem or not any(button.isChecked() for button in self._pens.values()):
            tell(self.hint, self._idle)


class ThenBox(QWidget):
    """What is done with a map that is good enough."""

    wanted = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        grid = grid_in(self)
        grid.setSpacing(4)
        self.buttons: dict[str, QPushButton] = {}
        entries = (
            ("mapwater", tr("Save map…"), tr("Runs Map water from polygons with these settings: map, model and report.")),
            ("extractwater", tr("Water bodies…"), tr("Turns a saved map into polygons with their areas.")),
            ("check", tr("Check with points"), tr("Random points on a saved map, labelled one by one: an area with an interval.")),
            ("predictmanyrasters", tr("Same on a folder…"), tr("Applies the saved model to many images.")),
        )
        for index, (name, text, tip) in enumerate(entries):
            button = QPushButton(text)
            button.setToolTip(tip)
            button.clicked.connect(lambda _, name=name: self.wanted.emit(name))
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            grid.addWidget(button, index // 2, index % 2)
            self.buttons[name] = button
        self.set_ready(False)
        self.set_saved(False)

    def set_ready(self, ready: bool) -> None:
        """Grey *Save map…* until there is one."""
        self.buttons["mapwater"].setEnabled(ready)

    def set_saved(self, saved: bool) -> None:
        """Grey what needs a saved map, and say so."""
        for name, button in self.buttons.items():
            if name not in {"mapwater", "check"}:
                button.setEnabled(saved)
