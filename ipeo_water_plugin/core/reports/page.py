"""Content of a report, and its rendering as one HTML file that loads nothing from the network; all text is escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Union

from ..errors import WaterError
from ..system.redaction import redacted
from ..translation import language, tr

GOOD, CAUTION, BAD = "good", "caution", "bad"


@dataclass(frozen=True)
class Paragraph:
    """Plain text."""

    text: str


@dataclass(frozen=True)
class Statement:
    """A statement on whether to trust the result; `level` is GOOD, CAUTION or BAD."""

    level: str
    text: str


@dataclass(frozen=True)
class Statements:
    """A list of statements."""

    items: tuple[Statement, ...]


@dataclass(frozen=True)
class Drawing:
    """A figure: SVG made by `figures`, a title, and a caption that explains it."""

    title: str
    svg: str
    caption: str
    wide: bool = False


@dataclass(frozen=True)
class ScatterPlot:
    """An interactive 3D scatter plot, and a static drawing for pages without scripts."""

    title: str
    svg: str
    data: Mapping[str, Any]
    description: str
    caption: str


@dataclass(frozen=True)
class Table:
    """A table; the first column holds row headings, and `numeric` right-aligns the others."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    numeric: bool = True


@dataclass(frozen=True)
class Confusion:
    """A confusion matrix: rows are the reference, columns the map, both (water, not water)."""

    title: str
    cells: tuple[tuple[str, ...], ...]
    shares: tuple[tuple[str, ...], ...]
    caption: str


@dataclass(frozen=True)
class Code:
    """Text to be copied."""

    label: str
    text: str


@dataclass(frozen=True)
class Mark:
    """A dot on a picture: its place in pixels from the upper left corner, a label, and GOOD, CAUTION or BAD."""

    x: float
    y: float
    label: str
    level: str


@dataclass(frozen=True)
class Picture:
    """A raster image as a data URI, with title and caption, and marks on it; `size` is its width and height in pixels."""

    uri: str
    size: tuple[int, int]
    title: str
    caption: str
    legend: bool = False
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Pictures:
    """Raster images side by side."""

    items: tuple[Picture, ...]


Block = Union[Paragraph, Statements, Drawing, ScatterPlot, Table, Confusion, Code, Pictures]


@dataclass(frozen=True)
class Section:
    """A heading and the blocks below it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Tile:
    """A key figure at the top of the page, and its label; faint where too little supports it."""

    value: str
    label: str
    faint: bool = False


@dataclass(frozen=True)
class Page:
    """A whole report."""

    title: str
    lead: str
    tiles: tuple[Tile, ...]
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class RunRecord:
    """How a run can be done again: a line for a shell, the versions of what took part, and what to do before the line works."""

    command: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def repetition(run: RunRecord, *tables: Table) -> Section:
    """Return the section on how to repeat a run.

    Args:
        run: to be repeated.
        tables: settings, versions and the like; none = the versions of the run.
    """
    shown = tables or (Table((tr("program"), tr("version")), tuple(run.versions.items()), numeric=False),)
    return Section(tr("Repeat this run"), (*map(Paragraph, run.notes), Code(tr("Command line"), run.command), *shown))


def render(page: Page, folder: Path, version: str) -> str:
    """Render a report as a self-contained HTML page.

    Args:
        page: the report.
        folder: folder of the template, style sheet and script.
        version: of the plugin, for the footer.

    Raises:
        WaterError: jinja2 is missing.
    """
    try:
        import jinja2  # noqa: PLC0415
    except ImportError as error:
        msg = tr("Reports need jinja2, which comes with QGIS, but isn't installed in this Python: install it, or run without a report.")
        raise WaterError(msg) from error
    style, script = ((folder / name).read_text(encoding="utf-8") for name in ("report.css", "scatter.js"))
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined, finalize=_redacted
    )
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    template = environment.from_string((folder / "report.html").read_text(encoding="utf-8"))
    policy = f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    footer = tr("Made with IPEO Water {version}. This page is self-contained and loads nothing from the network.").format(version=version)
    words = {"mapped": tr("Mapped"), "reference": tr("Reference"), "water": tr("water"), "other": tr("not water"), "footer": footer}
    return template.render(page=page, style=style, script=script, policy=policy, version=version, words=words, language=language())


def _redacted(value: Any) -> Any:
    """Remove credentials from what the template writes; what it calls safe, such as drawings, has none."""
    return redacted(value) if type(value) is str else value


def _hash(text: str) -> str:
    """Return the source expression of a content security policy that allows exactly this text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
