"""Audit: finds what in a run depends on bars that came later."""

from regime_factory.audit.causality import (
    AuditResult,
    Leak,
    TimeRule,
    audit_causality,
    remove_future,
    replace_future,
)

__all__ = [
    "AuditResult",
    "Leak",
    "TimeRule",
    "audit_causality",
    "remove_future",
    "replace_future",
]
