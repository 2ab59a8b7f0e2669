# SPDX-License-Identifier: Apache-2.0
"""The brokers that `./dev bench` measures, each on a loopback port of its own: nothing kept on disk, output
limits lifted, so that none of them drops or disconnects where another would not. Whatever was started is ended
by its process id."""
import shutil
import socket
import time

from programs import END_SECONDS, START_SECONDS, Program, Trouble, wait_for_ports

PORT_TRIES = 5  # a free port may be taken by another before the server has it
ANSWER_SECONDS = 1

NATS_CONFIGURATION = """host: 127.0.0.1
port: {port}
max_pending: 1GB
write_deadline: "60s"
"""


class Server:
    """A running broker: `address` HOST:PORT, `pid`, `settings` as a text for people."""

    def __init__(self, system, program, port, settings):
        self.system = system
        self.program = program
        self.address = f"127.0.0.1:{port}"
        self.pid = program.process.pid
        self.settings = settings


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port, say, expect):
    """Whether the server there greets as its protocol says."""
    try:
        with socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS) as connection:
            connection.sendall(say)
            return connection.recv(len(expect)) == expect
    except OSError:
        return False


def find(program):
    # Debian puts nats-server where only root's path leads.
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise Trouble(f"{program} is not there; install it: ./dev deps")
    return found


class Servers:
    """Use it with `with`: at the end none is left."""

    def __init__(self, folder):
        self.folder = folder
        self.programs = []
        self.problems = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for program in reversed(self.programs):
            early = program.process.poll() is not None
            code = program.end()
            if code is None:
                self.problems.append(f"{program.name} did not end within {END_SECONDS} s and was killed")
            elif early:
                self.problems.append(f"{program.name} ended with code {code} before it was asked to"
                                     f"{program.last_words()}")

    def start(self, name, words):
        home = self.folder / name
        home.mkdir(exist_ok=True)
        program = Program(name, words, self.folder, cwd=home)
        self.programs.append(program)
        return program

    def check(self):
        for program in self.programs:
            program.check()

    def start_on_free_port(self, name, words_for, say, expect):
        """For servers that cannot choose a port themselves. The program and its port."""
        for tries_left in reversed(range(PORT_TRIES)):
            port = free_port()
            program = self.start(name, words_for(port))
            deadline = time.monotonic() + START_SECONDS
            while program.process.poll() is None and time.monotonic() < deadline:
                if answers(port, say, expect):
                    return program, port
                time.sleep(0.01)
            if program.process.poll() is None or not tries_left:
                break
            self.programs.remove(program)  # ended already
        program.check()
        raise Trouble(f"{name} did not answer within {START_SECONDS} s; its log: {program.log}")

    def belfry(self, name, binaries):
        ports_file = self.folder / f"{name}.ports"
        program = self.start(name, [binaries / "belfryd", "--set", "listen.grpc=127.0.0.1:0", "--set",
                                    "listen.http=127.0.0.1:0", "--ports-file", ports_file])
        port = wait_for_ports(program, ports_file)["grpc"]
        return Server(name, program, port, "defaults")

    def redis(self):
        settings = ["--save", "", "--appendonly", "no", "--client-output-buffer-limit", "pubsub 0 0 0"]
        program, port = self.start_on_free_port(
            "redis", lambda port: [find("redis-server"), "--bind", "127.0.0.1", "--port", str(port), *settings],
            b"PING\r\n", b"+PONG")
        return Server("redis", program, port, "save '', appendonly no, client-output-buffer-limit pubsub 0 0 0")

    def nats(self):
        configuration = self.folder / "nats.conf"

        def words(port):
            configuration.write_text(NATS_CONFIGURATION.format(port=port))
            return [find("nats-server"), "--config", configuration]
        program, port = self.start_on_free_port("nats", words, b"", b"INFO")
        return Server("nats", program, port, "max_pending 1GB, write_deadline 60s")
