"""Prediction over many rasters, on this machine or on a Dask cluster."""
