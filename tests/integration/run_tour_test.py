#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The parts of tools/run_tour.py that a tour without trouble does not reach."""
import contextlib
import http.server
import io
import pathlib
import queue
import sys
import tempfile
import threading
import time
import unittest

from processes import ROOT, eventually

sys.path.insert(0, str(ROOT / "tools"))
import run_tour


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers each post with the path's code and the server's text."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(int(self.path.strip("/")))
        self.send_header("Content-Length", str(len(self.server.text)))
        self.end_headers()
        self.wfile.write(self.server.text)

    def log_message(self, *_):
        pass


class Post(unittest.TestCase):
    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(self.server.shutdown)

    def test_an_answer_may_end_as_it_likes(self):
        for text in (b"", b"{}", b"{}\n", b"one\ntwo", b"one\n\ntwo\n"):
            self.server.text = text
            began = time.monotonic()
            sent = run_tour.post(f"{self.url}/200", "x")
            self.assertTrue(began <= sent <= time.monotonic(), text)

    def test_a_refusal_is_told(self):
        for text in (b"not now", b"not now\n"):
            self.server.text = text
            with self.assertRaisesRegex(run_tour.Trouble, "answered 503: not now$"):
                run_tour.post(f"{self.url}/503", "x")


class Watch(unittest.TestCase):
    def test_a_watcher_that_ends_is_told(self):
        folder = tempfile.TemporaryDirectory(prefix="belfry-test-")
        self.addCleanup(folder.cleanup)
        logs = pathlib.Path(folder.name)
        tour = run_tour.Tour(logs, logs)
        # Nobody listens on port 1, so this curl ends at once.
        tour.watchers.append(run_tour.Watcher("A", "http://127.0.0.1:1/", logs, queue.Queue()))
        watcher = tour.watchers[0]
        self.addCleanup(watcher.thread.join)
        eventually("curl has ended", lambda: watcher.program.process.poll() is not None)
        with contextlib.redirect_stdout(io.StringIO()):
            with self.assertRaisesRegex(run_tour.Trouble, "curl that watches node A ended with code 7"):
                tour.show_until_interrupted()


if __name__ == "__main__":
    unittest.main(verbosity=2)
