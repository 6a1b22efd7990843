"""Regime features against Bayes' rule, brute force and the online filter; causal over refits."""

import dataclasses
import datetime as dt
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from regime_factory.regimes import (
    GaussianHMM,
    Refits,
    filter_refits,
    fit_refits,
    regime_features,
)
from regime_factory.regimes.observations import carry_forward
from regime_factory.regimes.schema import RegimeFeatures
from regime_factory.regimes.walk.regime_features import FEATURES

from ..worlds import TRUTH, simulate

STARTS_AT, EVERY = 400, 100
SETTINGS = GaussianHMM(2, "diag", n_init=2, sticky=0.5, tol=1e-6)
CUTS = [401, 450, 499, 500, 501, 599, 600, 601, 699]
START = dt.datetime(2021, 3, 1, tzinfo=dt.UTC)


def stamps(n_rows: int, step: dt.timedelta = dt.timedelta(days=1)) -> pl.Series:
    return pl.Series("ts", [START + step * n for n in range(n_rows)], pl.Datetime("us", "UTC"))


@pytest.fixture(scope="module", name="X")
def observations():
    return simulate(TRUTH[2], 700, 3)[0]


def fitted(X) -> Refits:
    return fit_refits(X, stamps(len(X)), starts_at=STARTS_AT, refit_every=EVERY, model=SETTINGS)


def table_of(X, refits: Refits) -> pl.DataFrame:
    rows = filter_refits(refits, X, stamps(len(X)), 0.9)
    return rows.with_columns(symbol=pl.lit("A"), zone=pl.lit("evaluation"))


def features_of(X) -> pl.DataFrame:
    refits = fitted(X)
    return regime_features(table_of(X, refits), refits)


def brute_force_change(model, X) -> float:
    """P(last state differs from the one before | all rows), over all pairs of last states."""
    p = model.filter(X)
    log_b = np.array(
        [
            -0.5 * (X[-1] - m) @ np.linalg.inv(c) @ (X[-1] - m) - 0.5 * np.linalg.slogdet(c)[1]
            for m, c in zip(model.moments().means, model.moments().covars, strict=True)
        ]
    )
    joint = p[-2][:, None] * model.transmat_ * np.exp(log_b - log_b.max())
    joint /= joint.sum()
    return 1 - np.trace(joint)


