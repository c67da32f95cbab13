"""A report as a value, and how it becomes one HTML file: it asks the network for nothing, and every text from data is escaped."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Union

from ..errors import WaterError
from ..system.redaction import redacted
from ..translation import language, tr

GOOD, CAUTION, BAD = "good", "caution", "bad"


@dataclass(frozen=True)
class Paragraph:
    """Plain text."""

    kind: ClassVar[str] = "paragraph"
    text: str


@dataclass(frozen=True)
class Statement:
    """A sentence on whether to trust the result; `level` is good, caution or bad."""

    level: str
    text: str


@dataclass(frozen=True)
class Statements:
    """Several of them."""

    kind: ClassVar[str] = "statements"
    items: tuple[Statement, ...]


@dataclass(frozen=True)
class Drawing:
    """A figure: SVG made by `figures`, a title, and a caption that says how to read it."""

    kind: ClassVar[str] = "drawing"
    title: str
    svg: str
    caption: str
    wide: bool = False


@dataclass(frozen=True)
class Cloud:
    """Points in space that can be turned, and a drawing of them for where no script runs."""

    kind: ClassVar[str] = "cloud"
    title: str
    svg: str
    data: Mapping[str, Any]
    description: str
    caption: str


@dataclass(frozen=True)
class Table:
    """Rows of texts; the first column names the row, and `numeric` sets the others flush right."""

    kind: ClassVar[str] = "table"
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    numeric: bool = True


@dataclass(frozen=True)
class Confusion:
    """A confusion matrix with labelled axes: rows are the reference, columns what was mapped, both (water, not water)."""

    kind: ClassVar[str] = "confusion"
    title: str
    cells: tuple[tuple[str, str], tuple[str, str]]
    shares: tuple[tuple[str, str], tuple[str, str]]
    caption: str


@dataclass(frozen=True)
class Code:
    """Text to copy."""

    kind: ClassVar[str] = "code"
    label: str
    text: str


@dataclass(frozen=True)
class Picture:
    """A raster image as a data URI, and what it shows."""

    uri: str
    title: str
    caption: str
    legend: bool = False


@dataclass(frozen=True)
class Pictures:
    """Raster images side by side."""

    kind: ClassVar[str] = "pictures"
    items: tuple[Picture, ...]


Block = Union[Paragraph, Statements, Drawing, Cloud, Table, Confusion, Code, Pictures]


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Tile:
    """A figure that stands out at the top, and what it is."""

    value: str
    label: str


@dataclass(frozen=True)
class Page:
    """A whole report."""

    title: str
    lead: str
    tiles: tuple[Tile, ...]
    sections: tuple[Section, ...]


def render(page: Page, folder: Path, version: str) -> str:
    """Return the page as HTML that needs nothing beside it.

    Args:
        page: the report.
        folder: holds its template, style and script.
        version: of the plugin, for the last line.

    Raises:
        WaterError: jinja2 is missing.
    """
    try:
        import jinja2  # noqa: PLC0415
    except ImportError as error:
        msg = tr("A report needs jinja2, which comes with QGIS but which this Python lacks: install it, or run without a report.")
        raise WaterError(msg) from error
    style, script = ((folder / name).read_text(encoding="utf-8") for name in ("report.css", "cloud.js"))
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    environment.filters["as_json"] = _as_json
    template = environment.from_string((folder / "report.html").read_text(encoding="utf-8"))
    policy = f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    return template.render(
        page=_to_be_sent(page), style=style, script=script, policy=policy, version=version, words=_words(version), language=language()
    )


def _to_be_sent(value: Any) -> Any:
    """Return a page, or a part of one, whose texts hold no credentials. Drawings and pictures are the plugin's own."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, tuple):
        return tuple(map(_to_be_sent, value))
    if is_dataclass(value) and not isinstance(value, type):
        own = {field.name: getattr(value, field.name) for field in fields(value)}
        return replace(value, **{name: _to_be_sent(inner) for name, inner in own.items() if name not in {"svg", "uri", "data"}})
    return value


def _words(version: str) -> dict[str, str]:
    """Return what the template says of its own."""
    return {
        "mapped": tr("Mapped"),
        "reference": tr("Reference"),
        "water": tr("water"),
        "other": tr("not water"),
        "footer": tr("Made by IPEO Water {version}. This page asks the network for nothing: keep it, print it or send it as it is.").format(
            version=version
        ),
    }


def _hash(text: str) -> str:
    """Return the source expression by which a content security policy lets this text, and no other, act."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _as_json(value: Any) -> str:
    """Write JSON that can stand in a script element: no character that could end it."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
