"""Nodes of `hmm_selection` that compare the chosen model with other detectors."""

import polars as pl

from regime_factory.bars import errors_of, per_symbol, stack_symbols
from regime_factory.params import DetectorsParams, HmmParams, MarketParams
from regime_factory.pipelines.market import periods_per_year
from regime_factory.pipelines.progress import progress_bar
from regime_factory.regimes import (
    GaussianMixture,
    JumpModel,
    MarkovRegression,
    Refits,
    VolatilityThreshold,
    compare_detectors,
)
from regime_factory.regimes.detector import Detector
from regime_factory.regimes.observations import feature_columns, observed_columns


def compare_walks(
    refits: dict[str, Refits],
    observations: pl.DataFrame,
    market: MarketParams,
    hmm: HmmParams,
    detectors: DetectorsParams,
) -> pl.DataFrame:
    """Walk other detectors over the rows and refits of the chosen model, and measure them alike."""
    tables = {}
    for symbol, rows in per_symbol(observations):
        with errors_of(symbol):
            tables[symbol] = compare_detectors(
                refits[symbol],
                rows.select(observed_columns(rows)),
                detectors_to_compare(refits[symbol], hmm, detectors),
                periods_per_year=periods_per_year(market, hmm.regime_timeframe),
                returns=rows["ret"].to_numpy(),
                observed=rows.select(feature_columns(rows)),
                n_fresh=hmm.n_fresh,
                fresh_gain=hmm.fresh_gain,
                label_threshold=hmm.label_threshold,
                seed=hmm.seed,
                progress=progress_bar(f"{symbol}: detectors"),
            )
    return stack_symbols(tables)


def detectors_to_compare(
    refits: Refits, hmm: HmmParams, detectors: DetectorsParams
) -> dict[str, Detector]:
    """Give the settings of each detector, with the states and covariance of the chosen model."""
    chosen = refits[0].hmm
    n_states = detectors.n_states or chosen.n_components
    em = hmm.model_dump(include={"n_init", "n_iter", "tol", "shrinkage"})
    made: dict[str, Detector] = {
        "jump": JumpModel(
            n_states, detectors.jump_penalty, n_init=hmm.n_init, random_state=hmm.seed
        ),
        "mixture": GaussianMixture(n_states, chosen.covariance_type, random_state=hmm.seed, **em),
        "threshold": VolatilityThreshold(
            n_states, decay=detectors.volatility_decay, window=detectors.volatility_window
        ),
        "markov": MarkovRegression(n_states, sticky=hmm.sticky, random_state=hmm.seed, **em),
    }
    return {name: made[name] for name in detectors.compare}
