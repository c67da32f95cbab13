"""Which values of a class field mean water: text and numbers compared as a reader would."""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Union

from ..errors import InputError
from ..progress import Progress
from ..translation import format_list, format_some, tr

Key = Union[str, int, float]

# Values of a field that a message lists.
_SHOWN = 20
# Values that a misspelt one is compared with.
_COMPARED = 1000

# One entry of the list and the comma or end after it: in double quotes, where a doubled one stands for one, or as it is.
_ENTRY = re.compile(r'\s*(?:"(?P<quoted>(?:[^"]|"")*)"\s*|(?P<plain>[^,]*))(?P<end>,|\Z)')

_NAMES = {"true": 1, "yes": 1, "false": 0, "no": 0}


def text_key(text: str) -> str:
    """Return the key that a text is compared by: without case, Unicode form, invisible characters and extra spaces.

    NFKC_Casefold of the Unicode Standard (section 3.13), except that invisible characters are recognized by their category. macOS stores é
    as e and an accent, and spreadsheets leave no-break and zero-width spaces.

    Example:
        >>> text_key("  Open\u00a0WATER ")
        'open water'
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    # Some spaces are control characters too.
    return " ".join("".join(c for c in folded if c.isspace() or unicodedata.category(c) not in {"Cf", "Cc"}).split())


def find_name(wanted: str, names: Sequence[str]) -> int | None:
    """Return the index of a name, or else of the only one that differs just in case, spaces or Unicode form; None if there is none.

    Args:
        wanted: a name.
        names: to search.
    """
    if wanted in names:
        return names.index(wanted)
    key = text_key(wanted)
    alike = [index for index, name in enumerate(names) if text_key(name) == key]
    return alike[0] if len(alike) == 1 else None


@dataclass(frozen=True)
class WaterValues:
    """The values of a class field that mean water; every other value means not water.

    Attributes:
        text: the list as the user wrote it.
        entries: the values as written, by the key that they are compared by.
        numeric: whether values are compared as numbers.
    """

    text: str
    entries: Mapping[Key, str]
    numeric: bool

    @classmethod
    def parse(cls, text: str, *, numeric: bool) -> WaterValues:
        """Read a comma-separated list.

        Args:
            text: such as `1` or `lake, "Water, open"`.
            numeric: compare as numbers, as for numeric and boolean fields (true = 1, false = 0).

        Raises:
            InputError: the list is empty, or an entry isn't a number for a numeric field.
        """
        parts = [part for part in _split(text) if text_key(part)]
        if not parts:
            msg = tr("No value that means water is given: name at least one, such as 1.")
            raise InputError(msg)
        return cls(text, {_number(part) if numeric else text_key(part): part for part in parts}, numeric)

    @property
    def numbers(self) -> tuple[float, ...]:
        """The numbers that mean water, ascending; empty if text is compared."""
        return tuple(sorted(self.entries)) if self.numeric else ()  # type: ignore[arg-type]

    def key(self, value: object) -> Key | None:
        """Return the key that a value is compared by, or None if it is empty: NULL, NaN, or text without a visible character."""
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return None
        if not self.numeric:
            return text_key(str(value)) or None
        # Whole numbers beyond 2⁵³ stay exact: Python compares them with floats without rounding.
        return value if isinstance(value, (int, float)) else float(value)  # type: ignore[arg-type]

    @property
    def _whole(self) -> str | None:
        return None if self.numeric else text_key(self.text)

    def keys_among(self, found: Collection[Key | None]) -> frozenset[Key]:
        """Return the keys that mean water: those listed, or that of the whole text if a class is called so, as its name may hold commas."""
        return frozenset(self.entries if self._whole is None or self._whole not in found else [self._whole])

    def among(self, found: Iterable[object], layer: str, progress: Progress, offered: Collection[Key] = ()) -> frozenset[Key]:
        """Return the keys of the values found that mean water, and warn of listed ones that don't occur.

        Args:
            found: the values that occur; empty ones don't count.
            layer: its name, for messages.
            progress: receives the warning.
            offered: keys of the classes that the layer's form offers, if known: if only those occur, all may correctly be of one class.

        Raises:
            InputError: values were found, but none of those listed is among them or was offered.
        """
        shown: dict[Key, str] = {}
        for value in found:
            key = self.key(value)
            if key is not None:
                shown.setdefault(key, f"{value:.15g}" if isinstance(value, float) else str(value).strip())
        water = self.keys_among(shown)
        if self._whole not in shown:
            self._check_listed(shown, layer, progress, offered)
        numbers = set() if self.numeric else {_number_or_none(key) for key in water} - {None}
        spelled = {key: name for key, name in shown.items() if key not in water and _number_or_none(key) in numbers}
        if spelled:
            text = tr("The field of “{layer}” holds text, so {classes} count as not water, though equal to a listed number: list them too.")
            progress.warn(text.format(layer=layer, classes=_some(spelled)))
        return water

    def _check_listed(self, shown: Mapping[Key, str], layer: str, progress: Progress, offered: Collection[Key]) -> None:
        """Warn of listed values that don't occur, unless none does, and of others that a form doesn't offer."""
        missing = {key: entry for key, entry in self.entries.items() if key not in shown}
        chosen = set(offered).issuperset(shown) and not self.entries.keys().isdisjoint(offered)
        if shown and len(missing) == len(self.entries) and not chosen:
            text = tr("None of the values that mean water occurs in “{layer}”: {missing}. Its classes are {classes}. Name one of them.")
            quotes = "" if self.numeric else " " + tr("Put one that contains a comma in double quotes.")
            raise InputError(text.format(layer=layer, missing=_suggested(missing, shown), classes=_some(shown)) + quotes)
        if shown and missing:
            text = tr("These values that mean water don't occur in “{layer}”: {missing}. Its classes are {classes}.")
            progress.warn(text.format(layer=layer, missing=_suggested(missing, shown), classes=_some(shown)))
        strange = {key: name for key, name in shown.items() if key not in offered and key not in self.entries}
        # Next to the form's "not water", another class may mean undecided; a user's own classification has no such class.
        if strange and any(key in shown for key in offered if key not in self.entries):
            text = tr("Classes of “{layer}” that its form doesn't offer count as not water: {classes}. To omit a feature, clear its class.")
            progress.warn(text.format(layer=layer, classes=_some(strange)))


def classify(
    values: Sequence[object], wanted: WaterValues, layer: str, progress: Progress, offered: Collection[Key] = ()
) -> list[bool | None]:
    """Return for each value of a class field whether it means water; None if it is empty.

    Args:
        values: of the features.
        wanted: the values that mean water.
        layer: its name, for messages.
        progress: receives a warning of listed values that don't occur.
        offered: see `WaterValues.among`.

    Raises:
        InputError: no value that means water occurs.
    """
    keys = {value: wanted.key(value) for value in set(values)}
    water = wanted.among(keys, layer, progress, offered)
    return [None if key is None else key in water for key in map(keys.__getitem__, values)]


def _split(text: str) -> list[str]:
    """Return the entries of a comma-separated list without their quotes."""
    parts = []
    for match in _ENTRY.finditer(text):
        parts.append(match["plain"].strip() if match["quoted"] is None else match["quoted"].replace('""', '"'))
        if not match["end"]:
            break
    return parts


def _number(entry: str) -> int | float:
    """Read an entry of the list as a number."""
    word = text_key(entry)
    if word in _NAMES:
        return _NAMES[word]
    for kind in (int, float):
        try:
            number = kind(word)
        except ValueError:
            continue
        # Python reads 1_000 as a number.
        if math.isfinite(number) and "_" not in word:
            return number
    msg = tr("The classes are numbers, but “{entry}” among the values that mean water isn't one: write numbers such as 1 or 2.5.")
    raise InputError(msg.format(entry=entry))


def _number_or_none(key: Key) -> float | None:
    """Return the number that a text stands for, if it does."""
    try:
        return float(key)
    except ValueError:
        return None


def _some(shown: Mapping[Key, str]) -> str:
    """Return the values of a field as a list in words, numbers sorted by size."""
    values = [shown[key] for key in sorted(shown, key=lambda k: (isinstance(k, str), k))]
    return format_list(values) if len(values) <= _SHOWN else format_some(values, _SHOWN)


def _suggested(missing: Mapping[Key, str], shown: Mapping[Key, str]) -> str:
    """Return entries that match nothing as a list in words, each text with the most similar value."""
    words = [key for key in shown if isinstance(key, str)][:_COMPARED]
    listed = []
    for key, entry in missing.items():
        close = difflib.get_close_matches(key, words, n=1) if isinstance(key, str) else []
        text = tr("“{entry}” (similar: “{similar}”)") if close else tr("“{entry}”")
        listed.append(text.format(entry=entry, similar=shown[close[0]] if close else ""))
    return ", ".join(listed)
