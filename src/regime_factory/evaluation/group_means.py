"""Means of groups of bars with intervals that keep the dependence between neighbouring bars."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.evaluation.bootstrap import default_mean_block, draw_blocks

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class GroupMeans:
    """Mean of a quantity in each group of bars, and how far it varies over bootstrap draws.

    Attributes
    ----------
    means : ndarray, shape (n_groups,)
        NaN for a group without bars.
    counts : ndarray of int, shape (n_groups,)
        Bars of each group.
    draws : ndarray, shape (n_draws, n_groups)
        Means of the draws; NaN where a draw has no bar of the group.
    """

    means: Floats
    counts: NDArray[np.int64]
    draws: Floats

    def interval(self, group: int, confidence: float = 0.95) -> tuple[float, float] | None:
        """Percentile interval of the mean of a group.

        Parameters
        ----------
        group : int
            Number of the group.
        confidence : float, default=0.95
            Share of draws inside.

        Returns
        -------
        tuple of float or None
            None where the group is empty, or absent from more than one draw in ten.
        """
        return percentile_interval(self.draws[:, group], confidence)

    def difference(
        self, group: int, other: int, confidence: float = 0.95
    ) -> tuple[float, tuple[float, float] | None]:
        """Difference of the means of two groups, from draws of both together.

        Parameters
        ----------
        group, other : int
            Numbers of the groups; the other is subtracted.
        confidence : float, default=0.95
            Share of draws inside.

        Returns
        -------
        difference : float
        interval : tuple of float or None
        """
        gap = float(self.means[group] - self.means[other])
        return gap, percentile_interval(self.draws[:, group] - self.draws[:, other], confidence)


def bootstrap_group_means(
    values: ArrayLike,
    groups: ArrayLike,
    n_groups: int,
    *,
    n_draws: int = 1000,
    mean_block: float | None = None,
    seed: int = 0,
) -> GroupMeans:
    """Mean of a quantity in each group of bars, with stationary bootstrap draws.

    Parameters
    ----------
    values : array_like, shape (n_bars,)
        Quantity of each bar, in time order, finite.
    groups : array_like of int, shape (n_bars,)
        Group of each bar, 0 to ``n_groups - 1``.
    n_groups : int
        Number of groups; some may have no bar.
    n_draws : int, default=1000
        Bootstrap draws.
    mean_block : float, optional
        Mean block length in bars; make it longer than the bars that a value overlaps with.
    seed : int, default=0
        Seed of the draws.

    Returns
    -------
    GroupMeans

    Raises
    ------
    ValueError
        If lengths differ, a value is not finite, or a group number is out of range.

    Notes
    -----
    Stationary bootstrap of Politis and Romano (1994). A draw keeps value and group of a bar
    together, so the size of a group varies over draws as it would over other spans.

    Examples
    --------
    >>> found = bootstrap_group_means([1.0, 3.0, 5.0, 5.0], [0, 0, 1, 1], 2, n_draws=200)
    >>> found.means.tolist(), found.counts.tolist()
    ([2.0, 5.0], [2, 2])
    """
    x, g = _checked(values, groups, n_groups)
    block = default_mean_block(x.size) if mean_block is None else min(mean_block, x.size / 2)
    member = (g[:, None] == np.arange(n_groups)).astype(np.float64)
    counts = member.sum(axis=0)
    centre = float(x.mean())
    sums = np.stack([_two_laps(member * (x - centre)[:, None]), _two_laps(member)])
    rng = np.random.default_rng(seed)
    parts = []
    for starts, lengths in draw_blocks(x.size, n_draws, max(1.0, block), rng):
        total, bars = (sums[:, starts + lengths] - sums[:, starts]).sum(axis=2)
        parts.append(_ratio(total, bars) + centre)
    means = _ratio((member * (x - centre)[:, None]).sum(axis=0), counts) + centre
    return GroupMeans(means, counts.astype(np.int64), np.concatenate(parts))


def percentile_interval(draws: ArrayLike, confidence: float = 0.95) -> tuple[float, float] | None:
    """Percentile interval of bootstrap draws.

    Parameters
    ----------
    draws : array_like, shape (n_draws,)
        Draws; those that do not exist are NaN.
    confidence : float, default=0.95
        Share of draws inside.

    Returns
    -------
    tuple of float or None
        None where more than one draw in ten does not exist.

    Examples
    --------
    >>> percentile_interval(np.arange(201.0), confidence=0.5)
    (50.0, 150.0)
    """
    all_draws = np.asarray(draws, dtype=np.float64)
    finite = all_draws[np.isfinite(all_draws)]
    if finite.size < max(1, 0.9 * all_draws.size):
        return None
    tail = (1.0 - confidence) / 2.0
    lower, upper = np.quantile(finite, [tail, 1.0 - tail])
    return float(lower), float(upper)


def _checked(
    values: ArrayLike, groups: ArrayLike, n_groups: int
) -> tuple[Floats, NDArray[np.int64]]:
    x, g = np.asarray(values, dtype=np.float64), np.asarray(groups, dtype=np.int64)
    if x.ndim != 1 or x.shape != g.shape or x.size < 2:
        raise ValueError(
            f"values have shape {x.shape} and groups {g.shape}; give one of each for every bar, "
            "two bars or more"
        )
    if not np.isfinite(x).all():
        row = int(np.flatnonzero(~np.isfinite(x))[0])
        raise ValueError(f"value {row} is {x[row]}; leave out bars whose value is not known")
    if g.min() < 0 or g.max() >= n_groups:
        raise ValueError(f"groups run from {g.min()} to {g.max()}; expected 0 to {n_groups - 1}")
    return x, g


def _two_laps(columns: Floats) -> Floats:
    """Prefix sums over two laps, so that a block may wrap around the end."""
    sums = np.cumsum(np.tile(columns, (2, 1)), axis=0)
    return np.concatenate((np.zeros((1, columns.shape[1])), sums))


def _ratio(total: Floats, bars: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(bars > 0, total / bars, np.nan)
