"""One bar at a time: the same filter as in batch, with a state that can be saved."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.hmm.emission import whitening
from regime_factory.regimes.hmm.interchange import check_version, checksum
from regime_factory.regimes.hmm.parameters import HMMParameters
from regime_factory.regimes.inputs import float_array
from regime_factory.regimes.validation import (
    check_columns,
    check_observations,
    check_probabilities,
)

Matrix = NDArray[np.float64]
FORMAT_VERSION = 1
_KIND = "OnlineFilter"
_ROUNDING = 1e-9  # a sum of probabilities passes 1 by less


class OnlineFilter:
    """Filtered state probabilities, updated bar by bar.

    Parameters
    ----------
    parameters : HMMParameters
        Model in the user's units, with Gaussian or Student-t emission.
    previous : array_like, shape (K,), optional
        Filtered probabilities of the last bar seen; default: none seen yet.
    columns : sequence of str, optional
        Columns the model was fitted on; a frame that has them in another order is refused.

    Attributes
    ----------
    probabilities : ndarray, shape (K,) or None
        P(state | bars so far) of the last bar seen.
    loglik : float
        Log density of the last bar given the bars before it, in nats; very low for a bar that the
        model did not expect. 0 before the first update.
    change : float
        P(state of the last bar differs from that of the bar before | bars so far); 0 for a bar
        that has none before it, and before the first update.

    Notes
    -----
    Hamilton (1989), equation 4. The change probability sums, over the states of the last bar, its
    filtered probability times the share of its predicted one that came from other states.

    One update costs O(K^2 + K F^2) and allocates nothing but its answer. An object follows one
    series; it is not safe to update it from two threads.

    Examples
    --------
    >>> from regime_factory.regimes import GaussianHMM
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, 1, 200), rng.normal(0, 5, 100)])[:, None]
    >>> model = GaussianHMM(2, n_init=3).fit(X)
    >>> online = model.online()
    >>> rows = np.array([online.update(x) for x in X])
    >>> bool((rows == model.filter(X)).all())
    True
    >>> bool(abs(online.loglik - model.score_rows(X)[-1]) < 1e-12)
    True

    A state saved after any bar goes on exactly:

    >>> state = online.to_state()
    >>> again = model.online().restore(state)
    >>> bool((again.update([0.1]) == online.update([0.1])).all()), again.change == online.change
    (True, True)
    """

    probabilities: Matrix | None
    loglik: float
    change: float

    def __init__(
        self,
        parameters: HMMParameters,
        previous: ArrayLike | None = None,
        columns: Sequence[str] | None = None,
    ) -> None:
        from regime_factory.regimes.hmm import _online_kernel

        K, F = parameters.means.shape
        whiten, log_norm = whitening(parameters.covars, parameters.dofs)
        dofs = np.zeros(K) if parameters.dofs is None else parameters.dofs
        self._parameters, self._columns = parameters, columns
        self._step = _online_kernel.step
        self._model = (
            np.array(parameters.means),
            whiten,
            np.column_stack([log_norm, dofs, 0.5 * (dofs + F)]),
            np.vstack([parameters.transmat, parameters.startprob]),
        )
        self._work, self._p, self._row = np.zeros((4, K)), np.empty((1, K)), np.empty((1, F))
        self._set(None if previous is None else check_probabilities(previous, (K,), "previous"))

    def _set(self, p: Matrix | None, loglik: float = 0.0, change: float = 0.0) -> None:
        self.probabilities, self.loglik, self.change = p, loglik, change
        if p is not None:
            self._work[0] = p

    def update(self, x: ArrayLike) -> Matrix:
        """Take the next bar and return its filtered probabilities.

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
            For NaN, infinity, a wrong width, or a value too large to have a density; the object
            stays as it was.
        """
        row = float_array(x)
        if row.shape != self._row.shape[1:]:
            row = self._only_row(row)
        self._row[0] = row
        seen = self.probabilities is not None
        loglik, change = self._step(self._row, *self._model, seen, self._work, self._p)
        if loglik != loglik:  # noqa: PLR0124 - NaN, at a fifth of the cost of np.isnan
            raise _no_density(self._row, 0)
        self.loglik, self.change = loglik, change
        self.probabilities = self._p[0].copy()
        return self._p[0].copy()

    def _only_row(self, row: Matrix) -> Matrix:
        """Give the row of a table of one row, refuse everything else."""
        n_features = self._row.shape[1]
        values = check_observations(np.atleast_2d(row), n_features)
        if len(values) != 1:
            raise ValueError(f"update takes one bar, found {len(values)}; use update_many")
        return values[0]

    def update_many(self, X: ArrayLike) -> Matrix:
        """Take the next bars and return their filtered probabilities.

        Parameters
        ----------
        X : array_like, shape (T, F)
            Observations, earliest first.

        Returns
        -------
        ndarray, shape (T, K)
            The rows that :meth:`update` would return one by one. ``loglik`` and ``change`` are
            those of the last bar.

        Raises
        ------
        ValueError
            As :meth:`update`; no bar is taken then.
        """
        check_columns(X, self._columns)
        values = check_observations(X, self._row.shape[1])
        p = np.empty((len(values), self._work.shape[1]))
        work, seen = self._work.copy(), self.probabilities is not None
        loglik, change = self._step(values, *self._model, seen, work, p)
        if np.isnan(loglik):
            raise _no_density(values, int(np.abs(values).max(axis=1).argmax()))
        self._set(p[-1].copy(), loglik, change)
        return p

    def to_state(self) -> dict[str, Any]:
        """Return what is needed to go on later.

        Returns
        -------
        dict
            ``format_version, kind, model`` (checksum of the parameters), ``probabilities`` (list of
            float, None before the first bar), ``loglik, change``. Plain values, which JSON keeps
            exactly.
        """
        seen = self.probabilities is not None
        return {
            "format_version": FORMAT_VERSION,
            "kind": _KIND,
            "model": self._checksum(),
            "probabilities": self._work[0].tolist() if seen else None,
            "loglik": self.loglik,
            "change": self.change,
        }

    def restore(self, state: Mapping[str, Any]) -> Self:
        """Go on from a state of :meth:`to_state`.

        Parameters
        ----------
        state : mapping
            Saved state; of ``probabilities`` alone in files of older versions.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For a state that is damaged, newer, or of another model.

        Notes
        -----
        To go on with a model that was fitted again, hand its ``online`` the probabilities as
        ``previous``.
        """
        if not isinstance(state, Mapping) or "probabilities" not in state:
            raise ValueError(f"this is not a saved {_KIND}, or the saved state is damaged")
        if set(state) != {"probabilities"}:
            check_version(state, _KIND, FORMAT_VERSION)
            if state.get("model") != self._checksum():
                raise ValueError(
                    f"the saved {_KIND} belongs to a model with other parameters; restore it with "
                    "that model, or start with model.online(previous=state['probabilities'])"
                )
        p, K = state["probabilities"], self._work.shape[1]
        values = [state.get(name, 0.0) for name in ("loglik", "change")]
        check_last_bar(*values, kind=_KIND)
        self._set(None if p is None else check_probabilities(p, (K,), "probabilities"), *values)
        return self

    def _checksum(self) -> str:
        values = vars(self._parameters).items()
        return checksum({name: array for name, array in values if array is not None})

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle by parameters and state."""
        return _restored, (self._parameters, self.to_state(), self._columns)


def check_last_bar(loglik: Any, change: Any, *, kind: str) -> None:
    """Refuse saved figures of the last bar that no filter leaves.

    Parameters
    ----------
    loglik, change : object
        What the state holds under these names.
    kind : str
        What was saved, for the message.

    Raises
    ------
    ValueError
        Unless `loglik` is finite and `change` a probability.
    """
    finite = all(isinstance(x, int | float) and np.isfinite(x) for x in (loglik, change))
    if not finite or not -_ROUNDING <= change <= 1 + _ROUNDING:
        raise ValueError(
            f"the saved {kind} is damaged: loglik and change are {[loglik, change]}, expected a "
            "finite number and a probability"
        )


def _restored(
    parameters: HMMParameters, state: Mapping[str, Any], columns: Sequence[str] | None = None
) -> OnlineFilter:
    return OnlineFilter(parameters, columns=columns).restore(state)


def _no_density(values: Matrix, row: int) -> ValueError:
    """Say which number is missing or too large, by itself or for every state."""
    try:
        check_observations(values, squares=True)
    except ValueError as error:
        return error
    return ValueError(
        f"row {row} is {values[row].tolist()}, too far away for any state to give it a density; "
        "check its units"
    )
