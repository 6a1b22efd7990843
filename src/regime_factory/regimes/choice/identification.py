"""Whether the data say how many states there are, in one sentence with its numbers."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

_MEASURES: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("bic", "BIC", min),
    ("heldout_per_bar", "held-out likelihood", max),
    ("icl", "ICL", min),
)
_FEWEST = 3  # state counts that have to be tried before anything can be said
SAME_HELDOUT = 0.01  # nats a bar: held-out likelihoods closer than this count as equal


def identification(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Say whether BIC, held-out likelihood and ICL agree on a number of states.

    Parameters
    ----------
    rows : sequence of mapping
        All fitted cells, of the grid and of the profile, with ``n_states``, the criteria that are
        known and ``selected``.

    Returns
    -------
    dict
        ``identified`` (bool), ``sentence`` (str) and ``best``: the number of states at which each
        criterion is best over covariances and emissions, the fewest among held-out likelihoods that
        differ by less than .01 nats a bar. The number counts as identified where all criteria are
        best at one number below the most that were tried.

    Examples
    --------
    >>> rows = [{"n_states": k, "bic": -float(k), "selected": k == 2} for k in (2, 3, 4)]
    >>> found = identification(rows)
    >>> found["identified"], found["best"]
    (False, {'bic': 4})
    >>> print(found["sentence"])
    Of 2 to 4 states tried, BIC is best at 4, the most tried (2 lower in BIC than with the 2 \
    chosen), so the data do not identify the number of states: it is a choice.
    """
    tried = sorted({int(row["n_states"]) for row in rows})
    chosen = next((int(row["n_states"]) for row in rows if row.get("selected")), None)
    by_count = {
        key: _best_by_count(rows, key, better)
        for key, _, better in _MEASURES
        if all(row.get(key) is not None for row in rows)
    }
    best = {key: _best_count(by_count[key], key) for key in by_count}
    if len(tried) < _FEWEST or not best:
        return {"identified": False, "sentence": _too_few(tried), "best": best}
    agreed = len(set(best.values())) == 1
    identified = agreed and max(best.values()) < tried[-1]
    found = f"Of {tried[0]} to {tried[-1]} states tried, {_where(best, tried[-1])}"
    gain = _gain(by_count, best, chosen)
    if not identified:
        end = "so the data do not identify the number of states: it is a choice."
    elif chosen not in (None, *best.values()):
        end = f"so the data support another number than the {chosen} chosen."
    else:
        end = "so the data support this number."
    return {"identified": identified, "sentence": f"{found}{gain}, {end}", "best": best}


def _best_by_count(
    rows: Sequence[Mapping[str, Any]], key: str, better: Callable[..., Any]
) -> dict[int, float]:
    """Best value of a criterion at each number of states."""
    ordered = sorted(rows, key=lambda row: row["n_states"])
    return {
        int(count): better(row[key] for row in same)
        for count, same in groupby(ordered, key=lambda row: row["n_states"])
    }


def _best_count(values: Mapping[int, float], key: str) -> int:
    """Number of states at which a criterion is best, the smallest one of those that are equal."""
    better = next(better for name, _, better in _MEASURES if name == key)
    near = SAME_HELDOUT if key == "heldout_per_bar" else 0.0
    best = better(values.values())
    return min(count for count, value in values.items() if abs(value - best) <= near)


def _too_few(tried: Sequence[int]) -> str:
    if len(tried) == 1:
        return f"Only {tried[0]} states were tried, so the data were not asked for their number."
    shown = " and ".join(map(str, tried))
    return f"Only {shown} states were tried, too few to say whether the data identify the number."


def _where(best: Mapping[str, int], most: int) -> str:
    """Write at which number of states each criterion is best, criteria that agree together."""
    names = {key: name for key, name, _ in _MEASURES}
    parts: dict[int, list[str]] = {}
    for key, count in best.items():
        parts.setdefault(count, []).append(names[key])
    phrases = []
    for count, agreeing in parts.items():
        verb = " is" if len(agreeing) == 1 else " are"
        best_at = f"{verb} best at " if not phrases else " at "
        last = ", the most tried" if count == most and len(parts) == 1 else ""
        phrases.append(f"{_joined(agreeing)}{best_at}{count}{last}")
    return _joined(phrases)


def _joined(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _gain(
    by_count: Mapping[str, Mapping[int, float]], best: Mapping[str, int], chosen: int | None
) -> str:
    """Write how far the best values lie from those of the chosen number of states."""
    if chosen is None:
        return ""
    parts = []
    for key, unit, decimals in (("bic", "lower in BIC", 0), ("heldout_per_bar", "nats a bar", 3)):
        if key in best and best[key] != chosen:
            gap = abs(by_count[key][best[key]] - by_count[key][chosen])
            better = " better held out" if key == "heldout_per_bar" else ""
            parts.append(f"{gap:,.{decimals}f} {unit}{better}")
    return f" ({_joined(parts)} than with the {chosen} chosen)" if parts else ""
