// Building the page from data: text only ever enters through textContent, so nothing that a client sent can become markup.
const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

export function byId(id) {
  return document.getElementById(id);
}

export function setText(id, text) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

// A tile with one number of the day.
export function tile(label, value, note, kind = "") {
  return el("div", { class: `number ${kind}` }, el("div", { class: "label" }, label), el("div", { class: "value" }, value), el("div", { class: "note" }, note));
}

// A card with a heading in the page's language; `count` is the id of a small text beside it.
export function card(key, { count = null } = {}, ...children) {
  const heading = el("h2", { id: `h-${key}`, "data-t": key });
  return el("section", { class: "card", "aria-labelledby": `h-${key}` },
    count === null ? heading : el("div", { class: "head" }, heading, el("span", { id: count, class: "muted" })), children);
}

// A bar; its width is set through the CSSOM, since the page's policy allows no inline style attribute.
export function bar(share, label) {
  const kind = share >= 1 ? "full" : share >= 0.85 ? "tight" : "";
  const inside = el("i");
  inside.style.width = `${Math.round(Math.min(1, Math.max(0, share)) * 100)}%`;
  return el("div", { class: `bar ${kind}`, role: "img", "aria-label": label }, inside);
}

// Work that may come a thousand times a second is done once per animation frame.
export function coalesced(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      work();
    });
  };
}

export function clockOf(instant) {
  return instant ? instant.slice(11, 19) : "—";
}
