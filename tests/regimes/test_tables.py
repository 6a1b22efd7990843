"""Tables over symbols whose models have different numbers of states."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from regime_factory.regimes import (
    GaussianHMM,
    Refits,
    diagnostics,
    feature_importance,
    fit_refits,
)
from regime_factory.regimes.tables import (
    describe_refit,
    diagnostics_table,
    model_by_name,
    model_metrics,
    probability_columns,
    regime_table,
    regimes_by_name,
    shown_names,
    without_missing_states,
)

START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def observations() -> pl.DataFrame:
    rng = np.random.default_rng(1)
    scale = np.repeat([1.0, 4.0, 1.0, 4.0], 75)
    parts = [
        pl.DataFrame(
            {
                "symbol": symbol,
                "ts": [START + timedelta(hours=n) for n in range(300)],
                "ret": rng.normal(0, 0.01, 300),
                "x": rng.normal(0, scale),
                "y": rng.normal(0, 1, 300),
            }
        )
        for symbol in ("A", "B")
    ]
    return pl.concat(parts)


@pytest.fixture(scope="module")
def refits(observations: pl.DataFrame) -> dict[str, Refits]:
    out = {}
    for symbol, n_states in (("A", 2), ("B", 3)):
        rows = observations.filter(symbol=symbol)
        settings = GaussianHMM(n_states, "diag", n_init=2, sticky=0.5)
        out[symbol] = fit_refits(
            rows.select("x", "y"), rows["ts"], starts_at=200, refit_every=50, model=settings
        )
    return out


def test_regime_tables_hold_symbols_of_different_k(observations, refits) -> None:
    stamps = observations.select("symbol", "ts")
    table = regime_table(refits, observations, stamps, zone="evaluation", label_threshold=0.95)
    assert table.group_by("symbol", maintain_order=True).len()["len"].to_list() == [100, 100]
    assert table.columns[4:7] == ["p_state_0", "p_state_1", "p_state_2"]
    assert without_missing_states(table.filter(symbol="A")).columns[4:6] == [
        "p_state_0", "p_state_1",
    ]  # fmt: skip
    assert "p_state_2" not in without_missing_states(table.filter(symbol="A")).columns
    total = table.select(pl.sum_horizontal("^p_state_.*$")).to_series()
    np.testing.assert_allclose(total, 1.0, atol=1e-12)
    assert set(table["zone"]) == {"evaluation"}


def test_metrics_count_the_scored_rows(observations, refits) -> None:
    rows = observations.filter(symbol="A")
    own = refits["A"]
    metrics = model_metrics(own[0].model, own, rows, label_threshold=0.95, periods_per_year=252)
    assert metrics["bars_evaluation"] == 100
    assert metrics["n_refits"] == 2
    X = rows.select("x", "y")
    fixed = own[0].model.score_rows(X)[200:].sum()
    assert metrics["loglik_evaluation"] == pytest.approx(fixed)
    walked = own[0].model.score_rows(X)[200:250].sum() + own[1].model.score_rows(X)[250:].sum()
    assert metrics["loglik_evaluation_walk_forward"] == pytest.approx(walked)


def test_diagnostics_as_rows(refits) -> None:
    documents = {symbol: diagnostics(own[-1].model, ["x", "y"]) for symbol, own in refits.items()}
    table = diagnostics_table(documents)
    share = table.filter(quantity="transmat").group_by("symbol", "state").agg(pl.sum("value"))
    np.testing.assert_allclose(share["value"], 1.0, atol=1e-12)
    assert table.filter(symbol="B", quantity="covars").height == 3 * 4
    importance = table.filter(symbol="B", quantity="importance")
    assert importance["other"].to_list() == ["x", "y"]
    assert importance["value"].sum() == pytest.approx(1)


def test_a_refit_is_described_by_its_own_training_rows(refits) -> None:
    turned = replace(refits["A"][1], names=["Stress", "Calm"])
    found = describe_refit(turned, ["x", "y"])
    assert found["state_names"] == ["Calm", "Stress"]
    share = turned.statistics["share"]
    np.testing.assert_allclose(found["shares"], share[::-1])
    moments = turned.model.moments()
    np.testing.assert_allclose(found["importance"], feature_importance(moments, share))


def test_numbers_follow_names_where_ranks_cross(observations, refits) -> None:
    """Refit 1 finds that state 1 is the calm one: by name, its rows belong to state 0."""
    own = refits["A"]
    crossed = Refits((own[0], replace(own[1], names=own[1].names[::-1])))
    stamps = observations.select("symbol", "ts")
    rows = observations.filter(symbol="A")
    table = regime_table({"A": crossed}, rows, stamps, zone="evaluation", label_threshold=0.95)
    named = regimes_by_name(table, crossed)
    assert named.select("ts", "regime", "confirmed_regime").equals(
        table.select("ts", "regime", "confirmed_regime")
    )
    for number, name in (("state", "regime"), ("confirmed_state", "confirmed_regime")):
        pairs = set(named.select(number, name).rows())
        assert pairs <= {(0, "Calm"), (1, "Stress")}
    first, second = (named.filter(refit_id=k) for k in (0, 1))
    assert first.equals(table.filter(refit_id=0).select(first.columns))
    assert second["p_state_0"].equals(table.filter(refit_id=1)["p_state_1"], check_names=False)
    model = model_by_name(crossed[1])
    np.testing.assert_array_equal(model.means_, own[1].model.means_[::-1])


def test_market_names_are_shown_from_bull_to_bear(observations) -> None:
    """The wild spells rise: by volatility they come last, by mean return first."""
    rows = observations.filter(symbol="A")
    wild = pl.col("x").abs() > 3
    rows = rows.with_columns(ret=pl.when(wild).then(0.02).otherwise(-0.01))
    settings = GaussianHMM(2, "diag", n_init=2, sticky=0.5)
    own = fit_refits(
        rows.select("x", "y"), rows["ts"], starts_at=200, refit_every=50, model=settings,
        returns=rows["ret"], naming="market",
    )  # fmt: skip
    assert [refit.names for refit in own] == [["Bear", "Bull"]] * 2
    assert shown_names(own[0]) == ["Bull", "Bear"]
    stamps = rows.select("symbol", "ts")
    table = regime_table({"A": own}, rows, stamps, zone="evaluation", label_threshold=0.95)
    named = regimes_by_name(table, own)
    assert set(named.select("state", "regime").rows()) == {(0, "Bull"), (1, "Bear")}
    assert named["p_state_0"].equals(table["p_state_1"], check_names=False)
    model = model_by_name(own[1])
    np.testing.assert_array_equal(model.means_, own[1].model.means_[::-1])


def test_more_than_ten_states_keep_their_order() -> None:
    table = pl.DataFrame({f"p_state_{k}": [1 / 12] for k in (0, 1, 10, 11, 2)})
    assert probability_columns(table)[-2:] == ["p_state_10", "p_state_11"]
