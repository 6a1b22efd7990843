"""Log records as JSON lines, for environments whose logs are read by machines."""

import json
import logging
from datetime import UTC, datetime


class JSONFormatter(logging.Formatter):
    """Format each record as one JSON object on one line.

    Examples
    --------
    >>> record = logging.LogRecord("a", logging.INFO, "f", 1, "refit %d", (3,), None)
    >>> json.loads(JSONFormatter().format(record))["message"]
    'refit 3'
    """

    def format(self, record: logging.LogRecord) -> str:
        """Give time (UTC, ISO), level, logger, message and, where there is one, the traceback."""
        event = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            event["traceback"] = self.formatException(record.exc_info)
        return json.dumps(event)
