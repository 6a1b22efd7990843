"""Triple-barrier labels: which side of a trade would have ended with a net gain."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regime_factory.features.indicators import atr
from regime_factory.features.steps import Steps
from regime_factory.labels.checks import (
    SymbolPrices,
    checked_symbols,
    require_count,
    require_multiple,
)
from regime_factory.labels.costs import NO_COSTS, Costs, costs_of
from regime_factory.labels.delisting import Delisted
from regime_factory.labels.fills import Fill, FillTiming, fill_timing
from regime_factory.labels.targets import (
    SymbolTargets,
    outcome_bars,
    outcome_stamps,
    target_rows,
)

BARRIERS = ("upper", "lower", "both", "time", "end")
"""What can end a label, in the order of the kernel's codes."""


@dataclass(frozen=True)
class BarrierSettings:
    """Settings of the labels, checked; see `triple_barrier`."""

    horizon: int = 24
    upper: float = 2.0
    lower: float = 2.0
    atr_window: int = 14
    costs: Costs = None
    shift_barriers: bool | None = None

    def __post_init__(self) -> None:
        require_count("horizon", self.horizon)
        require_count("atr_window", self.atr_window)
        require_multiple("upper", self.upper)
        require_multiple("lower", self.lower)
        if not isinstance(self.shift_barriers, bool | np.bool_ | None):
            raise TypeError(
                f"shift_barriers is {self.shift_barriers!r}; give True, False or None for what "
                "goes with the costs"
            )


def triple_barrier(
    bars: pl.DataFrame,
    *,
    horizon: int = 24,
    upper: float = 2.0,
    lower: float = 2.0,
    atr_window: int = 14,
    fill: Fill = "next_close",
    costs: Costs = None,
    shift_barriers: bool | None = None,
    delisted: Delisted = None,
) -> pl.DataFrame:
    """Label each bar by the trade that would have gained after costs: long, short or neither.

    Parameters
    ----------
    bars : polars.DataFrame
        Canonical bars of one timeframe, one or several symbols; ``ts`` is the close of the bar and
        the moment of the decision.
    horizon : int, default=24
        Bars that can decide the outcome; the close of the last one is the time barrier.
    upper, lower : float, default=2.0
        Distance of the barriers from the entry price, in multiples of the ATR at the decision;
        ``math.inf`` for no barrier on that side.
    atr_window : int, default=14
        Window of the ATR (Wilder's average, seeded with a simple mean), in bars.
    fill : {"next_close", "next_open", "signal_close"}, default="next_close"
        Where the trade is entered. A decision at the close of bar i enters at close[i+1] and the
        first bar of its outcome is i+2; at open[i+1] and i+1; or at close[i] and i+1 (optimistic).
    costs : LabelCosts or mapping of str to LabelCosts, optional
        Costs per side, for all symbols or by symbol; none where left out.
    shift_barriers : bool, optional
        Whether the barriers move outwards so that a touched profit barrier nets its multiple of
        the ATR. Where left out, they do for costs in price units (ticks) and do not for basis
        points.
    delisted : collection of str or mapping of str to bool or datetime, optional
        Symbols whose last bar is an outcome rather than the end of the data; with a moment, that
        from which it was known, as `delisted_symbols` gives it.

    Returns
    -------
    polars.DataFrame
        ``symbol``, ``ts`` (= t0), ``label`` (Int8: 1, -1, 0), ``t1_label`` (closing stamp of the
        bar that decided it), ``ret_net`` and ``barrier`` (``upper``, ``lower``, ``both``, ``time``,
        ``end``), one row for each bar that has an ATR and a whole horizon; symbols in the order in
        which they first appear. A symbol too short for one row has none, and a warning is logged.

    Raises
    ------
    TypeError
        If ``bars`` is not a Polars table, or a setting is of the wrong type.
    ValueError
        If a setting is out of range, the bars cannot be used (missing columns, out of order, prices
        that cannot be, symbols that are no text), ``delisted`` names a symbol that the bars lack,
        or ``fill="next_open"`` meets opens that repeat the previous close.

    Notes
    -----
    The long trade takes its profit at the upper barrier and is stopped at the lower, the short
    trade the other way round. Both end in the first bar that touches a barrier:

    - opens beyond a barrier: at the open, even where the range of the bar holds both barriers;
    - range holds both: each side is stopped first, at its own stop (``both``, label 0);
    - range holds one: at the barrier.

    Where none is touched, both end at the close of the last bar (``time``). The label is 1 where
    the long trade's net return is positive, else -1 where the short trade's is, else 0;
    ``ret_net`` is the net return of that side, for 0 the better of the two, which is never
    positive. Returns and touches within 1e-12 of the entry price are taken as zero and as touched.
    Where the ATR is zero both barriers lie at the entry price. Float32 prices are taken as the
    shortest decimal number that they stand for, so that 12.12 is 1 % above 12 there too.

    Each barrier is one trade's profit and the other's stop. Where costs shift the barriers, a
    touched profit barrier nets its multiple of the ATR, and a stop loses that and the cost of two
    round trips.

    A label's outcome lies in (t0, t1]. Rows whose last outcome bar lies beyond the data have no
    label, also where a barrier was touched before: keeping only those biases the tail. The last
    bar of a delisted symbol decides what is still open then (``end``). Rows that have a label only
    because of the delisting, also those that touched a barrier before, were not known to have one
    before that was known: their t1 is no earlier than the moment that `delisted` gives.

    Sources: Lopez de Prado, Advances in Financial Machine Learning (2018), chapter 3; Wilder, New
    Concepts in Technical Trading Systems (1978).

    Examples
    --------
    >>> from datetime import datetime
    >>> bars = pl.DataFrame({"symbol": "X",
    ...     "ts": pl.datetime_range(datetime(2021, 1, 1), datetime(2021, 1, 6), "1d",
    ...                             time_unit="us", time_zone="UTC", eager=True),
    ...     "open":  [100.0, 100.0, 101.0, 102.0, 105.0, 104.0],
    ...     "high":  [101.0, 102.0, 103.0, 104.0, 106.0, 104.0],
    ...     "low":   [ 99.0, 100.0, 101.0, 102.0, 103.0,  99.0],
    ...     "close": [100.0, 101.0, 102.0, 104.0, 104.0, 100.0]})
    >>> labels = triple_barrier(bars, horizon=2, upper=1, lower=1, atr_window=1)
    >>> labels.select(pl.col("ts").dt.day(), "label", pl.col("t1_label").dt.day(),
    ...               pl.col("ret_net").round(4), "barrier").rows()
    [(2, 1, 4, 0.0196, 'upper'), (3, 1, 5, 0.0192, 'upper')]
    """
    settings = BarrierSettings(horizon, upper, lower, atr_window, costs, shift_barriers)
    timing = fill_timing(fill)
    return pl.concat(
        target_rows(prices, [barrier_targets(prices, settings, timing)])
        for prices in checked_symbols(bars, timing, delisted)
    )


