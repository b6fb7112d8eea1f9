// Small helpers to build and update elements. Text is only ever set as text.

const SVG = "http://www.w3.org/2000/svg";

/** Return an element with attributes and children; a child that is no node becomes text. */
export function el(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** The same for SVG. */
export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export const byId = (id) => document.getElementById(id);

/** Set a text if it is another one. */
export function text(node, value) {
  if (node.textContent !== value) node.textContent = value;
}

/** Set an attribute if it is another one; null takes it away. */
export function attribute(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

/**
 * Make the children of a node those of some items, in order: one for each key, made once and then updated, so that
 * nothing flickers and the focus stays where it is.
 */
export function keyed(parent, items, key, make, update = () => {}) {
  const known = parent.keyedChildren ?? (parent.keyedChildren = new Map());
  const wanted = new Map(items.map((item) => [key(item), item]));
  for (const [name, node] of known) {
    if (!wanted.has(name)) {
      node.remove();
      known.delete(name);
    }
  }
  let before = null;
  for (const [name, item] of wanted) {
    let node = known.get(name);
    if (!node) {
      node = make(item);
      known.set(name, node);
    }
    update(node, item);
    const place = before ? before.nextSibling : parent.firstChild;
    if (node !== place) parent.insertBefore(node, place);
    before = node;
  }
}
