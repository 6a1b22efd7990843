"""Filtered probabilities: against brute force, causal, with values integrated out."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import multivariate_normal

from regime_factory.regimes import MacroRegimeDetector, NotFittedError

from ..worlds import every_path
from .worlds import COLUMNS, holed, macro_world


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    return macro_world()[0]


@pytest.fixture(scope="module")
def fitted(table) -> MacroRegimeDetector:
    return MacroRegimeDetector(covariance_type="full").fit(table)


def test_with_holes_it_equals_the_sum_over_all_paths(table, fitted) -> None:
    rows = holed(holed(table, COLUMNS[0], [1, 2]), COLUMNS[4], [2, 4])[:6]
    current, values = fitted.hmm_.parameters(), rows.select(COLUMNS).to_numpy()
    log_b = np.empty((3, 6))
    for t, row in enumerate(values):
        there = ~np.isnan(row)
        for k in range(3):
            covar = current.covars[k][np.ix_(there, there)]
            log_b[k, t] = multivariate_normal(current.means[k, there], covar).logpdf(row[there])
    p = fitted.filter(rows)
    for t in range(6):
        paths, logs = every_path(current.startprob, current.transmat, log_b[:, : t + 1])
        weights = np.exp(logs - logs.max())
        expected = [weights[paths[:, -1] == k].sum() / weights.sum() for k in range(3)]
        assert p[t] == pytest.approx(expected, abs=1e-10)


def test_later_rows_change_nothing(table, fitted) -> None:
    p = fitted.filter(table)
    for cut in (1, 100, 555):
        changed = table.with_columns(
            pl.when(pl.int_range(pl.len()) >= cut).then(pl.col(name) * 3 + 1).otherwise(name)
            for name in COLUMNS
        )
        assert (fitted.filter(changed)[:cut] == p[:cut]).all()
        assert np.abs(fitted.filter(table[:cut]) - p[:cut]).max() < 1e-12


def test_a_hole_only_touches_what_it_says(table, fitted) -> None:
    p, q = fitted.filter(table), fitted.filter(holed(table, "macro_vix_level", [300]))
    assert (p[:300] == q[:300]).all()
    assert np.isfinite(q).all()
    assert q.sum(axis=1) == pytest.approx(1)


def test_previous_goes_on_where_it_ended(table, fitted) -> None:
    whole = fitted.filter(table)
    assert np.abs(fitted.filter(table[400:], previous=whole[399]) - whole[400:]).max() < 1e-12
    with pytest.raises(ValueError, match="previous has shape"):
        fitted.filter(table, previous=[0.5, 0.5])


def test_rows_with_too_few_values_are_refused_and_marked(table, fitted) -> None:
    rows = table
    for name in COLUMNS[:7]:
        rows = holed(rows, name, [10])
    with pytest.raises(ValueError, match=r"row 10 has values in 2 of the columns .* at least 3"):
        fitted.filter(rows)
    assert (~fitted.observes(rows)).nonzero()[0].tolist() == [10]
    kept = rows.filter(pl.Series(fitted.observes(rows)))
    assert fitted.filter(kept).shape == (899, 3)


def test_the_names_of_the_columns_are_checked(table, fitted) -> None:
    assert (fitted.filter(table.select(sorted(COLUMNS))) == fitted.filter(table)).all()
    with pytest.raises(ValueError, match="lacks the column 'macro_vix_level'"):
        fitted.filter(table.drop("macro_vix_level"))
    with pytest.raises(ValueError, match="column 'gold' is not one of the detector's"):
        fitted.filter(table.with_columns(gold=1.0))
    with pytest.raises(ValueError, match=r"shape \(900, 8\), expected \(rows, 9\)"):
        fitted.filter(table.select(COLUMNS[:8]).to_numpy())
    chosen = MacroRegimeDetector(columns=COLUMNS[:5]).fit(table)
    assert (chosen.filter(table) == chosen.filter(table.select(COLUMNS[:5]))).all()


def test_nothing_is_answered_before_the_fit(table) -> None:
    unfitted = MacroRegimeDetector()
    for ask in (
        unfitted.filter, unfitted.predict, unfitted.predict_proba, unfitted.observes,
        unfitted.predict_with_metadata, unfitted.used_row,
    ):  # fmt: skip
        with pytest.raises(NotFittedError, match=r"not fitted; call fit\(features\) or load"):
            ask(table)
    for ask in (
        unfitted.transition_matrix, unfitted.stationary_distribution, unfitted.objective,
        unfitted.state_characteristics, unfitted.feature_importance, unfitted.diagnostics,
        unfitted.model_version, unfitted.online, unfitted.moments, unfitted.to_state,
    ):  # fmt: skip
        with pytest.raises(NotFittedError, match="not fitted"):
            ask()
    with pytest.raises(NotFittedError):
        unfitted.reorder([0, 1, 2])
    with pytest.raises(NotFittedError):
        unfitted.save("nowhere")


def test_a_number_without_a_density_is_refused(
    fitted: MacroRegimeDetector, table: pl.DataFrame
) -> None:
    wild = table.with_columns(pl.lit(1e300).alias(fitted.columns_[0]))
    with pytest.raises(ValueError, match="too large to have a density"):
        fitted.filter(wild)
