"""Sequential bootstrap: draws that avoid labels which overlap those drawn before."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.labels.uniqueness import checked_spans, whole_numbers


def draw_probabilities(
    start: ArrayLike, end: ArrayLike, drawn: ArrayLike = (), n_bars: int | None = None
) -> NDArray[np.float64]:
    """Probability of each label to be drawn next.

    Parameters
    ----------
    start, end : array_like of int, shape (n_labels,)
        Bars of each label, from `start` to before `end`.
    drawn : array_like of int, default=()
        Numbers of the labels drawn before, repeats included.
    n_bars : int, optional
        Bars in all; the largest `end` where left out.

    Returns
    -------
    numpy.ndarray, shape (n_labels,)
        In proportion to the average uniqueness that the label would have among those drawn.

    Raises
    ------
    ValueError
        If the spans are no spans, or `drawn` holds anything but numbers of labels.

    Notes
    -----
    Lopez de Prado (2018), section 4.5.

    Examples
    --------
    >>> draw_probabilities([0, 2, 4], [3, 4, 6], drawn=[1]).round(4).tolist()
    [0.3571, 0.2143, 0.4286]
    """
    from regime_factory.labels._kernels import fill_draw_weights

    starts, ends, bars = checked_spans(start, end, n_bars)
    before = whole_numbers("drawn", drawn)
    if before.size and not ((before >= 0) & (before < starts.size)).all():
        raise ValueError(
            f"drawn holds {before.tolist()}; labels are numbered 0 to {starts.size - 1}"
        )
    counts = np.zeros(bars, np.int64)
    for label in before:
        counts[starts[label] : ends[label]] += 1
    weights = np.empty(starts.size)
    fill_draw_weights(starts, ends, counts, np.empty(bars + 1), weights)
    return weights / weights.sum() if weights.size else weights


def sequential_bootstrap(
    start: ArrayLike,
    end: ArrayLike,
    n: int | None = None,
    seed: int = 0,
    n_bars: int | None = None,
) -> NDArray[np.int64]:
    """Draw labels with replacement, each by its uniqueness among those drawn before.

    Parameters
    ----------
    start, end : array_like of int, shape (n_labels,)
        Bars of each label, from `start` to before `end`.
    n : int, optional
        How many to draw; as many as there are labels where left out.
    seed : int, default=0
        Of the random numbers.
    n_bars : int, optional
        Bars in all; the largest `end` where left out.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        Numbers of labels, in the order of the draws.

    Raises
    ------
    TypeError
        If `n` is no whole number.
    ValueError
        If the spans are no spans, there is none, or `n` is negative.

    Notes
    -----
    Lopez de Prado (2018), section 4.5. Each draw walks over the bars and the labels once, so n
    draws take time in proportion to ``n * (n_bars + n_labels)`` and no memory beyond that.

    Examples
    --------
    >>> sequential_bootstrap([0, 2, 4], [3, 4, 6], n=4, seed=1).tolist()
    [1, 2, 0, 2]
    """
    from regime_factory.labels._kernels import draw_in_sequence

    starts, ends, bars = checked_spans(start, end, n_bars)
    draws = starts.size if n is None else n
    if not isinstance(draws, int | np.integer) or isinstance(draws, bool):
        raise TypeError(f"n is {n!r}; give a whole number of draws")
    if starts.size == 0 or draws < 0:
        raise ValueError(f"cannot draw {draws} of {starts.size} labels; give labels and n from 0")
    return draw_in_sequence(starts, ends, bars, np.random.default_rng(seed).random(draws))
