"""Statistics of return series, overfit statistics, and the ledger of everything that was tried."""

from regime_factory.evaluation.bootstrap import (
    SharpeInterval,
    default_mean_block,
    stationary_bootstrap_sharpe,
)
from regime_factory.evaluation.drawdowns import Drawdown, drawdowns
from regime_factory.evaluation.group_means import (
    GroupMeans,
    bootstrap_group_means,
    percentile_interval,
)
from regime_factory.evaluation.ledger import TrialLedger
from regime_factory.evaluation.metrics import (
    annual_volatility,
    as_returns,
    cagr,
    calmar_ratio,
    drawdown_curve,
    excess_returns,
    hit_rate,
    max_drawdown,
    sharpe_ratio,
    sortino_ratio,
    total_return,
)
from regime_factory.evaluation.overfit import (
    DEFLATED_SHARPE_VARIANT,
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    kurtosis,
    minimum_track_record_length,
    probabilistic_sharpe_ratio,
    skewness,
)
from regime_factory.evaluation.superiority import Superiority, superior_ability
from regime_factory.evaluation.trial_record import Trial, returns_table, trial_table

__all__ = [
    "DEFLATED_SHARPE_VARIANT",
    "Drawdown",
    "GroupMeans",
    "SharpeInterval",
    "Superiority",
    "Trial",
    "TrialLedger",
    "annual_volatility",
    "as_returns",
    "bootstrap_group_means",
    "cagr",
    "calmar_ratio",
    "default_mean_block",
    "deflated_sharpe_ratio",
    "drawdown_curve",
    "drawdowns",
    "excess_returns",
    "expected_maximum_sharpe",
    "hit_rate",
    "kurtosis",
    "max_drawdown",
    "minimum_track_record_length",
    "percentile_interval",
    "probabilistic_sharpe_ratio",
    "returns_table",
    "sharpe_ratio",
    "skewness",
    "sortino_ratio",
    "stationary_bootstrap_sharpe",
    "superior_ability",
    "total_return",
    "trial_table",
]
