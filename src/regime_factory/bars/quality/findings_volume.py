"""What the quality gate reports about volume."""

from datetime import datetime

import polars as pl

from regime_factory.bars.quality.findings import Finding, counted, finding

_SPANS = 3


def volume_finding(volume: pl.Series, ts: pl.Series) -> Finding:
    """Report line on volume; a volume that is not positive counts as unknown.

    Parameters
    ----------
    volume
        Volume of the kept bars as given; NaN where the file's text is no number.
    ts
        Their times.

    Returns
    -------
    dict
        As `finding`, with the spans of time that have no volume.

    Examples
    --------
    >>> times = pl.Series([datetime(2021, 1, day) for day in (4, 5, 6)])
    >>> line = volume_finding(pl.Series([0.0, -1.0, 7.0]), times)
    >>> line["result"]
    '2 of 3 bars have no volume above zero, 1 of them a negative one'
    >>> line["note"]
    'Volume features are empty there and as long as a window reaches back: 2021-01-04 to ...'
    """
    known = ((volume > 0) & volume.is_finite()).fill_null(value=False)
    wrong = ts.filter(~known)
    if len(wrong) == 0:
        return finding("volume", "ok", "present")
    if volume.null_count() == len(volume):
        return finding("volume", "ok", "no volume in the data", "Volume features stay empty.")
    result = f"{len(wrong):,} of {len(ts):,} bars have no volume above zero"
    negative = int((volume < 0).sum())
    if negative:
        result += f", {negative:,} of them a negative one"
    unread = int(volume.is_nan().sum())
    if unread:
        result += f", {unread:,} of them one that is not a number"
    note = (
        f"Volume features are empty there and as long as a window reaches back: "
        f"{_spans(known, ts)}. Ask the source for the volume of these bars, or choose features "
        "without volume."
    )
    return finding("volume", "warn", result, note, wrong)


def _spans(known: pl.Series, ts: pl.Series) -> str:
    """The longest spans without volume, in time order."""
    runs = known.rle().struct.unnest().with_columns(end=pl.col("len").cum_sum())
    missing = runs.filter(~pl.col("value"))
    longest = missing.sort("len", descending=True, maintain_order=True).head(_SPANS).sort("end")
    texts = [
        f"{_days(ts[end - length], ts[end - 1])} ({counted(length, 'bar')})"
        for length, end in longest.select("len", "end").iter_rows()
    ]
    more = missing.height - len(texts)
    return ", ".join(texts) + (f" and {counted(more, 'shorter span')}" if more else "")


def _days(first: datetime, last: datetime) -> str:
    return f"{first:%Y-%m-%d}" if first == last else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
