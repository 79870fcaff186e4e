"""What metrics.sh cannot say in shell: reads a page of metrics as strictly as Prometheus does, and
asks that every counter, error code and limit of the spec's tables is there; writes frames to a
server; runs a program on a terminal. Prints one sentence for each thing that is wrong; exit 1 then.
usage: metrics_check.py page FILE TABLES | value FILE KEY | json FILE | peer PORT WHAT
       | terminal PORT COMMAND..."""
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import sys
import termios
import time

SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(.*)\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)$')
LABELS = re.compile(r'(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*")(?:,[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*")*')


def samples(text):
    """Yields (name, labels, value) and the complaints as strings."""
    types, helped, seen, family = {}, set(), set(), None
    for line in text.split('\n')[:-1]:
        if line.startswith('# HELP '):
            family = line.split(' ')[2]
            if family in helped:
                yield f'two HELP lines for {family}'
            helped.add(family)
        elif line.startswith('# TYPE '):
            _, _, name, kind = line.split(' ')
            if name != family or kind not in ('counter', 'gauge'):
                yield f'a TYPE line that does not follow its HELP: {line}'
            if (kind == 'counter') != name.endswith('_total'):
                yield f'a counter ends in _total, and nothing else does: {name}'
            types[name] = kind
        else:
            found = SAMPLE.match(line)
            if not found or found[3] is not None and not LABELS.fullmatch(found[3]):
                yield f'not a sample: {line}'
                continue
            if found[1] != family or found[1] not in types:
                yield f'a sample outside of its family: {line}'
            if (found[1], found[3]) in seen:
                yield f'twice: {line}'
            seen.add((found[1], found[3]))
            yield found[1], found[3], float(found[4])


def table(tables, name):
    block = re.search(r'#define %s\(X\)((?:.*\\\n)*)' % name, tables)[1]
    return re.findall(r'X\(\w+, "([^"]+)"', block)


def page(path, tables_path):
    text, tables = open(path).read(), open(tables_path).read()
    found = list(samples(text))
    wrong = [each for each in found if isinstance(each, str)]
    if not text.endswith('\n'):
        wrong.append('the page breaks off')
    have = {each[:2] for each in found if not isinstance(each, str)}
    wanted = [('epigeon_%s_total' % each.replace('-', '_'), None) for each in table(tables, 'EP_COUNTERS')]
    wanted += [('epigeon_errors_total', f'code="{each}"') for each in table(tables, 'EP_ERRORS')]
    clients_own = ('outbox', 'outbox_bytes')  # limits that a server does not have
    wanted += [('epigeon_limit_reached_total', f'limit="{each}"')
               for each in table(tables, 'EP_LIMITS') if each not in clients_own]
    wrong += [f'missing: {each}' for each in wanted if each not in have]
    for sentence in wrong:
        print(sentence)
    print(f'{len(wanted)} wanted, {len(found)} found')
    return 1 if wrong else 0


def value(path, key):
    for line in open(path):
        if line.startswith(key + ' '):
            print(line.rsplit(' ', 1)[1].strip())
            return 0
    print(f'no {key}')
    return 1


def lines_are_json(path):
    for line in open(path):
        one = json.loads(line)
        if not {'time', 'level', 'event'} <= set(one):
            print('not a log line: ' + line)
            return 1
    return 0


def auth(client, more=''):
    inner = '{"action":"auth","payload":"%s"%s}' % (client, more)
    return (json.dumps({'type': '_message_', 'data': inner}) + '\f').encode()


V2 = ',"version":2,"instance":"i","expect":0'


def heard(sock, seconds=10):
    """All that comes until the server closes."""
    out, end = b'', time.time() + seconds
    while time.time() < end:
        if not select.select([sock], [], [], 0.1)[0]:
            continue
        try:
            got = sock.recv(65536)
        except ConnectionResetError:
            return out
        if not got:
            return out
        out += got
    raise SystemExit('the server did not close')


