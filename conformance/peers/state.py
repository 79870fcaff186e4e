"""What server.py keeps: connections, clients, mail; and the limits and timers (spec/protocol.md, chapters 13 and
14). Read first: frames.py."""
import asyncio
import time
from collections import OrderedDict, namedtuple
from frames import LIMITS, REASONS, Splitter, frame_of, is_name, matches, message, quote, selector

LIMITS.update(connections=10000, clients=1000000, listed=10000, window=4096, held=1024, held_bytes=64 << 20,
              mailbox=100000, mailbox_bytes=256 << 20, parked=100000, parked_bytes=256 << 20, notices=100000,
              named=64, dedup=65536, malformed=16, output=16 << 20)
TIMERS = dict(auth=10000, gap_wait=10000, mailbox_wait=60000, ping=5000, idle=12000, close=2000)

# What came up: a message, a session, or something refused already. Fields: members of the payload.
Up = namedtuple("Up", "action payload fields refused size")
# What goes down: text(id) writes it with its number; message is None for receipts and refusals.
Item = namedtuple("Item", "text message")


class Mail:
    """A message on its way. `left`: recipients who have not confirmed it."""

    def __init__(self, sender, number, up):
        to, uid, payload = up.fields.get("to"), up.fields["uid"], up.fields.get("payload")
        self.sender, self.number, self.uid, self.size, self.left = sender, number, uid, up.size, 0
        self.to = to.is_ if is_name(to, "client_id") else selector(to)  # None: impossible
        self.receipt = up.fields.get("receipt") is not None and up.fields["receipt"].text == "true"
        # The sender's own spelling of to, uid and payload [EP-MSG-6, EP-G1-1]; our knowledge of who it
        # is [EP-G1-2]; an absent payload stays absent; nothing else is passed on [EP-MSG-5].
        self.head = f'{{"from":{quote(sender.name)},"to":{to.text if to else "null"},"id":'
        payload = ',"payload":' + payload.text if payload else ""
        self.tail = f',"uid":{uid.text}{payload},"fromId":{number}}}'

    def text(self, number):
        return message("message.new", f"{self.head}{number}{self.tail}")

    def addresses(self, client):
        return client.name == self.to if isinstance(self.to, str) else matches(self.to, client.session)


class Client:
    """What the server keeps of a client id, whether it is connected or not."""

    def __init__(self, name):
        self.name, self.connection, self.newest, self.version, self.secret = name, None, 0, 0, None
        self.session, self.session_text = {}, "{}"  # [EP-PARK-3]
        # The up stream: the id that is next in order, what came too early, the end of what came (EP/2), uids seen (EP/1).
        self.instance, self.expected, self.held, self.held_bytes, self.came = None, 0, {}, 0, 0
        self.seen, self.gap_since, self.waits_since = OrderedDict(), None, None
        # The down stream: what is not confirmed by id, in order, and the id that is next.
        self.mailbox, self.next, self.messages, self.bytes, self.missed = OrderedDict(), 0, 0, 0, 0

    def notices(self):
        return len(self.mailbox) - self.messages

    def renumber(self):
        """Another instance: it lost its streams, and nothing that waits for it [EP-LOST-1, EP-LOST-5]."""
        self.expected, self.next = 0, len(self.mailbox)
        self.mailbox = OrderedDict(enumerate(self.mailbox.values()))

    def forget_held(self):  # [EP-TAKE-2]
        self.held, self.held_bytes, self.came, self.gap_since, self.waits_since = {}, 0, 0, None, None


class Connection:
    def __init__(self, server, serial, writer):
        self.server, self.serial, self.writer = server, serial, writer
        writer.transport.set_write_buffer_limits(high=LIMITS["output"] + LIMITS["frame"])  # mail alone is less
        self.splitter = Splitter(LIMITS["early_frame"])
        self.client, self.version, self.bare, self.open = None, 0, False, True
        self.instance = self.presence = None
        self.window, self.next, self.malformed = 0, 0, 0  # next: the down item to be written next
        self.confirm_due = self.presence_missed = self.pinged = False
        self.opened = self.heard = time.monotonic()

    def write(self, text):
        if self.open:
            self.writer.write(frame_of(text, self.bare))

    def error(self, code, **more):
        """Told to EP/2 peers only [EP-ERR-1]."""
        if self.version >= 2:
            fields = {"code": code, "reason": REASONS[code], **more}
            self.write(message("error", quote(fields)))

    def close(self, code=None):
        if not self.open:
            return
        if code:
            self.error(code)
        self.open = False
        self.writer.close()  # writes what is left, but not for ever [EP-TIME-5]
        asyncio.get_running_loop().call_later(TIMERS["close"] / 1000, self.writer.transport.abort)
        self.server.leave(self)

    def backlog(self):
        return self.writer.transport.get_write_buffer_size()

    def write_items(self):
        """Writes what is new in the mailbox, in order, each once [EP-SEND-2, EP-SEND-3]."""
        box = self.client.mailbox
        while self.open and self.next < self.client.next and self.backlog() < LIMITS["output"]:
            if self.next in box:  # else it was confirmed before it was written [EP-SEND-4]
                if self.version == 2 and self.next - next(iter(box)) >= self.window:  # [EP-SEND-9]
                    return
                self.write(box[self.next].text(self.next))
            self.next += 1
