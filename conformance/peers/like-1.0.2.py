#!/usr/bin/env python3
"""A server that behaves as that of 1.0.2 does on the wire, its mistakes included: what a report of the suite about a
real, old, careless server looks like. Written from observation, chapter 18 of the protocol above all. Read first:
server.py, which does it right.

    python3 like-1.0.2.py PORT"""
import asyncio
import json
import os
import sys

RESEND_S = 2.0
CONNECTIONS = 100


def as_number(text):
    """As JavaScript reads and writes a number: a double, spelled the shortest way."""
    value = float(text)
    whole = value == value and abs(value) < 1e21 and value == int(value)
    return int(value) if whole else value if abs(value) < 1e308 else None


def read(text):
    return json.loads(text, parse_int=as_number, parse_float=as_number, parse_constant=lambda word: 1 / 0)


def same(one, other):
    """===, of what JSON can say: types agree, arrays and objects equal nothing."""
    if isinstance(one, (dict, list)) or isinstance(other, (dict, list)):
        return False
    is_number = [isinstance(value, (int, float)) and not isinstance(value, bool) for value in (one, other)]
    return one == other if all(is_number) else type(one) is type(other) and one == other


def spell(value):
    """Compact, characters as they are, half a surrogate pair escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in text)


class Client:
    def __init__(self, name):
        self.name, self.session, self.socket = name, {}, None
        self.expected = self.next = 0  # of what it sends, of what it gets
        self.unconfirmed = {}          # uid: message, in the order of their ids


class Server:
    def __init__(self):
        self.clients, self.sockets, self.waiting = {}, set(), []
        self.rest = ""  # one for all sockets

    def tell_all(self, action, payload, but=None):
        for client in self.clients.values():
            if client.socket and client.socket is not but:
                client.socket.say(action, payload)

    def list_to(self, socket):
        socket.say("clients.list", [
            {"uuid": c.name, "state": "connected" if c.socket else "disconnected", "session": c.session}
            for c in self.clients.values()])

    def auth(self, socket, name):
        known = name in self.clients
        client = socket.client = self.clients.setdefault(name, Client(name))
        client.socket = socket
        socket.say("auth", known)
        self.list_to(socket)
        for message in list(client.unconfirmed.values()):
            self.write(client, message)
        self.tell_all("client.connect", name, but=socket)
        self.route_waiting()

    def matches(self, to, client):
        if isinstance(to, str):
            return client.name == to
        return any(key in client.session and same(client.session[key], value) for key, value in to.items())

    def message(self, socket, payload):
        sender = socket.client
        socket.say("message.confirm", payload["uid"])  # before it is anybody's
        if payload["id"] < sender.expected:
            return
        sender.expected = payload["id"] + 1
        if not self.route(payload):
            self.waiting.append(payload)

    def route(self, payload):
        to = [client for client in self.clients.values() if self.matches(payload["to"], client)]
        for client in to:
            copy = {**payload, "id": client.next, "fromId": payload["id"]}
            client.next += 1
            client.unconfirmed[copy["uid"]] = copy
            self.write(client, copy)
        return bool(to)

    def route_waiting(self):
        self.waiting = [payload for payload in self.waiting if not self.route(payload)]

    def write(self, client, message):
        """And again every two seconds, for as long as it is not confirmed."""
        if client.socket and client.unconfirmed.get(message["uid"]) is message:
            client.socket.say("message.new", message)
            asyncio.get_running_loop().call_later(RESEND_S, self.write, client, message)

    def take(self, socket, frame):
        inner = read(read(frame)["data"])
        action, payload = inner["action"], inner.get("payload")
        if action == "auth":
            self.auth(socket, payload)
        elif action == "clients.list":
            self.list_to(socket)
        elif action == "session.update":
            socket.client.session = payload
            self.tell_all(action, {"uuid": socket.client.name, "connected": True, "session": payload})
            self.route_waiting()
        elif action == "message.new":
            self.message(socket, payload)
        elif action == "message.confirm":
            socket.client.unconfirmed.pop(payload, None)
        elif action == "message.retry":
            self.write(socket.client, next(m for m in socket.client.unconfirmed.values() if m["id"] == payload))
        else:
            raise ValueError(action)

    def gone(self, socket):
        self.sockets.discard(socket)
        if socket.client.socket is socket:  # of who never said a name there is none
            socket.client.socket = None
            self.tell_all("client.disconnect", socket.client.name)


class Socket(asyncio.Protocol):
    def __init__(self, server):
        self.server, self.client, self.transport = server, None, None

    def connection_made(self, transport):
        self.transport = transport
        self.server.sockets.add(self)
        if len(self.server.sockets) > CONNECTIONS:
            transport.close()

    def data_received(self, data):
        *frames, self.server.rest = (self.server.rest + data.decode("utf-8", "replace")).split("\f")
        for frame in frames:
            self.careless(self.server.take, self, frame)

    def connection_lost(self, why):
        self.careless(self.server.gone, self)

    @staticmethod
    def careless(what, *given):
        """Nobody catches anything: a surprise ends the process."""
        try:
            what(*given)
        except Exception as surprise:  # pylint: disable=broad-except
            print(repr(surprise), file=sys.stderr, flush=True)
            os._exit(1)

    def say(self, action, payload):
        frame = spell({"type": "_message_", "data": spell({"action": action, "payload": payload})})
        self.transport.write((frame + "\f").encode())


async def main():
    server = Server()
    listening = await asyncio.get_running_loop().create_server(lambda: Socket(server), "0.0.0.0", int(sys.argv[1]))
    await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
