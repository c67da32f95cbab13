"""The plugin as QGIS sees it: one Processing provider, added and removed."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QLocale, QTranslator

from .core.translation import set_translator
from .paths import resources
from .provider import WaterProvider

# Of all texts in the catalogue: what lupdate would take from the class that shows them, and we don't.
CONTEXT = "IPEO Water"


class WaterPlugin:
    """Adds the provider to Processing; there is nothing else in the user interface."""

    def __init__(self, iface: object) -> None:  # noqa: QGS105
        """Keep nothing of iface, which is None in qgis_process."""
        self._provider = None
        self._translator = None

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
        """Add the provider in QGIS desktop."""
        self.initProcessing()

    def unload(self) -> None:
        """Remove the provider, which the registry then deletes, and the translation."""
        if self._translator is not None:
            QCoreApplication.removeTranslator(self._translator)
            self._translator = None
            set_translator(None)
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)  # noqa: QGS202
            self._provider = None
