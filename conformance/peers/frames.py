"""Frames and messages of the e-pigeon protocol (spec/protocol.md, chapters 4 and 5), for client.py and
server.py. Nothing here knows what a message means. Read this first; it needs the standard library only.

A payload has to arrive as the same bytes [EP-G1-1], and 1 and 1.0 are the same number but not the same
text. So whatever is read here keeps its text beside its value, and only the text is ever passed on."""
import json
import re
from collections import namedtuple

END = b"\x0c"
LIMITS = {"frame": 32 << 20, "early_frame": 65536, "depth": 256, "members": 64, "client_id": 128, "uid": 128,
          "name": 64, "credential": 256, "session": 65536, "selector": 16}

# The error codes of chapter 12 that these peers write.
REASONS = {
    "malformed": "The frame is not JSON text in UTF-8.",
    "too-large": "The frame is larger than this peer reads.",
    "too-deep": "The JSON is nested deeper than this peer reads.",
    "bad-message": "The JSON is not a message of this protocol.",
    "unknown-action": "This action is not known here.",
    "bad-auth": "The auth request has no usable client id, instance or expect.",
    "unauthorized": "The secret or the token is not the right one.",
    "too-many-clients": "The server knows as many clients as it may.",
    "auth-timeout": "No auth request came in time.",
    "other-client": "This connection already belongs to another client id or version.",
    "replaced": "A newer connection of the same client id has taken over.",
    "idle": "Nothing was heard for too long.",
    "shutdown": "The server is stopping.",
    "unknown-id": "There is no unconfirmed item with this id.",
    "bad-to": "The address is neither a client id nor an object of scalars.",
    "bad-session": "The session is not an object, or larger than the server keeps.",
    "mailbox-full": "The mailbox of the named recipients is full; the others get the message.",
    "parked-full": "Nobody matches, and no more messages can wait for somebody who does.",
}

Value = namedtuple("Value", "is_ text")  # what it is in Python, and how it was spelled
Message = namedtuple("Message", "action members over")  # over: the error of a limit it breaks, or None


class Malformed(Exception):
    """Not JSON text in UTF-8, or not an object [EP-JSON-1]."""


class Splitter:
    """Cuts a stream of bytes into frames, wherever the segments end [EP-FRAME-2]. One for each
    connection: a frame begun on one socket is never finished by another."""

    def __init__(self, limit):
        self.limit, self.rest, self.skipping = limit, bytearray(), False

    def feed(self, data):
        """Yields each frame; None once for a frame over the limit, which is skipped [EP-LIM-2]."""
        *pieces, tail = data.split(END)
        for last, piece in [(True, piece) for piece in pieces] + [(False, tail)]:
            if not self.skipping and len(self.rest) + len(piece) > self.limit:
                self.skipping = True
                self.rest.clear()
                yield None
            if not self.skipping:
                self.rest += piece
            if last:
                frame, skipped = bytes(self.rest), self.skipping
                self.rest, self.skipping = bytearray(), False
                if not skipped:
                    yield frame


def _no_constant(word):
    raise Malformed(word)  # Python would take NaN and Infinity


# Numbers become doubles [EP-ADDR-2]; whoever needs an integer looks at the text (whole_number).
_scan = json.JSONDecoder(parse_int=float, parse_constant=_no_constant).scan_once
_space = re.compile(r"[ \t\n\r]*")
_token = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def _value(text, at):
    try:
        value, end = _scan(text, at)
    except (StopIteration, ValueError):
        raise Malformed(text[at:at + 20]) from None
    return Value(value, text[at:end]), end


class Members(dict):
    count = 0  # with those that occur twice


