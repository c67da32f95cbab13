"""IPEO Water without QGIS: polygons and an image become samples, samples a model, a model a probability raster.

At the root stand the values that everybody uses; what a user does has a room each:

    system      files (whole or not at all), threads, and addresses without their secrets
    raster      reading images: values, validity, grids; writing GeoTIFF
    sampling    polygons and the pixels in them
    training    the loss, its minimum, and the recommended threshold
    prediction  the probability of each pixel, as a raster or a virtual one; places worth labelling
    accuracy    scores, intervals and area estimates
    maps        occurrence over time, water bodies and their areas
    reports     pages that explain a result
    cluster     the same prediction over many rasters, on Dask
"""
