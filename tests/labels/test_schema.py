"""The catalog's validator of labels takes what the room makes and refuses what it never would."""

from datetime import timedelta

import pandera.errors
import polars as pl
import pytest

from regime_factory.labels import LabelCosts, build_labels, triple_barrier
from regime_factory.labels.schema import Labels

from .markets import random_bars

LABELS = build_labels(random_bars(80), costs=LabelCosts(fee_bps=20))


@pytest.mark.parametrize(
    "labels",
    [LABELS, LABELS.clear(), triple_barrier(random_bars(80)), build_labels(random_bars(20))],
)
def test_labels_that_the_room_makes(labels):
    assert Labels.validate(labels).equals(labels)


def first_row(**values):
    """The labels with other values in the row of the first label."""
    at = pl.int_range(pl.len()) == 14
    return LABELS.with_columns(
        pl.when(at).then(value).otherwise(name).cast(LABELS.schema[name]).alias(name)
        for name, value in values.items()
    )


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS.drop("t1_label"), "t1_label"),
        (LABELS.drop("t1_up_1pct"), "every target has its end"),
        (LABELS.drop("up_1pct"), "every target has its end"),
        (LABELS.with_columns(note=pl.lit("x")), "every target has its end"),
        (LABELS.with_columns(pl.col("t1_up_1pct").cast(pl.Int64)), "every target has its end"),
        (first_row(label=None), "known or missing together"),
        (first_row(t1_fwd_ret_1=None), "known or missing together"),
        (first_row(t1_label=pl.col("ts")), "an outcome lies after its decision"),
        (first_row(t1_up_1pct=pl.col("ts") - timedelta(days=1)), "an outcome lies after"),
        (first_row(ret_net=-1.0, label=1), "label is not 0 where, and only where"),
        (first_row(ret_net=1.0, label=0), "label is not 0 where, and only where"),
        (first_row(label=2, ret_net=1.0), "isin"),
        (first_row(barrier=pl.lit("stop")), "isin"),
        (pl.concat([LABELS, LABELS[:1]]), "not unique"),
    ],
)
def test_labels_that_are_wrong(labels, message):
    with pytest.raises(pandera.errors.SchemaError, match=message):
        Labels.validate(labels)
