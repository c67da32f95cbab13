"""Water bodies as polygons: runs of pixels joined to components, and their outlines."""
