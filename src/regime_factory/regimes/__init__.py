"""Market regimes: hidden Markov model, its selection, causal walk-forward filter, honesty."""

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
from regime_factory.regimes.describe.statistics import state_characteristics, state_statistics
from regime_factory.regimes.hmm.lookback import (
    bounded_filter,
    filter_memory,
    lookback_filter,
    memory_by_row,
)
from regime_factory.regimes.hmm.model import GaussianHMM
from regime_factory.regimes.hmm.online import OnlineFilter
from regime_factory.regimes.labels import Alignment, align_states, confirm_labels, name_states
from regime_factory.regimes.validation import NotFittedError
from regime_factory.regimes.walk.live import regime_lookback
from regime_factory.regimes.walk.refits import Refit, Refits
from regime_factory.regimes.walk.refitting import fit_refits
from regime_factory.regimes.walk.walk_forward import (
    apply_model,
    filter_refits,
    walk_forward_regimes,
)
from regime_factory.regimes.walk.warmup import regime_warmup

__all__ = [
    "Alignment",
    "GaussianHMM",
    "HMMSelection",
    "NotFittedError",
    "OnlineFilter",
    "Refit",
    "Refits",
    "adjusted_rand",
    "align_states",
    "apply_model",
    "bounded_filter",
    "confirm_labels",
    "diagnostics",
    "filter_memory",
    "filter_refits",
    "fit_refits",
    "honesty_figures",
    "lookback_filter",
    "memory_by_row",
    "name_states",
    "refit_agreement",
    "regime_lookback",
    "regime_warmup",
    "revision_rate",
    "select_hmm",
    "state_characteristics",
    "state_statistics",
    "stationary_distribution",
    "switches_per_year",
    "walk_forward_regimes",
]
