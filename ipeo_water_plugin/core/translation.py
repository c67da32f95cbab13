"""Translation of user-visible text. Core is written in English; the host application may install a translator.

Pass `tr` literals with named placeholders, and format the result, so that the text can be extracted into the catalogue:
tr("{path} is a folder.").format(path=path), or with a number, tr("{n} file", "{n} files", n=count).format(n=count).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import Formatter


def _untranslated(text: str, _n: int) -> str:
    return text


_ENGLISH = "en"
_translate: Callable[[str, int], str] = _untranslated
_language = _ENGLISH


def set_translator(translate: Callable[[str, int], str] | None, language: str = _ENGLISH) -> None:
    """Install a translator for all threads.

    Args:
        translate: maps an English text, and the number that it is about or -1, to its translation; None = English.
        language: BCP 47 tag of the translations, such as de or pt-BR.
    """
    global _translate, _language
    _translate, _language = (_untranslated, _ENGLISH) if translate is None else (translate, language)


def language() -> str:
    """Return the BCP 47 tag of the current language."""
    return _language


def tr(text: str, plural: str = "", n: int = -1) -> str:
    """Return the translated text, or the English one if the translation has other placeholders.

    Args:
        text: in English; if it depends on a number, the form for 1.
        plural: the form for any other number, which holds the placeholder {n}; a language may have more forms than these two.
        n: the number.

    Example:
        >>> tr("{n} band", "{n} bands", n=3).format(n=3)
        '3 bands'
    """
    source = plural or text
    translated = _translate(source, n)
    if translated == source:
        return text if n == 1 else source
    return translated if fits(translated, source) else source


def format_list(words: Sequence[str]) -> str:
    """Join words as in a sentence: a, b and c."""
    if len(words) < 2:
        return "".join(words)
    return tr("{most} and {last}").format(most=", ".join(words[:-1]), last=words[-1])


def format_some(items: Sequence[object], limit: int = 20) -> str:
    """Join items with commas; of more than `limit`, the first ones and an ellipsis.

    Example:
        >>> format_some([4, 5, 6], limit=2)
        '4, 5, …'
    """
    return ", ".join([*map(str, items[:limit]), *(["…"] if len(items) > limit else [])])


def fits(translation: str, source: str) -> bool:
    """Check whether a translation holds each placeholder of its English source; a form of a plural may leave out {n}.

    Args:
        translation, source: the two texts.
    """
    number = {("n", "", "")}
    found, wanted = placeholders(translation), placeholders(source)
    return found == wanted or (found is not None and wanted is not None and number <= wanted and found == wanted - number)


def placeholders(text: str) -> set[tuple[str, str, str]] | None:
    """Return name, conversion and format of each placeholder in a text; None if its braces don't match."""
    try:
        return {(name, kind or "", form or "") for _, name, form, kind in Formatter().parse(text) if name is not None}
    except ValueError:
        return None
