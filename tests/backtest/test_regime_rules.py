"""Regime rules: mappings by hand, causality, bands and clear errors."""

import numpy as np
import polars as pl
import pytest

from regime_factory.backtest import predicted_volatility, regime_positions, state_weights

from .market import make_regimes, make_stats

RULES = ("long_flat_short", "long_flat", "probability_weighted", "volatility_target")
MEAN = np.array([[0.001, 0.0002, -0.001], [0.0001, -0.002, 0.004]])
VOL = np.array([[0.005, 0.01, 0.03], [0.004, 0.012, 0.02]])
STATS = make_stats(MEAN, VOL)


@pytest.mark.parametrize(
    ("mean", "vol", "mapping", "expected"),
    [
        ([1, 2, 3], [1, 1, 1], "long_flat_short", [-1, 0, 1]),
        ([1, 2, 3], [1, 4, 9], "long_flat_short", [1, 0, -1]),
        ([1, 2, 3], [1, 4, 9], "long_flat", [1, 1, 0]),
        ([1, -1], [1, 1], "long_flat_short", [1, -1]),
        ([1, -1], [1, 1], "long_flat", [1, 0]),
        ([1, 1], [1, 1], "long_flat", [1, 0]),
        ([1], [1], "long_flat", [1]),
        ([1], [1], "long_flat_short", [1]),
        ([np.nan, 1, 2], [np.nan, 1, 1], "long_flat", [0, 0, 1]),
        ([np.nan, 1], [np.nan, 1], "long_flat_short", [0, 1]),
        ([np.nan], [np.nan], "long_flat", [0]),
    ],
)
def test_state_weights(mean, vol, mapping, expected):
    found = state_weights(np.array(mean, float), np.array(vol, float), mapping)
    assert found.tolist() == expected


def test_label_rules_look_up_the_confirmed_state_of_the_own_refit():
    regimes = make_regimes(40)
    table = {
        "long_flat_short": [[1, 0, -1], [0, -1, 1]],
        "long_flat": [[1, 1, 0], [1, 0, 1]],
    }
    for rule, weights in table.items():
        found = regime_positions(regimes, STATS, rule)
        expected = [
            weights[refit][state]
            for refit, state in regimes.select("refit_id", "confirmed_state").rows()
        ]
        assert found["position"].to_list() == expected
        assert found.columns == ["symbol", "ts", "strategy", "position"]
        assert found["strategy"].unique().to_list() == [rule]


def test_probability_weighted_by_hand():
    regimes = make_regimes(40)
    found = regime_positions(
        regimes, STATS, "probability_weighted", mapping="long_flat_short", no_trade_band=0.0
    )
    weights = np.array([[1, 0, -1], [0, -1, 1]])[regimes["refit_id"].to_numpy()]
    p = regimes.select("^p_state_.*$").to_numpy()
    np.testing.assert_allclose(found["position"], (p * weights).sum(axis=1), atol=1e-15)


def test_volatility_target_by_simulation():
    rng = np.random.default_rng(0)
    p, mean, vol = (
        np.array([0.2, 0.5, 0.3]),
        np.array([0.01, -0.02, 0.05]),
        np.array([0.1, 0.2, 0.4]),
    )
    state = rng.choice(3, 400_000, p=p)
    draws = rng.normal(mean[state], vol[state])
    assert predicted_volatility(p[None], mean[None], vol[None])[0] == pytest.approx(
        draws.std(), rel=5e-3
    )


def test_volatility_target_is_capped_and_scaled():
    regimes = make_regimes(40)
    refit = regimes["refit_id"].to_numpy()
    p = regimes.select("^p_state_.*$").to_numpy()
    predicted = predicted_volatility(p, MEAN[refit], VOL[refit])
    found = regime_positions(
        regimes,
        STATS,
        "volatility_target",
        target_volatility=0.16,
        periods_per_year=256,
        no_trade_band=0.0,
        max_leverage=1.2,
    )
    np.testing.assert_allclose(found["position"], np.minimum(0.01 / predicted, 1.2))


