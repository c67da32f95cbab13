"""The content of the project's Markdown files: code blocks with their expected output, links, and anchors."""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (".", "docs", "docs/*", "benchmarks")

_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[-+]?\d+)?")
# Other versions of PyTorch and NumPy, and other processors, differ by less; the last digit shown may differ by one.
_TOLERANCE = 0.05


@dataclass(frozen=True)
class Block:
    """A code block.

    Attributes:
        path: of the file.
        line: where it begins, from 1.
        heading: the last one above it.
        language: of the fence; may be empty.
        text: the code.
        expected: lines that it prints in this order, perhaps with others between them: a block of text right below it.
    """

    path: Path
    line: int
    heading: str
    language: str
    text: str
    expected: str = ""

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.path.relative_to(ROOT).as_posix()}:{self.line}"


def documents(root: Path = ROOT) -> list[Path]:
    """Return the project's Markdown files."""
    return sorted({path for folder in FOLDERS for path in root.glob(f"{folder}/*.md")})


def blocks(path: Path) -> list[Block]:
    """Return a file's code blocks; a block of text counts with the code above it, or by itself."""
    found: list[Block] = []
    heading = ""
    tokens = _tokens(path)
    for before, token in zip([None, *tokens], tokens):
        if before is not None and before.type == "heading_open":
            heading = token.content
        if token.type not in {"fence", "code_block"}:
            continue
        language = token.info.strip()
        follows = before is not None and before.type == "fence" and before.info.strip() not in {"", "text"}
        if language == "text" and follows:
            found[-1] = replace(found[-1], expected=token.content)
        else:
            found.append(Block(path, (token.map or [0])[0] + 1, heading, language, token.content))
    return found


def links(path: Path) -> list[str]:
    """Return where a file's links and pictures lead."""
    inline = [part for token in _tokens(path) if token.type == "inline" for part in token.children or []]
    return [str(part.attrs[name]) for part in inline for name in ("href", "src") if name in part.attrs]


def dead_links(path: Path) -> list[str]:
    """Return a file's broken links: no such file, no such heading, or a malformed address. The network is not used."""
    return [link for link in links(path) if not _leads_somewhere(path, link)]


def _leads_somewhere(path: Path, link: str) -> bool:
    parts = urlsplit(link)
    if parts.scheme:
        return parts.scheme in {"http", "https"} and re.fullmatch(r"[\w-]+(\.[\w-]+)+(:\d+)?", parts.netloc) is not None
    target = path.parent / unquote(parts.path) if parts.path else path
    if parts.netloc or not target.exists():
        return False
    return not parts.fragment or (target.suffix == ".md" and parts.fragment in anchors(target))


def anchors(path: Path) -> set[str]:
    """Return the anchors that GitHub gives a file's headings."""
    return {anchor for _, _, anchor in with_anchors(_tokens(path))}


def with_anchors(tokens: list[Token]) -> Iterator[tuple[Token, str, str]]:
    """Yield each heading's opening, its words, and the anchor that GitHub gives it."""
    found: dict[str, int] = {}
    for token, content in zip(tokens, tokens[1:]):
        if token.type == "heading_open":
            words = "".join(part.content for part in content.children or [] if part.type in {"text", "code_inline"})
            name = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            number = found[name] = found.get(name, -1) + 1
            yield token, words, name if number == 0 else f"{name}-{number}"


def parser() -> MarkdownIt:
    """Return what reads the project's Markdown."""
    return MarkdownIt("commonmark").enable("table")


def inline_code(path: Path) -> Iterator[str]:
    """Yield what is in backticks in running text."""
    for token in _tokens(path):
        yield from (part.content for part in token.children or [] if part.type == "code_inline")


def _tokens(path: Path) -> list[Token]:
    return _parsed(path.read_text(encoding="utf-8"))


@cache
def _parsed(text: str) -> list[Token]:
    """Parse a text once: each page is asked for its blocks, links, anchors and names again and again."""
    return parser().parse(text)


def run_python(code: list[Block]) -> tuple[dict[str, Any], list[str]]:
    """Run blocks one after the other, as someone who pastes them would, in the folder of the checkout.

    Returns:
        The variables they leave, and what each printed.
    """
    names: dict[str, Any] = {}
    printed = []
    here = Path.cwd()
    os.chdir(ROOT)
    try:
        for block in code:
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                exec(compile(block.text, block.place, "exec"), names)
            printed.append(output.getvalue())
    finally:
        os.chdir(here)
    return names, printed


def missing(expected: str, printed: str) -> list[str]:
    """Return the expected lines that are not printed in that order; numbers may differ a little."""
    lines = iter(printed.splitlines())
    return [line for line in expected.splitlines() if line.strip() and not any(_alike(line, other) for other in lines)]


def _alike(one: str, other: str) -> bool:
    if _NUMBER.sub("#", one).split() != _NUMBER.sub("#", other).split():
        return False
    return all(_near(a, b) for a, b in zip(_NUMBER.findall(one), _NUMBER.findall(other)))


def _near(one: str, other: str) -> bool:
    a, b = float(one), float(other)
    decimals = len(one.partition("e")[0].partition(".")[2]) if "e" not in one else 0
    digit = 1.01 * 10.0**-decimals if "." in one else 0.0
    return abs(a - b) <= _TOLERANCE * max(abs(a), abs(b)) + digit
