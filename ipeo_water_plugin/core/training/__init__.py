"""The loss over the samples, and its minimum."""
