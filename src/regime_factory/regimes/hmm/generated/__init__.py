"""Compiled loops written out for each number of states and of columns; see ``generate.py``."""

from importlib import import_module
from types import ModuleType

MOST_STATES = 8
MOST_FEATURES = 9


def recursion_module(n_states: int) -> ModuleType:
    """Return the forward and backward recursion for a number of states.

    Parameters
    ----------
    n_states : int
        Number of states K.

    Returns
    -------
    module
        With function ``recursion``.
    """
    name = f"recursion_k{n_states}" if n_states <= MOST_STATES else "recursion_any"
    return import_module(f"{__name__}.{name}")


def emission_module(n_features: int) -> ModuleType:
    """Return densities and moments for a number of columns.

    Parameters
    ----------
    n_features : int
        Number of observation columns F.

    Returns
    -------
    module
        With functions ``log_density_*``, ``emission_*`` and ``moments_*``.
    """
    name = f"emission_f{n_features}" if n_features <= MOST_FEATURES else "emission_any"
    return import_module(f"{__name__}.{name}")
