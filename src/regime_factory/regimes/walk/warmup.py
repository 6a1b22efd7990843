"""How many bars a regime row needs, of features and filter together."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from regime_factory.bars import Session
from regime_factory.features import warmup_bars
from regime_factory.features.macro import is_macro
from regime_factory.features.macro_table import macro_warmup_bars
from regime_factory.regimes.hmm.lookback import TOLERANCE, filter_memory
from regime_factory.regimes.hmm.model import GaussianHMM
from regime_factory.regimes.observations import feature_columns, observed_columns


def feature_warmup(columns: Sequence[str], base: str, session: Session | None = None) -> int:
    """Base bars from which on an observation equals that of any longer history.

    Parameters
    ----------
    columns
        Observed columns.
    base
        Timeframe of the base bars.
    session
        As in `build_features`.

    Returns
    -------
    int
        The current bar included; at least 2, for an observation has a return.

    Examples
    --------
    >>> feature_warmup(["close_logret_current_1D"], "1D"), feature_warmup(["close_rsi_14_1D"], "1H")
    (2, 11616)
    """
    macro = [name for name in columns if is_macro(name)]
    own = [name for name in columns if not is_macro(name)]
    of_bars = warmup_bars(columns=own, base=base, session=session) if own else 1
    return max(2, of_bars, macro_warmup_bars(macro, base, session=session))


def regime_warmup(
    model: GaussianHMM,
    observations: pl.DataFrame,
    stamps: pl.Series,
    *,
    base: str,
    session: Session | None = None,
    tol: float = TOLERANCE,
) -> dict[str, int | None]:
    """Measure how many bars a regime row needs, on the rows that the model was fitted on.

    Parameters
    ----------
    model
        Fitted model.
    observations
        Table of `observe`, one symbol.
    stamps
        `ts` of the base bars of that symbol.
    base
        Timeframe of the base bars.
    session
        As in `build_features`.
    tol
        As in `filter_memory`.

    Returns
    -------
    dict
        `filter_memory` in observed bars, `feature_warmup_bars` and `warmup_bars` in base bars:
        with the last `warmup_bars` base bars, features and filter give the batch row at every
        moment measured. None where no number does, or where columns are not made from bars.

    Notes
    -----
    The filter's memory depends on the data, so a later row can need more; `regime_lookback` says
    so for the row at hand.
    """
    columns = observed_columns(observations)
    n = filter_memory(model, observations.select(columns), tol)
    try:
        own = feature_warmup(feature_columns(observations), base, session)
    except ValueError:  # columns that are not made from bars
        own = None
    result: dict[str, int | None] = {
        "filter_memory": n, "feature_warmup_bars": own, "warmup_bars": None,
    }  # fmt: skip
    if n is not None and own is not None:
        place = stamps.search_sorted(observations["ts"]).to_numpy()
        until_next = np.append(place[n:], len(stamps)) - 1
        result["warmup_bars"] = own + int((until_next - place[: len(until_next)]).max())
    return result
