"""The middle of the panel's column: how the map is shown, what it amounts to, and how each area fares."""

from __future__ import annotations

from qgis.PyQt.QtCore import QLocale, QModelIndex, QPointF, QRectF, QSignalBlocker, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPalette, QPen
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QDoubleSpinBox,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QSlider,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from ..core.translation import tr
from .values import AreaRow, Mode, State
from .view import DOUBTFUL, legend
from .widgets import OTHER, WATER, WheelGuard, large_label, note, row_of, stack_in, swatch, tell, tool_button

_FID = Qt.ItemDataRole.UserRole
_SHARE = Qt.ItemDataRole.UserRole + 1
# Maximum number of rows in the list, worst first.
_MAX_ROWS = 500
_LIST_HEIGHT = 110
_DOTS = {"live": QColor(46, 160, 67), "working": QColor(46, 160, 67), "paused": QColor(210, 153, 34), "failed": QColor(207, 34, 46)}
_DOT = 12
_BAR = QColor(70, 130, 190)


def hectares(value: float) -> str:
    """Return an area with as many digits as can mean something."""
    decimals = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
    return QLocale().toString(value, "f", decimals)


def percent(share: float) -> str:
    """Return a share without decimals; only what is whole is called 100 %."""
    return f"{int(100 * share) if share < 1 else 100} %"


class ScoreBar(QLabel):
    """F1 as a dot with its range, on a line from 0 to 1; grey while there are too few areas.

    A label, as dark themes give text its colour in labels alone.
    """

    def __init__(self) -> None:
        super().__init__()
        self._state = State()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(120, self.fontMetrics().height() + 4)

    def show_state(self, state: State) -> None:
        """Show other scores."""
        self._state = state
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        state, palette = self._state, self.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right, middle = 6.0, self.width() - 6.0, self.height() / 2
        grey = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText)
        colour = _BAR if state.f1_reliable else grey

        def at(value: float) -> float:
            return left + min(max(value, 0.0), 1.0) * (right - left)

        painter.setPen(QPen(grey, 1))
        painter.drawLine(QPointF(left, middle), QPointF(right, middle))
        for end in (0.0, 0.5, 1.0):
            painter.drawLine(QPointF(at(end), middle - 3), QPointF(at(end), middle + 3))
        if state.f1 is None:
            return
        if state.f1_range is not None:
            low, high = map(at, state.f1_range)
            painter.setPen(QPen(colour, 1))
            painter.setBrush(QColor(colour.red(), colour.green(), colour.blue(), 90))
            painter.drawRoundedRect(QRectF(low, middle - 3, max(high - low, 1.0), 6), 3, 3)
        if state.ndwi_f1 is not None:
            painter.setPen(QPen(palette.color(QPalette.ColorRole.WindowText), 2))
            painter.drawLine(QPointF(at(state.ndwi_f1), middle - 6), QPointF(at(state.ndwi_f1), middle + 6))
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Window), 1))
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(at(state.f1), middle), 5.5, 5.5)


