"""What to do about one scene: found out on a worker, so that thousands are examined side by side."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from html import escape

from ..bands import BandRoles
from ..errors import InputError
from ..grid import Grid, Layout, Window
from ..model import WaterModel
from ..prediction.adapt import adapt_model
from ..prediction.predict import PredictionSettings, result_metadata
from ..progress import SilentProgress
from ..raster.collisions import refuse_collisions
from ..raster.describe import roles_by_name
from ..raster.gdal_errors import read_bytes
from ..raster.source import Source
from ..raster.source_state import source_state
from ..translation import tr
from . import storage
from .results import DECISIVE, is_valid, other_result, refuse_foreign
from .scenes import Scene

# Pixels of the largest scene that one task predicts: some 50 seconds of a processor. A larger scene is cut into pieces of about a quarter.
MAX_SCENE_PIXELS = 1_000_000_000
_PIECES_PER_MAX = 4
# The folder of a scene's pieces is named after the scene, with what decides their pixels.
_PIECES = re.compile(r"(.+)_pieces_[0-9a-f]{16}")


@dataclass(frozen=True)
class Bands:
    """Band numbers chosen for all scenes alike; None or empty = found in each scene."""

    green: int | None = None
    red: int | None = None
    nir: int | None = None
    extra: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Order:
    """What holds for all scenes of a run.

    Attributes:
        run: identifies the run.
        model: in raw pixel units of its training image.
        bands: as the user chose them.
        settings: of the results.
        metadata: further entries of the results' domain IPEO_WATER.
        max_pixels: of a scene that becomes a single file.
    """

    run: str
    model: WaterModel
    bands: Bands = field(default_factory=Bands)
    settings: PredictionSettings = field(default_factory=PredictionSettings)
    metadata: Mapping[str, str] = field(default_factory=dict)
    max_pixels: int = MAX_SCENE_PIXELS

    def __post_init__(self) -> None:
        """Raise InputError if the size isn't positive."""
        if self.max_pixels < 1:
            msg = tr("The maximum number of pixels of a scene is {count}: it must be at least 1.").format(count=self.max_pixels)
            raise InputError(msg)


@dataclass(frozen=True)
class Piece:
    """A window of a scene, and the GeoTIFF that it becomes."""

    window: Window
    destination: str


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """A scene that was examined.

    Attributes:
        run: identifies the run.
        scene: source and destination.
        destination: of the result: the scene's, or the virtual raster over its pieces.
        roles: the scene's bands.
        model: for the scene's raw values, without the record of its training.
        settings: of the result.
        grid: of the scene.
        state: of the source's files when they were examined.
        metadata: of the result.
        pieces: the whole scene, or what it is cut into.
        waiting: indices of the pieces to be computed.
        finished: whether the result exists already.
        stale: folders with pieces of an earlier result.
        warnings: for the log.
    """

    run: str
    scene: Scene
    destination: str
    roles: BandRoles
    model: WaterModel
    settings: PredictionSettings
    grid: Grid
    state: str
    metadata: Mapping[str, str]
    pieces: tuple[Piece, ...]
    waiting: tuple[int, ...] = ()
    finished: bool = False
    stale: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def pixels(self, numbers: Iterable[int]) -> int:
        """Return how many pixels some of the pieces have."""
        return sum(self.pieces[number].window.pixels for number in numbers)

    def __repr__(self) -> str:
        """Show little: Dask logs the arguments of a task that fails."""
        return f"Plan({self.scene!r})"


