"""Names of rasters for logs and files: what gives access to a server is left out of them."""

from __future__ import annotations

import re
from urllib.parse import unquote

# What ends a name inside a sentence.
_END = r"\s\"'“”<>|,;)\]"

# GDAL takes an address among options of its own, which may be headers.
_VSICURL = re.compile(rf"/vsicurl\?(?:[^{_END}]*&)?url=([^&{_END}]+)[^{_END}]*")
_QUERY = re.compile(rf"(?<=[^\s])\?[^{_END}]*=[^{_END}]*")
_USER = re.compile(r"(?<=://)[^/\s@]+@")
_WORDS = r"pass(?:word|wd)|pwd|token|secret|signature|authorization|credential|api_?key|access_?key(?:_?id)?"
_VALUE = re.compile(rf"\b(\w*(?:{_WORDS})\w*\s*[=:]\s*)(?:Bearer |Basic )?(?:'[^']*'|\"[^\"]*\"|[^{_END}&]+)", re.IGNORECASE)


def concealed(text: str) -> str:
    """Return a name or message without what opens a door: queries of addresses, as of signed ones, users, passwords and tokens."""
    text = _VSICURL.sub(lambda found: f"/vsicurl/{unquote(found[1])}", text)
    text = _QUERY.sub("?…", text)
    return _VALUE.sub(r"\1…", _USER.sub("…@", text))
