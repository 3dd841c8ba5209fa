// Making elements, and saying things to people.

function put(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name === "value" || name === "checked") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export const h = (tag, attributes, ...children) => put(document.createElement(tag), attributes, children);
export const svg = (tag, attributes, ...children) =>
  put(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
export const byId = (id) => document.getElementById(id);

// Replace what is in a node, keeping the keyboard where it was if its place still exists.
export function fill(node, ...children) {
  const held = node.contains(document.activeElement) ? document.activeElement.dataset.place : null;
  node.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  if (held) node.querySelector(`[data-place="${CSS.escape(held)}"]`)?.focus();
}

// Make a node's content the same as these children, changing only what differs: a button stays the
// same button under the finger, a list stays where it was scrolled to.
export function renew(node, ...children) {
  const fresh = put(node.cloneNode(false), {}, children);
  renewChildren(node, fresh);
}

function renewChildren(old, fresh) {
  const [had, has] = [[...old.childNodes], [...fresh.childNodes]];
  has.forEach((child, place) => (had[place] ? renewNode(had[place], child) : old.append(child)));
  for (const left of had.slice(has.length)) left.remove();
}

function renewNode(old, fresh) {
  if (old.nodeName !== fresh.nodeName || old.dataset?.place !== fresh.dataset?.place) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== "style") old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (name !== "style" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  if (old.style && old.style.cssText !== fresh.style.cssText) old.style.cssText = fresh.style.cssText;
  if (!("since" in (fresh.dataset ?? {}))) renewChildren(old, fresh); // timers write their own text
}

export function say(text) {
  const said = byId("said");
  if (said && said.textContent !== text) said.textContent = text;
}

export function toast(text, kind = "good", milliseconds = 6000) {
  const shown = h("div", { class: "toast", data: { kind } }, text);
  byId("toasts")?.append(shown);
  setTimeout(() => shown.remove(), milliseconds);
}

export function ask(title, text, action, { danger = false } = {}) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-labelledby": "asked" },
      h("h1", { id: "asked" }, title),
      h("p", {}, text),
      h("div", { class: "row end" },
        h("button", { class: "button", onclick: () => dialog.close("no") }, "Cancel"),
        h("button", { class: `button ${danger ? "danger" : "primary"}`, onclick: () => dialog.close("yes") }, action)));
    dialog.addEventListener("close", () => { resolve(dialog.returnValue === "yes"); dialog.remove(); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

const WORDS = {
  wrap_up: "Wrap-up", signed_in: "signed in", phone: "waiting for your phone", wrap_up_limit: "wrap-up took too long",
  dpo: "Data-protection officer", cli: "Caller ID", cooldown: "Cool-down",
  do_not_call: "Do not call", meeting_booked: "Meeting booked", not_held: "Not held", no_answer: "No answer",
};
export const word = (code) => {
  const plain = WORDS[code] ?? String(code ?? "").replaceAll("_", " ");
  return plain.charAt(0).toUpperCase() + plain.slice(1);
};

export const chip = (state) => h("span", { class: "chip", data: { state } }, word(state));
