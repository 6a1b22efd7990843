"""The fit: names that mean risk, whatever the seed, the units or the order of the columns."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.regimes import (
    GaussianHMM,
    MacroRegimeDetector,
    NotFittedError,
    filter_refits,
    fit_refits,
    walk_forward_regimes,
)
from regime_factory.regimes.detector import Detector

from .worlds import COLUMNS, holed, macro_world


@pytest.fixture(scope="module")
def world() -> tuple[pl.DataFrame, np.ndarray]:
    return macro_world()


@pytest.fixture(scope="module")
def fitted(world) -> MacroRegimeDetector:
    return MacroRegimeDetector().fit(world[0])


@pytest.mark.parametrize("kind", ["diag", "full", "tied"])
@pytest.mark.parametrize("emission", ["gaussian", "student_t"])
def test_the_regimes_are_found_and_named(world, kind, emission) -> None:
    table, truth = world
    detector = MacroRegimeDetector(3, kind, emission=emission).fit(table)
    assert (detector.predict(table) == truth).mean() > 0.95
    assert (np.diff(detector.risk_scores_) > 0).all()


def test_two_regimes_have_no_middle() -> None:
    table, truth = macro_world(600, K=2, seed=4)
    detector = MacroRegimeDetector(2).fit(table)
    assert detector.state_names == ["RISK_ON", "RISK_OFF"]
    assert (detector.predict(table) == truth).mean() > 0.95


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_names_mean_the_same_whatever_the_seed(seed) -> None:
    table, truth = macro_world(700, seed=seed)
    if min((truth == name).sum() for name in ("RISK_ON", "NEUTRAL", "RISK_OFF")) < 60:
        return  # a world that hardly visits one of its regimes
    assert (MacroRegimeDetector().fit(table).predict(table) == truth).mean() > 0.93


@pytest.mark.parametrize("seed", [237, 259, 560, 1554, 1673, 2695])
def test_regimes_of_unequal_shares_are_found(seed) -> None:
    """Worlds in which one of the divisions ends with an empty state."""
    table, truth = macro_world(700, seed=seed)
    detector = MacroRegimeDetector().fit(table)
    assert (detector.predict(table) == truth).mean() > 0.98
    assert detector.shares_.min() > 0.05


@settings(max_examples=15, deadline=None)
@given(st.permutations(COLUMNS))
def test_the_order_of_the_columns_changes_nothing(world, fitted, order) -> None:
    table = world[0]
    other = MacroRegimeDetector().fit(table.select(order))
    assert other.feature_names_in_ == list(order)
    assert np.abs(other.filter(table) - fitted.filter(table)).max() < 1e-6
    assert (other.predict(table) == fitted.predict(table.select(order))).all()


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(1e-3, 1e3), min_size=9, max_size=9),
    st.lists(st.floats(-1e3, 1e3), min_size=9, max_size=9),
)
def test_units_and_offsets_change_nothing(world, fitted, units, offsets) -> None:
    table = world[0].select(COLUMNS)
    moved = pl.DataFrame(table.to_numpy() * units + offsets, schema=COLUMNS)
    other = MacroRegimeDetector().fit(moved)
    assert np.abs(other.filter(moved) - fitted.filter(table)).max() < 1e-6


def test_the_fit_draws_nothing(world, fitted) -> None:
    np.random.seed(7)  # noqa: NPY002 - the state that a careless fit would use
    again = MacroRegimeDetector().fit(world[0])
    assert (again.filter(world[0]) == fitted.filter(world[0])).all()
    assert again.model_version() == fitted.model_version()


def test_a_refit_depends_on_its_rows_and_keeps_the_columns(world, fitted) -> None:
    table = holed(world[0], "macro_vix_level", slice(0, 400))
    later = MacroRegimeDetector().fit(table.select(COLUMNS).to_numpy(), start=fitted)
    assert later.columns_ == COLUMNS
    assert later.n_training_samples_ == 500
    alone = MacroRegimeDetector(min_share=0.5).fit(table)
    assert (alone.hmm_.means_ == later.hmm_.means_).all()


def test_a_series_that_nobody_gave_is_left_out_and_named(world) -> None:
    table = world[0].with_columns(pl.lit(None).alias(name) for name in COLUMNS[5:7])
    short = holed(table, "macro_vix_level", slice(0, 400))
    detector = MacroRegimeDetector().fit(short)
    assert detector.columns_ == [COLUMNS[i] for i in (1, 2, 3, 4, 7, 8)]
    assert detector.dropped_ == {
        "macro_vix_level": "a value in 56 % of 900 training rows",
        "macro_slope_2y10y": "no value in 900 training rows",
        "macro_slope_change_20": "no value in 900 training rows",
    }
    assert np.abs(detector.weights_) == pytest.approx(1 / 6)
    assert detector.n_training_samples_ == 900
    assert (detector.predict(world[0]) == detector.predict(world[0].drop(COLUMNS[5:7]))).all()


def test_columns_that_follow_from_earlier_ones_are_left_out_and_named(world) -> None:
    last = COLUMNS[-1]
    table = world[0].with_columns(
        macro_trend_200=2 * pl.col("macro_vix_level") - 1,
        **{last: pl.col("macro_momentum_60") - pl.col("macro_realised_vol_20")},
    )
    detector = MacroRegimeDetector().fit(holed(table, last, [0]))
    follows = {
        "macro_trend_200": ["macro_vix_level"],
        last: ["macro_realised_vol_20", "macro_momentum_60"],
    }
    assert detector.collinear_ == detector.diagnostics()["collinear"] == follows
    assert detector.dropped_ == {
        "macro_trend_200": "it follows from macro_vix_level (collinear)",
        last: "it follows from macro_realised_vol_20 and macro_momentum_60 (collinear)",
    }
    kept = table.drop(follows)
    without = MacroRegimeDetector().fit(kept)
    assert detector.columns_ == without.columns_
    assert (detector.filter(table) == without.filter(kept)).all()
    refit = MacroRegimeDetector().fit(world[0].select(COLUMNS), start=detector)
    assert (refit.columns_, refit.collinear_) == (detector.columns_, follows)


def test_only_complete_rows_are_fitted_on(world) -> None:
    table = holed(world[0], "macro_trend_200", slice(0, 100))
    gap = holed(table, "macro_vix_level", [500, 501])
    detector = MacroRegimeDetector().fit(gap)
    assert (detector.n_rows_, detector.n_training_samples_) == (900, 798)
    assert detector.trained_from_ == gap["ts"][100].isoformat()
    assert detector.trained_to_ == gap["ts"][899].isoformat()
    reference = GaussianHMM(3, "diag", n_init=1, sticky=0.5, shrinkage=100.0)
    whole = gap.drop_nulls().select(COLUMNS).to_numpy()
    start = {
        "startprob": detector.hmm_.startprob_, "transmat": detector.hmm_.transmat_,
        "means": detector.hmm_.means_, "covars": detector.hmm_.covars_,
    }  # fmt: skip
    reference.fit(whole, lengths=[400, 398], start=start)
    assert reference.means_ == pytest.approx(detector.hmm_.means_, rel=1e-3, abs=1e-3)


def test_sequences_are_independent(world) -> None:
    table = world[0]
    detector = MacroRegimeDetector().fit(table, lengths=[450, 450])
    p = detector.filter(table, lengths=[450, 450])
    assert (p[450:] == detector.filter(table[450:])).all()
    assert (detector.filter(table)[451:] != p[451:]).any()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_components": 4}, "n_components is 4; there are names for 2 or 3 regimes"),
        ({"covariance_type": "spherical"}, "columns of different units"),
        ({"covariance_type": "round"}, "unknown covariance_type 'round'"),
        ({"emission": "cauchy"}, "emission"),
        ({"min_share": 0.0}, "min_share is 0.0"),
        ({"min_columns": 0}, "min_columns is 0"),
        ({"sticky": -1.0}, "sticky must be a number"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(world, params, message) -> None:
    with pytest.raises(ValueError, match=message):
        MacroRegimeDetector(**params).fit(world[0])


def test_rows_that_cannot_be_fitted_are_refused(world) -> None:
    table = world[0]
    with pytest.raises(ValueError, match="2 columns can be used, at least 3 are needed"):
        MacroRegimeDetector().fit(table.select("ts", *COLUMNS[:2]))
    with pytest.raises(ValueError, match=r"0 columns can be used.*macro_vix_level: no value"):
        MacroRegimeDetector().fit(table.with_columns(pl.lit(None).alias(n) for n in COLUMNS))
    with pytest.raises(ValueError, match=r"rows cannot fit .* parameters"):
        MacroRegimeDetector().fit(table[:20])
    with pytest.raises(ValueError, match="'macro_vix_level' is constant"):
        MacroRegimeDetector().fit(table.with_columns(macro_vix_level=pl.lit(1.0)))
    doubled = table.select("ts", *COLUMNS[:3]).with_columns(pl.col(COLUMNS[0]).alias(COLUMNS[2]))
    with pytest.raises(ValueError, match=r"2 columns can be .*: it follows from macro_vix_level"):
        MacroRegimeDetector().fit(doubled)
    with pytest.raises(ValueError, match="'macro_trend_200' is infinite in row 0"):
        MacroRegimeDetector().fit(table.with_columns(macro_trend_200=pl.lit(np.inf)))
    with pytest.raises(ValueError, match="an array has no names of columns"):
        MacroRegimeDetector().fit(table.select(COLUMNS).to_numpy())
    with pytest.raises(ValueError, match="start is a GaussianHMM"):
        MacroRegimeDetector().fit(table, start=GaussianHMM(3))  # type: ignore[arg-type]
    with pytest.raises(NotFittedError):
        MacroRegimeDetector().fit(table, start=MacroRegimeDetector())
    halves = holed(holed(table, COLUMNS[0], slice(0, 450)), COLUMNS[1], slice(450, 900))
    with pytest.raises(ValueError, match="none of 900 rows has a value in each of"):
        MacroRegimeDetector(min_share=0.4).fit(halves)


def test_it_is_a_detector(fitted) -> None:
    assert isinstance(fitted, Detector)
    copy = fitted.clone()
    assert copy.get_params() == fitted.get_params()
    assert not copy.is_fitted()


def test_refits_keep_the_order_of_risk_and_take_missing_values(world) -> None:
    table, truth = world
    rows = holed(table, "macro_vix_level", [350, 720]).select(COLUMNS)
    first = MacroRegimeDetector().fit(rows[:400])
    refits = fit_refits(rows, table["ts"], starts_at=400, refit_every=100, model=first)
    assert [refit.names for refit in refits] == [["RISK_ON", "NEUTRAL", "RISK_OFF"]] * 5
    assert not any(refit.ambiguous for refit in refits)
    regimes = filter_refits(refits, rows, table["ts"])
    assert (regimes["regime"].to_numpy() == truth[400:]).mean() > 0.95
    for refit in refits:
        alone = MacroRegimeDetector().fit(rows[: refit.first_row])
        assert (alone.hmm_.means_ == refit.model.hmm_.means_).all()


def test_one_call_walks_forward_with_columns_named(world) -> None:
    table, truth = world
    settings = MacroRegimeDetector(columns=COLUMNS)
    regimes = walk_forward_regimes(table, model=settings, starts_at=400, refit_every=250)
    assert (regimes["regime"].to_numpy() == truth[400:]).mean() > 0.95
    with pytest.raises(NotFittedError, match=r"set columns=\[...\]"):
        walk_forward_regimes(table, model=MacroRegimeDetector(), starts_at=400)
