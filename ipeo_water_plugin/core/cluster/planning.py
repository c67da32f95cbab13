"""What is to be done about one scene: looked at by a worker, so that thousands are looked at together."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from osgeo import gdal

from ..bands import ROLES, BandRoles
from ..errors import InputError, RasterError
from ..grid import Grid, Layout, Window
from ..model import WaterModel
from ..prediction.adapt import adapt_model
from ..prediction.predict import PredictionSettings, result_metadata
from ..raster.collisions import refuse_collisions
from ..raster.geotiff import provenance
from ..raster.metadata import band_infos, roles_of
from ..raster.reprojection import crs_name
from ..raster.source import Source, open_raster
from ..raster.vrt_xml import referenced_files
from ..system.redaction import redacted
from ..translation import tr
from . import places
from .scenes import Scene
from .versions import code
from .wholeness import check_result

# Parts of results that aren't whole yet stand beside them, in folders that begin so.
_PREFIX = ".ipeowater-parts-"

# What decides the pixels, and whether a result is the one that would come of the work.
_PIXELS = ("MODEL_SHA256", "SOURCE", "SOURCE_STATE", "SETTINGS")
_DECISIVE = (*_PIXELS, "THRESHOLD")

# Written beside a raster while others read it; what they change of it, GDAL says.
_BESIDE = (".aux.xml", ".ovr", ".qmd", ".qml")

# A window that a worker is given: a second's work or so, so that neither the scheduler nor the loss of one matters.
UNIT_PIXELS = 4096 * 4096


@dataclass(frozen=True)
class Bands:
    """Numbers of the bands where the user chose them, for all scenes alike; None or empty = found in each."""

    green: int | None = None
    red: int | None = None
    nir: int | None = None
    extra: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Order:
    """What holds for all scenes of a run.

    Attributes:
        run: names the run.
        model: in raw pixel units of its training image.
        bands: as the user chose them.
        settings: of the results.
        metadata: further entries of the results' domain IPEO_WATER.
        unit: pixels of a window that a worker is given, about.
    """

    run: str
    model: WaterModel
    bands: Bands = field(default_factory=Bands)
    settings: PredictionSettings = field(default_factory=PredictionSettings)
    metadata: Mapping[str, str] = field(default_factory=dict)
    unit: int = UNIT_PIXELS


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """One scene, looked at.

    Attributes:
        run: names the run.
        scene: source and destination.
        roles: the scene's bands.
        model: for the scene's raw values; what it says of its training is left out.
        settings: of the result.
        grid, layout: of the scene.
        unit: width and height of a unit, in pixels.
        state: the source's files as they were.
        metadata: of the result.
        parts: the folder of finished units.
        waiting: numbers of the units that are to be computed.
        finished: whether the result stands there already.
        warnings: what the user should read.
    """

    run: str
    scene: Scene
    roles: BandRoles
    model: WaterModel
    settings: PredictionSettings
    grid: Grid
    layout: Layout
    unit: tuple[int, int]
    state: str
    metadata: Mapping[str, str]
    parts: str
    waiting: tuple[int, ...]
    finished: bool
    warnings: tuple[str, ...]

    def __repr__(self) -> str:
        """Show little: Dask logs the arguments of what fails."""
        return f"Plan({self.scene!r})"

    @property
    def units(self) -> tuple[Window, ...]:
        """The windows of the scene that workers are given, row by row."""
        return tuple(Layout(self.unit, self.layout.tile).windows(self.grid.window))

    def part(self, number: int) -> str:
        """Return the name of a finished unit."""
        return places.joined(self.parts, f"{number}.tif")


class _Noted:
    """A Progress that keeps warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def set(self, fraction: float) -> None:
        """Ignore the fraction."""

    def info(self, message: str) -> None:
        """Ignore the message."""

    def warn(self, message: str) -> None:
        """Keep the warning."""
        self.warnings.append(message)

    def cancelled(self) -> bool:
        """Say no."""
        return False


