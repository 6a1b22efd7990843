"""What to say where a symbol keeps no row at all: which rules reject its rows, and what to set."""

from collections.abc import Sequence

import polars as pl

from regime_factory.bars.quality.findings import Finding
from regime_factory.bars.sources.standard import OPTIONAL_COLUMNS

_EPOCH_BY_DIGITS = {9: "epoch_s", 10: "epoch_s", 12: "epoch_ms", 13: "epoch_ms", 16: "epoch_us"}
_TIME = r"ts is not a time: '([^']*)'"
_NUMBER = r"is not a number: '([^']*)'"


def refuse_all_rejected(symbol: str, rejected: pl.DataFrame, findings: Sequence[Finding]) -> None:
    """Raise for a symbol without a usable row.

    Parameters
    ----------
    symbol
        The symbol.
    rejected
        All its rows, with ``row`` and ``reason``.
    findings
        Report lines of the rules, with ``check``, ``rows`` and ``note``.

    Raises
    ------
    ValueError
        With the rows that each rule rejects, one reason in full and what to do about it.

    Examples
    --------
    >>> rows = pl.DataFrame({"row": [1], "reason": ["ts is not a time: '1577836800'"]})
    >>> refuse_all_rejected("X", rows, [{"check": "readable cells", "rows": 1, "note": ""}])
    Traceback (most recent call last):
    ...
    ValueError: no usable row for 'X': all 1 rows are rejected (1 by the rule 'readable cells'); ...
    """
    rules = sorted((line for line in findings if line["rows"]), key=lambda line: -line["rows"])
    counts = ", ".join(f"{line['rows']} by the rule {line['check']!r}" for line in rules)
    row, reason = rejected.select("row", "reason").row(0)
    advice = " ".join(_hints(rejected["reason"])) or (rules[0]["note"] if rules else "")
    raise ValueError(
        f"no usable row for {symbol!r}: all {rejected.height} rows are rejected ({counts}); "
        f"row {row}: {reason}. {advice}".rstrip()
    )


def _hints(reasons: pl.Series) -> list[str]:
    """Advice on cells that cannot be read, from how the first of them is written."""
    hints = []
    times = reasons.str.extract(_TIME).drop_nulls()
    numbers = reasons.str.extract(_NUMBER).drop_nulls()
    if len(times):
        hints.append(_time_hint(times[0]))
    if len(numbers):
        commas = numbers.str.contains(",").any()
        kind = "decimal commas and thousands separators" if commas else "text and currency signs"
        hints.append(
            f"Write numbers with a decimal point and nothing else, e.g. 1234.5: {kind} are not "
            "read; check ingest.columns too."
        )
        spare = [
            name for name in OPTIONAL_COLUMNS if reasons.str.contains(f"{name} {_NUMBER}").all()
        ]
        hints += [f"To leave a column out: ingest.columns: {{{name}: null}}." for name in spare]
    return hints


def _time_hint(text: str) -> str:
    whole, _, part = text.partition(".")
    if whole.isdigit() and not part.strip("0"):
        unit = _EPOCH_BY_DIGITS.get(len(whole))
        likely = f"; {len(whole)} digits are most often {unit}" if unit else ""
        return (
            "The times are digits: set ingest.date_format to epoch_s (seconds), epoch_ms "
            f"(milliseconds) or epoch_us, or e.g. to '%Y%m%d' for dates{likely}."
        )
    return (
        "Set ingest.date_format to how the file writes its times, e.g. '%m/%d/%Y %H:%M' or "
        "'%d.%m.%Y'; without it they must be ISO 8601, e.g. 2021-03-12 14:00."
    )
