"""What every regime detector can do, so that refits, choice and comparison treat them alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.validation import check_observations, column_names

Matrix = NDArray[np.float64]
# Each kind of saved detector and the module that reads it, imported when it is needed.
_HOMES = {
    "GaussianHMM": "regime_factory.regimes.hmm.model",
    "JumpModel": "regime_factory.regimes.detectors.jump",
    "GaussianMixture": "regime_factory.regimes.detectors.mixture",
    "VolatilityThreshold": "regime_factory.regimes.detectors.threshold",
    "MarkovRegression": "regime_factory.regimes.detectors.markov",
    "SlotHMM": "regime_factory.regimes.hmm.by_slot",
    "MacroRegimeDetector": "regime_factory.regimes.macro.detector",
}


@dataclass(frozen=True)
class StateMoments:
    """Mean and covariance of each state's observations, in the user's units.

    Attributes
    ----------
    means : ndarray, shape (K, F)
    covars : ndarray, shape (K, F, F)
    """

    means: Matrix
    covars: Matrix


class Online(Protocol):
    """A detector in use: one bar at a time, with a state that can be saved."""

    probabilities: Matrix | None

    def update(self, x: ArrayLike) -> Matrix:
        """Take the next bar ``(F,)`` and return its state probabilities ``(K,)``."""
        ...

    def to_state(self) -> dict[str, Any]:
        """Return plain values from which :meth:`restore` goes on exactly."""
        ...

    def restore(self, state: Mapping[str, Any]) -> Self:
        """Go on from a saved state."""
        ...


@runtime_checkable
class Detector(Protocol):
    """A model that gives each bar a distribution over K states, from that bar and earlier ones.

    Settings are stored untouched by ``__init__``; fitted attributes end in an underscore. States
    drawn by a fit without ``start`` are ordered by the volatility of the first column, calmest
    first; with ``start`` they keep the order of the start.

    A detector may have two things more. ``state_names``: it orders and names its states itself, by
    their meaning, and is never reordered. ``check_rows(X)``: it reads rows itself, missing values
    (NaN) among them.
    """

    n_components: int

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the settings by name."""
        ...

    def set_params(self, **params: Any) -> Self:
        """Change settings by name."""
        ...

    def clone(self) -> Self:
        """Return an unfitted copy with the same settings."""
        ...

    def is_fitted(self) -> bool:
        """Say whether the detector has parameters."""
        ...

    def fit(
        self, X: ArrayLike, lengths: Sequence[int] | None = None, start: Any | None = None
    ) -> Self:
        """Fit to observations ``(T, F)``; ``start`` is a fitted detector to go on from."""
        ...

    def filter(
        self, X: ArrayLike, lengths: Sequence[int] | None = None, previous: ArrayLike | None = None
    ) -> Matrix:
        """Return P(state at t | bars up to t) as ``(T, K)``; causal."""
        ...

    def online(self, previous: ArrayLike | None = None) -> Online:
        """Return an object that takes one bar at a time and equals :meth:`filter`."""
        ...

    def objective(self) -> float:
        """Return what the fit maximised, per bar, on its training rows; higher is better."""
        ...

    def moments(self) -> StateMoments:
        """Return mean and covariance of each state, for names and for matching states."""
        ...

    def reorder(self, order: ArrayLike) -> Self:
        """Renumber the states in place; ``order`` holds the old numbers of the new states."""
        ...

    def to_state(self) -> dict[str, Any]:
        """Return plain values and arrays under ``format_version`` and ``kind``."""
        ...

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Rebuild a saved detector; it predicts identically."""
        ...


class SavedDetector:
    """Reader of saved detectors of any kind, for datasets that name one class."""

    @staticmethod
    def from_state(state: Mapping[str, Any]) -> Any:
        """Rebuild a saved detector, as :func:`restore_detector`."""
        return restore_detector(state)


def read_rows(detector: Any, X: ArrayLike) -> Matrix:
    """Return observations as a matrix, read by the detector where it has a rule of its own.

    Parameters
    ----------
    detector : Detector
        Fitted or not.
    X : array_like, shape (T, F)
        Observations.

    Returns
    -------
    ndarray, shape (T, F)
        Finite, but for a detector that takes missing values (NaN).
    """
    own = getattr(detector, "check_rows", None)
    return check_observations(X, names=column_names(X)) if own is None else own(X)


def restore_detector(state: Mapping[str, Any]) -> Any:
    """Rebuild a saved detector of any kind.

    Parameters
    ----------
    state : mapping
        What a detector's ``to_state`` returned.

    Returns
    -------
    Detector

    Raises
    ------
    ValueError
        For an unknown kind, a damaged state or one written by a newer version.

    Examples
    --------
    >>> from regime_factory.regimes import GaussianHMM
    >>> X = np.random.default_rng(0).normal(size=(200, 1))
    >>> saved = GaussianHMM(2, n_init=3).fit(X).to_state()
    >>> restore_detector(saved).n_components
    2
    """
    kind = state.get("kind") if isinstance(state, Mapping) else None
    if kind not in _HOMES:
        raise ValueError(
            f"saved detector of kind {kind!r} is unknown, expected one of {', '.join(_HOMES)}; the "
            "file is damaged, or written by a newer version: update regime_factory"
        )
    return getattr(import_module(_HOMES[kind]), kind).from_state(state)
