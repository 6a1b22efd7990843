"""Criteria by which a model is chosen from the measured cells."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

Criterion = Literal["bic", "heldout", "icl", "stable"]
CRITERIA: tuple[str, ...] = get_args(Criterion)
SAME_BIC = 1e-6  # cells whose BIC or ICL differ by less count as equal
_NAMES = {
    "bic": "the lowest BIC",
    "heldout": "the highest held-out likelihood",
    "icl": "the lowest ICL",
    "stable": "the lowest BIC",
}


class Requirements(NamedTuple):
    """What the states of a model that may be chosen have to hold.

    Attributes
    ----------
    min_occupancy : float
        Smallest share of the training rows in a state.
    min_dwell : float
        Smallest median spell of a state, in bars; for `stable` alone.
    min_agreement : float
        Smallest adjusted Rand of labels across refits; for `stable` alone.
    """

    min_occupancy: float = 0.02
    min_dwell: float = 5.0
    min_agreement: float = 0.7

    def missed(self, row: Mapping[str, Any], criterion: str) -> int:
        """Count the requirements that a cell misses under a criterion.

        Parameters
        ----------
        row : mapping
            Row of the selection table.
        criterion : str
            One of :data:`CRITERIA`.

        Returns
        -------
        int
        """
        misses = int(row["min_occupancy"] < self.min_occupancy)
        if criterion == "stable":
            agreement = row["stability"]
            misses += row["median_dwell"] < self.min_dwell
            misses += agreement is None or agreement < self.min_agreement
        return misses

    def text(self, criterion: str) -> str:
        """Say what is asked for under a criterion.

        Parameters
        ----------
        criterion : str
            One of :data:`CRITERIA`.

        Returns
        -------
        str

        Examples
        --------
        >>> Requirements().text("bic")
        'states of at least 2% of the bars'
        """
        share = f"states of at least {100 * self.min_occupancy:.3g}% of the bars"
        if criterion != "stable":
            return share
        return (
            f"{share} and {self.min_dwell:g} bars a spell, and labels that agree "
            f"{self.min_agreement:g} across refits"
        )


class Choice(NamedTuple):
    """Which cell was chosen.

    Attributes
    ----------
    index : int
        Place in the rows.
    met : bool
        Whether it holds what was required; if not, no cell does.
    sentence : str
        Why it was chosen.
    """

    index: int
    met: bool
    sentence: str


def choose_cell(
    rows: Sequence[Mapping[str, Any]],
    criterion: str = "bic",
    requirements: Requirements | None = None,
) -> Choice:
    """Choose a cell.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of the selection table.
    criterion : {"bic", "heldout", "icl", "stable"}
        `bic`: lowest BIC (Schwarz 1978). `heldout`: highest filtered likelihood of the validation
        rows. `icl`: lowest ICL. `stable`: lowest BIC among the cells that also meet dwell and
        agreement. Ties in BIC and ICL go to the better validation likelihood.
    requirements : Requirements, optional
        Default: :class:`Requirements` as they stand.

    Returns
    -------
    Choice
        Where no cell meets what is required, the criterion is asked among those that miss the
        fewest requirements; for occupancy alone the cell with the fullest states wins.

    Raises
    ------
    ValueError
        For an unknown criterion.

    Notes
    -----
    ICL = -2 log p(x, s) + n_parameters log T with the most likely state path s (Viterbi). It is
    the BIC plus twice the entropy term -log p(s | x), which is never negative, and 0 where the bars
    leave no doubt about their states. Biernacki, Celeux and Govaert (2000) take the most likely
    classification of each observation and maximise -1/2 of it; here lower is better as for BIC,
    and the path takes the place of the classification, for states of a chain are not independent.

    Examples
    --------
    >>> cells = [{"bic": b, "icl": -b, "loglik_validation": 0.0, "min_occupancy": o}
    ...          for b, o in ((5.0, 0.3), (3.0, 0.01), (4.0, 0.2))]
    >>> choose_cell(cells).index, choose_cell(cells, "icl").index
    (2, 0)
    """
    if criterion not in CRITERIA:
        raise ValueError(f"unknown criterion {criterion!r}; use one of {CRITERIA}")
    asked = requirements or Requirements()
    misses = [asked.missed(row, criterion) for row in rows]
    fewest = min(misses)
    among = [i for i, count in enumerate(misses) if count == fewest]
    if fewest == 0:
        index = _best(rows, among, criterion)
        said = f"{_NAMES[criterion]} of {_counted(len(among))} with {asked.text(criterion)}"
        return Choice(index, True, said)
    none = f"none of {_counted(len(rows))} has {asked.text(criterion)}"
    if criterion != "stable":
        index = max(among, key=lambda i: rows[i]["min_occupancy"])
        return Choice(index, False, f"{none}; the one with the fullest states was taken")
    index = _best(rows, among, criterion)
    return Choice(
        index, False, f"{none}; of those that miss the fewest of these, the lowest BIC was taken"
    )


def _best(rows: Sequence[Mapping[str, Any]], among: Sequence[int], criterion: str) -> int:
    if criterion == "heldout":
        return max(among, key=lambda i: rows[i]["loglik_validation"])
    key = "icl" if criterion == "icl" else "bic"
    lowest = min(rows[i][key] for i in among)
    tied = [i for i in among if rows[i][key] <= lowest + SAME_BIC]
    return max(tied, key=lambda i: rows[i]["loglik_validation"])


def _counted(n: int) -> str:
    return f"{n} model{'' if n == 1 else 's'}"
