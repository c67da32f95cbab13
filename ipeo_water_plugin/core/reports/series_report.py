"""The page of a time series: a chart of each body, its range and trend, and a map that names the bodies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from ..maps.timeseries import Observation
from ..maps.trend import MIN_YEARS, Trend, trend_of
from ..translation import tr
from .figures import FULL, HALF, Figure, Scale, count, drawn_text, minus, percent, svg
from .page import Block, Drawing, Page, Paragraph, RunRecord, Section, Table, Tile, repetition

_YEAR = 365.25
# Lines are broken where more time than this lies between two dates, as a multiple of their median distance.
_GAP = 2.5
# Bodies that the map names, and those in the list of the largest changes.
_NAMED, _CHANGED = 40, 20
# Significance level of trends.
_LEVEL = 0.05


@dataclass(frozen=True, eq=False)
class BodySeries:
    """One body over time.

    Attributes:
        name: of the body.
        place: x and y of a point in it.
        area: hectares of the whole body.
        hectares: of water on each date; NaN where too little is valid.
        share: valid on each date.
        trend: hectares per year; None with too few dates.
    """

    name: str
    place: tuple[float, float]
    area: float
    hectares: np.ndarray
    share: np.ndarray
    trend: Trend | None


def series_of(
    found: Sequence[Observation], names: Sequence[str], places: Sequence[tuple[float, float]], min_valid: float
) -> list[BodySeries]:
    """Return the series of all bodies, the largest first; rasters without a date are left out.

    Args:
        found: observations, those with a date in its order.
        names, places: of the bodies.
        min_valid: minimum share of a body that is valid.
    """
    dated = [seen for seen in found if seen.source.day is not None]
    if not dated:
        return []
    hectares = np.array([seen.scaled(seen.water, min_valid) for seen in dated])
    share = np.array([seen.share for seen in dated])
    area = np.max([seen.total for seen in dated], axis=0)
    # Scaled to the whole body, a pixel is more.
    pixels = np.array([seen.pixel for seen in dated])[:, np.newaxis] / np.where(share > 0, share, 1.0)
    years = _days(found) / _YEAR
    order = np.argsort(-area, kind="stable").tolist()
    trends = {i: trend_of(years, hectares[:, i], pixels[:, i]) for i in order}
    return [BodySeries(names[i], places[i], float(area[i]), hectares[:, i], share[:, i], trends[i]) for i in order]


def _days(found: Sequence[Observation]) -> np.ndarray:
    return np.array([seen.source.day.toordinal() for seen in found if seen.source.day is not None], np.float64)


def series_report(found: Sequence[Observation], bodies: Sequence[BodySeries], title: str, min_valid: float, run: RunRecord) -> Page:
    """Report on a time series.

    Args:
        found: observations in the order of `series_of`.
        bodies: their series, the largest first.
        title: name of the layer of bodies.
        min_valid: minimum share of a body that is valid.
        run: how it can be repeated.
    """
    days = _days(found)
    repeated = repetition(run)
    lead = tr(
        "Hectares of water of each body on each date, scaled to the whole body where at least {share} of it was valid. Other dates are "
        "gaps."
    ).format(share=percent(min_valid))
    heading = tr("Water over time: {name}").format(name=title)
    if not bodies:
        nothing = Paragraph(tr("No raster has a date, so there is nothing to show over time. Say the dates, and run it again."))
        return Page(heading, lead, (), (Section(tr("Bodies"), (nothing,)), repeated))
    first, last = (date.fromordinal(int(day)).isoformat() for day in (days[0], days[-1]))
    tiles = (
        Tile(count(len(bodies)), tr("bodies")),
        Tile(count(len(days)), tr("dates")),
        Tile(first, tr("first date")),
        Tile(last, tr("last date")),
    )
    changed = [body for body in bodies if body.trend is not None]
    changed.sort(key=lambda body: -abs(body.trend.slope) if body.trend else 0.0)
    sections = (
        Section(tr("Where they are"), (_map(bodies),)),
        Section(tr("Largest changes"), _changes(changed)),
        Section(tr("All bodies by size"), (_table(bodies, days),)),
        Section(tr("Charts"), tuple(_chart(body, days) for body in bodies)),
        repeated,
    )
    return Page(heading, lead, tiles, sections)


def _changes(changed: Sequence[BodySeries]) -> tuple[Block, ...]:
    if not changed:
        text = tr(
            "No body has a trend: that takes dates with enough valid pixels at the same time of year in {years} years. In fewer, seasons "
            "and wet years can't be told from a trend."
        )
        return (Paragraph(text.format(years=MIN_YEARS)),)
    certain = sum(body.trend is not None and body.trend.p < _LEVEL for body in changed)
    text = tr("{certain} of {all} bodies with a trend differ from no trend at p < {level}; about {chance} would by chance alone.").format(
        certain=certain, all=len(changed), level=_LEVEL, chance=round(_LEVEL * len(changed))
    )
    head = (tr("Body"), tr("Trend, ha a year"), tr("95 % interval"), "p")
    return Paragraph(text), Table(head, tuple((body.name, *_trend(body.trend)) for body in changed[:_CHANGED]))


def _trend(trend: Trend | None) -> tuple[str, str, str]:
    if trend is None:
        return "–", "–", "–"
    between = tr("{lower} to {upper}").format(lower=minus(f"{trend.lower:+.3g}"), upper=minus(f"{trend.upper:+.3g}"))
    return minus(f"{trend.slope:+.3g}"), between, f"{trend.p:.2g}"


def _table(bodies: Sequence[BodySeries], days: np.ndarray) -> Table:
    def on(body: BodySeries, index: int) -> str:
        return f"{body.hectares[index]:.4g} ({date.fromordinal(int(days[index])).isoformat()})"

    caption = tr(
        "Hectares. The trend is Theil and Sen's slope with its 95 % interval (Sen 1968), which allows for half a pixel on each date, in "
        "hectares per year; p is that of Mann and Kendall's test (Mann 1945, Kendall 1975). Both compare only dates of different years "
        "that are at most a month apart in the year, so that a season isn't taken for a trend (Hirsch, Slack & Smith 1982), and take what "
        "the dates of a year say for one thing, so that a wet year isn't. They need {years} years, and take years for independent."
    ).format(years=MIN_YEARS)
    head = (tr("Body"), tr("Area"), tr("Dates"), tr("Minimum"), tr("Maximum"), tr("Last"), tr("Trend"), tr("95 % interval"), "p")
    rows = []
    for body in bodies:
        known = np.flatnonzero(np.isfinite(body.hectares))
        figures = ("–", "–", "–")
        if known.size:
            low, high = known[np.argmin(body.hectares[known])], known[np.argmax(body.hectares[known])]
            figures = (on(body, low), on(body, high), on(body, known[-1]))
        rows.append((body.name, f"{body.area:.4g}", str(known.size), *figures, *_trend(body.trend)))
    return Table(head, tuple(rows), caption)


def _chart(body: BodySeries, days: np.ndarray) -> Drawing:
    known = np.isfinite(body.hectares)
    high = float(body.hectares[known].max()) if known.any() else body.area
    figure = Figure(HALF, _time_scale(days), Scale.linear(0.0, 1.05 * high or 1.0), tr("date"), tr("hectares"))
    for run in _runs(days, known):
        figure.line(days[run], body.hectares[run], "water thin")
    if body.trend is not None and body.trend.p < _LEVEL:
        middle = np.median(body.hectares[known] - body.trend.slope * days[known] / _YEAR)
        ends = days[known][[0, -1]]
        figure.line(ends, middle + body.trend.slope * ends / _YEAR, "guide")
    figure.dots(days[known], body.hectares[known], "water", 2.0 + 3.0 * body.share[known])
    slope, between, p = _trend(body.trend)
    caption = tr("{area:.4g} ha in all. Larger dots show more of the body.").format(area=body.area)
    if body.trend is not None:
        caption += " " + tr("Trend {slope} ha a year ({between}), p = {p}.").format(slope=slope, between=between, p=p)
    return Drawing(body.name, figure.svg(tr("Hectares of water of {name} over time").format(name=body.name)), caption)


def _runs(days: np.ndarray, known: np.ndarray) -> list[np.ndarray]:
    """Return the indices of dates that a line connects: neighbours that are known and not far apart."""
    index = np.flatnonzero(known)
    far = _GAP * float(np.median(np.diff(days))) if len(days) > 1 else math.inf
    apart = (np.diff(index) > 1) | (np.diff(days[index]) > far)
    return [run for run in np.split(index, np.flatnonzero(apart) + 1) if len(run) > 1]


def _time_scale(days: np.ndarray) -> Scale:
    first, last = date.fromordinal(int(days[0])), date.fromordinal(int(days[-1]))
    years = last.year - first.year
    months = 1 if years < 1 else 6 if years < 3 else 12 * max(1, math.ceil(years / 6))
    ticks = []
    for month in range(first.year * 12 + first.month - 1, last.year * 12 + last.month + 1):
        start = date(month // 12, month % 12 + 1, 1)
        if month % months == 0 and first <= start <= last:
            ticks.append((float(start.toordinal()), str(start.year) if months >= 12 else start.isoformat()[:7]))
    ticks = ticks[:: math.ceil(len(ticks) / 5) or 1] or [(float(first.toordinal()), first.isoformat())]
    pad = max(1.0, 0.03 * (days[-1] - days[0]))
    return Scale(float(days[0]) - pad, float(days[-1]) + pad, tuple(ticks))


def _map(bodies: Sequence[BodySeries]) -> Drawing:
    width, height = FULL[0], 520
    places = np.array([body.place for body in bodies])
    low, span = places.min(axis=0), np.ptp(places, axis=0)
    scale = min((width - 80) / max(span[0], 1e-9), (height - 60) / max(span[1], 1e-9))
    largest = max(body.area for body in bodies) or 1.0
    dots, names = [], []
    for number, body in enumerate(bodies):
        x, y = 40 + (body.place[0] - low[0]) * scale, height - 30 - (body.place[1] - low[1]) * scale
        radius = 2 + 7 * math.sqrt(body.area / largest)
        dots.append(f'<circle class="dot water" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>')
        if number < _NAMED:
            names.append(f'<text class="note" x="{x + radius + 2:.1f}" y="{y + 4:.1f}">{drawn_text(body.name)}</text>')
    # Names lie on top.
    drawn = svg((width, height), "".join(dots + names), tr("Map of the bodies, each as a dot"))
    caption = tr("Each dot is a body, in proportion to its size, with north at the top as in its layer; the {count} largest are named.")
    return Drawing(tr("Map"), drawn, caption.format(count=min(len(bodies), _NAMED)), wide=True)
