"""The door through which names, addresses and messages leave for logs, reports and files: without what gives access to a server.

Everything that a run writes or says goes through `redacted`. What it removes is recognised by where it stands: users and passwords
before a host, queries of addresses, options of GDAL and QGIS, and values of keys that are called like a credential.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

MARK = "…"

# What ends an address inside a sentence, a list or a document; a list goes on with another name.
_STOP = r"\s\"“”<>|}"
_NEXT = r"(?=[;,]\s*(?:/|\\\\|[A-Za-z]:[\\/]|[A-Za-z][\w+.-]*://))"

# Half a character can't be written or shown, and a zero ends a message early in C.
_UNWRITABLE = re.compile(r"[\x00\ud800-\udfff]")

# An address among options of GDAL's own, which may be headers: the address alone is kept.
_VSICURL = re.compile(rf"/vsi(?:curl|curl_streaming)\?(?:[^\"\n]*?&)?url=([^&{_STOP}]+)(?:&[^{_STOP}]*)?", re.IGNORECASE)
_VSI_OPTIONS = re.compile(rf"(/vsi\w+)\?[^\"\n|]*?(?={_NEXT}|[\"\n|}}]|$)")

# A password may hold what has no place in an address. A port is no password.
_USER = re.compile(r"(?<=://)(?:[^\s/@:\"']+:(?!\d+(?:/|$))[^\s@\"]*@|[^\s/?#]*@)+")
_QUERY = re.compile(rf"(://[^{_STOP}?#]*|/vsi[^{_STOP}?#]*)(?:\?|\#(?=[^{_STOP}]*=))[^{_STOP}]*?(?={_NEXT}|[{_STOP}]|$)")
_LOOSE_QUERY = re.compile(rf"(?<=[^\s])\?[^{_STOP}]*=[^{_STOP}]*?(?={_NEXT}|[{_STOP}]|$)")

# What QGIS appends to a source; Oracle's user and password, which stand before the database.
_SUFFIX = re.compile(r"\|(option|credential):([\w.-]*)=?[^|\n\"]*", re.IGNORECASE)
_ORACLE = re.compile(r"\b((?:OCI|GEORASTER|GEOR):)[^\s/,]+[/,][^\s@,]+", re.IGNORECASE)

_WORDS = (
    r"pass(?:word|wd|phrase)|pwd|token|secret|signature|bearer|authori[sz]ation|credential|cookie|authcfg"
    r"|(?:api|access|account|private|shared|subscription|security|client)[-_]?key(?:[-_]?id)?|shared[-_]?access"
)
# What follows the name of a file, such as “token.tif: 12 of 20 pixels”, is no value of a key.
_FILE = "".join(
    rf"(?<!\.{ending})" for ending in ("tif", "tiff", "vrt", "jp2", "img", "nc", "gpkg", "shp", "geojson", "json", "csv", "zip")
)
_KEY = rf"(?<![\w.-])[\w.-]*(?:{_WORDS})[\w.-]*{_FILE}|(?<![\w.-])(?:sig|sas|jsessionid)|http-header:[\w.-]+"
# Not before what stands for a value that went already.
_SIGN = rf"[\\\"']*\s*(?:=>|[=:])\s*(?!{MARK})"
_TEXT = r"\\+\"(?:(?!\\+\").)*\\+\"|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.|'')*'|\{[^}]*\}"
_SCHEME = r"(?:(?:Bearer|Basic|Digest|Token|ApiKey|Negotiate|AWS4-HMAC-SHA256)\s+)?"
_VALUE = re.compile(rf"({_KEY})({_SIGN})(?:{_TEXT}|{_SCHEME}[^\s\"'&|]+)", re.IGNORECASE)
_ELEMENT = re.compile(rf"(<\w*(?:{_WORDS})\w*>)(?!{MARK})[^<]+", re.IGNORECASE)
_BEARER = re.compile(r"\b(Bearer|Basic)\s+(?=[\w.~+/=-]*\d)[\w.~+/=-]{8,}")

# A run of characters that spells a delimiter of an address as %3A and the like; begun at its start alone, so that none takes long.
_ENCODED = re.compile(r"(?<![^\s\"'“”<>|])[^\s\"'“”<>|]*%(?:25)*(?:3[aAdDfF]|2[0267fF]|40|7[cC])[^\s\"'“”<>|]*")

_STEPS: tuple[tuple[re.Pattern[str], str], ...] = (
    (_VSI_OPTIONS, rf"\1?{MARK}"),
    (_SUFFIX, rf"|\1:\2={MARK}"),
    (_USER, f"{MARK}@"),
    (_QUERY, rf"\1?{MARK}"),
    (_LOOSE_QUERY, f"?{MARK}"),
    (_ORACLE, rf"\1{MARK}"),
    (_VALUE, rf"\1\2{MARK}"),
    (_ELEMENT, rf"\1{MARK}"),
    (_BEARER, rf"\1 {MARK}"),
)


def redacted(text: str) -> str:
    """Return a name or message without credentials: queries of addresses, as of signed ones, users, passwords, tokens, headers.

    Where something was removed stands “…”. What no text can hold becomes “�”. A text that went through already stays as it is.
    """
    text = _UNWRITABLE.sub("\ufffd", text)
    text = _VSICURL.sub(lambda found: f"/vsicurl/{unquote(found[1], errors='replace')}", text)
    for pattern, replacement in _STEPS:
        text = pattern.sub(replacement, text)
    return _ENCODED.sub(_look_inside, text) if "%" in text else text


def _look_inside(found: re.Match[str]) -> str:
    """Conceal what is spelled with percent signs; where nothing has to be, the spelling stays."""
    plain = unquote(found[0], errors="replace")
    if plain == found[0]:
        return plain
    hidden = redacted(plain)
    return found[0] if hidden == plain else hidden


def display_name(name: str, most: int = 255) -> str:
    """Return a name as it may stand in a file or a sentence: redacted, on one line, of bounded length."""
    line = re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", redacted(name))
    return line if len(line) <= most else line[: most - 1] + MARK
