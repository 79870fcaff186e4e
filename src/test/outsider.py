# Somebody without credentials can neither read, nor send, nor impersonate, nor disturb: one test for each
# verb, at each of three doors: a server that asks for a token, clients that have secrets, a server that asks
# for certificates. Then a server where they take all the room there is, who is let in from other machines, and
# what is on the disk and in the log.
# usage: EPIGEON=PATH EPIGEOND=PATH python3 src/test/outsider.py
# Prints what failed, and at last the count.
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

EPIGEON, EPIGEOND = (os.path.abspath(os.environ[name]) for name in ("EPIGEON", "EPIGEOND"))
WAIT_S = 60  # for what must happen
TOKEN, SECRET = "open sesame, said forty thieves", "xyzzy, and nothing happens here"
os.environ.pop("DEBUG", None)
passed = failed = 0
running = []


def check(what, good, told=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAILED:", what, told)


def wait_for(what, condition):
    """Until the condition holds; counts."""
    end = time.monotonic() + WAIT_S
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    check(what, condition())


def start(name, *command):
    """A program in the background; it writes NAME.out and NAME.err."""
    with open(name + ".out", "w") as out, open(name + ".err", "w") as err:
        program = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    running.append(program)
    return program


def text(name):
    with open(name, errors="replace") as file:
        return file.read()


def stop(program):
    program.terminate()
    check(f"exit code of {program.args[0]}", program.wait(WAIT_S) == 0, program.returncode)
    running.remove(program)


# ---- Doors -------------------------------------------------------------------------------------


class Door:
    """A server, and what a member needs there; `wrong` are the credentials that an outsider tries."""

    def __init__(self, name, options=(), member=(), wrong=(), listen="127.0.0.1:0"):
        self.name, self.member, self.wrong = name, list(member), list(wrong)
        self.log, self.data = name + ".err", "data of " + name
        self.server = start(name, EPIGEOND, "--listen", listen, "--data", self.data, "--auth", "3s", *options)
        wait_for(f"{name}: the server starts", lambda: "listening on " in text(self.log))
        self.address = text(self.log).split("listening on ")[1].split()[0]
        self.port = int(self.address.rsplit(":", 1)[1])
        self.tls = self.address.startswith("tls:")

    def command(self, *arguments):
        return [EPIGEON, "--server", self.address, *self.member, *arguments]

    def ask(self, *arguments, **more):
        command = self.command(*arguments)
        try:
            return subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, **more)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 124, "", "too late")

    def run(self, *arguments):
        done = self.ask(*arguments, stdin=subprocess.DEVNULL)
        check(f"{self.name}: {arguments}", done.returncode == 0, done.stderr)
        return done.stdout

    def is_in(self, name):
        return f"{name} connected" in " ".join(self.ask("who").stdout.split())

    def listen(self, name):
        """A member that stays: what it gets is in DOOR-NAME.out."""
        file = f"{self.name}-{name}"
        program = start(file, *self.command("--id", name, "listen", "--session", '{"room":"hush"}'))
        wait_for(f"{file} is in", lambda: self.is_in(name))
        return program, file


class Outsider:
    """A connection of somebody who may know the protocol and all client ids, but no credential."""

    def __init__(self, door, address="127.0.0.1"):
        self.got = b""
        self.sock = socket.create_connection(("127.0.0.1", door.port), timeout=WAIT_S, source_address=(address, 0))
        if not door.tls:
            return
        context = ssl.create_default_context(cafile="ours.crt")
        try:
            self.sock = context.wrap_socket(self.sock, server_hostname="127.0.0.1")
        except OSError:
            pass

    def say(self, *messages):
        """Raw bytes, or objects as bare frames, in one segment."""
        frames = [m if isinstance(m, bytes) else json.dumps(m).encode() + b"\f" for m in messages]
        try:
            self.sock.sendall(b"".join(frames))
        except OSError:
            pass  # closed already, which is as good

    def hear(self):
        """All that comes until the server closes; None: it does not."""
        try:
            while True:
                part = self.sock.recv(65536)
                if not part:
                    break
                self.got += part
        except TimeoutError:
            return None
        except OSError:
            pass
        self.sock.close()
        return self.got


