"""As-of adjustment factors from splits and dividends, and bars adjusted by them."""

from datetime import datetime

import numpy as np
import polars as pl

from regime_factory.bars.prices.action_steps import action_steps
from regime_factory.bars.prices.corporate_actions import actions_per_bar, refuse_impossible
from regime_factory.bars.prices.price_convention import Dividends, Prices
from regime_factory.bars.symbols import errors_of, per_symbol
from regime_factory.bars.tables import require_table

FACTOR_COLUMNS = ("symbol", "ts", "split_factor", "dividend_factor", "factor")
_SCHEMA = {
    "symbol": pl.String,
    "ts": pl.Datetime("us", "UTC"),
    "split_factor": pl.Float64,
    "dividend_factor": pl.Float64,
    "factor": pl.Float64,
}
_PRICES = ("open", "high", "low", "close")
_OTHER_SERIES = 0.5
_ENOUGH_ROWS = 20


def adjustment_factors(
    bars: pl.DataFrame,
    given: pl.DataFrame,
    *,
    dividends: Dividends = "excluded",
    prices: Prices = "as_traded",
) -> pl.DataFrame:
    """Factors that turn as-traded prices into one unit held since the first bar.

    Parameters
    ----------
    bars
        Canonical bars of one timeframe, any symbols, increasing in ``ts`` per symbol.
    given
        ``symbol, ts`` and any of ``split`` (new shares per old share), ``dividend`` (cash per share
        in the unit of the bars at ``ts``) and ``adj_close`` (a vendor's adjusted close) on the row
        of the ex-date. A split of 0 or 1 and a dividend of 0 say that there was none; null says
        nothing. An event whose row is not among the bars acts on the next bar.
    dividends
        ``excluded`` adjusts for splits only; ``reinvested`` for cash dividends too.
    prices
        What the bars hold: ``as_traded``; ``split_adjusted``, where splits are not applied again;
        ``back_adjusted``, where nothing is.

    Returns
    -------
    pl.DataFrame
        ``symbol, ts, split_factor, dividend_factor, factor``: one row per bar at which something
        happened. A factor is the product of all steps at or before ``ts`` and holds until the next
        row; before the first row it is 1.

    Raises
    ------
    TypeError
        Where a table is not a Polars table.
    ValueError
        Where a split, dividend or adjusted close is impossible, where two of them contradict each
        other, where the price does not move as the split says, or where split-adjusted prices leave
        open in which unit a dividend is stated.

    Notes
    -----
    At a split of ``S`` the step is ``S``. At a dividend of ``D`` per new share it is
    ``P / (P - S D)`` with ``P`` the close before: ``1 / (1 - D / P)``, the multiplier that data
    vendors name after the Center for Research in Security Prices (CRSP). It is the wealth of a
    holder who buys shares for the dividend at the ex-dividend price ``P / S - D``, known before the
    ex-date opens. CRSP's own holding-period return ``(S P' + S D) / P - 1`` buys at the close
    ``P'`` of the ex-date; the two differ by the dividend yield times the return of that day.

    A vendor's adjusted close adds the steps of its ratio to the close. Where no split is stated a
    step that is a simple ratio (2, 3, 3/2, 1/10 ...), alone or with a dividend of up to 5 %, counts
    as a split and any other as a dividend; where one is stated, the rest is the dividend. History
    never changes: later events leave every earlier factor as it is, also where the vendor has
    re-based the whole column.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> ts = [datetime(2020, 8, day, 20, tzinfo=UTC) for day in (27, 28, 31)]
    >>> bars = pl.DataFrame({"symbol": "X", "ts": ts, "close": [500.0, 498.0, 125.0]})
    >>> given = pl.DataFrame({"symbol": "X", "ts": ts[2:], "split": [4.0]})
    >>> adjustment_factors(bars, given).select("ts", "factor").rows()
    [(datetime.datetime(2020, 8, 31, 20, 0, tzinfo=zoneinfo.ZoneInfo(key='UTC')), 4.0)]
    """
    require_table(bars, "bars")
    require_table(given, "given")
    tables = [pl.DataFrame(schema=_SCHEMA)]
    if prices == "back_adjusted" or given.is_empty():
        return tables[0]
    for symbol, own in per_symbol(bars):
        stated = given.filter(pl.col("symbol") == symbol)
        if stated.is_empty():
            continue
        with errors_of(symbol):
            refuse_impossible(stated)
            actions = actions_per_bar(own, stated)
            _refuse_other_series(actions)
            if prices == "split_adjusted" and dividends == "reinvested":
                _refuse_cash_of_unknown_unit(actions)
            steps = action_steps(actions, prices)
        tables.append(_products(steps, symbol, dividends))
    return pl.concat(tables)


