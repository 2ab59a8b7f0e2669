#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks who includes whom: includes go downward only, and libraries from outside stay in the folders
that own them. The table below is the one of docs/ARCHITECTURE.md, kept as data; a new folder or library
gets its line here.

  tools/check_layers.py [ROOT]     prints each violation as file:line: what and why; exit 1 if any
"""
import os
import re
import sys
from collections import defaultdict, namedtuple

# Folder -> floor. A folder includes itself, lower floors, and folders of its own floor as long as that
# makes no circle. The longest name that matches a path counts.
FLOORS = {
    "proto": 0,
    "common": 0,
    "broker/config": 1,
    "broker/observability": 1,
    "broker/rpc": 2,
    "broker/reactor": 2,
    "broker/core": 3,
    "broker/store": 4,
    "broker/auth": 4,
    "broker/cluster": 5,
    "broker/frontend/grpc": 6,
    "broker/frontend/redis": 6,
    "broker/frontend/http": 6,
    "broker/daemon": 7,
}

# Folders beside the broker -> the folders they may include. Outside client-lib, only its public headers
# ("belfry/client.h") may be included, not its sources.
BESIDE = {
    "client-lib": ["proto", "common"],
    "client-lib/examples": ["client-lib", "proto", "common"],
    "bench/load": ["client-lib", "common"],
    "bench": ["bench/load", "client-lib", "common"],
    "cli": ["bench/load", "client-lib", "proto", "common"],
}

# What a folder may not include although it lies below.
FORBIDDEN = {
    "broker/core": (["broker/rpc", "broker/reactor", "proto"],
                    "core is a pure state machine: time and output are injected, the wire form is the "
                    "frontends' matter"),
}

# Library -> (pattern of its headers, folders that own it). "tests/X" may include what X may. Test
# folders that mirror nothing (support, integration, ...) may include everything but what NOT_IN says.
LIBRARIES = {
    "nghttp2": (r"nghttp2/", ["broker/rpc"]),
    "OpenSSL": (r"openssl/", ["broker/rpc", "broker/auth"]),
    "RocksDB": (r"rocksdb/", ["broker/store"]),
    "prometheus-cpp": (r"prometheus/", ["broker/observability"]),
    "toml++": (r"toml\+\+/|toml\.hpp$", ["broker/config"]),
    "cpp-httplib": (r"httplib\.h$", ["broker/frontend/http", "client-lib/examples"]),
    "spdlog": (r"spdlog/", ["broker/observability"]),
    # The client library's adapter takes any Asio and includes none; its tests bring one.
    "Asio": (r"asio/|asio\.hpp$", ["broker/reactor", "broker/rpc", "broker/daemon", "tests/unit/client-lib"]),
    "grpc++": (r"grpcpp/|grpc\+\+/|grpc/(?!health/|reflection/)|.*\.grpc\.pb\.h$",
               ["client-lib", "client-lib/examples", "cli"]),
    "protobuf": (r"google/protobuf/|.*\.pb\.h$",
                 ["proto", "broker/rpc", "broker/cluster", "broker/frontend/grpc", "broker/daemon",
                  "client-lib", "cli"]),
    "CLI11": (r"CLI/", ["broker/daemon", "cli", "bench", "client-lib/examples"]),
    "libsystemd": (r"systemd/", ["broker/daemon"]),
    "hiredis": (r"hiredis/", ["bench"]),
    "cnats": (r"nats/", ["bench"]),
    "GoogleTest": (r"gtest/|gmock/|rapidcheck", []),
}

# These run under ThreadSanitizer, which libgrpc fills with false reports.
NOT_IN = {
    "grpc++": (["tests/unit", "tests/contract", "tests/sim"],
               "these tests run under ThreadSanitizer and do not link grpc++"),
}

ROOTS = ["broker", "common", "client-lib", "cli", "bench", "tests"]
SKIPPED = {"node_modules", "build", ".git"}
SUFFIXES = (".h", ".cc")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
GENERATED = re.compile(r"\.pb\.h$")

Include = namedtuple("Include", "file line name quoted")


def folder_of(path, names):
    """The longest of `names` that is `path` or holds it; None if there is none."""
    found = None
    for name in names:
        if path == name or path.startswith(name + "/"):
            if found is None or len(name) > len(found):
                found = name
    return found


ALL_FOLDERS = list(FLOORS) + list(BESIDE)


def sources(root):
    for top in ROOTS:
        for folder, folders, files in os.walk(os.path.join(root, top)):
            folders[:] = sorted(f for f in folders if f not in SKIPPED)
            for name in sorted(files):
                if name.endswith(SUFFIXES):
                    yield os.path.relpath(os.path.join(folder, name), root)


def includes(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as text:
        for number, line in enumerate(text, 1):
            match = INCLUDE.match(line)
            if match:
                yield Include(path, number, match.group(2), match.group(1) == '"')


def owner(path):
    """The folder whose rules hold for `path`: for tests/unit/X/..., that is X."""
    if path.startswith("tests/"):
        mirrored = path.split("/", 2)[2] if path.count("/") >= 2 else ""
        return folder_of(mirrored, ALL_FOLDERS)
    return folder_of(path, ALL_FOLDERS)


def library_of(name):
    for library, (pattern, folders) in LIBRARIES.items():
        if re.match(pattern, name):
            return library, folders
    return None, []


def check_library(include):
    library, folders = library_of(include.name)
    if library is None:
        return None
    in_tests = include.file.startswith("tests/")
    banned, why = NOT_IN.get(library, ([], ""))
    if folder_of(include.file, banned):
        return f"includes {library} (<{include.name}>): {why}"
    if in_tests and library in ("GoogleTest", "protobuf", "grpc++"):
        return None
    own = owner(include.file)
    if own in folders or folder_of(include.file, folders) or (in_tests and own is None):
        return None
    where = ", ".join(folders) if folders else "tests"
    return f"includes {library} (<{include.name}>), which only {where} may"


def target_of(root, include):
    """The folder of a project header; None for others. Raises ValueError with what is wrong."""
    name = include.name
    if GENERATED.search(name):
        return "proto"
    if name.startswith("belfry/"):
        return "client-lib"
    if not include.quoted:
        return None
    if name.startswith("tests/"):
        if not include.file.startswith("tests/"):
            raise ValueError("the product does not include its tests")
        return None
    if name.split("/")[0] not in ROOTS:
        raise ValueError("project headers are included by their path from the root, others with <>")
    # NAME.in is what configure_file makes a header from.
    if not any(os.path.exists(os.path.join(root, name + end)) for end in ("", ".in")):
        raise ValueError("there is no such file")
    folder = folder_of(name, ALL_FOLDERS)
    if folder is None:
        raise ValueError("its folder stands on no floor (see the table in tools/check_layers.py)")
    return folder


def check_direction(include, target):
    """Why the folder of the including file may not include `target`, or None."""
    if include.file.startswith("tests/"):
        return None  # tests look at everything
    source = folder_of(include.file, ALL_FOLDERS)
    if source is None:
        return "its own folder stands on no floor (see the table in tools/check_layers.py)"
    if source == target:
        return None
    forbidden, why = FORBIDDEN.get(source, ([], ""))
    if target in forbidden:
        return f"{source} may not include {target}: {why}"
    if source in BESIDE:
        if target not in BESIDE[source]:
            return f"{source} may include only {', '.join(BESIDE[source])}, not {target}"
        if target == "client-lib" and not include.name.startswith("belfry/"):
            return "only the public headers of client-lib (belfry/...) may be included from outside"
        return None
    if target in BESIDE:
        return f"{source} (broker) may not include {target}, which stands beside the broker"
    if FLOORS[target] > FLOORS[source]:
        return (f"upward: {source} (floor {FLOORS[source]}) includes {target} "
                f"(floor {FLOORS[target]})")
    return None


def circles(edges):
    """Folders of one floor that reach each other; `edges`: (from, to) -> includes."""
    reach = defaultdict(set)
    for source, target in edges:
        reach[source].add(target)
    changed = True
    while changed:
        changed = False
        for source in list(reach):
            more = set().union(*(reach.get(t, set()) for t in reach[source])) - reach[source]
            if more:
                reach[source] |= more
                changed = True
    return {(s, t) for (s, t) in edges if s in reach.get(t, set())}


def check(root):
    """All violations as (file, line, text)."""
    found = []
    siblings = defaultdict(list)
    for path in sources(root):
        for include in includes(root, path):
            problem = check_library(include)
            if problem:
                found.append((include.file, include.line, problem))
            try:
                target = target_of(root, include)
            except ValueError as error:
                found.append((include.file, include.line, f'includes "{include.name}": {error}'))
                continue
            if target is None:
                continue
            problem = check_direction(include, target)
            if problem:
                found.append((include.file, include.line, f'includes "{include.name}": {problem}'))
            source = folder_of(include.file, FLOORS)
            if source and source != target and FLOORS.get(target) == FLOORS[source]:
                siblings[source, target].append(include)
    for source, target in circles(siblings):
        for include in siblings[source, target]:
            found.append((include.file, include.line,
                          f'includes "{include.name}": {source} and {target} stand on one floor and '
                          "include each other"))
    return sorted(set(found))


def main(arguments):
    root = os.path.abspath(arguments[1] if len(arguments) > 1
                           else os.path.join(os.path.dirname(__file__), ".."))
    violations = check(root)
    for file, line, text in violations:
        print(f"{file}:{line}: {text}")
    if violations:
        print(f"check_layers: {len(violations)} violation(s)", file=sys.stderr)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
