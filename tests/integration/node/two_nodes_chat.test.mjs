// SPDX-License-Identifier: Apache-2.0
// The example application as its users see it: two nodes, one broker, two browser pages.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { PATIENCE_MS, Stage, eventually } from "./support.mjs";

const stage = new Stage();
let browser, broker, urls;
const pages = {};

// Each page in a context of its own, as on two people's machines.
async function open(node, room) {
  const context = await browser.newContext();
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(String(error)));
  await page.goto(`${urls[node]}/?room=${room}`);
  await page.locator("#state.connected").waitFor();
  return page;
}

async function say(page, text) {
  await page.locator("#text").fill(text);
  await page.locator("#text").press("Enter");
  await page.locator("#outcome", { hasText: "delivered to" }).waitFor();
}

// The text of the last message that a page shows, once it is the one wanted.
const sees = (page, text) =>
  eventually(`the page shows "${text}"`, async () =>
    (await page.locator("#messages .message .text").last().textContent({ timeout: PATIENCE_MS })) === text);

before(async () => {
  broker = await stage.startBroker();
  const nodes = {
    A: await stage.startNode("A", broker.ports.grpc),
    B: await stage.startNode("B", broker.ports.grpc),
  };
  urls = Object.fromEntries(Object.entries(nodes).map(([name, node]) => [name, `http://127.0.0.1:${node.ports.http}`]));
  browser = await chromium.launch({
    executablePath: process.env.BELFRY_CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync"],
  });
  pages.A = await open("A", "bells");
  pages.B = await open("B", "bells");
});

after(async () => {
  await browser?.close();
  await stage.end();
});

test("each page says which node serves it", async () => {
  for (const name of ["A", "B"]) {
    assert.equal(await pages[name].locator("#served").textContent(), `served by node ${name}`);
    assert.equal(await pages[name].locator("#room").textContent(), "bells");
  }
});

test("what is typed in one page appears in the other, both ways", async () => {
  await say(pages.A, "hello from A");
  await sees(pages.B, "hello from A");
  await sees(pages.A, "hello from A");
  await say(pages.B, "hello from B");
  await sees(pages.A, "hello from B");
});

test("text stays text, with its lines", async () => {
  const text = "<img src=x onerror=alert(1)>\n  & \"two\" lines ä🔔";
  await say(pages.A, text);
  await sees(pages.B, text);
  assert.equal(await pages.B.locator("#messages img").count(), 0);
});

test("another room hears nothing", async () => {
  const elsewhere = await open("B", "elsewhere");
  await say(pages.A, "for this room only");
  await sees(pages.B, "for this room only");
  await say(elsewhere, "alone here");
  await sees(elsewhere, "alone here");
  assert.equal(await elsewhere.locator("#messages .message").count(), 1);
  await elsewhere.context().close();
});

test("after a broker restart both pages say that something may be missing, and go on", async () => {
  const port = broker.ports.grpc;
  assert.equal(await broker.end(), 0);
  for (const name of ["A", "B"]) await pages[name].locator("#state.waiting").waitFor();
  broker = await stage.startBroker(port);
  for (const name of ["A", "B"]) {
    await pages[name].locator("#messages .gap").last().waitFor();
    await pages[name].locator("#state.connected").waitFor();
  }
  await say(pages.A, "back from A");
  await sees(pages.B, "back from A");
  await say(pages.B, "back from B");
  await sees(pages.A, "back from B");
});

test("no script failed", () => {
  for (const name of ["A", "B"]) assert.deepEqual(pages[name].problems, []);
});
