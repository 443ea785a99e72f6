"""Riemann's messages as bytes (Protocol Buffers), read and written by hand.

Source: Riemann's published message definition. Event: 1 time, 2 state, 3 service, 4 host, 5 description, 7 tags,
8 ttl (float), 9 attributes (1 key, 2 value), 10 time in microseconds, 13 metric as zigzag integer, 14 as double,
15 as float. Message: 2 ok, 3 error, 4 states (the old form of events), 5 query (1 text), 6 events. Over TCP each
message has its length before it, four bytes, the first one most significant; a UDP datagram is one message.
"""

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hausmeister.base.event import ATTRIBUTES_MOST, DESCRIPTION_MOST, NAME_MOST, TAGS_MOST, VALUE_MOST, Event
from hausmeister.base.untrusted import storable

FRAME_MOST = 4 * 1024 * 1024
EVENTS_MOST = 20_000

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_DOUBLE, _FLOAT, _LENGTH = struct.Struct("<d"), struct.Struct("<f"), struct.Struct(">I")


class Malformed(ValueError):
    """The bytes are no message; the text says where."""


@dataclass(frozen=True)
class Message:
    """What a sender says: events, a query, or both."""

    events: tuple[Event, ...] = ()
    query: str | None = None


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            break
    raise Malformed(f"a number that does not end, at byte {at}")


