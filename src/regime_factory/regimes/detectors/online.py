"""A detector in use, one bar at a time: what it remembers, saved and restored exactly."""

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.hmm.interchange import check_version
from regime_factory.regimes.inputs import float_array
from regime_factory.regimes.validation import check_observations, check_probabilities

Matrix = NDArray[np.float64]
Walk = Callable[[Matrix, Matrix], tuple[Matrix, Matrix]]
_FORMAT_VERSION = 1


class OnlineDetector:
    """State probabilities of a detector, updated bar by bar.

    Parameters
    ----------
    walk : callable
        ``walk(rows (T, F), memory)`` gives probabilities ``(T, K)`` and the memory after them.
    memory : ndarray
        What the detector knows before the first bar.
    shape : tuple of int
        Number of states K and of columns F.
    kind, model : str
        Kind of the detector and checksum of its parameters: a state is restored by them alone.

    Attributes
    ----------
    probabilities : ndarray, shape (K,) or None
        Probabilities at the last bar seen; None before the first.
    memory : ndarray
        What the detector knows: of a jump model the cost of the best path into each state, of a
        volatility threshold the trailing variance.

    Examples
    --------
    >>> from regime_factory.regimes import JumpModel
    >>> X = np.random.default_rng(0).normal(size=(200, 1)).cumsum(axis=0)
    >>> model = JumpModel(2, jump_penalty=5).fit(X)
    >>> online = model.online()
    >>> rows = np.array([online.update(x) for x in X])
    >>> bool((rows == model.filter(X)).all())
    True

    A state saved after any bar goes on exactly:

    >>> again = model.online().restore(online.to_state())
    >>> bool((again.update([1.0]) == online.update([1.0])).all())
    True
    """

    probabilities: Matrix | None

    def __init__(
        self, walk: Walk, memory: Matrix, shape: tuple[int, int], *, kind: str, model: str
    ) -> None:
        self._walk, self._shape = walk, shape
        self._kind, self._model = f"Online{kind}", model
        self.memory = memory
        self.probabilities = None

    def update(self, x: ArrayLike) -> Matrix:
        """Take the next bar and return its state probabilities.

        Parameters
        ----------
        x : array_like, shape (F,)
            Observation of the bar.

        Returns
        -------
        ndarray, shape (K,)

        Raises
        ------
        ValueError
            For NaN, infinity or a wrong width; the object stays as it was.
        """
        row = float_array(x)
        return self.update_many(row.reshape(1, -1))[0]

    def update_many(self, X: ArrayLike) -> Matrix:
        """Take the next bars and return their state probabilities.

        Parameters
        ----------
        X : array_like, shape (T, F)
            Observations, earliest first.

        Returns
        -------
        ndarray, shape (T, K)
            The rows that :meth:`update` would return one by one.

        Raises
        ------
        ValueError
            As :meth:`update`; no bar is taken then.
        """
        rows = check_observations(X, self._shape[1])
        p, self.memory = self._walk(rows, self.memory)
        self.probabilities = p[-1].copy()
        return p

    def to_state(self) -> dict[str, Any]:
        """Return what is needed to go on later.

        Returns
        -------
        dict
            ``format_version, kind, model`` (checksum of the parameters), ``memory`` and
            ``probabilities`` as lists, the latter None before the first bar.
        """
        p = self.probabilities
        return {
            "format_version": _FORMAT_VERSION,
            "kind": self._kind,
            "model": self._model,
            "memory": self.memory.tolist(),
            "probabilities": None if p is None else p.tolist(),
        }

    def restore(self, state: Mapping[str, Any]) -> Self:
        """Go on from a state of :meth:`to_state`.

        Parameters
        ----------
        state : mapping
            Saved state.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For a state that is damaged, newer, or of another detector.
        """
        check_version(state, self._kind, _FORMAT_VERSION)
        if state.get("model") != self._model:
            raise ValueError(
                f"the saved {self._kind} belongs to a detector with other parameters; restore it "
                "with that detector, or give its probabilities to online() as previous"
            )
        try:
            memory = np.array(state["memory"], dtype=np.float64)
            p = state["probabilities"]
            known = None if p is None else check_probabilities(p, self._shape[:1], "probabilities")
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"the saved {self._kind} is damaged: {error}") from error
        if memory.shape != self.memory.shape or not (np.isfinite(memory) & (memory >= 0)).all():
            raise ValueError(
                f"the saved {self._kind} is damaged: memory {memory.tolist()}, expected finite "
                f"values >= 0 of shape {self.memory.shape}"
            )
        self.memory, self.probabilities = memory, known
        return self