def members(text):
    """The members of an object, by name: of one name the last [EP-JSON-2], escapes undone [EP-JSON-3]."""
    found, at = Members(), _space.match(text).end()
    if text[at:at + 1] != "{":
        raise Malformed("not an object")
    at = _space.match(text, at + 1).end()
    while text[at:at + 1] != "}" or found:
        name, at = _value(text, at)
        at = _space.match(text, at).end()
        if not isinstance(name.is_, str) or text[at:at + 1] != ":":
            raise Malformed("not a member")
        found[name.is_], at = _value(text, _space.match(text, at + 1).end())
        found.count += 1
        at = _space.match(text, at).end()
        if text[at:at + 1] == "}":
            break
        if text[at:at + 1] != ",":
            raise Malformed("neither , nor }")
        at = _space.match(text, at + 1).end()
    if _space.match(text, at + 1).end() != len(text):
        raise Malformed("more after the object")
    return found


def _prune(text):
    """The text, what is nested too deep replaced by 0; and whether there was such a thing. So the id of
    a message that is too deep can still be read, and refused [EP-LIM-3], and no stack overflows."""
    if text.count("[") + text.count("{") <= LIMITS["depth"]:
        return text, False
    kept, depth, start = [], 0, 0
    for token in _token.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth == LIMITS["depth"] + 1:
                kept.append(text[start:token.start()] + "0")
        elif token[0] in "]}":
            depth -= 1
            if depth == LIMITS["depth"]:
                start = token.end()
    too_deep = bool(kept)
    return "".join(kept) + (text[start:] if depth <= LIMITS["depth"] else ""), too_deep


def read(frame):
    """A frame's message. Its action is None when it is JSON but not a message. Raises Malformed."""
    try:
        text, deep = _prune(frame.decode("utf-8"))
        found = members(text)
        if not isinstance(found.get("action", Value(None, "")).is_, str):
            kind, data = found.get("type"), found.get("data")
            if not kind or kind.is_ != "_message_" or not data or not isinstance(data.is_, str):
                return Message(None, found, None)
            data.is_.encode("utf-8")  # a lone surrogate cannot be said in UTF-8
            text, deeper = _prune(data.is_)
            deep, many = deep or deeper, found.count > LIMITS["members"]
            found = members(text)
            if not isinstance(found.get("action", Value(None, "")).is_, str):
                return Message(None, found, None)
        else:
            many = False
    except UnicodeError:
        raise Malformed("not UTF-8") from None
    many = many or found.count > LIMITS["members"]
    return Message(found["action"].is_, found, "too-deep" if deep else "bad-message" if many else None)


def quote(value):
    """Compact JSON; only what has to be escaped is escaped (chapter 4.4)."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def message(action, payload=None, **more):
    """A message's text, `action` first [EP-FRAME-6]. The payload and the rest are JSON texts, None: absent."""
    pairs = [("action", quote(action)), ("payload", payload), *more.items()]
    return "{" + ",".join(f'"{name}":{text}' for name, text in pairs if text is not None) + "}"


def frame_of(text, bare):
    """The bytes of a message: bare in EP/2, else in an envelope [EP-FRAME-4, EP-FRAME-5]."""
    return (text if bare else '{"type":"_message_","data":' + quote(text) + "}").encode() + END


def is_name(value, limit):
    """A client id, a uid, an instance: printable ASCII [EP-MSG-2, EP-MSG-3]."""
    if value is None or not isinstance(value.is_, str):
        return False
    return re.fullmatch(f"[ -~]{{1,{LIMITS[limit]}}}", value.is_) is not None


def whole_number(value):
    """An id, or None: digits, and nothing but digits [EP-JSON-5]."""
    if value is None or not re.fullmatch("0|[1-9][0-9]{0,15}", value.text):
        return None
    return int(value.text) if int(value.text) <= 9007199254740991 else None


def selector(value):
    """An object of at most 16 scalars, or None."""
    if value is None or not isinstance(value.is_, dict) or len(value.is_) > LIMITS["selector"]:
        return None
    return None if any(isinstance(one, (dict, list)) for one in value.is_.values()) else value.is_


def matches(wanted, session):
    """All pairs, equal by type and value [EP-ADDR-1, EP-ADDR-2]. (To Python, True equals 1.0.)"""
    return all(name in session and type(session[name]) is type(value) and session[name] == value
               for name, value in wanted.items())
