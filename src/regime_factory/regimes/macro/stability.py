"""How firmly the macro regimes keep their names from one refit to the next."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from regime_factory.regimes.detector import read_rows
from regime_factory.regimes.walk.refits import Refits


def name_stability(refits: Refits, X: ArrayLike) -> dict[str, Any]:
    """Share of rows that keep their regime's name when the detector is fitted again.

    Parameters
    ----------
    refits : Refits
        Refits of a macro detector.
    X : array_like, shape (T, F)
        The observations that they were fitted on.

    Returns
    -------
    dict
        ``n_refits``; ``same_name_mean, same_name_worst`` over the training rows that two
        consecutive refits share (None with fewer than two refits); ``risk_gap_least``, the
        smallest step of the score of risk between two states of one refit.

    Notes
    -----
    The adjusted Rand index does not see states that change places; this does.

    Examples
    --------
    >>> from regime_factory.regimes import MacroRegimeDetector, fit_refits
    >>> level = np.repeat([14.0, 20.0, 35.0, 14.0, 35.0], 100)
    >>> rows = level[:, None] + np.random.default_rng(0).normal(0, 1, (500, 2))
    >>> names = ["macro_vix_level", "macro_spread_level"]
    >>> first = MacroRegimeDetector(columns=names, min_columns=2).fit(rows[:350])
    >>> refits = fit_refits(rows, starts_at=350, refit_every=100, model=first)
    >>> name_stability(refits, rows)["same_name_worst"]
    1.0
    """
    values = read_rows(refits[0].model, X)
    shares = []
    for before, after in zip(refits.items[:-1], refits.items[1:], strict=True):
        rows = values[: before.trained_on]
        one, other = (refit.model.filter(rows).argmax(axis=1) for refit in (before, after))
        shares.append(float((one == other).mean()))
    gaps = [float(np.diff(refit.model.risk_scores_).min()) for refit in refits]  # type: ignore[attr-defined]
    return {
        "n_refits": len(refits),
        "same_name_mean": float(np.mean(shares)) if shares else None,
        "same_name_worst": min(shares) if shares else None,
        "risk_gap_least": min(gaps),
    }
