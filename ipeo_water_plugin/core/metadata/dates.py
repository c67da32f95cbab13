"""The date of an image, from the name of its file: never a guess.

Names of products are read by their sensors' own conventions, since they hold further dates, such as that of processing: ESA, Sentinel-2
Products Specification and Sentinel-1 and Sentinel-3 naming; USGS, Landsat Collection 2 and pre-collection scene identifiers; NASA, HLS and
MODIS file names; Planet, Imagery Product Specifications; USDA, NAIP Quarter Quads; THEIA, names of MUSCATE products. In any other name a
date counts only if it is the only one, with the year first.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path, PurePath

from ..errors import InputError
from ..system.redaction import without_query
from ..translation import format_some, tr

# No civil satellite recorded an image before Landsat 1.
_FIRST_YEAR = 1972

# Each with the date of acquisition as groups d: YYYYMMDD, or YYYY-MM-DD, or YYYYDDD.
_PRODUCTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # Sentinel-2: S2A_MSIL2A_20170216T101021_N0500_R022_T33UUU_20170216T150000, its images, and its granules.
        r"S2[A-D]_MSIL\d[A-Z]_(?P<d>\d{8})T\d{6}_",
        r"(?:L\d[A-Z]_)?T\d\d[A-Z]{3}_(?:A\d{6}_)?(?P<d>\d{8})T\d{6}",
        r"S2[A-D]_OPER_PRD_MSI\w+_V(?P<d>\d{8})T\d{6}_(?P<end>\d{8})T\d{6}",
        r"S2[A-D]_(?:OPER|USER)_(?P<none>)",
        r"SENTINEL2[A-D]_(?P<d>\d{8})-\d{6}-\d{3}_L\d[A-Z]-?\w*_T\d\d[A-Z]{3}_",
        # Sentinel-1 and Sentinel-3: start, end, then others.
        r"S1[A-D]_[A-Z0-9]{2}_[A-Z0-9_]{4}_\d[A-Z]{3}_(?P<d>\d{8})T\d{6}_\d{8}T\d{6}_",
        r"S3[A-D]_[A-Z0-9_]{11}_(?P<d>\d{8})T\d{6}_\d{8}T\d{6}_\d{8}T\d{6}_",
        # Landsat: LC08_L2SP_193023_20200812_20200918_02_T1, and LC81930232020225LGN00.
        r"L[COTEM]\d\d_L\w{3}_\d{6}_(?P<d>\d{8})_\d{8}_\d\d_(?:T1|T2|RT|A1|A2)",
        # Tiles of the United States: LC08_CU_026008_20200501_20210504_02_SR.
        r"L[COTEM]\d\d_(?:CU|AK|HI)_\d{6}_(?P<d>\d{8})_\d{8}_",
        r"L[COTEM]\d\d{6}(?P<d>\d{7})[A-Z]{3}\d\d",
        # HLS.L30.T33UUU.2020225T100000.v2.0, and MOD09GA.A2020225.h18v03.061.2020227034512.
        r"HLS\.[SL]30\.T\w{5}\.(?P<d>\d{7})T\d{6}\.v",
        r"(?:MOD|MYD|MCD|VNP|VJ1)\w+\.A(?P<d>\d{7})\.",
        # Planet: 20200812_093412_1014_3B_AnalyticMS, and tiles: 3358312_2016-05-22_RE1_3A, 5854937_1758416_2022-08-12_2419.
        r"(?P<d>\d{8})_\d{6}_(?:\d\d_)?(?:[0-9a-f]{4}_\d[A-Z]|ssc?\d{1,2}(?:d\d)?_u?\d+|RE\d_\d[A-Z])",
        r"\d{5,8}_(?:\d{5,8}_)?(?P<d>\d{4}-\d\d-\d\d)_(?:RE\d|\w{4})_",
        # NAIP: m_3807708_ne_18_060_20181025_20190204.
        r"m_\d{7}_(?:ne|nw|se|sw)_\d\d_(?:\d{3}|[0-9h])_(?P<d>\d{8})(?:_\d{8})?",
    )
)
_DATES = re.compile(r"(?<!\d)(\d{4})([-_.]?)(\d\d)\2(\d\d)(?=T\d{4}|\D|$)|(?<!\d)(\d{4})(\d{3})(?=T\d{4})")


def date_in_name(name: str) -> date | None:
    """Return the date of acquisition that a file's name states; None if it states none, or several.

    A folder counts where the file's own name has no date, as in a Sentinel-2 product.

    >>> date_in_name("LC08_L2SP_193023_20200812_20200918_02_T1_SR_B3.TIF")
    datetime.date(2020, 8, 12)
    """
    parts = [part for part in PurePath(without_query(name).replace("\\", "/")).parts[-6:] if part not in {"/", "."}]
    for part in reversed(parts):
        known = next((match for pattern in _PRODUCTS if (match := pattern.match(part))), None)
        if known is not None:
            found = known.groupdict()
            day = _date(found.get("d") or "")
            return day if found.get("end") in {None, found.get("d")} else None
        days = _dates(part) if part is parts[-1] else set()
        if days:
            return days.pop() if len(days) == 1 else None
    return None


def _dates(text: str) -> set[date]:
    matches = ("".join(m.group(1, 3, 4)) if m[1] else "".join(m.group(5, 6)) for m in _DATES.finditer(text))
    return {day for match in matches if (day := _date(match)) is not None}


def _date(digits: str) -> date | None:
    digits = digits.replace("-", "")
    try:
        day = datetime.strptime(digits, "%Y%j" if len(digits) == 7 else "%Y%m%d").date()
    except ValueError:
        return None
    # Numbers that happen to look like a date.
    return day if _FIRST_YEAR <= day.year <= date.today().year + 1 else None


def date_from_text(text: str) -> date | None:
    """Return the date at the start of a text: 2020-08-12, 2020:08:12, 20200812 or 2020225, with or without a time."""
    found = re.match(r"\s*(\d{4})([-:/.]?)(\d\d)\2(\d\d)(?!\d)|\s*(\d{7})(?!\d)", text)
    return None if found is None else _date(found[5] or "".join(found.group(1, 3, 4)))


@dataclass(frozen=True)
class DateRule:
    """How a user states the dates of files.

    Attributes:
        pattern: regular expression whose first group, or groups year, month and day, is the date in the name.
        table: name of a file, with or without extension or folder, → date.
    """

    pattern: re.Pattern[str] | None = None
    table: Mapping[str, date] = field(default_factory=dict)

    @classmethod
    def from_text(cls, text: str) -> DateRule:
        """Read a rule: the path of a CSV table of file and date, or a regular expression; empty = none, InputError if it is neither."""
        text = text.strip()
        if not text:
            return cls()
        if text.lower().endswith((".csv", ".txt", ".tsv")):
            return cls(table=_read_table(Path(text)))
        try:
            pattern = re.compile(text)
        except (re.error, RecursionError, OverflowError) as error:
            msg = tr("DATES is neither a table (.csv) nor a regular expression: {error} in {text}.").format(error=error, text=text)
            raise InputError(msg) from error
        if not pattern.groups:
            msg = tr(r"DATES has no group: put the date into parentheses, as in _(\d{{8}})_, or name groups year, month and day.").format()
            raise InputError(msg)
        return cls(pattern)

    def __bool__(self) -> bool:
        """Whether there is a rule."""
        return self.pattern is not None or bool(self.table)

    def date_of(self, name: str) -> date | None:
        """Return the date of a file by this rule; None if it states none."""
        path = PurePath(_key(without_query(name)))
        if self.pattern is None:
            return next((self.table[key] for key in (_key(name), str(path), path.name, path.stem) if key in self.table), None)
        found = self.pattern.search(path.name)
        if found is None:
            return None
        named = found.groupdict()
        if {"year", "month", "day"} <= named.keys():
            # A year of two digits would be read together with the month.
            return _date("".join((named[key] or "").zfill(digits) for key, digits in (("year", 4), ("month", 2), ("day", 2))))
        return date_from_text(found[1] or "")


def undated_text(names: Sequence[str]) -> str:
    """Return the warning about rasters without a date, by their names."""
    text = tr("Rasters without a date in metadata or name, or with a doubtful one: {count}: {names}. Give it in the parameter for dates.")
    return text.format(count=len(names), names=format_some(names))


def _read_table(path: Path) -> dict[str, date]:
    """Read a table with the name of a file in the first column and its date in the second."""
    if path.exists() and not path.is_file():
        # A pipe would be waited for.
        msg = tr("The table of dates {path} is a folder, a pipe or a device: choose a file.").format(path=path)
        raise InputError(msg)
    try:
        text = path.read_text(encoding="utf-8-sig")
        delimiter = next((mark for mark in ("\t", ";") if mark in text.partition("\n")[0]), ",")
        rows = list(csv.reader(text.splitlines(), delimiter=delimiter))
    except (OSError, ValueError, csv.Error) as error:
        msg = tr("The table of dates {path} can't be read: {error}.").format(path=path, error=error)
        raise InputError(msg) from error
    table: dict[str, date] = {}
    for number, row in enumerate(rows, start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        day = date_from_text(cells[1]) if len(cells) > 1 else None
        if day is None and number == 1 and not re.search(r"\d", "".join(cells[1:2])):
            # Titles of the columns.
            continue
        if day is None or table.setdefault(_key(cells[0]), day) != day:
            msg = tr("Line {number} of {path} has no date YYYY-MM-DD in its second column, or another date for a file named before: {row}.")
            raise InputError(msg.format(number=number, path=path, row=", ".join(cells)))
    if not table:
        msg = tr("The table of dates {path} names no file: give a line for each raster, with its name and its date.").format(path=path)
        raise InputError(msg)
    return table


def _key(name: str) -> str:
    """Return a name as the table keeps it; macOS writes accents in another form than others do."""
    return unicodedata.normalize("NFC", name.replace("\\", "/"))