def barrier_targets(
    prices: SymbolPrices, settings: BarrierSettings, timing: FillTiming
) -> SymbolTargets:
    """Triple-barrier labels of one symbol.

    Parameters
    ----------
    prices : SymbolPrices
        The symbol's bars.
    settings : BarrierSettings
        Barriers and costs.
    timing : FillTiming
        When trades are entered.

    Returns
    -------
    SymbolTargets
        ``label, t1_label, ret_net, barrier``, from the first bar with an ATR on.
    """
    from regime_factory.labels._kernels import walk_barriers

    first = int(settings.atr_window)  # the first bar has no true range
    after = outcome_bars(prices, settings.horizon, timing)
    costs = costs_of(settings.costs, prices.symbol)
    shifted = settings.shift_barriers
    if shifted is None:
        shifted = costs.price_per_side > 0.0
    labels, codes, ends, returns = walk_barriers(
        (prices.opens, prices.highs, prices.lows, prices.closes),
        (prices.entries, average_true_range(prices.bars, settings.atr_window)),
        (first, prices.bars.height - after),
        (timing.entry_lag, timing.outcome_lag, int(settings.horizon)),
        (
            (float(settings.upper), float(settings.lower)),
            tuple(costs.terms),
            tuple(costs.terms if shifted else NO_COSTS),
        ),
    )
    columns = pl.DataFrame(
        {
            "label": labels,
            "t1_label": outcome_stamps(prices, ends, first, settings.horizon, timing),
            "ret_net": returns,
            "barrier": pl.Series(BARRIERS).gather(pl.Series(codes.astype(np.uint32))),
        }
    )
    return SymbolTargets(first, columns, first + after + 1)


def average_true_range(bars: pl.DataFrame, window: int) -> NDArray[np.float64]:
    """ATR of each bar of one symbol, as the features have it; NaN during the warm-up.

    Parameters
    ----------
    bars : polars.DataFrame
        In time order, with `high`, `low` and `close`.
    window : int
        Of Wilder's average, in bars.

    Returns
    -------
    numpy.ndarray, shape (n_bars,)
        In price units; the first value is that of bar `window`, since the first bar has no true
        range.

    Examples
    --------
    >>> bars = pl.DataFrame({"high": [2.0, 3.0, 5.0], "low": [1.0, 2.0, 3.0], "close": [2.0] * 3})
    >>> average_true_range(bars, 2).tolist()
    [nan, nan, 2.0]
    """
    steps = Steps()
    wanted = atr(steps.once, window).cast(pl.Float64).alias("atr")
    return steps.run(bars, [wanted])["atr"].fill_null(np.nan).to_numpy()
