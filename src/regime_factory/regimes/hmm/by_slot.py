"""A hidden Markov model of intraday bars, standardised by the slot of the day."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.hmm.interchange import (
    FORMAT_VERSION,
    check_checksum,
    check_version,
    checksum,
    restore_model,
    with_checksum,
)
from regime_factory.regimes.hmm.model import GaussianHMM
from regime_factory.regimes.hmm.online import OnlineFilter
from regime_factory.regimes.hmm.parameters import HMMParameters
from regime_factory.regimes.hmm.slot_moments import SlotMoments, check_moments
from regime_factory.regimes.inputs import float_array
from regime_factory.regimes.validation import NotFittedError, check_observations, column_names

Matrix = NDArray[np.float64]
_WITHOUT_CHECKSUM = 2  # newest format that had none of the moments


class SlotHMM(GaussianHMM):
    """Hidden Markov model whose observations are standardised by slot of the day.

    The first column of the observations is the slot: the hour, or the number of the bar within its
    session. Mean and deviation of every other column are measured for each slot on the training
    rows of the fit, and the model sees the columns at the level of an average slot. A state thus
    means calm or wild *for that time of day*, and the daily rhythm causes no switches.

    Settings, attributes and methods are those of :class:`GaussianHMM`; means and covariances are
    those of an average slot, in the user's units, densities and likelihoods those of the bars.
    ``n_features_in_`` and ``feature_names_in_`` leave the slot out.

    Attributes
    ----------
    slots_ : SlotMoments
        Moments by slot, of the training rows.

    Notes
    -----
    Each refit measures the moments on its own training rows, so no row is standardised with bars
    after them. A slot never seen before gets the overall moments.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> slot = np.tile([0.0, 1.0, 2.0], 200)
    >>> X = np.column_stack([slot, rng.normal(size=600) * (1 + 4 * (slot == 0))])
    >>> model = SlotHMM(2, n_init=3, sticky=0.5).fit(X)
    >>> bool(model.slots_.stds[0, 0] > 3 * model.slots_.stds[1, 0])
    True
    """

    slots_: SlotMoments

    def fit(
        self,
        X: ArrayLike,
        lengths: Sequence[int] | None = None,
        start: GaussianHMM | Mapping[str, ArrayLike] | None = None,
    ) -> Self:
        """Measure the slots and fit by EM, both on the rows given.

        Parameters
        ----------
        X : array_like, shape (T, 1 + F)
            Slot and observations.
        lengths, start
            As in :meth:`GaussianHMM.fit`.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For unusable settings or observations, a first column that holds no slots, or no column
            beside it.
        """
        names = column_names(X)
        values = check_observations(X, names=names)
        if values.shape[1] < 2:
            raise ValueError(
                "a model by slot needs the slot and at least one observed column, found 1 column"
            )
        self.slots_ = SlotMoments.of(values[:, 0], values[:, 1:])
        level, log_scale = self.slots_.level(values)
        super().fit(_with_names(level, names), lengths, start)
        self.loglik_ += float(log_scale.sum())
        self.history_ = self.history_ + log_scale.mean()
        return self

    def log_emission(
        self, X: ArrayLike, lengths: Sequence[int] | None = None
    ) -> tuple[Matrix, list[int]]:
        """Return the log density of each bar in each state.

        Parameters
        ----------
        X : array_like, shape (T, 1 + F)
            Slot and observations.
        lengths : sequence of int, optional
            Rows of each independent sequence.

        Returns
        -------
        log_density : ndarray, shape (K, T)
        lengths : list of int
        """
        self._check_fitted()
        names = column_names(X)
        values = check_observations(X, self.means_.shape[1] + 1, names)
        level, log_scale = self.slots_.level(values)
        log_b, parts = super().log_emission(_with_names(level, names), lengths)
        return log_b + log_scale, parts

    def n_parameters(self) -> int:
        """Return the number of free parameters, the moments of the slots included.

        Returns
        -------
        int
        """
        return super().n_parameters() + 2 * (len(self.slots_.slots) - 1) * self.means_.shape[1]

    def is_fitted(self) -> bool:
        """Say whether the model has parameters and moments of the slots.

        Returns
        -------
        bool
        """
        return hasattr(self, "slots_") and super().is_fitted()

    def online(self, previous: ArrayLike | None = None) -> "SlotOnlineFilter":
        """Return a filter that takes one bar at a time, slot first, and equals :meth:`filter`.

        Parameters
        ----------
        previous : array_like, shape (K,), optional
            Filtered probabilities of the last bar seen; default: none seen yet.

        Returns
        -------
        SlotOnlineFilter
        """
        return SlotOnlineFilter(self.slots_, self.parameters(), previous)

    def to_state(self) -> dict[str, Any]:
        """Return settings, parameters and moments as plain values and arrays.

        Returns
        -------
        dict
            ``format_version, kind, model, slots`` and the ``checksum`` of all that.
        """
        return with_checksum(
            {
                "format_version": FORMAT_VERSION,
                "kind": "SlotHMM",
                "model": super().to_state(),
                "slots": dict(vars(self.slots_)),
            }
        )

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Rebuild a model saved with :meth:`to_state`; it predicts identically.

        Parameters
        ----------
        state : mapping
            Saved state.

        Returns
        -------
        SlotHMM

        Raises
        ------
        ValueError
            For a damaged state or one written by a newer version.
        """
        check_version(state, "SlotHMM")
        try:
            model = restore_model(cls, state["model"])
            moments = {name: np.array(a, dtype=np.float64) for name, a in state["slots"].items()}
            model.slots_ = SlotMoments(**moments)
            check_moments(model.slots_, model.means_.shape[1])
            if state["format_version"] > _WITHOUT_CHECKSUM:
                check_checksum(state)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"the saved SlotHMM is damaged: {error}") from error
        return model

    def to_hmmlearn(self) -> Any:
        """Refuse: hmmlearn has no slots.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError(
            "hmmlearn cannot standardise by slot of the day; fit with hmm.standardise_by none"
        )

    def _check_fitted(self) -> None:
        if not self.is_fitted():
            raise NotFittedError("this SlotHMM is not fitted; call fit(X) or from_state first")


class SlotOnlineFilter(OnlineFilter):
    """One bar at a time, slot first: the online filter of a model by slot.

    Parameters
    ----------
    slots : SlotMoments
        Moments of the model.
    parameters : HMMParameters
        Parameters of the model, at the level of an average slot.
    previous : array_like, shape (K,), optional
        Filtered probabilities of the last bar seen; default: none seen yet.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = np.column_stack([np.tile([0.0, 1.0], 150), rng.normal(size=300)])
    >>> model = SlotHMM(2, n_init=3).fit(X)
    >>> online = model.online()
    >>> rows = np.array([online.update(x) for x in X])
    >>> bool(np.allclose(rows, model.filter(X), rtol=0, atol=1e-12))
    True
    """

    def __init__(
        self, slots: SlotMoments, parameters: HMMParameters, previous: ArrayLike | None = None
    ) -> None:
        self._slots = slots
        super().__init__(parameters, previous)

    def update(self, x: ArrayLike) -> Matrix:
        """Take the next bar and return its filtered probabilities.

        Parameters
        ----------
        x : array_like, shape (1 + F,)
            Slot and observation of the bar.

        Returns
        -------
        ndarray, shape (K,)

        Raises
        ------
        ValueError
            As :meth:`OnlineFilter.update`.
        """
        return self.update_many(float_array(x).reshape(1, -1))[0]

    def update_many(self, X: ArrayLike) -> Matrix:
        """Take the next bars and return their filtered probabilities.

        Parameters
        ----------
        X : array_like, shape (T, 1 + F)
            Slot and observations, earliest first.

        Returns
        -------
        ndarray, shape (T, K)

        Raises
        ------
        ValueError
            As :meth:`OnlineFilter.update_many`.
        """
        width = self._slots.means.shape[1] + 1
        level, log_scale = self._slots.level(check_observations(X, width))
        p = super().update_many(level)
        self.loglik += float(log_scale[-1])
        return p

    def _checksum(self) -> str:
        return super()._checksum() + checksum(vars(self._slots))

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle by moments, parameters and state."""
        return _restored, (self._slots, self._parameters, self.to_state())


def _restored(
    slots: SlotMoments, parameters: HMMParameters, state: Mapping[str, Any]
) -> SlotOnlineFilter:
    return SlotOnlineFilter(slots, parameters).restore(state)


def _with_names(values: Matrix, names: Sequence[str] | None) -> Any:
    """Give rows without their slot the column names that are left, for messages."""
    if names is None:
        return values
    import polars as pl

    return pl.DataFrame(values, schema=list(names[1:]))
