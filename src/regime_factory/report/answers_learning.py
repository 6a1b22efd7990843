"""The answer sentences of what there is to learn, each number taken from the label figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regime_factory.report.formats import counted, listed, number, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

TOO_FEW = "There are too few bars for labels."
_CLASSES = {"1": "long", "0": "neither", "-1": "short"}


def learning_answer(figures: Mapping[str, Any]) -> str:
    """Say how the classes are balanced and how many independent labels they amount to.

    Parameters
    ----------
    figures
        ``label`` of the symbol's label figures.

    Returns
    -------
    str

    Examples
    --------
    >>> learning_answer({"rows": 1000, "shares": {"1": 0.5, "-1": 0.4, "0": 0.1},
    ...                  "average_uniqueness": 0.125})
    'Of 1,000 labels 50% call for a long trade, 40% for a short one and 10% for neither; their
    outcomes overlap, so that by average uniqueness they count as about 125 separate ones.'
    """
    if not figures["rows"]:
        return TOO_FEW
    shares = figures["shares"]
    return (
        f"Of {counted(figures['rows'], 'label')} {percent(shares['1'])} call for a long trade, "
        f"{percent(shares['-1'])} for a short one and {small(shares['0'])} for neither; their "
        "outcomes overlap, so that by average uniqueness they count as about "
        f"{number(separate(figures), 0)} separate ones."
    )


def balance_answer(zones: Mapping[str, Any]) -> str:
    """Say which class is the commonest in each zone, and how often a constant answer is right.

    Parameters
    ----------
    zones
        ``label`` figures by zone, zones without labels left out.

    Returns
    -------
    str

    Examples
    --------
    >>> zone = {"shares": {"1": 0.5, "-1": 0.4, "0": 0.1}}
    >>> balance_answer({"selection": zone, "evaluation": zone})
    'The commonest class is long with 50% of the selection and long with 50% of the evaluation:
    what always answering the same would get right.'
    """
    said = []
    for name, row in zones.items():
        key = max(row["shares"], key=row["shares"].__getitem__)
        said.append(f"{_CLASSES[key]} with {percent(row['shares'][key])} of the {name}")
    return f"The commonest class is {listed(said)}: what always answering the same would get right."


def overlap_answer(figures: Mapping[str, Any]) -> str:
    """Say what decides the labels, and how soon.

    Parameters
    ----------
    figures
        ``label`` of the symbol's label figures.

    Returns
    -------
    str
    """
    named = {"upper": "the upper barrier", "lower": "the lower", "time": "time running out",
             "both": "a bar that held both", "end": "the end of the symbol"}  # fmt: skip
    shares = figures["barrier_shares"]
    decided = [f"{text} in {small(shares[name])}" for name, text in named.items() if name in shares]
    return (
        f"{_capital(listed(decided))}, after {number(figures['mean_bars'], 1)} bars on average. "
        f"Average uniqueness is {number(figures['average_uniqueness'])}: a bar belongs to the "
        f"outcomes of about {counted(round(1 / figures['average_uniqueness']), 'label')}."
    )


def threshold_answer(figures: Mapping[str, Any], horizon: int | None) -> str:
    """Say how often the smallest and the largest threshold are reached.

    Parameters
    ----------
    figures
        ``thresholds`` of the symbol's label figures.
    horizon
        Bars within which they count.

    Returns
    -------
    str
    """
    moves = sorted({threshold_of(name) for name in figures})
    said = []
    for move in dict.fromkeys((moves[0], moves[-1])):
        up, down = (reached(figures, side, move) for side in ("up", "down"))
        said.append(f"a rise of {move:g}% in {percent(up)} and a fall of it in {percent(down)}")
    within = f" within {counted(horizon, 'bar')}" if horizon else ""
    return f"{_capital('; '.join(said))} of the bars{within}."


def forward_answer(figures: Mapping[str, Any]) -> str:
    """Say what holding for the longest horizon brought, after costs, beside its spread.

    Parameters
    ----------
    figures
        ``forward`` of the symbol's label figures.

    Returns
    -------
    str

    Examples
    --------
    >>> forward_answer({"fwd_ret_24": {"rows": 90, "mean": 0.003, "std": 0.05}})
    'A long trade held for 24 bars returned +0.30% after costs on average, with a standard deviation
    of 5.0%: the mean is small beside the spread.'
    """
    known = {bars_of(name): row for name, row in figures.items() if row["mean"] is not None}
    if not known:
        return "There are too few bars for forward returns."
    horizon = max(known)
    row = known[horizon]
    spread = row["std"]
    beside = spread and abs(row["mean"]) < spread / 3
    return (
        f"A long trade held for {counted(horizon, 'bar')} returned "
        f"{percent(row['mean'], 2, sign=True)} after costs on average, with a standard deviation "
        f"of {percent(spread, 1)}{': the mean is small beside the spread' if beside else ''}."
    )


def separate(figures: Mapping[str, Any]) -> float | None:
    """Give the number of separate labels that overlapping ones amount to.

    Parameters
    ----------
    figures
        ``label`` figures of a symbol or zone.

    Returns
    -------
    float or None
        Labels times average uniqueness.

    Examples
    --------
    >>> separate({"rows": 1000, "average_uniqueness": 0.125})
    125.0
    """
    uniqueness = figures["average_uniqueness"]
    return None if uniqueness is None else figures["rows"] * uniqueness


def small(share: float | None) -> str:
    """Write a share so that a small one is not shown as zero.

    Parameters
    ----------
    share
        Share, None where it is missing.

    Returns
    -------
    str

    Examples
    --------
    >>> small(0.4), small(0.004), small(0.0004), small(0.0)
    ('40%', '0.4%', '< 0.1%', '0%')
    """
    if share and share < 0.0005:
        return "< 0.1%"
    return percent(share, 1 if share and share < 0.095 else 0)


def threshold_of(name: str) -> float:
    """Read the percentage of a threshold target.

    Parameters
    ----------
    name
        ``up_1pct``, ``down_0_5pct``.

    Returns
    -------
    float

    Examples
    --------
    >>> threshold_of("up_1pct"), threshold_of("down_0_5pct")
    (1.0, 0.5)
    """
    return float(name.partition("_")[2].removesuffix("pct").replace("_", "."))


def reached(figures: Mapping[str, Any], side: str, move: float) -> float | None:
    """Look up how often a threshold is reached.

    Parameters
    ----------
    figures
        Figures by name of the threshold target.
    side
        ``up`` or ``down``.
    move
        Per cent, as `threshold_of` reads it.

    Returns
    -------
    float or None
        Share of the decisions; None where there are none.

    Examples
    --------
    >>> reached({"up_0_5pct": {"positive_share": 0.9}}, "up", 0.5)
    0.9
    """
    names = [n for n in figures if n.startswith(f"{side}_") and threshold_of(n) == move]
    return figures[names[0]]["positive_share"]


def bars_of(name: str) -> int:
    """Read the horizon of a forward return.

    Parameters
    ----------
    name
        ``fwd_ret_24``.

    Returns
    -------
    int

    Examples
    --------
    >>> bars_of("fwd_ret_24")
    24
    """
    return int(name.rpartition("_")[2])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
