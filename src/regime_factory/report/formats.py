"""How the report writes numbers: true minus, fixed decimals, words for what is missing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
TIMES = "\N{MULTIPLICATION SIGN}"


def number(value: float | None, decimals: int = 2, *, sign: bool = False) -> str:
    """Write a number with a true minus sign and thousands separators.

    Parameters
    ----------
    value
        The number, or None where it is missing.
    decimals
        Digits after the point.
    sign
        Whether positive numbers carry a plus.

    Returns
    -------
    str
        A dash where the number is missing; never a negative zero.

    Examples
    --------
    >>> number(1234.5, 0), number(-0.004), number(0.41, sign=True), number(None)
    ('1,234', '0.00', '+0.41', '–')
    """
    if value is None or not math.isfinite(value):
        return DASH
    text = f"{abs(value):,.{decimals}f}"
    if not any(digit in text for digit in "123456789"):
        return text
    return f"{MINUS if value < 0 else '+' if sign else ''}{text}"


def percent(value: float | None, decimals: int = 0, *, sign: bool = False) -> str:
    """Write a share as percent.

    Parameters
    ----------
    value
        Share, 0.05 is 5 %; None where it is missing.
    decimals
        Digits after the point.
    sign
        Whether positive numbers carry a plus.

    Returns
    -------
    str

    Examples
    --------
    >>> percent(0.0504, 1, sign=True), percent(-0.29), percent(None)
    ('+5.0%', '−29%', '–')
    """
    text = number(None if value is None else 100 * value, decimals, sign=sign)
    return text if text == DASH else f"{text}%"


def chance(value: float | None, decimals: int = 0) -> str:
    """Write a probability so that a small one is never shown as zero.

    Parameters
    ----------
    value
        Probability, or None where it is missing.
    decimals
        Digits after the point for probabilities that are not tiny.

    Returns
    -------
    str

    Examples
    --------
    >>> chance(0.2), chance(0.0004), chance(0.004), chance(0.0)
    ('20%', '< 0.1%', '0.4%', '0%')
    """
    if value is not None and 0 < value < 0.001:
        return "< 0.1%"
    if value is not None and 0 < value < 0.01:
        decimals = max(decimals, 1)
    return percent(value, decimals)


def interval(
    bounds: Sequence[float | None] | None,
    decimals: int = 2,
    *,
    sign: bool = False,
    share: bool = False,
) -> str:
    """Write an interval as "a to b".

    Parameters
    ----------
    bounds
        Lower and upper bound, or None where there is none.
    decimals
        Digits after the point.
    sign
        Whether positive numbers carry a plus.
    share
        Whether the bounds are shares to be written as percent.

    Returns
    -------
    str

    Examples
    --------
    >>> interval([-0.4, 0.45], sign=True), interval(None)
    ('−0.40 to +0.45', '–')
    """
    if bounds is None or any(bound is None for bound in bounds):
        return DASH
    write = percent if share else number
    return " to ".join(write(bound, decimals, sign=sign) for bound in bounds)


def counted(n: int, noun: str) -> str:
    """Write a count with its noun in the right number.

    Parameters
    ----------
    n
        How many.
    noun
        Singular noun whose plural takes an s.

    Returns
    -------
    str

    Examples
    --------
    >>> counted(1, "warning"), counted(1200, "bar")
    ('1 warning', '1,200 bars')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def model_kind(row: Mapping[str, Any]) -> str:
    """Write the covariance of a fitted model, and its emission where it is not Gaussian.

    Parameters
    ----------
    row
        Cell of the model grid.

    Returns
    -------
    str

    Examples
    --------
    >>> model_kind({"covariance_type": "full", "emission": "student_t"})
    'full, Student-t'
    """
    heavy = row.get("emission") == "student_t"
    return f"{row['covariance_type']}{', Student-t' if heavy else ''}"


def listed(words: Sequence[str]) -> str:
    """Join words as a sentence does.

    Parameters
    ----------
    words
        What to join.

    Returns
    -------
    str

    Examples
    --------
    >>> listed(["11%", "17%", "34%"]), listed(["a"])
    ('11%, 17% and 34%', 'a')
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
