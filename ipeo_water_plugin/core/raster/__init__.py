"""Reading images window by window, bringing grids together, writing GeoTIFF."""
