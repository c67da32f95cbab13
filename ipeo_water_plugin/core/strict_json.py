"""JSON read with suspicion: size and depth are bounded before parsing, numbers are finite, every value is checked."""

from __future__ import annotations

import json
import re
from typing import Any

from .errors import ModelError

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 16


def _reject(token: str) -> float:
    msg = f"it holds {token}, and a model's numbers are finite."
    raise ModelError(msg)


def parse(content: bytes) -> dict[str, Any]:
    """Decode a JSON object.

    Raises:
        ModelError: it is too large, nested too deeply, not UTF-8, not whole, or holds NaN or infinity.
    """
    if len(content) > MAX_BYTES:
        msg = f"it is larger than {MAX_BYTES // 1024**2} MiB, and a model has a few kilobytes."
        raise ModelError(msg)
    try:
        decoded = content.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = "it isn't UTF-8 text."
        raise ModelError(msg) from error
    depth = deepest = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', decoded):
        if token[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token[0] in "]}":
            depth -= 1
    if deepest > MAX_DEPTH:
        msg = "it is nested too deeply for a model."
        raise ModelError(msg)
    try:
        document = json.loads(decoded, parse_constant=_reject)
    except (ValueError, RecursionError) as error:
        msg = f"it isn't whole JSON ({error})."
        raise ModelError(msg) from error
    return mapping(document, "the document")


def mapping(value: object, name: str) -> dict[str, Any]:
    """Return the value, which has to be an object."""
    if not isinstance(value, dict):
        msg = f"{name} isn't a JSON object."
        raise ModelError(msg)
    return value


def sequence(value: object, name: str, least: int) -> list[Any]:
    """Return the value, which has to be a list of bounded length."""
    if not isinstance(value, list) or not least <= len(value) <= 4096:
        msg = f'"{name}" isn\'t a list of at least {least} and at most 4096 entries.'
        raise ModelError(msg)
    return value


def number(value: object, name: str) -> float:
    """Return the value, which has to be a finite number."""
    # A long run of digits is a valid JSON integer that no float can hold.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -1e300 < value < 1e300:
        msg = f'"{name}" isn\'t a finite number.'
        raise ModelError(msg)
    return float(value)


def optional(value: object, name: str) -> float | None:
    """Return the value, which has to be a finite number or null."""
    return None if value is None else number(value, name)


def text(value: object, name: str) -> str:
    """Return the value, which has to be a text of bounded length."""
    if not isinstance(value, str) or not 0 < len(value) <= 255:
        msg = f'"{name}" isn\'t a text of 1 to 255 characters.'
        raise ModelError(msg)
    return value
