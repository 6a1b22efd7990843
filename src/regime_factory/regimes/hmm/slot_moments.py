"""Mean and deviation of each slot of the day, by which a model by slot standardises its rows."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
PRIOR_BARS = 20.0  # bars of the overall moments added to each slot's own
_BEFORE_OPEN, _MINUTES = -1, 24 * 60  # slots count bars of a minute or more within a day


@dataclass(frozen=True)
class SlotMoments:
    """Mean and standard deviation of each slot, of training rows.

    Attributes
    ----------
    slots : ndarray, shape (S,)
        Slots seen, increasing.
    means, stds : ndarray, shape (S + 1, F)
        Moments of each slot in the user's units, shrunk to the overall ones; the last row holds
        the overall moments, for slots that were not seen.
    """

    slots: Matrix
    means: Matrix
    stds: Matrix

    @classmethod
    def of(cls, slots: Matrix, X: Matrix) -> Self:
        """Measure training rows.

        Parameters
        ----------
        slots : ndarray, shape (T,)
            Slot of each row.
        X : ndarray, shape (T, F)
            Observations.

        Returns
        -------
        SlotMoments

        Raises
        ------
        ValueError
            For slots that are none, as :func:`check_slots`.

        Notes
        -----
        A slot with n bars has the moments of its bars and of `PRIOR_BARS` bars with the overall
        mean and variance, so that a slot of few bars hardly differs from the overall moments.
        """
        check_slots(slots)
        known, place = np.unique(slots, return_inverse=True)
        n_slots, centre = len(known), X.mean(axis=0)
        counts = np.bincount(place, minlength=n_slots)[:, None]
        deviation = X - centre
        total = np.zeros((n_slots, X.shape[1]))
        np.add.at(total, place, deviation)
        own = total / counts
        scatter = np.zeros_like(total)
        np.add.at(scatter, place, (deviation - own[place]) ** 2)
        overall = (deviation**2).mean(axis=0)
        weight = counts + PRIOR_BARS
        variance = np.vstack([(scatter + PRIOR_BARS * overall) / weight, overall])
        variance[:, overall == 0] = 1.0  # left for the fit to refuse, by name
        return cls(known, np.vstack([centre + total / weight, centre]), np.sqrt(variance))

    def place(self, slots: Matrix) -> NDArray[np.int64]:
        """Find the row of moments of each slot, the last one for slots not seen.

        Parameters
        ----------
        slots : ndarray, shape (T,)

        Returns
        -------
        ndarray of int64, shape (T,)
        """
        at = np.searchsorted(self.slots, slots).clip(max=len(self.slots) - 1)
        return np.where(self.slots[at] == slots, at, len(self.slots))

    def level(self, X: Matrix) -> tuple[Matrix, Matrix]:
        """Bring rows to the level of an average slot.

        Parameters
        ----------
        X : ndarray, shape (T, 1 + F)
            Slot and observations.

        Returns
        -------
        values : ndarray, shape (T, F)
            Observations with the overall mean and deviation in the place of their slot's.
        log_scale : ndarray, shape (T,)
            Logarithm of what the density of a row is multiplied by.

        Raises
        ------
        ValueError
            For slots that are none, as :func:`check_slots`.
        """
        check_slots(X[:, 0])
        at = self.place(X[:, 0])
        ratio = self.stds[-1] / self.stds
        values = self.means[-1] + (X[:, 1:] - self.means[at]) * ratio[at]
        return values, np.log(ratio).sum(axis=1)[at]


def check_slots(slots: Matrix) -> None:
    """Refuse what is no slot of a day.

    Parameters
    ----------
    slots : ndarray, shape (T,)
        The column that a model by slot takes for the slot.

    Raises
    ------
    ValueError
        For a number that is not whole, or not from -1 (before the open) to 1439.

    Examples
    --------
    >>> check_slots(np.array([9.0, 0.0123]))
    Traceback (most recent call last):
    ...
    ValueError: row 1 has the slot 0.0123; the first column has to hold the slot of the day, a \
whole number from -1 to 1439 (its hour, or the number of its bar), as slots_of gives it
    """
    whole = (slots == np.floor(slots)) & (slots >= _BEFORE_OPEN) & (slots < _MINUTES)
    if not whole.all():
        row = int(np.argmin(whole))
        raise ValueError(
            f"row {row} has the slot {slots[row]}; the first column has to hold the slot of the "
            f"day, a whole number from {_BEFORE_OPEN} to {_MINUTES - 1} (its hour, or the number "
            "of its bar), as slots_of gives it"
        )


def check_moments(moments: SlotMoments, n_features: int) -> None:
    """Refuse saved moments that are not those of slots and of the columns.

    Parameters
    ----------
    moments : SlotMoments
        What was saved.
    n_features : int
        Columns of the model.

    Raises
    ------
    ValueError
        For shapes that do not belong together, a deviation of 0, or slots that are none.
    """
    shape = (len(moments.slots) + 1, n_features)
    found = (moments.means.shape, moments.stds.shape)
    if found != (shape, shape) or not (moments.stds > 0).all():
        raise ValueError(f"moments of the slots {found}, expected {shape} and deviations above 0")
    check_slots(moments.slots)
