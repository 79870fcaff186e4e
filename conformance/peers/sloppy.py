#!/usr/bin/env python3
"""server.py with one mistake at a time: those that people make who write their first server. Read first:
server.py, post.py, state.py. Each mistake names the requirement it breaks; the suite's cases for that find it:

    python3 sloppy.py PORT [--fault NAME] [options of server.py]      python3 sloppy.py --list"""
import asyncio
import json
import os
import sys
import frames
import server
import state
from frames import message, quote
from post import Post
from server import Server
from state import Connection, Mail

FAULTS = {}  # name: requirement, function that puts the mistake in


def fault(requirement):
    def keep(make):
        FAULTS[make.__name__.replace("_", "-")] = requirement, make
        return make
    return keep


def instead(of, name):
    """The function below replaces the method `name`, which it gets as its first argument."""
    right = getattr(of, name)

    def put(wrong):
        setattr(of, name, lambda *given, **named: wrong(right, *given, **named))
    return put


# ---- bytes and frames ----------------------------------------------------------------------------


@fault("EP-FRAME-2")
def shared_buffer():
    """One buffer for the unfinished frames of all sockets. Works with one client, and on a quiet line."""
    one = frames.Splitter(frames.LIMITS["frame"])
    state.Splitter = lambda limit: one


@fault("EP-FRAME-2")
def one_segment_one_frame():
    """Takes what one read returns for one frame."""
    @instead(frames.Splitter, "feed")
    def feed(right, splitter, data):
        yield data.rstrip(b"\x0c")


@fault("EP-FRAME-5")
def always_enveloped():
    """Goes on with envelopes after the reply that selects EP/2."""
    @instead(Connection, "write")
    def write(right, connection, text):
        connection.bare = False
        right(connection, text)


@fault("EP-JSON-1")
def crash_on_bad_input():
    """An exception of the JSON parser ends the process."""
    def parse(frame):
        try:
            return frames.read(frame)
        except frames.Malformed:
            os._exit(1)
    server.read = parse


@fault("EP-G1-1")
def reserialised():
    """Parses the payload, and writes it anew: 1.0 becomes 1, or escapes and white space change."""
    @instead(Mail, "__init__")
    def init(right, mail, sender, number, up):
        payload = up.fields.get("payload")
        if payload:
            up.fields["payload"] = payload._replace(text=json.dumps(json.loads(payload.text)))
        right(mail, sender, number, up)


@fault("EP-G1-1")
def null_for_absent():
    """A message without payload arrives with null."""
    @instead(Mail, "__init__")
    def init(right, mail, sender, number, up):
        up.fields.setdefault("payload", frames.Value(None, "null"))
        right(mail, sender, number, up)


@fault("EP-G1-2")
def trusts_from():
    """Passes on what the sender says about who it is."""
    @instead(Mail, "__init__")
    def init(right, mail, sender, number, up):
        right(mail, sender, number, up)
        if "from" in up.fields:
            mail.head = mail.head.replace(quote(sender.name), up.fields["from"].text, 1)


# ---- up: order, duplicates, confirms -------------------------------------------------------------


@fault("EP-RECV-1")
def on_arrival():
    """Takes items as they come, whatever their ids say."""
    @instead(Post, "receive")
    def receive(right, self, connection, number, up):
        client = connection.client
        if number not in client.seen:
            client.seen[number] = True
            self.accept(client, number, up)
        client.expected = max(client.expected, number + 1)
        connection.confirm_due = True


@fault("EP-RECV-2")
def no_dedup():
    """Does not remember what it has accepted."""
    @instead(Post, "receive")
    def receive(right, self, connection, number, up):
        if number < connection.client.expected:
            self.accept(connection.client, number, up)
        right(self, connection, number, up)


@fault("EP-RECV-5")
def no_dedup_v1():
    """In EP/1 the id tells a duplicate, not the uid: an old id with a new uid is thrown away."""
    @instead(Post, "receive_v1")
    def receive_v1(right, self, connection, number, up):
        if number is not None and number < connection.client.expected:
            self.confirm_v1(connection.client, up)
        else:
            right(self, connection, number, up)


@fault("EP-RECV-3")
def confirms_before_accepting():
    """Confirms what it only holds, so that nobody has it when the connection ends."""
    @instead(Post, "receive_v1")
    def receive_v1(right, self, connection, number, up):
        connection.write(message("message.confirm", up.fields["uid"].text))
        right(self, connection, number, up)

    @instead(Post, "receive")
    def receive(right, self, connection, number, up):
        connection.write(message("message.confirm", str(number)))
        right(self, connection, number, up)


@fault("EP-SEND-4")
def confirms_one_more():
    """Confirms the id it wants next."""
    @instead(Server, "end_turn")
    def end_turn(right, self):
        for connection in self.connections:
            if connection.confirm_due:
                connection.confirm_due = False
                connection.write(message("message.confirm", str(connection.client.expected)))
        right(self)


@fault("EP-ROUTE-2")
def mail_before_confirm():
    """Writes a message to its own sender before it confirms it."""
    @instead(Post, "number")
    def number(right, self, client, item):
        right(self, client, item)
        if client.connection:
            client.connection.write_items()


@fault("EP-ERR-7")
def refused_id_unused():
    """Answers an impossible address, and waits for the same id again."""
    @instead(Post, "accept")
    def accept(right, self, client, number, up, force=False):
        if client.version == 2 and up.action == "message.new" and Mail(client, number, up).to is None:
            client.expected -= 1
            self.refuse(client, "bad-to", number, up.fields["uid"])
            return True
        return right(self, client, number, up, force)


# ---- routing -------------------------------------------------------------------------------------


