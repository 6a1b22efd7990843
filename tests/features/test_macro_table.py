"""The table of macro features against a slow reference, and what it may not know."""

import math
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from regime_factory.bars import Session, resample
from regime_factory.bars.macro.read import read_macro_files
from regime_factory.bars.macro.spec import MacroSeries
from regime_factory.features.macro import MACRO_FEATURES
from regime_factory.features.macro_settings import MacroFeatures, macro_windows
from regime_factory.features.macro_table import build_macro_features, macro_warmup_bars
from tests.bars.macro_reference import as_known, difference_of

NEW_YORK = ZoneInfo("America/New_York")
NYSE = Session(timezone="America/New_York", open="09:30", close="16:00")
SMALL = {
    "vix_window": 10, "vol_window": 5, "momentum_window": 6, "trend_window": 8,
    "slope_window": 4, "spread_window": 3,
}  # fmt: skip
FEATURES = MacroFeatures(
    vix="vix", short_yield="two", long_yield="ten", spread="baa", spread_base="aaa", **SMALL
)
PUBLISHED = {"clock": "16:15", "timezone": "America/New_York"}
SOURCES = {
    "vix": MacroSeries(
        values={"vix": "close"}, period="day", stamp="end", lag=0, max_staleness_days=4, **PUBLISHED
    ),
    "treasury": MacroSeries(
        values={"two": "DGS2", "ten": "DGS10"}, period="day", stamp="end", lag=1,
        max_staleness_days=5, **PUBLISHED,
    ),
    "spread": MacroSeries(
        values={"baa": "BAA", "aaa": "AAA"}, period="month", stamp="start", release="vintage",
        max_staleness_days=40, **PUBLISHED,
    ),
}  # fmt: skip


def weekdays(first: date, last: date) -> list[date]:
    days = pl.date_range(first, last, "1d", eager=True)
    return days.filter(days.dt.weekday() <= 5).to_list()


def hourly(symbol: str, first: date, seed: int) -> pl.DataFrame:
    """Hourly bars of a New York session, over a change of the clocks."""
    stamps = [
        datetime.combine(day, time(hour), NEW_YORK).astimezone(UTC)
        for day in weekdays(first, date(2021, 4, 16))
        for hour in range(10, 17)
    ]
    moves = np.random.default_rng(seed).normal(0, 0.01, len(stamps))
    prices = dict.fromkeys(("open", "high", "low", "close"), 100 * np.exp(np.cumsum(moves)))
    table = pl.DataFrame({"symbol": symbol, "timeframe": "1H", "ts": stamps, **prices})
    return table.with_columns(
        pl.col("ts").cast(pl.Datetime("us", "UTC")),
        volume=pl.lit(1.0),
        n_base=pl.lit(1, pl.UInt32),
    )


@pytest.fixture(scope="module")
def bars() -> pl.DataFrame:
    """Two symbols, of which the second begins later."""
    return pl.concat([hourly("BBB", date(2021, 1, 18), 5), hourly("AAA", date(2021, 2, 1), 6)])


@pytest.fixture(scope="module")
def raw() -> dict[str, pl.DataFrame]:
    rng = np.random.default_rng(6)
    days = weekdays(date(2020, 12, 1), date(2021, 4, 20))
    levels = np.round(20 + rng.normal(0, 1, len(days)), 0)
    yields = {"DGS2": rng.normal(1, 0.1, len(days)), "DGS10": rng.normal(2, 0.1, len(days))}
    treasury = pl.DataFrame({"date": days, **yields})
    holiday = pl.col("date").is_in([date(2021, 2, 15), date(2021, 4, 2)])
    treasury = treasury.with_columns(pl.when(~holiday).then(pl.col("DGS2", "DGS10")))
    gap = pl.col("date").is_between(date(2021, 3, 1), date(2021, 3, 9))
    months = pl.date_range(date(2020, 9, 1), date(2021, 3, 1), "1mo", eager=True)
    first = pl.DataFrame({"date": months}).with_columns(
        vintage=pl.col("date").dt.month_end().dt.offset_by("5d"),
        BAA=pl.Series(rng.normal(5, 0.2, months.len())),
        AAA=pl.Series(rng.normal(4, 0.2, months.len())),
    )
    revised = first.with_columns(
        pl.col("vintage").dt.offset_by("40d"), pl.col("BAA") + 0.25, AAA=pl.lit(None, pl.Float64)
    )
    return {
        "vix": pl.DataFrame({"date": days, "close": levels}).filter(~gap),
        "treasury": treasury,
        "spread": pl.concat([first, revised]),
    }


@pytest.fixture(scope="module")
def releases(raw) -> pl.DataFrame:
    return read_macro_files(raw, SOURCES)


