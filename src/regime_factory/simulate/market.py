"""Simulated OHLCV bars of one or more symbols, with the truth about every bar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from regime_factory.bars import BAR_COLUMNS, timeframe_minutes
from regime_factory.simulate.process import (
    FloatArray,
    ProcessParameters,
    Tails,
    draw_states,
    ohlc_path,
    process_parameters,
    tail_scale,
)

_BASE_VOLUME = 1_000.0
_VOLUME_STD = 0.3
_FLOOR_HALF_RANGE = 1e-5


@dataclass(frozen=True)
class SimulatedMarket:
    """Bars and the truth about them.

    Parameters
    ----------
    bars
        Canonical bars; nothing in them tells the state.
    truth
        One row per simulated bar, bars removed as gaps included: ``symbol``, ``ts``, ``state``
        (i16), ``drift`` and ``vol`` (per bar), ``signal`` (-1 or 1, known at ``ts``; moves the next
        bar where an edge is planted), ``return`` (log return of the bar) and ``available_at``, the
        moment at which the values of the bar became known.
    params
        True parameters ``startprob``, ``transmat``, ``means``, ``covars`` of the raw observations.
    raw
        Raw Gaussian observations per symbol, shape (n_bars, 2).
    """

    bars: pl.DataFrame
    truth: pl.DataFrame
    params: dict[str, FloatArray]
    raw: dict[str, FloatArray]

    def observations(
        self, kind: Literal["raw", "bars"] = "raw", symbol: str | None = None
    ) -> FloatArray:
        """Observation matrix of one symbol.

        Parameters
        ----------
        kind
            ``raw``: the Gaussian draws of the process itself (log return, log half-range), exactly
            distributed as `params` says, whatever tails, edge and gaps the bars have. ``bars``: log
            return and log half-range measured from the bars, without the first bar.
        symbol
            Which symbol; the first where not given.

        Returns
        -------
        ndarray
            Shape (n_bars, 2) for ``raw``, (number of bars - 1, 2) for ``bars``.

        Raises
        ------
        ValueError
            Where the symbol or the kind is unknown.

        Examples
        --------
        >>> market = simulate_market(100, seed=1)
        >>> market.observations().shape, market.observations("bars").shape
        ((100, 2), (99, 2))
        """
        name = next(iter(self.raw)) if symbol is None else symbol
        if name not in self.raw:
            raise ValueError(f"symbol {name!r} is not simulated; there are {', '.join(self.raw)}")
        if kind == "raw":
            return self.raw[name].copy()
        if kind != "bars":
            raise ValueError(f"observations of kind {kind!r} do not exist; use 'raw' or 'bars'")
        rows = self.bars.filter(pl.col("symbol") == name)
        half_range = (pl.col("high") / pl.col("low")).log() / 2
        measured = rows.select(
            (pl.col("close") / pl.col("close").shift(1)).log().alias("log_return"),
            half_range.clip(lower_bound=_FLOOR_HALF_RANGE).log().alias("log_half_range"),
        )
        return measured[1:].to_numpy()


def simulate_market(
    n_bars: int = 5000,
    *,
    symbols: Sequence[str] = ("SIM",),
    n_states: int = 3,
    timeframe: str = "1H",
    start: str = "2015-01-05",
    stay: float = 0.98,
    transmat: ArrayLike | None = None,
    means: Sequence[float] | None = None,
    vols: Sequence[float] | None = None,
    tails: Tails = "gaussian",
    df: float = 4,
    edge: float = 0.0,
    gaps: float = 0.0,
    base_price: float = 100.0,
    volume: bool = True,
    seed: int = 0,
) -> SimulatedMarket:
    """Simulate bars whose hidden states, drifts, volatilities and edge are known.

    Parameters
    ----------
    n_bars
        Bars per symbol, before gaps.
    symbols
        Names; each symbol has its own independent path of states and prices.
    n_states
        Number of hidden states K, numbered from calm to stressed.
    timeframe
        Length of a bar; the market is open 24/7.
    start
        Open of the first bar, ISO date or time in UTC.
    stay
        Probability of staying in a state, the others share the rest; ignored with `transmat`.
    transmat
        Transition matrix, shape (K, K).
    means
        Mean log return per bar of each state; default +15 % to -25 % a year.
    vols
        Volatility per bar of each state, increasing; default 10 % to 70 % a year.
    tails
        ``gaussian`` returns, or Student ``t`` of the same variance.
    df
        Degrees of freedom of ``t``.
    edge
        Planted predictability: the next bar's log return gets ``edge * vol * signal``.
    gaps
        Share of bars removed at random (each on its own, so the count varies a little).
    base_price
        Close before the first bar.
    volume
        Whether bars have volume, higher in volatile states; null otherwise.
    seed
        The same seed gives the same market; more bars only append (gaps aside from none).

    Returns
    -------
    SimulatedMarket
        Bars, truth, parameters and raw observations.

    Raises
    ------
    ValueError
        Where a setting is out of range.

    Notes
    -----
    The signal is the sign of the bar's own Gaussian shock, so a model can see it in the bar's
    return: an edge is momentum from one bar to the next. With ``edge`` 0 it means nothing.

    Examples
    --------
    >>> market = simulate_market(4, seed=7)
    >>> market.bars.select(pl.col("ts").dt.hour(), "n_base").rows()
    [(1, 1), (2, 1), (3, 1), (4, 1)]
    >>> market.truth.columns
    ['symbol', 'ts', 'state', 'drift', 'vol', 'signal', 'return', 'available_at']
    """
    _refuse_out_of_range(n_bars, symbols, gaps, base_price)
    minutes = timeframe_minutes(timeframe)
    parameters = process_parameters(
        n_states, minutes, stay=stay, transmat=transmat, means=means, vols=vols
    )
    ts = _close_stamps(start, minutes, n_bars)
    bars, truth, raw = [], [], {}
    for symbol, seeds in zip(
        symbols, np.random.SeedSequence(seed).spawn(len(symbols)), strict=True
    ):
        path = _simulate_symbol(parameters, n_bars, tails, df, edge, seeds)
        frame = _bars(path, symbol, timeframe, ts, base_price, volume)
        bars.append(frame.filter(pl.Series(path.uniform >= gaps)))
        truth.append(_truth(path, symbol, ts))
        raw[symbol] = path.raw
    params = {name: getattr(parameters, name) for name in ("startprob", "transmat", "means", "covars")}
    return SimulatedMarket(pl.concat(bars), pl.concat(truth), params, raw)
