// The topology: who calls whom, from left to right, or from top to bottom on a narrow page.

import { attribute, byId, keyed, svg, text } from "./dom.js";
import { identity, latency, rate, share } from "./words.js";

const NARROW = 620;
const BOX = { width: 158, height: 54 };
/** Between two rows of boxes, where each is above the one that it calls. */
const GAP = 86;
/** Around a line that goes past all boxes, for its label. */
const EDGE = 16;
/** Between a line and the boxes that it goes past, and between two such lines. */
const MARGIN = 7, APART = 18, BESIDE = 14;
const HIDDEN = new Set(["kubelet"]);

export function showGraph({ mesh, edges }) {
  const place = byId("graph");
  const width = place.clientWidth;
  if (!width) return;
  const graph = layout(mesh, edges, width);
  const picture = place.firstElementChild ?? place.appendChild(picture_());
  attribute(picture, "viewBox", `0 ${graph.top} ${graph.width} ${graph.height}`);
  attribute(picture, "width", graph.width);
  attribute(picture, "height", graph.height);
  attribute(picture, "aria-label", graph.words);
  const [lines, nodes, labels] = picture.children;
  keyed(lines, graph.edges, (edge) => edge.key, () => svg("path", { "marker-end": "url(#arrow)" }), (path, edge) => {
    attribute(path, "d", edge.path);
    attribute(path, "class", `edge ${edge.kind}`);
  });
  keyed(nodes, graph.nodes, (node) => node.name, box, drawNode);
  keyed(labels, graph.edges.filter((edge) => edge.label.length), (edge) => edge.key, label, drawLabel);
}

function picture_() {
  const arrow = svg("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" },
    svg("path", { d: "M0 0 8 4 0 8z", class: "arrow" }));
  return svg("svg", { role: "img" }, svg("g"), svg("g"), svg("g"), svg("defs", {}, arrow));
}

function box() {
  return svg("g", {},
    svg("rect", { width: BOX.width, height: BOX.height, rx: 10 }),
    svg("circle", { cx: 15, cy: 19, r: 4.5 }),
    svg("text", { x: 27, y: 23, class: "name" }),
    svg("text", { x: 14, y: 41, class: "id" }));
}

function drawNode(group, node) {
  attribute(group, "transform", `translate(${node.x} ${node.y})`);
  attribute(group, "class", `node ${node.kind}`);
  const [, , name, id] = group.children;
  text(name, short(node.title, 18));
  text(id, short(node.id, 24));
}

function label() {
  return svg("g", { class: "label" }, svg("rect", { rx: 5 }), svg("text", { "text-anchor": "middle" }), svg("text", { "text-anchor": "middle" }));
}

function drawLabel(group, edge) {
  const [back, first, second] = group.children;
  const widest = Math.max(...edge.label.map((line) => line.length)) * 6.1 + 12;
  const height = edge.label.length * 14 + 6;
  attribute(group, "class", `label ${edge.kind}`);
  for (const [name, value] of Object.entries({ x: edge.at.x - widest / 2, y: edge.at.y - height / 2, width: widest, height })) {
    attribute(back, name, value.toFixed(1));
  }
  [first, second].forEach((line, number) => {
    text(line, edge.label[number] ?? "");
    attribute(line, "x", edge.at.x.toFixed(1));
    attribute(line, "y", (edge.at.y - height / 2 + 14.5 + number * 14).toFixed(1));
  });
}

const short = (words, most) => (words.length > most ? `${words.slice(0, most - 1)}…` : words);

/** Return nodes and edges with their places. */
function layout(mesh, all, width) {
  const edges = all.filter((edge) => !HIDDEN.has(edge.source));
  const nodes = nodesOf(mesh, edges);
  const calls = callsOf(mesh, edges, nodes);
  const columns = layers(nodes, calls);
  const down = width < NARROW;
  const size = down ? stack(columns, width) : spread(columns, width);
  const known = new Map(nodes.map((node) => [node.name, node]));
  // Lines that part downwards leave little room between them.
  for (const call of calls) if (down) call.label = call.label.map((line) => line.replace(/^p50 .* · p99/, "p99"));
  const lanes = [];
  const drawn = calls.map((call) => ({ ...call, ...curve(known.get(call.source), known.get(call.destination), down, size, nodes, lanes) }));
  const top = down ? 0 : Math.min(0, ...lanes.map((lane) => lane - EDGE));
  const bottom = down ? size.height : Math.max(size.height, ...lanes.map((lane) => lane + EDGE));
  return { ...size, top, height: bottom - top, nodes, edges: drawn, words: inWords(nodes, edges) };
}

