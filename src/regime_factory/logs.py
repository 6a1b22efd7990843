"""Log records: as JSON lines for machines, and without advice that does not apply."""

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


class WithoutResumeAdvice(logging.Filter):
    r"""Leave out Kedro's advice on how to resume: it is wrong where data or settings are at fault.

    Examples
    --------
    >>> advice = "There are 3 nodes that have not run.\nYou can resume the pipeline run ..."
    >>> record = logging.LogRecord("a", logging.WARNING, "f", 1, advice, (), None)
    >>> WithoutResumeAdvice().filter(record)
    False
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record but that advice."""
        text = record.getMessage()
        return "nodes that have not run" not in text and "No nodes ran" not in text
