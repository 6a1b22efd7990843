"""The table of macro features: what was known of each series, joined to every base bar."""

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial

import polars as pl

from regime_factory.bars import (
    Session,
    Table,
    bars_per_year,
    map_symbols,
    resample,
    timeframe_minutes,
)
from regime_factory.bars.macro.known import Measure, Values, as_of, difference, known_values
from regime_factory.bars.macro.spec import MacroSeries, series_specs
from regime_factory.features.lookback import warmup_bars
from regime_factory.features.macro import (
    MACRO_FEATURES,
    Evaluate,
    macro_columns,
)
from regime_factory.features.macro_settings import ROLES, MacroFeatures, Role, macro_windows
from regime_factory.features.nearest import nearest

PERIODS_PER_YEAR = {"day": 252.0, "week": 52.0, "month": 12.0, "quarter": 4.0}

Known = tuple[pl.DataFrame, timedelta]


def build_macro_features(
    bars: Table,
    releases: pl.DataFrame,
    features: MacroFeatures,
    sources: Mapping[str, MacroSeries],
    *,
    timeframe: str | None = None,
    session: Session | None = None,
    max_staleness: timedelta = timedelta(days=7),
) -> Table:
    """Compute the nine macro features, one row per base bar.

    Parameters
    ----------
    bars
        Base bars of any number of symbols, in memory or on disk, increasing in `ts` within each.
    releases
        `series`, `period_end`, `available_at` and `value`, as `read_macro` gives them; a series
        that is not there leaves its columns null.
    features
        Which series the features are made of, and their windows.
    sources
        Descriptions of the series by name of their file: their frequency and staleness.
    timeframe
        Timeframe of the base bars, where the table has others too.
    session
        Trading session that daily closes follow; None for the UTC clock.
    max_staleness
        How long the symbol's own last daily close is used beyond a day, where `features.price` is
        None.

    Returns
    -------
    pl.DataFrame or SymbolTable
        `symbol`, `ts` and nine columns (Float64), symbol by symbol in the order of `bars`; null
        while a window is not full, where the series is stale or missing, never NaN or infinite.

    Raises
    ------
    ValueError
        A series that no source describes, or two that should be subtracted and share no period.

    Notes
    -----
    A row knows the releases whose `available_at` is not after its `ts`, and the daily bars that
    closed by then. A window holds the last observations of its series as known at that moment, so
    a revision changes it from its release on, and not before.

    Examples
    --------
    >>> from datetime import UTC, date, datetime
    >>> vix = MacroSeries(values={"vix": "VIX"}, period="day", stamp="end", lag=0, clock="16:15",
    ...     timezone="America/New_York", max_staleness_days=7)
    >>> releases = pl.DataFrame({"series": "vix", "period_end": [date(2024, 1, 2)],
    ...     "available_at": [datetime(2024, 1, 2, 21, 15, tzinfo=UTC)], "value": [13.2]})
    >>> days = [datetime(2024, 1, day, 21, tzinfo=UTC) for day in (2, 3)]
    >>> bars = pl.DataFrame({"symbol": "X", "timeframe": "1D", "ts": days, "close": [1.0, 2.0]})
    >>> table = build_macro_features(bars, releases, MacroFeatures(vix="vix"), {"vix": vix})
    >>> table["macro_vix_level"].to_list()
    [None, 13.2]
    """
    windows = macro_windows(features, sources)
    shared = {
        role: _known_series(role, releases, features, sources, windows)
        for role in ROLES
        if role != "price" or features.price is not None
    }
    columns = macro_columns(features, sources)

    def of_symbol(rows: pl.DataFrame) -> pl.DataFrame:
        base = rows if timeframe is None else rows.filter(pl.col("timeframe") == timeframe)
        table = base.select("symbol", "ts")
        own = {} if "price" in shared else {"price": _closes(base, windows, session, max_staleness)}
        for known, staleness in (own | shared).values():
            table = as_of(table, known, max_staleness=staleness)
        return table.select("symbol", "ts", *columns)

    return map_symbols(bars, of_symbol)


def macro_warmup_bars(columns: Sequence[str], base: str, *, session: Session | None = None) -> int:
    """Lookback in base bars after which the last row of macro columns equals the batch row.

    Parameters
    ----------
    columns
        Names of macro columns; a window written in a name is used as written.
    base
        Timeframe of the base bars.
    session
        Session that daily closes follow.

    Returns
    -------
    int
        Base bars of one symbol, the current one included, where volatility, momentum and trend are
        taken of its own closes. Series of files are not looked back on in bars: 1.

    Raises
    ------
    ValueError
        Where a column is no macro feature.

    Examples
    --------
    >>> macro_warmup_bars(["macro_vix_percentile_252", "macro_momentum_60"], "1D")
    61
    >>> macro_warmup_bars(["macro_trend_200"], "1H")
    4848
    """
    daily = _close_timeframe(base)
    closes = max((_closes_needed(name) for name in columns), default=0)
    if closes < 2:
        return 1
    # A momentum over n bars looks back over n + 1 of them.
    return warmup_bars(
        columns=[f"close_momentum_{max(2, closes - 1)}_{daily}"], base=base, session=session
    )


def _closes_needed(column: str) -> int:
    """Closes that a macro column is computed of, 0 for one of other series."""
    for entry in MACRO_FEATURES.values():
        windows = entry.match(column)
        if windows is not None:
            return entry.length(windows) if entry.role == "price" else 0
    raise ValueError(f"unknown macro column '{column}'{nearest(column, MACRO_FEATURES)}")


def _close_timeframe(base: str) -> str:
    """Timeframe of the closes: a day, or that of the base bars where those last longer."""
    return base if timeframe_minutes(base) >= timeframe_minutes("1D") else "1D"


def _measures(role: Role, windows: Mapping[str, int], per_year: float) -> dict[str, Measure]:
    return {
        entry.name(windows): Measure(
            entry.length(windows),
            partial(_scaled, entry.evaluate, math.sqrt(per_year) if entry.annual else 1.0),
        )
        for entry in MACRO_FEATURES.values()
        if entry.role == role
    }


def _scaled(evaluate: Evaluate, factor: float, values: Values) -> Values:
    return evaluate(values) * factor


def _known_series(
    role: Role,
    releases: pl.DataFrame,
    features: MacroFeatures,
    sources: Mapping[str, MacroSeries],
    windows: Mapping[str, int],
) -> Known:
    """Figures of one series or of the difference of two, and how long they are used."""
    specs = series_specs(sources)
    names = features.series_of(role)
    legs = [releases.filter(pl.col("series") == name) for name in names]
    if not legs:
        legs = [releases.clear()]
    own = legs[0] if len(legs) == 1 else difference(*legs)
    per_year = PERIODS_PER_YEAR[specs[names[0]].period] if names else 1.0
    oldest = min((specs[name].max_staleness_days for name in names), default=1.0)
    return known_values(own, _measures(role, windows, per_year)), timedelta(days=oldest)


def _closes(
    bars: pl.DataFrame,
    windows: Mapping[str, int],
    session: Session | None,
    max_staleness: timedelta,
) -> Known:
    """Figures of one symbol's daily closes, or of its own bars where those last a day or more."""
    base = bars["timeframe"][0]
    timeframe = _close_timeframe(base)
    daily = bars if timeframe == base else resample(bars, timeframe, session)
    closes = daily.select(
        pl.col("ts").alias("period_end"), pl.col("ts").alias("available_at"), value="close"
    )
    measures = _measures("price", windows, bars_per_year(timeframe, session))
    length = timedelta(minutes=timeframe_minutes(timeframe))
    return known_values(closes, measures), length + max_staleness
