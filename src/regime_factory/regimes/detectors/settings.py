"""Checks of the settings of a detector."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def check_counts(settings: Mapping[str, Any], lowest: Mapping[str, int]) -> None:
    """Refuse settings that are no integers or too small.

    Parameters
    ----------
    settings : mapping
        Settings by name.
    lowest : mapping of str to int
        Smallest value of each setting to check.

    Raises
    ------
    ValueError
        Naming the setting, what was found and what is allowed.

    Examples
    --------
    >>> check_counts({"n_init": 0}, {"n_init": 1})
    Traceback (most recent call last):
    ...
    ValueError: n_init must be an integer >= 1, found 0
    """
    for name, least in lowest.items():
        value = settings[name]
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or value < least:
            raise ValueError(f"{name} must be an integer >= {least}, found {value!r}")


def check_amounts(settings: Mapping[str, Any], names: Sequence[str]) -> None:
    """Refuse settings that are negative or no numbers.

    Parameters
    ----------
    settings : mapping
        Settings by name.
    names : sequence of str
        Settings to check.

    Raises
    ------
    ValueError
        Naming the setting and what was found.

    Examples
    --------
    >>> check_amounts({"tol": -1.0}, ["tol"])
    Traceback (most recent call last):
    ...
    ValueError: tol must be a number >= 0, found -1.0
    """
    for name in names:
        value = settings[name]
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not number or not np.isfinite(value) or value < 0:
            raise ValueError(f"{name} must be a number >= 0, found {value!r}")