def plan_scene(order: Order, scene: Scene, beside: frozenset[str]) -> Plan:
    """Look at a scene and at what there is of its result.

    Args:
        order: what holds for all scenes.
        scene: the one.
        beside: names in the folder of the result.

    Raises:
        InputError: a band isn't found, say, or a raster that is no result stands where the result is to go.
        ModelError: bands and inputs of the model don't agree.
        RasterError: the scene can't be read.
    """
    noted = _Noted()
    refuse_collisions([scene.destination], [scene.source])
    state = source_state(scene.source)
    roles = _roles(scene.source, order)
    source = Source(scene.raster, roles)
    fitted = adapt_model(order.model, roles, source, noted)
    layout = Layout.from_blocks(source.grid.window, source.block, order.settings.tile(source.grid.width))
    if layout.tile[0] % 16 or layout.tile[1] % 16:
        # The result's strips can't be tiles, as parts have them; with such options of the user's, pixels are written again anyway.
        layout = replace(layout, tile=Layout.from_blocks(source.grid.window, source.block).tile)
    decisive: list[object] = [order.settings.data_type, order.settings.format, order.settings.creation_options, roles.numbers]
    if scene.crs is not None or scene.nodata:
        decisive += [scene.crs, [asdict(band) for band in scene.nodata]]
    settings = json.dumps(decisive)
    metadata = {
        **result_metadata(order.model, scene.source),
        **order.metadata,
        "SOURCE_STATE": state,
        "SETTINGS": hashlib.sha256(settings.encode()).hexdigest()[:16],
    }
    own = _parts_prefix(scene.destination)
    unit = _unit(source.grid.window, layout, order.unit)
    parts = own + _digest(*(metadata[key] for key in _PIXELS), repr((unit, layout)), code())
    folder = places.parent(scene.destination)
    there = places.base(scene.destination) in beside
    finished = there and is_valid(scene.destination, metadata)
    if there and not finished:
        _refuse_foreign(scene.destination, source.grid)
    for stale in beside:
        if stale.startswith(own) and (stale != parts or finished):
            places.remove_folder(places.joined(folder, stale))
    plan = Plan(
        order.run,
        scene,
        roles,
        replace(fitted, training={}),
        order.settings,
        source.grid,
        layout,
        unit,
        state,
        metadata,
        places.joined(folder, parts),
        (),
        finished,
        tuple(noted.warnings),
    )
    if finished:
        return plan
    done = places.names_in(plan.parts) if parts in beside else frozenset()
    return replace(plan, waiting=tuple(n for n in range(len(plan.units)) if f"{n}.tif" not in done))


def beside_each(scenes: Sequence[Scene]) -> list[frozenset[str]]:
    """Return for each scene the names beside its destination that have to do with it. All stand in one folder, which is listed once.

    Raises:
        WaterError: the folder can't be read.
    """
    names = places.names_in(places.parent(scenes[0].destination))
    parts: dict[str, list[str]] = {}
    for name in names:
        if name.startswith(_PREFIX):
            parts.setdefault(name.rpartition("-")[0] + "-", []).append(name)
    found = []
    for scene in scenes:
        own = names & {places.base(scene.destination)}
        found.append(own.union(parts.get(_parts_prefix(scene.destination), [])))
    return found


def _parts_prefix(destination: str) -> str:
    return f"{_PREFIX}{_digest(destination)}-"


def _roles(source: str, order: Order) -> BandRoles:
    """The scene's bands: as the user chose them, and further inputs of the model by the names of the bands."""
    bands, further = order.bands, [name for name in order.model.names if name not in ROLES]
    if bands.extra or not further:
        return roles_of(source, bands.green, bands.red, bands.nir, bands.extra)
    count = len(band_infos(source))
    green, red, nir = roles_of(source, bands.green, bands.red, bands.nir).numbers
    every = roles_of(source, green, red, nir, [n for n in range(1, count + 1) if n not in {green, red, nir}])
    numbers = {band.name: band.number for band in every.bands}
    alike = [name for name in further if name in every.ambiguous_names]
    if alike:
        msg = tr(
            "{source} has several bands of the description that the model's input {names} is named after, so it can't be told which one "
            "is meant: choose extra bands by number."
        ).format(source=source, names=", ".join(alike))
        raise InputError(msg)
    absent = [name for name in further if name not in numbers]
    if absent:
        msg = tr(
            "{source} has no band called {names}, which the model wants beside green, red and nir: choose extra bands by number."
        ).format(source=source, names=", ".join(absent))
        raise InputError(msg)
    return roles_of(source, bands.green, bands.red, bands.nir, [numbers[name] for name in further])


