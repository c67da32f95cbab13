"""Adapts a model to an image: checks the bands, converts scale and offset, and warns where the image differs from the training images."""

from __future__ import annotations

from ..bands import BandRoles
from ..errors import ModelError
from ..model import WaterModel
from ..progress import Progress
from ..raster.source import Source
from ..translation import tr


def adapt_model(model: WaterModel, roles: BandRoles, source: Source, progress: Progress) -> WaterModel:
    """Return the model for this image's raw values, and warn where the image differs from the training images.

    Args:
        model: in raw pixel units of its training image.
        roles: bands of the image.
        source: the image, opened.

    Raises:
        ModelError: bands and inputs of the model don't agree.
    """
    if roles.names != model.names:
        msg = tr("The model needs {names}, but the chosen bands are {given}: choose the same bands as in training, extra bands included.")
        raise ModelError(msg.format(names=", ".join(model.names), given=", ".join(roles.names)))
    _warn_of_image(roles, source, progress)
    adapted = model.for_image(source.scales, source.offsets)
    if adapted is not model:
        progress.info(tr("The image declares a different scale or offset than the training image: pixel values are converted."))
    undeclared = model.unconverted(source.scales, source.offsets)
    if undeclared:
        text = tr(
            "Only one of the training image and this image declares scale and offset for {names}, so raw values are used unchanged: check "
            "that both are in the same units."
        )
        progress.warn(text.format(names=", ".join(undeclared)))
    trained = [model.data_types_of(name) for name in model.names]
    differing = [({str(here)}, known) for here, known in zip(source.data_types, trained) if known and str(here) not in known]
    if differing:
        own, others = (", ".join(sorted(set().union(*types))) for types in zip(*differing))
        text = tr(
            "The image has data type {here}, but the model was trained on {trained}: unless both are in the same units, the probabilities "
            "are meaningless."
        )
        progress.warn(text.format(here=own, trained=others))
    return adapted


def _warn_of_image(roles: BandRoles, source: Source, progress: Progress) -> None:
    """Warn where the image may be read wrongly or slowly."""
    alpha = source.input_taken_for_alpha
    if alpha is not None:
        text = tr(
            "The files behind this virtual raster declare band {band} as alpha, but it is an input here: where it is 0, the other bands of "
            "the virtual raster read 0 too. To get their values, run gdal_edit.py -colorinterp_{band} undefined on each file and build the "
            "virtual raster again."
        )
        progress.warn(text.format(band=alpha))
    if source.has_huge_blocks:
        text = tr(
            "The image is stored in blocks of {width} × {height} pixels, and reading any part of a block decompresses all of it. That "
            "takes far more time and memory than tiles do. To rewrite the image in tiles: gdal_translate -co TILED=YES -co "
            "COMPRESS=DEFLATE -co BIGTIFF=IF_SAFER IMAGE TILED.tif"
        )
        progress.warn(text.format(width=source.block[0], height=source.block[1]))
    if roles.ambiguous_names:
        text = tr(
            "Several bands have the same description ({names}), so only their order tells them apart: check that it is the same in every "
            "image that the model is trained or used on."
        )
        progress.warn(text.format(names=", ".join(roles.ambiguous_names)))
