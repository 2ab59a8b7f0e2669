#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that check_layers.py catches each kind of violation: small trees are made and checked."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check_layers  # noqa: E402

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")


def violations(files):
    """Checks a tree of {path: [includes]}; headers that are included exist unless they are None."""
    with tempfile.TemporaryDirectory() as root:
        for path, lines in files.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write("// first line\n" + "".join(f"#include {line}\n" for line in lines))
        return check_layers.check(root)


class CheckLayers(unittest.TestCase):
    def assert_clean(self, files):
        self.assertEqual(violations(files), [])

    def assert_caught(self, text, files):
        found = violations(files)
        self.assertTrue(any(text in violation[2] for violation in found), found)

    def test_this_project_is_clean(self):
        self.assertEqual(check_layers.check(SOURCE), [])

    def test_downward_is_fine(self):
        self.assert_clean({
            "common/a.h": [],
            "broker/core/b.h": ['"common/a.h"', "<string>"],
            "broker/daemon/c.cc": ['"broker/core/b.h"', '"common/a.h"'],
        })

    def test_upward(self):
        self.assert_caught("upward: common (floor 0) includes broker/core (floor 3)", {
            "broker/core/b.h": [],
            "common/a.cc": ['"broker/core/b.h"'],
        })

    def test_names_file_and_line(self):
        found = violations({"broker/core/b.h": [], "common/a.cc": ["<string>", '"broker/core/b.h"']})
        self.assertEqual([(file, line) for file, line, _ in found], [("common/a.cc", 3)])

    def test_spaces_do_not_hide_an_include(self):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, "common"))
            with open(os.path.join(root, "common/a.cc"), "w", encoding="utf-8") as file:
                file.write('  #  include   "broker/core/b.h"\n')
            self.assertEqual(len(check_layers.check(root)), 1)

    def test_core_knows_neither_rpc_nor_reactor_nor_the_wire(self):
        for header in ['"broker/rpc/x.h"', '"broker/reactor/x.h"', '"belfry/v1/broker.pb.h"']:
            self.assert_caught("core is a pure state machine", {
                "broker/rpc/x.h": [], "broker/reactor/x.h": [], "broker/core/a.cc": [header]})

    def test_one_way_between_siblings_is_fine(self):
        self.assert_clean({"broker/reactor/a.h": [], "broker/rpc/b.h": ['"broker/reactor/a.h"']})

    def test_circle_of_siblings(self):
        self.assert_caught("include each other", {
            "broker/reactor/a.h": ['"broker/rpc/b.h"'],
            "broker/rpc/b.h": [],
            "broker/rpc/c.h": ['"broker/reactor/a.h"'],
        })

    def test_circle_of_three_siblings(self):
        self.assert_caught("include each other", {
            "broker/frontend/grpc/a.h": ['"broker/frontend/http/a.h"'],
            "broker/frontend/http/a.h": ['"broker/frontend/redis/a.h"'],
            "broker/frontend/redis/a.h": ['"broker/frontend/grpc/a.h"'],
        })

    def test_libraries_stay_with_their_owners(self):
        for header, owner, stranger in [
                ("nghttp2/nghttp2.h", "broker/rpc", "broker/reactor"),
                ("openssl/ssl.h", "broker/auth", "broker/daemon"),
                ("rocksdb/db.h", "broker/store", "broker/cluster"),
                ("prometheus/registry.h", "broker/observability", "broker/frontend/http"),
                ("toml++/toml.h", "broker/config", "broker/daemon"),
                ("httplib.h", "broker/frontend/http", "broker/frontend/grpc"),
                ("httplib.h", "client-lib/examples/sse_node", "client-lib/src"),
                ("spdlog/spdlog.h", "broker/observability", "common"),
                ("asio/io_context.hpp", "broker/reactor", "broker/core"),
                ("asio.hpp", "broker/rpc", "broker/frontend/grpc"),
                ("grpcpp/grpcpp.h", "client-lib/src", "broker/frontend/grpc"),
                ("belfry/v1/broker.grpc.pb.h", "cli", "broker/frontend/grpc"),
                ("google/protobuf/message.h", "broker/frontend/grpc", "broker/core"),
                ("google/protobuf/message.h", "cli", "common"),
                ("CLI/CLI.hpp", "cli", "broker/config"),
                ("hiredis/hiredis.h", "bench", "cli"),
                ("nats/nats.h", "bench", "client-lib/src"),
                ("systemd/sd-daemon.h", "broker/daemon", "broker/reactor"),
        ]:
            with self.subTest(header=header, stranger=stranger):
                self.assert_clean({f"{owner}/a.cc": [f"<{header}>"]})
                for include in (f"<{header}>", f'"{header}"'):
                    self.assert_caught("includes", {f"{stranger}/a.cc": [include]})

    def test_a_generated_header_is_not_grpc(self):
        self.assert_clean({"broker/frontend/grpc/a.cc": ['"grpc/health/v1/health.pb.h"']})

    def test_test_libraries_stay_in_tests(self):
        self.assert_caught("GoogleTest", {"broker/core/a.h": ["<gtest/gtest.h>"]})
        self.assert_clean({"tests/unit/broker/core/a_test.cc": ["<gtest/gtest.h>"]})

    def test_tests_use_what_their_folder_may(self):
        self.assert_clean({"tests/unit/broker/rpc/a_test.cc": ["<nghttp2/nghttp2.h>"]})
        self.assert_clean({"tests/support/a.cc": ["<nghttp2/nghttp2.h>"]})
        self.assert_caught("nghttp2", {"tests/unit/broker/core/a_test.cc": ["<nghttp2/nghttp2.h>"]})

    def test_no_grpc_under_thread_sanitizer(self):
        for folder in ("tests/unit/broker/rpc", "tests/unit/client-lib", "tests/contract", "tests/sim"):
            self.assert_caught("ThreadSanitizer", {f"{folder}/a_test.cc": ["<grpcpp/grpcpp.h>"]})
        self.assert_clean({"tests/integration/a_test.cc": ["<grpcpp/grpcpp.h>"]})

    def test_the_product_does_not_include_tests(self):
        self.assert_caught("does not include its tests", {
            "tests/support/a.h": [], "broker/core/a.cc": ['"tests/support/a.h"']})

    def test_the_broker_and_the_client_do_not_know_each_other(self):
        self.assert_caught("stands beside the broker", {
            "client-lib/src/a.h": [], "broker/daemon/a.cc": ['"client-lib/src/a.h"']})
        self.assert_caught("stands beside the broker", {"broker/daemon/a.cc": ['"belfry/client.h"']})
        self.assert_caught("client-lib may include only", {
            "broker/core/a.h": [], "client-lib/src/a.cc": ['"broker/core/a.h"']})
        self.assert_caught("cli may include only", {
            "broker/config/a.h": [], "cli/a.cc": ['"broker/config/a.h"']})

    def test_only_public_headers_of_the_client(self):
        self.assert_caught("only the public headers", {
            "client-lib/src/a.h": [], "cli/a.cc": ['"client-lib/src/a.h"']})
        self.assert_clean({"cli/a.cc": ['"belfry/client.h"']})

    def test_the_command_shares_the_load_but_not_the_comparison(self):
        self.assert_clean({"bench/load/a.h": ['"belfry/client.h"'], "cli/a.cc": ['"bench/load/a.h"'],
                           "bench/a.cc": ['"bench/load/a.h"']})
        self.assert_caught("cli may include only", {"bench/a.h": [], "cli/a.cc": ['"bench/a.h"']})
        self.assert_caught("bench/load may include only", {"bench/a.h": [], "bench/load/a.cc": ['"bench/a.h"']})

    def test_benchmarks_know_the_client_library_and_nothing_below(self):
        for folder in ("bench", "bench/load"):
            for header, text in (("grpcpp/grpcpp.h", "grpc++"), ("google/protobuf/message.h", "protobuf"),
                                 ("belfry/v1/broker.pb.h", "may include only")):
                self.assert_caught(text, {f"{folder}/a.cc": [f"<{header}>"]})

    def test_headers_are_named_from_the_root_and_exist(self):
        self.assert_caught("by their path from the root", {"common/a.cc": ['"b.h"'], "common/b.h": []})
        self.assert_caught("no such file", {"common/a.cc": ['"common/b.h"']})
        self.assert_clean({"common/a.cc": ['"common/version.h"'], "common/version.h.in": []})

    def test_every_folder_stands_on_a_floor(self):
        self.assert_caught("stands on no floor", {
            "broker/novel/a.h": [], "broker/daemon/a.cc": ['"broker/novel/a.h"']})
        self.assert_caught("stands on no floor", {
            "common/a.h": [], "broker/novel/a.cc": ['"common/a.h"']})


if __name__ == "__main__":
    unittest.main()
