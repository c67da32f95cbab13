"""The exceptions core raises on purpose. Each message says what is wrong, where, and what to do about it."""


class WaterError(Exception):
    """Base class of all expected errors; any other exception is a bug."""


class InputError(WaterError):
    """Bands, polygons, samples or settings that can't be used as given."""


class RasterError(WaterError):
    """A raster that can't be read or written, from whatever is given its name; the message quotes GDAL."""


class ModelError(WaterError):
    """A model file that can't be read, or a model that doesn't match the image."""


class TrainingError(WaterError):
    """Training can't start or can't continue."""


class TorchMissingError(TrainingError):
    """PyTorch isn't installed, or fails to import."""


class DeviceError(TrainingError):
    """The requested device isn't available on this machine."""


class CancelledError(WaterError):
    """The user cancelled; no partial output is left behind."""
