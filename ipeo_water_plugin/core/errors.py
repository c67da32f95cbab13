"""Every failure that is expected: the text says what is wrong, where, and what to do."""


class WaterError(Exception):
    """Root of all expected failures; anything else that is raised is a defect."""


class InputError(WaterError):
    """Bands, polygons, samples or settings that can't be used as they are."""


class RasterError(WaterError):
    """A raster that can't be read or written, with GDAL's own words."""


class ModelError(WaterError):
    """A model file that can't be read, or a model that doesn't fit the image."""


class TrainingError(WaterError):
    """Training that can't start or can't go on."""


class TorchMissingError(TrainingError):
    """PyTorch is absent or doesn't import in this interpreter."""


class DeviceError(TrainingError):
    """A device asked for by name that this machine doesn't have."""


class CancelledError(WaterError):
    """The user cancelled; nothing was left behind."""
