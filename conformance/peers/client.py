#!/usr/bin/env python3
"""A client of the e-pigeon protocol, EP/2, and EP/1 where the server speaks nothing else; written from
spec/protocol.md alone, to learn from. Read first: frames.py, streams.py. As a library: class Client. As a
program it is an adapter for epigeon-conform (commands on stdin, events on stdout, tabs between fields):

    python3 client.py HOST PORT [--id CLIENT] [--timer NAME=MS]..."""
import argparse
import asyncio
import secrets
import sys
import threading
import time
from frames import LIMITS, REASONS, Malformed, Splitter, frame_of, is_name, members, message, quote, read, whole_number
from streams import Streams

TIMERS = dict(auth=10000, gap_wait=10000, ping=5000, idle=12000, reconnect=500, reconnect_max=5000, resend_v1=2000)
FINAL = ("bad-auth", "version", "unauthorized", "other-client", "replaced")
NOTICES = ("clients.list", "session.update", "client.connect", "client.disconnect")


class Client(Streams):
    """`on(event, *fields)` is called for what happens."""

    def __init__(self, host, port, name, on):
        super().__init__()
        self.host, self.port, self.name, self.on = host, port, name, on
        self.instance = secrets.token_hex(8)
        self.wanted, self.task, self.writer = False, None, None

    # ---- what the application does -----------------------------------------------------------

    def connect(self):
        self.wanted = True
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self.run())  # [EP-CLI-1]

    def disconnect(self):
        self.wanted = False
        if self.version == 2:
            self.write(message("bye"))  # [EP-CLI-3]
        if self.task:
            self.task.cancel()
            self.task = None

    # ---- connections -------------------------------------------------------------------------

    async def run(self):
        pause = TIMERS["reconnect"]
        while self.wanted:
            self.version, self.asked = 0, time.monotonic()
            try:
                reader, self.writer = await asyncio.wait_for(
                    asyncio.open_connection(self.host, self.port), TIMERS["auth"] / 1000)
                self.on("connected")
                await self.converse(reader)
            except (OSError, asyncio.TimeoutError):
                pass
            finally:
                if self.version:
                    pause = TIMERS["reconnect"]
                if self.writer:
                    self.writer.close()
                    self.on("disconnected")
                self.writer, self.version = None, 0
            if self.wanted:
                await asyncio.sleep(pause / 1000)
                pause = min(2 * pause, TIMERS["reconnect_max"])  # [EP-CLI-2]

    async def converse(self, reader):
        self.splitter, self.malformed, self.out = Splitter(LIMITS["frame"]), 0, 0
        self.heard, self.pinged = time.monotonic(), False
        self.resumed = self.expected if self.epoch else 0
        epoch, expect = (quote(self.epoch) if self.epoch else None), str(self.resumed)
        self.write(message("auth", quote(self.name), version="2", instance=quote(self.instance), epoch=epoch,
                           expect=expect))  # [EP-AUTH-1, EP-NEG-1]
        reading = None
        try:
            while self.writer:
                reading = reading or asyncio.ensure_future(reader.read(65536))
                await asyncio.wait([reading], timeout=0.02)
                if reading.done():
                    data, reading = reading.result(), None
                    if not data or not self.take_bytes(data):
                        return
                    await self.writer.drain()
                if not self.watch(time.monotonic()):
                    return
        finally:
            if reading:
                reading.cancel()

    def write(self, text):
        if self.writer:
            self.writer.write(frame_of(text, bare=self.version == 2))

    def error(self, code, **more):
        if self.version == 2:  # [EP-ERR-1]
            self.write(message("error", quote({"code": code, "reason": REASONS[code], **more})))

    def watch(self, now):
        """What time brings. False: the connection is over."""
        if self.version == 0:
            return (now - self.asked) * 1000 < TIMERS["auth"]  # [EP-AUTH-4]
        silent = (now - self.heard) * 1000
        if self.version == 2:
            if silent >= TIMERS["idle"]:
                self.write(message("bye"))  # [EP-TIME-3, EP-TIME-4]
                return False
            if silent >= TIMERS["ping"] and not self.pinged:
                self.pinged = True
                self.write(message("ping"))  # [EP-TIME-2]
            return True
        for item in self.outbox[:self.out]:
            if (now - item.written) * 1000 >= TIMERS["resend_v1"]:
                self.write_item(item)  # [EP-SEND-8]
        if self.gap_since is not None and (now - self.gap_since) * 1000 >= TIMERS["gap_wait"]:
            self.leave_gaps()
        return True

    # ---- what comes --------------------------------------------------------------------------

    def take_bytes(self, data):
        self.heard, self.pinged, self.confirm_due = time.monotonic(), False, False
        goes_on = all(self.take_frame(frame) is not False for frame in self.splitter.feed(data))
        if self.confirm_due and self.version == 2:  # one confirm for many items [EP-RECV-11]
            self.write(message("message.confirm", str(self.expected - 1)))
        return goes_on

    def take_frame(self, frame):
        """False: the connection is over."""
        if frame is None:
            return self.over_limit("too-large")
        try:
            what = read(frame)
        except Malformed:
            self.malformed += 1
            self.error("malformed")
            return self.version == 1 and self.malformed <= LIMITS["malformed"]  # [EP-ERR-3]
        if what.over:
            return self.over_limit(what.over)
        if what.action is None:
            return self.error("bad-message")
        payload = what.members.get("payload")
        if self.version == 0:
            if what.action == "auth":
                return self.take_reply(what.members)
            return self.take_error(payload) if what.action == "error" else None
        if what.action in NOTICES:
            return self.take_notice(what.action, payload, what.members)
        take = {"message.new": self.take_item, "message.receipt": self.take_item, "error": self.take_item,
                "message.confirm": self.take_confirm, "message.retry": self.take_retry}.get(what.action)
        if take:
            return take(payload, what.action) if take == self.take_item else take(payload)
        if self.version == 2 and what.action == "ping":
            return self.write(message("pong", payload.text if payload else None))
        if self.version == 2 and what.action == "bye":
            return False
        return None if what.action in ("pong", "auth") else self.error("unknown-action")  # [EP-ERR-2]

    def over_limit(self, code):
        """An item that we cannot read stays unconfirmed, and waits for a client that can [EP-LIM-10]."""
        if self.version:
            self.on("error", code, "goes-on")
            self.error(code)

    def take_error(self, payload):
        fields = payload.is_ if payload and isinstance(payload.is_, dict) else {}
        if not isinstance(code := fields.get("code"), str):
            return self.error("bad-message")
        self.on("error", code, "final" if code in FINAL else "goes-on")
        if code in FINAL:
            self.wanted = False  # [EP-CLI-4]
        if self.version == 2 and code == "unknown-id" and self.is_gone(whole_number(members(payload.text).get("of"))):
            return self.new_instance()  # [EP-LOST-10]
        return code not in FINAL

    def new_instance(self):
        """Both sides number anew. False: this connection is over."""
        self.instance, self.epoch = secrets.token_hex(8), None
        return False

    def take_notice(self, action, payload, fields):
        shape = {"clients.list": list, "session.update": dict}.get(action, str)
        good = payload is not None and isinstance(payload.is_, shape)
        inner = members(payload.text) if good and shape is dict else {}
        if not good or shape is dict and not {"uuid", "session"} <= set(inner):
            self.error("bad-message")
        elif shape is dict:
            self.on("session", inner["uuid"].is_, inner["session"].text)
        elif shape is list:
            self.on("list", payload.text, fields["more"].text if "more" in fields else "0")
        else:
            self.on("arrived" if action == "client.connect" else "gone", payload.is_)

    def take_reply(self, fields):
        known, epoch, expect = fields.get("payload"), fields.get("epoch"), whole_number(fields.get("expect"))
        if known is None or not isinstance(known.is_, bool):
            return None
        if (whole_number(fields.get("version")) or 0) >= 2 and is_name(epoch, "name") and expect is not None:
            limits = fields.get("limits")
            limits = members(limits.text) if limits and isinstance(limits.is_, dict) else {}
            self.window = max(1, whole_number(fields.get("window")) or 4096)
            self.largest = whole_number(limits.get("frame")) or LIMITS["frame"]
            if not self.resume(epoch.is_, expect):
                return self.new_instance()
        else:
            self.fall_back(known.is_)
        self.held, self.came, self.gap_since = {}, 0, None
        self.on("authenticated", "known" if known.is_ else "unknown")
        if self.version == 1:
            self.write(message("session.update", self.session))  # even {} [EP-RES-5]
            self.session_confirmed = self.session
        self.write_items()


