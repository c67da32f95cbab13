"""What a band's description says: the part of the spectrum it names, and its wavelength."""

from __future__ import annotations

import re
import unicodedata

from ..bands import ROLES

# Words in a description that don't change which band it is. With any other word it is another band ("red dispersion"), unless the word
# occurs in the descriptions of all three bands ("olinda green", "olinda red", "olinda nir").
_NEUTRAL_WORDS = re.compile(
    r"bands?|ch|channel|layer|no|nr|number|[bmrs]|sur|surface|refl|reflectance|sr|toa|boa|rho|rrs|radiance|rad|dn|raw|values?|data|image|"
    r"scaled|corrected|calibrated|spectral|vis|visible|light|wavelengths?|cent(?:re|er|ral)|nm|um|µm|(?:nano|micro)met(?:er|re)s?|microns?|"
    r"composite|mosaic|median|mean|broad|wide|broadband|resolution|met(?:er|re)s?|at|of|the|and|sentinel|landsat|planet|planetscope|dove|"
    r"rapideye|spot|pleiades|worldview|modis|naip|msi|oli|tm|etm|plus"
)
# A description with one of these words isn't about reflectance, but about quality, statistics or other quantities.
_NOT_REFLECTANCE = re.compile(
    r"\b(uncertaint\w*|err|error\w*|sigma|std\w*|stdev|sd|se|deviation|var|variance|rmse|noise|snr|mask\w*|qa|qc|quality|flag\w*|cloud\w*|"
    r"shadow\w*|snow|count\w*|nobs|obs\w*|angle\w*|azimuth|zenith|date\w*|doy|age|confidence|prob\w*|saturat\w*|fill|valid\w*|weight\w*|"
    r"class\w*|index|ratio|diff\w*|anomal\w*|trend|slope|texture|entropy|nd[a-z]i|m?savi|evi\d*|chlorophyll|greenness|brightness|wetness|lai)\d*\b"
)
# Parts of the spectrum other than green, red and broad near infrared.
_OTHER_BANDS = re.compile(
    r"\b(edge|rededge|re|narrow|short|swir|mid|mir|mwir|long|lwir|far|fir|thermal|tir|tirs|st|pan|panchromatic|coastal|aerosol|blue|cyan|"
    r"violet|ultraviolet|uv|yellow|orange|purple|magenta|cirrus|vapou?r|vegetation)\d*\b"
)
_ROLE_WORDS = {
    "green": re.compile(r"\bgreen\d*\b"),
    "red": re.compile(r"\bred\d*\b"),
    # STAC calls Sentinel-2's water vapour band nir09.
    "nir": re.compile(r"\bnir(?!0?9\b)\d*\b|\bpir\b"),
}
_EXTRA_WORDS = {
    "coastal": re.compile(r"coastal(?: (?:blue|aerosol))?"),
    "blue": re.compile(r"blue"),
    "green_i": re.compile(r"green i"),
    "yellow": re.compile(r"yellow"),
    **{f"rededge{n}": re.compile(rf"(?:red ?edge|re) ?{n}" + ("?" if n == 1 else "")) for n in (1, 2, 3)},
    "nir_narrow": re.compile(r"narrow nir|nir narrow"),
    "swir1": re.compile(r"swir ?(?:1|16)"),
    "swir2": re.compile(r"swir ?(?:2|22)"),
    "pan": re.compile(r"pan(?:chromatic)?"),
}
# Plain “infrared” means near infrared, as in colour-infrared aerial images; with a number it may be any infrared band.
_BARE_INFRARED = re.compile(r"\b(infrared|ir)\b")

# Outside these limits, in nm, a band is rejected for a role whatever its description or file name says.
WAVELENGTH_LIMITS = {"green": (495.0, 610.0), "red": (590.0, 702.0), "nir": (725.0, 1100.0)}
_NANOMETRES = {"nm": 1.0, "nan": 1.0, "um": 1e3, "µm": 1e3, "mic": 1e3, "ang": 0.1, "å": 0.1}
_WAVELENGTH_IN_TEXT = re.compile(r"(\d+(?:\.\d+)?)(?: ?(?:-|–|to) ?(\d+(?:\.\d+)?))? ?(nm|nanomet\w+|um|µm|micromet\w+|microns?)(?![a-z])")
_BARE_NUMBER = re.compile(r"(?<![^\W_])(?<!\.)(\d{1,2}\.\d+|\d{3,5})(?![\w.])")

