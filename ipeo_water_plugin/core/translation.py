"""What users read, in their language: core writes English, and whoever shows it may set a translator.

A text goes through `tr` as it stands in the code, with named places for what is put into it afterwards:
tr("{path} is a folder.").format(path=path). That way the catalogue can hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import Formatter


def _as_it_is(text: str) -> str:
    return text


_ENGLISH = "en"
_translate: Callable[[str], str] = _as_it_is
_language = _ENGLISH


def set_translator(translate: Callable[[str], str] | None, language: str = _ENGLISH) -> None:
    """Have texts translated by this from now on, in every thread.

    Args:
        translate: gives a text in another language; None leaves texts in English.
        language: that one's BCP 47 tag, such as de or pt-BR.
    """
    global _translate, _language
    _translate, _language = (_as_it_is, _ENGLISH) if translate is None else (translate, language)


def language() -> str:
    """Return the BCP 47 tag of the language that texts are in."""
    return _language


def tr(text: str) -> str:
    """Return the text in the user's language, in English where its translation would break what is put into it."""
    translated = _translate(text)
    return translated if translated == text or placeholders(translated) == placeholders(text) else text


def format_list(words: Sequence[str]) -> str:
    """Return words as a sentence lists them: a, b and c."""
    if len(words) < 2:
        return "".join(words)
    return tr("{most} and {last}").format(most=", ".join(words[:-1]), last=words[-1])


def placeholders(text: str) -> set[tuple[str, str, str]] | None:
    """Return what is put into a text, each place with its format, or None where the braces make no sense."""
    try:
        return {(name, kind or "", form or "") for _, name, form, kind in Formatter().parse(text) if name is not None}
    except ValueError:
        return None
