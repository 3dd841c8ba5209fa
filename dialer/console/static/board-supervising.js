// Listening to an agent's calls from any telephone, and speaking in them.
import { get, post, put, remove } from "./api.js";
import { byId, fill, h, say, toast } from "./dom.js";

const PARTS = [["listen", "Listen"], ["whisper", "Whisper"], ["barge", "Barge in"]];
const MEANS = { listen: "nobody hears you", whisper: "the agent hears you, the callee does not", barge: "everybody hears you" };
const LOOK_EVERY = 2000;

let watching = null; // {agent, part, is_up, call}
let names = new Map();
let looking = null;

export function listenButton(agent) {
  if (agent.state === "offline") return h("span");
  const mine = watching?.agent === agent.agent;
  return h("button", { class: "button slim", data: { place: `listen-${agent.agent}` }, "aria-label": `Listen to ${agent.name}`, disabled: mine, onclick: () => begin(agent) }, mine ? "connected" : "Listen");
}

export function knowAgents(teams) {
  names = new Map(teams.flatMap((team) => team.agents.map((agent) => [agent.agent, agent.name])));
}

function begin(agent) {
  if (watching) {
    wish({ agent: agent.agent, part: watching.part, purpose: sessionStorage.getItem("purpose") || "supervision" });
    return;
  }
  const phone = h("input", { class: "input", required: true, placeholder: "sip:me@office or +44…", value: sessionStorage.getItem("phone") ?? "" });
  const purpose = h("input", { class: "input", required: true, maxlength: 200, value: sessionStorage.getItem("purpose") ?? "" });
  const part = h("select", { class: "input" }, PARTS.map(([code, label]) => h("option", { value: code }, `${label}: ${MEANS[code]}`)));
  const dialog = h("dialog", { "aria-labelledby": "listen-to" },
    h("form", { method: "dialog", class: "stack", onsubmit: async (event) => {
      event.preventDefault();
      sessionStorage.setItem("phone", phone.value);
      sessionStorage.setItem("purpose", purpose.value);
      if (await wish({ agent: agent.agent, part: part.value, phone: phone.value.trim(), purpose: purpose.value })) dialog.close();
    } },
    h("h1", { id: "listen-to" }, `Listen to ${agent.name}`),
    h("p", { class: "quiet" }, "Your telephone is called once and stays connected from call to call. Each call you hear is recorded with your name and purpose; the agent can see it."),
    h("label", { class: "field" }, h("span", {}, "Your telephone"), phone),
    h("label", { class: "field" }, h("span", {}, "Purpose"), purpose),
    h("label", { class: "field" }, h("span", {}, "Part"), part),
    h("div", { class: "row end" },
      h("button", { class: "button", type: "button", onclick: () => dialog.close() }, "Cancel"),
      h("button", { class: "button primary" }, "Call me"))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

async function wish(body) {
  return done(() => put("/supervision", body));
}

async function done(ask) {
  try {
    const answer = await ask();
    show(answer?.watching ?? null);
    return true;
  } catch (refusal) {
    toast(refusal.message, "bad");
    return false;
  }
}

function show(now) {
  if (!now && watching && !watching.is_up) toast("Your telephone did not answer.", "bad");
  watching = now;
  const bar = byId("supervision");
  clearTimeout(looking);
  if (!now) {
    fill(bar);
    return;
  }
  looking = setTimeout(look, LOOK_EVERY);
  const name = names.get(now.agent) ?? `agent ${now.agent}`;
  const state = !now.is_up ? "Your telephone is being called." : now.call ? `You hear ${name}: ${MEANS[now.part] ?? ""}.` : `You wait for the next call of ${name}.`;
  const purpose = sessionStorage.getItem("purpose") || "supervision";
  say(state);
  fill(bar, h("section", { class: "card row", "aria-label": "Supervision" }, h("strong", {}, state),
    PARTS.map(([code, label]) => h("button", { class: `button slim ${now.part === code ? "primary" : ""}`, "aria-pressed": String(now.part === code), data: { place: `part-${code}` },
      onclick: () => wish({ agent: now.agent, part: code, purpose }) }, label)),
    now.call && h("button", { class: "button slim danger", data: { place: "take-over" }, onclick: () => done(() => post("/supervision/take-over")) }, "Take the call over"),
    h("button", { class: "button slim", data: { place: "end-supervision" }, onclick: () => { watching = null; done(() => remove("/supervision")); } }, "Hang up")));
}

export async function look() {
  try {
    show((await get("/supervision")).watching);
  } catch {
    looking = setTimeout(look, LOOK_EVERY);
  }
}
