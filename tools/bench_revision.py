# SPDX-License-Identifier: Apache-2.0
"""The broker of another revision of this project, for `./dev bench --compare`: checked out into a temporary
worktree below build/, built there once, kept by commit."""
import os
import pathlib
import signal
import subprocess
import sys

from programs import Trouble

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGETS = ("belfryd",)
BUILD_SECONDS = 7200


class NoGit(Trouble):
    pass


def git(*words):
    try:
        return subprocess.run(["git", "-C", str(ROOT), *map(str, words)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)
    except FileNotFoundError:
        raise NoGit("git is not there; install it: apt-get install git") from None


def described():
    """What the working tree is; None if nobody can tell."""
    try:
        return git("describe", "--always", "--dirty").stdout.strip() or None
    except NoGit:
        return None


def commit_of(revision):
    """The full id; None if there is no such commit."""
    found = git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    return found.stdout.strip() if found.returncode == 0 else None


def run(what, words, log):
    with open(log, "ab") as output:
        # In a group of its own, so that compilers end with it.
        process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=output, start_new_session=True)
    try:
        code = process.wait(BUILD_SECONDS)
    except subprocess.TimeoutExpired:
        raise Trouble(f"{what} did not end within {BUILD_SECONDS} s; its output: {log}") from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if code != 0:
        raise Trouble(f"{what} failed; its output: {log}")


def binaries_of(commit):
    """The folder of its release belfryd, built if need be."""
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
