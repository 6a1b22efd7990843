"""Python started with this folder on its path reaches no other machine."""

import socket

_connect = socket.socket.connect


def _connect_here(self: socket.socket, address: object) -> None:
    host = address[0] if isinstance(address, tuple) else "localhost"
    if host not in {"127.0.0.1", "::1", "localhost"}:
        raise OSError(f"the documentation must work without a network, yet it asked for {host}")
    _connect(self, address)


socket.socket.connect = _connect_here
