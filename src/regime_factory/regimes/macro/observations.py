"""What the macro detector observes: one row per closed bar, of what was known at its close."""

from collections.abc import Mapping

import polars as pl

from regime_factory.bars import per_symbol
from regime_factory.features.macro import is_macro
from regime_factory.regimes.macro.detector import MacroRegimeDetector
from regime_factory.regimes.observations import KEYS, observe


def observe_macro(features: pl.DataFrame, bars: pl.DataFrame, timeframe: str) -> pl.DataFrame:
    """Take one row of macro features per bar of a timeframe, as known at its close.

    Parameters
    ----------
    features
        Table of `build_macro_features`, one row per base bar.
    bars
        Canonical bars that contain `timeframe`.
    timeframe
        Timeframe whose bars are observed.

    Returns
    -------
    polars.DataFrame
        `symbol, ts, ret` and the macro columns, null where missing; `ret` is the simple return of
        the observed bar.

    Raises
    ------
    ValueError
        Where the bars do not have the timeframe, or there is no macro column.

    Notes
    -----
    Rows without any value are left out, and so is a row that equals the one before it in every
    column: nothing new was known, and a repeat is no independent observation.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> days = [datetime(2024, 1, day, 21, tzinfo=UTC) for day in (2, 3, 4, 5)]
    >>> bars = pl.DataFrame({"symbol": "X", "timeframe": "1D", "ts": days, "close": 1.0})
    >>> known = bars.select("symbol", "ts", macro_vix_level=pl.Series([13.0, 14.0, 14.0, 15.0]))
    >>> observe_macro(known, bars, "1D")["macro_vix_level"].to_list()
    [14.0, 15.0]
    """
    columns = [name for name in features.columns if is_macro(name)]
    known = bars["timeframe"].unique().sort().to_list()
    if timeframe not in known:
        raise ValueError(
            f"macro_regimes.timeframe is {timeframe!r}, but the bars have {', '.join(known)}; add "
            "it to market.timeframes"
        )
    if not columns:
        raise ValueError("the features hold no macro column; give the table features_macro")
    closes = observe(features.select("symbol", "ts"), bars, timeframe=timeframe, columns=[])
    table = closes.join(features, on=["symbol", "ts"], how="left", maintain_order="left")
    news = pl.any_horizontal(pl.col(columns).ne_missing(pl.col(columns).shift(1).over("symbol")))
    first = pl.int_range(pl.len()).over("symbol") == 0
    something = pl.any_horizontal(pl.col(columns).is_not_null())
    return table.filter(something & (first | news)).select(*KEYS, *columns)


def observed_rows(
    observations: pl.DataFrame, detectors: Mapping[str, MacroRegimeDetector]
) -> pl.DataFrame:
    """Keep the rows in which each symbol's detector has enough values.

    Parameters
    ----------
    observations
        Table of `observe_macro`.
    detectors
        Fitted detector of each symbol.

    Returns
    -------
    polars.DataFrame
        What a day needs depends on the columns that the detector uses, which its fit settled.
    """
    parts = [
        rows.filter(pl.Series(detectors[symbol].observes(rows), dtype=pl.Boolean))
        for symbol, rows in per_symbol(observations)
    ]
    return pl.concat(parts)
