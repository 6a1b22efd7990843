"""Catalog validators of artifacts that are not tables."""

import math
from typing import Any

LINE_KEYS = {"rows", "kept", "quarantined", "first", "last", "reasons", "checks"}
CHECK_KEYS = {"check", "severity", "result", "note", "rows", "first", "last"}
SEVERITIES = ("ok", "warn", "bad")


class Document:
    """A JSON document: an object that is not empty and holds finite numbers only."""

    @staticmethod
    def validate(data: Any) -> Any:
        """Return ``data``, or raise ValueError that names the first bad place."""
        if not isinstance(data, dict) or not data:
            raise ValueError(f"expected a filled JSON object, found {type(data).__name__}")
        problem = _first_not_finite(data, "")
        if problem:
            raise ValueError(f"{problem} is not a finite number; store null and give a reason")
        return data


class QualityReport(Document):
    """The quality report: findings by symbol, and a fingerprint."""

    @staticmethod
    def validate(data: Any) -> Any:
        """Return ``data``, or raise ValueError."""
        Document.validate(data)
        missing = {"symbols", "fingerprint"} - set(data)
        if missing:
            raise ValueError(f"the quality report lacks {sorted(missing)}")
        for symbol, line in data["symbols"].items():
            lacks = LINE_KEYS - set(line)
            if lacks:
                raise ValueError(f"the quality report of {symbol} lacks {sorted(lacks)}")
            if line["kept"] + line["quarantined"] != line["rows"]:
                raise ValueError(f"rows of {symbol} are neither kept nor in quarantine")
            for check in line["checks"]:
                if set(check) != CHECK_KEYS or check["severity"] not in SEVERITIES:
                    raise ValueError(f"the quality report of {symbol} has the finding {check}")
        return data


class Fitted:
    """Fitted objects by symbol."""

    @staticmethod
    def validate(data: Any) -> Any:
        """Return ``data``, or raise ValueError."""
        if not isinstance(data, dict) or not data:
            raise ValueError("expected fitted objects by symbol, found none")
        for key, item in data.items():
            if not hasattr(item, "to_state"):
                raise TypeError(f"{key} is a {type(item).__name__}, which has no to_state()")
        return data


class Figures:
    """Matplotlib figures by symbol."""

    @staticmethod
    def validate(data: Any) -> Any:
        """Return ``data``, or raise TypeError."""
        if not isinstance(data, dict) or not all(hasattr(f, "savefig") for f in data.values()):
            raise TypeError(f"expected matplotlib figures by symbol, found {type(data).__name__}")
        return data


class Page:
    """A whole HTML page."""

    @staticmethod
    def validate(data: Any) -> Any:
        """Return ``data``, or raise ValueError."""
        text = data.lstrip().lower() if isinstance(data, str) else ""
        if not (text.startswith("<!doctype html") and text.rstrip().endswith("</html>")):
            raise ValueError("expected a complete HTML page")
        return data


def _first_not_finite(node: Any, path: str) -> str | None:
    """Path of the first NaN or infinity below ``node``."""
    if isinstance(node, float) and not math.isfinite(node):
        return path or "the document"
    children = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for key, value in children:
        found = _first_not_finite(value, f"{path}.{key}" if path else str(key))
        if found:
            return found
    return None
