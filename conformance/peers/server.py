#!/usr/bin/env python3
"""A small server of the e-pigeon protocol, EP/1 and EP/2, in memory; written from spec/protocol.md alone, to
learn from. Read first: frames.py, state.py; then this, who is there; then post.py, the mail. It needs nothing else.

    python3 server.py PORT [--token TOKEN] [--limit NAME=N]... [--timer NAME=MS]..."""
import argparse
import asyncio
import hashlib
import hmac
import secrets
import signal
import sys
import time
from frames import LIMITS, Malformed, is_name, matches, message, quote, read, selector, whole_number
from post import Post
from state import TIMERS, Client, Connection


class Server(Post):
    def __init__(self, token=None):
        super().__init__()
        self.epoch, self.token = secrets.token_hex(8), token
        self.connections, self.serial = set(), 0

    # ---- connections -------------------------------------------------------------------------

    async def serve(self, reader, writer):
        if len(self.connections) >= LIMITS["connections"]:
            return writer.close()  # [EP-LIM-7]
        self.serial += 1
        connection = Connection(self, self.serial, writer)
        self.connections.add(connection)
        try:
            while connection.open and (data := await reader.read(65536)):
                self.take_bytes(connection, data)
                await writer.drain()  # who does not read is not asked for more [EP-LIM-1]
        except OSError:
            pass  # a reset is an end like any other
        finally:
            connection.close()
            self.connections.discard(connection)
            self.end_turn()

    def take_bytes(self, connection, data):
        connection.heard, connection.pinged = time.monotonic(), False
        for frame in connection.splitter.feed(data):
            if not connection.open:
                break
            self.take_frame(connection, frame)
        self.end_turn()

    def end_turn(self):
        """The confirm first, then the mail [EP-ROUTE-2]; one confirm for many items [EP-RECV-11]."""
        for connection in self.connections:
            if connection.confirm_due:
                connection.confirm_due = False
                connection.write(message("message.confirm", str(connection.client.expected - 1)))
        while self.dirty:
            client = self.dirty.popitem(last=False)[0]
            if client.connection:
                client.connection.write_items()

    def take_frame(self, connection, frame):
        if frame is None:
            return connection.error("too-large") if connection.client else None
        try:
            what = read(frame)
        except Malformed:
            connection.malformed += 1
            if connection.version == 2:
                connection.close("malformed")
            elif connection.malformed > LIMITS["malformed"]:
                connection.close()
            return None
        if what.action == "auth":
            return self.authenticate(connection, what) if not what.over else connection.error(what.over)
        if connection.client is None:
            return None  # ignored, not confirmed, not closed [EP-AUTH-3]
        if what.action is None:
            return connection.error("bad-message")
        take = {"message.new": self.take_message, "session.update": self.take_session}.get(what.action)
        if take:
            return take(connection, what)
        if what.over:
            return connection.error(what.over)
        return self.take_other(connection, what.action, what.members.get("payload"))

    def take_other(self, connection, action, payload):
        if action == "clients.list":
            return self.write_list(connection, selector(payload) if connection.version == 2 else None)
        if action == "message.confirm":
            return self.take_confirm(connection, payload)
        if action == "message.retry":
            return self.take_retry(connection, payload)
        if connection.version == 1:
            return None  # an EP/1 peer is told nothing that 1.0.2 does not know [EP-MSG-4]
        if action == "ping":
            return connection.write(message("pong", payload.text if payload else None))
        if action == "bye":
            return connection.close()
        if action == "error":
            return print("a client says:", payload.text if payload else "", file=sys.stderr)
        return None if action == "pong" else connection.error("unknown-action")  # [EP-ERR-2]

    # ---- who is there ------------------------------------------------------------------------

    def authenticate(self, connection, what):
        has = what.members.get
        version = 2 if (whole_number(has("version")) or 0) >= 2 else 1
        name = has("payload")
        usable = is_name(name, "client_id") and all(
            has(one) is None or is_name(has(one), "credential") for one in ("secret", "token"))
        if version == 2:
            usable = (usable and is_name(has("instance"), "name") and whole_number(has("expect")) is not None
                      and (has("epoch") is None or is_name(has("epoch"), "name"))
                      and (has("window") is None or whole_number(has("window")) is not None)
                      and (has("presence") is None or selector(has("presence")) is not None))
        connection.version = connection.version or version
        if not usable:
            return connection.close("bad-auth")  # [EP-AUTH-5]
        instance = has("instance").is_ if version == 2 else None
        if connection.client:
            same = (name.is_, version, instance) == (connection.client.name, connection.version, connection.instance)
            return self.write_reply(connection, True) if same else connection.close("other-client")
        known = name.is_ in self.clients
        refused = self.refusal(connection, name.is_, instance, has)
        if refused:
            return connection.close(refused)  # [EP-AUTH-7]
        client = self.clients.setdefault(name.is_, Client(name.is_))
        if version == 2:
            connection.instance, connection.window = instance, LIMITS["window"]
            if has("window"):
                connection.window = max(1, whole_number(has("window")))
            connection.presence = selector(has("presence"))
            if client.secret is None and has("secret"):
                client.secret = hashlib.sha256(has("secret").is_.encode()).digest()  # [EP-SEC-1]
        return self.join(connection, client, known, has)

    def refusal(self, connection, name, instance, has):
        if self.token and not (has("token") and hmac.compare_digest(has("token").is_, self.token)):
            return "unauthorized"  # [EP-SEC-2, EP-SEC-3]
        client = self.clients.get(name)
        if client is None:
            return "too-many-clients" if len(self.clients) >= LIMITS["clients"] else None
        offered = hashlib.sha256(has("secret").is_.encode() if has("secret") else b"").digest()
        if client.secret and not hmac.compare_digest(offered, client.secret):
            return "unauthorized"
        if connection.serial < client.newest:
            return "replaced"  # its client has given this connection up already [EP-TAKE-4]
        goes_on = instance and instance == client.instance and has("epoch") and has("epoch").is_ == self.epoch
        if goes_on and whole_number(has("expect")) > client.next:
            return "bad-auth"  # [EP-RES-3]
        return None

    def join(self, connection, client, known, has):
        self.end_turn()  # what is due to the older connection goes there
        older, client.connection, client.newest = client.connection, connection, connection.serial
        connection.client, client.version = client, connection.version
        client.forget_held()
        if older:
            older.close("replaced")  # [EP-TAKE-1], and no presence: the client is still there [EP-TAKE-3]
        if connection.version == 1:
            for number in [number for number, item in client.mailbox.items() if item.message is None]:
                del client.mailbox[number]  # EP/1 cannot carry it [EP-LOST-8]
            if client.instance is not None:
                client.instance = None
                client.renumber()  # [EP-LOST-7]
        elif connection.instance != client.instance:
            client.instance = connection.instance
            client.renumber()
        elif has("epoch") and has("epoch").is_ == self.epoch:
            self.confirm_up_to(client, whole_number(has("expect")) - 1)  # [EP-RES-2]
        connection.next = next(iter(client.mailbox), client.next)
        connection.splitter.limit = LIMITS["frame"]
        self.write_reply(connection, known)  # reply, list, items: in this order [EP-AUTH-6]
        if connection.version == 1 or connection.presence is not None:
            self.write_list(connection, connection.presence)
        self.dirty[client] = True
        self.end_turn()
        if not older:
            self.tell(client, "client.connect", quote(client.name), session=client.session_text)
        self.unpark(client)

    def write_reply(self, connection, known):
        more = {}
        if connection.version == 2:
            limits = {name: LIMITS[name] for name in ("frame", "depth", "session")}
            more = dict(version="2", epoch=quote(self.epoch), expect=str(connection.client.expected),
                        window=str(LIMITS["window"]), limits=quote(limits))
        connection.write(message("auth", quote(known), **more))
        connection.bare = connection.version == 2  # from here on [EP-FRAME-5]

    def leave(self, connection):
        client = connection.client
        if client and client.connection is connection:  # else a newer one has it
            client.connection = None
            client.forget_held()
            self.tell(client, "client.disconnect", quote(client.name))  # [EP-PRES-2]

    def tell(self, about, action, payload, session=None):
        """A presence event to all who want it [EP-PRES-5]; who does not read gets a list later [EP-PRES-6]."""
        for client in self.clients.values():
            to = client.connection
            if to is None or (client is about and action == "client.connect"):
                continue
            if to.version == 1 or (to.presence is not None and matches(to.presence, about.session)):
                to.presence_missed = to.presence_missed or to.backlog() > LIMITS["output"]
                if not to.presence_missed:
                    to.write(message(action, payload, session=session if to.version == 2 else None))

    def write_list(self, connection, wanted):
        found = [client for client in self.clients.values() if wanted is None or matches(wanted, client.session)]
        entries = [f'{{"uuid":{quote(one.name)},"state":"{"connected" if one.connection else "disconnected"}",'
                   f'"session":{one.session_text}}}' for one in found[:LIMITS["listed"]]]
        more = len(found) - len(entries)
        connection.write(message("clients.list", "[" + ",".join(entries) + "]",
                                 more=str(more) if more and connection.version == 2 else None))

    # ---- time --------------------------------------------------------------------------------

    async def tick(self):
        while True:
            await asyncio.sleep(0.02)
            now = time.monotonic()
            for connection in list(self.connections):
                if connection.open:
                    self.watch(connection, now)
            self.end_turn()

    def watch(self, connection, now):
        def passed(since, timer):
            return since is not None and (now - since) * 1000 >= TIMERS[timer]

        client = connection.client
        if client is None:
            return connection.close() if passed(connection.opened, "auth") else None  # [EP-AUTH-4]
        if connection.version == 2 and passed(connection.heard, "idle"):
            return connection.close("idle")  # [EP-TIME-3]
        if connection.version == 2 and passed(connection.heard, "ping") and not connection.pinged:
            connection.pinged = True
            connection.write(message("ping"))  # [EP-TIME-2]
        if connection.version == 1 and passed(client.gap_since, "gap_wait"):
            self.leave_gaps(client)
        if passed(client.waits_since, "mailbox_wait"):
            self.advance(client, force=True)  # [EP-LIM-5]
        if connection.presence_missed and connection.backlog() < LIMITS["output"]:
            connection.presence_missed = False
            self.write_list(connection, connection.presence)
        self.dirty[client] = True

    def stop(self):
        for connection in list(self.connections):
            connection.close("shutdown" if connection.client else None)


async def main():
    parser = argparse.ArgumentParser(description="A small e-pigeon server that keeps everything in memory.")
    parser.add_argument("port", type=int)
    parser.add_argument("--token", help="what clients must carry to be let in")
    parser.add_argument("--limit", action="append", default=[], metavar="NAME=N")
    parser.add_argument("--timer", action="append", default=[], metavar="NAME=MS")
    options = parser.parse_args()
    for table, changes in ((LIMITS, options.limit), (TIMERS, options.timer)):
        table.update((name, int(number)) for name, number in (change.split("=") for change in changes))
    server = Server(options.token)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", options.port)
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, stopped.set)
    ticking = asyncio.create_task(server.tick())
    await stopped.wait()
    listener.close()
    server.stop()
    ticking.cancel()


if __name__ == "__main__":
    asyncio.run(main())
