"""The probability of water in each pixel of an image."""
