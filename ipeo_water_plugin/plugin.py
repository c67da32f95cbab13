"""The plugin as QGIS sees it: a Processing provider, and on the desktop a menu, a button and the panel behind them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from qgis.core import Qgis, QgsApplication, QgsSettings
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QCoreApplication, QLocale, Qt, QTranslator, QUrl
from qgis.PyQt.QtGui import QDesktopServices, QIcon
from qgis.PyQt.QtWidgets import QAction, QPushButton

from .core.translation import set_translator, tr
from .paths import help_page, resources
from .provider import WaterProvider

if TYPE_CHECKING:
    from qgis.gui import QgsMessageBarItem

    from .panel.dock import WaterDock

# Of all texts in the catalogue: what lupdate would take from the class that shows them, and we don't.
CONTEXT = "IPEO Water"

_MENU = "IPEO Water"
_INTRODUCED = "ipeo_water/introduced"


class WaterPlugin:
    """Adds the provider to Processing, and on the desktop *Raster ▸ IPEO Water* and a toolbar button."""

    def __init__(self, iface: Any) -> None:  # noqa: QGS105
        """Keep iface, which is None in qgis_process."""
        self._iface = iface
        self._provider: WaterProvider | None = None
        self._translator: QTranslator | None = None
        self._actions: list[QAction] = []
        self._dock: WaterDock | None = None
        # The message that points to the panel, while it is shown.
        self._pointer: QgsMessageBarItem | None = None

    def install_translation(self) -> None:
        """Have texts shown in QGIS' language where there is a translation, else in English."""
        translator, locale = QTranslator(), QLocale(QgsApplication.locale())
        if translator.load(locale, "ipeo_water", "_", str(resources() / "i18n")):
            QCoreApplication.installTranslator(translator)
            self._translator = translator
            set_translator(lambda text, n: QCoreApplication.translate(CONTEXT, text, None, n), locale.bcp47Name())

    def initProcessing(self) -> None:
        """Add the provider; all that qgis_process asks for."""
        if self._provider is None:
            self.install_translation()
            provider = WaterProvider()
            # A second copy of the plugin is refused, and the registry has then deleted its provider.
            if QgsApplication.processingRegistry().addProvider(provider):
                self._provider = provider
                # Now that its algorithms are registered, the models that are made of them can be.
                provider.refreshAlgorithms()

    def initGui(self) -> None:
        """Add the provider, the menu and the button in QGIS desktop."""
        self.initProcessing()
        if self._iface is None or self._actions:
            return
        icon = QIcon(str(resources() / "icons" / "ipeo_water.svg"))
        entries = (
            (tr("Draw and see water"), self.open_panel),
            (tr("Map water…"), partial(self._open_dialog, "mapwater")),
            (tr("Image from bands…"), partial(self._open_dialog, "stackbands")),
            (tr("Create training layer…"), partial(self._open_dialog, "createtraininglayer")),
            (tr("Load the sample scene"), self.load_sample),
            (tr("Check setup"), partial(self._open_dialog, "checksetup")),
            (tr("Help"), lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(help_page("guide"))))),
        )
        for text, action in entries:
            entry = QAction(icon if not self._actions else QIcon(), text, self._iface.mainWindow())
            entry.triggered.connect(lambda _=False, action=action: action())
            self._iface.addPluginToRasterMenu(_MENU, entry)
            self._actions.append(entry)
        self._iface.addToolBarIcon(self._actions[0])
        self._introduce()

    def _introduce(self) -> None:
        """Point to the panel, once after installing."""
        settings = QgsSettings()
        if settings.value(_INTRODUCED, defaultValue=False, type=bool):
            return
        settings.setValue(_INTRODUCED, True)  # noqa: QGS202
        bar = self._iface.messageBar()
        widget = bar.createMessage(_MENU, tr("draw areas and see the map of water follow: Raster ▸ IPEO Water ▸ Draw and see water."))
        button = QPushButton(tr("Open"))
        button.clicked.connect(self.open_panel)
        widget.layout().addWidget(button)
        self._pointer = bar.pushWidget(widget, Qgis.MessageLevel.Info)

    def open_panel(self) -> None:
        """Open the panel, which is only now imported."""
        self._pop_pointer()
        if self._dock is None:
            from .panel.dock import WaterDock  # noqa: PLC0415

            self._dock = WaterDock(self._iface)
            # As a tab beside what else is there: the results' list alone would leave the panel a third of the height.
            self._iface.addTabifiedDockWidget(
                Qt.DockWidgetArea.RightDockWidgetArea, self._dock, ["ResultsViewer", "ProcessingToolbox"], True
            )
        self._dock.show()
        self._dock.raise_()

    def _pop_pointer(self) -> None:
        if self._pointer is not None and not sip.isdeleted(self._pointer):
            self._iface.messageBar().popWidget(self._pointer)
        self._pointer = None

    def load_sample(self) -> None:
        """Open the panel with the sample scene."""
        self.open_panel()
        self._dock.load_sample()

    def _open_dialog(self, name: str) -> None:
        from qgis import processing  # noqa: PLC0415

        processing.createAlgorithmDialog(f"ipeowater:{name}").show()

    def unload(self) -> None:
        """Remove what was added: the panel, menu and button, the provider, which the registry then deletes, and the translation."""
        self._pop_pointer()
        if self._dock is not None:
            self._dock.unload()
            self._iface.removeDockWidget(self._dock)
            self._dock.deleteLater()
            self._dock = None
        for action in self._actions:
            self._iface.removePluginRasterMenu(_MENU, action)
            self._iface.removeToolBarIcon(action)
            action.deleteLater()
        self._actions = []
        if self._translator is not None:
            QCoreApplication.removeTranslator(self._translator)
            self._translator = None
            set_translator(None)
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)  # noqa: QGS202
            self._provider = None