function nodesOf(mesh, edges) {
  const pods = mesh.pods.map((pod) => ({
    name: pod.name, title: pod.name, workload: pod.workload, pod: true,
    id: pod.identity ? identity(pod.identity) : "not meshed",
    kind: pod.phase === "ready" ? "ready" : pod.phase === "not ready" ? "broken" : "waiting",
  }));
  const names = new Set(pods.map((pod) => pod.name));
  const others = new Set(edges.flatMap((edge) => [edge.source, edge.destination]).filter((name) => !names.has(name)));
  if (mesh.ingress) others.add("outside");
  const known = new Map(edges.map((edge) => [edge.source, edge.client_id]));
  return [...pods, ...[...others].sort().map((name) => ({
    name, title: name, workload: name, pod: false, kind: "stranger",
    id: known.get(name) ? "no pod here" : name === "outside" ? "this machine" : "no identity",
  }))];
}

/** Every edge with traffic, and those that the policies allow between pods and on which nothing happens now. */
function callsOf(mesh, edges, nodes) {
  const pods = nodes.filter((node) => node.pod);
  const calls = new Map();
  const note = (source, destination, kind, label) => {
    const key = `${source} ${destination}`;
    if (source !== destination && (!calls.has(key) || calls.get(key).kind === "may")) calls.set(key, { key, source, destination, kind, label });
  };
  for (const edge of grouped(edges)) note(edge.source, edge.destination, edge.rps ? "live" : "no", words(edge));
  const probes = new Set(mesh.access.filter((line) => line.client === "node").map((line) => `${line.server} ${line.because}`));
  for (const line of mesh.access) {
    if (probes.has(`${line.server} ${line.because}`)) continue;
    for (const from of pods.filter((pod) => pod.workload === line.client)) {
      for (const to of pods.filter((pod) => pod.workload === line.server)) note(from.name, to.name, "may", []);
    }
  }
  const ingress = pods.find((pod) => mesh.ingress && !mesh.access.some((line) => line.server === pod.workload) && pod.id !== "not meshed");
  if (ingress) note("outside", ingress.name, "may", []);
  return [...calls.values()];
}

/** Ports and versions of TLS between the same two are one edge. */
function grouped(edges) {
  const found = new Map();
  for (const edge of edges) {
    const key = `${edge.source} ${edge.destination}`;
    const one = found.get(key);
    if (!one) found.set(key, { ...edge });
    else {
      const busier = edge.rps > one.rps ? edge : one;
      const requests = one.rps + edge.rps;
      const succeeded = (one.success ?? 0) * one.rps + (edge.success ?? 0) * edge.rps;
      Object.assign(one, busier, { rps: requests, unauthorized: one.unauthorized + edge.unauthorized, success: requests ? succeeded / requests : null });
    }
  }
  return [...found.values()];
}

function words(edge) {
  const refused = edge.unauthorized ? `${rate(edge.unauthorized)}/s refused` : "";
  if (!edge.rps) return [refused];
  return [`${rate(edge.rps)}/s · ${share(edge.success)}`, refused || `p50 ${latency(edge.latency_p50)} · p99 ${latency(edge.latency_p99)}`];
}

/** Columns of nodes: who is called stands to the right of who calls, as far as there is no circle. */
function layers(nodes, calls) {
  const depth = new Map(nodes.map((node) => [node.name, 0]));
  const forward = calls.filter((call) => call.kind !== "no");
  for (let round = 0; round < nodes.length; round++) {
    let moved = false;
    for (const { source, destination } of forward) {
      if (depth.get(destination) <= depth.get(source) && depth.get(source) + 1 < nodes.length && !reaches(destination, source, forward)) {
        depth.set(destination, depth.get(source) + 1);
        moved = true;
      }
    }
    if (!moved) break;
  }
  const columns = [];
  for (const node of nodes) (columns[depth.get(node.name)] ??= []).push(node);
  return columns.filter(Boolean);
}

function reaches(from, to, calls, seen = new Set()) {
  if (from === to) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  return calls.some((call) => call.source === from && reaches(call.destination, to, calls, seen));
}

function spread(columns, width) {
  const rows = Math.max(...columns.map((column) => column.length));
  const height = rows * (BOX.height + 40) + 10;
  const step = columns.length > 1 ? (width - BOX.width - 4) / (columns.length - 1) : 0;
  columns.forEach((column, number) => {
    column.forEach((node, row) => {
      node.x = 2 + number * Math.max(step, BOX.width + 40);
      node.y = (height / column.length) * (row + 0.5) - BOX.height / 2;
    });
  });
  return { width: Math.max(width, (columns.length - 1) * (BOX.width + 40) + BOX.width + 4), height, step: Math.max(step - BOX.width, 40) };
}

function stack(columns, width) {
  const across = Math.max(1, Math.floor((width + 12) / (BOX.width + 12)));
  let y = 4;
  for (const column of columns) {
    for (let first = 0; first < column.length; first += across) {
      const row = column.slice(first, first + across);
      row.forEach((node, number) => {
        node.x = (width / row.length) * (number + 0.5) - BOX.width / 2;
        node.y = y;
      });
      y += BOX.height + GAP;
    }
  }
  return { width, height: y - GAP + 4, step: GAP };
}

