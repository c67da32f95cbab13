"""IPEO Water without QGIS: polygons and an image become samples, samples a model, and a model a probability raster.

The root holds values and interfaces that are used everywhere. Each step has a package of its own:

    system      atomic file output, threads, redaction of credentials
    metadata    what names, descriptions and tags say: sensor, bands, date
    archives    downloads: which file holds which band, and a virtual raster over them
    raster      reading rasters: values, valid pixels, grids; writing GeoTIFFs
    sampling    polygons and the pixels in them
    training    the loss, its minimum, and the recommended threshold
    prediction  the probability of each pixel, as a raster or a virtual one; places worth labelling
    accuracy    scores, intervals and area estimates
    maps        occurrence over time, water bodies and their areas
    reports     self-contained HTML reports
    cluster     the same prediction over many rasters, on Dask
"""
