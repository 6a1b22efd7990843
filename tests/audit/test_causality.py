"""The audit finds planted leaks, is silent on clean code, and says what it compared."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from regime_factory.audit import TimeRule, audit_causality, remove_future, replace_future
from regime_factory.audit.causality import PRICES

START = datetime(2024, 1, 1, tzinfo=UTC)
CUTS = [START + timedelta(days=n) for n in (40, 41, 57)]


@pytest.fixture(scope="module")
def raw() -> pl.DataFrame:
    rng = np.random.default_rng(5)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, 80)))
    return pl.DataFrame(
        {
            "ts": [START + timedelta(days=n) for n in range(80)],
            "open": close,
            "high": close * 1.01,
            "low": close * 0.99,
            "close": close,
            "volume": rng.lognormal(3, 1, 80),
        }
    )


def table(bars: pl.DataFrame, **columns: pl.Expr) -> dict[str, pl.DataFrame]:
    return {"out": bars.select("ts", **columns)}


def clean(bars: pl.DataFrame) -> dict[str, pl.DataFrame]:
    ret = pl.col("close").pct_change()
    signal = (ret.rolling_mean(5) > 0).cast(pl.Float64)
    return table(bars, mean=ret.rolling_mean(5), held=signal.shift(2), ret=signal.shift(2) * ret)


def full_sample_scaling(bars: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return table(bars, z=(pl.col("close") - pl.col("close").mean()) / pl.col("close").std())


def back_filled(bars: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return table(bars, close=pl.when(pl.int_range(pl.len()) % 3 == 0).then("close").backward_fill())


def missing_shift(bars: pl.DataFrame) -> dict[str, pl.DataFrame]:
    ret = pl.col("close").pct_change()
    return table(bars, held=(ret.rolling_mean(5) > 0).cast(pl.Float64))


def rows_chosen_later(bars: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {"out": bars.filter(pl.col("volume") > pl.col("volume").median()).select("ts", "close")}


RULES = {"out": TimeRule("ts", before=("held",))}


def test_clean_code_stays_clean(raw: pl.DataFrame) -> None:
    result = audit_causality(clean, raw, CUTS, rules=RULES)
    assert result.clean
    assert result.cuts == 3
    assert result.cells > 500


@pytest.mark.parametrize("leak", [full_sample_scaling, back_filled, rows_chosen_later])
def test_planted_leaks_are_found(raw: pl.DataFrame, leak) -> None:
    result = audit_causality(leak, raw, CUTS)
    assert not result.clean
    assert {item.table for item in result.leaks} == {"out"}
    assert all(item.ts is None or item.ts <= item.cut for item in result.leaks)


def test_a_position_known_only_with_its_bar_is_found_by_the_before_rule(raw: pl.DataFrame) -> None:
    assert audit_causality(missing_shift, raw, CUTS).clean
    found = audit_causality(missing_shift, raw, CUTS, rules=RULES).leaks
    assert {item.column for item in found} == {"held"}


def outcomes(bars: pl.DataFrame, late: int = 0, early: int = 0) -> dict[str, pl.DataFrame]:
    """Direction of the next three bars, known with the last of them; a feature beside it."""
    close = pl.col("close")
    made = bars.select(
        "ts",
        mean=close.rolling_mean(5),
        up=(close.shift(-3 - late) > close.shift(-late)).cast(pl.Int8),
        t1_up=pl.col("ts").shift(early - 3),
        gain=close.shift(-3) / close - 1,
    )
    return {"out": made.drop_nulls("t1_up")}


OUTCOMES = {"out": TimeRule("ts", ends={"*": "t1_*", "gain": "t1_up"})}


def test_an_outcome_is_compared_from_its_end_on(raw: pl.DataFrame) -> None:
    result = audit_causality(outcomes, raw, CUTS, rules=OUTCOMES)
    assert result.clean, result.leaks[:3]
    at_stamp = audit_causality(outcomes, raw, CUTS, rules={"out": TimeRule("ts")})
    replaced = {leak.column for leak in at_stamp.leaks if leak.alteration == "replace"}
    assert {"up", "gain"} & replaced


@pytest.mark.parametrize(
    ("fault", "columns"),
    [({"late": 1}, {"up"}), ({"early": 1}, {"gain", "up"})],
    ids=["cell moved by a bar", "end a bar too early"],
)
def test_an_outcome_that_knows_more_than_its_end_is_found(
    raw: pl.DataFrame, fault: dict[str, int], columns: set[str]
) -> None:
    cuts = [START + timedelta(days=n) for n in range(30, 60)]
    leaks = audit_causality(
        lambda bars: outcomes(bars, **fault), raw, cuts, rules=OUTCOMES, alterations=("replace",)
    ).leaks
    assert {leak.column for leak in leaks} == columns


def test_a_feature_beside_outcomes_is_compared_at_its_stamp(raw: pl.DataFrame) -> None:
    def scaled(bars: pl.DataFrame) -> dict[str, pl.DataFrame]:
        made = outcomes(bars)["out"]
        return {"out": made.with_columns(pl.col("mean") / bars["close"].mean())}

    for alteration in ("replace", "remove"):
        result = audit_causality(scaled, raw, CUTS, rules=OUTCOMES, alterations=(alteration,))
        assert {leak.column for leak in result.leaks} == {"mean"}


def test_outcomes_whose_rows_are_chosen_later_are_found(raw: pl.DataFrame) -> None:
    def chosen(bars: pl.DataFrame) -> dict[str, pl.DataFrame]:
        busy = bars.filter(pl.col("volume") > pl.col("volume").median())["ts"]
        return {"out": outcomes(bars)["out"].filter(pl.col("ts").is_in(busy.implode()))}

    result = audit_causality(chosen, raw, CUTS, rules=OUTCOMES, alterations=("replace",))
    assert "rows" in {leak.column for leak in result.leaks}


@pytest.mark.parametrize("lost", ["t1_up", "gain", "mean"])
def test_a_column_that_comes_and_goes_with_the_future_is_found(
    raw: pl.DataFrame, lost: str
) -> None:
    def sometimes(bars: pl.DataFrame) -> dict[str, pl.DataFrame]:
        made = outcomes(bars)["out"]
        return {"out": made if bars["close"][-1] == raw["close"][-1] else made.drop(lost)}

    result = audit_causality(sometimes, raw, CUTS[:1], rules=OUTCOMES, alterations=("replace",))
    assert {(leak.column, leak.size) for leak in result.leaks} == {(lost, float("inf"))}


def test_a_rule_is_read_from_what_a_catalog_declares() -> None:
    declared = TimeRule.declared({"column": "ts", "before": ["held"], "ends": {"x": "t1"}})
    assert declared == TimeRule("ts", ("held",), {"x": "t1"})
    with pytest.raises(ValueError, match="a time rule has 'end'; known are column, before and"):
        TimeRule.declared({"column": "ts", "end": "t1"})


def test_nothing_compared_is_not_clean(raw: pl.DataFrame) -> None:
    assert not audit_causality(clean, raw, []).clean


def test_alterations_touch_the_future_only(raw: pl.DataFrame) -> None:
    cut = CUTS[0]
    changed = replace_future(raw, cut)
    past = pl.col("ts") <= cut
    assert changed.filter(past).equals(raw.filter(past))
    later = changed.filter(~past)
    assert later.select(pl.min_horizontal(PRICES) > 0).to_series().all()
    assert (later["high"] >= later["close"]).all()
    assert (later["low"] <= later["close"]).all()
    assert not (later["close"] == raw.filter(~past)["close"]).any()
    assert remove_future(raw, cut).equals(raw.filter(past))
