"""Reading rasters window by window, regridding, and writing GeoTIFFs."""