def build(bars, releases, features=FEATURES, sources=SOURCES) -> pl.DataFrame:
    staleness = timedelta(days=3)
    return build_macro_features(
        bars, releases, features, sources, session=NYSE, max_staleness=staleness
    )


def slow(bars, releases, features) -> dict[tuple[str, datetime], dict[str, float | None]]:
    """Every cell by itself: what was known at its moment, then the formula."""
    own = {
        name: [tuple(row) for row in part.drop("series").iter_rows()]
        for (name,), part in releases.group_by("series")
    }
    vix, slope = own["vix"], difference_of(own["ten"], own["two"])
    spread = difference_of(own["baa"], own["aaa"])
    windows = macro_windows(features, SOURCES)
    cells: dict[tuple[str, datetime], dict[str, float | None]] = {}
    for symbol in ("AAA", "BBB"):
        daily = resample(bars.filter(symbol=symbol), "1D", NYSE)
        price = [(ts, ts, close) for ts, close in daily.select("ts", "close").iter_rows()]
        known = {"vix": (vix, 4), "slope": (slope, 5), "spread": (spread, 40), "price": (price, 4)}
        for ts in bars.filter(symbol=symbol)["ts"]:
            cells[symbol, ts] = {
                entry.name(windows): formula(entry, windows, *known[entry.role], ts)
                for entry in MACRO_FEATURES.values()
            }
    return cells


def formula(entry, windows, series, days, ts) -> float | None:
    values = as_known(series, ts, timedelta(days=days), entry.length(windows))
    if values is None:
        return None
    with np.errstate(all="ignore"):
        figure = float(entry.evaluate(np.array([values]))[0])
    return figure * math.sqrt(252) if entry.annual else figure


def test_every_cell_equals_the_slow_reference(bars, releases):
    made = build(bars, releases)
    expected = slow(bars, releases, FEATURES)
    filled = dict.fromkeys(made.columns[2:], 0)
    for row in made.iter_rows(named=True):
        for name in filled:
            cell = expected[row["symbol"], row["ts"]][name]
            assert row[name] == (None if cell is None else pytest.approx(cell, rel=1e-9)), name
            filled[name] += cell is not None
    assert made.select("symbol", "ts").equals(bars.select("symbol", "ts"))
    assert all(count > 100 for count in filled.values()), filled
    assert filled["macro_vix_level"] < made.height - 50


def test_the_close_of_the_day_does_not_know_the_vix_of_the_day(bars, raw, releases):
    """A bar at 16:00 knows the VIX of the day before, published at 16:15 then."""
    made = (
        build(bars, releases)
        .filter(symbol="AAA")
        .with_columns(local=pl.col("ts").dt.convert_time_zone("America/New_York"))
    )
    levels = dict(raw["vix"].iter_rows())
    monday = made.filter(pl.col("local").dt.date() == date(2021, 3, 15))
    assert monday["macro_vix_level"].to_list() == [levels[date(2021, 3, 12)]] * 7
    tuesday = made.filter(pl.col("local").dt.date() == date(2021, 3, 16))
    assert tuesday["macro_vix_level"].to_list() == [levels[date(2021, 3, 15)]] * 7


def test_a_lag_that_is_left_out_is_noticed(bars, raw, releases):
    """The reference keeps the publication lag: without it the table is another one."""
    hasty = {**SOURCES, "treasury": SOURCES["treasury"].model_copy(update={"lag": 0})}
    early = build(bars, read_macro_files(raw, hasty), sources=hasty)
    name = "macro_slope_2y10y"
    assert not early[name].equals(build(bars, releases)[name])
    expected = slow(bars, releases, FEATURES)
    wrong = [
        row["ts"]
        for row in early.iter_rows(named=True)
        if row[name] != expected[row["symbol"], row["ts"]][name]
    ]
    assert len(wrong) > early.height / 2


@pytest.mark.parametrize("alter", ["remove", "replace"])
def test_later_releases_and_later_bars_change_no_earlier_row(bars, releases, alter):
    made = build(bars, releases)
    for day in (date(2021, 2, 10), date(2021, 3, 8), date(2021, 3, 15)):
        cut = datetime.combine(day, time(16, 15), NEW_YORK).astimezone(UTC)
        later = pl.col("available_at") > cut
        if alter == "remove":
            seen, rows = releases.filter(~later), bars.filter(pl.col("ts") <= cut)
        else:
            jump = pl.when(later).then(pl.col("value") * 3 + 1).otherwise("value")
            seen = releases.with_columns(value=jump)
            after = pl.when(pl.col("ts") > cut).then(pl.col("close") * 2).otherwise("close")
            rows = bars.with_columns(close=after)
        known = pl.col("ts") <= cut
        assert build(rows, seen).filter(known).equals(made.filter(known)), day


