"""The cells of the grid as trials of the ledger."""

from collections.abc import Iterator, Mapping

from regime_factory.bars import Table
from regime_factory.evaluation import Trial
from regime_factory.params import HmmParams, MarketParams
from regime_factory.pipelines.trials import data_fingerprint
from regime_factory.regimes import HMMSelection

SOURCE = "hmm_selection"
COMPARED = {"bic": "bic", "stable": "bic", "icl": "icl", "heldout": "loglik_validation"}
FIT_PARAMETERS = ("train_fraction", "n_init", "n_iter", "tol", "sticky", "shrinkage", "seed")


def cell_trials(
    choices: Mapping[str, HMMSelection], bars: Table, market: MarketParams, hmm: HmmParams
) -> Iterator[Trial]:
    """Give every cell that could have been chosen, with the figure that cells are compared by."""
    together = data_fingerprint(bars, market) if hmm.pooled else None
    shared = {
        "criterion": hmm.criterion,
        "regime_timeframe": hmm.regime_timeframe,
        "standardise_by": hmm.standardise_by,
        "pooled": hmm.pooled,
        **hmm.model_dump(include=set(FIT_PARAMETERS)),
    }
    for symbol, choice in choices.items():
        data = together or data_fingerprint(bars, market, symbol)
        for cell in choice.table.iter_rows(named=True):
            kind = {name: cell[name] for name in ("n_states", "covariance_type", "emission")}
            yield Trial(
                source=SOURCE,
                symbol=symbol,
                zone="selection",
                parameters={**kind, "columns": choice.config["feature_names"], **shared},
                metric_name=COMPARED[hmm.criterion],
                metric=cell[COMPARED[hmm.criterion]],
                data=data,
            )
