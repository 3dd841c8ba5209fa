// What an agent does within a call: hold, keys, the muted recording, handing the callee over.
import { h } from "./dom.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const STATES = {
  calling: "is being called", answered: "has picked up", consulting: "is on the line; the callee waits",
  joined: "is in the call",
};
let keypad = false; // it is shown
let chosen = ""; // the transfer target

// Changes whenever anything here does.
export const callMark = (view) => {
  const call = view?.call;
  return call ? [view.state, call.state, call.held, call.muted, call.transfer, call.transfer_state, call.key, call.listeners.join(), call.screening].join("/") : "";
};

export function callTools(view, { wish, draw }) {
  const { call } = view;
  const act = (name) => () => wish("call/act", { act: name });
  const button = (label, onclick, place, kind = "") =>
    h("button", { class: `button slim ${kind}`, type: "button", onclick, data: { place: `call-${place}` } }, label);
  const parts = [];
  if (!call.transfer) parts.push(call.held ? button("Resume", act("resume"), "hold", "primary") : button("Hold", act("hold"), "hold"));
  parts.push(call.muted ? button("Go on recording", act("unmute"), "mute", "primary") : button("Pause recording", act("mute"), "mute"));
  parts.push(call.transfer ? transferring(call, act, button) : call.targets.length ? choosing(call, wish, button) : null);
  parts.push(button("Keys", () => { keypad = !keypad; draw(); }, "keys"));
  return h("div", { class: "call-tools", role: "group", "aria-label": "In the call" }, parts,
    keypad && h("div", { class: "keypad", role: "group", "aria-label": "Keys for the callee's line" },
      KEYS.map((key) => button(key, () => wish("call/keys", { digits: key }), `key-${key}`))),
    notes(call).map((text) => h("span", { class: "chip" }, text)));
}

function notes(call) {
  const found = [];
  if (call.held) found.push("The callee is on hold");
  if (call.muted) found.push("Not recording");
  if (call.key) found.push(`The callee pressed ${call.key}`);
  if (call.listeners.length) found.push(call.listeners.includes("talk") ? "A supervisor is in the call" : "A supervisor is listening");
  return found;
}

function choosing(call, wish, button) {
  if (!call.targets.includes(chosen)) [chosen] = call.targets;
  const list = h("select", { class: "input slim", "aria-label": "Hand over to", data: { place: "call-target" }, onchange: () => { chosen = list.value; } },
    call.targets.map((name) => h("option", { value: name, selected: name === chosen }, name)));
  const go = (blind) => () => wish("call/transfer", { target: list.value, blind });
  return [list, button("Consult", go(false), "consult"), button("Hand over", go(true), "blind")];
}

function transferring(call, act, button) {
  const state = call.transfer_state;
  return [
    h("span", { class: "quiet" }, `${call.transfer} ${STATES[state] ?? state}`),
    state === "consulting" && button("Bring in", act("join"), "join", "primary"),
    ["consulting", "joined"].includes(state) && button("Leave them together", act("complete"), "complete"),
    button("Take back", act("cancel"), "cancel"),
  ];
}
