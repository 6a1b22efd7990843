"""Colours of the report by token, light and dark, and which of them a regime has."""

from __future__ import annotations

THEMES: dict[str, dict[str, str]] = {
    "light": {
        "bg": "#F6F8FA",
        "panel": "#FFFFFF",
        "ink": "#1B232C",
        "ink2": "#3A4653",
        "muted": "#55606D",
        "line": "#DDE3E9",
        "grid": "#E8ECF0",
        "axis": "#84909D",
        "strat": "#14508C",
        "bench": "#6B7683",
        "band": "rgba(110,122,135,.20)",
        "fill": "rgba(20,80,140,.12)",
        "cell": "#E8EEF4",
        "cell2": "#B9CCE0",
        "slot1": "#5B8DC9",
        "slot2": "#2B9384",
        "slot3": "#B5820A",
        "slot4": "#A5380F",
        "slot5": "#4C1D74",
        "ok": "#17703C",
        "warn": "#8A5A00",
        "bad": "#B3261E",
    },
    "dark": {
        "bg": "#0F1419",
        "panel": "#161C23",
        "ink": "#E6EBF0",
        "ink2": "#C4CDD6",
        "muted": "#A3AFBC",
        "line": "#2B343E",
        "grid": "#242C35",
        "axis": "#687583",
        "strat": "#7DB9F5",
        "bench": "#9AA6B3",
        "band": "rgba(160,172,185,.20)",
        "fill": "rgba(125,185,245,.16)",
        "cell": "#202A35",
        "cell2": "#33485E",
        "slot1": "#2E7FC2",
        "slot2": "#5DB8A6",
        "slot3": "#FFCB47",
        "slot4": "#F26B3A",
        "slot5": "#EB93F2",
        "ok": "#5CC98A",
        "warn": "#F0B84A",
        "bad": "#FF8A80",
    },
}
_SLOTS = {1: (1,), 2: (1, 4), 3: (1, 3, 4), 4: (1, 2, 3, 4)}


def regime_slot(state: int, n_states: int) -> str:
    """Name the colour token of a regime, ordered from calm to stressed.

    Parameters
    ----------
    state
        Position of the regime by volatility, 0 is the calmest.
    n_states
        How many regimes the model has; above five, colours repeat and the lane's name decides.

    Returns
    -------
    str
        A key of `THEMES`.

    Examples
    --------
    >>> [regime_slot(k, 3) for k in range(3)]
    ['slot1', 'slot3', 'slot4']
    """
    slots = _SLOTS.get(n_states, (1, 2, 3, 4, 5))
    return f"slot{slots[state % len(slots)]}"