def peer(port, what):
    server = ('127.0.0.1', int(port))
    if what.startswith('crowd:'):  # so many stay, one more is closed at once
        crowd = [socket.create_connection(server) for _ in range(int(what[6:]))]
        for number, sock in enumerate(crowd):
            sock.sendall(auth(f'c{number}', V2))
            sock.recv(65536)
        one_more = socket.create_connection(server)
        print('closed' if heard(one_more) == b'' else 'not closed')
        return 0
    if what.startswith('refused:'):  # so many auth requests that are refused
        for _ in range(int(what[8:])):
            with socket.create_connection(server) as sock:
                sock.sendall(auth('', V2))
                heard(sock)
        return 0
    sock = socket.create_connection(server)
    if what == 'slow2':
        sock.sendall(auth('slow', V2) + b'{"action":"ping","pay')
    elif what == 'slow1':
        sock.sendall(auth('slow') + b'{"action":"ping","pay')
    elif what == 'malformed':
        sock.sendall(auth('mal', V2) + b'{"action":01}\f')
    print(heard(sock).decode().split('\f')[-2])
    return 0


def send(port, count):
    """A client sends so many messages that nobody matches."""
    items = [{'to': 'nobody', 'id': number, 'uid': f'u{number}', 'payload': number} for number in range(count)]
    frames = [json.dumps({'action': 'message.new', 'payload': item}) + '\f' for item in items]
    with socket.create_connection(('127.0.0.1', int(port))) as sock:
        sock.sendall(auth('flow', V2) + ''.join(frames).encode())
        while b'"message.confirm","payload":%d' % (count - 1) not in (got := sock.recv(65536)):
            if not got:
                raise SystemExit('the server closed')


def flow(page):
    """What a page of `epigeon top` shows: the rate of what is accepted, None without one; how many are parked."""
    rate = re.search(rb'^  accepted +([0-9.]+|-) +[0-9]+', page, re.M)
    parked = re.search(rb'^  parked +([0-9]+) messages', page, re.M)
    return (None if rate[1] == b'-' else float(rate[1]), int(parked[1]))


def terminal(port, *command):
    """Runs it on a terminal of 12 rows, then of 30; 100 messages are sent then, and it shows them; types q.
    Prints what it wrote."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    written, sizes = b'', [(12, 60), (30, 100)]

    def pages():
        return re.findall(rb'\x1b\[H(.*?)\x1b\[J', written, re.S)

    def reads_until(condition):
        nonlocal written
        end = time.time() + 20
        while not condition() and time.time() < end:
            if select.select([fd], [], [], 0.1)[0]:
                written += os.read(fd, 65536)

    for rows, columns in sizes:
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
        os.kill(pid, signal.SIGWINCH)
        enough = len(pages()) + 2
        reads_until(lambda: len(pages()) >= enough)
        print(f'{rows} rows: {pages()[-1].count(bytes([10]))} lines')
    before = len(pages())
    print('before: %s a second, %d parked' % flow(pages()[-1]))
    send(port, 100)
    reads_until(lambda: any(flow(page)[0] and flow(page)[1] == 100 for page in pages()[before:]))
    rate, parked = max(map(flow, pages()[before:]))
    print(f'after: {"some" if rate > 0 else "none"} a second, {parked} parked')
    os.write(fd, b'q')
    try:
        while True:
            more = os.read(fd, 65536)
            if not more:
                break
            written += more
    except OSError:
        pass
    _, status = os.waitpid(pid, 0)
    restored = written.rstrip().endswith(b'\x1b[?25h\x1b[?1049l')
    print('restored' if restored else 'not restored')
    return os.waitstatus_to_exitcode(status)


if __name__ == '__main__':
    command, rest = sys.argv[1], sys.argv[2:]
    commands = {'page': page, 'value': value, 'json': lines_are_json, 'peer': peer, 'terminal': terminal}
    sys.exit(commands[command](*rest))
