"""Recognise what a user downloaded, by the names of its files, and read what their metadata say. Never by a guess."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from ..bands import ROLES, BandInfo
from ..errors import InputError, WaterError
from ..metadata.descriptions import extra_role, named_role, normalized
from ..metadata.roles import band_codes, find_bands
from ..metadata.sensors import SENSORS, BandFile, band_file, dated, order_in_name
from ..raster.collisions import file_identity
from ..raster.describe import band_infos
from ..raster.raster_file import RasterFile
from ..system.redaction import redacted
from ..translation import format_some, tr
from .listing import Listing, base, file_stem, folder_of, list_files, product_root
from .product import Product, QualityBand, SourceBand, file_name, listed
from .scaling import metadata_of
from .stac import address, read_item, read_local

_RASTERS = (".jp2", ".tif", ".tiff", ".img", ".dat", ".bsq", ".png", ".sid", ".ecw", ".hdf")
# The better ones first.
_QUALITY = ("SCL", "QA_PIXEL", "PIXEL_QA", "BQA", "FMASK", "UDM2", "UDM")
_DATA_URL = re.compile(r"\.(?:tiff?|jp2|zip|tar)(?:$|\?)", re.IGNORECASE)
_JSON = re.compile(r"json(?:$|\?)", re.IGNORECASE)
# Folders of a product that hold no bands.
_BESIDE = re.compile(r"/(?:QI_DATA|AUX_DATA|HTML|rep_info|MASKS|gap_mask)/", re.IGNORECASE)
# A folder of more plain rasters isn't one image.
_MAX_PLAIN = 64

Found = dict[str, BandFile]


def read_product(given: str, fetch: Callable[[str], str] = read_local) -> Product:
    """Return the image that a folder, archive, file or STAC item holds.

    Args:
        given: path, URL, or another name that GDAL opens.
        fetch: returns the text of a STAC item's path or URL.

    Raises:
        InputError: nothing is recognised, or several images are; the message names files.
        RasterError: GDAL can't open a file.
    """
    # Servers of STAC answer under names without a suffix.
    remote = re.match(r"https?://", given, re.IGNORECASE) and not _DATA_URL.search(given)
    item = read_item(given, fetch) if remote or _JSON.search(given) else None
    if item is not None:
        return item
    listing = list_files(address(given))
    found = _scene(listing)
    if found:
        product = _from_names(found, listing.names)
        slow = tr("The archive is compressed as a whole, so reading pixels from it is slow: unpack it, and choose its folder.")
        return replace(product, notes=(*product.notes, slow)) if given.lower().endswith((".gz", ".tgz")) else product
    items = [] if listing.chosen else [own for name in listing.names if _JSON.search(name) and (own := _item(name)) is not None]
    return items[0] if len(items) == 1 else _plain(listing)


def _item(name: str) -> Product | None:
    """Return the product of a STAC item that lies in a folder; None if the file is anything else."""
    try:
        return read_item(name)
    except WaterError:
        return None


def product_of_files(rasters: Sequence[RasterFile], extra: Sequence[str]) -> Product:
    """Return the image that single-band files form: by their names, else by their order, green, red, near infrared, then the extra roles.

    Args:
        rasters: the files.
        extra: roles of the fourth and further ones.

    Raises:
        InputError: one is given twice, they are of several scenes or dates, only some are known by name, or their number doesn't fit the
            roles.
        RasterError: GDAL can't open a file.
    """
    names = {raster.path: raster for raster in rasters}
    files = {file_identity(raster.path): raster.path for raster in rasters}
    if len(files) < len(rasters):
        given = Counter(file_identity(raster.path) for raster in rasters)
        twice = [file for identity, file in files.items() if given[identity] > 1]
        msg = tr("Given twice: {files}. Give one file for each band.").format(files=listed(twice))
        raise InputError(msg)
    found = {name: known for name in names if (known := band_file(name)) is not None and known.code}
    if found:
        _refuse_unknown(found, [name for name in names if name not in found])
        _refuse_several({(known.sensor, known.scene.casefold()): name for name, known in reversed(found.items())})
        beside = {name: (*list_files(name).names, name) for name in names}
        product = _from_names(found, [name for near in beside.values() for name in near])
        # Files of one scene may come from two versions of it, which have their bands' names, but not their scale and offset, in common.
        own = {name: metadata_of(known, name, beside[name]) for name, known in found.items()}
        bands = []
        for band in product.bands:
            name = band.raster.path
            scale, offset = own[name].of(found[name].code)
            bands.append(replace(band, raster=names[name], scale=scale, offset=offset, nodata=own[name].nodata))
        read = tuple(dict.fromkeys(file for metadata in own.values() for file in metadata.read))
        return replace(product, bands=tuple(bands), read=read)
    infos = [band_infos(raster) for raster in rasters]
    if several := [name for name, bands in zip(names, infos) if len(bands) > 1]:
        msg = tr("{files} have several bands: give one such file as the input instead of a list of single-band files.")
        raise InputError(msg.format(files=listed(several)))
    _check_dates(list(names))
    named, unknown = _by_stems(rasters)
    if named is None:
        return _by_order(rasters, extra)
    _refuse_unknown([band.raster.path for band in named.bands], unknown)
    return named


def _refuse_unknown(known: Iterable[str], unknown: Sequence[str]) -> None:
    """Refuse files of which nothing says which band they are, beside others that are known."""
    if unknown:
        msg = tr("The names of {known} say which band they are, but not those of {unknown}: remove these, or rename all files.")
        raise InputError(msg.format(known=listed(known), unknown=listed(unknown)))


def _scene(listing: Listing) -> Found:
    """Return the files of the scene that the user means, or nothing for names of no known product. Refuse several."""
    found: Found = {}
    for name in listing.names:
        if name.lower().endswith(_RASTERS) and not _BESIDE.search(name) and (known := band_file(name)) is not None:
            found[name] = known
    groups: dict[tuple[str, str, str], Found] = {}
    for name, known in found.items():
        groups.setdefault((SENSORS[known.sensor].name, known.scene.casefold(), folder_of(name)), {})[name] = known
    groups = {key: group for key, group in groups.items() if any(known.code not in _QUALITY for known in group.values())}
    if listing.chosen:
        groups = {key: group for key, group in groups.items() if _holds(listing.chosen, key, group)}
    if len(groups) > 1:
        firsts = [next(iter(group.items())) for group in groups.values()]
        titles = list(dict.fromkeys(_title(*first) for first in firsts))
        # The tiles of one product have names of their own.
        scenes = format_some(titles if len(titles) == len(firsts) else [known.scene.strip("_., ") for _, known in firsts], 12)
        msg = tr("{given} holds several images: {scenes}. Choose a file of the one you mean.")
        raise InputError(msg.format(given=redacted(listing.given), scenes=scenes))
    group = next(iter(groups.values()), {})
    if listing.chosen in group and not group[listing.chosen].code:
        # Of several files with all bands, such as radiance and reflectance, the chosen one counts.
        group = {name: known for name, known in group.items() if known.code or name == listing.chosen}
    return group


def _holds(chosen: str, key: tuple[str, str, str], group: Found) -> bool:
    """Return whether a chosen file belongs to a scene: one of its bands, metadata named as it is, or any other file of its SAFE folder."""
    if chosen in group:
        return True
    known = band_file(chosen) if chosen.lower().endswith(_RASTERS) else None
    if known is not None and known.code not in _QUALITY:
        return False
    _, scene, folder = key
    beside = folder == folder_of(chosen) and base(chosen).casefold().startswith(scene)
    safe = ".safe/" in chosen.lower() or "/GRANULE/" in chosen or base(chosen).upper().startswith("MTD_MSI")
    # Metadata in the folder of a tile, or a file in one of its subfolders, means this tile.
    return beside or (safe and next(iter(group)).startswith(f"{_granule(chosen) or chosen.rpartition('/')[0]}/"))


def _from_names(found: Found, names: Sequence[str]) -> Product:
    """Return the product of files whose names say what they are."""
    first, scene = next((name, known) for name, known in found.items() if known.code not in _QUALITY)
    metadata = metadata_of(scene, first, names)
    sensor = SENSORS[scene.sensor]
    bands: list[SourceBand] = []
    for name, known in found.items():
        if known.code in _QUALITY:
            continue
        for band in [_single(name, known)] if known.code else _bands_of_file(RasterFile(name), known.sensor):
            code = known.code or f"B{band.number:02d}"
            scale, offset = metadata.of(code)
            bands.append(replace(band, scale=scale, offset=offset, nodata=metadata.nodata))
    # Of level 1C: processing baselines from 04.00 on classify pixels, earlier ones draw polygons.
    classes, outlines = (_in_tile(mask, first, names) for mask in ("MSK_CLASSI_B00.JP2", "MSK_CLOUDS_B00.GML"))
    quality = _quality(found) or (QualityBand(classes[0], "CLASSI") if classes else None)
    instrument = "ETM+" if metadata.satellite == "Landsat 7" else sensor.name
    notes = metadata.notes
    if sensor.equivalent and any(band.role == "nir_short" for band in bands) and any(band.role == "nir" for band in bands):
        notes = (*notes, tr("Of the scanner's two near-infrared bands, the one from 0.8 to 1.1 µm is taken; the other one is nir_short."))
    if quality is None and outlines:
        text = tr("Clouds are drawn as polygons in {file}, which no virtual raster can show: subtract them from the area that you map.")
        notes = (*notes, text.format(file=outlines[0]))
    return Product(
        name=_title(first, scene),
        bands=tuple(band for band in bands if band.role),
        sensor=metadata.satellite if instrument in metadata.satellite else f"{metadata.satellite} {instrument}",
        acquired=metadata.acquired,
        quality=quality,
        read=metadata.read,
        notes=notes,
    )


def _quality(found: Found) -> QualityBand | None:
    """Return the band that marks clouds, the best and finest of those named as the scene; refuse two."""
    ranked = [((_QUALITY.index(known.code), _size(name) or 0.0), name) for name, known in found.items() if known.code in _QUALITY]
    best = sorted(name for rank, name in ranked if rank == min(ranked)[0])
    if len(best) > 1:
        msg = tr("Several files may say which pixels are clear: {files}. Remove the copy.").format(files=listed(best))
        raise InputError(msg)
    return QualityBand(best[0], found[best[0]].code) if best else None


def _in_tile(wanted: str, first: str, names: Sequence[str]) -> list[str]:
    """Return the files of a name that are in the same tile of Sentinel-2 as another file."""
    return [name for name in names if base(name).upper() == wanted and _granule(name) == _granule(first)]


def _granule(name: str) -> str | None:
    """Return the folder of a tile of Sentinel-2 that a file is in."""
    folder, inside, rest = name.partition("/GRANULE/")
    return f"{folder}{inside}{rest.partition('/')[0]}" if inside else None


def _title(name: str, known: BandFile) -> str:
    """Return the name of a scene: of its SAFE folder, else what the names of its files begin with."""
    root = base(product_root(name))
    return root[: -len(".SAFE")] if root.upper().endswith(".SAFE") else known.scene.strip("_., ")


def _single(name: str, known: BandFile) -> SourceBand:
    sensor = SENSORS[known.sensor]
    return SourceBand(RasterFile(name), sensor.role(known.code), wavelength=sensor.wavelength(known.code), size=_size(name))


def _size(name: str) -> float | None:
    """Return the pixel size that the name of a Sentinel-2 band states."""
    found = re.search(r"_([126]0)m\.\w+$", name, re.IGNORECASE)
    return float(found[1]) if found else None


def _bands_of_file(raster: RasterFile, sensor: str = "") -> list[SourceBand]:
    """Return the bands of a file that holds all of them: by what it says of each, else in the order of its sensor or of its name."""
    infos = band_infos(raster)
    own = SENSORS[sensor] if sensor else None
    in_order = [role for role, _ in own.bands.values()] if own else order_in_name(raster.path)
    fits = len(in_order) == len(infos) or (len(in_order) == len(infos) - 1 and infos[-1].colour == "alpha")
    order = dict(enumerate(in_order, start=1)) if fits else {}
    try:
        chosen = dict(zip(find_bands(infos).numbers, ROLES))
    except InputError as error:
        if not order:
            msg = tr(
                "{file} doesn't say which of its bands are green, red and near infrared: use it as the image itself, and choose its bands "
                "by number. It has {bands}."
            ).format(file=redacted(raster.path), bands=format_some(infos, 40))
            raise InputError(msg) from error
        chosen = order
    codes, bands = band_codes(infos), []
    for info in infos:
        coded = codes.sensor.role(codes.of_band.get(info.number, "")) if codes is not None else ""
        role = chosen.get(info.number) or extra_role(info.description) or coded
        known = own.wavelength(f"B{info.number:02d}") if own and order.get(info.number) == role else None
        bands.append(SourceBand(raster, role, info.number, wavelength=info.wavelength or known))
    return [band for band in bands if band.role]


def _plain(listing: Listing) -> Product:
    """Return the product of files whose names aren't those of a known product: one with all bands, or several named by their bands."""
    rasters = [name for name in listing.names if name.lower().endswith(_RASTERS) and not _BESIDE.search(name)]
    masks = {file_stem(name)[: -len("_udm2")]: name for name in rasters if file_stem(name).lower().endswith("_udm2")}
    rasters = [name for name in rasters if name not in masks.values()]
    if listing.chosen and (len(rasters) < 2 or len(band_infos(listing.chosen)) > 1):
        rasters = [listing.chosen]
    if not rasters or len(rasters) > _MAX_PLAIN:
        msg = tr(
            "{given} holds no image of a known kind ({files}): choose a file of the image, or give its single-band files in the order "
            "green, red, near infrared."
        ).format(given=redacted(listing.given), files=listed(listing.names) or tr("no file"))
        raise InputError(msg)
    if len(rasters) == 1:
        raster = RasterFile(rasters[0])
        stem = file_stem(raster.path)
        quality = QualityBand(masks[stem], "UDM2") if stem in masks else None
        return Product(stem, tuple(_bands_of_file(raster)), acquired=dated(stem), quality=quality)
    if any(len(band_infos(name)) > 1 for name in rasters):
        msg = tr("{given} holds several images: {files}. Choose the one you mean.")
        raise InputError(msg.format(given=redacted(listing.given), files=listed(rasters)))
    _check_dates(rasters)
    product, unknown = _by_stems([RasterFile(name) for name in rasters])
    if product is None:
        msg = tr("The names of the files don't say which are green, red and near infrared ({files}): give single-band files in this order.")
        raise InputError(msg.format(files=listed(rasters)))
    notes = (tr("Not used, as the name says no band: {files}.").format(files=listed(unknown)),) if unknown else ()
    return replace(product, notes=notes)