def test_each_feature_by_hand(X) -> None:
    refits = fitted(X)
    regimes = table_of(X, refits)
    table = regime_features(regimes, refits)
    RegimeFeatures.validate(table)
    assert table.select("symbol", "ts", "zone", "refit_id").equals(
        regimes.select("symbol", "ts", "zone", "refit_id")
    )
    for row in (450, 501, 640, 699):
        refit = refits[(row - STARTS_AT) // EVERY]
        A, p = refit.model.transmat_, refit.model.filter(X[: row + 1])
        got = table.row(row - STARTS_AT, named=True)
        np.testing.assert_allclose([got["p_state_0"], got["p_state_1"]], p[-1], rtol=1e-9)
        np.testing.assert_allclose(
            [got["p_next_state_0"], got["p_next_state_1"]], p[-1] @ A, rtol=1e-9
        )
        np.testing.assert_allclose(
            got["p_leave_regime"], sum(p[-1, i] * A[i, 1 - i] for i in (0, 1)), rtol=1e-9
        )
        entropy = -sum(v * np.log2(v) for v in p[-1] if v > 0)
        np.testing.assert_allclose(got["regime_entropy"], entropy, atol=1e-9)
        np.testing.assert_allclose(got["regime_shift"], abs(p[-1, 0] - p[-2, 0]), atol=1e-9)
        np.testing.assert_allclose(
            got["p_regime_change"], brute_force_change(refit.model, X[: row + 1]), atol=1e-9
        )


@pytest.mark.parametrize("number", [1, 2])
def test_the_first_row_of_a_refit_has_the_matrix_of_that_refit(X, number) -> None:
    """Bayes' rule with the probabilities of the refit before, and the new transition matrix."""
    refits = fitted(X)
    regimes = table_of(X, refits)
    border = number * EVERY
    got = regime_features(regimes, refits).row(border, named=True)
    before, now = regimes[border - 1 : border + 1].select("p_state_0", "p_state_1").to_numpy()

    def by_hand(A: np.ndarray) -> list[float]:
        stay = np.diag(A)
        changed = 1 - (now * before * stay / (before @ A)).sum()
        return [*(now @ A), (now * (1 - stay)).sum(), changed]

    found = [got[name] for name in ("p_next_state_0", "p_next_state_1", *FEATURES[1:3])]
    old, own = (by_hand(refit.model.transmat_) for refit in refits.items[number - 1 : number + 1])
    np.testing.assert_allclose(found, own, rtol=1e-9, atol=1e-12)
    assert np.abs(np.subtract(found, old)).min() > 1e-6, "the old matrix would be seen"


def test_time_in_state_goes_on_over_refits(X) -> None:
    refits = fitted(X)
    regimes = table_of(X, refits)
    found = regime_features(regimes, refits)["bars_in_regime"]
    state, count, expected = regimes["confirmed_state"].to_list(), 0, [0]
    for before, now in pairwise(state):
        count = count + 1 if before == now else 0
        expected.append(count)
    assert found.to_list() == expected
    assert found.dtype == pl.Int32
    borders = [EVERY, 2 * EVERY]
    assert any(found[row] > 0 for row in borders)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("alter", ["replace", "remove"])
def test_later_rows_change_nothing(X, cut, alter) -> None:
    changed = X[:cut].copy()
    if alter == "replace":
        later = np.random.default_rng(cut).normal(scale=5, size=X[cut:].shape)
        changed = np.concatenate([changed, later])
    known = cut - STARTS_AT
    assert features_of(X)[:known].equals(features_of(changed)[:known])


def test_carried_regimes_keep_the_signals_of_their_observed_bar(X) -> None:
    refits = fitted(X)
    daily = table_of(X, refits)
    observed = stamps(len(X))
    hours = stamps(24 * len(X), dt.timedelta(hours=1)).to_frame().with_columns(symbol=pl.lit("A"))
    hourly = carry_forward(daily.drop("symbol"), hours)
    by_hour = regime_features(hourly, refits, observed)
    by_day = regime_features(daily, refits)
    rows = np.arange(by_hour.height) // 24
    for name in ("p_state_0", "p_next_state_1", *FEATURES[:-1]):
        assert by_hour[name].equals(by_day[name][rows]), name
    spell = by_hour["bars_in_regime"].to_numpy()
    np.testing.assert_array_equal(
        spell, 24 * by_day["bars_in_regime"].to_numpy()[rows] + np.arange(len(rows)) % 24
    )


def test_hard_labels_change_on_one_bar_only(X) -> None:
    """Equal probabilities of two observed bars are no carried bar."""
    refits = fitted(X)
    regimes = table_of(X, refits)[:4].with_columns(
        p_state_0=pl.Series([1.0, 0.0, 0.0, 0.0]), p_state_1=pl.Series([0.0, 1.0, 1.0, 1.0])
    )
    assert regime_features(regimes, refits)["regime_shift"].to_list() == [None, 1.0, 0.0, 0.0]
    assert regime_features(regimes, refits)["p_regime_change"][2] == 0.0


def test_detectors_without_a_transition_matrix_give_nulls(X) -> None:
    refits = fitted(X)

    class Plain:
        pass

    bare = Refits(tuple(dataclasses.replace(refit, model=Plain()) for refit in refits))
    table = regime_features(table_of(X, refits), bare)
    RegimeFeatures.validate(table)
    for name in ("p_next_state_0", "p_next_state_1", "p_leave_regime", "p_regime_change"):
        assert table[name].null_count() == table.height, name
    known = regime_features(table_of(X, refits), refits)
    for name in ("p_state_0", "regime_entropy", "regime_shift", "bars_in_regime"):
        assert table[name].equals(known[name]), name


def test_one_state_is_always_certain(X) -> None:
    refits = fit_refits(
        X, starts_at=400, refit_every=100, model=SETTINGS.clone().set_params(n_components=1)
    )
    regimes = filter_refits(refits, X).with_columns(symbol=pl.lit("A"), zone=pl.lit("selection"))
    table = regime_features(regimes, refits)
    for name in ("regime_entropy", "p_leave_regime"):
        assert table[name].max() == 0.0
    assert table["bars_in_regime"][-1] == 299


def test_states_that_another_symbol_has_are_left_out(X) -> None:
    refits = fitted(X)
    regimes = table_of(X, refits).with_columns(p_state_2=pl.lit(None, pl.Float64))
    assert regime_features(regimes, refits).equals(features_of(X))


def test_rows_that_cannot_be(X) -> None:
    refits = fitted(X)
    regimes = table_of(X, refits)
    both = pl.concat([regimes, regimes.with_columns(symbol=pl.lit("B"))])
    with pytest.raises(ValueError, match="regimes hold 2 symbols"):
        regime_features(both, refits)
    with pytest.raises(ValueError, match="go back in time"):
        regime_features(regimes.reverse(), refits)
    with pytest.raises(ValueError, match=r"refits \[1, 2\], which are not among the 1 given"):
        regime_features(regimes, Refits(refits.items[:1]))
