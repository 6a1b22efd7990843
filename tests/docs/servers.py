"""Servers that pages start: each is started on a free loopback port, asked once, and stopped."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
import urllib.request

_PATIENCE = 120
SERVERS = {
    "kedro viz run": ("--host 127.0.0.1 --port {port} --no-browser", "/api/main"),
    "kedro jupyter lab": (
        "--ServerApp.ip=127.0.0.1 --port {port} --no-browser --allow-root "
        "--ServerApp.token=page --ServerApp.open_browser=False",
        "/api/status?token=page",
    ),
}


def probe(command: str) -> bytes:
    """Start a server as a page says, wait for its first answer, end it by its own process group."""
    name = next(name for name in SERVERS if command.startswith(name))
    options, path = SERVERS[name]
    port = free_port()
    process = subprocess.Popen(
        [*command.split(), *options.format(port=port).split()],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        return _answer(process, f"http://127.0.0.1:{port}{path}", command)
    finally:
        _stop(process)


def free_port() -> int:
    """Find a port that nothing uses, low enough for Kedro-Viz, which refuses those above 49151."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as opened, contextlib.suppress(OSError):
            opened.bind(("127.0.0.1", port))
            return port


def _stop(process: subprocess.Popen) -> None:
    """End a server and what it started: they are a process group of their own."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, sign)
            process.wait(15)
            return


def _answer(process: subprocess.Popen, address: str, command: str) -> bytes:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said = process.stdout.read() if process.stdout else ""
            raise AssertionError(f"'{command}' ended with {process.returncode}: {said[-3000:]}")
        try:
            with urllib.request.urlopen(address, timeout=5) as reply:
                return reply.read()
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"'{command}' did not answer within {_PATIENCE} s")
