"""The plugin as QGIS sees it: one Processing provider, added and removed."""

from __future__ import annotations

from qgis.core import QgsApplication

from .provider import WaterProvider


class WaterPlugin:
    """Adds the provider to Processing; there is nothing else in the user interface."""

    def __init__(self, iface: object) -> None:  # noqa: QGS105
        """Keep nothing of iface, which is None in qgis_process."""
        self._provider = None

    def initProcessing(self) -> None:
        """Add the provider; all that qgis_process asks for."""
        if self._provider is None:
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
        """Remove the provider, which the registry then deletes."""
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)  # noqa: QGS202
            self._provider = None