def auth(client, version=2, **more):
    if version == 1:
        return {"action": "auth", "payload": client}
    return {"action": "auth", "payload": client, "version": 2, "instance": "i", "expect": 0, **more}


def message(to, payload, number=0, **more):
    inner = {"to": to, "id": number, "uid": f"u-{payload}", "payload": payload, **more}
    return {"action": "message.new", "payload": inner}


EARLY = [
    {"action": "clients.list", "payload": ""},
    {"action": "clients.list", "payload": {}},
    {"action": "session.update", "payload": {"room": "hush"}, "id": 0},
    {"action": "message.retry", "payload": 0},
    {"action": "message.confirm", "payload": 0},
    {"action": "ping", "payload": "anybody there?"},
    {"action": "no.such.action"},
    {"no": "action"},
    b"neither this\f",
]


def attempts(door, client):
    """Every way to ask for a client without its credentials."""
    requests = [auth(client), auth(client, 1), auth(client, presence={}), auth(client, epoch="e")]
    return requests + [auth(client, presence={}, **wrong) for wrong in door.wrong]


# ---- The four verbs ----------------------------------------------------------------------------


def tells_nothing(door, what, got):
    """At most one error that names nobody, and not a word of what is inside."""
    check(f"{door.name}: {what}: closed by the server", got is not None)
    words = [b"ada", b"bob", b"room", b"hush", b"letter", b"clients.list", b"message.new", b"true"]
    told = [word for word in words if got is not None and word in got]
    check(f"{door.name}: {what}: nothing is told", not told, f"{told} in {got!r}")
    frames = [frame for frame in (got or b"").split(b"\f") if frame]
    refused = all(b"unauthorized" in frame or b"bad-auth" in frame for frame in frames)
    check(f"{door.name}: {what}: nothing but a refusal", len(frames) <= 1 and refused, repr(got))


def read(door):
    door.run("--id", "bob", "send", "--to", "ada", "a letter")
    program, file = door.listen("bob")
    silent = Outsider(door)
    tells_nothing(door, "nothing said", silent.hear())
    for request in attempts(door, "ada") + attempts(door, "bob"):
        outsider = Outsider(door)
        outsider.say(*EARLY, request, *EARLY)
        tells_nothing(door, f"read with {request}", outsider.hear())
    check(f"{door.name}: bob stays", program.poll() is None and text(file + ".err") == "")
    stop(program)
    check(f"{door.name}: the letter is for ada", door.run("--id", "ada", "listen", "--count", "1") == "bob: a letter\n")


def send(door):
    for request in attempts(door, "ada"):
        outsider = Outsider(door)
        bad = [message("bob", f"bad {n}", n, **{"from": "ada"}) for n in range(3)]
        outsider.say(bad[0], request, *bad)
        tells_nothing(door, f"send with {request}", outsider.hear())
    door.run("--id", "ada", "send", "--to", "bob", "good")
    check(f"{door.name}: only the good arrive", door.run("--id", "bob", "listen", "--count", "1") == "ada: good\n")


def impersonate(door):
    program, file = door.listen("ada")
    for request in attempts(door, "ada"):
        outsider = Outsider(door)
        outsider.say(request)
        tells_nothing(door, f"impersonate with {request}", outsider.hear())
    door.run("--id", "bob", "send", "--to", "ada", "--receipt", "for ada alone")
    wait_for(f"{door.name}: ada has it", lambda: text(file + ".out") == "bob: for ada alone\n")
    check(f"{door.name}: ada stays", program.poll() is None and text(file + ".err") == "", text(file + ".err"))
    stop(program)


