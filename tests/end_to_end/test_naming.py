"""Market names reach every table and the report in the order in which they are shown."""

from typing import Any

import polars as pl
from kedro.framework.project import pipelines

from regime_factory.pipelines.graph import run_graph

ORDER = ["Bull", "Accumulation", "Distribution", "Bear"]


def test_market_names_go_through_to_the_report(raw, parameters, whole) -> None:
    settings: dict[str, Any] = {
        **parameters,
        "hmm": {
            **parameters["hmm"],
            "naming": "market",
            "n_states": 4,
            "n_states_max": 4,
            "n_states_profile_max": 4,
            "min_occupancy": 0.0,
        },
        "backtest": {**parameters["backtest"], "n_draws": 20, "n_shifts": 10},
    }
    context = {
        "env": "test", "run_time": "2026-01-01T00:00:00", "git_revision": "0" * 40,
        "git_dirty": False, "package_version": "0", "libraries": {},
    }  # fmt: skip
    outputs = (
        "report", "regimes", "hmm.regimes_by_name", "hmm.refits", "hmm.characteristics",
        "hmm.diagnostics",
    )  # fmt: skip
    graph = pipelines["__default__"].to_outputs(*outputs)
    data = {"zones_before": None, "run_context": context, "raw_bars": raw, "zones": whole["zones"]}
    made = run_graph(graph, data, settings)
    for symbol in ("AAA", "BBB"):
        assert made["hmm.diagnostics"][symbol]["state_names"] == ORDER
        assert [row["regime"] for row in made["hmm.characteristics"][symbol]] == ORDER
        named = made["hmm.regimes_by_name"].filter(pl.col("symbol") == symbol)
        assert set(named.select("state", "regime").rows()) <= set(enumerate(ORDER))
        for refit in made["hmm.refits"][symbol]:
            # A state without training rows counts as the worst.
            known = refit.statistics["mean"]
            means = [-float("inf") if mean is None else mean for mean in known]
            best, worst = refit.names.index("Bull"), refit.names.index("Bear")
            assert means[best] == max(means)
            assert means[worst] == min(means)
    assert set(made["regimes"]["regime"]) <= set(ORDER)
    for name in ORDER:
        assert name in str(made["report"])
