"""What users read, in their language: core writes English, and whoever shows it may set a translator.

A text goes through `tr` as it stands in the code, with named places for what is put into it afterwards:
tr("{path} is a folder.").format(path=path). That way the catalogue can hold it.
"""

from __future__ import annotations

from collections.abc import Callable
from string import Formatter


def _as_it_is(text: str) -> str:
    return text


_translate: Callable[[str], str] = _as_it_is


def set_translator(translate: Callable[[str], str] | None) -> None:
    """Have texts translated by this from now on, in every thread; None leaves them in English."""
    global _translate  # noqa: PLW0603
    _translate = translate or _as_it_is


def tr(text: str) -> str:
    """Return the text in the user's language, in English where its translation would break what is put into it."""
    translated = _translate(text)
    return translated if translated == text or places(translated) == places(text) else text


def places(text: str) -> set[tuple[str, str, str]] | None:
    """Return what is put into a text, each place with its format, or None where the braces make no sense."""
    try:
        return {(name, kind or "", form or "") for _, name, form, kind in Formatter().parse(text) if name is not None}
    except ValueError:
        return None
