"""Polygons, the pixels that they hold, and samples drawn from those."""
