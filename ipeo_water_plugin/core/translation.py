"""Translation of user-visible text. Core is written in English; the host application may install a translator.

Pass `tr` a literal with named placeholders, and format the result, so that the text can be extracted into the catalogue:
tr("{path} is a folder.").format(path=path).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import Formatter


def _untranslated(text: str) -> str:
    return text


_ENGLISH = "en"
_translate: Callable[[str], str] = _untranslated
_language = _ENGLISH


def set_translator(translate: Callable[[str], str] | None, language: str = _ENGLISH) -> None:
    """Install a translator for all threads.

    Args:
        translate: maps an English text to its translation; None = English.
        language: BCP 47 tag of the translations, such as de or pt-BR.
    """
    global _translate, _language
    _translate, _language = (_untranslated, _ENGLISH) if translate is None else (translate, language)


def language() -> str:
    """Return the BCP 47 tag of the current language."""
    return _language


def tr(text: str) -> str:
    """Return the translated text, or the English one if the translation has other placeholders."""
    translated = _translate(text)
    return translated if translated == text or placeholders(translated) == placeholders(text) else text


def format_list(words: Sequence[str]) -> str:
    """Join words as in a sentence: a, b and c."""
    if len(words) < 2:
        return "".join(words)
    return tr("{most} and {last}").format(most=", ".join(words[:-1]), last=words[-1])


def placeholders(text: str) -> set[tuple[str, str, str]] | None:
    """Return name, conversion and format of each placeholder in a text; None if its braces don't match."""
    try:
        return {(name, kind or "", form or "") for _, name, form, kind in Formatter().parse(text) if name is not None}
    except ValueError:
        return None
