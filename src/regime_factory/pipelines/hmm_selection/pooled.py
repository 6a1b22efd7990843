"""One model for all symbols: its choice and its refits, as `hmm.pooled` asks for."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from regime_factory.bars import per_symbol
from regime_factory.params import HmmParams
from regime_factory.pipelines.progress import progress_bar
from regime_factory.regimes import GaussianHMM, HMMSelection, Refits
from regime_factory.regimes.choice.pooled import select_pooled
from regime_factory.regimes.observations import feature_columns, observed_columns
from regime_factory.regimes.pooling import common_cut
from regime_factory.regimes.walk.pooled_refits import fit_pooled_refits

LOG = logging.getLogger(__name__)


def choose_pooled(
    observations: pl.DataFrame, settings: Mapping[str, Any]
) -> dict[str, HMMSelection]:
    """Choose one model for all symbols and say which it is."""
    frames, stamps, returns = by_symbol(observations)
    choices = select_pooled(
        frames,
        stamps,
        returns=returns,
        feature_names=feature_columns(observations),
        progress=progress_bar("grid of all symbols"),
        **settings,
    )
    LOG.info("one model for %s", ", ".join(choices))
    return choices


def refit_pooled(
    observations: pl.DataFrame,
    starts_at: datetime,
    models: Mapping[str, GaussianHMM],
    hmm: HmmParams,
) -> dict[str, Refits]:
    """Walk all symbols forward with one model, on common dates."""
    frames, stamps, returns = by_symbol(observations)
    return fit_pooled_refits(
        frames,
        stamps,
        starts_at=starts_at,
        refit_every=hmm.refit_every,
        models=models,
        returns=returns,
        n_fresh=hmm.n_fresh,
        fresh_gain=hmm.fresh_gain,
        seed=hmm.seed,
        naming=hmm.naming,
        progress=progress_bar("refits of all symbols"),
    )


def selection_cut(observations: pl.DataFrame, hmm: HmmParams) -> datetime:
    """Give the date from which the selection zone validates, the same as in the choice."""
    return common_cut(by_symbol(observations)[1], hmm.train_fraction)


def by_symbol(
    observations: pl.DataFrame,
) -> tuple[dict[str, pl.DataFrame], dict[str, pl.Series], dict[str, pl.Series]]:
    """Give what the models take, the stamps and the returns of each symbol."""
    columns = observed_columns(observations)
    rows = dict(per_symbol(observations))
    return (
        {symbol: own.select(columns) for symbol, own in rows.items()},
        {symbol: own["ts"] for symbol, own in rows.items()},
        {symbol: own["ret"] for symbol, own in rows.items()},
    )
