"""Markov-switching regression: coefficients and variance follow a hidden chain."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from regime_factory.regimes.detectors.base import (
    FittedDetector,
    Matrix,
    history_shape,
    refuse_far_rows,
)
from regime_factory.regimes.detectors.markov_fitting import (
    RegressionParameters,
    RegressionProblem,
    draw_start,
    em_steps,
)
from regime_factory.regimes.detectors.moments import weighted_moments
from regime_factory.regimes.detectors.online import Walk
from regime_factory.regimes.detectors.restarts import Run, best_run
from regime_factory.regimes.detectors.settings import check_amounts, check_counts
from regime_factory.regimes.hmm.inference import expectation, filter_log_emission
from regime_factory.regimes.inputs import check_start
from regime_factory.regimes.validation import (
    check_lengths,
    check_probabilities,
)


class MarkovRegression(FittedDetector):
    """Regression of the first column on the others, switching with a hidden Markov chain.

    Parameters
    ----------
    n_components : int
        Number of states K.
    n_init : int
        Starts drawn when ``fit`` gets none; after 20 EM steps the better third goes on.
    n_iter : int
        Largest number of EM steps.
    tol : float
        Gain of the objective, in nats per bar, at which the fit has converged.
    sticky : float
        Pseudo-counts on each diagonal transition, as a fraction of T/K.
    shrinkage : float
        Pseudo-bars of the one regression of all rows added to each state.
    random_state : int
        Seed of the starts.

    Attributes
    ----------
    startprob_ : ndarray, shape (K,)
    transmat_ : ndarray, shape (K, K)
    beta_, variance_ : ndarray, shape (K, F) and (K,)
        Intercept and slopes, residual variance; standardised columns.
    offset_, scale_ : ndarray, shape (F,)
        Centre and spread of the training observations.
    means_ : ndarray, shape (K, F)
    covars_ : ndarray, shape (K, F, F)
        Moments of the training rows, weighted by smoothed probabilities; user's units.
    history_ : ndarray
        Penalised log-likelihood per bar at each E-step; never falls.
    loglik_ : float
        Log-likelihood of the training targets given the regressors, without priors.
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
    Goldfeld and Quandt (1973), Hamilton (1989, 1990). A single column is the switching mean and
    variance, equal to a Gaussian hidden Markov model. For an autoregression give lagged values as
    further columns; all columns of a row must be known at its bar. Densities are those of the
    first column given the others: they do not compare with a model of all columns.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=600)
    >>> slope = np.repeat([2.0, -1.0, 2.0], 200)
    >>> X = np.column_stack([slope * x + rng.normal(0, 0.3, 600), x])
    >>> model = MarkovRegression(2).fit(X)
    >>> sorted(model.coef_.ravel().round(1).tolist())
    [-1.0, 2.0]
    """

    _arrays: ClassVar = (
        "means_", "covars_", "startprob_", "transmat_", "beta_", "variance_", "offset_", "scale_",
        "history_",
    )  # fmt: skip
    _by_state: ClassVar = ("means_", "covars_", "startprob_", "transmat_", "beta_", "variance_")
    _values: ClassVar = ("loglik_", "converged_", "n_iter_", "hit_rate_", "n_rows_")
    startprob_: Matrix
    transmat_: Matrix
    beta_: Matrix
    variance_: Matrix
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
        *,
        n_init: int = 10,
        n_iter: int = 500,
        tol: float = 1e-7,
        sticky: float = 0.0,
        shrinkage: float = 1.0,
        random_state: int = 0,
    ) -> None:
        self.n_components = n_components
        self.n_init = n_init
        self.n_iter = n_iter
        self.tol = tol
        self.sticky = sticky
        self.shrinkage = shrinkage
        self.random_state = random_state

    def fit(
        self,
        X: ArrayLike,
        lengths: Sequence[int] | None = None,
        start: "MarkovRegression | None" = None,
    ) -> Self:
        """Fit by EM.

        Parameters
        ----------
        X : array_like, shape (T, F)
            Target in the first column, regressors in the others.
        lengths : sequence of int, optional
            Rows of each independent sequence.
        start : MarkovRegression, optional
            Fitted model to go on from; the states keep their order. Drawn starts end ordered by
            the standard deviation of the first column, calmest first.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For unusable settings or observations.
        """
        K = self.n_components
        values, parts = self._training_rows(X, lengths, lambda F: K * (F + 1) + K * K - 1)
        F = values.shape[1]
        self.offset_, self.scale_ = values.mean(axis=0), values.std(axis=0)
        problem = RegressionProblem(
            *self._split(values), parts, self.sticky * len(values) / K, self.shrinkage
        )
        starts = (
            [draw_start(problem, K, index, self.random_state) for index in range(self.n_init)]
            if start is None
            else [self._start(start, F)]
        )
        found = best_run(em_steps(problem), starts, n_iter=self.n_iter, tol=self.tol)
        self._take(found, values, parts)
        if start is None:
            self.reorder(np.argsort(self.covars_[:, 0, 0], kind="stable"))
        return self

    @property
    def intercept_(self) -> Matrix:
        """Intercept of each state in the user's units, shape (K,)."""
        return self.offset_[0] + self.scale_[0] * self.beta_[:, 0] - self.coef_ @ self.offset_[1:]

    @property
    def coef_(self) -> Matrix:
        """Slope of each state and regressor in the user's units, shape (K, F - 1)."""
        return self.beta_[:, 1:] * self.scale_[0] / self.scale_[1:]

    @property
    def variances_(self) -> Matrix:
        """Residual variance of each state in the user's units, shape (K,)."""
        return self.variance_ * self.scale_[0] ** 2

    def score_rows(
        self, X: ArrayLike, lengths: Sequence[int] | None = None, previous: ArrayLike | None = None
    ) -> Matrix:
        """Return the log density of each target given its regressors and the bars before.

        Parameters
        ----------
        X, lengths, previous
            As in :meth:`filter`.

        Returns
        -------
        ndarray, shape (T,)
            Nats.
        """
        values = self._observed(X)
        known, judge = self._previous(previous), self._judge()
        found, start = [], 0
        for length in check_lengths(lengths, len(values)):
            rows = values[start : start + length]
            with np.errstate(over="ignore", invalid="ignore"):
                found.append(judge(rows, self._first_memory(known))[1])
            start, known = start + length, None
        loglik = np.concatenate(found)
        refuse_far_rows(values, loglik)
        return loglik

    def smooth(self, X: ArrayLike, lengths: Sequence[int] | None = None) -> Matrix:
        """Return P(state at t | all bars); it looks ahead.

        Parameters
        ----------
        X, lengths
            As in :meth:`filter`.

        Returns
        -------
        ndarray, shape (T, K)
        """
        values = self._observed(X)
        return self._smoothed(values, check_lengths(lengths, len(values)))

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
        self.transmat_ = self.transmat_[:, np.asarray(order, dtype=np.int64)]
        return self

    def parameters(self) -> RegressionParameters:
        """Return the parameters in units of standardised columns.

        Returns
        -------
        RegressionParameters
        """
        self._check_fitted()
        return RegressionParameters(self.startprob_, self.transmat_, self.beta_, self.variance_)

    def _take(self, found: Run[RegressionParameters], values: Matrix, parts: Sequence[int]) -> None:
        fitted, per_bar = found.parameters, float(np.log(self.scale_[0]))
        self.startprob_, self.transmat_ = fitted.startprob, fitted.transmat
        self.beta_, self.variance_ = fitted.beta, fitted.variance
        self.history_ = np.array(found.history) - per_bar
        self.loglik_ = found.loglik - per_bar * len(values)
        self.converged_, self.hit_rate_ = found.converged, found.hit_rate
        self.n_iter_, self.n_rows_ = len(found.history) - 1, len(values)
        self.means_ = np.zeros((self.n_components, values.shape[1]))
        measured = weighted_moments(values, self._smoothed(values, parts))
        self.means_, self.covars_ = measured.means, measured.covars

    def _split(self, values: Matrix) -> tuple[Matrix, Matrix]:
        """Standardised target, and ones beside standardised regressors."""
        data = (values - self.offset_) / self.scale_
        Z = data.copy()
        Z[:, 0] = 1.0
        return data[:, 0], Z

    def _smoothed(self, values: Matrix, parts: Sequence[int]) -> Matrix:
        current = self.parameters()
        log_b = current.log_density(*self._split(values))
        gamma = expectation(current.startprob, current.transmat, log_b, parts).gamma
        return np.ascontiguousarray((gamma / gamma.sum(axis=0)).T)

    def _judge(self) -> Walk:
        """From rows and the distribution of the first state to filter and log densities."""
        current, per_bar = self.parameters(), float(np.log(self.scale_[0]))

        def judge(rows: Matrix, prior: Matrix) -> tuple[Matrix, Matrix]:
            log_b = current.log_density(*self._split(rows))
            p, loglik = filter_log_emission(prior, current.transmat, log_b)
            return np.ascontiguousarray(p.T), loglik - per_bar

        return judge

    def _walk(self) -> Walk:
        """Filter; the memory is the distribution of the next state."""
        judge = self._judge()

        def walk(rows: Matrix, memory: Matrix) -> tuple[Matrix, Matrix]:
            p = judge(rows, memory)[0]
            return p, next_bar(p[-1], self.transmat_)

        return walk

    def _first_memory(self, previous: Matrix | None) -> Matrix:
        return self.startprob_ if previous is None else next_bar(previous, self.transmat_)

    def _start(self, start: "MarkovRegression", n_features: int) -> RegressionParameters:
        """Parameters of a fitted model in units of this model's standardised columns."""
        check_start(start, MarkovRegression)
        found, expected = start.parameters(), (self.n_components, n_features)
        if found.beta.shape != expected:
            raise ValueError(f"start has coefficients of {found.beta.shape}, expected {expected}")
        slopes = start.coef_ * self.scale_[1:] / self.scale_[0]
        middle = start.offset_[0] + start.scale_[0] * found.beta[:, 0] - self.offset_[0]
        middle = middle + start.coef_ @ (self.offset_[1:] - start.offset_[1:])
        return RegressionParameters(
            found.startprob,
            found.transmat,
            np.column_stack([middle / self.scale_[0], slopes]),
            start.variances_ / self.scale_[0] ** 2,
        )

    def _check_settings(self) -> None:
        settings = self.get_params()
        check_counts(settings, {"n_components": 1, "n_init": 1, "n_iter": 1, "random_state": 0})
        check_amounts(settings, ["tol", "sticky", "shrinkage"])

    def _shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        K, F = self.n_components, n_features
        return {
            "means_": (K, F), "covars_": (K, F, F), "startprob_": (K,), "transmat_": (K, K),
            "beta_": (K, F), "variance_": (K,), "offset_": (F,), "scale_": (F,),
            "history_": history_shape(),
        }  # fmt: skip

    def _check_arrays(self, arrays: Mapping[str, Matrix]) -> None:
        super()._check_arrays(arrays)
        K = self.n_components
        check_probabilities(arrays["startprob_"], (K,), "startprob_")
        check_probabilities(arrays["transmat_"], (K, K), "transmat_")
        if (arrays["variance_"] <= 0).any():
            raise ValueError("variance_ is not above 0")


def next_bar(p: Matrix, transmat: Matrix) -> Matrix:
    """Return the distribution of the next state, added up in the order of the batch kernel.

    Parameters
    ----------
    p : ndarray, shape (K,)
        Filtered probabilities.
    transmat : ndarray, shape (K, K)

    Returns
    -------
    ndarray, shape (K,)
    """
    total = np.zeros(len(p))
    for weight, row in zip(p, transmat, strict=True):
        total += weight * row
    return total
