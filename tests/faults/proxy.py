"""A line between the program and a server, which counts what passes and can be cut at any byte."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress


class Proxy:
    """Passes bytes on to a server, until one direction has carried ``cut_at`` bytes: then it hangs up on both.

    "up" is what the program says, "down" what the server says. ``carried`` has all bytes by direction,
    ``opened`` the number of connections, ``most`` how many there were at once.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._listener.getsockname()
        self._lock = threading.Lock()
        self._open = 0
        self.begin()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def begin(self, direction: str = "", cut_at: int = 0) -> None:
        """Begin to count anew, and cut once, in this direction after so many bytes."""
        self.carried = {"up": bytearray(), "down": bytearray()}
        self.opened = self.most = 0
        self._cut, self._cut_at = direction, cut_at

    def hung_up(self) -> bool:
        """Wait until no connection is open, as it is between two looks; False when one stays open."""
        until = time.monotonic() + 20
        while self._open and time.monotonic() < until:
            time.sleep(0.001)
        return not self._open

    def close(self) -> None:
        """Stop listening."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                program, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                for one in (program, server):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self._open += 1
                    self.opened += 1
                    self.most = max(self.most, self._open)
                threading.Thread(target=self._carry, args=(program, server), daemon=True).start()

    def _carry(self, program: socket.socket, server: socket.socket) -> None:
        other = threading.Thread(target=self._pass_on, args=("up", program, server), daemon=True)
        other.start()
        self._pass_on("down", server, program)
        other.join()
        for one in (program, server):
            one.close()
        with self._lock:
            self._open -= 1

    def _pass_on(self, direction: str, source: socket.socket, target: socket.socket) -> None:
        carried = self.carried[direction]
        with suppress(OSError):
            while data := source.recv(65536):
                room = self._cut_at - len(carried) if self._cut == direction else len(data) + 1
                carried += data[:room]
                target.sendall(data[:room])
                if len(data) >= room:
                    self._cut = ""
                    break
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