def disturb(door):
    program, file = door.listen("bob")
    kept = [Outsider(door) for _ in range(40)]
    for n, outsider in enumerate(kept):
        outsider.say(b'{"action":"auth","payload":"' + b"x" * (n * 4000))  # unfinished
    for n in range(100):
        outsider = Outsider(door)
        outsider.say(attempts(door, "bob")[n % 4], os.urandom(1000), b"\f" * 1000, b"[" * 1000)
        kept.append(outsider)
    lines = "".join(f"{n}\n" for n in range(300))
    done = door.ask("--id", "ada", "send", "--to", "bob", "--receipt", input=lines)
    check(f"{door.name}: ada sends meanwhile", done.returncode == 0, done.stderr)
    check(f"{door.name}: bob has all", text(file + ".out") == "".join(f"ada: {n}\n" for n in range(300)))
    check(f"{door.name}: bob stays", program.poll() is None and text(file + ".err") == "", text(file + ".err"))
    for n, outsider in enumerate(kept):
        tells_nothing(door, f"outsider {n}", outsider.hear())
    check(f"{door.name}: the server stays", door.server.poll() is None)
    stop(program)


def fill(door):
    """Outsiders take every connection that there is, from three addresses, of which none may have so many: one more, from
    an address that has none, is closed at once."""
    kept = []
    for address in ("127.0.0.2", "127.0.0.3", "127.0.0.4"):
        outsiders = [Outsider(door, address) for _ in range(25)]
        for outsider in outsiders:
            outsider.say(b'{"action":"auth","pay')  # unfinished
        kept += outsiders
    check(f"{door.name}: it is full", Outsider(door, "127.0.0.5").hear() == b"")
    return kept


def crowd():
    """Who is inside goes on when there is no room for anybody else, and comes in again when there is."""
    door = Door("crowd", ["--connections", "50", "--connections-per-address", "20", "--auth", "10m"])
    bob, file = door.listen("bob")
    sends = door.command("--id", "ada", "send", "--to", "bob")
    ada = subprocess.Popen(sends, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    running.append(ada)
    wait_for("crowd: ada is in", lambda: door.is_in("ada"))
    kept = fill(door)
    for n in range(100):
        ada.stdin.write(f"{n}\n")
        ada.stdin.flush()
    wait_for("crowd: bob has all", lambda: text(file + ".out") == "".join(f"ada: {n}\n" for n in range(100)))
    check("crowd: still full", Outsider(door, "127.0.0.5").hear() == b"")
    check("crowd: bob stays", bob.poll() is None and text(file + ".err") == "", text(file + ".err"))
    check("crowd: ada stays", ada.poll() is None)
    ada.stdin.close()
    check("crowd: all that ada sent is confirmed", ada.wait(WAIT_S) == 0, ada.returncode)
    running.remove(ada)
    for outsider in kept:
        outsider.sock.close()
    door.run("--id", "carol", "send", "--to", "bob", "there is room again")
    wait_for("crowd: bob has that too", lambda: "there is room again" in text(file + ".out"))
    stop(bob)
    stop(door.server)


def members_only(door):
    for verb in (read, send, impersonate, disturb):
        verb(door)
    stop(door.server)
    log = text(door.log)
    check(f"{door.name}: the log says why", ("refused-tls" if door.tls else "code=unauthorized") in log, log[-500:])
    for secret in (SECRET, TOKEN, "a guess"):
        check(f"{door.name}: the log is silent about {secret}", secret not in log)
        with open(os.path.join(door.data, "data.mdb"), "rb") as file:
            check(f"{door.name}: {secret} is not on the disk", secret.encode() not in file.read())


# ---- Insiders, other machines, files -----------------------------------------------------------


def from_is_the_sender():
    """A member cannot write in the name of another one."""
    door = Door("open")
    eve = Outsider(door)
    eve.say(auth("eve"), message("bob", "who am I?", **{"from": "ada", "fromId": 7}))
    check("from", door.run("--id", "bob", "listen", "--count", "1") == "eve: who am I?\n")
    stop(door.server)


def own_address():
    """An address of this machine that is not loopback, or None."""
    said = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout.split()
    return next((address for address in said if ":" not in address), None)


def other_machines(address):
    """Connections to an address that is not loopback come from there: that is another machine."""
    for allowed in (False, True):
        options = ["--allow-v1-remote"] if allowed else []
        door = Door(f"remote-{allowed}".lower(), options, listen=f"{address}:0")
        sock = socket.create_connection((address, door.port), timeout=WAIT_S)
        sock.sendall(b'{"type":"_message_","data":"{\\"action\\":\\"auth\\",\\"payload\\":\\"old\\"}"}\f')
        said = sock.recv(65536)
        check(f"EP/1 from another machine, allowed: {allowed}", (b"auth" in said) == allowed, repr(said))
        sock.close()
        wait_for("the log says why", lambda: allowed or "code=version" in text(door.log))
        door.run("--id", "new", "who")
        stop(door.server)


def no_other_files():
    """All that the server writes is in its data directory."""
    os.makedirs("box/home")
    os.makedirs("box/tmp")
    environment = dict(os.environ, HOME=os.path.abspath("box/home"), TMPDIR=os.path.abspath("box/tmp"))
    os.mkdir("box/here")
    with open("box.err", "w") as err:
        command = [EPIGEOND, "--listen", "127.0.0.1:0", "--data", "../data"]
        server = subprocess.Popen(command, cwd="box/here", env=environment, stderr=err)
    running.append(server)
    wait_for("the server starts", lambda: "listening on " in text("box.err"))
    address = text("box.err").split("listening on ")[1].split()[0]
    subprocess.run([EPIGEON, "--server", address, "send", "--to", "bob", "hello"], check=True, stdout=subprocess.DEVNULL)
    stop(server)
    files = sorted(os.path.join(where, name) for where, _, names in os.walk("box") for name in names)
    check("files", files == ["box/data/data.mdb", "box/data/lock", "box/data/lock.mdb"], files)
    modes = [os.stat(path).st_mode & 0o077 for path in ["box/data"] + files]
    check("nobody else reads the data", os.stat("box/data").st_mode & 0o077 == 0, modes)


# ---- All of it ---------------------------------------------------------------------------------


def certificates():
    """ours.crt signs server.crt and member.crt."""

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, stderr=subprocess.DEVNULL)

    for name in ("ours", "server", "member"):
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", name + ".key")
        request = ["req", "-new", "-key", name + ".key", "-subj", "/CN=" + name]
        if name == "ours":
            openssl(*request, "-x509", "-days", "30", "-out", "ours.crt")
            continue
        openssl(*request, "-addext", "subjectAltName=IP:127.0.0.1", "-out", name + ".csr")
        sign = ["x509", "-req", "-in", name + ".csr", "-CA", "ours.crt", "-CAkey", "ours.key", "-CAcreateserial"]
        openssl(*sign, "-copy_extensions", "copy", "-days", "30", "-out", name + ".crt")


