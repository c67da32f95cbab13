"""Which band is which: found by what the file says, never by position."""

import pytest

from ipeo_water_plugin.core.bands import BandInfo, find_bands
from ipeo_water_plugin.core.errors import InputError


def described(*descriptions: str) -> list[BandInfo]:
    return [BandInfo(n, text) for n, text in enumerate(descriptions, start=1)]


def filed(*names: str) -> list[BandInfo]:
    return [BandInfo(n, file=f"/data/{name}") for n, name in enumerate(names, start=1)]


@pytest.mark.parametrize(
    ("infos", "numbers", "way"),
    [
        (described("green", "red", "nir"), (1, 2, 3), "description"),
        (described("NIR", "Red", "Green"), (3, 2, 1), "description"),
        (described("Band 3 - Green", "Band 4 - Red", "Band 5 - Near Infrared (NIR)"), (1, 2, 3), "description"),
        (described("blue", "green", "red", "red edge 1", "nir", "narrow nir", "swir1"), (2, 3, 5), "description"),
        (described("B02", "B03", "B04", "B08"), (2, 3, 4), "description"),
        (described("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12"), (3, 4, 8), "description"),
        ([BandInfo(n, wavelength=w) for n, w in enumerate((443, 490, 560, 665, 705, 842, 865, 1610), 1)], (3, 4, 6), "wavelength"),
        ([BandInfo(n, colour=c) for n, c in enumerate(("nir", "red", "green"), 1)], (3, 2, 1), "colour"),
        (
            filed("T33UUU_20170216T102101_B03.jp2", "T33UUU_20170216T102101_B04.jp2", "T33UUU_20170216T102101_B08.jp2"),
            (1, 2, 3),
            "file name",
        ),
        (
            filed("T33UUU_20220216T102101_B8A_20m.jp2", "T33UUU_20220216T102101_B04_20m.jp2", "T33UUU_20220216T102101_B03_20m.jp2"),
            (3, 2, 1),
            "file name",
        ),
        (filed(*(f"LC08_L2SP_193024_20200101_20200823_02_T1_SR_B{b}.TIF" for b in (2, 3, 4, 5))), (2, 3, 4), "file name"),
        (filed(*(f"LE07_L2SP_193024_20000101_20200823_02_T1_SR_B{b}.TIF" for b in (2, 3, 4, 5))), (1, 2, 3), "file name"),
        (filed(*(f"LT05_L1TP_193024_19900101_20200823_02_T1_B{b}.TIF" for b in (1, 2, 3, 4))), (2, 3, 4), "file name"),
    ],
)
def test_bands_are_found(infos: list[BandInfo], numbers: tuple[int, ...], way: str) -> None:
    roles = find_bands(infos)
    assert roles.numbers == numbers
    assert way in roles.found_by


@pytest.mark.parametrize(
    "infos",
    [
        described("", "", ""),
        # A false-colour picture shows near infrared as red: colours alone must not decide.
        [BandInfo(n, colour=c) for n, c in enumerate(("red", "green", "blue"), 1)],
        # Landsat's and Sentinel-2's codes disagree, and nothing says which this is.
        described("B1", "B2", "B3", "B4", "B5"),
        described("green", "green", "red"),
        filed("LC08_L2SP_1_SR_B3.TIF", "LE07_L2SP_1_SR_B3.TIF", "LC08_L2SP_1_SR_B5.TIF"),
        described("red edge", "swir", "green"),
    ],
)
def test_no_guess_by_position(infos: list[BandInfo]) -> None:
    with pytest.raises(InputError, match=r"can't be told from the image, which has \d bands?: 1 \("):
        find_bands(infos)


def test_colour_fills_no_gap_that_a_false_colour_picture_would_fill_wrongly() -> None:
    infos = [BandInfo(1, "nir", colour="red"), BandInfo(2, "", colour="green"), BandInfo(3, "", colour="blue")]
    with pytest.raises(InputError, match="green and red band"):
        find_bands(infos)


def test_what_the_user_chooses_counts() -> None:
    roles = find_bands(described("", "red", "nir", "green"), green=1)
    assert (roles.names, roles.numbers) == (("green", "red", "nir"), (1, 2, 3))
    assert "chosen" in roles.found_by
    with pytest.raises(InputError, match="chosen twice"):
        find_bands(described("green", "red", "nir"), green=2)
    for number in (0, -1, 4):
        with pytest.raises(InputError, match=f"Band {number} is out of range"):
            find_bands(described("green", "red", "nir"), green=number)


def test_extra_bands_get_names_of_their_own() -> None:
    infos = [*described("green", "red", "nir", "swir 1", "swir 1", "red"), BandInfo(7)]
    roles = find_bands(infos, red=2, extra=(4, 5, 6, 7))
    assert roles.names == ("green", "red", "nir", "swir_1", "swir_1_2", "red_2", "band_7")
    assert roles.numbers == (1, 2, 3, 4, 5, 6, 7)
    with pytest.raises(InputError, match="chosen twice"):
        find_bands(infos, red=2, extra=(3,))
    with pytest.raises(InputError, match="out of range"):
        find_bands(infos, red=2, extra=(0,))
