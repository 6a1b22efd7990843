"""What a Gaussian hidden Markov model with parameters can do: filter, smooth, decode, score."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.base import SettingsMixin
from regime_factory.regimes.detector import StateMoments
from regime_factory.regimes.hmm.emission import (
    compress_covariances,
    count_parameters,
    expand_covariances,
    log_density,
)
from regime_factory.regimes.hmm.inference import (
    decode_log_emission,
    expectation,
    filter_log_emission,
    filtered_probabilities,
)
from regime_factory.regimes.hmm.online import OnlineFilter
from regime_factory.regimes.hmm.parameters import HMMParameters
from regime_factory.regimes.validation import (
    NotFittedError,
    check_columns,
    check_lengths,
    check_observations,
    check_probabilities,
    column_names,
)

Matrix = NDArray[np.float64]


class GaussianHMMResults(SettingsMixin):
    """Methods that need parameters but no training data; base of ``GaussianHMM``."""

    n_components: int
    covariance_type: str
    emission: str
    startprob_: Matrix
    transmat_: Matrix
    means_: Matrix
    covars_: Matrix
    dofs_: Matrix | None
    n_features_in_: int

    def filter(
        self, X: ArrayLike, lengths: Sequence[int] | None = None, previous: ArrayLike | None = None
    ) -> Matrix:
        """Return P(state at t | bars up to t); causal.

        Parameters
        ----------
        X : array_like, shape (T, F)
            Observations.
        lengths : sequence of int, optional
            Rows of each independent sequence.
        previous : array_like, shape (K,), optional
            Filtered probabilities of the bar before the first row; default: start probabilities.

        Returns
        -------
        ndarray, shape (T, K)
        """
        return _joined(
            filtered_probabilities(prior, self.transmat_, log_b)
            for prior, log_b in self._sequences(X, lengths, previous)
        )

    def score_rows(
        self, X: ArrayLike, lengths: Sequence[int] | None = None, previous: ArrayLike | None = None
    ) -> Matrix:
        """Return the log density of each bar given the bars before it.

        Parameters
        ----------
        X, lengths, previous
            As in :meth:`filter`.

        Returns
        -------
        ndarray, shape (T,)
            Nats.
        """
        return _joined(
            filter_log_emission(prior, self.transmat_, log_b)[1]
            for prior, log_b in self._sequences(X, lengths, previous)
        )

    def score(self, X: ArrayLike, lengths: Sequence[int] | None = None) -> float:
        """Return the log-likelihood of the observations.

        Parameters
        ----------
        X, lengths
            As in :meth:`filter`.

        Returns
        -------
        float
            Nats, without priors.
        """
        return float(self.score_rows(X, lengths).sum())

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
        log_b, parts = self.log_emission(X, lengths)
        gamma = expectation(self.startprob_, self.transmat_, log_b, parts).gamma
        return np.ascontiguousarray((gamma / gamma.sum(axis=0)).T)

    def decode(
        self, X: ArrayLike, lengths: Sequence[int] | None = None
    ) -> tuple[float, NDArray[np.int64]]:
        """Return the most likely state path (Viterbi); it looks ahead.

        Parameters
        ----------
        X, lengths
            As in :meth:`filter`.

        Returns
        -------
        logprob : float
            Joint log probability of path and observations, summed over sequences.
        states : ndarray of int64, shape (T,)
        """
        log_b, parts = self.log_emission(X, lengths)
        pieces = np.split(log_b, np.cumsum(parts)[:-1], axis=1)
        paths = [decode_log_emission(self.startprob_, self.transmat_, part) for part in pieces]
        return sum(logprob for logprob, _ in paths), np.concatenate([path for _, path in paths])

    def log_emission(
        self, X: ArrayLike, lengths: Sequence[int] | None = None
    ) -> tuple[Matrix, list[int]]:
        """Return the log density of each bar in each state.

        Parameters
        ----------
        X, lengths
            As in :meth:`filter`.

        Returns
        -------
        log_density : ndarray, shape (K, T)
            Nats, in the user's units.
        lengths : list of int
            Rows of each sequence.
        """
        current = self.parameters()
        check_columns(X, getattr(self, "feature_names_in_", None))
        values = check_observations(X, current.means.shape[1], column_names(X), squares=True)
        parts = check_lengths(lengths, len(values))
        rows = np.ascontiguousarray(values.T)
        return log_density(rows, current), parts

    def n_parameters(self) -> int:
        """Return the number of free parameters.

        Returns
        -------
        int
        """
        self._check_fitted()
        n_features = self.means_.shape[1]
        return count_parameters(self.covariance_type, self.n_components, n_features, self.emission)

    def aic(self, X: ArrayLike, lengths: Sequence[int] | None = None) -> float:
        """Return Akaike's information criterion; lower is better.

        Parameters
        ----------
        X, lengths
            As in :meth:`filter`.

        Returns
        -------
        float
        """
        return 2 * self.n_parameters() - 2 * self.score(X, lengths)

    def bic(self, X: ArrayLike, lengths: Sequence[int] | None = None) -> float:
        """Return the Bayesian information criterion; lower is better.

        Parameters
        ----------
        X, lengths
            As in :meth:`filter`.

        Returns
        -------
        float
        """
        rows = self.score_rows(X, lengths)
        return float(self.n_parameters() * np.log(len(rows)) - 2 * rows.sum())

    def online(self, previous: ArrayLike | None = None) -> OnlineFilter:
        """Return a filter that takes one bar at a time and equals :meth:`filter` exactly.

        Parameters
        ----------
        previous : array_like, shape (K,), optional
            Filtered probabilities of the last bar seen; default: none seen yet.

        Returns
        -------
        OnlineFilter
        """
        self._check_fitted()
        columns = getattr(self, "feature_names_in_", None)
        return OnlineFilter(self.parameters(), previous, columns)

    def volatilities(self, column: int = 0) -> Matrix:
        """Return each state's standard deviation of one column.

        Parameters
        ----------
        column : int
            Observation column, usually the log return.

        Returns
        -------
        ndarray, shape (K,)
            In the user's units.
        """
        return np.sqrt(self.moments().covars[:, column, column])

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
        i, old = np.asarray(order, dtype=np.int64), self.parameters()
        if sorted(i.ravel().tolist()) != list(range(len(old.means))):
            raise ValueError(
                f"order {i.tolist()} is not a permutation of 0 to {len(old.means) - 1}"
            )
        return self.set_parameters(
            HMMParameters(
                old.startprob[i],
                old.transmat[np.ix_(i, i)],
                old.means[i],
                old.covars[i],
                None if old.dofs is None else old.dofs[i],
            )
        )

    def parameters(self) -> HMMParameters:
        """Return the fitted parameters with full covariance matrices, in the user's units.

        Returns
        -------
        HMMParameters
        """
        self._check_fitted()
        covars = expand_covariances(
            self.covars_, self.covariance_type, self.n_components, self.means_.shape[1]
        )
        dofs = getattr(self, "dofs_", None)
        return HMMParameters(self.startprob_, self.transmat_, self.means_, covars, dofs)

    def set_parameters(self, parameters: HMMParameters) -> Self:
        """Make the model one with given parameters, as if fitted.

        Parameters
        ----------
        parameters : HMMParameters
            In the user's units.

        Returns
        -------
        self
        """
        self.startprob_, self.transmat_ = parameters.startprob, parameters.transmat
        self.means_, self.n_features_in_ = parameters.means, parameters.means.shape[1]
        self.covars_ = compress_covariances(parameters.covars, self.covariance_type)
        self.dofs_ = parameters.dofs
        return self

    def moments(self) -> StateMoments:
        """Return mean and covariance of each state's observations, in the user's units.

        Returns
        -------
        StateMoments
        """
        current = self.parameters()
        return StateMoments(current.means, current.covariances())

    def is_fitted(self) -> bool:
        """Say whether the model has parameters.

        Returns
        -------
        bool
        """
        return hasattr(self, "means_")

    def _check_fitted(self) -> None:
        if not self.is_fitted():
            raise NotFittedError("this GaussianHMM is not fitted; call fit(X) or from_state first")

    def _sequences(
        self, X: ArrayLike, lengths: Sequence[int] | None, previous: ArrayLike | None
    ) -> Iterator[tuple[Matrix, Matrix]]:
        """Yield what is known before each sequence's first bar, and its log densities."""
        log_b, parts = self.log_emission(X, lengths)
        prior = self.startprob_
        if previous is not None:
            shape = (self.n_components,)
            given = check_probabilities(previous, shape, "previous")
            prior = (given[:, None] * self.transmat_).sum(axis=0)  # in the order of the kernel
        start = 0
        for length in parts:
            yield prior, log_b[:, start : start + length]
            prior, start = self.startprob_, start + length


def _joined(pieces: Iterable[Matrix]) -> Matrix:
    found = list(pieces)
    return found[0] if len(found) == 1 else np.concatenate(found)
