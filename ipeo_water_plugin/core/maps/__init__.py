"""Maps derived from probability rasters: occurrence over time, water bodies, their areas and perimeters."""
