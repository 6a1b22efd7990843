"""The figures of the card that the labels of one symbol give by themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from regime_factory.regimes.honesty.forecasts import drawdown_figures, volatility_figures
from regime_factory.regimes.honesty.outcomes import forward_return, outcome_figures
from regime_factory.regimes.honesty.reaction import reaction_to_drawdowns


@dataclass(frozen=True)
class CardSettings:
    """What counts as an outcome, and how intervals are drawn.

    Attributes
    ----------
    horizon : int
        Observed bars in which a return or a drawdown is measured.
    depth : float
        Drawdown within the horizon that counts, as a fraction.
    large_drawdown : float
        Depth of the drawdowns whose reaction is measured.
    n_draws, n_shifts : int
        Bootstrap draws and random shifts.
    seed : int
        Seed of both.
    """

    horizon: int = 20
    depth: float = 0.05
    large_drawdown: float = 0.1
    n_draws: int = 1000
    n_shifts: int = 500
    seed: int = 0


def label_figures(
    forecasts: pl.DataFrame,
    close: ArrayLike,
    states: ArrayLike,
    names: Sequence[str],
    settings: CardSettings,
) -> dict[str, Any]:
    """Measure what followed the labels of one symbol, and what they add to simpler rules.

    Parameters
    ----------
    forecasts : polars.DataFrame
        Output of `risk_forecasts` of the symbol.
    close : array_like, shape (T,)
        Closing prices of its rows.
    states : array_like of int, shape (T,)
        Confirmed state at each row, numbered by name.
    names : sequence of str
        Name of each state, calmest first.
    settings : CardSettings
        Outcomes and draws.

    Returns
    -------
    dict
        ``bars, n_draws, n_shifts``; ``volatility`` of `volatility_figures`; ``drawdowns`` of
        `drawdown_figures`; ``returns`` of `outcome_figures` with their ``horizon``; ``reaction`` of
        `reaction_to_drawdowns` with the name of the top state as ``regime``, stamps instead of
        row numbers. None stands for a group that cannot be measured: fewer than three rows, no
        more than the horizon and one, or a model of one state.

    Raises
    ------
    ValueError
        If lengths differ.
    """
    labels = np.asarray(states, dtype=np.int64)
    figures: dict[str, Any] = {
        "bars": forecasts.height,
        "n_draws": settings.n_draws,
        "n_shifts": settings.n_shifts,
        "volatility": volatility_figures(forecasts) if forecasts.height > 2 else None,
        "drawdowns": None,
        "returns": None,
        "reaction": _reaction(forecasts["ts"], close, labels, names, settings),
    }
    if forecasts.height > settings.horizon + 1:
        figures |= _outcomes(forecasts, close, labels, names, settings)
    return figures


def _outcomes(
    forecasts: pl.DataFrame,
    close: ArrayLike,
    labels: ArrayLike,
    names: Sequence[str],
    settings: CardSettings,
) -> dict[str, Any]:
    """What followed over the horizon."""
    draws = {"n_draws": settings.n_draws, "seed": settings.seed}
    horizon, outcome = settings.horizon, forward_return(close, settings.horizon)
    return {
        "drawdowns": drawdown_figures(
            forecasts, close, labels, names, horizon=horizon, depth=settings.depth, **draws
        ),
        "returns": {
            "horizon": horizon,
            **outcome_figures(outcome, labels, names, horizon=horizon, **draws),
        },
    }


def _reaction(
    ts: pl.Series,
    close: ArrayLike,
    labels: ArrayLike,
    names: Sequence[str],
    settings: CardSettings,
) -> dict[str, Any] | None:
    """Reaction to large drawdowns, dated; a single state has nothing to react with."""
    if len(names) < 2:
        return None
    found = reaction_to_drawdowns(
        close,
        np.asarray(labels) == len(names) - 1,
        size=settings.large_drawdown,
        n_shifts=settings.n_shifts,
        seed=settings.seed,
    )
    stamps = [str(stamp) for stamp in ts.dt.strftime("%Y-%m-%dT%H:%M")]
    episodes = [
        {
            **row,
            "start": stamps[row["start"]],
            "crossed": stamps[row["crossed"]],
            "end": stamps[row["end"]] if row["end"] < len(stamps) else None,
        }
        for row in found["episodes"]
    ]
    return {"regime": names[-1], **found, "episodes": episodes}
