"""The two streams of client.py: what is kept until it is confirmed, what is delivered in order (spec/protocol.md,
chapter 8). It knows no sockets. Read first: frames.py. What it asks of the client: write, error, on, take_error, new_instance."""
import time
import uuid
from collections import OrderedDict
from frames import LIMITS, is_name, members, message, quote, whole_number

LIMITS.update(held=1024, held_bytes=64 << 20, dedup=65536, malformed=16, outbox=100000, outbox_bytes=256 << 20)


class Item:
    """What goes up and is kept until it is confirmed [EP-G6-1]: a message, or (uid None) a session."""

    def __init__(self, payload, to=None, uid=None, receipt=False):
        self.payload, self.to, self.uid, self.receipt = payload, to, uid, receipt
        self.id, self.size, self.written, self.refused = 0, 0, 0, False

    def text(self, sender, version):
        if self.uid is None:
            return message("session.update", self.payload, id=str(self.id))
        payload = f',"payload":{self.payload}' if self.payload is not None else ""
        receipt = ',"receipt":true' if self.receipt and version == 2 else ""
        return message("message.new", f'{{"from":{quote(sender)},"to":{self.to},"id":{self.id},'
                                      f'"uid":{quote(self.uid)}{payload}{receipt}}}')


class Streams:
    """Both outlive connections. Those of EP/1 and EP/2 differ in how they confirm, and know duplicates."""

    def __init__(self):
        self.version, self.spoke = 0, 0  # now (0: not authenticated), and when it last was
        self.epoch = None
        # Up: what is unconfirmed, in order; how many of these were written on this connection.
        self.outbox, self.next, self.out, self.bytes, self.largest = [], 0, 0, 0, LIMITS["frame"]
        self.session, self.session_confirmed = "{}", "{}"
        self.wrote = 0  # the id after the last that was ever written, or confirmed, in this numbering
        # Down: the id that is next in order (None: knows nothing), what came too early, whom it has heard.
        self.resumed = 0  # EP/2: the id that was next when the connection began
        self.expected, self.held, self.came, self.gap_since, self.seen = None, {}, 0, None, OrderedDict()

    # ---- up: what the application gives ------------------------------------------------------

    def set_session(self, text):
        self.session = text
        if self.version == 1:
            self.write(message("session.update", text))  # [EP-SESS-1]
            self.session_confirmed = text
        elif self.spoke != 1:
            self.add(Item(text))  # [EP-SESS-2]

    def send(self, to, payload, receipt=False):
        """`to` and `payload` are JSON texts. Returns the uid; None: too large, or too many wait."""
        item = Item(payload, to, str(uuid.uuid4()), receipt)
        return item.uid if self.add(item) else None

    def add(self, item):
        item.id = self.next
        item.size = len(item.text(self.name, 2).encode())
        if item.size > self.largest:
            return False  # [EP-LIM-8]
        if len(self.outbox) >= LIMITS["outbox"] or self.bytes + item.size > LIMITS["outbox_bytes"]:
            return False
        self.bytes += item.size
        self.outbox.append(item)
        self.next += 1  # [EP-SEND-1]
        self.write_items()
        return True

    # ---- resuming ----------------------------------------------------------------------------

    def resume(self, epoch, expect):
        """EP/2: goes on where both sides are. False: they are out of step, and one of them has to give in."""
        first, same = self.outbox[0].id if self.outbox else self.next, epoch == self.epoch
        if not first <= expect <= self.wrote if same else expect > 0:
            return False  # [EP-LOST-6]
        self.version = 2
        if same:
            self.confirm_up_to(expect - 1)  # [EP-RES-1]
        else:
            self.start_over(epoch)
        self.spoke = 2
        self.drop_large()
        return True

    def start_over(self, epoch):
        """Another epoch: the server lost the streams; nothing unconfirmed is thrown away [EP-LOST-2, EP-LOST-5]."""
        self.outbox = [item for item in self.outbox if not (item.refused and item.uid)]  # [EP-LOST-9]
        confirmed = self.session if self.spoke == 1 else self.session_confirmed
        if confirmed != "{}" and not (self.outbox and self.outbox[0].uid is None):
            self.outbox.insert(0, Item(confirmed))  # [EP-LOST-3]
        self.epoch, self.expected, self.resumed = epoch, 0, 0
        self.renumber(0)

    def fall_back(self, known):
        """The server speaks EP/1 [EP-NEG-4]: there a session is no item, and a boolean is all we are told."""
        if not known or self.spoke != 1:  # [EP-LOST-4]
            self.outbox = [item for item in self.outbox if item.uid and not item.refused]  # [EP-LOST-9]
            self.renumber(0)
            self.expected = None if known else 0
        self.version, self.spoke, self.epoch = 1, 1, None

    def renumber(self, first):
        for number, item in enumerate(self.outbox, first):
            item.id = number
        self.next, self.wrote = first + len(self.outbox), first
        self.bytes = sum(item.size for item in self.outbox)

    def drop_large(self):
        large = [item for item in self.outbox if item.size > self.largest]
        if large:  # [EP-LIM-9]
            first = self.outbox[0].id
            self.outbox = [item for item in self.outbox if item not in large]
            self.renumber(first)
            for item in large:
                self.on("refused", item.uid or "", "too-large")

    # ---- up ----------------------------------------------------------------------------------

    def write_items(self):
        """What has not been written on this connection, in order [EP-SEND-2, EP-SEND-3, EP-SEND-9]."""
        if self.version == 0:
            return
        room = self.window if self.version == 2 else len(self.outbox)
        while self.out < min(room, len(self.outbox)):
            self.write_item(self.outbox[self.out])
            self.out += 1

    def write_item(self, item):
        item.written = time.monotonic()
        self.wrote = max(self.wrote, item.id + 1)
        self.write(item.text(self.name, self.version))

    def take_confirm(self, payload):
        if self.version == 2:
            number = whole_number(payload)
            if number is None:
                return self.error("bad-message")
            if number < self.next:
                self.confirm_up_to(number)  # [EP-SEND-4]
        else:
            for item in self.outbox:  # the oldest with this uid [EP-SEND-5]
                if payload and item.uid == payload.is_:
                    self.outbox.remove(item)
                    self.forget(item)
                    self.on("confirmed", item.uid)
                    break
        return self.write_items()

    def confirm_up_to(self, last):
        done = [item for item in self.outbox if item.id <= last]
        self.outbox = self.outbox[len(done):]
        self.wrote = max(self.wrote, min(last + 1, self.next))
        for item in done:
            self.forget(item)
            if item.uid is None:
                self.session_confirmed = item.payload
            else:
                self.on("confirmed", item.uid)

    def forget(self, item):
        self.bytes -= item.size
        self.out = max(self.out - 1, 0)

    def take_retry(self, payload):
        number = whole_number(payload)
        for at, item in enumerate(self.outbox):
            if item.id == number:  # [EP-SEND-6]
                return self.write_item(item) if at < self.out else None
        if number is None:
            return self.error("bad-message")
        return self.error("unknown-id", of=number)

    # ---- down --------------------------------------------------------------------------------

    def take_item(self, payload, action):
        fields = members(payload.text) if payload and isinstance(payload.is_, dict) else {}
        if action == "error" and "id" not in fields:
            return self.take_error(payload) if self.version == 2 else None
        number = whole_number(fields.get("id"))
        needed = {"message.new": ("from", "uid"), "message.receipt": ("uid", "by", "of", "left"), "error": ("code",)}
        good = number is not None and all(name in fields for name in needed[action])
        if good and action == "message.new":
            good = is_name(fields["from"], "client_id") and is_name(fields["uid"], "uid")
        if not good:
            return self.error("bad-message")
        if self.version == 1:
            return self.receive_v1(number, fields, len(payload.text)) if action == "message.new" else None
        return self.receive(number, (action, fields), len(payload.text))

    def receive(self, number, item, size):
        """EP/2: in the order of the ids, each once [EP-RECV-1, EP-RECV-2]; what is early is held [EP-RECV-3]."""
        if number < self.resumed:
            return self.new_instance()  # [EP-LOST-11]
        if number < self.expected:
            self.confirm_due = True
            return
        self.came = max(self.came, number + 1)
        self.hold(number, (*item, size))
        while self.expected in self.held:
            self.deliver(*self.held.pop(self.expected)[:2])
            self.expected += 1
            self.confirm_due = True  # not before it was handed over [EP-RECV-8]
        if self.came > self.expected:
            self.write(message("message.retry", str(self.expected)))  # [EP-RECV-4, EP-RECV-13]

    def is_gone(self, of):
        """The server has let go of what we expect: we have had it, and do not remember [EP-LOST-10]."""
        if of != self.expected:
            return False
        self.on("lost", str(of), str(min(self.held, default=of + 1) - of))
        return True

    def hold(self, number, item):
        """The last field of an item is its size. When there are too many, the highest id goes."""
        self.held.setdefault(number, item)
        while len(self.held) > LIMITS["held"] + 1 or sum(size for *_, size in self.held.values()) > LIMITS["held_bytes"]:
            del self.held[max(self.held)]

    def deliver(self, action, fields):
        said = {name: field.is_ for name, field in fields.items()}
        if action == "message.receipt":
            missed = fields["missed"].text if "missed" in fields else "0"
            self.on("receipt", said["uid"], said["by"], fields["left"].text, missed)
        elif action == "error":
            of = whole_number(fields.get("of"))
            for item in self.outbox:
                item.refused = item.refused or (item.id == of and "to" not in fields)
            self.on("refused", said.get("uid", ""), said["code"])
        else:
            self.hand_over(fields)

    def hand_over(self, fields):
        key = (fields["from"].is_, fields["uid"].is_)
        if key not in self.seen:  # in either version [EP-RECV-9, EP-RECV-5]
            payload = [fields["payload"].text] if "payload" in fields else []
            self.on("message", fields["from"].is_, *payload)
        self.seen[key] = True
        if len(self.seen) > LIMITS["dedup"]:
            self.seen.popitem(last=False)

    def receive_v1(self, number, fields, size):
        """EP/1: a duplicate is told by its uid; an old id with a new uid is a new message [EP-RECV-5]."""
        if self.expected is None:
            self.expected = number  # [EP-RECV-12]
        known = (fields["from"].is_, fields["uid"].is_) in self.seen
        if number > self.expected:
            self.hold(number, (None if known else fields, size))
            self.gap_since = self.gap_since or time.monotonic()
        if number <= self.expected or known:
            self.deliver_v1(fields)
        if number == self.expected:
            self.expected += 1
            self.go_on_v1()

    def go_on_v1(self):
        while self.expected in self.held:
            fields = self.held.pop(self.expected)[0]
            self.expected += 1
            if fields:
                self.deliver_v1(fields)
        self.gap_since = time.monotonic() if self.held else None

    def deliver_v1(self, fields):
        self.hand_over(fields)
        self.write(message("message.confirm", fields["uid"].text))

    def leave_gaps(self):
        while self.held:  # [EP-RECV-7]
            first = min(self.held)
            self.on("lost", str(self.expected), str(first - self.expected))
            self.expected = first
            self.go_on_v1()
