"""The strategies that were tried as trials of the ledger."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from regime_factory.evaluation import Trial
from regime_factory.params import BacktestParams, HmmParams
from regime_factory.regimes import Refits

SOURCE = "backtest"
EXECUTION = (
    "fill", "fee_bps", "slippage_bps", "cash_rate", "max_leverage", "target_volatility",
    "no_trade_band",
)  # fmt: skip


def strategy_trials(
    tried: pl.DataFrame, equity: pl.DataFrame, shared: dict[str, Any], data: str
) -> Iterator[Trial]:
    """Give every strategy of one symbol that could have been chosen, with its net returns."""
    for row in tried.iter_rows(named=True):
        yield Trial(
            source=SOURCE,
            symbol=row["symbol"],
            zone="selection",
            parameters={"strategy": row["strategy"], **shared},
            metric_name="net_sharpe",
            metric=row["sharpe"],
            data=data,
            returns=equity.filter(pl.col("strategy") == row["strategy"]).select("ts", "ret"),
        )


def shared_parameters(refits: Refits, hmm: HmmParams, backtest: BacktestParams) -> dict[str, Any]:
    """Say what the strategies of one symbol have in common: their regimes, fills and costs."""
    model = refits[0].hmm
    return {
        "n_states": model.n_components,
        "covariance_type": model.covariance_type,
        "emission": model.emission,
        "regime_timeframe": hmm.regime_timeframe,
        "refit_every": hmm.refit_every,
        "label_threshold": hmm.label_threshold,
        **backtest.model_dump(include=set(EXECUTION)),
    }
