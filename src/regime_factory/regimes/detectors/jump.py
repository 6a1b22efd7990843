"""Statistical jump model: clusters in time, where each switch of the state costs a penalty."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from regime_factory.regimes.detectors.base import (
    FittedDetector,
    Matrix,
    States,
    history_shape,
)
from regime_factory.regimes.detectors.jump_fitting import (
    Descent,
    best_descent,
    cheapest_path,
    spread_rows,
)
from regime_factory.regimes.detectors.moments import one_hot, weighted_moments
from regime_factory.regimes.detectors.online import Walk
from regime_factory.regimes.detectors.settings import check_amounts, check_counts
from regime_factory.regimes.inputs import check_start
from regime_factory.regimes.validation import (
    check_lengths,
)


class JumpModel(FittedDetector):
    """Statistical jump model, fitted by coordinate descent and used causally.

    Parameters
    ----------
    n_components : int
        Number of states K.
    jump_penalty : float
        Cost of one switch, in half squared standard deviations. 0 is k-means.
    standardise : bool
        Bring each column to mean 0 and variance 1 of the training rows first; without, columns
        weigh by their own variance.
    n_init : int
        k-means++ starts drawn when ``fit`` gets none.
    n_iter : int
        Largest number of turns of path and centres.
    tol : float
        Gain per bar at which a fit ends even if its path still changes.
    random_state : int
        Seed of the starts.

    Attributes
    ----------
    means_ : ndarray, shape (K, F)
        Centre of each state, in the user's units.
    covars_ : ndarray, shape (K, F, F)
        Covariance within each state on the training path, with one pseudo-bar of the covariance
        of all rows; in the user's units. Not used by the filter.
    offset_, scale_ : ndarray, shape (F,)
        What training observations were standardised with.
    history_ : ndarray
        Objective per bar after each path; never falls.
    cost_ : float
        Cost of the training path: half squared distances and penalties.
    converged_ : bool
        Whether the path ended unchanged, or gained no more than ``tol``.
    n_iter_ : int
        Turns taken.
    hit_rate_ : float
        Share of the starts that found the best optimum.
    n_rows_ : int
        Rows the model was fitted on.

    Notes
    -----
    Bemporad et al. (2018); Nystrup, Lindstrom and Madsen (2020). It minimises the sum of
    ``0.5 ||x_t - mean of s_t||^2`` and of ``jump_penalty`` for each switch, over paths by dynamic
    programming and over centres by means, in turns. ``filter`` is the online inference of Shu, Yu
    and Mulvey (2024): the state in which the cheapest path up to the bar ends, as probabilities of
    0 and 1. ``previous`` makes a path out of a state cost minus its log probability more, and never
    more than a jump; a row of ``filter`` knows less than the run that made it. ``decode`` looks
    ahead. States differ by their means alone: returns without a column for their size tell it
    nothing about volatility.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(m, 1, (100, 2)) for m in (0, 3, 0)])
    >>> model = JumpModel(2, jump_penalty=10).fit(X)
    >>> path = model.decode(X)[1]
    >>> np.flatnonzero(path[1:] != path[:-1]).tolist()
    [99, 199]
    """

    _arrays: ClassVar = ("means_", "covars_", "offset_", "scale_", "history_")
    _by_state: ClassVar = ("means_", "covars_")
    _values: ClassVar = ("cost_", "converged_", "n_iter_", "hit_rate_", "n_rows_")
    offset_: Matrix
    scale_: Matrix
    cost_: float
    converged_: bool
    n_iter_: int
    hit_rate_: float
    n_rows_: int

    def __init__(
        self,
        n_components: int = 2,
        jump_penalty: float = 50.0,
        *,
        standardise: bool = True,
        n_init: int = 10,
        n_iter: int = 1000,
        tol: float = 1e-10,
        random_state: int = 0,
    ) -> None:
        self.n_components = n_components
        self.jump_penalty = jump_penalty
        self.standardise = standardise
        self.n_init = n_init
        self.n_iter = n_iter
        self.tol = tol
        self.random_state = random_state

    def fit(
        self,
        X: ArrayLike,
        lengths: Sequence[int] | None = None,
        start: "JumpModel | Mapping[str, ArrayLike] | None" = None,
    ) -> Self:
        """Fit by coordinate descent.

        Parameters
        ----------
        X : array_like, shape (T, F)
            Observations; a frame's column names appear in messages.
        lengths : sequence of int, optional
            Rows of each independent sequence.
        start : JumpModel or mapping, optional
            Fitted model, or its ``means`` in the user's units, to go on from; the states keep
            their order. Drawn starts end ordered by the standard deviation of the first column.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For unusable settings or observations.
        """
        values, parts = self._training_rows(X, lengths, lambda F: self.n_components * (F + 1))
        ends = np.cumsum([0, *parts])
        self.offset_, self.scale_ = np.zeros(values.shape[1]), np.ones(values.shape[1])
        if self.standardise:
            self.offset_, self.scale_ = values.mean(axis=0), values.std(axis=0)
        data = (values - self.offset_) / self.scale_
        if start is None:
            rng = np.random.default_rng(self.random_state)
            starts = [spread_rows(data, self.n_components, rng) for _ in range(self.n_init)]
        else:
            starts = [(self._start_means(start, values.shape[1]) - self.offset_) / self.scale_]
        found = best_descent(
            data, ends, starts, penalty=float(self.jump_penalty), n_iter=self.n_iter, tol=self.tol
        )
        self._take(found, values, data, ends)
        if start is None:
            self.reorder(np.argsort(self.covars_[:, 0, 0], kind="stable"))
        return self

    def decode(self, X: ArrayLike, lengths: Sequence[int] | None = None) -> tuple[float, States]:
        """Return the cheapest path; it looks ahead.

        Parameters
        ----------
        X, lengths
            As in :meth:`filter`.

        Returns
        -------
        objective : float
            Minus the cost of the path.
        states : ndarray of int64, shape (T,)
        """
        values = self._observed(X)
        ends = np.cumsum([0, *check_lengths(lengths, len(values))])
        penalty = float(self.jump_penalty)
        cost, states = cheapest_path(self._scaled(values), ends, self._centres(), penalty)
        return -cost, states

    def _take(self, found: Descent, values: Matrix, data: Matrix, ends: States) -> None:
        """Keep the outcome of a fit, with the moments of its path."""
        self.hit_rate_, self.converged_ = found.hit_rate, found.converged
        self.cost_, self.history_ = float(found.costs[-1]), -found.costs / len(data)
        self.n_iter_, self.n_rows_ = len(found.costs) - 1, len(data)
        self.means_ = found.centres * self.scale_ + self.offset_
        states = cheapest_path(data, ends, found.centres, float(self.jump_penalty))[1]
        self.covars_ = weighted_moments(values, one_hot(states, self.n_components)).covars

    def _start_means(self, start: "JumpModel | Mapping[str, ArrayLike]", n_features: int) -> Matrix:
        check_start(start, JumpModel, ("means",))
        if isinstance(start, JumpModel):
            start._check_fitted()
            given: ArrayLike = start.means_
        elif "means" not in start:
            raise ValueError("start lacks 'means'; give a fitted JumpModel or its means")
        else:
            given = start["means"]
        means, expected = np.array(given, dtype=np.float64), (self.n_components, n_features)
        if means.shape != expected or not np.isfinite(means).all():
            raise ValueError(f"start means have shape {means.shape}; expected finite {expected}")
        return means

    def _scaled(self, rows: Matrix) -> Matrix:
        return (rows - self.offset_) / self.scale_

    def _centres(self) -> Matrix:
        return (self.means_ - self.offset_) / self.scale_

    def _walk(self) -> Walk:
        """Take the state in which the cheapest path ends; the memory is the value function."""
        from regime_factory.regimes.detectors import _kernels

        centres, penalty, n_states = self._centres(), float(self.jump_penalty), self.n_components

        def walk(rows: Matrix, memory: Matrix) -> tuple[Matrix, Matrix]:
            states, values = np.empty(len(rows), dtype=np.int64), memory.copy()
            _kernels.advance(self._scaled(rows), centres, penalty, values, states)
            return one_hot(states, n_states), values

        return walk

    def _first_memory(self, previous: Matrix | None) -> Matrix:
        if previous is None:
            return np.zeros(self.n_components)
        with np.errstate(divide="ignore"):
            values = -np.log(previous)
        return np.minimum(values - values.min(), self.jump_penalty)

    def _check_settings(self) -> None:
        settings = self.get_params()
        lowest = {"n_components": 1, "n_init": 1, "n_iter": 1, "random_state": 0}
        check_counts(settings, lowest)
        check_amounts(settings, ["jump_penalty", "tol"])

    def _shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        K, F = self.n_components, n_features
        shapes = {"means_": (K, F), "covars_": (K, F, F), "offset_": (F,), "scale_": (F,)}
        return {**shapes, "history_": history_shape()}
