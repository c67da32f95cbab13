"""The panel on the desktop: draw areas, and see the map, its hectares and its score change. Imported only when it is opened."""
