"""Market regimes: the hidden Markov model, its selection, causal walk-forward filtering, honesty."""

from regime_factory.regimes.hmm import GaussianHMM
from regime_factory.regimes.online import OnlineFilter
from regime_factory.regimes.validation import NotFittedError

__all__ = ["GaussianHMM", "NotFittedError", "OnlineFilter"]