def test_a_lookback_gives_the_batch_row(releases):
    """Releases and the last bars, as many as the columns say, are all that a live row needs."""
    rows = hourly("CCC", date(2020, 9, 14), 7)
    made = build(rows, releases)
    n = macro_warmup_bars(made.columns[2:], "1H", session=NYSE)
    for end in range(n, rows.height + 1, 23):
        live = build(rows[end - n : end], releases).tail(1)
        assert live.equals(made[end - 1 : end]), end
    assert n < rows.height - 100


@pytest.mark.parametrize(
    ("columns", "base", "expected"),
    [
        (["macro_vix_percentile_252", "macro_spread_zscore_60", "macro_slope_2y10y"], "1H", 1),
        (["macro_realised_vol_20", "macro_momentum_10"], "1D", 21),
        (["macro_trend_2"], "1D", 3),
        (["macro_trend_30"], "1W", 30),
        ([], "1H", 1),
    ],
)
def test_bars_are_looked_back_on_for_own_closes_only(columns, base, expected):
    assert macro_warmup_bars(columns, base) == expected


@pytest.mark.parametrize("name", ["macro_trend", "macro_trend_x", "macro_vix_level_5", "macro_"])
def test_other_names_are_no_macro_columns(name):
    with pytest.raises(ValueError, match=f"unknown macro column '{name}'"):
        macro_warmup_bars([name], "1D")


def test_a_difference_is_as_stale_as_its_more_sensitive_series(bars, raw):
    """Yields of two files stop on the same day; one is used for five days, the other for two."""
    two, ten = (
        SOURCES["treasury"].model_copy(
            update={"values": {name: column}, "max_staleness_days": days}
        )
        for name, column, days in (("two", "DGS2", 2), ("ten", "DGS10", 5))
    )
    sources = {"two": two, "ten": ten}
    yields = raw["treasury"].filter(pl.col("date") <= date(2021, 3, 1))
    features = MacroFeatures(short_yield="two", long_yield="ten", **SMALL)
    both = read_macro_files({"two": yields, "ten": yields}, sources)
    made = build(bars, both, features, sources).drop_nulls("macro_slope_2y10y")
    published = datetime.combine(date(2021, 3, 2), time(16, 15), NEW_YORK)
    assert made["ts"].max() == datetime.combine(date(2021, 3, 4), time(16), NEW_YORK)
    assert made["ts"].max() <= published + timedelta(days=2)


def test_a_missing_series_leaves_its_columns_null(bars, raw):
    present = read_macro_files({"vix": raw["vix"]}, SOURCES)
    made = build(bars, present)
    empty = [name for name in made.columns if made[name].null_count() == made.height]
    assert empty == [
        "macro_slope_2y10y", "macro_slope_change_4", "macro_spread_level", "macro_spread_zscore_3"
    ]  # fmt: skip
    assert set(made.schema.dtypes()[2:]) == {pl.Float64()}
    unnamed = build(bars, present, MacroFeatures(**SMALL))
    assert unnamed["macro_vix_level"].null_count() == made.height
    assert unnamed["macro_momentum_6"].equals(made["macro_momentum_6"])


def test_one_leg_of_a_difference_is_not_enough(bars, raw):
    one = {"treasury": raw["treasury"].with_columns(DGS2=pl.lit(None, pl.Float64))}
    made = build(bars, read_macro_files(one, SOURCES))
    assert made["macro_slope_2y10y"].null_count() == made.height


def test_a_series_may_stand_for_the_market(bars, raw, releases):
    """Of a reference series every symbol has the same volatility, momentum and trend."""
    features = FEATURES.model_copy(update={"price": "vix"})
    made = build(bars, releases, features)
    both = made.filter(symbol="AAA").join(made.filter(symbol="BBB"), on="ts", suffix="_other")
    for name in ("macro_realised_vol_5", "macro_momentum_6", "macro_trend_8"):
        assert both[name].equals(both[f"{name}_other"])
        assert both[name].count() > 100


def test_bars_of_a_week_take_their_own_closes(bars, releases):
    weekly = resample(bars.filter(symbol="BBB"), "1W", NYSE)
    made = build(weekly, releases, MacroFeatures(**{**SMALL, "momentum_window": 2}))
    closes = weekly["close"].to_list()
    expected = [None, None, *(math.log(b / a) for a, b in zip(closes, closes[2:], strict=False))]
    assert made["macro_momentum_2"].to_list() == pytest.approx(expected, nan_ok=True)
