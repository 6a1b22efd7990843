"""Market regimes: hidden Markov model, its selection, causal walk-forward filter, honesty."""

from regime_factory.regimes.choice.compare import compare_detectors
from regime_factory.regimes.choice.pooled import select_pooled
from regime_factory.regimes.choice.selection import HMMSelection, select_hmm
from regime_factory.regimes.describe.diagnostics import (
    adjusted_rand,
    diagnostics,
    honesty_figures,
    refit_agreement,
    revision_rate,
    stationary_distribution,
    switches_per_year,
)
from regime_factory.regimes.describe.importance import feature_importance
from regime_factory.regimes.describe.refit_characteristics import refit_characteristics
from regime_factory.regimes.describe.statistics import state_characteristics, state_statistics
from regime_factory.regimes.detectors.jump import JumpModel
from regime_factory.regimes.detectors.markov import MarkovRegression
from regime_factory.regimes.detectors.mixture import GaussianMixture
from regime_factory.regimes.detectors.threshold import VolatilityThreshold
from regime_factory.regimes.hmm.by_slot import SlotHMM
from regime_factory.regimes.hmm.lookback import (
    bounded_filter,
    filter_memory,
    lookback_filter,
    memory_by_row,
)
from regime_factory.regimes.hmm.model import GaussianHMM
from regime_factory.regimes.hmm.online import OnlineFilter
from regime_factory.regimes.labels import Alignment, align_states, confirm_labels, name_states
from regime_factory.regimes.macro.detector import MacroRegimeDetector
from regime_factory.regimes.risk.drawdown import (
    brier_skill,
    drawdown_outcome,
    drawdown_probabilities,
    state_drawdowns,
)
from regime_factory.regimes.risk.garch import garch_variance
from regime_factory.regimes.risk.har import LogHAR
from regime_factory.regimes.risk.regime_variance import regime_variance
from regime_factory.regimes.risk.scores import compare_forecasts, newey_west_t, qlike
from regime_factory.regimes.risk.variance import ewma_variance, variance_forecasts
from regime_factory.regimes.validation import NotFittedError
from regime_factory.regimes.walk.live import regime_lookback
from regime_factory.regimes.walk.pooled_refits import fit_pooled_refits
from regime_factory.regimes.walk.refits import Refit, Refits
from regime_factory.regimes.walk.refitting import fit_refits
from regime_factory.regimes.walk.regime_features import regime_features
from regime_factory.regimes.walk.walk_forward import (
    apply_model,
    filter_refits,
    walk_forward_regimes,
)
from regime_factory.regimes.walk.warmup import regime_warmup

__all__ = [
    "Alignment",
    "GaussianHMM",
    "GaussianMixture",
    "HMMSelection",
    "JumpModel",
    "LogHAR",
    "MacroRegimeDetector",
    "MarkovRegression",
    "NotFittedError",
    "OnlineFilter",
    "Refit",
    "Refits",
    "SlotHMM",
    "VolatilityThreshold",
    "adjusted_rand",
    "align_states",
    "apply_model",
    "bounded_filter",
    "brier_skill",
    "compare_detectors",
    "compare_forecasts",
    "confirm_labels",
    "diagnostics",
    "drawdown_outcome",
    "drawdown_probabilities",
    "ewma_variance",
    "feature_importance",
    "filter_memory",
    "filter_refits",
    "fit_pooled_refits",
    "fit_refits",
    "garch_variance",
    "honesty_figures",
    "lookback_filter",
    "memory_by_row",
    "name_states",
    "newey_west_t",
    "qlike",
    "refit_agreement",
    "refit_characteristics",
    "regime_features",
    "regime_lookback",
    "regime_variance",
    "regime_warmup",
    "revision_rate",
    "select_hmm",
    "select_pooled",
    "state_characteristics",
    "state_drawdowns",
    "state_statistics",
    "stationary_distribution",
    "switches_per_year",
    "variance_forecasts",
    "walk_forward_regimes",
]
