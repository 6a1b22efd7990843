"""The choice of a strategy inside the selection zone, with the count of what was tried."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from regime_factory.backtest.checks import require_columns
from regime_factory.evaluation import cagr, max_drawdown, sharpe_ratio


def choose_strategy(
    equity: pl.DataFrame,
    *,
    periods_per_year: float,
    candidates: Sequence[str] | None = None,
    risk_free: float = 0.0,
) -> pl.DataFrame:
    """Pick, for each symbol, the candidate with the highest net Sharpe ratio.

    Parameters
    ----------
    equity : polars.DataFrame
        Equity table of the *selection zone only*.
    periods_per_year : float
        Bars in a year.
    candidates : sequence of str, optional
        Strategies that may be chosen (leave baselines out); all where not given. A tie goes to the
        one named first.
    risk_free : float, default=0.0
        Annual risk-free rate.

    Returns
    -------
    polars.DataFrame
        One row per symbol and candidate: ``symbol, strategy, start, end, sharpe, cagr,
        max_drawdown, turnover_per_year, n_trials, trial_sharpe_variance, selected``. ``n_trials``
        counts the candidates of the symbol and ``trial_sharpe_variance`` is the variance (ddof=1)
        of their Sharpe ratios per bar: what
        :func:`regime_factory.evaluation.deflated_sharpe_ratio` needs.

    Raises
    ------
    ValueError
        If a candidate has no equity.

    Notes
    -----
    Every symbol chooses for itself, so its trials are the candidates tried on it. On real bars
    the Sharpe ratio of the selection zone hardly predicts that of the evaluation zone.

    Examples
    --------
    >>> equity = pl.DataFrame({"symbol": "X", "ts": [1, 2, 1, 2], "strategy": ["a", "a", "b", "b"],
    ...     "ret": [0.01, 0.0, 0.02, -0.03], "turnover": 0.0})
    >>> chosen = choose_strategy(equity, periods_per_year=252)
    >>> chosen.select("strategy", "n_trials", "selected").rows()
    [('a', 2, True), ('b', 2, False)]
    """
    require_columns(equity, ("symbol", "ts", "strategy", "ret", "turnover"), "equity")
    tables = []
    for (symbol,), own in equity.group_by("symbol", maintain_order=True):
        names = list(candidates or own["strategy"].unique(maintain_order=True))
        missing = [name for name in names if own.filter(strategy=name).is_empty()]
        if missing:
            raise ValueError(
                f"no equity for candidate {missing[0]!r} of {symbol!r}; "
                f"the table holds {', '.join(own['strategy'].unique(maintain_order=True))}"
            )
        rows = [_figures(own.filter(strategy=name), periods_per_year, risk_free) for name in names]
        tables.append(_mark_best(pl.DataFrame(rows), periods_per_year))
    return pl.concat(tables)


def _figures(own: pl.DataFrame, periods_per_year: float, risk_free: float) -> dict[str, object]:
    ret = own["ret"].to_numpy()
    return {
        "symbol": own["symbol"][0],
        "strategy": own["strategy"][0],
        "start": own["ts"].min(),
        "end": own["ts"].max(),
        "sharpe": sharpe_ratio(ret, periods_per_year, risk_free=risk_free),
        "cagr": cagr(ret, periods_per_year),
        "max_drawdown": max_drawdown(ret),
        "turnover_per_year": float(own["turnover"].to_numpy().mean() * periods_per_year),
    }


def _mark_best(table: pl.DataFrame, periods_per_year: float) -> pl.DataFrame:
    sharpes = table["sharpe"].to_numpy()
    finite = sharpes[np.isfinite(sharpes)] / np.sqrt(periods_per_year)
    best = int(np.argmax(np.where(np.isfinite(sharpes), sharpes, -np.inf)))
    return table.with_columns(
        sharpe=pl.col("sharpe").fill_nan(None),
        n_trials=pl.lit(table.height, dtype=pl.Int64),
        trial_sharpe_variance=pl.lit(float(np.var(finite, ddof=1)) if finite.size > 1 else 0.0),
        selected=pl.Series(np.arange(table.height) == best),
    )
