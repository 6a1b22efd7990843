"""Was it timing? The same positions, shifted in time at random, with the same costs."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regime_factory.backtest.accounting import AccountPaths, Execution, simulate_accounts
from regime_factory.backtest.checks import require_columns, stamp

_MAX_CELLS = 100_000


@dataclass(frozen=True)
class RandomTiming:
    """How the strategy stands among circular shifts of its own positions.

    Parameters
    ----------
    strategy : str
        Name of the strategy.
    p_value : float
        Share of shifts, the real one included, whose net Sharpe ratio is at least the real one.
    n_shifts : int
        Random shifts.
    sharpe : float
        Annualised net Sharpe ratio of the real positions.
    shifted_sharpes, shifted_equity : numpy.ndarray, shape (n_shifts,)
        Net Sharpe ratio and final equity of each shift (start 1).
    band : polars.DataFrame
        ``symbol, ts, lower, upper``: 5 % and 95 % quantile of the shifted equity (start 1).
    """

    strategy: str
    p_value: float
    n_shifts: int
    sharpe: float
    shifted_sharpes: NDArray[np.float64]
    shifted_equity: NDArray[np.float64]
    band: pl.DataFrame


@dataclass(frozen=True)
class TradedSpan:
    """Prices and target weights of one strategy on the bars of its equity table.

    Parameters
    ----------
    symbol : str
        Symbol.
    ts : polars.Series
        Stamps of the bars.
    close : numpy.ndarray, shape (n_bars,)
        Closing prices.
    opens : numpy.ndarray or None
        Opening prices where the bars have them.
    fills : numpy.ndarray, shape (n_bars,)
        Weight that the fill of each bar moves to.
    """

    symbol: str
    ts: pl.Series
    close: NDArray[np.float64]
    opens: NDArray[np.float64] | None
    fills: NDArray[np.float64]

    def run(self, fills: NDArray[np.float64], execution: Execution) -> AccountPaths:
        """Trade other fills on the same bars with capital 1.

        Parameters
        ----------
        fills : numpy.ndarray, shape (n_accounts, n_bars)
            Target weights.
        execution : Execution
            Costs and fill price.

        Returns
        -------
        AccountPaths
        """
        return simulate_accounts(
            self.close, fills, replace(execution, initial=1.0), opens=self.opens
        )


def traded_span(bars: pl.DataFrame, equity: pl.DataFrame, strategy: str) -> TradedSpan:
    """Gather what is needed to trade a strategy's weights again.

    Parameters
    ----------
    bars : polars.DataFrame
        Bars of the symbol; they may cover more than the equity does.
    equity : polars.DataFrame
        Equity of one symbol.
    strategy : str
        Which strategy.

    Returns
    -------
    TradedSpan

    Raises
    ------
    ValueError
        If the strategy is unknown, has fewer than 3 bars, or a bar is missing.

    Examples
    --------
    >>> bars = pl.DataFrame({"ts": [1, 2, 3], "close": [1.0, 2.0, 3.0]})
    >>> equity = bars.select("ts", symbol=pl.lit("X"), strategy=pl.lit("a"), target=1.0)
    >>> traded_span(bars, equity, "a").close
    array([1., 2., 3.])
    """
    require_columns(equity, ("symbol", "ts", "strategy", "target"), "equity")
    own = equity.filter(strategy=strategy)
    if own.height < 3:
        names = ", ".join(equity["strategy"].unique(maintain_order=True))
        raise ValueError(
            f"strategy {strategy!r} has {own.height} bars of equity, at least 3 are needed; "
            f"the table holds {names}"
        )
    priced = own.select("ts", "target").join(
        bars.select("ts", "close", *({"open"} & set(bars.columns))),
        on="ts",
        how="left",
        maintain_order="left",
    )
    if priced["close"].null_count():
        ts = priced.filter(pl.col("close").is_null())["ts"][0]
        raise ValueError(
            f"there is no bar for the equity at {stamp(ts)}; give the bars it came from"
        )
    return TradedSpan(
        own["symbol"][0],
        priced["ts"],
        priced["close"].cast(pl.Float64).to_numpy(),
        priced["open"].cast(pl.Float64).to_numpy() if "open" in priced.columns else None,
        priced["target"].to_numpy(),
    )


def sharpe_of_rows(ret: NDArray[np.float64], execution: Execution) -> NDArray[np.float64]:
    """Annualised Sharpe ratio of each row, above the cash rate.

    Parameters
    ----------
    ret : numpy.ndarray, shape (n_accounts, n_bars)
        Net simple returns.
    execution : Execution
        Gives bars a year and the cash rate.

    Returns
    -------
    numpy.ndarray, shape (n_accounts,)
        NaN where returns never vary.

    Examples
    --------
    >>> sharpe_of_rows(np.array([[0.0, 0.0], [0.02, 0.0]]), Execution(1)).round(4).tolist()
    [nan, 0.7071]
    """
    deviation = ret.std(axis=1, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = (ret.mean(axis=1) - execution.rate_per_bar) / deviation
    annual = ratio * np.sqrt(execution.periods_per_year)
    return np.where(np.ptp(ret, axis=1) > 0.0, annual, np.nan)


def random_timing(
    bars: pl.DataFrame,
    equity: pl.DataFrame,
    strategy: str,
    execution: Execution,
    *,
    n_shifts: int = 500,
    max_points: int = 5000,
    seed: int = 0,
) -> RandomTiming:
    """Compare a strategy with random circular shifts of its own position series.

    Parameters
    ----------
    bars : polars.DataFrame
        Bars of the symbol.
    equity : polars.DataFrame
        Equity of one symbol over the span to judge.
    strategy : str
        Which strategy.
    execution : Execution
        The costs it was run with.
    n_shifts : int, default=500
        Random shifts.
    max_points : int, default=5000
        Bars at which the band is computed; on longer spans it is interpolated between them.
    seed : int, default=0
        Seed of the shifts.

    Returns
    -------
    RandomTiming

    Raises
    ------
    ValueError
        If the strategy or a bar is missing, or there are no shifts.

    Notes
    -----
    A shift keeps how long, how often and how large the positions were, and so their costs, and
    breaks only when they were held. The real series is traded again in the same way (flat before
    the first bar of the span). With ``k`` of ``n`` shifts at least as good, p = (k + 1) / (n + 1).
    """
    if n_shifts < 1:
        raise ValueError(f"n_shifts is {n_shifts}; give at least 1, 500 for a report")
    span = traded_span(bars, equity, strategy)
    n_bars = span.close.size
    points = np.unique(np.linspace(0, n_bars - 1, min(n_bars, max_points)).round().astype(np.int64))
    shifts = np.random.default_rng(seed).integers(1, n_bars, n_shifts)
    sharpes, curves = np.empty(n_shifts), np.empty((n_shifts, points.size), np.float32)
    final = np.empty(n_shifts)
    step = max(1, _MAX_CELLS // n_bars)
    for first in range(0, n_shifts, step):
        block = slice(first, min(first + step, n_shifts))
        paths = span.run(_shifted(span.fills, shifts[block]), execution)
        sharpes[block] = sharpe_of_rows(paths.ret, execution)
        curves[block] = paths.equity[:, points]
        final[block] = paths.equity[:, -1]
    real = float(sharpe_of_rows(span.run(span.fills[None], execution).ret, execution)[0])
    p_value = (1 + int(np.sum(~(sharpes < real)))) / (n_shifts + 1)
    return RandomTiming(
        strategy, p_value, n_shifts, real, sharpes, final, _band(span, points, curves)
    )


def _shifted(fills: NDArray[np.float64], shifts: NDArray[np.int64]) -> NDArray[np.float64]:
    columns = (np.arange(fills.size)[None, :] - shifts[:, None]) % fills.size
    return fills[columns]


def _band(span: TradedSpan, points: NDArray[np.int64], curves: NDArray[np.float32]) -> pl.DataFrame:
    edges = np.quantile(curves, [0.05, 0.95], axis=0).astype(np.float64)
    lower, upper = (np.interp(np.arange(span.close.size), points, edge) for edge in edges)
    symbol = pl.repeat(span.symbol, span.close.size, eager=True)
    return pl.DataFrame({"symbol": symbol, "ts": span.ts, "lower": lower, "upper": upper})
