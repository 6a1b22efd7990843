"""What cost kills a strategy: net Sharpe ratio by basis points, and the break-even cost."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl

from regime_factory.backtest.accounting import Execution
from regime_factory.backtest.timing import TradedSpan, sharpe_of_rows, traded_span
from regime_factory.evaluation import stationary_bootstrap_sharpe

DEFAULT_BPS: tuple[float, ...] = (0.0, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 50.0)
HIGHEST_BPS = 500.0


def cost_curve(
    bars: pl.DataFrame,
    equity: pl.DataFrame,
    strategy: str,
    execution: Execution,
    *,
    benchmark: str | None = None,
    bps: Sequence[float] = DEFAULT_BPS,
    n_draws: int = 1000,
    mean_block: float | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Trade the same weights again at other costs.

    Parameters
    ----------
    bars : polars.DataFrame
        Bars of the symbol.
    equity : polars.DataFrame
        Equity of one symbol over the span to judge.
    strategy : str
        Which strategy.
    execution : Execution
        The costs it was run with; they are added to the grid.
    benchmark : str, optional
        Strategy to break even with, which pays the same costs.
    bps : sequence of float
        Fee and slippage together, per side, in basis points.
    n_draws, mean_block, seed
        Of the bootstrap interval.

    Returns
    -------
    dict
        ``bps, sharpe, lower, upper`` (lists), ``assumed_bps, break_even_bps,
        break_even_vs_benchmark_bps`` and ``notes`` with the reason for each null.

    Raises
    ------
    ValueError
        If a strategy or a bar is missing.
    """
    span = traded_span(bars, equity, strategy)
    grid = sorted({float(cost) for cost in (*bps, execution.bps)})
    found = [_interval(span, execution.with_bps(c), n_draws, mean_block, seed) for c in grid]
    curve: dict[str, Any] = {"bps": grid}
    for column, name in enumerate(("sharpe", "lower", "upper")):
        curve[name] = [row[column] for row in found]
    zero, zero_note = break_even(lambda cost: _sharpe(span, execution.with_bps(cost)))
    curve |= {
        "assumed_bps": float(execution.bps),
        "break_even_bps": zero,
        "break_even_vs_benchmark_bps": None,
    }
    notes = {"break_even_bps": zero_note}
    if benchmark is not None:
        other = traded_span(bars, equity, benchmark)
        curve["break_even_vs_benchmark_bps"], notes["break_even_vs_benchmark_bps"] = break_even(
            lambda cost: (
                _sharpe(span, execution.with_bps(cost)) - _sharpe(other, execution.with_bps(cost))
            )
        )
    return curve | {"notes": {name: note for name, note in notes.items() if note}}


def break_even(advantage: Callable[[float], float]) -> tuple[float | None, str]:
    """Find the cost at which an advantage is used up.

    Parameters
    ----------
    advantage : callable
        Takes a cost per side in basis points, gives the advantage left.

    Returns
    -------
    tuple of (float or None, str)
        The cost to 0.01 basis points, or None and the reason.

    Examples
    --------
    >>> break_even(lambda cost: 1.0 - cost / 8.0)
    (8.0, '')
    >>> break_even(lambda cost: -1.0)
    (None, 'there is no advantage even without costs')
    """
    low, high = 0.0, HIGHEST_BPS
    at_zero, at_highest = advantage(low), advantage(high)
    if np.isnan(at_zero) or np.isnan(at_highest):
        return None, "the returns never vary, so there is no Sharpe ratio"
    if at_zero <= 0.0:
        return None, "there is no advantage even without costs"
    if at_highest > 0.0:
        return None, f"the advantage outlasts {HIGHEST_BPS:.0f} basis points"
    while high - low > 0.005:
        middle = (low + high) / 2.0
        low, high = (middle, high) if advantage(middle) > 0.0 else (low, middle)
    return round((low + high) / 2.0, 2), ""


def _sharpe(span: TradedSpan, execution: Execution) -> float:
    return float(sharpe_of_rows(span.run(span.fills[None], execution).ret, execution)[0])


def _interval(
    span: TradedSpan, execution: Execution, n_draws: int, mean_block: float | None, seed: int
) -> tuple[float | None, ...]:
    found = stationary_bootstrap_sharpe(
        span.run(span.fills[None], execution).ret[0],
        periods_per_year=execution.periods_per_year,
        n_draws=n_draws,
        mean_block=mean_block,
        risk_free=execution.cash_rate,
        seed=seed,
    )
    values = (found.sharpe, found.lower, found.upper)
    return tuple(value if np.isfinite(value) else None for value in values)
