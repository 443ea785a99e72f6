"""Structured logs: one JSON object a line, one event name, facts as fields, secrets masked (S52)."""

import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

_SECRET_FIELDS = re.compile(r"(?i)authorization|cookie|api_?key|password|secret|token|csrf")
# what may stand inside a longer text: our keys, signed links, Opsgenie keys in headers, apiKey= in a query
_SECRET_TEXT = re.compile(
    r"\bhm[a-z0-9]{30}\b"
    r"|(?<=/p/)[A-Za-z0-9_:\-]{20,}"
    r"|(?<=/invitation/)[A-Za-z0-9]{16,}"
    r"|(?<=/password/reset/)[^/?\s\"']+"
    r"|(?i:(?<=[?&]token=)[^&\s\"']+)"
    r"|(?<=/in/opsgenie-events/)[^/?\s\"']+"
    r"|(?<=/calendar/)[A-Za-z0-9]{20,}"
    r"|(?<=/ping/)[A-Za-z0-9]{16,}"
    r"|(?i:(?<=apikey=)[^&\s\"']+)"
    r"|(?i:(?<=genie\skey\s)\S+|(?<=geniekey\s)\S+|(?<=bearer\s)\S+|(?<=basic\s)\S+)"
    r"|\bxox[a-z]-[A-Za-z0-9-]+"
)
_ADDRESS = re.compile(r"\b([A-Za-z0-9])[A-Za-z0-9._%+-]*@([A-Za-z0-9.-]+\.[A-Za-z]{2,}|localhost)\b")
_NUMBER = re.compile(r"\+\d{5,12}(\d{3})\b")


def mask(text: str) -> str:
    """Return `text` with keys, link tokens, e-mail addresses and phone numbers made unreadable."""
    text = _SECRET_TEXT.sub("***", text)
    text = _ADDRESS.sub(r"\1***@\2", text)
    return _NUMBER.sub(r"+***\1", text)


def _masked(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return mask(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth < 4 and isinstance(value, dict):
        return {
            key: "***" if _SECRET_FIELDS.search(str(key)) else _masked(item, depth + 1) for key, item in value.items()
        }
    if depth < 4 and isinstance(value, list | tuple):
        return [_masked(item, depth + 1) for item in value]
    # an error, a path, something deep: it would be written as text, so it is masked as text
    return mask(str(value))


def mask_secrets(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Mask every field of a log line; the last processor before it is written."""
    return {key: "***" if _SECRET_FIELDS.search(key) else _masked(value) for key, value in event.items()}


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
    structlog.processors.UnicodeDecoder(),
]


def configure(level: str) -> dict[str, Any]:
    """Set structlog up and return the `LOGGING` dictionary that sends the standard library through it.

    `level` is debug, info, warning or error.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    mask_secrets,
                    structlog.processors.JSONRenderer(),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            # Django logs each 4xx as a warning; those are people's typing errors, not ours
            "django.request": {"level": "ERROR"},
            # that it has started and stopped is said by us, in our own words
            "uvicorn": {"level": "WARNING"},
        },
    }


def get(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of one module."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
