// The desk between calls: what happens next, the promises to keep, the keys.
import { get } from "./api.js";
import { h, svg, word } from "./dom.js";
import { moment } from "./times.js";

const PICTURES = {
  ready: "M4 14v-2a8 8 0 0 1 16 0v2M4 14h3v6H5a1 1 0 0 1-1-1zM20 14h-3v6h2a1 1 0 0 0 1-1zM17 20c0 1.5-2 2-4 2",
  paused: "M8 5v14M16 5v14",
  offline: "M12 4v8M6.5 7.5a8 8 0 1 0 11 0",
};
const HEADINGS = {
  ready: ["Waiting for a call", "The lead appears here the moment somebody answers. Keep your headset on."],
  paused: ["No calls", "Nothing is put through while you pause."],
  offline: ["Good to see you", "Begin your shift when your telephone is at hand."],
  assigned: ["Connecting", "Somebody has picked up."],
};

export function idleStage(view) {
  const [heading, text] = view.reason === "phone" && view.state === "paused"
    ? ["Your telephone is ringing", "Pick up once; the line then stays open for the whole shift."]
    : HEADINGS[view.state] ?? [word(view.state), ""];
  return [
    h("section", { class: "card waiting" }, h("div", {},
      h("div", { class: "pulse" }, svg("svg", { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "2", "stroke-linecap": "round", "aria-hidden": "true" },
        svg("path", { d: PICTURES[view.state] ?? PICTURES.ready }))),
      h("h1", {}, heading),
      h("p", { class: "quiet" }, text))),
    h("div", { class: "stack" }, promises(), keys()),
  ];
}

function promises() {
  const list = h("ul", { class: "stack" }, h("li", { class: "quiet" }, "looking…"));
  get("/callbacks").then((found) => {
    list.replaceChildren(...(found.length ? found.slice(0, 8).map((each) =>
      h("li", {}, h("strong", { class: "numeric" }, moment(each.due_at)), ` · lead ${each.lead}`))
      : [h("li", { class: "quiet" }, "None. Calls you promise personally appear here.")]));
  }).catch(() => list.replaceChildren(h("li", { class: "quiet" }, "cannot be shown now")));
  return h("section", { class: "card stack" }, h("h2", {}, "Calls you promised"), list);
}

const KEYS = [
  ["R", "ready"], ["P", "pause"], ["C", "call the lead shown"], ["X", "next lead"], ["H", "hang up"], ["S", "to the script"], ["N", "to the note"],
  ["1…=", "choose an outcome"], ["Ctrl Enter", "save it"], ["?", "all keys"],
];
const keyList = () => h("div", { class: "keys" }, KEYS.map(([key, what]) => [h("span", {}, h("kbd", {}, key)), h("span", {}, what)]));
const keys = () => h("section", { class: "card stack" }, h("h2", {}, "Keys"), keyList());

export function keysDialog() {
  const dialog = h("dialog", { "aria-label": "Keys" }, h("h1", {}, "Keys"), keyList(),
    h("p", { class: "quiet small" }, "While you write in a field, hold Alt."),
    h("div", { class: "row end" }, h("button", { class: "button primary", onclick: () => dialog.close() }, "Close")));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
