"""The mail of server.py: streams, routing, parking, receipts (spec/protocol.md, chapters 8, 9 and 11). It knows
no sockets. Read first: frames.py, state.py. What it asks of the server: connection.write, connection.error, tell."""
import time
from collections import OrderedDict
from frames import LIMITS, REASONS, frame_of, is_name, members, message, quote, whole_number
from state import Item, Mail, Up

class Post:
    """Takes items from clients, in order, and puts copies into mailboxes: one item after the other, so
    all recipients see one order [EP-G4-1]."""

    def __init__(self):
        self.clients = {}  # by id, in the order in which they first joined
        self.parked, self.parked_bytes = [], 0  # in the order they were accepted [EP-PARK-2]
        self.dirty, self.stuck = OrderedDict(), OrderedDict()  # clients: has new mail; waits for room

    # ---- up: from clients --------------------------------------------------------------------

    def take_session(self, connection, what):
        payload, number = what.members.get("payload"), whole_number(what.members.get("id"))
        good = (payload is not None and isinstance(payload.is_, dict)
                and len(payload.text.encode()) <= LIMITS["session"]
                and members(payload.text).count <= LIMITS["members"])
        if connection.version == 1:
            if good and not what.over:
                self.set_session(connection.client, payload)  # at once [EP-SESS-1]
            return
        if number is None:
            return connection.error(what.over or "bad-message")  # [EP-SESS-2]
        refused = what.over or (None if good else "bad-session")  # [EP-SESS-4]
        size = len(payload.text) if payload else 0
        self.receive(connection, number, Up("session.update", payload, {}, refused, size))

    def take_message(self, connection, what):
        payload, over = what.members.get("payload"), what.over
        if payload is None or not isinstance(payload.is_, dict):
            return connection.error("bad-message")
        fields = members(payload.text)
        if fields.count > LIMITS["members"]:
            over = over or "bad-message"
        number, usable = whole_number(fields.get("id")), is_name(fields.get("uid"), "uid")
        up = Up("message.new", None, fields, over or (None if usable else "bad-message"), len(payload.text))
        if connection.version == 2:
            if number is None:
                return connection.error(over or "bad-message")  # [EP-ROUTE-3]
            return self.receive(connection, number, up)
        if not usable:
            return None
        if number is None or over:  # confirmed and dropped [EP-ROUTE-3, EP-LIM-3]
            up = up._replace(refused=over or "bad-message")
        return self.receive_v1(connection, number, up)

    def receive(self, connection, number, up):
        """EP/2: in the order of the ids, each once [EP-RECV-1, EP-RECV-2, EP-RECV-3]."""
        client = connection.client
        connection.confirm_due = connection.confirm_due or number < client.expected
        if number < client.expected:
            return
        client.came = max(client.came, number + 1)
        self.hold(client, number, up)
        if number > client.expected:
            return connection.write(message("message.retry", str(client.expected)))  # [EP-RECV-4]
        self.advance(client)

    def receive_v1(self, connection, number, up):
        """EP/1: a duplicate is told by its uid; an old id with a new uid is a new message [EP-RECV-5]."""
        client, uid = connection.client, up.fields["uid"].is_
        if uid in client.seen or number is None:
            self.accept(client, number, up)
            if number is not None and number >= client.expected and number not in client.held:
                self.hold(client, number, None)  # this id counts as used
        elif number < client.expected:
            if client.waits_since is None:
                self.accept(client, number, up)
            return
        else:
            self.hold(client, number, up)
        self.advance(client)

    def hold(self, client, number, up):
        if number in client.held:
            return
        client.held[number] = up
        client.held_bytes += up.size if up else 0
        while len(client.held) > LIMITS["held"] + 1 or client.held_bytes > LIMITS["held_bytes"]:
            self.release(client, max(client.held))

    def release(self, client, number):
        up = client.held.pop(number)
        client.held_bytes -= up.size if up else 0
        return up

    def advance(self, client, force=False):
        """Takes what is next in order, as long as there is something."""
        before = client.expected
        while client.expected in client.held:
            up = client.held[client.expected]
            if up and not self.accept(client, client.expected, up, force):
                client.waits_since = client.waits_since or time.monotonic()
                self.stuck[client] = True
                break
            client.waits_since, force = None, False
            self.release(client, client.expected)
            client.expected += 1
        if client.expected != before or client.gap_since is None:
            client.gap_since = time.monotonic() if client.held and client.waits_since is None else None
        if client.expected != before and client.version == 2 and client.connection:
            client.connection.confirm_due = True
            if client.came > client.expected and client.waits_since is None:  # what was dropped [EP-RECV-13]
                client.connection.write(message("message.retry", str(client.expected)))

    def accept(self, client, number, up, force=False):
        """Takes responsibility for an item. False: it, and what comes after, has to wait [EP-LIM-4]."""
        if up.refused and client.version == 1:
            self.confirm_v1(client, up)
            return True
        if up.refused:
            return self.refuse(client, up.refused, number, up.fields.get("uid"))
        if up.action == "session.update":
            self.set_session(client, up.payload)
            return True
        if client.version == 1 and up.fields["uid"].is_ in client.seen:
            self.confirm_v1(client, up)
            return True
        mail = Mail(client, number, up)
        if mail.to is not None and self.is_large(mail):
            return self.accept(client, number, up._replace(refused="too-large"))
        return self.route(client, number, mail, up, force)

    def is_large(self, mail):
        """Whether its copy can be larger than what is read: enveloped, under the longest id [EP-LIM-13]."""
        return 2 * mail.size + 1000 > LIMITS["frame"] < len(frame_of(mail.text(9007199254740991), bare=False)) - 1

    def confirm_v1(self, client, up):
        uid = up.fields["uid"]
        client.seen[uid.is_] = True
        if len(client.seen) > LIMITS["dedup"]:
            client.seen.popitem(last=False)
        if client.version == 1 and client.connection:
            client.connection.write(message("message.confirm", uid.text))  # [EP-RECV-10]

    def set_session(self, client, payload):
        client.session, client.session_text = payload.is_, payload.text
        connected = quote(client.connection is not None)
        event = f'{{"uuid":{quote(client.name)},"connected":{connected},"session":{payload.text}}}'
        self.tell(client, "session.update", event)  # [EP-PRES-3]
        self.unpark(client)

    # ---- routing -----------------------------------------------------------------------------

    def route(self, sender, number, mail, up, force):
        """To all who match at this moment, connected or not, the sender too [EP-ROUTE-1]."""
        if mail.to is None:
            to, refusal = [], {"code": "bad-to"}  # [EP-ADDR-3]
        else:
            to, refusal = self.recipients(mail), None
            if not to and not self.has_room_to_park(mail):
                refusal = {"code": "parked-full"}
            full = [client for client in to if not self.has_room(client, mail)]
            if full:
                names = [one.name for one in full[:LIMITS["named"]]]
                refusal = {"code": "mailbox-full", "to": names, "count": len(full)}
            if refusal and sender.version == 1 and not force:
                return False
            to = [client for client in to if client not in full]
            if not to and not refusal:
                self.park(mail)  # [EP-PARK-1]
        if refusal and sender.version == 2:
            if not self.refuse(sender, refusal.pop("code"), number, mail.uid, **refusal):
                return False
        self.confirm_v1(sender, up)
        self.put(to, mail)
        return True

    def recipients(self, mail):
        if isinstance(mail.to, str):
            return [self.clients[mail.to]] if mail.to in self.clients else []
        return [client for client in self.clients.values() if mail.addresses(client)]

    def has_room(self, client, mail):
        return client.messages < LIMITS["mailbox"] and client.bytes + mail.size <= LIMITS["mailbox_bytes"]

    def has_room_to_park(self, mail):
        return len(self.parked) < LIMITS["parked"] and self.parked_bytes + mail.size <= LIMITS["parked_bytes"]

    def put(self, to, mail):
        mail.left = len(to)
        for client in to:  # one copy for each [EP-G2-1]
            client.messages += 1
            client.bytes += mail.size
            self.number(client, Item(mail.text, mail))

    def number(self, client, item):
        client.mailbox[client.next] = item
        client.next += 1
        self.dirty[client] = True

    def refuse(self, client, code, of, uid, **more):
        """A refusal is an item: it is not lost, and the refused id counts as used [EP-ERR-7]."""
        if client.notices() >= LIMITS["notices"]:
            return False
        fields = {"code": code, "reason": REASONS[code], "of": of, **more}
        if is_name(uid, "uid"):
            fields["uid"] = uid.is_
        self.number(client, Item(lambda number: message("error", quote({**fields, "id": number})), None))
        return True

    def park(self, mail):
        self.parked.append(mail)
        self.parked_bytes += mail.size

    def unpark(self, client):
        """Somebody came, or has another session: what waited for that is routed [EP-PARK-2]."""
        for mail in [mail for mail in self.parked if mail.addresses(client) and self.has_room(client, mail)]:
            self.parked.remove(mail)
            self.parked_bytes -= mail.size
            self.put([client], mail)
        self.retry_stuck()

    # ---- down: to clients --------------------------------------------------------------------

    def take_retry(self, connection, payload):
        number, box = whole_number(payload), connection.client.mailbox
        if number is None:
            return connection.error("bad-message")
        if number not in box:
            return connection.error("unknown-id", of=number)  # [EP-SEND-6]
        if number < connection.next:
            connection.write(box[number].text(number))

    def take_confirm(self, connection, payload):
        client, number = connection.client, whole_number(payload)
        if connection.version == 1:
            uid = payload.is_ if payload else None
            for number, item in client.mailbox.items():  # the oldest with this uid [EP-SEND-5]
                if item.message.uid.is_ == uid:
                    self.confirmed(client, number)
                    break
        elif number is None:
            return connection.error("bad-message")
        elif number < client.next:
            self.confirm_up_to(client, number)  # [EP-SEND-4]
        self.dirty[client] = True
        self.retry_stuck()

    def confirm_up_to(self, client, last):
        while client.mailbox and next(iter(client.mailbox)) <= last:
            self.confirmed(client, next(iter(client.mailbox)))

    def confirmed(self, client, number):
        mail = client.mailbox.pop(number).message
        if mail is None:
            return
        client.messages -= 1
        client.bytes -= mail.size
        mail.left -= 1
        if mail.receipt and mail.sender.version == 2:  # [EP-RCPT-1]
            self.give_receipt(mail.sender, mail, client.name, mail.left)

    def give_receipt(self, to, mail, by, left):
        if to.notices() >= LIMITS["notices"]:
            to.missed += 1
            return
        fields = {"of": mail.number, "uid": mail.uid.is_, "by": by, "left": left}
        if to.missed:
            fields["missed"], to.missed = to.missed, 0  # [EP-RCPT-2]
        self.number(to, Item(lambda number: message("message.receipt", quote({"id": number, **fields})), None))

    # ---- what waits ---------------------------------------------------------------------------

    def retry_stuck(self):
        waiting, self.stuck = self.stuck, OrderedDict()
        for client in waiting:
            self.advance(client)

    def leave_gaps(self, client):
        """The ids that are missing never come: takes what is there, in order [EP-RECV-6]."""
        last = max(client.held, default=-1)
        while client.held and client.waits_since is None and client.expected <= last:
            client.expected = min(client.held)
            self.advance(client)