/** The line from one box to another, and where its label stands. */
function curve(from, to, down, size, nodes, lanes) {
  const half = { x: BOX.width / 2, y: BOX.height / 2 };
  if (down ? from.y < to.y : from.x + BOX.width < to.x) {
    const a = down ? { x: from.x + half.x, y: from.y + BOX.height } : { x: from.x + BOX.width, y: from.y + half.y };
    const b = down ? { x: to.x + half.x, y: to.y } : { x: to.x, y: to.y + half.y };
    const others = nodes.filter((node) => node !== from && node !== to);
    return past(a, b, down, size, others, lanes);
  }
  // Back, or to a box in the same column: around the outside.
  const side = down ? 1 : -1;
  const a = down ? { x: from.x + BOX.width, y: from.y + half.y } : { x: from.x + half.x, y: from.y };
  const b = down ? { x: to.x + BOX.width, y: to.y + half.y } : { x: to.x + half.x, y: to.y };
  const bow = 34 * side;
  const control = down ? `${a.x + bow} ${a.y} ${b.x + bow} ${b.y}` : `${a.x} ${a.y + bow} ${b.x} ${b.y + bow}`;
  const at = down ? { x: Math.max(a.x, b.x) + bow * 0.75, y: (a.y + b.y) / 2 } : { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 + bow * 0.75 };
  return { path: `M${a.x} ${a.y}C${control} ${b.x} ${b.y}`, at };
}

/** A line between two points: the shortest curve that touches no other box, straight or by a lane of its own. */
function past(a, b, down, size, others, lanes) {
  const straight = [bend(a, b, down)];
  // Beside who is called where lines part downwards.
  if (!touched(straight, others)) return drawn(straight, along(straight[0], down ? 0.66 : 0.5));
  const [along_, across] = down ? ["y", "x"] : ["x", "y"];
  const [first, last] = down ? [EDGE, size.width - EDGE] : [-2 * BOX.height, size.height + 2 * BOX.height];
  const middle = (a[across] + b[across]) / 2;
  const free = (lane) => lanes.every((taken) => Math.abs(taken - lane) >= APART);
  const tried = [];
  for (let lane = first; lane <= last; lane += 4) if (free(lane)) tried.push(lane);
  tried.sort((one, other) => Math.abs(one - middle) - Math.abs(other - middle));
  for (const lane of tried) {
    const leave = { [along_]: a[along_] + size.step, [across]: lane };
    const enter = { [along_]: b[along_] - size.step, [across]: lane };
    // Beside the middle of a box, where the lines to its neighbours begin and end.
    const beside = (point) => ({ ...point, [across]: point[across] + Math.sign(lane - point[across]) * BESIDE });
    const found = [bend(beside(a), leave, down), bend(leave, enter, down), bend(enter, beside(b), down)];
    if (touched(found, others)) continue;
    lanes.push(lane);
    return drawn(found, down ? along(found[2], 0.3) : along(found[1], 0.5));
  }
  return drawn(straight, along(straight[0], 0.12));
}

/** A curve that leaves and arrives in the direction of the picture. */
function bend(a, b, down) {
  const half = down ? { x: 0, y: (b.y - a.y) / 2 } : { x: (b.x - a.x) / 2, y: 0 };
  return [a, { x: a.x + half.x, y: a.y + half.y }, { x: b.x - half.x, y: b.y - half.y }, b];
}

function drawn(curves, at) {
  const [{ x, y }] = curves[0];
  return { path: `M${x} ${y}${curves.map((points) => `C${points.slice(1).map((point) => `${point.x} ${point.y}`).join(" ")}`).join("")}`, at };
}

/** Whether curves come close to a box. */
function touched(curves, boxes) {
  const shares = Array.from({ length: 41 }, (_, number) => number / 40);
  return curves.some((points) => shares.some((part) => {
    const { x, y } = along(points, part);
    return boxes.some((box) => x > box.x - MARGIN && x < box.x + BOX.width + MARGIN && y > box.y - MARGIN && y < box.y + BOX.height + MARGIN);
  }));
}

/** The point of a curve at a share of its way. */
function along([a, b, c, d], t) {
  const at = (axis) => (1 - t) ** 3 * a[axis] + 3 * (1 - t) ** 2 * t * b[axis] + 3 * (1 - t) * t ** 2 * c[axis] + t ** 3 * d[axis];
  return { x: at("x"), y: at("y") };
}

function inWords(nodes, edges) {
  const pods = nodes.filter((node) => node.pod).map((node) => `${node.title} ${node.kind}`).join(", ");
  const calls = grouped(edges).map((edge) => `${edge.source} calls ${edge.destination}: ${words(edge).join(", ")}`).join("; ");
  return `Pods: ${pods}. ${calls || "No traffic now"}.`;
}
