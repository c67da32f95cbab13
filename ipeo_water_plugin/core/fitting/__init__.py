"""How a model is fitted by gradient descent: the loss, the coordinates to descend in, the steps, and the polygons to validate on."""
