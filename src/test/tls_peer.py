# Peers for tls.sh that no proper program is: one that stalls in the handshake, one that cuts it, one that
# renegotiates; and a launcher that hands over sockets as systemd does.
# usage: tls_peer.py stall|cut|v12|renegotiate|plain PORT | silent | activate SOCKET PROGRAM ARGUMENT...
import os
import socket
import ssl
import subprocess
import sys


def hello(version=None):
    """The first flight of a client, as bytes."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version is not None:
        context.maximum_version = version
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(incoming, outgoing)
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return session, incoming, outgoing


def connect(port):
    return socket.create_connection(("127.0.0.1", int(port)), timeout=60)


def stall(port):
    """Says the half of its hello, and then nothing."""
    sock = connect(port)
    flight = hello()[2].read()
    sock.sendall(flight[: len(flight) // 2])
    print("connected", flush=True)
    while sock.recv(4096):
        pass
    print("closed by the server", flush=True)


def cut(port):
    """Goes away in the middle of its hello, and after it; with a reset, too."""
    flight = hello()[2].read()
    for part in (1, len(flight) // 2, len(flight)):
        for reset in (False, True):
            sock = connect(port)
            sock.sendall(flight[:part])
            if reset:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            sock.close()


def talk(sock, session, incoming, outgoing, act):
    """Runs act to its end; TLS goes over the socket meanwhile."""
    while True:
        try:
            return act()
        except ssl.SSLWantReadError:
            sock.sendall(outgoing.read())
            came = sock.recv(65536)
            if not came:
                incoming.write_eof()
            incoming.write(came)


def v12(port):
    """TLS 1.2 without a certificate, where one is asked for: refused before the end of the handshake."""
    sock = connect(port)
    session, incoming, outgoing = hello(ssl.TLSVersion.TLSv1_2)
    try:
        talk(sock, session, incoming, outgoing, session.do_handshake)
    except ssl.SSLError as error:
        print("refused:", error)
        return
    sys.exit("was let in")


def renegotiate(port):
    """s_client asks for it when it reads a line with an R."""
    command = ["openssl", "s_client", "-connect", "127.0.0.1:" + port, "-tls1_2"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True) as client:
        for line in client.stdout:
            if "Verify return code" in line:
                break
        client.stdin.write("R\n")
        client.stdin.flush()
        said = client.stdout.read()
    print("refused" if "no renegotiation" in said else said)


def plain(port):
    """Much that is no TLS. The answer must be heard all the same: an alert, and an end that is no reset."""
    sock = connect(port)
    sock.sendall(b"{" * 1000000)
    heard = b""
    while part := sock.recv(4096):
        heard += part
    print(heard.hex())


def silent():
    """A server that accepts, and never says a word."""
    listener = socket.create_server(("127.0.0.1", 0))
    print("listening on", listener.getsockname()[1], flush=True)
    kept = []
    while True:
        kept.append(listener.accept())


def activate(path, *command):
    """Opens a TCP socket, a Unix socket and a TCP socket for TLS, and becomes the program."""
    sockets = [socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX), socket.create_server(("127.0.0.1", 0))]
    sockets[1].bind(path)
    sockets[1].listen()
    apart = [os.dup2(sock.fileno(), 100 + i) for i, sock in enumerate(sockets)]
    for i, fd in enumerate(apart):
        os.dup2(fd, 3 + i, inheritable=True)
        os.close(fd)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="3", LISTEN_FDNAMES="plain:local:tls")
    os.execv(command[0], command)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