def _by_stems(rasters: Sequence[RasterFile]) -> tuple[Product | None, list[str]]:
    """Return the product of single-band files named by their bands, such as lake_green.tif, and the files whose names say none.

    The product is None if the names don't say which are green, red and near infrared.
    """
    stems = [file_stem(raster.path) for raster in rasters]
    infos = [replace(band_infos(raster)[0], number=n) for n, raster in enumerate(rasters, start=1)]
    # What all names have in common, such as a place and a date, is of no band.
    words = [normalized(stem).split() for stem in stems]
    own = [" ".join(word for word in each if not all(word in other for other in words)) or stem for each, stem in zip(words, stems)]
    if not any((named_role(text) or ("",))[0] == "nir" for text in own):
        own = ["nir" if extra_role(text) == "nir_narrow" else text for text in own]
    try:
        numbers = find_bands([BandInfo(info.number, text, info.wavelength) for info, text in zip(infos, own)]).numbers
    except InputError:
        return None, []
    roles = dict(zip(numbers, ROLES))
    bands = [
        SourceBand(raster, roles.get(info.number) or extra_role(text), wavelength=info.wavelength)
        for info, raster, text in zip(infos, rasters, own)
    ]
    unknown = [band.raster.path for band in bands if not band.role]
    return Product(stems[0], tuple(band for band in bands if band.role), acquired=_date(stems)), unknown


