"""Thresholds of the quality gate, and when its findings stop a run."""

import difflib
from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from regime_factory.bars.quality.findings import CHECKS, NO_SYMBOL

SEVERITIES = {"never": (), "bad": ("bad",), "warn": ("bad", "warn")}
_FOUND = ("bad", "warn")


def _known_checks(names: list[str]) -> list[str]:
    for name in names:
        if name not in CHECKS:
            near = difflib.get_close_matches(name, CHECKS, n=3, cutoff=0.3) or CHECKS
            raise ValueError(f"no check is named {name!r}; did you mean {', '.join(near)}?")
    return names


def _split(value: Any) -> Any:
    """Take a list written as one scalar, as the command line has to."""
    return [part.strip() for part in value.split(";")] if isinstance(value, str) else value


Share = Annotated[float, Field(ge=0, le=1)]
CheckNames = Annotated[list[str], BeforeValidator(_split), AfterValidator(_known_checks)]


class GateLimits(BaseModel):
    """From where on the quality gate calls something a fault, and which faults stop a run.

    Parameters
    ----------
    bad_share
        Share of a symbol's rows from which a rule that quarantines rows is ``bad``; less is
        ``warn``.
    missing_share
        Share of the scheduled bars from which missing ones are a warning.
    weekdays_off
        Weekdays a year without a bar that count as holidays where the session has no calendar.
    partial_share
        Share of the sessions from which incomplete ones are a warning.
    long_gap_days
        Days without a bar from which the longest gap is a warning.
    stale_open_share
        Share of opens equal to the previous close from which a year is a warning.
    stale_bars
        Bars in a row without any movement from which they are a stale run.
    bad_stale_share
        Share of the bars from which stale runs are ``bad``.
    outlier_window
        Moves that the trailing scale of a move is the median of.
    outlier_mads
        Size of an outlier, in median absolute moves of the window before it.
    split_tolerance
        Largest distance of a price ratio from that of a split, as a fraction of it.
    late_days
        Days that a symbol may start after, or end before, most of the others.
    stop_on_checks
        Checks that stop the run whatever they find, beside ``ingest.stop_on``.
    accept_checks
        Checks that never stop the run.

    Examples
    --------
    >>> GateLimits().stale_bars
    5
    >>> GateLimits(stop_on_checks=["gap"])
    Traceback (most recent call last):
    ...
    pydantic_core._pydantic_core.ValidationError: 1 validation error for GateLimits
    stop_on_checks
      Value error, no check is named 'gap'; did you mean gaps, ...
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    bad_share: Share = 0.01
    missing_share: Share = 0.01
    weekdays_off: Annotated[int, Field(ge=0, le=261)] = 15
    partial_share: Share = 0.02
    long_gap_days: Annotated[float, Field(gt=0)] = 7.0
    stale_open_share: Share = 0.05
    stale_bars: Annotated[int, Field(ge=2)] = 5
    bad_stale_share: Share = 0.1
    outlier_window: Annotated[int, Field(ge=10)] = 100
    outlier_mads: Annotated[float, Field(gt=0)] = 25.0
    split_tolerance: Annotated[float, Field(gt=0, lt=0.1)] = 0.03
    late_days: Annotated[float, Field(gt=0)] = 30.0
    stop_on_checks: CheckNames = []
    accept_checks: CheckNames = []

    @model_validator(mode="after")
    def _checks_stop_or_are_accepted(self) -> "GateLimits":
        both = [name for name in self.stop_on_checks if name in self.accept_checks]
        if both:
            raise ValueError(
                f"stop_on_checks and accept_checks both name {', '.join(both)}; a check either "
                "stops the run or never does: keep it in one of them"
            )
        return self


class QualityError(ValueError):
    """The bars are worse than the settings allow."""


def enforce_quality(
    report: Mapping[str, Any],
    *,
    max_quarantined: float = 0.01,
    stop_on: str = "never",
    stop_on_checks: Collection[str] = (),
    accept_checks: Collection[str] = (),
) -> None:
    """Stop where the quality report shows more than the settings allow.

    Parameters
    ----------
    report
        Report of `check_bars`.
    max_quarantined
        Largest share of a symbol's rows that may be in quarantine, 0 to 1; for rows without a
        symbol the largest share of all rows.
    stop_on
        Severity of a finding that is not accepted: ``bad``, ``warn`` (and bad) or ``never``.
    stop_on_checks
        Names of checks whose findings are not accepted, whatever ``stop_on`` says.
    accept_checks
        Names of checks whose findings are accepted, whatever ``stop_on`` says.

    Raises
    ------
    QualityError
        Naming every symbol that fails, and why.

    Examples
    --------
    >>> line = {"rows": 100, "quarantined": 3, "checks": []}
    >>> enforce_quality({"symbols": {"ES": line}}, max_quarantined=0.05)
    >>> enforce_quality({"symbols": {"ES": line}}, max_quarantined=0.01)
    Traceback (most recent call last):
    ...
    regime_factory.bars.quality.limits.QualityError: the bars are not good enough: ES: 3 of ...
    """
    faults = []
    in_file = sum(line["rows"] for line in report["symbols"].values())
    for symbol, line in report["symbols"].items():
        rows = in_file if symbol == NO_SYMBOL else line["rows"]
        share = line["quarantined"] / max(rows, 1)
        if share > max_quarantined:
            faults.append(
                f"{symbol}: {line['quarantined']} of {rows} rows are in quarantine "
                f"({share:.2%}), at most {max_quarantined:.2%} are accepted "
                "(ingest.max_quarantined); see bars_quarantine for rows and reasons"
            )
        for check in line["checks"]:
            name, severity = check["check"], check["severity"]
            listed = name in stop_on_checks and severity in _FOUND
            if name not in accept_checks and (listed or severity in SEVERITIES[stop_on]):
                setting = "quality.stop_on_checks" if listed else "ingest.stop_on"
                faults.append(f"{symbol}: {name}: {check['result']}; {check['note']} ({setting})")
    if faults:
        raise QualityError("the bars are not good enough: " + "; ".join(faults))