class Adapter:
    """What it takes to be tested by epigeon-conform."""

    def __init__(self, host, port, name):
        self.client, self.slow = Client(host, port, name, self.on), 0

    def on(self, event, *fields):
        time.sleep(self.slow if event == "message" else 0)
        print(event, *fields, sep="\t", flush=True)

    def obey(self, word, *fields):
        if word in ("connect", "disconnect"):
            getattr(self.client, word)()
        elif word == "session":
            self.client.set_session(fields[0])
        elif word == "send":
            payload = fields[1] if len(fields) > 1 and fields[1] else None
            if self.client.send(fields[0], payload, "receipt" in fields[2:]) is None:
                print("failed\tThe message is too large, or too many wait already.", flush=True)
        elif word == "slow":
            self.slow = int(fields[0]) / 1000
        else:
            print("unsupported", flush=True)


async def main():
    parser = argparse.ArgumentParser(description="An e-pigeon client, driven by lines on stdin.")
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--id", default="python")
    parser.add_argument("--timer", action="append", default=[], metavar="NAME=MS")
    options = parser.parse_args()
    TIMERS.update((name, int(number)) for name, number in (change.split("=") for change in options.timer))
    adapter, ended = Adapter(options.host, options.port, options.id), asyncio.Event()
    loop = asyncio.get_running_loop()

    def read_lines():
        for line in sys.stdin:
            loop.call_soon_threadsafe(adapter.obey, *line.rstrip("\n").split("\t"))
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=read_lines, daemon=True).start()
    await ended.wait()
    adapter.client.disconnect()
    await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main())
