"""Gaussian mixture over independent bars: a hidden Markov model without memory."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from regime_factory.regimes.detector import StateMoments
from regime_factory.regimes.detectors.base import (
    FittedDetector,
    Matrix,
    history_shape,
    refuse_far_rows,
)
from regime_factory.regimes.detectors.mixture_fitting import (
    MixtureProblem,
    constrained,
    draw_start,
    em_steps,
    without_memory,
)
from regime_factory.regimes.detectors.online import Walk
from regime_factory.regimes.detectors.restarts import best_run
from regime_factory.regimes.detectors.settings import check_amounts, check_counts
from regime_factory.regimes.hmm.emission import (
    compress_covariances,
    count_parameters,
    covariance_shape,
    expand_covariances,
    whitened_log_density,
    whitening,
)
from regime_factory.regimes.hmm.parameters import HMMParameters, Scaler
from regime_factory.regimes.inputs import check_start
from regime_factory.regimes.validation import (
    COVARIANCE_TYPES,
    check_lengths,
    check_probabilities,
)


class GaussianMixture(FittedDetector):
    """Mixture of Gaussians, fitted by EM; each bar is judged by itself.

    Parameters
    ----------
    n_components : int
        Number of states K.
    covariance_type : {"full", "diag", "spherical", "tied"}
        Covariance structure. Spherical means one variance per state in the user's units.
    n_init : int
        Starts drawn when ``fit`` gets none; after 20 EM steps the better third goes on.
    n_iter : int
        Largest number of EM steps.
    tol : float
        Gain of the objective, in nats per bar, at which the fit has converged.
    shrinkage : float
        Pseudo-bars of the training covariance added to each state.
    random_state : int
        Seed of the starts.

    Attributes
    ----------
    weights_ : ndarray, shape (K,)
        Probability of each state.
    means_ : ndarray, shape (K, F)
        In the user's units.
    covars_ : ndarray
        ``(K,)`` spherical, ``(K, F)`` diag, ``(K, F, F)`` full, ``(F, F)`` tied; user's units.
    offset_, scale_ : ndarray, shape (F,)
        What training observations were standardised with.
    history_ : ndarray
        Penalised log-likelihood per bar at each E-step; never falls.
    loglik_ : float
        Log-likelihood of the training observations, without the prior.
    converged_ : bool
        True only if the last gain was at least 0 and at most ``tol``.
    n_iter_ : int
        EM steps taken.
    hit_rate_ : float
        Share of the starts taken to the end that found the best optimum.
    n_rows_ : int
        Rows the model was fitted on.

    Notes
    -----
    Dempster, Laird and Rubin (1977). It is the hidden Markov model whose next state does not
    depend on the current one: ``filter`` gives responsibilities, which no other bar changes, and
    ``previous`` is checked but has no effect.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, 1, 300), rng.normal(8, 2, 200)])
    >>> model = GaussianMixture(2).fit(X)
    >>> model.weights_.round(1).tolist(), model.means_.ravel().round().tolist()
    ([0.6, 0.4], [-0.0, 8.0])
    """

    _arrays: ClassVar = ("weights_", "means_", "covars_", "offset_", "scale_", "history_")
    _by_state: ClassVar = ("weights_", "means_")
    _values: ClassVar = ("loglik_", "converged_", "n_iter_", "hit_rate_", "n_rows_")
    weights_: Matrix
    offset_: Matrix
    scale_: Matrix
    loglik_: float
    converged_: bool
    n_iter_: int
    hit_rate_: float
    n_rows_: int

    def __init__(
        self,
        n_components: int = 2,
        covariance_type: str = "full",
        *,
        n_init: int = 10,
        n_iter: int = 500,
        tol: float = 1e-7,
        shrinkage: float = 1.0,
        random_state: int = 0,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.n_init = n_init
        self.n_iter = n_iter
        self.tol = tol
        self.shrinkage = shrinkage
        self.random_state = random_state

    def fit(
        self,
        X: ArrayLike,
        lengths: Sequence[int] | None = None,
        start: "GaussianMixture | Mapping[str, ArrayLike] | None" = None,
    ) -> Self:
        """Fit by EM.

        Parameters
        ----------
        X : array_like, shape (T, F)
            Observations; a frame's column names appear in messages.
        lengths : sequence of int, optional
            Rows of each sequence; bars are independent, so that only their sum matters.
        start : GaussianMixture or mapping, optional
            Fitted model, or ``weights, means, covars`` in the user's units, to go on from; the
            states keep their order. Drawn starts end ordered by the standard deviation of the
            first column, calmest first.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For unusable settings or observations.
        """
        values, _ = self._training_rows(X, lengths, self._count)
        scaler = Scaler.of(values, self.covariance_type)
        problem = MixtureProblem.of(scaler.apply(values), self.covariance_type, self.shrinkage)
        starts = (
            [
                draw_start(problem, self.n_components, i, self.random_state)
                for i in range(self.n_init)
            ]
            if start is None
            else [self._start(start, values.shape[1]).standardised(scaler)]
        )
        found = best_run(em_steps(problem), starts, n_iter=self.n_iter, tol=self.tol)
        fitted, per_bar = found.parameters.in_user_units(scaler), float(np.log(scaler.scale).sum())
        self.weights_, self.means_ = fitted.startprob, fitted.means
        self.covars_ = compress_covariances(fitted.covars, self.covariance_type)
        self.offset_, self.scale_ = scaler.offset, scaler.scale
        self.history_ = np.array(found.history) - per_bar
        self.loglik_ = found.loglik - per_bar * len(values)
        self.converged_, self.hit_rate_ = found.converged, found.hit_rate
        self.n_iter_, self.n_rows_ = len(found.history) - 1, len(values)
        if start is None:
            self.reorder(np.argsort(fitted.covars[:, 0, 0], kind="stable"))
        return self

    def score_rows(self, X: ArrayLike, lengths: Sequence[int] | None = None) -> Matrix:
        """Return the log density of each bar.

        Parameters
        ----------
        X : array_like, shape (T, F)
            Observations.
        lengths : sequence of int, optional
            Rows of each sequence; no effect on independent bars.

        Returns
        -------
        ndarray, shape (T,)
            Nats.
        """
        values = self._observed(X)
        check_lengths(lengths, len(values))
        with np.errstate(over="ignore", invalid="ignore"):
            loglik = self._judge()(values)[1]
        refuse_far_rows(values, loglik)
        return loglik

    def score(self, X: ArrayLike, lengths: Sequence[int] | None = None) -> float:
        """Return the log-likelihood of the observations.

        Parameters
        ----------
        X, lengths
            As in :meth:`score_rows`.

        Returns
        -------
        float
            Nats, without the prior.
        """
        return float(self.score_rows(X, lengths).sum())

    def bic(self, X: ArrayLike, lengths: Sequence[int] | None = None) -> float:
        """Return the Bayesian information criterion; lower is better.

        Parameters
        ----------
        X, lengths
            As in :meth:`score_rows`.

        Returns
        -------
        float
        """
        rows = self.score_rows(X, lengths)
        return float(self.n_parameters() * np.log(len(rows)) - 2 * rows.sum())

    def n_parameters(self) -> int:
        """Return the number of free parameters.

        Returns
        -------
        int
        """
        self._check_fitted()
        return self._count(self.means_.shape[1])

    def moments(self) -> StateMoments:
        """Return mean and covariance of each state's observations, in the user's units.

        Returns
        -------
        StateMoments
        """
        current = self.parameters()
        return StateMoments(current.means, current.covars)

    def parameters(self) -> HMMParameters:
        """Return the mixture as a hidden Markov model without memory, in the user's units.

        Returns
        -------
        HMMParameters
            Every row of the transition matrix holds the weights.
        """
        self._check_fitted()
        shape = self.means_.shape
        covars = expand_covariances(self.covars_, self.covariance_type, *shape)
        return without_memory(self.weights_, self.means_, covars)

    def reorder(self, order: ArrayLike) -> Self:
        """Renumber the states in place.

        Parameters
        ----------
        order : array_like of int, shape (K,)
            Old numbers of the new states 0, 1, ...

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If it is not a permutation of the states.
        """
        super().reorder(order)
        if self.covariance_type != "tied":
            self.covars_ = self.covars_[np.asarray(order, dtype=np.int64)]
        return self

    def _judge(self) -> Callable[[Matrix], tuple[Matrix, Matrix]]:
        """From rows to responsibilities ``(T, K)`` and log densities ``(T,)``, row by row."""
        current = self.parameters()
        whiten, log_norm = whitening(current.covars)
        with np.errstate(divide="ignore"):
            log_weights = np.log(current.startprob)[:, None]

        def judge(rows: Matrix) -> tuple[Matrix, Matrix]:
            data = np.ascontiguousarray(rows.T)
            joint = whitened_log_density(data, current.means, whiten, log_norm) + log_weights
            largest = joint.max(axis=0)
            p = np.exp(joint - largest)
            total = p.sum(axis=0)
            return np.ascontiguousarray((p / total).T), largest + np.log(total)

        return judge

    def _walk(self) -> Walk:
        judge = self._judge()
        return lambda rows, memory: (judge(rows)[0], memory)

    def _first_memory(self, previous: Matrix | None) -> Matrix:  # noqa: ARG002 - bars are independent
        return np.empty(0)

    def _start(
        self, start: "GaussianMixture | Mapping[str, ArrayLike]", n_features: int
    ) -> HMMParameters:
        check_start(start, GaussianMixture, ("weights", "means", "covars"))
        if isinstance(start, GaussianMixture):
            found = start.parameters()
            given = {"weights": found.startprob, "means": found.means, "covars": found.covars}
        else:
            given = dict(start)
        missing = [name for name in ("weights", "means", "covars") if name not in given]
        if missing:
            raise ValueError(f"start lacks {missing}")
        means, expected = np.array(given["means"], np.float64), (self.n_components, n_features)
        if means.shape != expected or not np.isfinite(means).all():
            raise ValueError(f"start means have shape {means.shape}; expected finite {expected}")
        covars = expand_covariances(given["covars"], self.covariance_type, *expected)
        whitening(covars)
        weights = check_probabilities(given["weights"], expected[:1], "weights")
        return without_memory(weights, means, constrained(covars, self.covariance_type))

    def _count(self, n_features: int) -> int:
        K = self.n_components
        return count_parameters(self.covariance_type, K, n_features) - K * (K - 1)

    def _check_settings(self) -> None:
        settings = self.get_params()
        if self.covariance_type not in COVARIANCE_TYPES:
            raise ValueError(
                f"unknown covariance_type {self.covariance_type!r}; use one of {COVARIANCE_TYPES}"
            )
        check_counts(settings, {"n_components": 1, "n_init": 1, "n_iter": 1, "random_state": 0})
        check_amounts(settings, ["tol", "shrinkage"])

    def _shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        K, F = self.n_components, n_features
        covars = covariance_shape(self.covariance_type, K, F)
        shapes = {"weights_": (K,), "means_": (K, F), "covars_": covars}
        return {**shapes, "offset_": (F,), "scale_": (F,), "history_": history_shape()}

    def _check_arrays(self, arrays: Mapping[str, Matrix]) -> None:
        super()._check_arrays(arrays)
        shape = (self.n_components, arrays["means_"].shape[1])
        check_probabilities(arrays["weights_"], shape[:1], "weights_")
        whitening(expand_covariances(arrays["covars_"], self.covariance_type, *shape))
