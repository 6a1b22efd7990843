"""What a careless user does to a model: reordered columns, wrong orders, odd settings."""

import numpy as np
import polars as pl
import pytest

from regime_factory.regimes import GaussianHMM

_WIDE = np.where(np.arange(400) % 100 < 50, 1, 3)[:, None]
X = np.random.default_rng(0).normal(size=(400, 2)) * _WIDE


def test_online_refuses_reordered_columns_as_filter_does() -> None:
    frame = pl.DataFrame(X, schema=["a", "b"])
    online = GaussianHMM(2, n_init=3).fit(frame).online()
    with pytest.raises(ValueError, match="select them in that order"):
        online.update_many(frame.select("b", "a"))


@pytest.mark.parametrize("order", [[0, 0], [0, 1, 2], [1]])
def test_an_order_that_is_no_permutation_is_refused(order: list[int]) -> None:
    model = GaussianHMM(2, n_init=3).fit(X)
    before = model.means_.copy()
    with pytest.raises(ValueError, match="not a permutation of 0 to 1"):
        model.reorder(order)
    assert (model.means_ == before).all()


@pytest.mark.parametrize("setting", [{"tol": "a"}, {"tol": None}, {"n_components": True}])
def test_settings_of_a_wrong_type_are_named(setting: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(setting))} must be"):
        GaussianHMM(**setting).fit(X)  # pyrefly: ignore[bad-argument-type]


@pytest.mark.parametrize("lengths", [200, [[200, 200]], "ab"])
def test_lengths_that_are_no_list_of_numbers_are_refused(lengths: object) -> None:
    with pytest.raises(ValueError, match="expected a list of whole numbers"):
        GaussianHMM(2).fit(X, lengths=lengths)  # pyrefly: ignore[bad-argument-type]


@pytest.mark.parametrize("emission", ["gaussian", "student_t"])
@pytest.mark.parametrize("kind", ["full", "tied"])
@pytest.mark.parametrize("noise", [2e-2, 1e-2, 8e-3])
def test_the_objective_of_a_drawn_start_never_falls(noise: float, kind: str, emission: str) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(400, 1)) * np.where((np.arange(400) // 50) % 2, 3, 1)[:, None]
    near = np.c_[x, x + noise * rng.normal(size=x.shape)]
    history = GaussianHMM(2, kind, emission=emission, n_init=6, shrinkage=0.0).fit(near).history_
    assert np.diff(history).min() > -1e-9


def test_columns_that_differ_by_less_than_the_floor_are_refused() -> None:
    rng = np.random.default_rng(1)
    near = np.c_[X[:, 0], X[:, 0] + 1e-3 * rng.normal(size=len(X))]
    with pytest.raises(ValueError, match="collinear"):
        GaussianHMM(2).fit(near)