@fault("EP-ADDR-1")
def any_pair():
    """Whoever matches one pair matches; 1.0.2 does so."""
    def any_matches(wanted, session):
        return not wanted or any(frames.matches({name: value}, session) for name, value in wanted.items())
    state.matches = server.matches = any_matches


@fault("EP-G2-1")
def copy_per_pair():
    """One copy for each pair that matches, instead of one for each client."""
    @instead(Post, "recipients")
    def recipients(right, self, mail):
        pairs = 1 if isinstance(mail.to, str) else max(1, len(mail.to))
        return [client for client in right(self, mail) for _ in range(pairs)]


@fault("EP-ADDR-2")
def number_is_string():
    """1 equals "1", true equals 1: what == says in many languages."""
    def loose(value):
        return str(int(value)) if isinstance(value, (bool, float)) and value == int(value) else str(value)
    state.matches = server.matches = lambda wanted, session: all(
        name in session and loose(session[name]) == loose(value) for name, value in wanted.items())


@fault("EP-ROUTE-1")
def sender_left_out():
    """Who writes to its own room does not hear it."""
    @instead(Post, "put")
    def put(right, self, to, mail):
        right(self, [client for client in to if client is not mail.sender], mail)


@fault("EP-ROUTE-1")
def absent_left_out():
    """Writes to who is connected, and forgets who is away."""
    @instead(Post, "put")
    def put(right, self, to, mail):
        right(self, [client for client in to if client.connection], mail)


@fault("EP-PARK-2")
def parked_newest_first():
    """The list of parked messages is emptied from its end."""
    @instead(Post, "unpark")
    def unpark(right, self, client):
        self.parked.reverse()
        right(self, client)
        self.parked.reverse()


@fault("EP-PARK-2")
def parked_forgotten():
    """A message that nobody matches is dropped."""
    @instead(Post, "park")
    def park(right, self, mail):
        pass


# ---- down: keeping, writing, confirming ----------------------------------------------------------


@fault("EP-SEND-3")
def resends():
    """Repeats by a timer what is unconfirmed, on a connection that loses nothing."""
    @instead(Server, "watch")
    def watch(right, self, connection, now):
        right(self, connection, now)
        if connection.client and connection.client.mailbox and now - connection.heard > 0.05:
            for number, item in connection.client.mailbox.items():
                connection.write(item.text(number))


@fault("EP-G5-2")
def forgets_what_is_written():
    """Written is delivered, it thinks."""
    @instead(Connection, "write_items")
    def write_items(right, connection):
        right(connection)
        connection.client.mailbox.clear()
        connection.client.messages = connection.client.bytes = 0


@fault("EP-SEND-4")
def confirm_is_single():
    """A confirm in EP/2 confirms one item, not all up to it."""
    @instead(Post, "confirm_up_to")
    def confirm_up_to(right, self, client, last):
        if last in client.mailbox:
            self.confirmed(client, last)


@fault("EP-RES-2")
def resume_one_short():
    """Takes the `expect` of the auth request for the last one that came."""
    @instead(Post, "confirm_up_to")
    def confirm_up_to(right, self, client, last):
        right(self, client, last + 1 if client.connection and client.connection.next == 0 else last)


@fault("EP-SEND-9")
def no_window():
    """Writes all it has to a client that asked for one at a time."""
    @instead(Connection, "write_items")
    def write_items(right, connection):
        connection.window = 1 << 30
        right(connection)


@fault("EP-TIME-2")
def no_pong():
    """Reads pings, answers none."""
    @instead(Server, "take_other")
    def take_other(right, self, connection, action, payload):
        if action != "ping":
            right(self, connection, action, payload)


# ---- who is there --------------------------------------------------------------------------------


@fault("EP-AUTH-3")
def closes_early_birds():
    """Closes on a message before the auth request; real 1.0.2 clients write one."""
    @instead(Server, "take_frame")
    def take_frame(right, self, connection, frame):
        right(self, connection, frame)
        if connection.client is None:
            connection.close()


@fault("EP-AUTH-6")
def mail_before_list():
    """Writes the mail that waited before the list of clients."""
    @instead(Server, "write_list")
    def write_list(right, self, connection, wanted):
        connection.write_items()
        right(self, connection, wanted)


@fault("EP-TAKE-1")
def older_one_stays():
    """Two connections of one client live side by side."""
    @instead(Connection, "close")
    def close(right, connection, code=None):
        if code != "replaced":
            right(connection, code)


@fault("EP-MSG-4")
def errors_to_v1():
    """Tells an EP/1 peer what was wrong, in words that kill it."""
    @instead(Connection, "error")
    def error(right, connection, code, **more):
        connection.write(message("error", quote({"code": code, "reason": frames.REASONS[code], **more})))


@fault("EP-PRES-3")
def session_is_merged():
    """Adds what a session update says to the session, instead of replacing it."""
    @instead(Post, "set_session")
    def set_session(right, self, client, payload):
        both = {**client.session, **payload.is_}
        right(self, client, frames.Value(both, json.dumps(both)))


def main():
    if sys.argv[1:] == ["--list"]:
        for name, (requirement, make) in FAULTS.items():
            print(name, requirement, make.__doc__, sep="\t")
        return
    if "--fault" in sys.argv:
        at = sys.argv.index("--fault")
        name = sys.argv[at + 1] if at + 1 < len(sys.argv) else ""
        if name not in FAULTS:
            sys.exit(f"There is no fault {name}. They are: {', '.join(FAULTS)}")
        FAULTS[name][1]()
        del sys.argv[at:at + 2]
    asyncio.run(server.main())


if __name__ == "__main__":
    main()
