"""Audit: finds what in a run depends on later bars, and what in a fit on other rows."""

from regime_factory.audit.causality import (
    AuditResult,
    Leak,
    TimeRule,
    audit_causality,
    remove_future,
    replace_future,
)
from regime_factory.audit.fits import FitAudit, FitLeak, alter_rows, audit_fits

__all__ = [
    "AuditResult",
    "FitAudit",
    "FitLeak",
    "Leak",
    "TimeRule",
    "alter_rows",
    "audit_causality",
    "audit_fits",
    "remove_future",
    "replace_future",
]