def test_band_keeps_the_weight():
    regimes = make_regimes(200)
    free, banded = (
        regime_positions(regimes, STATS, "probability_weighted", no_trade_band=band)["position"]
        for band in (0.0, 0.3)
    )
    assert (free - banded).abs().max() <= 0.3
    assert banded.n_unique() < free.n_unique()


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("cut", [1, 19, 20, 39])
def test_later_rows_change_no_earlier_position(rule, cut):
    regimes = make_regimes(40)
    other = make_regimes(40, seed=9).with_columns(regimes["refit_id"])
    replaced = pl.concat([regimes[:cut], other[cut:]])
    whole = regime_positions(regimes, STATS, rule)
    assert regime_positions(replaced, STATS, rule)[:cut].equals(whole[:cut])
    assert regime_positions(regimes[:cut], STATS, rule).equals(whole[:cut])


@pytest.mark.parametrize("rule", RULES)
def test_statistics_of_a_later_refit_change_no_earlier_position(rule):
    regimes = make_regimes(40)
    changed = make_stats(np.array([MEAN[0], -MEAN[1]]), np.array([VOL[0], VOL[1] * 3]))
    before, after = (regime_positions(regimes, s, rule)["position"] for s in (STATS, changed))
    assert before[:20].equals(after[:20])


def test_unseen_states_and_labels():
    stats = make_stats([[0.001, np.nan]], [[0.01, np.nan]]).with_columns(
        pl.col("mean", "vol").fill_nan(None)
    )
    regimes = make_regimes(20, n_states=2, n_refits=1).with_columns(
        confirmed_state=pl.when(pl.int_range(pl.len()) < 3).then(None).otherwise("confirmed_state")
    )
    flat = regime_positions(regimes, stats, "long_flat")["position"].to_numpy()
    state = regimes["confirmed_state"].fill_null(-1).to_numpy()
    assert np.array_equal(flat, (state == 0).astype(float))
    target = regime_positions(regimes, stats, "volatility_target", no_trade_band=0.0)["position"]
    assert target.is_finite().all()


def test_the_strategy_can_be_named():
    found = regime_positions(make_regimes(4), STATS, "long_flat", strategy="mine")
    assert found["strategy"].unique().to_list() == ["mine"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rule": "best"}, "rule is 'best'; choose one of long_flat_short"),
        ({"mapping": "x"}, "mapping is 'x'; choose one of"),
        ({"regimes": make_regimes(9).drop("refit_id")}, "regimes lack the column 'refit_id'"),
        (
            {"regimes": pl.concat([make_regimes(4), make_regimes(4, symbol="Y")])},
            r"other than one symbol \(X, Y\)",
        ),
        ({"regimes": make_regimes(4).clear()}, r"other than one symbol \(none\)"),
        (
            {"regimes": make_regimes(9)[[0, 2, 1]]},
            r"back in time or repeat at 2020-01-02 21:00 UTC \(row 2\)",
        ),
        ({"state_stats": STATS.drop("vol")}, "state_stats lack the column 'vol'"),
        ({"state_stats": STATS[:5]}, "state_stats lack refit 1, state 2; give one row"),
        ({"state_stats": pl.concat([STATS, STATS[:1]])}, "state_stats repeat a state"),
        ({"state_stats": make_stats(MEAN, VOL * 0)}, "refit 0 has no state with a positive"),
        (
            {"regimes": make_regimes(9).with_columns(p_state_1=pl.lit(None, pl.Float64))},
            "probabilities of row 0 add up to nan",
        ),
    ],
)
def test_bad_input(change, message):
    given = {
        "regimes": make_regimes(9),
        "state_stats": STATS,
        "rule": "probability_weighted",
        **change,
    }
    with pytest.raises(ValueError, match=message):
        regime_positions(**given)
