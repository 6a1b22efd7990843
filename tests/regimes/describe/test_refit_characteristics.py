"""The table of refits repeats what each refit measured on its own training rows."""

import datetime as dt

import numpy as np
import pytest

from regime_factory.regimes import GaussianHMM, fit_refits, refit_characteristics
from regime_factory.regimes.schema import RefitCharacteristics

from ..worlds import TRUTH, simulate

DAYS = [dt.datetime(2021, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=n) for n in range(500)]
SETTINGS = GaussianHMM(2, "diag", n_init=2)


def test_every_refit_and_state_has_a_row() -> None:
    X = simulate(TRUTH[2], 500, 1)[0]
    refits = fit_refits(X, DAYS, starts_at=300, refit_every=80, model=SETTINGS)
    table = refit_characteristics({"A": refits, "B": refits})
    RefitCharacteristics.validate(table)
    assert table.height == 2 * 3 * 2
    own = table.filter(symbol="B", refit_id=1)
    assert own["ts"].to_list() == [DAYS[380]] * 2
    p = refits[1].model.filter(X[:380])
    for state in (0, 1):
        weight = p[:, state] / p[:, state].sum()
        mean = weight @ X[:380, 0]
        vol = (weight @ (X[:380, 0] - mean) ** 2) ** 0.5
        row = own.row(state, named=True)
        np.testing.assert_allclose([row["mean"], row["vol"]], [mean, vol], rtol=1e-9)
        assert row["regime"] == refits[1].names[state]


def test_refits_without_stamps() -> None:
    X = simulate(TRUTH[2], 300, 1)[0]
    refits = fit_refits(X, starts_at=200, refit_every=80, model=SETTINGS)
    with pytest.raises(ValueError, match="refit 0 of A has no stamp"):
        refit_characteristics({"A": refits})