def _unit(area: Window, layout: Layout, pixels: int) -> tuple[int, int]:
    """Join windows of the layout to units of about so many pixels, square where the windows are."""
    width, height = layout.window
    side = math.sqrt(pixels)
    columns = max(1, min(math.ceil(area.width / width), round(side / width)))
    rows = max(1, min(math.ceil(area.height / height), pixels // (columns * width * height)))
    return columns * width, rows * height


def is_valid(destination: str, metadata: Mapping[str, str]) -> bool:
    """Whether a result stands there, whole, that was made of the same source by the same model, threshold and settings."""
    places.forget(destination)
    try:
        found = provenance(destination)
        if any(found.get(key) != metadata.get(key) for key in _DECISIVE):
            return False
        check_result(destination)
    except RasterError:
        return False
    return True


def _refuse_foreign(destination: str, grid: Grid) -> None:
    """Refuse to replace what isn't a result: nobody was asked, since a folder was chosen and not this file.

    Raises:
        InputError: a raster stands there that isn't one.
    """
    try:
        dataset = open_raster(destination)
        if provenance(destination):
            return
        if (dataset.RasterCount, dataset.RasterXSize, dataset.RasterYSize) == (1, grid.width, grid.height):
            # A result that was torn may have lost its metadata, or can't be opened, and is made again.
            check_result(destination, statistics=False)
    except RasterError:
        return
    msg = tr(
        "{destination} is there already and is no result of this plugin, so it isn't replaced: choose another folder for the results, "
        "or move the file away."
    ).format(destination=redacted(destination))
    raise InputError(msg)


def source_state(source: str) -> str:
    """Return what tells a raster from what it may be later: what GDAL says of it, and of the files behind it size, time and version.

    Files behind a virtual raster within a virtual raster belong to them. A version is what a server calls so.

    Raises:
        RasterError: it can't be opened.
    """
    places.forget(source)
    dataset = open_raster(source)
    names = [] if dataset.GetDriver().ShortName == "GPKG" else dataset.GetFileList() or []
    if dataset.GetDriver().ShortName == "VRT":
        names = [*names, *referenced_files(dataset)]
    names = [name for name in dict.fromkeys(names) if not name.endswith(_BESIDE)]
    states = [_told(dataset), *_states(names or [source])]
    return hashlib.sha256(json.dumps(states).encode()).hexdigest()[:32]


def _told(dataset: gdal.Dataset) -> list[object]:
    """Return what GDAL says of a raster that decides a result: files beside it may change that without the raster itself."""
    bands = [dataset.GetRasterBand(number) for number in range(1, dataset.RasterCount + 1)]
    # A sidecar of statistics alone makes GDAL give a scale of 1 and an offset of 0 where there was none.
    points = [(p.GCPX, p.GCPY, p.GCPZ, p.GCPPixel, p.GCPLine) for p in dataset.GetGCPs() or ()]
    return [
        [dataset.RasterXSize, dataset.RasterYSize, dataset.GetGeoTransform(can_return_null=True), points],
        crs_name(dataset.GetProjection() or dataset.GetGCPProjection() or ""),
        [[b.DataType, b.GetNoDataValue(), b.GetScale() or 1.0, b.GetOffset() or 0.0, b.GetDescription(), b.GetMaskFlags()] for b in bands],
    ]


def _states(names: list[str]) -> Iterator[tuple[str, list[object]]]:
    for name in names:
        if places.is_virtual(name):
            if name.endswith(".msk"):
                # Whether there is one shows in what GDAL says of the raster, and a server would be asked for each.
                continue
            places.forget(name)
            found = gdal.VSIStatL(name)
            headers = gdal.GetFileMetadata(name, "HEADERS") or {}
            version = {key.lower(): value for key, value in headers.items()}.get("etag", "")
            yield redacted(name), [found.size, int(found.mtime), version] if found else []
            continue
        try:
            here = Path(name).stat()
        except (OSError, ValueError):
            yield redacted(name), []
            continue
        yield name, [here.st_size, here.st_mtime_ns]


def _digest(*words: str) -> str:
    return hashlib.sha256("\n".join(words).encode(errors="surrogatepass")).hexdigest()[:16]
