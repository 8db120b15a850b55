#!/usr/bin/env python3
"""How long the program takes to its first prompt, and what it holds in memory when nothing happens.

    cargo build --release && python3 benches/start.py [PROGRAM]

Starts `outcry chat` on a pseudo-terminal with an empty folder of its own for its files, and waits for the prompt; then
the same on the files that are there. Memory is read ten seconds after the last prompt, while the market runs.
"""

import os
import pty
import select
import statistics
import sys
import tempfile
import time

PROGRAM = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/release/outcry")
PROMPT = b"> "
STARTS = 15
IDLE_S = 10


def start(folder):
    """Returns (process id, its terminal, milliseconds to the prompt)."""
    began = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.environ.update(XDG_DATA_HOME=folder, TERM="xterm", NO_COLOR="1")
        os.execv(PROGRAM, [PROGRAM, "chat", "--market", "simulated"])
    seen = b""
    while PROMPT not in seen:
        if not select.select([terminal], [], [], 10)[0]:
            sys.exit(f"no prompt within 10 s, only {seen!r}")
        seen += os.read(terminal, 65536)
    return child, terminal, (time.perf_counter() - began) * 1000


def end(child, terminal):
    os.write(terminal, b"\x04")
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        pass
    os.waitpid(child, 0)
    os.close(terminal)


def field(child, name):
    with open(f"/proc/{child}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name + ":"))


def told(what, took):
    took.sort()
    print(f"{what}: median {statistics.median(took):.0f} ms, slowest of {len(took)} {took[-1]:.0f} ms")


def main():
    first, again = [], []
    for _ in range(STARTS):
        with tempfile.TemporaryDirectory() as folder:
            for took in (first, again):
                child, terminal, ms = start(folder)
                took.append(ms)
                end(child, terminal)
    told("to the first prompt, no files yet", first)
    told("to the first prompt, files there", again)
    with tempfile.TemporaryDirectory() as folder:
        child, terminal, _ = start(folder)
        until = time.monotonic() + IDLE_S
        while time.monotonic() < until:
            if select.select([terminal], [], [], 0.2)[0]:
                os.read(terminal, 65536)
        resident, peak, threads = field(child, "VmRSS"), field(child, "VmHWM"), field(child, "Threads")
        print(f"after {IDLE_S} s idle: {resident / 1024:.1f} MiB resident, {peak / 1024:.1f} MiB at most, {threads} threads")
        end(child, terminal)


main()
