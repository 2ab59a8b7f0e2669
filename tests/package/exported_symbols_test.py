#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What leaves the client's shared library: the interface, and what the language needs of it. No internals,
and nothing of the libraries within, which an application may hold in other versions.

usage: exported_symbols_test.py BUILD     BUILD: a build folder, as build/dev
"""
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ROOT / "build/dev").resolve()
LIBRARY = BUILD / "client-lib/libbelfry_client.so"
HEADERS = ROOT / "client-lib/include/belfry"

# What GCC emits for a class with virtual functions that is part of the interface.
OF_CLASSES = ("vtable for ", "typeinfo for ", "typeinfo name for ")


def exported():
    listed = subprocess.run(["nm", "-D", "--defined-only", "--demangle", "--format=posix", LIBRARY], check=True,
                            capture_output=True, text=True).stdout
    # NAME TYPE VALUE SIZE, and names hold blanks; those of versions (A) are no symbols of code.
    found = [re.match(r"(.+) (\w) [0-9a-f]+(?: [0-9a-f]+)?$", line).groups() for line in listed.splitlines()]
    return [name for name, kind in found if kind != "A"]


def declared():
    """The classes and functions of namespace belfry that the headers mark with BELFRY_API."""
    names = set()
    for header in [*HEADERS.glob("*.h"), *HEADERS.glob("*.h.in")]:
        text = header.read_text()
        names |= set(re.findall(r"^class BELFRY_API (\w+)", text, re.MULTILINE))
        names |= set(re.findall(r"^BELFRY_API [^;{]*?(\w+)\(", text, re.MULTILINE))
    return names


def top_name(symbol):
    """The class or function of namespace belfry that a symbol belongs to; None if it is of none."""
    for prefix in OF_CLASSES:
        symbol = symbol.removeprefix(prefix)
    match = re.match(r"belfry::(\w+)", symbol.removesuffix("[abi:cxx11]"))
    return match.group(1) if match else None


class ExportedSymbols(unittest.TestCase):
    def test_only_the_interface_leaves(self):
        allowed = declared()
        strangers = [symbol for symbol in exported() if top_name(symbol) not in allowed]
        self.assertEqual(strangers, [], "not of the interface: see client-lib/belfry_client.map")

    def test_all_of_the_interface_leaves(self):
        there = {top_name(symbol) for symbol in exported()}
        self.assertEqual(declared() - there, set(), "missing in client-lib/belfry_client.map")

    def test_the_two_ways_of_reading_are_not_blind(self):
        symbols = exported()
        self.assertIn("Client", declared())
        self.assertIn("MakeThreadPool", declared())
        self.assertTrue(any(symbol.startswith("belfry::Client::Create(") for symbol in symbols), symbols)
        self.assertIn("vtable for belfry::Executor", symbols)
        self.assertIsNone(top_name("google::protobuf::Message::~Message()"))
        self.assertEqual(top_name("belfry::client::ClientCore::Close()"), "client")


if __name__ == "__main__":
    unittest.main()
