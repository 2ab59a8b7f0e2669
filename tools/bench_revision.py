# SPDX-License-Identifier: Apache-2.0
"""The programs of another revision of this project, for `./dev bench --compare`: checked out into a temporary
worktree below build/, built there once, kept by commit."""
import pathlib
import subprocess
import sys

from programs import Trouble

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGETS = ("belfryd", "belfry_cli")
BUILD_SECONDS = 7200


def git(*words):
    return subprocess.run(["git", "-C", str(ROOT), *map(str, words)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)


def commit_of(revision):
    """The full id; None if there is no such commit."""
    found = git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    return found.stdout.strip() if found.returncode == 0 else None


def run(what, words, log):
    with open(log, "ab") as output:
        code = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=output,
                              stderr=output, timeout=BUILD_SECONDS, check=False).returncode
    if code != 0:
        raise Trouble(f"{what} failed; its output: {log}")


def binaries_of(commit):
    """The folder of its release programs, built if need be."""
    build = ROOT / "build" / "compare" / commit[:12]
    done = build / "complete"
    if done.exists():
        return build / "bin"
    source = build.with_suffix(".source")
    log = build.with_suffix(".log")
    build.mkdir(parents=True, exist_ok=True)
    print(f"dev bench: building {commit[:12]}, once; output: {log}", file=sys.stderr, flush=True)
    remove_worktree(source)  # of a run that was killed
    added = git("worktree", "add", "--detach", source, commit)
    if added.returncode != 0:
        raise Trouble(f"git worktree add failed: {added.stderr.strip()}")
    try:
        run(f"configuring {commit[:12]}", ["cmake", "--preset", "release", "-S", source, "-B", build], log)
        run(f"building {commit[:12]}", ["cmake", "--build", build, "--target", *TARGETS], log)
    finally:
        remove_worktree(source)
    done.touch()
    return build / "bin"


def remove_worktree(source):
    if source.exists():
        git("worktree", "remove", "--force", source)
    git("worktree", "prune")