class _Warnings(SilentProgress):
    """A Progress that keeps warnings."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def warn(self, message: str) -> None:
        self.messages.append(message)


def plan_scene(order: Order, scene: Scene, beside: frozenset[str]) -> Plan:
    """Examine a scene and what there is of its result.

    Args:
        order: what holds for all scenes.
        scene: to be examined.
        beside: names in the folder of the results that may belong to this scene.

    Raises:
        InputError: a band isn't found, say, or another raster has the result's name.
        ModelError: bands and inputs of the model don't agree.
    """
    warnings = _Warnings()
    state = source_state(scene.source)
    bands = order.bands
    roles = roles_by_name(scene.source, order.model.names, bands.green, bands.red, bands.nir, bands.extra)
    source = Source(scene.raster, roles)
    model = replace(adapt_model(order.model, roles, source, warnings), training={})
    decisive: list[object] = [order.settings.data_type, order.settings.format, order.settings.creation_options, roles.numbers]
    if scene.crs is not None or scene.nodata:
        decisive += [scene.crs, [asdict(band) for band in scene.nodata]]
    own = {"SOURCE_STATE": state, "SETTINGS": _digest(decisive)}
    metadata = {**result_metadata(order.model, scene.source, source.dataset), **order.metadata, **own}
    layout = Layout.from_blocks(source.grid.window, source.block, order.settings.tile(source.grid.width))
    whole, messages = (Piece(source.grid.window, scene.destination),), tuple(warnings.messages)
    plan = Plan(order.run, scene, scene.destination, roles, model, order.settings, source.grid, state, metadata, whole, warnings=messages)
    if source.grid.window.pixels > order.max_pixels:
        plan = _cut(plan, layout, order.max_pixels // _PIECES_PER_MAX, beside)
    refuse_collisions([plan.destination], [scene.source])
    return _compared(plan, beside)


def _cut(plan: Plan, layout: Layout, pixels: int, beside: frozenset[str]) -> Plan:
    """Cut a scene into pieces, each of whole windows of its layout, and put them into a folder beside the result."""
    stem, folder = plan.scene.stem, storage.parent(plan.scene.destination)
    area, (width, height) = plan.grid.window, layout.window
    # Square, or as wide as a long and low scene needs.
    across = max(1, min(math.ceil(area.width / width), round(max(math.sqrt(pixels), pixels / area.height) / width)))
    down = max(1, min(math.ceil(area.height / height), pixels // (min(across * width, area.width) * height)))
    side = across * width, down * height
    if side[0] >= area.width and side[1] >= area.height:
        return plan
    own = f"{stem}_pieces_{_digest([[plan.metadata.get(key) for key in DECISIVE], side])}"
    pieces = tuple(
        Piece(window, storage.joined(folder, own, f"{stem}_{window.row // side[1] + 1}_{window.column // side[0] + 1}.tif"))
        for window in Layout(side, layout.tile).windows(area)
    )
    stale = tuple(storage.joined(folder, name) for name in sorted(beside) if _PIECES.fullmatch(name) and name != own)
    destination = storage.joined(folder, f"{stem}.vrt")
    return replace(plan, destination=destination, metadata={**plan.metadata, "PIECES": own}, pieces=pieces, stale=stale)


def _compared(plan: Plan, beside: frozenset[str]) -> Plan:
    """Compare a plan with what there is of its result; refuse if another raster has its name."""
    existing = {storage.joined(storage.parent(plan.destination), name) for name in beside}
    if len(plan.pieces) > 1 and plan.metadata["PIECES"] in beside:
        folder = storage.parent(plan.pieces[0].destination)
        existing.update(storage.joined(folder, name) for name in storage.names_in(folder))
    grids = {plan.destination: plan.grid, **{piece.destination: plan.grid.crop(piece.window) for piece in plan.pieces}}
    valid = {name for name in grids.keys() & existing if is_valid(name, plan.metadata, grids[name])}
    warnings = [*plan.warnings]
    if plan.destination in existing - valid:
        warnings.append(refuse_foreign(plan.destination, plan.grid, plan.scene.source))
    others = [plan.destination[: -len(suffix)] + suffix for suffix in (".tif", ".vrt") if not plan.destination.endswith(suffix)]
    warnings += [other_result(plan.destination, name, plan.scene.source) for name in others if name in existing]
    waiting = tuple(number for number, piece in enumerate(plan.pieces) if piece.destination not in valid)
    finished = not waiting and plan.destination in valid
    return replace(plan, waiting=waiting, finished=finished, warnings=tuple(filter(None, warnings)))


def beside_each(scenes: Sequence[Scene]) -> list[frozenset[str]]:
    """Return for each scene the names beside its destination that may belong to it. All are in one folder, which is listed once.

    Raises:
        WaterError: the folder can't be read.
    """
    names = storage.names_in(storage.parent(scenes[0].destination))
    folders: dict[str, set[str]] = {}
    for name in names:
        match = _PIECES.fullmatch(name)
        if match:
            folders.setdefault(match[1], set()).add(name)
    return [frozenset(names & {f"{scene.stem}.tif", f"{scene.stem}.vrt"} | folders.get(scene.stem, set())) for scene in scenes]


def removable(plan: Plan) -> tuple[list[str], re.Pattern[str]]:
    """Return the folders with pieces of earlier results that no other virtual raster beside the result shows, and what pieces are called.

    An earlier result may have been renamed or copied to keep it, and files of the user's own may lie among its pieces.

    Raises:
        WaterError: the folder of the results can't be read.
    """
    pieces = re.compile(rf"{re.escape(plan.scene.stem)}_\d+_\d+\.tif(\.aux\.xml|\.ovr|\.msk)?")
    if not plan.stale:
        return [], pieces
    place = storage.parent(plan.destination)
    names = storage.names_in(place) - {storage.base(plan.destination)}
    # A result with a folder of its own name shows that one.
    own = {match[1] for match in map(_PIECES.fullmatch, names) if match}
    others = [name for name in names if name.lower().endswith(".vrt") and name[: -len(".vrt")] not in own - {plan.scene.stem}]
    contents = [read_bytes(storage.joined(place, name)) for name in others]
    if not all(contents):
        # What can't be read, such as an object in an archive, may show any of them.
        return [], pieces
    shown = b"\n".join(contents).decode(errors="replace")
    return [folder for folder in plan.stale if escape(storage.base(folder)) not in shown], pieces


def _digest(values: object) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]
