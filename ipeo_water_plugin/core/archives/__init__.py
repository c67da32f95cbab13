"""Images as they are downloaded: which file holds which band, what its numbers mean, and a virtual raster over them."""
