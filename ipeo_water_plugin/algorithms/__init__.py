"""QGIS Processing in front of the core: one file an algorithm, and what they share."""
