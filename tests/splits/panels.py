"""Random panels of label intervals, and the property that every split must have."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from hypothesis import strategies as st


@st.composite
def panels(draw, max_rows: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Rows in any order, repeats of a time, gaps, and labels from no length to very long."""
    n_rows = draw(st.integers(8, max_rows))
    seed = draw(st.integers(0, 2**32 - 1))
    longest = draw(st.sampled_from([0, 1, 3, 8, 20, 40]))
    rng = np.random.default_rng(seed)
    t0 = rng.integers(0, draw(st.sampled_from([n_rows // 2, n_rows * 2])), n_rows)
    lengths = rng.integers(0, longest + 1, n_rows)
    lengths[rng.random(n_rows) < draw(st.sampled_from([0.3, 0.95]))] = 0
    return t0, t0 + lengths


def gaps() -> st.SearchStrategy:
    """Bars or seconds."""
    return st.one_of(st.integers(0, 5), st.integers(0, 8).map(lambda s: timedelta(seconds=s)))


def stamps(seconds: np.ndarray) -> pl.Series:
    """Seconds as the stamps that tables of the project have."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    moments = [start + timedelta(seconds=int(second)) for second in seconds]
    return pl.Series(moments, dtype=pl.Datetime("us", "UTC"))


def assert_apart(splits, t0: np.ndarray, t1: np.ndarray) -> None:
    """No training label shares a moment with a test label."""
    for train, test in splits:
        starts, ends = t0[train][:, None], t1[train][:, None]
        meets = (starts <= t1[test]) & (ends >= t0[test])
        assert not meets.any(), f"training row {train[meets.any(axis=1).argmax()]} meets a test"


def assert_same_rows(found, expected) -> None:
    """Two sequences of splits hold the same rows."""
    for one, other in zip(found, expected, strict=True):
        for rows, wanted in zip(one, other, strict=True):
            assert np.array_equal(rows, wanted)


def after_tests(t0: np.ndarray, test: np.ndarray, embargo: int) -> np.ndarray:
    """Unique times among the `embargo` ones that follow each run of tested times."""
    times = np.unique(t0)
    tested = np.isin(times, t0[test])
    ends = np.flatnonzero(tested & ~np.append(tested[1:], False))
    return np.unique([u for end in ends for u in times[end + 1 : end + 1 + embargo]])
