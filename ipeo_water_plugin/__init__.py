"""IPEO Water: the probability of water in every pixel, from a few drawn polygons."""
