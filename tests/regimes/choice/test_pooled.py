"""One choice for several symbols: cut, likelihoods, and models in each symbol's units."""

import numpy as np
import polars as pl
import pytest

from regime_factory.regimes import GaussianHMM, select_hmm
from regime_factory.regimes.choice.pooled import select_pooled

from ..worlds import TRUTH, simulate

QUICK = {"n_init": 3, "n_iter": 100, "tol": 1e-6}
GRID = {"n_states": (1, 2, 3), "covariance_types": ("diag", "spherical")}


@pytest.fixture(scope="module")
def market() -> dict[str, dict]:
    a, b = simulate(TRUTH[2], 900, 1)[0], simulate(TRUTH[2], 700, 2)[0] * [40.0, 2.0] + 3.0
    names = ["ret", "range"]
    return {
        "frames": {"A": pl.DataFrame(a, schema=names), "B": pl.DataFrame(b, schema=names)},
        "stamps": {"A": pl.Series(range(900)), "B": pl.Series(range(200, 900))},
        "returns": {"A": a[:, 0], "B": b[:, 0]},
    }


@pytest.fixture(scope="module")
def chosen(market) -> dict:
    return select_pooled(
        **market, **GRID, **QUICK, profile_n_states=(4,), feature_names=["ret", "range"]
    )


def test_all_symbols_share_the_choice_and_have_rows_of_their_own(chosen):
    a, b = chosen["A"], chosen["B"]
    assert a.table.equals(b.table)
    assert a.profile["n_states"].to_list() == [4, 4]
    assert a.identified == b.identified == a.config["identified"]
    assert a.table.filter("selected")["n_states"].item() == 2
    assert (a.config["n_rows"], a.config["n_train"]) == (900, 630)
    assert (b.config["n_rows"], b.config["n_train"]) == (700, 430), "cut at the stamp of A"
    assert a.config["feature_names"] == ["ret", "range"]
    assert a.config["n_init"] == 3
    for own in (a, b):
        assert (np.diff(own.model.volatilities()) > 0).all()
        assert own.model.n_components == 2
    assert b.scaler["mean"] == pytest.approx(b.model.offset_.tolist())


def test_likelihoods_are_those_of_the_bars_of_both(market, chosen):
    cell = {"n_states": 2, "covariance_type": "diag"}
    row = chosen["A"].table.filter(n_states=2, covariance_type="diag").row(0, named=True)
    z, scale = [], 0.0
    for symbol, n in (("A", 630), ("B", 430)):
        X = market["frames"][symbol].to_numpy()[:n]
        z.append((X - X.mean(axis=0)) / X.std(axis=0))
        scale += n * np.log(X.std(axis=0)).sum()
    model = GaussianHMM(cell["n_states"], cell["covariance_type"], sticky=0.5, **QUICK)
    stacked = np.concatenate(z)
    by_hand = model.fit(stacked, [630, 430]).score(stacked, [630, 430]) - scale
    assert row["loglik_train"] == pytest.approx(by_hand)


def test_a_pool_of_one_chooses_as_the_symbol_alone(market):
    own = {name: {"A": part["A"]} for name, part in market.items()}
    pooled = select_pooled(**own, **GRID, **QUICK)["A"]
    alone = select_hmm(market["frames"]["A"], returns=market["returns"]["A"], **GRID, **QUICK)
    for name in ("loglik_train", "loglik_validation", "bic", "icl", "stability"):
        np.testing.assert_allclose(pooled.table[name], alone.table[name], rtol=1e-6)
    assert pooled.table.select("selected").equals(alone.table.select("selected"))
    X = market["frames"]["A"]
    np.testing.assert_allclose(pooled.model.filter(X), alone.model.filter(X), atol=1e-5)


def test_the_outcome_does_not_depend_on_threads(market, chosen):
    other = select_pooled(
        **market, **GRID, **QUICK, profile_n_states=(4,), feature_names=["ret", "range"], n_jobs=2
    )
    for symbol in ("A", "B"):
        assert other[symbol].table.equals(chosen[symbol].table)
        assert other[symbol].config == chosen[symbol].config
        np.testing.assert_array_equal(other[symbol].model.means_, chosen[symbol].model.means_)


def test_cells_do_not_see_rows_of_any_symbol_after_the_cut(market, chosen):
    rng = np.random.default_rng(0)
    changed = {
        symbol: pl.concat(
            [frame[:n], pl.DataFrame(rng.normal(size=(frame.height - n, 2)), schema=frame.schema)]
        )
        for (symbol, frame), n in zip(market["frames"].items(), (630, 430), strict=True)
    }
    other = select_pooled(**{**market, "frames": changed}, **GRID, **QUICK, profile_n_states=(4,))[
        "A"
    ]
    later = ("loglik_validation", "heldout_per_bar")
    assert other.table.drop(later).equals(chosen["A"].table.drop(later))


def test_unusable_settings_are_named(market):
    with pytest.raises(ValueError, match="unknown criterion 'aic'"):
        select_pooled(**market, criterion="aic")
    late = {**market["stamps"], "B": pl.Series(range(800, 1500))}
    with pytest.raises(ValueError, match="B has 0 rows to standardise on"):
        select_pooled(**{**market, "stamps": late}, train_fraction=0.1)