def _by_order(rasters: Sequence[RasterFile], extra: Sequence[str]) -> Product:
    """Return the product of single-band files whose names say nothing, or nothing against the order given."""
    roles, files = (*ROLES, *extra), [raster.path for raster in rasters]
    if len(rasters) != len(roles):
        msg = tr("{count} files are given ({files}) for {roles}: give one each, in this order, or name the others' roles in Extra bands.")
        raise InputError(msg.format(count=len(rasters), files=listed(files), roles=", ".join(roles)))
    for role, file in zip(roles, files):
        named = named_role(file_stem(file))
        claimed = named[0] if named is not None else extra_role(file_stem(file))
        if claimed and claimed != role:
            msg = tr("By the order given {file} would be {role}, but its name says {claimed}: give the files in the order {roles}.")
            raise InputError(msg.format(file=file_name(file), role=role, claimed=claimed, roles=", ".join(roles)))
    pairs = ", ".join(f"{role}: {file_name(file)}" for role, file in zip(roles, files))
    note = tr("The names of the files don't say which bands they are, so the order counts: {pairs}.").format(pairs=pairs)
    stems = [file_stem(file) for file in files]
    return Product(stems[0], tuple(map(SourceBand, rasters, roles)), acquired=_date(stems), notes=(note,))


def _check_dates(files: Sequence[str]) -> None:
    """Refuse files of different dates: by their names, or if these state none, by those of their folders."""
    by_name: dict[object, str] = {date: file for file in files if (date := dated(file_stem(file)))}
    _refuse_several(by_name or {date: file for file in files if (date := dated(base(folder_of(file))))})


def _refuse_several(files: Mapping[object, str]) -> None:
    """Refuse files of more than one scene or date, of each of which one is given."""
    if len(files) > 1:
        msg = tr("The files are of different scenes or dates: {files}. Give those of one.").format(files=listed(sorted(files.values())))
        raise InputError(msg)


def _date(stems: Sequence[str]) -> str:
    return next((date for stem in stems if (date := dated(stem))), "")
