"""JSON read with suspicion: size and depth are bounded before parsing, numbers are finite, every value is checked."""

from __future__ import annotations

import json
import re
from typing import Any

from .errors import ModelError
from .translation import tr

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 16
MAX_TEXT = 255

# Python takes up to twenty times the room of the text for a small list or text, which these keep below 50 MB.
_MOST_CONTAINERS = 20_000
_MOST_TEXTS = 50_000

# Half of a character: JSON can spell it, and neither UTF-8 nor Qt can hold it.
_HALF = re.compile(r"\\u[dD][89a-fA-F]")

# What no name needs, and what ends a message early in C.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

# No pattern for a whole text: matching one of two million backslashes would take a hundred megabytes.
_OUTSIDE = re.compile(r'["\[\]{}]')
_INSIDE = re.compile(r'["\\]')


def _reject(token: str) -> float:
    msg = tr("it holds {token}, and a model's numbers are finite.").format(token=token)
    raise ModelError(msg)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its entries; of a key that is there twice, every reader would take the value it likes.

    Raises:
        ModelError: a key is there twice.
    """
    document = dict(pairs)
    if len(document) != len(pairs):
        names = [key for key, _ in pairs]
        doubled = next(key for key in names if names.count(key) > 1)
        msg = tr("it holds the key {key} twice, so it isn't clear which value is meant.").format(key=json.dumps(doubled[:100]))
        raise ModelError(msg)
    return document


def parse(content: bytes) -> dict[str, Any]:
    """Decode a JSON object.

    Raises:
        ModelError: it is too large, nested too deeply, of too many parts, not UTF-8, not whole, or holds NaN, infinity, a key twice or
            half of a character.
    """
    if len(content) > MAX_BYTES:
        msg = tr("it is larger than {most} MiB, and a model has a few kilobytes.").format(most=MAX_BYTES // 1024**2)
        raise ModelError(msg)
    try:
        decoded = content.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = tr("it isn't UTF-8 text.")
        raise ModelError(msg) from error
    _check_structure(decoded)
    try:
        document = json.loads(decoded, parse_constant=_reject, object_pairs_hook=_once)
        if _HALF.search(decoded):
            json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        msg = tr("it holds half of a character (a lone surrogate), which no text can hold.")
        raise ModelError(msg) from error
    except (ValueError, RecursionError) as error:
        msg = tr("it isn't whole JSON ({error}).").format(error=error)
        raise ModelError(msg) from error
    return mapping(document, tr("the document"))


def _check_structure(document: str) -> None:
    """Bound depth and number of parts before anything is built of them.

    Raises:
        ModelError: there is too much of one.
    """
    depth = containers = texts = 0
    inside = False
    token = _OUTSIDE.search(document)
    while token is not None:
        first, end = token[0], token.end()
        if first == "\\":
            end += 1
        elif first == '"':
            inside = not inside
            texts += inside
        elif first in "[{":
            depth += 1
            containers += 1
        else:
            depth -= 1
        if depth > MAX_DEPTH:
            msg = tr("it is nested too deeply for a model.")
            raise ModelError(msg)
        if containers > _MOST_CONTAINERS or texts > _MOST_TEXTS:
            msg = tr("it has far more parts than a model.")
            raise ModelError(msg)
        token = (_INSIDE if inside else _OUTSIDE).search(document, end)


def mapping(value: object, name: str) -> dict[str, Any]:
    """Return the value, which has to be an object."""
    if not isinstance(value, dict):
        msg = tr("{name} isn't a JSON object.").format(name=name)
        raise ModelError(msg)
    return value


def sequence(value: object, name: str, least: int) -> list[Any]:
    """Return the value, which has to be a list of bounded length."""
    if not isinstance(value, list) or not least <= len(value) <= 4096:
        msg = tr('"{name}" isn\'t a list of at least {least} and at most 4096 entries.').format(name=name, least=least)
        raise ModelError(msg)
    return value


def number(value: object, name: str) -> float:
    """Return the value, which has to be a finite number."""
    # A long run of digits is a valid JSON integer that no float can hold.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -1e300 < value < 1e300:
        msg = tr('"{name}" isn\'t a finite number.').format(name=name)
        raise ModelError(msg)
    return float(value)


def optional(value: object, name: str) -> float | None:
    """Return the value, which has to be a finite number or null."""
    return None if value is None else number(value, name)


def text(value: object, name: str) -> str:
    """Return the value, which has to be a text of bounded length without control characters."""
    if not is_text(value):
        msg = tr('"{name}" isn\'t a text of 1 to {most} characters without control characters.').format(name=name, most=MAX_TEXT)
        raise ModelError(msg)
    return str(value)


def is_text(value: object) -> bool:
    """Whether a value is a text as `text` takes it."""
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXT and _CONTROL.search(value) is None
