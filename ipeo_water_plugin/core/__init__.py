"""Sampling, training and prediction of water, without QGIS: usable from a notebook, a worker or a GPU machine."""