def write(name, line):
    with open(name, "w") as file:
        file.write(line + "\n")


def all_tests():
    write("token", TOKEN)
    write("secret", SECRET)
    certificates()
    guesses = ["", "a guess", TOKEN[:-1], TOKEN * 2, SECRET[:-1], SECRET + "x", "x" * 256]
    members_only(Door("token", ["--token-file", "token"], ["--token-file", "token"], [{"token": guess} for guess in guesses]))
    secrets = Door("secrets", member=["--secret-file", "secret"], wrong=[{"secret": guess} for guess in guesses])
    for name in ("ada", "bob"):
        secrets.run("--id", name, "session", "{}")  # now it has a secret
    members_only(secrets)
    files = ["--tls-cert", "{0}.crt", "--tls-key", "{0}.key", "--tls-ca", "ours.crt"]
    server, member = ([option.format(name) for option in files] for name in ("server", "member"))
    members_only(Door("certificates", server, member, listen="tls:127.0.0.1:0"))
    crowd()
    from_is_the_sender()
    no_other_files()
    address = own_address()
    if address is None:
        print("This machine has no address but loopback: EP/1 from other machines is not tested.")
    else:
        other_machines(address)


def main():
    where = tempfile.mkdtemp(prefix="epigeon outsider ")
    os.chdir(where)
    try:
        all_tests()
    finally:
        for program in running:
            program.kill()
            program.wait()
        os.chdir("/")
        shutil.rmtree(where)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
