"""Removal of credentials from names, addresses and messages before they reach logs, reports and files.

Everything a run writes goes through `redacted`. It recognises credentials by position: user and password before a host, the query of a
URL, options of GDAL and QGIS, and values of keys named like a credential.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

MARK = "…"

# Characters that end an address in a sentence or document; in a list, a separator followed by another path or URL ends it.
_STOP = r"\s\"“”<>|}"
_NEXT = r"(?=[;,]\s*(?:/|\\\\|[A-Za-z]:[\\/]|[A-Za-z][\w+.-]*://))"

# Lone surrogates can't be encoded, and a NUL ends a C string early.
_UNWRITABLE = re.compile(r"[\x00\ud800-\udfff]")

# GDAL's own options around an address may contain headers: only the address is kept.
_VSICURL = re.compile(rf"/vsi(?:curl|curl_streaming)\?(?:[^\"\n]*?&)?url=([^&{_STOP}]+)(?:&[^{_STOP}]*)?", re.IGNORECASE)
_VSI_OPTIONS = re.compile(rf"(/vsi\w+)\?[^\"\n|]*?(?={_NEXT}|[\"\n|}}]|$)")

# A password may contain characters that aren't valid in a URL. A port is not a password. As a path, an address has only one slash.
_USER = re.compile(r"(?:(?<=://)/*|(?<=:\\/\\/)|(?<=[A-Za-z]{2}:/)(?!/))(?:[^\s/@:\"']+:(?!\d+(?:/|$))[^\s@\"]*@|[^\s/?#]*@)+")
_QUERY = re.compile(rf"(://[^{_STOP}?#]*|/vsi[^{_STOP}?#]*)(?:\?|\#(?=[^{_STOP}]*=))[^{_STOP}]*?(?={_NEXT}|[{_STOP}]|$)")
_LOOSE_QUERY = re.compile(rf"(?<=[^\s])\?[^{_STOP}]*=[^{_STOP}]*?(?={_NEXT}|[{_STOP}]|$)")

# Options that QGIS appends to a source; user and password of Oracle and ODBC, which precede the database.
_SUFFIX = re.compile(r"\|(option|credential):([\w.-]*)=?[^|\n\"]*", re.IGNORECASE)
_ORACLE = re.compile(rf"\b((?:OCI|GEORASTER|GEOR):)(?!{MARK})[^\s/,]+[/,][^\s@,]+|\b(ODBC:)(?!{MARK})[^\s/@,]+/[^\s@]+(?=@)", re.IGNORECASE)

_WORDS = (
    r"pass(?:word|wd|phrase)|pwd|token|secret|signature|bearer|authori[sz]ation|credential|cookie|authcfg"
    r"|(?:api|access|account|private|shared|subscription|security|client)[-_]?key(?:[-_]?id)?|shared[-_]?access"
)
# Text after a file name, as in “token.tif: 12 of 20 pixels”, is not the value of a key.
_FILE = "".join(
    rf"(?<!\.{ending})" for ending in ("tif", "tiff", "vrt", "jp2", "img", "nc", "gpkg", "shp", "geojson", "json", "csv", "zip")
)
_KEY = rf"(?<![\w.-])[\w.-]*(?:{_WORDS})[\w.-]*{_FILE}|(?<![\w.-])(?:sig|sas|pass|auth|jsessionid)|http-header:[\w.-]+"
# Not followed by the mark: that value has already been removed.
_SIGN = rf"[\\\"']*\s*(?:=>|[=:])\s*(?!{MARK})"
# A header goes on to its end: a cookie, or a digest, has several parts.
_HEADER = re.compile(
    rf"((?<![\w.-])(?:http-header:[\w.-]+|(?:set-)?cookie|(?:proxy-)?authori[sz]ation){_SIGN})(?!\s)[^\n\"'&|<>]+", re.IGNORECASE
)
_TEXT = r"\\+\"(?:(?!\\+\").)*\\+\"|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.|'')*'|\{[^}]*\}"
_SCHEME = r"(?:(?:Bearer|Basic|Digest|Token|ApiKey|Negotiate|AWS4-HMAC-SHA256)\s+)?"
_VALUE = re.compile(rf"({_KEY})({_SIGN})(?:{_TEXT}|{_SCHEME}[^\s\"'&|]+)", re.IGNORECASE)
_ELEMENT = re.compile(rf"(<\w*(?:{_WORDS})\w*>)(?!{MARK})[^<]+", re.IGNORECASE)
_BEARER = re.compile(r"\b(Bearer|Basic)\s+(?=[\w.~+/=-]*\d)[\w.~+/=-]{8,}")

# A word with percent-encoded delimiters such as %3A. Matching only from the start of a word keeps the time linear.
_ENCODED = re.compile(r"(?<![^\s\"'“”<>|])[^\s\"'“”<>|]*%(?:25)*(?:3[aAdDfF]|2[0267fF]|40|7[cC])[^\s\"'“”<>|]*")

_STEPS: tuple[tuple[re.Pattern[str], str], ...] = (
    (_VSI_OPTIONS, rf"\1?{MARK}"),
    (_SUFFIX, rf"|\1:\2={MARK}"),
    (_USER, f"{MARK}@"),
    (_QUERY, rf"\1?{MARK}"),
    (_LOOSE_QUERY, f"?{MARK}"),
    (_ORACLE, rf"\1\2{MARK}"),
    (_HEADER, rf"\1{MARK}"),
    (_VALUE, rf"\1\2{MARK}"),
    (_ELEMENT, rf"\1{MARK}"),
    (_BEARER, rf"\1 {MARK}"),
)


def redacted(text: str) -> str:
    """Return a name or message with credentials removed: URL queries (such as signatures), users, passwords, tokens and headers.

    “…” marks what was removed, and “�” replaces characters that can't be encoded. Redacting twice changes nothing.

    >>> redacted("https://user@example.org/scene.tif?X-Amz-Signature=abc")
    'https://…@example.org/scene.tif?…'
    >>> redacted("water.tif holds 12 of 20 pixels")
    'water.tif holds 12 of 20 pixels'
    """
    text = _UNWRITABLE.sub("\ufffd", text)
    text = _VSICURL.sub(lambda found: f"/vsicurl/{unquote(found[1], errors='replace')}", text)
    for pattern, replacement in _STEPS:
        text = pattern.sub(replacement, text)
    return _ENCODED.sub(_look_inside, text) if "%" in text else text


def _look_inside(found: re.Match[str]) -> str:
    """Redact percent-encoded text; leave it encoded if it holds no credentials."""
    plain = unquote(found[0], errors="replace")
    if plain == found[0]:
        return plain
    hidden = redacted(plain)
    return found[0] if hidden == plain else hidden


def without_query(name: str) -> str:
    """Return a name; of an address, without its query and credentials, as it would be called on a disk.

    A signature may hold slashes, and the dates of its beginning and end are none of the image.

    >>> without_query("/vsicurl/https://example.org/green_20200812.tif?X-Amz-Date=20261127T120000Z")
    '/vsicurl/https://example.org/green_20200812.tif'
    """
    return redacted(name).replace(f"?{MARK}", "") if "://" in name or name.startswith("/vsi") else name


def display_name(name: str, max_length: int = 255) -> str:
    """Return a name for use in a file or message: redacted and on one line.

    Args:
        name: as given.
        max_length: in characters; longer names are truncated.
    """
    line = re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", redacted(name))
    return line if len(line) <= max_length else line[: max_length - 1] + MARK
