// Tables and lists: edges, refusals, who may call whom, pods, changes.

import { attribute, byId, el, keyed, text } from "./dom.js";
import { clock, count, identity, latency, rate, remaining, share } from "./words.js";

const cell = (value, attributes = {}) => el("td", attributes, value);

/** Set the texts of a row's cells, one after the other. */
function cells(row, values) {
  values.forEach((value, number) => text(row.children[number], value));
}

export function showEdges({ edges }) {
  const key = (edge) => [edge.source, edge.destination, edge.port, edge.tls, edge.client_id].join(" ");
  const make = () => el("tr", {}, el("th", { scope: "row" }), cell(""), ...Array.from({ length: 6 }, () => cell("", { class: "n" })), cell(""));
  keyed(byId("edges").tBodies[0], edges, key, make, (row, edge) => {
    cells(row, [
      edge.source,
      edge.port ? `${edge.destination}:${edge.port}` : edge.destination,
      share(edge.success),
      rate(edge.rps),
      rate(edge.unauthorized),
      latency(edge.latency_p50),
      latency(edge.latency_p95),
      latency(edge.latency_p99),
      edge.secured ? "✓" : "no",
    ]);
  });
}

export function showRefusals({ refusals }) {
  const list = byId("refusals");
  keyed(list, refusals, (one) => `${one.number} ${one.time}`, refusal);
  byId("refusals-empty").hidden = refusals.length > 0;
  list.hidden = refusals.length === 0;
  text(byId("refusals-count"), refusals.length ? count(refusals.length, "call") : "");
}

function refusal(one) {
  const who = one.client_id ? `${one.source} (${identity(one.client_id)})` : one.source;
  return el("li", { class: "refusal new" },
    el("details", {},
      el("summary", {},
        el("span", { class: "time" }, clock(one.time)),
        el("span", { class: "line" },
          el("b", {}, who), " → ", el("b", {}, `${one.destination}:${one.port}`), " ", el("code", {}, one.request)),
        el("span", { class: "badge no" }, one.status ? `${one.status} ${one.verdict}` : one.verdict),
        el("span", { class: "by" }, one.rule || "the rule is not known", one.place && " · ", one.place && el("code", {}, one.place))),
      el("ul", { class: "reasons" }, ...one.reasons.map((reason) => el("li", {}, reason)))));
}

export function showAccess({ mesh, edges }) {
  const ports = mesh.pods.flatMap((pod) => Object.keys(pod.ports).map((port) => `${pod.workload}:${port}`));
  const servers = [...new Set(ports)].sort();
  const callers = [...new Set([...mesh.callers, ...mesh.access.map((line) => line.client)])];
  const head = byId("access").tHead;
  keyed(head, [servers.join(" ")], (one) => one, () =>
    el("tr", {}, el("th", { scope: "col" }, "Caller"), ...servers.map((name) => el("th", { scope: "col" }, name))));
  const key = (caller) => `${caller} ${servers.join(" ")}`;
  const make = (caller) => el("tr", {}, el("th", { scope: "row" }, caller), ...servers.map(() => el("td")));
  keyed(byId("access").tBodies[0], callers, key, make, (row, caller) => {
    servers.forEach((server, number) => access(row.children[number + 1], caller, server, mesh, edges));
  });
}

function access(node, caller, server, mesh, edges) {
  const lines = mesh.access.filter((line) => line.client === caller && `${line.server}:${line.port}` === server);
  const proved = lines.map((line) => ({ ...line, id: `${line.request} ${line.because}` }));
  const none = { id: "none", request: "refused", because: "" };
  const probed = { id: "probed", ...probes(caller, server, mesh.verified) };
  const seen = { id: "seen", seen: traffic(caller, server, mesh, edges) };
  attribute(node, "class", lines.length ? (lines.some((line) => line.request === "not known") ? "maybe" : "yes") : "no");
  keyed(node, [...(proved.length ? proved : [none]), ...(probed.seen ? [probed] : []), ...(seen.seen ? [seen] : [])], (one) => one.id, grant, (part, one) => {
    if (!one.seen) return;
    text(part, one.seen);
    attribute(part, "class", `seen ${one.kind ?? ""}`);
  });
}

