// The page: takes its token from the address, listens to the mesh, and shows what it hears.

import { byId, text } from "./dom.js";
import { count, rate } from "./words.js";
import { listen } from "./stream.js";
import { showGraph } from "./graph.js";
import { showAccess, showChanges, showEdges, showPods, showRefusals, showVerified } from "./tables.js";
import { showTraces } from "./traces.js";

const KEY = "token";
/** All that is known of the mesh. */
const known = { mesh: null, edges: [], window: 10, refusals: [], changes: [], traces: [], token: "" };
const MOST_KEPT = 100;

/** Take the token out of the address, so that it is in no history, bookmark or picture; it stays in this tab. */
function token() {
  const shown = location.hash.slice(1);
  if (shown && shown !== "main") {
    sessionStorage.setItem(KEY, shown);
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem(KEY) ?? "";
}

const HEARD = {
  mesh: (data) => {
    known.mesh = data;
    draw();
  },
  edges: (data) => {
    known.edges = data.edges;
    known.window = data.window;
    draw();
  },
  refusals: (data) => {
    known.refusals = merged(known.refusals, data);
    showRefusals(known);
  },
  changes: (data) => {
    known.changes = merged(known.changes, data);
    showChanges(known);
  },
  traces: (data) => {
    known.traces = data;
    showTraces(known);
  },
};

/** The latest first, each once. */
function merged(before, news) {
  const found = new Map([...news, ...before].map((one) => [`${one.number} ${one.time}`, one]));
  return [...found.values()].sort((a, b) => b.time - a.time || b.number - a.number).slice(0, MOST_KEPT);
}

function draw() {
  if (!known.mesh) return;
  for (const id of ["window", "window2"]) text(byId(id), String(known.window));
  showGraph(known);
  showEdges(known);
  showAccess(known);
  showVerified(known);
  showPods(known);
  const traffic = known.edges.filter((edge) => edge.source !== "kubelet");
  const ready = known.mesh.pods.filter((pod) => pod.phase === "ready").length;
  const requests = traffic.reduce((sum, edge) => sum + edge.rps, 0);
  const refused = traffic.reduce((sum, edge) => sum + edge.unauthorized, 0);
  text(byId("summary"), `${ready} of ${count(known.mesh.pods.length, "pod")} ready · ${rate(requests)} requests/s · ${rate(refused)} refused/s`);
}

const STATES = { live: "live", lost: "reconnecting", unauthorized: "not allowed" };
const NOTICES = {
  unauthorized: ["This page needs the token of the mesh", "The mesh was started anew, or the address is incomplete. Run `just dashboard` and open what it prints."],
};
let lostSince = 0;

function changed(state) {
  const connection = byId("connection");
  connection.dataset.state = state;
  text(connection, STATES[state]);
  if (state === "live" || state === "unauthorized") lostSince = 0;
  else if (!lostSince) lostSince = Date.now();
  const stopped = lostSince && Date.now() - lostSince > 4000;
  const notice = stopped ? ["The mesh does not answer", "`just up` starts it again; this page goes on by itself if the mesh was not stopped by `just down`."] : NOTICES[state];
  byId("notice").hidden = !notice;
  if (notice) {
    text(byId("notice-title"), notice[0]);
    text(byId("notice-text"), notice[1]);
  }
}

// A second address pasted into the same tab brings another token.
addEventListener("hashchange", () => location.hash.length > 10 && location.reload());
new ResizeObserver(draw).observe(byId("graph"));
known.token = token();
listen("/api/events", known.token, (name, data) => HEARD[name]?.(data), changed);
