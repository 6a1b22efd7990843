"""What every refit says about its states, from its own training rows."""

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from regime_factory.regimes.walk.refits import Refits

_FIGURES = ("share", "mean", "vol", "next_mean", "next_vol")


def refit_characteristics(refits: Mapping[str, Refits]) -> pl.DataFrame:
    """Lay the statistics of all refits out as one long table.

    Parameters
    ----------
    refits : mapping of str to Refits
        Refits with stamps, by symbol.

    Returns
    -------
    polars.DataFrame
        ``symbol, ts`` (first bar the refit scores: all figures are known before it), ``refit_id,
        trained_on`` (bars), ``state, regime, share, mean, vol, next_mean, next_vol`` per observed
        bar, of the same and of the next bar; null where a state has no training bar.

    Raises
    ------
    ValueError
        For refits without stamps.

    Examples
    --------
    >>> from datetime import UTC, timedelta
    >>> from regime_factory.regimes import GaussianHMM, fit_refits
    >>> import numpy as np
    >>> X = np.repeat([0.0, 5.0], 150) + np.random.default_rng(0).normal(size=300)
    >>> days = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(300)]
    >>> settings = GaussianHMM(2, "diag", n_init=2)
    >>> refits = fit_refits(X, days, starts_at=200, refit_every=60, model=settings)
    >>> refit_characteristics({"X": refits}).select("refit_id", "trained_on", "state").rows()
    [(0, 200, 0), (0, 200, 1), (1, 260, 0), (1, 260, 1)]
    """
    rows = []
    for symbol, own in refits.items():
        for refit in own:
            if refit.first_ts is None:
                raise ValueError(
                    f"refit {refit.refit_id} of {symbol} has no stamp; give ts to fit_refits"
                )
            first = datetime.fromisoformat(refit.first_ts)
            for state, name in enumerate(refit.names):
                figures = (refit.statistics[key][state] for key in _FIGURES)
                rows.append(
                    (symbol, first, refit.refit_id, refit.trained_on, state, name, *figures)
                )
    schema = {
        "symbol": pl.String, "ts": pl.Datetime("us", "UTC"), "refit_id": pl.Int32,
        "trained_on": pl.Int32, "state": pl.Int16, "regime": pl.String,
        **dict.fromkeys(_FIGURES, pl.Float64),
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")
