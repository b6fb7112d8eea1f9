// The latest traces, and one of them as a waterfall.

import { attribute, byId, el, keyed, svg, text } from "./dom.js";
import { clock, count, latency } from "./words.js";

const list = byId("traces");
let open = "";
let token = "";
let held = false;
let later = null;

// A row that moves away under the pointer cannot be chosen, so the list waits until the pointer leaves it.
list.addEventListener("pointerenter", ({ pointerType }) => {
  held = pointerType === "mouse";
  if (held) text(byId("traces-count"), "paused while you point at it");
});
list.addEventListener("pointerleave", () => {
  held = false;
  if (later) showTraces(later);
});

export function showTraces(known) {
  token = known.token;
  later = known;
  if (!held) show(known.traces);
}

function show(traces) {
  const make = (one) => el("li", {}, el("button", { type: "button", class: "trace", onclick: () => toggle(one.id) },
    el("span", { class: "time" }, clock(one.start)), el("span", { class: "line" }, el("b", {}, one.service), " ", el("code", {}, one.name)),
    el("span", { class: "quiet spans" }), el("span", { class: "badge duration" })));
  keyed(list, traces, (one) => one.id, make, (item, one) => {
    const button = item.firstChild;
    attribute(button, "aria-expanded", String(open === one.id));
    attribute(button, "aria-controls", "waterfall");
    text(button.querySelector(".spans"), count(one.spans, "span"));
    text(button.querySelector(".duration"), latency(one.milliseconds));
    attribute(button.querySelector(".duration"), "class", `badge duration ${one.failed ? "no" : ""}`);
  });
  list.hidden = traces.length === 0;
  byId("traces-empty").hidden = traces.length > 0;
  text(byId("traces-count"), traces.length ? "the latest; choose one" : "");
}

async function toggle(id) {
  open = open === id ? "" : id;
  for (const button of list.querySelectorAll("button")) attribute(button, "aria-expanded", "false");
  const place = byId("waterfall");
  place.hidden = open === "";
  place.replaceChildren();
  if (!open) return;
  const answer = await fetch(`/api/traces/${encodeURIComponent(id)}`, { headers: { authorization: `Bearer ${token}` }, cache: "no-store" });
  if (open !== id) return;
  place.replaceChildren(...(answer.ok ? waterfall(await answer.json()) : [el("p", { class: "empty" }, "This trace is not kept any more.")]));
  const button = list.keyedChildren?.get(id)?.firstChild;
  if (button) attribute(button, "aria-expanded", "true");
}

function waterfall(trace) {
  const whole = Math.max(trace.milliseconds, 0.001);
  const services = [...new Set(trace.rows.map((row) => row.service))];
  return [
    el("h3", {}, `${trace.service} ${trace.name}`, el("span", { class: "quiet" }, ` ${count(trace.rows.length, "span")} in ${latency(trace.milliseconds)}`)),
    el("ol", { class: "spans" }, ...trace.rows.map((row) => span(row, whole, services.indexOf(row.service)))),
  ];
}

function span(row, whole, color) {
  const failed = row.status === "error";
  const facts = Object.entries({ kind: row.kind, pod: row.pod, ...(row.message ? { message: row.message } : {}), ...row.attributes });
  return el("li", {}, el("details", {},
    el("summary", {},
      el("span", { class: `who depth${Math.min(row.depth, 8)}` }, el("b", {}, row.service), " ", row.name),
      drawing(row, whole, failed ? "failed" : `color${color % 6}`),
      el("span", { class: "n" }, latency(row.milliseconds))),
    el("dl", {}, ...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]))));
}

/** The place of a span in time. A drawing takes its numbers from attributes: the page's policy allows no inline style. */
function drawing(row, whole, kind) {
  const x = Math.min(99, (row.offset / whole) * 100);
  const width = Math.max(0.8, Math.min(100 - x, (row.milliseconds / whole) * 100));
  return svg("svg", { class: "bar", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: "track", width: 100, height: 8 }), svg("rect", { class: kind, x, width, height: 8, rx: 0.6 }));
}
