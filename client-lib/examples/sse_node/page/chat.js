// SPDX-License-Identifier: Apache-2.0
// The page's part: shows a room's events as they come, and posts what is typed. Every text from outside is
// set as text, never as HTML.
"use strict";

const MESSAGES_SHOWN_MAX = 500; // a room that talks all day must not fill the browser

const room = new URLSearchParams(location.search).get("room") || "lobby";
const path = "/rooms/" + encodeURIComponent(room);
const byId = (id) => document.getElementById(id);
const list = byId("messages");

byId("room").textContent = room;
document.title = room + " · Belfry rooms";

function setState(kind, text) {
  const state = byId("state");
  state.className = "state " + kind;
  state.textContent = text;
}

function append(item) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  list.append(item);
  while (list.childElementCount > MESSAGES_SHOWN_MAX) list.firstElementChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function showMessage(text, id) {
  // An event's id is the broker's time in microseconds, a dash, and this node's count.
  const micros = Number(id.split("-")[0]);
  const when = micros > 0 ? new Date(micros / 1000) : new Date();
  const item = document.createElement("li");
  item.className = "message";
  const time = document.createElement("time");
  time.dateTime = when.toISOString();
  time.textContent = when.toLocaleTimeString([], { hour12: false });
  const body = document.createElement("span");
  body.className = "text";
  body.textContent = text;
  item.append(time, body);
  append(item);
}

const GAP_REASONS = {
  overflow: "the broker's queue was full",
  viewer_overflow: "this page could not keep up",
  reconnect: "the connection was interrupted",
  viewer_reconnect: "this page was away",
  peer_link: "a link between brokers lost them",
  memory: "the broker shed load",
};

function showGap(gap) {
  const reason = GAP_REASONS[gap.cause] || gap.cause;
  const item = document.createElement("li");
  item.className = "gap";
  item.textContent = gap.count === null
    ? "Messages may be missing here: " + reason
    : gap.count + (gap.count === 1 ? " message is" : " messages are") + " missing here: " + reason;
  append(item);
}

const events = new EventSource(path + "/events");
events.addEventListener("ready", (event) => {
  byId("served").textContent = "served by node " + event.data;
  setState("connected", "connected");
});
events.addEventListener("state", () => setState("waiting", "node is looking for its broker"));
events.addEventListener("message", (event) => showMessage(event.data, event.lastEventId));
events.addEventListener("binary", (event) =>
  showMessage("(bytes, in base64) " + event.data, event.lastEventId));
events.addEventListener("gap", (event) => showGap(JSON.parse(event.data)));
events.onerror = () => {
  if (events.readyState === EventSource.CLOSED) {
    setState("lost", "not served: reload to try again");
  } else {
    setState("waiting", "looking for this node");
  }
};

function showOutcome(text, bad) {
  const outcome = byId("outcome");
  outcome.textContent = text;
  outcome.className = bad ? "bad" : "";
}

async function send() {
  const box = byId("text");
  const text = box.value;
  if (text.trim() === "") return;
  showOutcome("", false);
  const button = byId("say").querySelector("button");
  button.disabled = true;
  try {
    const response = await fetch(path, { method: "POST", body: text });
    if (response.ok) {
      const outcome = await response.json();
      const n = outcome.subscribers;
      showOutcome("delivered to " + n + (n === 1 ? " subscriber" : " subscribers"), false);
      box.value = "";
      box.rows = 1;
    } else {
      showOutcome((await response.text()).trim(), true);
    }
  } catch {
    showOutcome("This node did not answer; your text is kept, send it again.", true);
  } finally {
    button.disabled = false;
    box.focus();
  }
}

byId("say").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
byId("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send();
  }
});
byId("text").addEventListener("input", (event) => {
  event.target.rows = Math.min(6, event.target.value.split("\n").length);
});
byId("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  location.search = "?room=" + encodeURIComponent(byId("other").value);
});
