"""Rules without a regime model that every strategy has to be measured against."""

from typing import Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regime_factory.backtest.accounting import Execution
from regime_factory.backtest.checks import check_backtest_bars

BaselineRule = Literal["buy_and_hold", "volatility_threshold", "ewma_target"]


def baseline_positions(
    bars: pl.DataFrame,
    rule: BaselineRule,
    *,
    threshold: float | None = None,
    target_volatility: float = 0.15,
    periods_per_year: float = 252.0,
    decay: float = 0.94,
    warmup: int = 20,
    max_leverage: float = 1.0,
    no_trade_band: float = 0.1,
    strategy: str | None = None,
) -> pl.DataFrame:
    """Decide the target weight of a baseline at every close.

    Parameters
    ----------
    bars : polars.DataFrame
        Canonical bars of one symbol. Give the history before the first stamp you need as well
        and cut the result: the EWMA then starts warm.
    rule : {"buy_and_hold", "volatility_threshold", "ewma_target"}
        ``buy_and_hold``: always 1. ``volatility_threshold``: long while the EWMA volatility is
        at most ``threshold``, else flat. ``ewma_target``: target volatility over EWMA
        volatility, capped at ``max_leverage``.
    threshold : float, optional
        Volatility per bar, needed by ``volatility_threshold``; take it from the selection zone
        with :func:`volatility_quantile`.
    target_volatility : float, default=0.15
        Annual.
    periods_per_year : float, default=252.0
        Bars in a year.
    decay : float, default=0.94
        Weight that yesterday's variance keeps per bar.
    warmup : int, default=20
        Returns needed before the EWMA is used; flat until then.
    max_leverage : float, default=1.0
        Cap of ``ewma_target``.
    no_trade_band : float, default=0.1
        ``ewma_target`` keeps its weight until the wanted one is further away.
    strategy : str, optional
        Name in the table; the rule's name where not given.

    Returns
    -------
    polars.DataFrame
        ``symbol, ts, strategy, position``.

    Raises
    ------
    ValueError
        If the rule is unknown, the threshold is missing, or the bars are not tradable.

    Examples
    --------
    >>> bars = pl.DataFrame({"symbol": "X", "ts": [1, 2], "close": [100.0, 101.0]})
    >>> baseline_positions(bars.with_columns(pl.from_epoch("ts", "s")), "buy_and_hold")[
    ...     "position"].to_list()
    [1.0, 1.0]
    """
    if rule not in get_args(BaselineRule):
        raise ValueError(f"rule is {rule!r}; choose one of {', '.join(get_args(BaselineRule))}")
    check_backtest_bars(bars, Execution(periods_per_year))
    if rule == "buy_and_hold":
        weights = np.ones(bars.height)
    else:
        volatility = ewma_volatility(bars["close"].to_numpy(), decay=decay, warmup=warmup)
        if rule == "volatility_threshold":
            if threshold is None:
                raise ValueError(
                    "volatility_threshold needs a threshold; take volatility_quantile of the "
                    "selection zone's bars"
                )
            weights = np.where(volatility <= threshold, 1.0, 0.0)
        else:
            bar_target = target_volatility / np.sqrt(periods_per_year)
            weights = _target_weights(volatility, bar_target, max_leverage, no_trade_band)
    return bars.select(
        "symbol", "ts", strategy=pl.lit(strategy or rule), position=pl.Series(weights)
    )


def _target_weights(
    volatility: NDArray[np.float64], bar_target: float, cap: float, band: float
) -> NDArray[np.float64]:
    from regime_factory.backtest._kernels import hold_inside_band

    with np.errstate(divide="ignore"):
        wanted = np.minimum(bar_target / volatility, cap)
    return hold_inside_band(np.where(np.isnan(volatility), 0.0, wanted), band)


def ewma_volatility(
    close: NDArray[np.float64], *, decay: float = 0.94, warmup: int = 20
) -> NDArray[np.float64]:
    """Exponentially weighted volatility of log returns per bar, known at each close.

    Parameters
    ----------
    close : numpy.ndarray, shape (n_bars,)
        Closing prices.
    decay : float, default=0.94
        Weight that the last variance keeps per bar, in (0, 1).
    warmup : int, default=20
        Returns needed before the first value.

    Returns
    -------
    numpy.ndarray, shape (n_bars,)
        NaN during the warm-up.

    Raises
    ------
    ValueError
        If ``decay`` is not between 0 and 1.

    Notes
    -----
    RiskMetrics (1996): zero mean, ``v_t = decay v_(t-1) + (1 - decay) r_t^2``, started with the
    first squared return.

    Examples
    --------
    >>> ewma_volatility(np.array([1.0, np.e, np.e**2]), warmup=1).round(6).tolist()
    [nan, 1.0, 1.0]
    """
    if not 0.0 < decay < 1.0:
        raise ValueError(f"decay is {decay}; give a number between 0 and 1, 0.94 for daily bars")
    squares = pl.Series(np.diff(np.log(close)) ** 2)
    variance = squares.ewm_mean(alpha=1.0 - decay, adjust=False, min_samples=warmup)
    return np.concatenate(([np.nan], np.sqrt(variance.fill_null(np.nan).to_numpy())))


def volatility_quantile(
    bars: pl.DataFrame, quantile: float = 0.8, *, decay: float = 0.94, warmup: int = 20
) -> float:
    """EWMA volatility per bar that the given share of bars stays below.

    Parameters
    ----------
    bars : polars.DataFrame
        Bars of one symbol, of the *selection zone only*.
    quantile : float, default=0.8
        Share of bars at or below the threshold.
    decay, warmup
        As in :func:`ewma_volatility`.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the bars end before the warm-up does.

    Examples
    --------
    >>> bars = pl.DataFrame({"close": [1.0, np.e, np.e**2]})
    >>> round(volatility_quantile(bars, warmup=1), 6)
    1.0
    """
    volatility = ewma_volatility(bars["close"].to_numpy(), decay=decay, warmup=warmup)
    known = volatility[np.isfinite(volatility)]
    if not known.size:
        raise ValueError(
            f"{bars.height} bars are too few for a volatility threshold; give more than {warmup}"
        )
    return float(np.quantile(known, quantile))
