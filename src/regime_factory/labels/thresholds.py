"""Threshold targets: whether the price moves by a share within a horizon, upwards and downwards."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import numpy as np
import polars as pl

from regime_factory.labels.checks import (
    SymbolPrices,
    checked_symbols,
    require_count,
    require_list,
)
from regime_factory.labels.columns import is_number
from regime_factory.labels.delisting import Delisted
from regime_factory.labels.fills import Fill, FillTiming, fill_timing
from regime_factory.labels.targets import (
    SymbolTargets,
    outcome_bars,
    outcome_stamps,
    target_rows,
)


def threshold_targets(
    bars: pl.DataFrame,
    *,
    thresholds: Sequence[float] = (0.01, 0.02, 0.05),
    horizon: int = 24,
    fill: Fill = "next_close",
    delisted: Delisted = None,
) -> pl.DataFrame:
    """Tell for each bar whether the price reaches each threshold within the horizon.

    Parameters
    ----------
    bars : polars.DataFrame
        Canonical bars of one timeframe, one or several symbols.
    thresholds : sequence of float, default=(0.01, 0.02, 0.05)
        Moves from the entry price, as shares between 0 and 1, each once.
    horizon : int, default=24
        Bars that can decide the outcome.
    fill : {"next_close", "next_open", "signal_close"}, default="next_close"
        Where the entry price is taken, as for `triple_barrier`.
    delisted : collection of str or mapping of str to bool or datetime, optional
        Symbols whose last bar is an outcome rather than the end of the data; with a moment, that
        from which it was known, as `delisted_symbols` gives it.

    Returns
    -------
    polars.DataFrame
        ``symbol``, ``ts``, then for each threshold ``up_1pct`` (Int8: 1 where a high of the horizon
        is at or above the entry price times 1.01, else 0), ``t1_up_1pct`` (closing stamp of the
        first bar that reaches it, or of the horizon's last), ``down_1pct`` and ``t1_down_1pct``
        (lows at or below the entry price times 0.99). 0.5 % is written ``up_0_5pct``. One row for
        each bar with a whole horizon.

    Raises
    ------
    TypeError
        If ``bars`` is not a Polars table, or a setting is of the wrong type.
    ValueError
        If a setting is out of range or the bars cannot be used; see `triple_barrier`.

    Notes
    -----
    Each target is a question of its own: one bar may reach both sides, and both are then 1. Costs
    play no part. All thresholds are found in one pass over each horizon.

    Examples
    --------
    >>> from datetime import datetime
    >>> bars = pl.DataFrame({"symbol": "X",
    ...     "ts": pl.datetime_range(datetime(2021, 1, 1), datetime(2021, 1, 4), "1d",
    ...                             time_unit="us", time_zone="UTC", eager=True),
    ...     "open": 100.0, "high": [100.0, 100.0, 101.5, 102.0], "low": [100.0, 100.0, 99.5, 98.5],
    ...     "close": 100.0})
    >>> targets = threshold_targets(bars, thresholds=[0.01, 0.02], horizon=2)
    >>> targets.select(pl.exclude("symbol", "ts", "^t1.*$")).row(0, named=True)
    {'up_1pct': 1, 'down_1pct': 1, 'up_2pct': 1, 'down_2pct': 0}
    >>> targets.select(pl.col("^t1.*$").dt.day()).row(0)
    (3, 4, 4, 4)
    """
    levels = threshold_names(thresholds)
    require_count("horizon", horizon)
    timing = fill_timing(fill)
    return pl.concat(
        target_rows(prices, [threshold_columns(prices, levels, horizon, timing)])
        for prices in checked_symbols(bars, timing, delisted)
    )


def threshold_names(thresholds: Iterable[float]) -> dict[str, float]:
    """Name each threshold as its columns do.

    Parameters
    ----------
    thresholds : iterable of float
        Shares between 0 and 1.

    Returns
    -------
    dict of str to float
        E.g. ``{"1pct": 0.01}``, in the given order.

    Raises
    ------
    TypeError
        If they are no list of numbers.
    ValueError
        If there is none, one is out of range, one is given twice, or two are so close that their
        columns would share a name (names have ten digits).

    Examples
    --------
    >>> threshold_names([0.005, 0.01])
    {'0_5pct': 0.005, '1pct': 0.01}
    >>> threshold_names([1, 2])
    Traceback (most recent call last):
    ...
    ValueError: thresholds hold 1; give shares between 0 and 1, e.g. 0.01 for 1 %
    """
    names: dict[str, float] = {}
    for value in require_list("thresholds", thresholds):
        advice = "give shares between 0 and 1, e.g. 0.01 for 1 %"
        if not is_number(value):
            raise TypeError(f"thresholds hold {value!r}; {advice}")
        if not 0.0 < value < 1.0:
            raise ValueError(f"thresholds hold {value!r}; {advice}")
        share = float(str(value)) if isinstance(value, np.floating) else float(value)
        name = _name(share)
        if names.get(name) == share:
            raise ValueError(f"thresholds hold {value!r} twice; give each once")
        if name in names:
            raise ValueError(
                f"thresholds hold {names[name]!r} and {share!r}, whose columns would share the "
                f"name {name}; give one of them"
            )
        names[name] = share
    if not names:
        raise ValueError("thresholds are empty; give at least one share, e.g. 0.01 for 1 %")
    return names


def _name(share: float) -> str:
    """Percent of a share to ten digits, so that the rounding of 0.1 + 0.2 stays out of it."""
    percent = format((Decimal(f"{share:.10g}") * 100).normalize(), "f")
    return f"{percent.replace('.', '_')}pct"


def threshold_columns(
    prices: SymbolPrices,
    levels: dict[str, float],
    horizon: int,
    timing: FillTiming,
) -> SymbolTargets:
    """Threshold targets of one symbol.

    Parameters
    ----------
    prices : SymbolPrices
        The symbol's bars.
    levels : dict of str to float
        As `threshold_names` gives them.
    horizon : int
        Bars that can decide the outcome.
    timing : FillTiming
        When the entry price is taken.

    Returns
    -------
    SymbolTargets
        From the first bar on.
    """
    from regime_factory.labels._kernels import walk_thresholds

    after = outcome_bars(prices, horizon, timing)
    lags = (timing.entry_lag, timing.outcome_lag, int(horizon))
    thresholds = np.array(sorted(levels.values()))
    n_rows = max(prices.bars.height - after, 0)
    ranges = (prices.highs, prices.lows)
    hits, ends = walk_thresholds(ranges, prices.entries, thresholds, n_rows, lags)
    columns = {}
    for name, threshold in levels.items():
        place = int(np.searchsorted(thresholds, threshold))
        for side, word in enumerate(("up", "down")):
            columns[f"{word}_{name}"] = hits[side, place]
            columns[f"t1_{word}_{name}"] = outcome_stamps(
                prices, ends[side, place], 0, horizon, timing
            )
    return SymbolTargets(0, pl.DataFrame(columns), after + 1)
