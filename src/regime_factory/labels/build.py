"""All targets of a table of bars, side by side."""

from collections.abc import Sequence

import polars as pl

from regime_factory.labels.barriers import BarrierSettings, barrier_targets
from regime_factory.labels.checks import checked_symbols, require_count, require_list
from regime_factory.labels.costs import Costs
from regime_factory.labels.delisting import Delisted
from regime_factory.labels.fills import Fill, fill_timing
from regime_factory.labels.forward import checked_lengths, forward_columns
from regime_factory.labels.targets import target_rows
from regime_factory.labels.thresholds import threshold_columns, threshold_names


def build_labels(
    bars: pl.DataFrame,
    *,
    horizon: int = 24,
    upper: float = 2.0,
    lower: float = 2.0,
    atr_window: int = 14,
    thresholds: Sequence[float] = (0.01, 0.02, 0.05),
    threshold_horizon: int = 24,
    forward_horizons: Sequence[int] = (1, 6, 24),
    fill: Fill = "next_close",
    costs: Costs = None,
    shift_barriers: bool | None = None,
    delisted: Delisted = None,
) -> pl.DataFrame:
    """Build triple-barrier labels, threshold targets and forward returns of each bar.

    Parameters
    ----------
    bars : polars.DataFrame
        Canonical bars of one timeframe, one or several symbols.
    horizon, upper, lower, atr_window, shift_barriers
        Of the labels; see `triple_barrier`.
    thresholds : sequence of float, default=(0.01, 0.02, 0.05)
        See `threshold_targets`; empty for none.
    threshold_horizon : int, default=24
        Bars that can decide a threshold target.
    forward_horizons : sequence of int, default=(1, 6, 24)
        See `forward_returns`; empty for none.
    fill : {"next_close", "next_open", "signal_close"}, default="next_close"
        Where trades are entered, for all targets.
    costs : LabelCosts or mapping of str to LabelCosts, optional
        Costs per side of labels and forward returns; threshold targets know none.
    delisted : collection of str or mapping of str to bool or datetime, optional
        Symbols whose last bar is an outcome rather than the end of the data; with a moment, that
        from which it was known, as `delisted_symbols` gives it.

    Returns
    -------
    polars.DataFrame
        ``symbol, ts``, then ``label, t1_label, ret_net, barrier``, the threshold targets and the
        forward returns, each with its own ``t1_*``. One row for each bar with at least one target;
        what a bar lacks is null.

    Raises
    ------
    TypeError, ValueError
        As `triple_barrier`, `threshold_targets` and `forward_returns`.

    Examples
    --------
    >>> from datetime import datetime
    >>> bars = pl.DataFrame({"symbol": "X",
    ...     "ts": pl.datetime_range(datetime(2021, 1, 1), datetime(2021, 1, 5), "1d",
    ...                             time_unit="us", time_zone="UTC", eager=True),
    ...     "open": 100.0, "high": 101.0, "low": 99.0, "close": 100.0})
    >>> labels = build_labels(bars, horizon=2, atr_window=1, thresholds=[0.01],
    ...                       threshold_horizon=2, forward_horizons=[1])
    >>> labels.select("label", "barrier", "up_1pct", "fwd_ret_1").rows()
    [(None, None, 1, 0.0), (0, 'time', 1, 0.0), (None, None, None, 0.0)]
    """
    settings = BarrierSettings(horizon, upper, lower, atr_window, costs, shift_barriers)
    shares = require_list("thresholds", thresholds)
    levels = threshold_names(shares) if shares else {}
    require_count("threshold_horizon", threshold_horizon)
    lengths = require_list("forward_horizons", forward_horizons)
    lengths = checked_lengths(lengths) if lengths else []
    timing = fill_timing(fill)
    tables = []
    for prices in checked_symbols(bars, timing, delisted):
        parts = [barrier_targets(prices, settings, timing)]
        if levels:
            parts.append(threshold_columns(prices, levels, threshold_horizon, timing))
        if lengths:
            parts.append(forward_columns(prices, lengths, timing, costs))
        tables.append(target_rows(prices, parts))
    return pl.concat(tables)
