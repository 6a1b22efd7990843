"""Simulated OHLCV bars of one or more symbols, with the truth about every bar."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from regime_factory.bars import BAR_COLUMNS, timeframe_minutes
from regime_factory.simulate.process import (
    FloatArray,
    IntArray,
    ProcessParameters,
    Tails,
    draw_states,
    ohlc_path,
    process_parameters,
    tail_scale,
)

_BASE_VOLUME = 1_000.0
_VOLUME_STD = 0.3
_VOLUME_VOL = 0.001  # volatility per bar at which the base volume trades
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
        The same seed gives the same market, and a larger `n_bars` only appends to it.

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
        streams = [np.random.default_rng(child) for child in seeds.spawn(6)]
        path = _draw_path(
            parameters, n_bars, tail_scale(n_bars, tails, df, streams[2]), edge, streams
        )
        frame = _bars(path, base_price, streams[3], streams[4] if volume else None)
        labels = {"symbol": pl.lit(symbol), "timeframe": pl.lit(timeframe), "ts": ts}
        frame = frame.with_columns(**labels).select(BAR_COLUMNS)
        bars.append(frame.filter(pl.Series(streams[5].random(n_bars) >= gaps)))
        truth.append(_truth(path, symbol, ts))
        raw[symbol] = path.raw
    return SimulatedMarket(pl.concat(bars), pl.concat(truth), asdict(parameters), raw)


@dataclass(frozen=True)
class _Path:
    """What happens to one symbol, bar by bar: arrays of shape (T,), `raw` (T, 2)."""

    states: IntArray
    drift: FloatArray
    vol: FloatArray
    signal: FloatArray
    log_return: FloatArray
    raw: FloatArray


def _draw_path(
    parameters: ProcessParameters,
    n_bars: int,
    scale: FloatArray,
    edge: float,
    streams: Sequence[np.random.Generator],
) -> _Path:
    states = draw_states(parameters, n_bars, streams[0])
    shocks = streams[1].standard_normal((n_bars, 2))
    deviation = np.sqrt(np.diagonal(parameters.covars, axis1=1, axis2=2))
    drift, vol = parameters.drift[states], parameters.vol[states]
    signal = np.where(shocks[:, 0] >= 0, 1.0, -1.0)
    planted = edge * np.append(0.0, signal[:-1])
    return _Path(
        states=states,
        drift=drift,
        vol=vol,
        signal=signal,
        log_return=drift + vol * (shocks[:, 0] * scale + planted),
        raw=parameters.means[states] + deviation[states] * shocks,
    )


def _bars(
    path: _Path,
    base_price: float,
    rng: np.random.Generator,
    volume_rng: np.random.Generator | None,
) -> pl.DataFrame:
    """Prices and volume of one symbol; volume grows with the square root of volatility."""
    prices = ohlc_path(path.log_return, path.vol, base_price, rng)
    frame = pl.DataFrame(prices, schema=["open", "high", "low", "close"])
    if volume_rng is None:
        volume = pl.lit(None, dtype=pl.Float64)
    else:
        noise = np.exp(_VOLUME_STD * volume_rng.standard_normal(len(path.vol)))
        traded = np.ceil(_BASE_VOLUME * np.sqrt(path.vol / _VOLUME_VOL) * noise)
        volume = pl.Series(traded)
    return frame.with_columns(volume=volume, n_base=pl.lit(1, dtype=pl.UInt32))


def _truth(path: _Path, symbol: str, ts: pl.Series) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "ts": ts,
            "state": path.states.astype(np.int16),
            "drift": path.drift,
            "vol": path.vol,
            "signal": path.signal,
            "return": path.log_return,
        }
    ).select(pl.lit(symbol).alias("symbol"), pl.all(), pl.col("ts").alias("available_at"))


def _close_stamps(start: str, minutes: int, n_bars: int) -> pl.Series:
    try:
        opening = datetime.fromisoformat(start)
    except ValueError:
        raise ValueError(f"start {start!r} is no ISO date; write e.g. '2015-01-05'") from None
    opening = opening.astimezone(UTC) if opening.tzinfo else opening.replace(tzinfo=UTC)
    first = pl.Series([opening], dtype=pl.Datetime("us", "UTC")).to_physical()[0]
    stamps = first + np.arange(1, n_bars + 1) * minutes * 60_000_000
    return pl.Series("ts", stamps).cast(pl.Datetime("us", "UTC"))


def _refuse_out_of_range(
    n_bars: int, symbols: Sequence[str], gaps: float, base_price: float
) -> None:
    if n_bars < 1:
        raise ValueError(f"n_bars is {n_bars}; expected at least 1")
    if isinstance(symbols, str) or not symbols or len(set(symbols)) != len(symbols):
        raise ValueError(f"symbols is {symbols!r}; expected a list of different names")
    if not 0 <= gaps < 1:
        raise ValueError(f"gaps is {gaps}; expected a share from 0 to below 1")
    if not base_price > 0:
        raise ValueError(f"base_price is {base_price}; expected a positive price")
