#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""./dev bench after the build: that it measures all it says, ends all it starts, and is not impressed by loss.
Never how fast anything is."""
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

from processes import BIN, PATIENCE, ROOT

sys.path.insert(0, str(ROOT / "tools"))
import bench as bench_main
import bench_report
import bench_revision
import bench_servers
from bench_scenarios import SCENARIOS
from programs import Trouble

SYSTEMS = ["belfry", "redis", "nats"]
BENCH = ["/usr/bin/python3", str(ROOT / "tools/bench.py"), "--bin", str(BIN)]


def gone(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def bench(*words, path=None):
    environment = {**os.environ, "PATH": path or os.environ["PATH"]}
    return subprocess.run([*BENCH, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment,
                          stderr=subprocess.PIPE, text=True, timeout=8 * PATIENCE, check=False)


class SideBySide(unittest.TestCase):
    def test_each_scenario_on_each_system_and_nothing_left(self):
        done = bench("--rounds", "1", "--seconds", "0.5", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        machine, *rest = lines
        self.assertEqual(machine["type"], "machine")
        self.assertEqual(list(machine["servers"]), SYSTEMS)
        for server in machine["servers"].values():
            self.assertTrue(server["version"] and server["address"].startswith("127.0.0.1:"), server)
            self.assertTrue(gone(server["pid"]), server)

        runs = [line for line in rest if line["type"] == "run"]
        self.assertEqual([(run["scenario"], run["system"]) for run in runs],
                         [(name, system) for name in SCENARIOS for system in SYSTEMS])
        for run in runs:
            self.assertGreater(run["delivered"], 0, run)
            self.assertEqual((run["delivered"], run["lost"]), (run["expected"], 0), run)
            self.assertIsNotNone(run["broker_cpu_s"], run)
            self.assertEqual(run["late_max_us"] is None, SCENARIOS[run["scenario"]].rate is None, run)

        summaries = [line for line in rest if line["type"] == "summary"]
        self.assertEqual([(each["scenario"], each["metric"]) for each in summaries],
                         [(scenario.name, metric) for scenario in SCENARIOS.values() for metric in scenario.metrics])
        for each in summaries:
            self.assertIsNotNone(each["ratio"], each)
            goal = SCENARIOS[each["scenario"]].goals.get(each["metric"])
            self.assertEqual(each["met"] is None, goal is None, each)

    def test_the_table(self):
        for form in ([], ["--markdown"]):
            done = bench("fanout-1", "--rounds", "2", "--seconds", "0.2", *form)
            self.assertEqual(done.returncode, 0, done.stderr)
            for word in ("./dev bench fanout-1 --rounds 2 --seconds 0.2", "Belfry", "Redis", "NATS", "kernel",
                         "deliveries/s", "server CPU", "≥ 1.5 × better"):
                self.assertIn(word, done.stdout)
            self.assertNotIn("fanout-10", done.stdout)
            self.assertEqual("| --- |" in done.stdout, bool(form))

    def test_without_git_the_revision_is_unknown(self):
        with tempfile.TemporaryDirectory() as path:
            for name in ("redis-server", "nats-server"):
                os.symlink(bench_servers.find(name), f"{path}/{name}")
            done = bench("fanout-1", "--rounds", "1", "--seconds", "0.2", "--json", path=path)
        self.assertEqual(done.returncode, 0, done.stderr)
        machine = json.loads(done.stdout.splitlines()[0])
        self.assertIsNone(machine["revision"])

    def test_an_older_broker_is_driven_by_the_same_load(self):
        options = bench_main.parse_options(["fanout-1", "--seconds", "0.2", "--bin", str(BIN)])
        options.commit, options.compare = "0123456789abcdef", "v0"
        with tempfile.TemporaryDirectory() as folder:
            comparison = bench_main.Bench(options, pathlib.Path(folder))
            with bench_servers.Servers(pathlib.Path(folder)) as servers:
                comparison.binaries[comparison.theirs] = BIN  # stands for the older one
                comparison.start(servers)
                results = [comparison.run(system, SCENARIOS["fanout-1"]) for system in comparison.systems]
                machine = comparison.machine()
            programs = {comparison.words(system, SCENARIOS["fanout-1"])[0] for system in comparison.systems}
        self.assertEqual(programs, {BIN / "belfry_peer_bench"})
        self.assertEqual(comparison.systems, ["belfry", "0123456789ab"])
        self.assertEqual(list(machine["clients"]), ["belfry"])
        for result_of_one in results:
            self.assertGreater(result_of_one["delivered"], 0)
            self.assertIsNotNone(result_of_one["broker_cpu_s"])

    def test_a_benchmark_that_is_stopped_leaves_nothing(self):
        for how, code in ((signal.SIGTERM, 130), (signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)):
            with subprocess.Popen([*BENCH, "fanout-1", "--seconds", "3000", "--json"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
                try:
                    machine = json.loads(running.stdout.readline())
                    running.send_signal(how)
                    running.communicate(timeout=PATIENCE)
                finally:
                    running.kill()
            self.assertEqual(running.returncode, code)
            for server in machine["servers"].values():
                # After SIGKILL it is the kernel that tells them.
                self.wait_until_gone(server["pid"])

    def wait_until_gone(self, pid):
        try:
            watched = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        try:
            poll = select.poll()
            poll.register(watched, select.POLLIN)
            self.assertTrue(poll.poll(PATIENCE * 1000), pid)
        finally:
            os.close(watched)


class WrongUse(unittest.TestCase):
    def test_is_told(self):
        for words, text in ((["fanout-11"], "there is no scenario 'fanout-11'; there are fanout-1, fanout-10"),
                            (["--rounds", "0"], "'0' is not a number from 1"),
                            (["--seconds", "nan"], "'nan' is not a number"),
                            (["--fast"], "unrecognized arguments: --fast"),
                            (["--json", "--markdown"], "not allowed with"),
                            (["--compare", "no-such-revision"], "there is no revision 'no-such-revision'"),
                            (["--compare", "--help"], "expected one argument")):
            for call in (BENCH, [str(ROOT / "dev"), "bench"]):
                if call[0].endswith("dev") and "--help" in words:
                    continue  # there it asks for help
                done = subprocess.run([*call, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
                self.assertEqual(done.returncode, 2, done)
                self.assertEqual(done.stdout, "")
                self.assertRegex(done.stderr, "^dev bench: ")
                self.assertIn(text, done.stderr)
                self.assertIn("see ./dev bench --help", done.stderr)

    def test_compare_without_git_is_told(self):
        done = bench("--compare", "HEAD", "--only-check", path="/nonexistent")
        self.assertEqual((done.returncode, done.stdout), (2, ""), done)
        self.assertRegex(done.stderr, r"^dev bench: --compare: git is not there; install it")

    def test_help_has_an_example(self):
        done = subprocess.run([str(ROOT / "dev"), "bench", "--help"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True, timeout=PATIENCE, check=True)
        self.assertIn("./dev bench fanout-10", done.stdout)

    def test_programs_that_are_not_there(self):
        done = subprocess.run([*BENCH[:2], "--bin", "/nonexistent", "fanout-1"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "^dev bench: /nonexistent/belfryd is not there; ")


class Building(unittest.TestCase):
    def test_a_build_that_does_not_end_is_ended_and_told(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(bench_revision, "BUILD_SECONDS", 0.01):
            log = pathlib.Path(folder) / "log"
            with self.assertRaisesRegex(Trouble, r"^building it did not end within 0.01 s; its output: .*log$"):
                bench_revision.run("building it", ["tail", "-f", "/dev/null"], log)

    def test_a_build_that_fails_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(Trouble, "^building it failed; its output: "):
                bench_revision.run("building it", ["false"], pathlib.Path(folder) / "log")


def result(rate, cpu=1.0, lost=0, p50=100.0):
    return {"deliveries_per_s": rate, "seconds": 1.0, "expected": 1000, "delivered": 1000 - lost, "failed": 0,
            "unknown": 0, "gaps": 0, "broker_cpu_s": cpu, "client_cpu_s": 1.0, "p50_us": p50, "p99_us": p50,
            "p999_us": p50}


class Report(unittest.TestCase):
    def row(self, scenario, metric, belfry, redis, nats):
        results = {"belfry": belfry, "redis": redis, "nats": nats}
        return next(row for row in bench_report.rows(SCENARIOS[scenario], results, SYSTEMS, True)
                    if row.metric.name == metric)

    def test_medians_and_the_better_of_both(self):
        row = self.row("fanout-10", "deliveries_per_s", [result(900), result(300), result(400)],
                       [result(100)], [result(200)])
        self.assertEqual(row.spreads["belfry"], (400, 300, 900))
        self.assertEqual((row.ratio, row.met, row.stretch_met), (2.0, True, False))

    def test_less_is_better_where_it_is(self):
        row = self.row("fanout-10", "server_cpu_us", [result(1e6, cpu=0.2)], [result(1e6, cpu=0.5)],
                       [result(1e6, cpu=0.4)])
        self.assertAlmostEqual(row.ratio, 0.5)
        self.assertFalse(row.met)

    def test_a_goal_against_redis_is_not_about_nats(self):
        row = self.row("latency", "p50_us", [result(1, p50=100.0)], [result(1, p50=95.0)], [result(1, p50=50.0)])
        self.assertAlmostEqual(row.ratio, 2.0)
        self.assertTrue(row.met)
        self.assertFalse(row.stretch_met)

    def test_who_loses_messages_is_not_fast(self):
        fast_but_lossy = [result(900), result(900, lost=1)]
        row = self.row("fanout-10", "deliveries_per_s", fast_but_lossy, [result(100)], [result(100)])
        self.assertEqual((row.spreads["belfry"], row.ratio, row.met), (None, None, False))
        row = self.row("fanout-10", "deliveries_per_s", [result(200)], fast_but_lossy, [result(100)])
        self.assertEqual((row.spreads["redis"], row.ratio, row.met), (None, 2.0, True))

    def test_loss_is_shown(self):
        for kind, about in (("lost", "deliveries lost"), ("failed", "publishes failed"),
                            ("unknown", "publishes with unknown outcome"), ("gaps", "announcements of loss")):
            bad = result(900, lost=3) if kind == "lost" else {**result(900), kind: 3}
            results = {"belfry": [bad, result(900)], "redis": [result(1)], "nats": [result(1)]}
            _, lines = bench_report.table([(SCENARIOS["fanout-10"], results)], SYSTEMS, dict.fromkeys(SYSTEMS, "x"),
                                          True)
            self.assertEqual([line[1:5] for line in lines[3:]], [[about, "**3** in 1 of 2 rounds", "0", "0"]])
            self.assertIn("missed", lines[0][-1])
            self.assertEqual(bench_report.flaws_text(bad), f"3 {about}")

    def test_what_was_lost_is_not_added_to_its_announcements(self):
        bad = {**result(900, lost=500), "gaps": 2, "failed": 7}
        results = {"belfry": [bad, result(900, lost=1)], "redis": [result(1)], "nats": [result(1)]}
        _, lines = bench_report.table([(SCENARIOS["fanout-10"], results)], SYSTEMS, dict.fromkeys(SYSTEMS, "x"), True)
        self.assertEqual([line[1:3] for line in lines[3:]],
                         [["deliveries lost", "**501** in 2 of 2 rounds"],
                          ["publishes failed", "**7** in 1 of 2 rounds"],
                          ["announcements of loss", "**2** in 1 of 2 rounds"]])
        first = json.loads(next(bench_report.summaries(SCENARIOS["fanout-10"], results, SYSTEMS, True)))
        self.assertEqual([first[name]["belfry"] for name in ("lost", "failed", "unknown", "gaps")], [501, 7, 0, 2])
        self.assertIsNone(first["belfry"])

    def test_nothing_lost_takes_no_line(self):
        results = {system: [result(1)] for system in SYSTEMS}
        _, lines = bench_report.table([(SCENARIOS["fanout-10"], results)], SYSTEMS, dict.fromkeys(SYSTEMS, "x"), True)
        self.assertEqual([line[1] for line in lines], ["deliveries/s", "server CPU, µs a delivery",
                                                       "client CPU, µs a delivery"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
