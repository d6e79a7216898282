"""control.py PORT CONNECTIONS ROUNDS - ask tor's control port on several connections at once, and check each answer."""
import selectors
import socket
import sys

port, connections, rounds = map(int, sys.argv[1:])
selector = selectors.DefaultSelector()


class Asker:
    def __init__(self):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(b"AUTHENTICATE\r\n")
        assert self.socket.recv(100) == b"250 OK\r\n"
        self.socket.setblocking(False)
        self.asked = self.answered = 0
        self.got = b""
        selector.register(self.socket, selectors.EVENT_READ, self)

    def ask(self):
        self.socket.sendall(b"GETINFO config-file\r\n" if self.asked % 2 else b"GETCONF ControlPort\r\n")
        self.asked += 1

    def take(self):
        data = self.socket.recv(65536)
        assert data, "the control port closed the connection"
        self.got += data
        done = self.got.endswith(b"\r\n250 OK\r\n") if self.asked % 2 == 0 else self.got.endswith(b"\r\n")
        if not done:
            return
        start = b"250-config-file=" if self.asked % 2 == 0 else b"250 ControlPort=127.0.0.1:"
        assert self.got.startswith(start), self.got
        self.got = b""
        self.answered += 1
        if self.asked < rounds:
            self.ask()


askers = [Asker() for _ in range(connections)]
for asker in askers:
    asker.ask()
while any(asker.answered < rounds for asker in askers):
    ready = selector.select(20)
    assert ready, "no answer in time"
    for key, _ in ready:
        key.data.take()
print(sum(asker.answered for asker in askers), "answers, as expected")
