"""What callers pass, as arrays of float64, or a message that says what is wrong with it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def float_array(given: Any) -> NDArray[np.float64]:
    """Return numbers in float64.

    Parameters
    ----------
    given : array_like
        Numbers, or rows of them; a frame is read column by column.

    Returns
    -------
    ndarray
        In rows of memory, so that sums are repeatable; the array itself where it is such a one.

    Raises
    ------
    ValueError
        For rows of different widths, and for what is not numbers.

    Examples
    --------
    >>> float_array([[1, 2], [3]])
    Traceback (most recent call last):
    ...
    ValueError: row 1 has 1 values, row 0 has 2; give rows of one width
    """
    try:
        return np.asarray(given, dtype=np.float64, order="C")
    except (TypeError, ValueError) as error:
        raise ValueError(_what_is_wrong(given, error)) from None


def _what_is_wrong(given: Any, error: Exception) -> str:
    """Say which row differs in its width, or that there is something else than numbers."""
    rows = given if isinstance(given, list | tuple) else []
    widths = [
        1 if isinstance(row, str) or not hasattr(row, "__len__") else len(row) for row in rows
    ]
    for row, width in enumerate(widths):
        if width != widths[0]:
            return f"row {row} has {width} values, row 0 has {widths[0]}; give rows of one width"
    return f"observations are not numbers: {error}; give columns of numbers only"


def check_start(start: Any, kind: type, entries: Sequence[str] = ()) -> None:
    """Refuse what no fit can go on from.

    Parameters
    ----------
    start : object
        What was given to a fit as `start`.
    kind : type
        Class of the fitted detectors that it takes.
    entries : sequence of str
        What a mapping would have to hold; none where it takes no mapping.

    Raises
    ------
    ValueError
        For an object of another class.

    Examples
    --------
    >>> check_start(3, dict)
    Traceback (most recent call last):
    ...
    ValueError: start is a int; give a fitted dict, or none
    """
    if isinstance(start, kind) or (entries and isinstance(start, Mapping)):
        return
    mapping = f", a mapping with {', '.join(entries)}" if entries else ""
    raise ValueError(
        f"start is a {type(start).__name__}; give a fitted {kind.__name__}{mapping}, or none"
    )