# A band's number in words, with nothing else that could change what it is: Band 2, band 2 reflectance, SR_B2, B02 (Raw).
_BAND_NUMBER = re.compile(r"(?:(?:sr|toa|boa|surface|top of atmosphere)\s)*(?:band|b|ch)\s?0?(\d{1,2})(?![\d.])\b(.*)")


def nanometres(value: float, unit: str) -> float | None:
    """Convert a wavelength to nanometres.

    Args:
        value: the wavelength in its unit.
        unit: such as "nm", "Micrometers" or "Å"; "" = micrometres for values below 100, nanometres from 100.

    Returns:
        The wavelength in nm, or None if the unit is unknown, such as a wavenumber's, or the value isn't in the optical range.
    """
    unit = unit.strip().lower().replace("μ", "µ")
    length = value * (_NANOMETRES.get(unit[:3], 0.0) if unit else 1e3 if value < 100 else 1.0)
    return length if 100 <= length <= 20000 else None


def normalized(description: str) -> str:
    """Normalize a description: lower case, words separated by spaces, every spelling of near infrared as `nir`."""
    text = unicodedata.normalize("NFKC", re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", description)).lower().replace("μ", "µ")
    text = re.sub(r"[\W_]+", " ", text).strip()
    text = re.sub(r"infra ?red(?![a-z])", "infrared", text)
    return re.sub(r"\bnear ?(infrared|ir)\b|\bproche infrarouge\b|\binfrarouge proche\b|\bn ir\b", "nir", text)


def named_role(description: str) -> tuple[str, frozenset[str]] | None:
    """Return the role that a description names, and its words that aren't neutral; None if it names no role."""
    text = normalized(description)
    claimed = [role for role in ROLES if _ROLE_WORDS[role].search(text)]
    if not claimed and not re.search(r"\d", text) and _BARE_INFRARED.search(text):
        claimed, text = ["nir"], _BARE_INFRARED.sub("nir", text)
    if not claimed or _NOT_REFLECTANCE.search(text) or _OTHER_BANDS.search(text):
        return None
    unknown = [word for word in _ROLE_WORDS[claimed[0]].sub("", text).split() if not _NEUTRAL_WORDS.fullmatch(word) and word.isalpha()]
    low, high = WAVELENGTH_LIMITS[claimed[0]]
    for number in [] if wavelength_in_text(description) else map(float, _BARE_NUMBER.findall(description)):
        # A bare number may be a wavelength; years are not.
        length = nanometres(number, "")
        if length is not None and length >= 300 and not 1970 <= number < 2040 and not low <= length <= high:
            return None
    return claimed[0], frozenset(unknown)


def wavelength_in_text(description: str) -> float | None:
    """Return the wavelength in nm that a description gives with its unit, or the middle of a range."""
    match = _WAVELENGTH_IN_TEXT.search(unicodedata.normalize("NFKC", description).lower().replace("μ", "µ"))
    if match is None:
        return None
    ends = [float(end) for end in match.groups()[:2] if end is not None]
    return nanometres(sum(ends) / len(ends), match[3])


def is_reflectance(description: str) -> bool:
    """Return whether a description isn't about quality, statistics or another quantity."""
    return not _NOT_REFLECTANCE.search(normalized(description))


def band_number(description: str) -> int | None:
    """Return the band number that a description gives in words, such as “band 2 reflectance”; None if it says anything else."""
    found = _BAND_NUMBER.fullmatch(normalized(description))
    if found is None or not is_reflectance(description) or not all(_NEUTRAL_WORDS.fullmatch(word) for word in found[2].split()):
        return None
    return int(found[1])


def extra_role(description: str) -> str:
    """Return the role of a band other than green, red and near infrared that a description names, such as swir1; "" if it names none."""
    text = normalized(description)
    words = [word for word in text.split() if not _NEUTRAL_WORDS.fullmatch(word)]
    return next((role for role, pattern in _EXTRA_WORDS.items() if pattern.fullmatch(" ".join(words))), "")
