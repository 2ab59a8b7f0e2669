#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Belfry at work: a broker and two application nodes on loopback, and real text that crosses between them.

  tools/run_tour.py [--once] [--input FILE] [--bin DIR]

Each non-empty line of the input (by default CHANGELOG.md, then README.md of this project) is posted
to one of the two nodes in turn, while a plain `curl -N` watches the events of the other. Printed are what
crossed, how long each line took from being sent to being seen, and the addresses to open in a browser. Then it
goes on showing what people write there, until Ctrl-C.

--once ends after the lines: exit 0 only if every line arrived. Only what was started here is ended.
Programs come from --bin, or $BELFRY_BIN, or build/release/bin.
"""
import argparse
import collections
import http.client
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from programs import END_SECONDS, START_SECONDS, Program, Trouble, wait_for_ports

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOM = "tour"
LINE_CHARACTERS_MAX = 400  # a line of prose; the rest of a longer one adds nothing to see
ARRIVAL_SECONDS = 5  # a line that takes longer counts as lost
LOST_IN_A_ROW_MAX = 3  # after that, something is broken and the rest would only take time

# node: where it was seen; at: on time.monotonic; id: of the event
Seen = collections.namedtuple("Seen", "node at kind id text")


class Watcher:
    """A plain `curl -N` on a node's events, and a thread that takes its output apart."""

    def __init__(self, node, url, logs, seen):
        self.node = node
        self.seen = seen
        self.last_line = None  # the newest line of the tour
        self.ready = threading.Event()
        self.program = Program(f"curl-{node}", ["curl", "-sS", "-N", url], logs, read=True)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def check(self):
        """Without it nothing is seen any more, and all would look lost."""
        code = self.program.process.poll()
        if code is not None:
            raise Trouble(f"the curl that watches node {self.node} ended with code {code}"
                          f"{self.program.last_words()}, so what comes there is not seen any more")

    def read(self):
        fields = {}
        data = []
        for raw in self.program.process.stdout:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            if line:
                name, _, value = line.partition(":")
                value = value[1:] if value.startswith(" ") else value
                if name == "data":
                    data.append(value)
                elif name:  # no name: a comment, the node's heartbeat
                    fields[name] = value
            elif fields or data:
                event = Seen(self.node, time.monotonic(), fields.get("event", "message"),
                             fields.get("id", ""), "\n".join(data))
                if event.kind == "ready":
                    self.ready.set()
                else:
                    self.seen.put(event)
                fields, data = {}, []


def post(url, text):
    """Posts, and returns when the request was about to be sent, on time.monotonic(): the connection stands then.

    Not with curl: starting it takes longer than the whole way to the other node's viewer.
    """
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=10)
    try:
        connection.connect()
        began = time.monotonic()
        connection.request("POST", place.path, text.encode(), {"Content-Type": "text/plain"})
        response = connection.getresponse()
        answer = response.read().decode("utf-8", "replace").strip()
    except (OSError, http.client.HTTPException) as error:
        raise Trouble(f"could not post to {url}: {error}") from None
    finally:
        connection.close()
    if response.status != 200:
        raise Trouble(f"the node at {url} answered {response.status}: {answer}")
    return began


def input_lines(paths):
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise Trouble(f"cannot read {path}: {error.strerror}; choose another --input") from None
        for line in text.splitlines():
            line = line.replace("\0", "").strip()[:LINE_CHARACTERS_MAX]
            if line:
                yield line


def default_inputs():
    return [path for path in (ROOT / "CHANGELOG.md", ROOT / "README.md") if path.exists()]


def percentile(values, fraction):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))]