def adjust_bars(bars: pl.DataFrame, factors: pl.DataFrame) -> pl.DataFrame:
    """Multiply prices by the factor in force, and divide volume by the split factor.

    Parameters
    ----------
    bars
        Canonical bars as traded, any symbols.
    factors
        From `adjustment_factors`.

    Returns
    -------
    pl.DataFrame
        The same rows and columns; a symbol without factors comes back bit by bit.

    Raises
    ------
    TypeError
        Where a table is not a Polars table.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> ts = [datetime(2020, 8, day, 20, tzinfo=UTC) for day in (28, 31)]
    >>> bars = pl.DataFrame({"symbol": "X", "ts": ts, "open": [490.0, 124.0],
    ...     "high": [500.0, 126.0], "low": [489.0, 120.0], "close": [498.0, 125.0],
    ...     "volume": [10.0, 40.0]})
    >>> factors = pl.DataFrame({"symbol": "X", "ts": ts[1:], "split_factor": [4.0],
    ...     "dividend_factor": [1.0], "factor": [4.0]})
    >>> adjust_bars(bars, factors).select("close", "volume").rows()
    [(498.0, 10.0), (500.0, 10.0)]
    """
    require_table(bars, "bars")
    require_table(factors, "factors")
    if factors.is_empty():
        return bars
    price, share = np.ones(bars.height), np.ones(bars.height)
    for symbol, own in per_symbol(factors):
        rows = (bars["symbol"] == symbol).to_numpy()
        stamps = bars["ts"].to_physical().to_numpy()[rows]
        in_force = np.searchsorted(own["ts"].to_physical().to_numpy(), stamps, side="right")
        price[rows] = np.concatenate(([1.0], own["factor"].to_numpy()))[in_force]
        share[rows] = np.concatenate(([1.0], own["split_factor"].to_numpy()))[in_force]
    return bars.with_columns(
        *(pl.col(name) * pl.lit(pl.Series(price)) for name in _PRICES),
        pl.col("volume") / pl.lit(pl.Series(share)),
    )


def events_between(factors: pl.DataFrame, first: datetime, last: datetime) -> tuple[int, int]:
    """Count the splits and the dividends that act on the bars of a span.

    Parameters
    ----------
    factors
        From `adjustment_factors`, of one symbol.
    first, last
        Stamps of the first and the last bar of the span; the first return is that of the bar after
        ``first``.

    Returns
    -------
    tuple of int
        Splits and dividends.

    Examples
    --------
    >>> ts = [datetime(2021, 3, 1), datetime(2021, 6, 1)]
    >>> factors = pl.DataFrame({"symbol": "X", "ts": ts, "split_factor": [1.0, 2.0],
    ...     "dividend_factor": [1.01, 1.02], "factor": [1.01, 2.04]})
    >>> events_between(factors, datetime(2021, 3, 1), datetime(2021, 12, 31))
    (1, 1)
    """
    changed = (
        pl.col(name) != pl.col(name).shift(1, fill_value=1.0)
        for name in ("split_factor", "dividend_factor")
    )
    acting = factors.with_columns(changed).filter((pl.col("ts") > first) & (pl.col("ts") <= last))
    return int(acting["split_factor"].sum()), int(acting["dividend_factor"].sum())


def _refuse_other_series(actions: pl.DataFrame) -> None:
    """An adjusted close moves against the close at events, not on most days."""
    known = actions["step"].drop_nulls()
    share = (known != 1).mean()
    if known.len() >= _ENOUGH_ROWS and isinstance(share, float) and share > _OTHER_SERIES:
        raise ValueError(
            f"adj_close moves against close on {share:.0%} of the rows, and a close adjusted for "
            "splits and dividends does so on the days of an event only; it is another series, for "
            "instance one adjusted by differences: leave it out, ingest.columns: {adj_close: null}"
        )


def _refuse_cash_of_unknown_unit(actions: pl.DataFrame) -> None:
    """Cash before a split is per share of then or of today; only an adjusted close tells which."""
    paid = actions.filter((pl.col("dividend") > 0) & pl.col("step").is_null())
    if paid.is_empty():
        return
    splits = actions.filter((pl.col("split") != 1) & (pl.col("ts") > paid["ts"][0]))
    if splits.is_empty():
        return
    raise ValueError(
        f"the file states a dividend of {paid['dividend'][0]:g} at {paid['ts'][0]:%Y-%m-%d %H:%M} "
        f"UTC and a split of {splits['split'][0]:g} after it, at {splits['ts'][0]:%Y-%m-%d %H:%M} "
        "UTC, and ingest.prices is split_adjusted: dividends must be cash per share of today, as "
        "the prices are; where they are, leave the splits out, which are not applied anyway, with "
        "ingest.columns: {split: null}; where they are cash as traded, divide each by the splits "
        "after it, or set ingest.dividends: excluded"
    )


def _products(steps: pl.DataFrame, symbol: str, dividends: Dividends) -> pl.DataFrame:
    if dividends == "excluded":
        steps = steps.with_columns(dividend=pl.lit(1.0))
    steps = steps.filter((pl.col("split") != 1) | (pl.col("dividend") != 1))
    return steps.select(
        symbol=pl.lit(symbol, dtype=pl.String),
        ts="ts",
        split_factor=pl.col("split").cum_prod(),
        dividend_factor=pl.col("dividend").cum_prod(),
    ).with_columns(factor=pl.col("split_factor") * pl.col("dividend_factor"))
