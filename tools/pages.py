"""Make web pages of the documentation for users, which the plugin holds: its *Help* opens them.

markdown-it-py, which .venv has, reads the Markdown; tools/plugin.py has the pages made.
"""

from __future__ import annotations

import html
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from documents import parser, with_anchors
from markdown_it.token import Token

DOCS = Path(__file__).resolve().parent.parent / "docs"
# What speaks to developers is left out; a link to it becomes plain text.
_LEFT_OUT = {"development.md", "reliability.md"}

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title} – IPEO Water</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 60rem; margin: 0 auto; padding: 1rem 1.5rem 4rem }}
nav {{ border-bottom: 1px solid #ccc; padding-bottom: .5rem }}
nav a {{ margin-right: 1.2rem }}
a {{ color: #1a5a96 }}
h1, h2, h3 {{ line-height: 1.2; margin-top: 2rem }}
table {{ border-collapse: collapse; margin: 1rem 0 }}
td:last-child {{ min-width: 16rem }}
th, td {{ border: 1px solid #ccc; padding: .3rem .6rem; text-align: left; vertical-align: top }}
th:empty {{ padding: 0 }}
code {{ background: #f2f4f6; padding: 0 .2em; font-size: .9em }}
pre {{ background: #f2f4f6; padding: .8rem; overflow-x: auto }}
pre code {{ padding: 0 }}
img {{ max-width: 100%; height: auto; border: 1px solid #ddd }}
</style>
</head>
<body>
<nav>{links}</nav>
{body}</body>
</html>
"""
_LINKS = (
    ("guide", "Guide"),
    ("algorithms/README", "Algorithms"),
    ("ways-to-run", "Ways to run"),
    ("cluster", "Cluster"),
    ("installation", "Installation"),
    ("tutorial", "Tutorial"),
)


def make_pages(folder: Path) -> None:
    """Make a folder hold the pages and their pictures, and nothing else: the same bytes from the same documentation."""
    shutil.rmtree(folder, ignore_errors=True)
    for source in _sources():
        target = folder / _page_of(source.relative_to(DOCS))
        target.parent.mkdir(parents=True, exist_ok=True)
        tokens = parser().parse(source.read_text(encoding="utf-8"))
        pictures = list(_lead_to_pages(tokens, source))
        for picture in pictures:
            copy = folder / picture.relative_to(DOCS)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(picture, copy)
        target.write_text(_rendered(tokens, PurePosixPath(source.relative_to(DOCS).as_posix())), encoding="utf-8")


def _sources() -> list[Path]:
    found = sorted([*DOCS.glob("*.md"), *DOCS.glob("algorithms/*.md")])
    return [path for path in found if path.relative_to(DOCS).as_posix() not in {*_LEFT_OUT, "README.md"}]


def _page_of(path: Path) -> str:
    return path.with_suffix(".html").as_posix()


def _lead_to_pages(tokens: list[Token], source: Path) -> Iterator[Path]:
    """Have links lead to pages instead of Markdown, or nowhere where there is no page, and yield the pictures that are shown."""
    pages = set(_sources())
    for part in (part for token in tokens for part in token.children or []):
        if part.type == "image":
            yield (source.parent / str(part.attrs["src"])).resolve()
    for token in tokens:
        opened: list[Token] = []
        for part in token.children or []:
            if part.type == "link_open":
                opened.append(part)
                address = urlsplit(str(part.attrs["href"]))
                target = (source.parent / unquote(address.path)).resolve()
                if not address.scheme and address.path:
                    part.hidden = target not in pages
                    path = PurePosixPath(address.path).with_suffix(".html").as_posix()
                    part.attrs["href"] = path + (f"#{address.fragment}" if address.fragment else "")
            elif part.type == "link_close":
                part.hidden = opened.pop().hidden


def _rendered(tokens: list[Token], path: PurePosixPath) -> str:
    title = ""
    for token, words, anchor in with_anchors(tokens):
        token.attrSet("id", anchor)
        title = title or words
    markdown = parser()
    # Hidden parts of a line are drawn all the same.
    for token in tokens:
        if token.children:
            token.children = [part for part in token.children if not (part.hidden and part.type in {"link_open", "link_close"})]
    up = "../" * (len(path.parts) - 1)
    links = " ".join(f'<a href="{up}{page}.html">{name}</a>' for page, name in _LINKS)
    return _PAGE.format(title=html.escape(title), links=links, body=markdown.renderer.render(tokens, markdown.options, {}))
