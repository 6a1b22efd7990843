"""The comparison of detectors as a node: what it reads from the settings and how it is wired."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from kedro.framework.project import pipelines
from pydantic import ValidationError

from regime_factory.params import DetectorsParams, HmmParams, MarketParams
from regime_factory.pipelines.hmm_selection.comparison import compare_walks, detectors_to_compare
from regime_factory.regimes import GaussianHMM, Refits, fit_refits
from regime_factory.regimes.schema import DetectorComparison

EVERY = ["jump", "mixture", "threshold", "markov"]
CHOSEN = GaussianHMM(2, "diag", n_init=2, sticky=0.5, tol=1e-6)


def detectors(parameters: dict[str, Any], **changes: Any) -> DetectorsParams:
    return DetectorsParams.model_validate({**parameters["detectors"], **changes})


def hmm(parameters: dict[str, Any], **changes: Any) -> HmmParams:
    return HmmParams.model_validate({**parameters["hmm"], **changes})


def rows_of(symbol: str, n_rows: int, seed: int) -> pl.DataFrame:
    """Observations of calm and wild stretches in turn."""
    rng = np.random.default_rng(seed)
    wild = np.where(np.arange(n_rows) // 70 % 2, 3.0, 1.0)
    ret = 0.01 * wild * rng.normal(size=n_rows)
    return pl.DataFrame(
        {
            "symbol": [symbol] * n_rows,
            "ts": np.datetime64("2024-01-01T01:00", "us")
            + np.arange(n_rows) * np.timedelta64(1, "h"),
            "ret": ret,
            "x": np.log1p(ret),
            "y": np.log(wild) + rng.normal(size=n_rows),
        }
    ).with_columns(pl.col("ts").dt.replace_time_zone("UTC"))


@pytest.fixture(scope="module")
def observations() -> pl.DataFrame:
    return pl.concat([rows_of("AAA", 500, 1), rows_of("BBB", 420, 2)])


def refits_of(observations: pl.DataFrame, columns: list[str]) -> dict[str, Refits]:
    return {
        symbol: fit_refits(
            rows.select(columns), rows["ts"], starts_at=300, refit_every=100, model=CHOSEN,
            returns=rows["ret"].to_numpy(), n_fresh=1,
        )
        for (symbol,), rows in observations.group_by("symbol", maintain_order=True)
    }  # fmt: skip


def test_every_detector_of_every_symbol(parameters, observations) -> None:
    table = compare_walks(
        refits_of(observations, ["x", "y"]),
        observations,
        MarketParams.model_validate(parameters["market"]),
        hmm(parameters),
        detectors(parameters, compare=EVERY),
    )
    DetectorComparison.validate(table)
    assert table.select("symbol", "detector").rows() == [
        (symbol, name) for symbol in ("AAA", "BBB") for name in ("hmm", *EVERY)
    ]
    assert table["bars"].to_list() == [200] * 5 + [120] * 5
    assert set(table["n_states"]) == {2}


def test_a_column_for_the_chosen_model_alone_is_not_observed_by_others(
    parameters, observations
) -> None:
    """The slot of the day stands first and belongs to the chosen model."""
    slotted = observations.select(
        "symbol", "ts", "ret", pl.col("ts").dt.hour().cast(pl.Float64).alias("slot"), "x", "y"
    )
    market = MarketParams.model_validate(parameters["market"])
    others = detectors(parameters, compare=["jump", "threshold"])
    plain, own = (
        compare_walks(refits_of(table, columns), table, market, hmm(parameters), others)
        for table, columns in ((observations, ["x", "y"]), (slotted, ["slot", "x", "y"]))
    )
    assert own.filter(pl.col("detector") != "hmm").equals(plain.filter(pl.col("detector") != "hmm"))


def test_the_settings_reach_the_detectors(parameters, observations) -> None:
    refits = refits_of(observations, ["x", "y"])["AAA"]
    fit = {"n_init": 7, "n_iter": 90, "tol": 1e-5, "shrinkage": 3.0, "sticky": 0.2, "seed": 5}
    made = detectors_to_compare(
        refits,
        hmm(parameters, **fit),
        detectors(
            parameters, compare=EVERY[::-1], n_states=4, jump_penalty=8.0, volatility_decay=None,
            volatility_window=30,
        ),
    )  # fmt: skip
    assert list(made) == EVERY[::-1]
    assert all(detector.n_components == 4 for detector in made.values())
    jump, mixture, threshold, markov = (made[name].get_params() for name in EVERY)
    assert (jump["jump_penalty"], jump["n_init"], jump["random_state"]) == (8.0, 7, 5)
    assert (mixture["covariance_type"], mixture["shrinkage"]) == ("diag", 3.0)
    assert (threshold["decay"], threshold["window"]) == (None, 30)
    assert (markov["sticky"], markov["tol"], markov["n_iter"]) == (0.2, 1e-5, 90)
    same = detectors_to_compare(refits, hmm(parameters), detectors(parameters, compare=EVERY))
    assert all(detector.n_components == 2 for detector in same.values())


def test_none_to_compare_leaves_the_chosen_model(parameters, observations) -> None:
    table = compare_walks(
        refits_of(observations, ["x", "y"]),
        observations,
        MarketParams.model_validate(parameters["market"]),
        hmm(parameters),
        detectors(parameters, compare=[]),
    )
    assert table.select("symbol", "detector").rows() == [("AAA", "hmm"), ("BBB", "hmm")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("jump;markov", ["jump", "markov"]), ("", []), ([], []), ("threshold", ["threshold"])],
)
def test_the_list_as_the_command_line_writes_it(parameters, text, expected) -> None:
    assert detectors(parameters, compare=text).compare == expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"compare": ["jump", "jump"]}, "names one twice"),
        ({"compare": ["kmeans"]}, "Input should be 'jump'"),
        ({"volatility_decay": None}, "give one of them and set the other to null"),
        ({"volatility_window": 20}, "give one of them and set the other to null"),
        ({"volatility_decay": 1.0}, "less than 1"),
        ({"jump_penalty": -1.0}, "greater than or equal to 0"),
        ({"n_states": 0}, "greater than or equal to 1"),
        ({"penalty": 1.0}, "Extra inputs are not permitted"),
    ],
)
def test_unusable_settings_are_named(parameters, changes, message) -> None:
    with pytest.raises(ValidationError, match=message):
        detectors(parameters, **changes)


def test_each_zone_has_its_own_comparison(parameters) -> None:
    wired = {
        node.name.rpartition(".")[2]: node
        for node in pipelines["hmm_selection"].nodes
        if "compare_detectors" in node.name
    }
    assert set(wired) == {"compare_detectors", "compare_detectors_selection"}
    read = {key: {n for n in node.inputs if "params" not in n} for key, node in wired.items()}
    assert read == {
        "compare_detectors_selection": {"hmm.selection_refits", "hmm.observations_selection"},
        "compare_detectors": {"hmm.refits", "hmm.observations"},
    }
    assert wired["compare_detectors_selection"].outputs == ["hmm.detectors_selection"]
    assert wired["compare_detectors"].outputs == ["hmm.detectors"]
