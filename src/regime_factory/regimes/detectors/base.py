"""What the detectors of this folder share: checks, moments, saving and restoring."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.base import SettingsMixin
from regime_factory.regimes.detector import StateMoments
from regime_factory.regimes.detectors.online import OnlineDetector, Walk
from regime_factory.regimes.hmm.interchange import (
    check_arrays_checksum,
    check_checksum,
    check_version,
    checksum,
    with_checksum,
)
from regime_factory.regimes.validation import (
    NotFittedError,
    check_columns,
    check_lengths,
    check_observations,
    check_probabilities,
    check_training_data,
    column_names,
)

Matrix = NDArray[np.float64]
States = NDArray[np.int64]
FORMAT_VERSION = 2  # 1 had a checksum of the arrays alone
_ANY_LENGTH = -1


class FittedDetector(SettingsMixin):
    """Base of a detector: says which arrays a fit leaves behind, and saves and restores them."""

    n_components: int
    means_: Matrix
    covars_: Matrix
    history_: Matrix
    _columns: list[str] | None = None  # of the training rows; a saved detector does not keep them
    _arrays: ClassVar[tuple[str, ...]]
    _by_state: ClassVar[tuple[str, ...]]
    _values: ClassVar[tuple[str, ...]]

    def is_fitted(self) -> bool:
        """Say whether the detector has parameters.

        Returns
        -------
        bool
        """
        return hasattr(self, "means_")

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
            Probabilities of the bar before the first row; the class says what they stand for.
            :meth:`online` goes on exactly.

        Returns
        -------
        ndarray, shape (T, K)

        Raises
        ------
        ValueError
            For NaN, infinity, a wrong width, lengths that do not fit, or no probabilities.
        """
        values = self._observed(X)
        known, walk = self._previous(previous), self._checked_walk()
        found, start = [], 0
        for length in check_lengths(lengths, len(values)):
            rows = values[start : start + length]
            found.append(walk(rows, self._first_memory(known))[0])
            start, known = start + length, None
        return np.concatenate(found)

    def online(self, previous: ArrayLike | None = None) -> OnlineDetector:
        """Return an object that takes one bar at a time and equals :meth:`filter`.

        Parameters
        ----------
        previous : array_like, shape (K,), optional
            As in :meth:`filter`.

        Returns
        -------
        OnlineDetector
        """
        self._check_fitted()
        return OnlineDetector(
            self._checked_walk(),
            self._first_memory(self._previous(previous)),
            (self.n_components, self.means_.shape[1]),
            kind=type(self).__name__,
            model=checksum({name: getattr(self, name) for name in self._arrays}),
        )

    def objective(self) -> float:
        """Return what the fit maximised, per bar of the training rows.

        Returns
        -------
        float
            Higher is better.
        """
        self._check_fitted()
        return float(self.history_[-1])

    def moments(self) -> StateMoments:
        """Return mean and covariance of each state's observations, in the user's units.

        Returns
        -------
        StateMoments
        """
        self._check_fitted()
        return StateMoments(self.means_, self.covars_)

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
        self._check_fitted()
        numbers = np.asarray(order, dtype=np.int64)
        if sorted(numbers.tolist()) != list(range(self.n_components)):
            raise ValueError(
                f"order {numbers.tolist()} is not a permutation of 0 to {self.n_components - 1}"
            )
        for name in self._by_state:
            setattr(self, name, getattr(self, name)[numbers])
        return self

    def to_state(self) -> dict[str, Any]:
        """Return settings and fitted attributes as plain values and arrays.

        Returns
        -------
        dict
            ``format_version, kind, settings``, ``arrays`` of float64, ``fit`` of scalars and the
            ``checksum`` of all that.
        """
        self._check_fitted()
        return with_checksum(
            {
                "format_version": FORMAT_VERSION,
                "kind": type(self).__name__,
                "settings": {name: _plain(value) for name, value in self.get_params().items()},
                "arrays": {name: np.array(getattr(self, name)) for name in self._arrays},
                "fit": {name: _plain(getattr(self, name)) for name in self._values},
            }
        )

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Rebuild a detector saved with :meth:`to_state`; it predicts identically.

        Parameters
        ----------
        state : mapping
            Saved state; arrays may be nested lists.

        Returns
        -------
        Self

        Raises
        ------
        ValueError
            For a damaged state or one written by a newer version.
        """
        check_version(state, cls.__name__, FORMAT_VERSION)
        try:
            detector = cls(**state["settings"])
            detector._check_settings()
            arrays = {name: np.array(a, dtype=np.float64) for name, a in state["arrays"].items()}
            detector._check_arrays(arrays)
            if state["format_version"] == 1:
                check_arrays_checksum(state, arrays)
            else:
                check_checksum(state)
            fit = {name: state["fit"][name] for name in cls._values}
        except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
            raise ValueError(f"the saved {cls.__name__} is damaged: {error}") from error
        for name, value in {**arrays, **fit}.items():
            setattr(detector, name, value)
        return detector

    def _checked_walk(self) -> Walk:
        walk = self._walk()

        def checked(rows: Matrix, memory: Matrix) -> tuple[Matrix, Matrix]:
            with np.errstate(over="ignore", invalid="ignore"):
                p, after = walk(rows, memory)
            refuse_far_rows(rows, p, after)
            return p, after

        return checked

    def _walk(self) -> Walk:
        """From rows in sequence and a memory to probabilities and the memory after them."""
        raise NotImplementedError

    def _first_memory(self, previous: Matrix | None) -> Matrix:
        """What is remembered before the first row."""
        raise NotImplementedError

    def _training_rows(
        self, X: ArrayLike, lengths: Sequence[int] | None, count: Callable[[int], int]
    ) -> tuple[Matrix, list[int]]:
        """Check settings, observations and lengths; ``count`` gives free parameters for F."""
        self._check_settings()
        names = column_names(X)
        values = check_observations(X, names=names)
        self._columns = None if names is None else list(names)
        parts = check_lengths(lengths, len(values))
        with np.errstate(over="ignore", invalid="ignore"):
            known = np.isfinite(values.var(axis=0)).all()
        if not known:
            raise ValueError(
                f"observations reach {np.abs(values).max():.3g}, too large for a variance; check "
                "their units"
            )
        check_training_data(values, count(values.shape[1]), names)
        return values, parts

    def _check_settings(self) -> None:
        raise NotImplementedError

    def _shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        """Shape of each fitted array."""
        raise NotImplementedError

    def _check_arrays(self, arrays: Mapping[str, Matrix]) -> None:
        if set(arrays) != set(self._arrays):
            raise ValueError(f"arrays {sorted(arrays)}, expected {sorted(self._arrays)}")
        for name, shape in self._shapes(arrays["means_"].shape[1]).items():
            found = arrays[name].shape
            fits = len(found) == len(shape) and all(
                wanted in (_ANY_LENGTH, size) for size, wanted in zip(found, shape, strict=True)
            )
            if not fits or not np.isfinite(arrays[name]).all():
                raise ValueError(f"{name} has shape {found}, expected finite values of {shape}")

    def _check_fitted(self) -> None:
        if not self.is_fitted():
            raise NotFittedError(
                f"this {type(self).__name__} is not fitted; call fit(X) or from_state first"
            )

    def _observed(self, X: ArrayLike) -> Matrix:
        """Check observations of a fitted detector."""
        self._check_fitted()
        check_columns(X, self._columns)
        return check_observations(X, self.means_.shape[1], column_names(X))

    def _previous(self, previous: ArrayLike | None) -> Matrix | None:
        if previous is None:
            return None
        return check_probabilities(previous, (self.n_components,), "previous")


def refuse_far_rows(rows: Matrix, *found: Matrix) -> None:
    """Refuse rows whose squares overflow, seen from what was made of them.

    Parameters
    ----------
    rows : ndarray, shape (T, F)
        Observations.
    *found : ndarray
        What was made of them.

    Raises
    ------
    ValueError
        Naming the farthest row, if a number is not finite.
    """
    if not all(np.isfinite(values).all() for values in found):
        row = int(np.abs(rows).max(axis=1).argmax())
        raise ValueError(
            f"row {row} is {rows[row].tolist()}, too far away to be judged; check its units"
        )


def history_shape() -> tuple[int, ...]:
    """Shape of an array of any length, for ``_shapes``."""
    return (_ANY_LENGTH,)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
