#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Belfry beside redis-server and nats-server, or beside an older revision of itself: all on this machine, on
loopback, the same load by the same program, in turns, several rounds; medians, spread, and what we hold ourselves
to. docs/performance.md says how it is measured and how to read it."""
import argparse
import contextlib
import json
import os
import pathlib
import platform
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile

import bench_report
import bench_revision
from bench_scenarios import METRICS, PAYLOAD_BYTES, SCENARIOS
from bench_servers import Servers, find
from programs import Program, Trouble

ABOUT_COMPARE = """
--compare drives both brokers by the load and the client library of this tree, so that both are measured alike: what
differs is belfryd alone. A change of the client library does not show.
"""

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Beside the time of a run: connecting a hundred clients, and messages that are waited for in vain.
RUN_PATIENCE_SECONDS = 120
LABELS = {"belfry": "Belfry", "redis": "Redis", "nats": "NATS"}


class Parser(argparse.ArgumentParser):
    def error(self, message):
        print(f"dev bench: {message}; see ./dev bench --help", file=sys.stderr)
        sys.exit(2)


def number(kind, least, greatest):
    def parse(text):
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not least <= value <= greatest:
            raise argparse.ArgumentTypeError(f"'{text}' is not a number from {least} to {greatest}")
        return value
    return parse


def parse_options(arguments):
    parser = Parser(prog="./dev bench", allow_abbrev=False, description=__doc__,
                    formatter_class=argparse.RawDescriptionHelpFormatter,
                    epilog="scenarios:\n" + "".join(f"  {each.name:<12} {each.about}\n" for each in SCENARIOS.values())
                    + ABOUT_COMPARE + "\nExamples:\n  ./dev bench\n  ./dev bench fanout-10 --rounds 3 --seconds 2\n"
                    "  ./dev bench --compare HEAD~10")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these scenarios (all)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line, each run as it ends")
    form.add_argument("--markdown", action="store_true", help="the table as docs/performance.md has it")
    parser.add_argument("--rounds", type=number(int, 1, 1000), default=5, metavar="N", help="rounds (5)")
    parser.add_argument("--seconds", type=number(float, 0.1, 3600), default=5.0, metavar="S",
                        help="how long each run measures (5); a fifth of it, at most 1, warms up before")
    parser.add_argument("--compare", metavar="REV", help="beside belfryd of this revision, built once")
    parser.add_argument("--bin", type=pathlib.Path, metavar="DIR",
                        default=os.environ.get("BELFRY_BIN") or ROOT / "build/release/bin",
                        help="where belfryd and belfry_peer_bench are (build/release/bin)")
    parser.add_argument("--only-check", action="store_true", help="check the arguments, measure nothing")
    options = parser.parse_args(arguments)
    for name in options.names:
        if name not in SCENARIOS:
            parser.error(f"there is no scenario '{name}'; there are {', '.join(SCENARIOS)}")
    options.names = list(dict.fromkeys(options.names)) or list(SCENARIOS)
    options.bin = pathlib.Path(options.bin).resolve()
    options.commit = None
    if options.compare is not None:
        try:
            options.commit = bench_revision.commit_of(options.compare)
        except bench_revision.NoGit as error:
            parser.error(f"--compare: {error}")
        if options.commit is None:
            parser.error(f"there is no revision '{options.compare}'; give a commit, a tag or a branch")
    return options


def first_line(*words):
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False)
    return done.stdout.strip().split("\n")[0]


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.lower().startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


class Bench:
    """One call of ./dev bench. Confined to the main thread."""

    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.with_peers = options.commit is None
        self.theirs = None if self.with_peers else options.commit[:12]
        self.systems = ["belfry", "redis", "nats"] if self.with_peers else ["belfry", self.theirs]
        self.labels = {**LABELS, self.theirs: options.compare}
        self.binaries = {"belfry": options.bin}
        self.servers = {}

    def say(self, text):
        print(text, file=sys.stderr, flush=True)

    def out(self, text):
        print(text, flush=True)

    def check_programs(self):
        for name in ("belfryd", "belfry_peer_bench"):
            if not os.access(self.options.bin / name, os.X_OK):
                raise Trouble(f"{self.options.bin / name} is not there; build it: ./dev bench builds what it needs")

    def start(self, servers):
        self.servers["belfry"] = servers.belfry("belfry", self.options.bin)
        if self.with_peers:
            self.servers["redis"] = servers.redis()
            self.servers["nats"] = servers.nats()
        else:
            self.servers[self.theirs] = servers.belfry(self.theirs, self.binaries[self.theirs])

    def machine(self):
        found = {"type": "machine", "command": self.command(), "cores": os.cpu_count(), "cpu": cpu_model(),
                 "kernel": platform.release(), "system": platform.freedesktop_os_release().get("PRETTY_NAME", ""),
                 "load_average": round(os.getloadavg()[0], 2), "revision": bench_revision.described()}
        versions = json.loads(first_line(self.options.bin / "belfry_peer_bench", "--versions"))
        found["clients"] = versions if self.with_peers else {"belfry": versions["belfry"]}
        found["servers"] = {
            system: {"version": self.version(system), "pid": server.pid, "address": server.address,
                     "settings": server.settings} for system, server in self.servers.items()}
        return found

    def version(self, system):
        if system == "redis":
            return first_line(find("redis-server"), "--version").partition("v=")[2].split(" ")[0]
        if system == "nats":
            return first_line(find("nats-server"), "--version").rpartition(" v")[2]
        return first_line(self.binaries[system] / "belfryd", "--version").rpartition(" ")[2]

    def command(self):
        options = self.options
        words = ["./dev", "bench"]
        if options.names != list(SCENARIOS):
            words += options.names
        words += ["--rounds", str(options.rounds), "--seconds", f"{options.seconds:g}"]
        words += ["--compare", options.compare] if options.compare else []
        words += ["--markdown"] if options.markdown else ["--json"] if options.json else []
        return shlex.join(words)

    def words(self, system, scenario):
        server = self.servers[system]
        protocol = system if self.with_peers else "belfry"
        words = [self.options.bin / "belfry_peer_bench", protocol, "--server", server.address, "--server-pid",
                 server.pid]
        words += ["--rate", scenario.rate] if scenario.rate else []
        return [*words, "--subscribers", scenario.subscribers, "--size", PAYLOAD_BYTES, "--seconds",
                self.options.seconds, "--warmup", min(1.0, self.options.seconds / 5)]

    def run(self, system, scenario):
        """One run's result. Loss is a result; a generator that fails is not."""
        name = f"load-{system}"
        generator = Program(name, self.words(system, scenario), self.folder, read=True)
        try:
            output, _ = generator.process.communicate(timeout=self.options.seconds + RUN_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            raise Trouble(f"the load on {self.labels[system]} did not end within "
                          f"{self.options.seconds + RUN_PATIENCE_SECONDS:g} s") from None
        finally:
            generator.end()
        if generator.process.returncode != 0:
            raise Trouble(f"the load on {self.labels[system]} ended with code {generator.process.returncode}"
                          f"{generator.last_words()}")
        return json.loads(output)

    def measure(self, scenario, servers):
        """system -> results, in turns: A B C A B C."""
        results = {system: [] for system in self.systems}
        for turn in range(1, self.options.rounds + 1):
            for system in self.systems:
                result = self.run(system, scenario)
                servers.check()
                results[system].append(result)
                self.tell(scenario, turn, system, result)
        return results

    def tell(self, scenario, turn, system, result):
        if self.options.json:
            self.out(json.dumps({"type": "run", "scenario": scenario.name, "round": turn, "system": system,
                                 "lost": bench_report.flaws(result).get("lost", 0), **result}))
        first = METRICS["p50_us" if scenario.rate else "deliveries_per_s"]
        value = first.value(result)
        flaws = bench_report.flaws_text(result)
        self.say(f"{scenario.name} {turn}/{self.options.rounds} {self.labels[system]:<7} "
                 f"{'nothing' if value is None else bench_report.short(value)} {first.about}"
                 f"{f'; FLAWED: {flaws}' if flaws else ''}")

    def headline(self, machine):
        def described(system):
            of = machine["servers"][system]
            return f"{self.labels[system]} {of['version']} ({of['settings']})"
        lines = [f"{machine['command']}",
                 f"{machine['cores']} cores ({machine['cpu']}), kernel {machine['kernel']}, {machine['system']}, "
                 f"load average {machine['load_average']} before, revision {machine['revision'] or 'unknown'}",
                 ", ".join(described(system) for system in self.systems)]
        names = {"belfry": "belfry::client"}
        lines.append("through " + ", ".join(f"{names.get(name, name)} {version}"
                                            for name, version in machine["clients"].items()))
        return lines

    def go(self, servers):
        self.check_programs()
        if not self.with_peers:
            self.binaries[self.theirs] = bench_revision.binaries_of(self.options.commit)
        self.start(servers)
        machine = self.machine()
        if self.options.json:
            self.out(json.dumps(machine))
        measured = []
        for name in self.options.names:
            results = self.measure(SCENARIOS[name], servers)
            measured.append((SCENARIOS[name], results))
            if self.options.json:
                for line in bench_report.summaries(SCENARIOS[name], results, self.systems, self.with_peers):
                    self.out(line)
        if self.options.json:
            return
        table = bench_report.table(measured, self.systems, self.labels, self.with_peers)
        lines = self.headline(machine)
        if self.options.markdown:
            self.out(f"`{lines[0]}`: " + "; ".join(lines[1:]) + ".\n\n" + bench_report.markdown(*table))
        else:
            self.out("\n".join(lines) + "\n\n" + bench_report.aligned(*table))


def main():
    options = parse_options(sys.argv[1:])
    if options.only_check:
        return 0

    def interrupt(*_):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, interrupt)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="belfry-bench-"))
    servers = Servers(folder)
    problems = servers.problems
    interrupted = False
    try:
        with contextlib.ExitStack() as ending:
            ending.enter_context(servers)
            # Ends are bounded and shall not be cut short.
            ending.callback(signal.signal, signal.SIGTERM, signal.SIG_IGN)
            ending.callback(signal.signal, signal.SIGINT, signal.SIG_IGN)
            Bench(options, folder).go(servers)
    except KeyboardInterrupt:
        interrupted = True
    except Trouble as error:
        problems.append(str(error))
    except OSError as error:  # a full disk, or nobody reads our output any more
        problems.append(f"{error.strerror or error}")
    for problem in problems:
        print(f"dev bench: {problem}; logs: {folder}", file=sys.stderr)
    if problems:
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 130 if interrupted else 0


if __name__ == "__main__":
    sys.exit(main())