class Tour:
    def __init__(self, bin_folder, logs):
        self.bin = bin_folder
        self.logs = logs
        self.programs = []
        self.watchers = []
        self.seen = queue.Queue()
        self.urls = {}

    def start(self, name, words):
        if not os.access(words[0], os.X_OK):
            raise Trouble(f"{words[0]} is not there; build first: ./dev build release")
        program = Program(name, words, self.logs)
        self.programs.append(program)
        return program

    def start_broker(self):
        ports_file = self.logs / "broker.ports"
        broker = self.start("broker", [
            self.bin / "belfryd", "--set", "listen.grpc=127.0.0.1:0", "--set", "listen.http=127.0.0.1:0",
            "--ports-file", ports_file])
        server = f"127.0.0.1:{wait_for_ports(broker, ports_file)['grpc']}"
        waited = subprocess.run(
            [str(self.bin / "belfry"), "wait", "--server", server, "--timeout", f"{START_SECONDS}s"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        if waited.returncode != 0:
            raise Trouble(waited.stderr.decode("utf-8", "replace").strip())
        return server

    def start_node(self, name, server):
        ports_file = self.logs / f"{name}.ports"
        node = self.start(f"node-{name}", [
            self.bin / "sse_node", "--listen", "127.0.0.1:0", "--server", server, "--name", name,
            "--ports-file", ports_file])
        self.urls[name] = f"http://127.0.0.1:{wait_for_ports(node, ports_file)['http']}"

    def start_all(self):
        server = self.start_broker()
        for name in ("A", "B"):
            self.start_node(name, server)
        for name, url in self.urls.items():
            self.watchers.append(Watcher(name, f"{url}/rooms/{ROOM}/events", self.logs, self.seen))
        for watcher in self.watchers:
            deadline = time.monotonic() + START_SECONDS
            while not watcher.ready.wait(0.1):
                self.check_all()
                if time.monotonic() > deadline:
                    raise Trouble(f"node {watcher.node} did not say within {START_SECONDS} s that its room works")
        print(f"broker    {server}")
        for name, url in self.urls.items():
            print(f"node {name}    {url}/?room={ROOM}")
        print(flush=True)

    def check_all(self):
        for running in (*self.programs, *self.watchers):
            running.check()

    def await_line(self, node, text):
        """When the line was seen on that node; None if it did not come."""
        deadline = time.monotonic() + ARRIVAL_SECONDS
        while True:
            try:
                event = self.seen.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                return None
            if event.kind == "gap":
                print(f"  gap on node {event.node}: {event.text}")
            elif event.node == node and event.kind == "message" and event.text == text:
                return event.at

    def send_lines(self, lines):
        """The delays in ms of those that crossed, and how many were sent and lost."""
        delays, sent, lost, in_a_row = [], 0, 0, 0
        for line in lines:
            origin, other = ("A", "B") if sent % 2 == 0 else ("B", "A")
            sent += 1
            self.last_line = line
            began = post(f"{self.urls[origin]}/rooms/{ROOM}", line)
            arrived = self.await_line(other, line)
            if arrived is None:
                self.check_all()  # says what is broken, where that is the reason
                lost += 1
                in_a_row += 1
                print(f"{origin} -> {other}      LOST  {line}", flush=True)
                if in_a_row == LOST_IN_A_ROW_MAX:
                    raise Trouble(f"{in_a_row} lines in a row did not arrive; {sent - lost} of {sent} did")
                continue
            in_a_row = 0
            delays.append((arrived - began) * 1000)
            print(f"{origin} -> {other} {delays[-1]:7.2f} ms  {line}", flush=True)
        return delays, sent, lost

    def show_until_interrupted(self):
        print("\nOpen both addresses and write; what crosses is shown here. Ctrl-C ends.", flush=True)
        first_seen = {}
        began = time.monotonic()
        while True:
            self.check_all()
            for key, event in list(first_seen.items()):
                if time.monotonic() - event.at > ARRIVAL_SECONDS:
                    print(f"only on {event.node}        {event.text}", flush=True)
                    del first_seen[key]
            try:
                event = self.seen.get(timeout=1)
            except queue.Empty:
                continue
            if event.kind == "gap":
                print(f"gap on node {event.node}: {event.text}", flush=True)
            elif event.kind == "message":
                # The id begins with the broker's time: the same on both nodes for the same message.
                key = (event.id.split("-")[0], event.text)
                first = first_seen.pop(key, None)
                if event.text == self.last_line and event.at - began < ARRIVAL_SECONDS:
                    continue  # the tour's last line, as the node shows it that it was posted to
                if first is None:
                    first_seen[key] = event
                else:
                    apart = (event.at - first.at) * 1000
                    print(f"on both {apart:7.2f} ms apart  {event.text}", flush=True)

    def end_all(self):
        """What did not end as it should, one line each."""
        problems = []
        for watcher in self.watchers:
            watcher.program.end()
        for program in reversed(self.programs):
            already = program.process.poll()
            code = program.end()
            if code is None:
                problems.append(f"{program.name} did not end within {END_SECONDS} s and was killed")
            elif code != 0:
                when = "before it was asked to" if already is not None else "when asked to"
                problems.append(f"{program.name} ended with code {code} {when}")
        return problems


def run(tour, options):
    lines = list(input_lines([options.input] if options.input else default_inputs()))
    if not lines:
        raise Trouble("the input has no line that is not empty; choose another --input")
    if shutil.which("curl") is None:
        raise Trouble("curl is not there; install it: ./dev deps")
    tour.start_all()
    delays, sent, lost = tour.send_lines(lines)
    print(f"\n{sent} lines sent, {len(delays)} crossed, {lost} lost")
    if delays:
        print(f"delay: median {percentile(delays, 0.5):.2f} ms, p99 {percentile(delays, 0.99):.2f} ms",
              flush=True)
    if lost:
        raise Trouble(f"{lost} of {sent} lines did not arrive")
    if not options.once:
        tour.show_until_interrupted()


def parse_options():
    parser = argparse.ArgumentParser(prog="./dev run", allow_abbrev=False,
                                     description="Syncs lines of text through two application nodes.",
                                     epilog="Example: ./dev run --once --input /etc/services")
    parser.add_argument("--once", action="store_true", help="end after the lines; exit 0 if all arrived")
    parser.add_argument("--input", type=pathlib.Path, metavar="FILE", help="text whose lines are sent")
    parser.add_argument("--bin", type=pathlib.Path, metavar="DIR",
                        default=os.environ.get("BELFRY_BIN") or ROOT / "build/release/bin",
                        help="where belfryd, belfry and sse_node are")
    return parser.parse_args()


def main():
    options = parse_options()

    def interrupt(*_):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, interrupt)
    logs = pathlib.Path(tempfile.mkdtemp(prefix="belfry-tour-"))
    tour = Tour(pathlib.Path(options.bin).resolve(), logs)
    problems = []
    interrupted = False
    try:
        run(tour, options)
    except KeyboardInterrupt:
        print(flush=True)
        interrupted = True
    except Trouble as error:
        problems.append(str(error))
    except OSError as error:  # a full disk, or nobody reads our output any more
        problems.append(f"{error.strerror or error}")
    finally:
        # These ends are bounded, and no process must be left.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        problems += tour.end_all()
    for problem in problems:
        print(f"dev run: {problem}; logs: {logs}", file=sys.stderr)
    if problems:
        return 1
    shutil.rmtree(logs, ignore_errors=True)
    return 130 if interrupted and options.once else 0


if __name__ == "__main__":
    sys.exit(main())