class SeeBox(QWidget):
    """How the picture is shown, hectares, scores, and whether all is up to date."""

    mode_chosen = pyqtSignal(object)
    threshold_chosen = pyqtSignal(float)
    opacity_chosen = pyqtSignal(float)
    live_chosen = pyqtSignal(bool)
    update_wanted = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.total, self.change = large_label(), QLabel()
        self.total.setToolTip(tr("Water in the whole image at full resolution, once the pen has rested."))
        self.threshold = _threshold_box()
        self.threshold.valueChanged.connect(self.threshold_chosen)
        self.range, self.basis = note(), note()
        self.bar, self.score = ScoreBar(), QLabel()
        self.bar.setToolTip(tr("F1 on areas that are left out one at a time. The upright line is F1 of the index NDWI, untrained."))
        self._modes, self.legend = self._mode_buttons(), QLabel(_legend(Mode.PROBABILITY))
        self.legend.setToolTip(tr("What isn't water and NoData have no colour."))
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(10, 100)
        self.opacity.setValue(80)  # noqa: QGS202
        self.opacity.setToolTip(tr("Opacity. Hold Space over the map to see the image."))
        WheelGuard(self).guard(self.opacity, self.threshold)
        self.opacity.valueChanged.connect(lambda value: self.opacity_chosen.emit(value / 100))
        self.live = tool_button("", tr("Live: the map follows each edit. Click to pause."), checkable=True)
        self.live.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.live.setChecked(True)
        self.live.clicked.connect(self.live_chosen)
        self.once = tool_button(tr("Update once"), tr("Brings the map up to date, and stays paused."))
        self.once.clicked.connect(self.update_wanted)
        self.total.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.message = note()
        # A long number is cut rather than the panel widened.
        self.change.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        for button in (self.live, self.once):
            button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._statuses = {"live": tr("Live"), "working": tr("Working"), "paused": tr("Paused"), "failed": tr("Failed")}
        self._statuses["waiting"] = tr("Waiting")
        # The button is as wide as its longest text at any time, so that nothing moves while it works.
        widths = []
        for text in self._statuses.values():
            self.live.setText(text)
            widths.append(self.live.sizeHint().width())
        self.live.setFixedWidth(max(widths) + _DOT)
        layout = stack_in(self)
        layout.addLayout(row_of(self.total, self.change, self.threshold))
        layout.addWidget(self.range)
        layout.addLayout(row_of(QLabel("F1"), self.bar, self.score))
        layout.addWidget(self.basis)
        layout.addLayout(row_of(*self._modes.values()))
        layout.addWidget(self.legend)
        self._opacity_label = QLabel(tr("Opacity"))
        layout.addLayout(row_of(self.live, self.once, self._opacity_label, self.opacity))
        layout.addWidget(self.message)
        self.show_state(State())

    def _mode_buttons(self) -> dict[Mode, QToolButton]:
        unsure = tr("Where p is between 0.3 and 0.7, or the pixel looks like nothing you drew.")
        modes = {
            Mode.PROBABILITY: tool_button(tr("Probability"), tr("The probability of water."), checkable=True),
            Mode.WATER: tool_button(tr("Water"), tr("What is mapped as water."), checkable=True),
            Mode.DOUBTFUL: tool_button(tr("Doubtful"), unsure, checkable=True),
        }
        group = QButtonGroup(self)
        for mode, button in modes.items():
            group.addButton(button)
            button.clicked.connect(lambda _, mode=mode: self._choose_mode(mode))
        modes[Mode.PROBABILITY].setChecked(True)
        return modes

    def _choose_mode(self, mode: Mode) -> None:
        self.legend.setText(_legend(mode))
        self.mode_chosen.emit(mode)

    def show_threshold(self, threshold: float) -> None:
        """Show another threshold, as if it had been chosen here."""
        with QSignalBlocker(self.threshold):
            self.threshold.setValue(threshold)  # noqa: QGS202

    def show_state(self, state: State) -> None:
        """Show another state."""
        known = state.hectares is not None
        self.total.setText(tr("{hectares} ha").format(hectares="–" if state.hectares is None else hectares(state.hectares)))
        # Figures of an earlier model are grey until those of this one are there.
        self.total.setEnabled(known and state.hectares_current)
        change = state.change if state.change is not None and abs(state.change) >= 0.05 else None
        self.change.setText("" if change is None else f"{'▲ +' if change > 0 else '▼ −'}{QLocale().toString(abs(change), 'f', 1)}")
        seen, ends, parts = state.hectares_in_view, state.hectares_range, []
        if ends is not None:
            parts.append(tr("{low} to {high} ha when areas are left out in turn").format(low=hectares(ends[0]), high=hectares(ends[1])))
        elif known and not state.hectares_current and state.status == "live":
            # A grey number is never without a reason, and nothing below moves when it comes.
            parts.append(tr("measuring the whole image…"))
        if seen is not None:
            parts.append(tr("in view ≈ {hectares} ha").format(hectares=hectares(seen)))
        tell(self.range, " · ".join(parts))
        self.bar.show_state(state)
        self.score.setText("–" if state.f1 is None else f"{state.f1:.2f}")
        self.score.setEnabled(state.f1_reliable)
        tell(self.basis, _basis(state))
        self._show_status(state)

    def _show_status(self, state: State) -> None:
        self.live.setText(self._statuses.get(state.status, self._statuses["waiting"]))
        self.live.setIcon(swatch(_DOTS.get(state.status, QColor(140, 140, 140)), _DOT))
        self.live.setChecked(state.status != "paused")
        self.once.setVisible(state.status == "paused")
        # Both leave the slider no room.
        self._opacity_label.setVisible(state.status != "paused")
        tell(self.message, state.message)


def _legend(mode: Mode) -> str:
    """Return what the colours of a picture mean, as rich text."""
    texts = {"unsure": tr("p from {low:g} to {high:g}").format(low=DOUBTFUL[0], high=DOUBTFUL[1]), "unlike": tr("like nothing drawn")}
    entries = []
    for colour, meaning in legend(mode):
        text = tr("mapped as water") if mode is Mode.WATER else texts[meaning] if isinstance(meaning, str) else percent(meaning)
        entries.append(f'<span style="color: {colour}">■</span> {text}'.replace(" %", "&nbsp;%"))
    return "&nbsp; ".join(entries)