function grant(one) {
  if (one.seen) return el("div", { class: "seen" }, one.seen);
  return el("div", { class: "grant" }, el("span", { class: "what" }, one.request), one.because && el("span", { class: "by", title: one.because }, named(one.because)));
}

/** The name of an object, without its kind and namespace; a sentence as it is. */
const named = (object) => (/^\w+ [^ ]+$/.test(object) ? object.replace(/^\w+ ([^/]+\/)?/, "") : object);

/** What `just verify` saw of these calls, in words, and whether all of it is as proved. */
function probes(caller, server, verified) {
  const found = (verified?.probed ?? []).filter((one) => one.client === caller && `${one.server}:${one.port}` === server);
  const sum = (field) => found.reduce((total, one) => total + one[field], 0);
  const different = found.flatMap((one) => one.different);
  if (different.length) return { kind: "no", seen: `✗ probed: ${different.length} other than proved: ${different[0]}` };
  const parts = [sum("allowed") && `${sum("allowed")} let through`, sum("refused") && `${sum("refused")} refused`].filter(Boolean);
  return { kind: "yes", seen: parts.length ? `✓ probed: ${parts.join(", ")}` : "" };
}

export function showVerified({ mesh: { verified } }) {
  const node = byId("verified");
  attribute(node, "class", `badge ${verified ? (verified.different ? "no" : "yes") : ""}`);
  text(node, verified ? `${count(verified.calls, "call")} probed at ${clock(verified.time)}: ${verified.different ? `${verified.different} other than proved` : "all as proved"}` : "not probed since the last apply: just verify");
}

/** What was seen of these calls, in words; pods of a workload are one, and so is whoever has no name here. */
function traffic(caller, server, mesh, edges) {
  const workload = Object.fromEntries(mesh.pods.map((pod) => [pod.name, pod.workload]));
  const name = caller === "node" ? "kubelet" : caller;
  const found = edges.filter((edge) =>
    (workload[edge.source] ?? edge.source) === name && `${workload[edge.destination] ?? edge.destination}:${edge.port}` === server);
  const sum = (field) => found.reduce((total, edge) => total + edge[field], 0);
  const parts = [sum("rps") && `${rate(sum("rps"))}/s let through`, sum("unauthorized") && `${rate(sum("unauthorized"))}/s refused`];
  return parts.filter(Boolean).join(", ");
}

export function showPods({ mesh }) {
  const make = () => el("tr", {}, el("th", { scope: "row" }), el("td", {}, el("span", { class: "badge" })), cell(""),
    el("td", {}, el("span", { class: "life" }), el("progress", { max: 1 })), cell("", { class: "n" }));
  keyed(byId("pods").tBodies[0], mesh.pods, (pod) => pod.name, make, (row, pod) => {
    const [name, state, who, certificate, restarts] = row.children;
    text(name, pod.name);
    attribute(name, "title", pod.address);
    text(state.firstChild, pod.phase);
    attribute(state.firstChild, "class", `badge ${pod.phase === "ready" ? "yes" : pod.phase === "not ready" ? "no" : "maybe"}`);
    text(who, pod.identity ? identity(pod.identity) : "none: not meshed");
    const left = pod.expires ? (Date.parse(pod.expires) - Date.now()) / 1000 : 0;
    const [life, bar] = certificate.children;
    text(life, pod.expires ? remaining(left) : "–");
    bar.hidden = !pod.expires || !mesh.lifetime;
    attribute(bar, "value", Math.max(0, Math.min(1, left / (mesh.lifetime || 1))).toFixed(3));
    attribute(bar, "aria-label", `remaining life of the certificate of ${pod.name}`);
    text(restarts, String(pod.restarts + pod.sidecar_restarts));
  });
}

export function showChanges({ changes }) {
  keyed(byId("changes"), changes, (one) => `${one.number} ${one.time}`, (one) =>
    el("li", {}, el("span", { class: "time" }, clock(one.time)), el("span", { class: "badge" }, one.kind), el("span", { class: "line" }, one.text)));
}