def _piece(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Return where the length-delimited field at `at` begins and ends."""
    size, at = _varint(data, at, end)
    if size > end - at:
        raise Malformed(f"a field of {size} bytes at byte {at}, where {end - at} are left")
    return at, at + size


def _skip(kind: int, data: bytes, at: int, end: int) -> int:
    if kind == _VARINT:
        return _varint(data, at, end)[1]
    if kind == _BYTES:
        return _piece(data, at, end)[1]
    after = at + {_FIXED64: 8, _FIXED32: 4}.get(kind, end)
    if after > end or kind not in {_FIXED64, _FIXED32}:
        raise Malformed(f"a field of unknown kind {kind} at byte {at}")
    return after


def read(data: bytes) -> Message:
    """Return the message in `data`. Raises Malformed."""
    events: list[Event] = []
    query: str | None = None
    at, end = 0, len(data)
    while at < end:
        tag, at = _varint(data, at, end)
        field, kind = tag >> 3, tag & 7
        if kind == _BYTES and field in {4, 5, 6}:
            start, at = _piece(data, at, end)
            if field == 5:
                query = _query(data, start, at)
            elif len(events) < EVENTS_MOST:
                events.append(_event(data, start, at))
            else:
                raise Malformed(f"more than {EVENTS_MOST} events in one message")
        else:
            at = _skip(kind, data, at, end)
    return Message(tuple(events), query)


def _query(data: bytes, at: int, end: int) -> str:
    text = ""
    while at < end:
        tag, at = _varint(data, at, end)
        if tag == (1 << 3 | _BYTES):
            start, at = _piece(data, at, end)
            text = data[start:at].decode("utf-8", "replace")
        else:
            at = _skip(tag & 7, data, at, end)
    return text


# field and kind of the texts of an event, as the one byte they have on the wire
_TEXTS = {0x12: "state", 0x1A: "service", 0x22: "host", 0x2A: "description"}
_MOST = {"state": NAME_MOST, "service": NAME_MOST, "host": NAME_MOST, "description": DESCRIPTION_MOST}


def _event(data: bytes, at: int, end: int) -> Event:
    """Return one event; what is given twice counts once, the last, as Protocol Buffers have it."""
    told: dict[str, Any] = {}
    tags: list[str] = []
    attributes: dict[str, str] = {}
    while at < end:
        tag = data[at]
        if tag & 7 == _BYTES and tag < 0x80:
            start, at = _piece(data, at + 1, end)
            name = _TEXTS.get(tag)
            if name is not None:
                told[name] = _text(data, start, at, _MOST[name])
            elif tag == 0x3A and len(tags) < TAGS_MOST:
                tags.append(_text(data, start, at, NAME_MOST))
            elif tag == 0x4A and len(attributes) < ATTRIBUTES_MOST:
                key, value = _attribute(data, start, at)
                attributes[key] = value
        else:
            at = _number(told, data, at, end)
    micros = told.pop("time_micros", None)
    if micros is not None:
        told["time_s"] = micros / 1_000_000
    return Event(tags=tuple(tags), attributes=attributes, **told)


def _number(told: dict[str, Any], data: bytes, at: int, end: int) -> int:
    """Read one field that is no text into `told`; return where the next begins."""
    tag, at = _varint(data, at, end)
    if tag in {0x08, 0x50, 0x68}:
        value, at = _varint(data, at, end)
        if tag == 0x68:
            told["metric"] = value >> 1 ^ -(value & 1)
        else:
            # negative ones fill all 64 bits
            told["time_s" if tag == 0x08 else "time_micros"] = value - (1 << 64) if value >> 63 else value
        return at
    after = _skip(tag & 7, data, at, end)
    if tag == 0x45:
        told["ttl_s"] = _finite(_FLOAT.unpack_from(data, at)[0])
    elif tag == 0x71:
        told["metric"] = _finite(_DOUBLE.unpack_from(data, at)[0])
    elif tag == 0x7D and not isinstance(told.get("metric"), int | float):
        # senders that fill both fields give the same number, the float with fewer digits
        told["metric"] = _finite(_FLOAT.unpack_from(data, at)[0])
    return after


def _finite(number: float) -> float | None:
    """Return the number; one that is none, or endless, compares with nothing and is left out."""
    return number if math.isfinite(number) else None


def _text(data: bytes, start: int, end: int, most: int) -> str:
    text = data[start:end].decode("utf-8", "replace")
    return text[:most] if text.isprintable() else storable(text)[:most]


def _attribute(data: bytes, at: int, end: int) -> tuple[str, str]:
    key = value = ""
    while at < end:
        tag, at = _varint(data, at, end)
        if tag in {0x0A, 0x12}:
            start, at = _piece(data, at, end)
            if tag == 0x0A:
                key = _text(data, start, at, NAME_MOST)
            else:
                value = _text(data, start, at, VALUE_MOST)
        else:
            at = _skip(tag & 7, data, at, end)
    return key, value


# ---- writing ----


def _number_bytes(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(tag: int, content: bytes) -> bytes:
    return bytes((tag,)) + _number_bytes(len(content)) + content


def _text_field(tag: int, text: str) -> bytes:
    return _field(tag, text.encode("utf-8", "replace")) if text else b""


def event_bytes(event: Event) -> bytes:
    """Return the event as Riemann writes it: an integer also as a float, for clients that know only that."""
    parts = [_text_field(tag, getattr(event, name)) for tag, name in _TEXTS.items()]
    parts += [_field(0x3A, tag.encode()) for tag in event.tags]
    if event.ttl_s is not None:
        parts.append(b"\x45" + _FLOAT.pack(_as_float(event.ttl_s)))
    parts += [
        _field(0x4A, _text_field(0x0A, key) + _text_field(0x12, value)) for key, value in event.attributes.items()
    ]
    if event.time_s is not None:
        parts.append(b"\x08" + _number_bytes(int(event.time_s) % (1 << 64)))
        parts.append(b"\x50" + _number_bytes(round(event.time_s * 1_000_000) % (1 << 64)))
    if isinstance(event.metric, int):
        parts.append(b"\x68" + _number_bytes((event.metric << 1 ^ event.metric >> 63) % (1 << 64)))
    elif event.metric is not None:
        parts.append(b"\x71" + _DOUBLE.pack(event.metric))
    if event.metric is not None:
        parts.append(b"\x7d" + _FLOAT.pack(_as_float(event.metric)))
    return b"".join(parts)


def _as_float(number: float) -> float:
    largest = 3.4028234e38
    return min(max(float(number), -largest), largest)


def answer(*, error: str = "", events: Iterable[Event] = ()) -> bytes:
    """Return a whole frame: the message that answers one, with its length before it."""
    body = b"\x10\x00" + _text_field(0x1A, error) if error else b"\x10\x01"
    body += b"".join(_field(0x32, event_bytes(event)) for event in events)
    return framed(body)


def question(query: str) -> bytes:
    """Return the frame that asks a Riemann for the events of its index that `query` describes."""
    return framed(_field(0x2A, _text_field(0x0A, query)))


def framed(body: bytes) -> bytes:
    """Return `body` with its length before it."""
    return _LENGTH.pack(len(body)) + body


def answered(body: bytes) -> tuple[bool, str, tuple[Event, ...]]:
    """Return what a Riemann answers: whether it is well, its error, and the events. Raises Malformed."""
    ok, error, at, end = True, "", 0, len(body)
    while at < end:
        tag, at = _varint(body, at, end)
        if tag == 0x10:
            value, at = _varint(body, at, end)
            ok = bool(value)
        elif tag == 0x1A:
            start, at = _piece(body, at, end)
            error = _text(body, start, at, VALUE_MOST)
        else:
            at = _skip(tag & 7, body, at, end)
    return ok, error, read(body).events


# ---- JSON, as its websockets speak it ----


def as_json(event: Event) -> dict[str, Any]:
    """Return the event as Riemann's websockets send it: attributes beside the fields, the time as ISO 8601."""
    told: dict[str, Any] = dict(event.attributes)
    told |= {
        "host": event.host or None,
        "service": event.service or None,
        "state": event.state or None,
        "description": event.description or None,
        "metric": event.metric,
        "tags": list(event.tags) or None,
        "time": _iso(event.time_s),
        "ttl": event.ttl_s,
    }
    return told


def _iso(time_s: float | None) -> str | None:
    if time_s is None:
        return None
    try:
        moment = datetime.fromtimestamp(time_s, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_FIELDS = frozenset({"host", "service", "state", "description", "metric", "tags", "time", "ttl"})


def from_json(told: Any) -> Event:
    """Return the event that a JSON object describes, as senders by HTTP write it. Raises Malformed."""
    if not isinstance(told, dict):
        raise Malformed("a line that is no JSON object")
    metric, tags = told.get("metric"), told.get("tags") or []
    if metric is not None and (isinstance(metric, bool) or not isinstance(metric, int | float)):
        raise Malformed(f"a metric that is no number: {str(metric)[:50]!r}")
    if not isinstance(tags, list):
        raise Malformed("tags that are no list")
    return Event(
        host=_said(told, "host", NAME_MOST),
        service=_said(told, "service", NAME_MOST),
        state=_said(told, "state", NAME_MOST),
        description=_said(told, "description", DESCRIPTION_MOST),
        metric=_measured(metric),
        tags=tuple(storable(str(tag))[:NAME_MOST] for tag in tags[:TAGS_MOST]),
        attributes={
            storable(str(key))[:NAME_MOST]: storable(str(value))[:VALUE_MOST]
            for key, value in list(told.items())[: ATTRIBUTES_MOST + len(_FIELDS)]
            if key not in _FIELDS and value is not None
        },
        time_s=_moment(told.get("time")),
        ttl_s=_seconds(told.get("ttl")),
    )


def _measured(metric: int | float | None) -> int | float | None:
    """Return the number, as far as it is one that the other ways in could carry too."""
    if metric is None or abs(metric) > 1.7e308 or not math.isfinite(metric):
        return None
    return metric if isinstance(metric, float) or abs(metric) < 1 << 63 else float(metric)


def _said(told: dict[str, Any], name: str, most: int) -> str:
    value = told.get(name)
    return "" if value is None else storable(str(value))[:most]


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1.7e308:
        return None
    return float(value)


def _moment(value: object) -> float | None:
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError as error:
            raise Malformed(f"a time that is none: {value[:50]!r}") from error
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    return _seconds(value)