def _threshold_box() -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setPrefix("p ≥ ")
    box.setRange(0.01, 0.99)
    box.setSingleStep(0.05)
    box.setKeyboardTracking(False)
    box.setToolTip(tr("Pixels with at least this probability count as water: in the hectares, in F1 and in the view Water."))
    return box


def _basis(state: State) -> str:
    """Return what the scores rest on, in words."""
    if not state.water_areas and not state.other_areas:
        return ""
    text = tr("from {water} water and {other} other areas").format(water=state.water_areas, other=state.other_areas)
    if not state.f1_reliable:
        text += tr("; F1 needs three of each")
    if state.ndwi_f1 is not None:
        text += " · " + tr("NDWI alone: {f1:.2f}").format(f1=state.ndwi_f1)
    if state.pixels:
        text += " · " + tr("{pixels} px, {time:.0f} ms").format(pixels=QLocale().toString(state.pixels), time=state.milliseconds)
    return text


class _Share(QStyledItemDelegate):
    """A share as a number with a bar behind it, as long as what is wrong."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        share = index.data(_SHARE)
        if isinstance(share, float):
            box = QRectF(option.rect).adjusted(2, 3, -2, -3)
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            red, green = QColor(207, 90, 60, 130), QColor(70, 150, 90, 90)
            painter.setBrush(red if share < 0.5 else green)
            box.setWidth(max(box.width() * share, 2.0))
            painter.drawRoundedRect(box, 2, 2)
            painter.restore()
        super().paint(painter, option, index)


class AreaList(QTreeWidget):
    """The areas, worst first: a double click zooms, Del deletes, W and N change the class."""

    zoom_wanted = pyqtSignal(int)
    delete_wanted = pyqtSignal(object)
    class_wanted = pyqtSignal(object, bool)

    def __init__(self) -> None:
        super().__init__()
        self.setColumnCount(3)
        self.setHeaderLabels([tr("Area"), tr("Pixels"), tr("Held out")])
        self.headerItem().setToolTip(2, tr("Share of its pixels that a model trained without the area maps correctly."))
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setItemDelegateForColumn(2, _Share(self))
        header = self.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(_LIST_HEIGHT)
        self.setToolTip(tr("Double click zooms; Del deletes; W and N change the class."))
        self.itemDoubleClicked.connect(lambda item, _: self.zoom_wanted.emit(item.data(0, _FID)))
        self._rows: list[AreaRow] = []
        self._swatches = {True: swatch(WATER, _DOT), False: swatch(OTHER, _DOT)}

    def sizeHint(self) -> QSize:
        """Ask for little: the list gets the height that is left over; called by Qt."""
        return QSize(super().sizeHint().width(), _LIST_HEIGHT)

    def ids(self) -> list[int]:
        """Return the ids of the selected areas."""
        return [item.data(0, _FID) for item in self.selectedItems()]

    def show_rows(self, rows: list[AreaRow]) -> None:
        """Show other areas; those selected stay so."""
        ordered = sorted(rows, key=lambda row: (not row.problem, 2.0 if row.right is None else row.right, row.fid))[:_MAX_ROWS]
        if ordered == self._rows:
            return
        chosen = set(self.ids())
        self._rows = ordered
        self.setUpdatesEnabled(False)
        while self.topLevelItemCount() > len(ordered):
            self.takeTopLevelItem(self.topLevelItemCount() - 1)
        while self.topLevelItemCount() < len(ordered):
            self.addTopLevelItem(QTreeWidgetItem())
        for index, row in enumerate(ordered):
            self._fill(self.topLevelItem(index), row)
            self.topLevelItem(index).setSelected(row.fid in chosen)
        self.setUpdatesEnabled(True)

    def _fill(self, item: QTreeWidgetItem, row: AreaRow) -> None:
        item.setData(0, _FID, row.fid)
        item.setText(0, f"{row.fid}  {tr('water') if row.water else tr('not water')}")
        item.setIcon(0, self._swatches[row.water])
        item.setText(1, QLocale().toString(row.pixels))
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setText(2, row.problem or ("" if row.right is None else percent(row.right)))
        item.setData(2, _SHARE, None if row.problem else row.right)
        for column in range(3):
            item.setToolTip(column, row.problem)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ids = self.ids()
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if ids and event.key() in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self.delete_wanted.emit(ids)
        elif ids and plain and event.key() in {Qt.Key.Key_W, Qt.Key.Key_N}:
            self.class_wanted.emit(ids, event.key() == Qt.Key.Key_W)
        elif plain and event.text().isprintable() and event.text():
            # The map's, rather than a search in the list.
            event.ignore()
        else:
            super().keyPressEvent(event)
