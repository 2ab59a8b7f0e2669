// SPDX-License-Identifier: Apache-2.0
// What the tests here share: programs on free ports that never outlive their test, and waiting for a condition.
import { spawn } from "node:child_process";
import { openSync, closeSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
export const bin = process.env.BELFRY_BIN || join(root, "build/dev/bin");

// Generous: two cores may be shared with other tests. Nothing waits this long unless it is broken.
export const PATIENCE_MS = 30_000;

// Until `look` returns something true, which is returned.
export async function eventually(what, look, patience = PATIENCE_MS) {
  const deadline = Date.now() + patience;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not within ${patience} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

// A folder for logs and ports files, and the programs of one test.
export class Stage {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "belfry-test-"));
    this.programs = [];
  }

  // Starts a program that writes a ports file; returns { ports, end, log }.
  async start(name, program, args) {
    const portsFile = join(this.folder, `${name}.ports`);
    const logFile = join(this.folder, `${name}.log`);
    rmSync(portsFile, { force: true });
    const log = openSync(logFile, "a");
    const child = spawn(join(bin, program), [...args, "--ports-file", portsFile], {
      stdio: ["ignore", log, log],
      cwd: this.folder,
    });
    closeSync(log);
    const exited = new Promise((done) => {
      child.on("exit", (code, signal) => done(code ?? signal));
      child.on("error", (error) => done(String(error)));
    });
    let code;
    exited.then((value) => (code = value));
    const running = {
      log: () => readFileSync(logFile, "utf8"),
      // SIGTERM, and SIGKILL for one that does not end; its exit code, or the signal's name.
      end: async () => {
        if (code === undefined) child.kill("SIGTERM");
        const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
        const value = await exited;
        clearTimeout(timer);
        return value;
      },
    };
    this.programs.push(running);
    await eventually(`${name} writes its ports file`, () => {
      if (code !== undefined) throw new Error(`${name} ended with ${code}: ${running.log()}`);
      return existsSync(portsFile);
    });
    running.ports = JSON.parse(readFileSync(portsFile, "utf8"));
    return running;
  }

  startBroker(port = 0, more = []) {
    const sets = [`listen.grpc=127.0.0.1:${port}`, "listen.http=127.0.0.1:0", ...more];
    return this.start("belfryd", "belfryd", sets.flatMap((set) => ["--set", set]));
  }

  startNode(name, brokerPort) {
    return this.start(`node-${name}`, "sse_node", [
      "--listen", "127.0.0.1:0", "--server", `127.0.0.1:${brokerPort}`, "--name", name,
    ]);
  }

  async end() {
    for (const program of this.programs.reverse()) await program.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
