"""One row at a time: the batch filter, exactly, also after a restart."""

import json

import numpy as np
import polars as pl
import pytest

from regime_factory.regimes import MacroRegimeDetector
from regime_factory.regimes.macro.missing import marginal_log_density

from ..worlds import every_path
from .worlds import COLUMNS, holed, macro_world


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    return holed(holed(macro_world()[0], "macro_vix_level", [3, 40]), "macro_trend_200", [40, 41])


@pytest.fixture(scope="module", params=["gaussian", "student_t"])
def fitted(rows, request) -> MacroRegimeDetector:
    return MacroRegimeDetector(covariance_type="full", emission=request.param).fit(rows)


def test_it_equals_the_batch(rows, fitted) -> None:
    online = fitted.online()
    assert online.regime is None
    found = online.update_many(rows.select(COLUMNS).to_numpy()[:120])
    assert np.abs(found - fitted.filter(rows[:120])).max() < 1e-12
    assert (online.probabilities == found[-1]).all()
    assert online.regime == fitted.predict(rows[:120])[-1]


def test_rows_come_by_name_too(rows, fitted) -> None:
    one, other = fitted.online(), fitted.online()
    for row in rows[:60].iter_rows(named=True):
        one.update({name: row[name] for name in sorted(COLUMNS)})
        other.update([row[name] if row[name] is not None else np.nan for name in COLUMNS])
        assert (one.probabilities == other.probabilities).all()


def test_change_and_likelihood_are_sums_over_all_paths(rows, fitted) -> None:
    current, values = fitted.hmm_.parameters(), rows.select(COLUMNS).to_numpy()[:6]
    log_b = marginal_log_density(values, current)
    online, whole = fitted.online(), []
    for t, row in enumerate(values):
        online.update(row)
        paths, logs = every_path(current.startprob, current.transmat, log_b[:, : t + 1])
        whole.append(np.logaddexp.reduce(logs))
        gained = whole[-1] - (whole[-2] if t else 0.0)
        assert online.loglik == pytest.approx(gained, rel=1e-9)
        weights = np.exp(logs - whole[-1])
        moved = weights[paths[:, -1] != paths[:, -2]].sum() if t else 0.0
        assert online.change == pytest.approx(moved, abs=1e-9)


def test_a_restart_goes_on_exactly(rows, fitted) -> None:
    online, values = fitted.online(), rows.select(COLUMNS).to_numpy()
    online.update_many(values[:50])
    state = json.loads(json.dumps(online.to_state()))
    again = MacroRegimeDetector.from_state(fitted.to_state()).online().restore(state)
    assert (again.loglik, again.change) == (online.loglik, online.change)
    assert (again.update_many(values[50:80]) == online.update_many(values[50:80])).all()
    seeded = fitted.online(previous=state["probabilities"])
    assert seeded.update(values[50]) == pytest.approx(fitted.filter(rows[:51])[-1], abs=1e-12)
    fresh = fitted.online()
    assert fresh.restore(fitted.online().to_state()).probabilities is None


def test_what_does_not_fit_is_refused_and_leaves_no_trace(rows, fitted) -> None:
    online = fitted.online()
    online.update(rows.select(COLUMNS).to_numpy()[0])
    before = online.probabilities.copy()
    with pytest.raises(ValueError, match="row 0 has values in 1 of the columns"):
        online.update({"macro_vix_level": 20.0})
    with pytest.raises(ValueError, match="is infinite"):
        online.update([np.inf] * 9)
    assert (online.probabilities == before).all()
    with pytest.raises(ValueError, match=r"the state is of the fit 'macro-0', this is 'macro-"):
        online.restore({**online.to_state(), "model_version": "macro-0"})
    with pytest.raises(ValueError, match="probabilities"):
        online.restore({**online.to_state(), "probabilities": [0.5, 0.5]})
    for odd in ({"change": 1.5}, {"loglik": None}, {"loglik": "low"}):
        with pytest.raises(ValueError, match="saved MacroOnline is damaged: loglik and change"):
            online.restore({**online.to_state(), **odd})
    for other in ([1, 2], {"probabilities": None}):
        with pytest.raises(ValueError, match="not a saved MacroOnline"):
            online.restore(other)
    with pytest.raises(ValueError, match="MacroOnline is damaged: it lacks loglik, change"):
        online.restore({"model_version": fitted.model_version(), "probabilities": None})
    assert (online.probabilities == before).all()
