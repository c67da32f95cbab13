"""IPEO Water: the probability of water in every pixel, from a few drawn polygons."""


def classFactory(iface: object) -> object:  # noqa: N802
    """Give QGIS the plugin; iface is None outside QGIS desktop."""
    from .plugin import WaterPlugin  # noqa: PLC0415

    return WaterPlugin(iface)
