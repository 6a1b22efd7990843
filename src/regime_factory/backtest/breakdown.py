"""A strategy's returns cut by regime, by calendar year and month, and by drawdown."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regime_factory.backtest.accounting import Execution
from regime_factory.backtest.checks import require_columns
from regime_factory.evaluation import drawdowns, sharpe_ratio, total_return


def regime_breakdown(
    equity: pl.DataFrame,
    regimes: pl.DataFrame,
    strategy: str,
    execution: Execution,
    *,
    benchmark: str = "buy_and_hold",
) -> list[dict[str, Any]]:
    """Returns by the confirmed regime that was known when the held position was decided.

    Parameters
    ----------
    equity : polars.DataFrame
        Equity of one symbol.
    regimes : polars.DataFrame
        Regimes of the same symbol: ``ts, confirmed_state, confirmed_regime``. Those of a slower
        timeframe are carried forward.
    strategy, benchmark : str
        Strategies of the equity table.
    execution : Execution
        Its fill says how many bars lie between the decision and the bar it is held over: the
        label is taken that far back.

    Returns
    -------
    list of dict
        In state order: ``regime, share`` (of the labelled bars), ``strategy_return,
        benchmark_return`` (mean return per bar times bars a year), ``strategy_sharpe,
        benchmark_sharpe`` (None where it does not exist). Bars without a label are left out.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    require_columns(regimes, ("ts", "confirmed_state", "confirmed_regime"), "regimes")
    pair = _paired(equity, strategy, benchmark).join_asof(
        regimes.select("ts", "confirmed_state", "confirmed_regime").sort("ts"), on="ts"
    )
    labelled = pair.with_columns(
        pl.col("confirmed_state", "confirmed_regime").shift(execution.held_lag)
    ).drop_nulls("confirmed_regime")
    parts = labelled.sort("confirmed_state", maintain_order=True).partition_by(
        "confirmed_regime", maintain_order=True
    )
    return [_regime_row(part, labelled.height, execution) for part in parts]


def _regime_row(part: pl.DataFrame, n_bars: int, execution: Execution) -> dict[str, Any]:
    row: dict[str, Any] = {"regime": part["confirmed_regime"][0], "share": part.height / n_bars}
    years = execution.periods_per_year
    for name in ("strategy", "benchmark"):
        row[f"{name}_return"] = float(part[name].to_numpy().mean() * years)
    for name in ("strategy", "benchmark"):
        ratio = sharpe_ratio(part[name].to_numpy(), years, risk_free=execution.cash_rate)
        row[f"{name}_sharpe"] = ratio if np.isfinite(ratio) else None
    return row


def calendar_returns(
    equity: pl.DataFrame, strategy: str, *, benchmark: str = "buy_and_hold"
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Compound returns by calendar year and month in UTC.

    Parameters
    ----------
    equity : polars.DataFrame
        Equity of one symbol.
    strategy, benchmark : str
        Strategies of the equity table.

    Returns
    -------
    tuple of list of dict
        Years (``year, strategy, benchmark``) and months (``year, month, strategy``); the first
        and the last may be partial.
    """
    inside = pl.col("ts").dt.offset_by("-1us")  # a bar stamped midnight covers the day before
    dated = _paired(equity, strategy, benchmark).with_columns(
        year=inside.dt.year().cast(pl.Int64), month=inside.dt.month().cast(pl.Int64)
    )
    years = [
        {
            "year": part["year"][0],
            "strategy": total_return(part["strategy"].to_numpy()),
            "benchmark": total_return(part["benchmark"].to_numpy()),
        }
        for part in dated.partition_by("year", maintain_order=True)
    ]
    months = [
        {
            "year": part["year"][0],
            "month": part["month"][0],
            "strategy": total_return(part["strategy"].to_numpy()),
        }
        for part in dated.partition_by("year", "month", maintain_order=True)
    ]
    return years, months


def worst_drawdowns(
    ts: pl.Series, ret: NDArray[np.float64], n_worst: int = 5
) -> list[dict[str, Any]]:
    """The deepest separate drawdowns with their dates.

    Parameters
    ----------
    ts : polars.Series
        Stamps of the bars.
    ret : numpy.ndarray, shape (n_bars,)
        Net simple returns.
    n_worst : int, default=5
        How many.

    Returns
    -------
    list of dict
        ``start, trough, end`` (ISO; end None while it lasts) and ``depth`` (< 0).

    Examples
    --------
    >>> stamps = pl.Series([0, 86400]).cast(pl.Datetime("us", "UTC"))
    >>> worst_drawdowns(stamps, np.array([0.0, -0.5]))[0]["depth"]
    -0.5
    """
    return [
        {
            "start": ts[fall.start].isoformat(),
            "trough": ts[fall.trough].isoformat(),
            "end": None if fall.end is None else ts[fall.end].isoformat(),
            "depth": fall.depth,
        }
        for fall in drawdowns(ret, n_worst)
    ]


def _paired(equity: pl.DataFrame, strategy: str, benchmark: str) -> pl.DataFrame:
    """``ts, strategy, benchmark``: net returns of both on the strategy's bars."""
    return (
        equity.filter(strategy=strategy)
        .select("ts", pl.col("ret").alias("strategy"))
        .join(
            equity.filter(strategy=benchmark).select("ts", pl.col("ret").alias("benchmark")),
            on="ts",
            how="inner",
            maintain_order="left",
        )
    )
