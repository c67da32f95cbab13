"""What is made of probability rasters: occurrence over time, water bodies, their areas and perimeters."""
