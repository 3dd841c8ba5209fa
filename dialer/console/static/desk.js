// The agent's desk: shows what the engine says of the agent, and passes wishes on.
// Nothing here decides anything; every answer of the API is the new truth.
import { follow, get, post } from "./api.js";
import { byId, fill, h, say, toast, word } from "./dom.js";
import { frame, showLink } from "./frame.js";
import { callMark, callTools } from "./desk-call.js";
import { idleStage, keysDialog } from "./desk-idle.js";
import { leadCard } from "./desk-lead.js";
import { readNotices } from "./desk-notice.js";
import { callOffer, offersMark, offerStage, skipOffer } from "./desk-offers.js";
import { Outcome } from "./desk-outcome.js";
import { Script } from "./desk-script.js";
import { setClock, tickTimers } from "./times.js";

const REASONS = ["break", "lunch", "meeting", "training", "other"];
const shift = byId("shift");
const stage = byId("stage");

let view = null; // the agent, as the engine says
let work = null; // the attempt on the screen: {attempt, card, script, outcome}
let loading = null; // the attempt whose card is on its way
let pausing = false; // the reasons are offered

// --- wishes ---------------------------------------------------------------------------------

async function wish(path, body) {
  try {
    show(await post(`/agents/me/${path}`, body));
    return true;
  } catch (refusal) {
    toast(refusal.message, "bad");
    return false;
  }
}

const acts = {
  async signIn() {
    try {
      show(await post("/agents/me/sign-in"));
    } catch (refusal) {
      if (refusal.type !== "notice-not-acknowledged") toast(refusal.message, "bad");
      else if (await readNotices()) await wish("sign-in");
    }
  },
  signOff: () => wish("sign-off"),
  ready: () => { pausing = false; return wish("ready"); },
  hangUp: () => wish("hang-up"),
  async pause(reason) {
    pausing = false;
    await wish("pause", { reason });
    draw();
  },
  offerReasons() {
    pausing = !pausing;
    draw();
    if (pausing) shift.querySelector("[data-place=reason-0]")?.focus();
  },
};

// --- what is shown --------------------------------------------------------------------------

// An answer may arrive later than the event of a newer state: what is older is passed over, except
// at the beginning of a connection, when the dialer may have been started anew.
function show(next, first = false) {
  if (view && !first && next.version < view.version) return;
  setClock(next.now);
  showLink(true);
  const before = view;
  view = next;
  if (!before || before.state !== next.state || before.wants !== next.wants || before.reason !== next.reason
    || before.leg_up !== next.leg_up || offersMark(before) !== offersMark(next) || callMark(before) !== callMark(next)) draw();
  if (before && before.state !== next.state) announce(before, next);
  showStage();
  work?.outcome.callIs(next);
}

function announce(before, next) {
  const texts = {
    ready: "Ready. Waiting for a call.", assigned: rings() ? "It rings at the lead's." : "A call is being connected.", talking: "You are talking.",
    wrap_up: "The call is over. Record what came of it.", paused: `Paused: ${word(next.reason)}.`, offline: "You are signed off.",
  };
  say(texts[next.state] ?? word(next.state));
  document.title = `${word(next.state)} · Callwright`;
}

const WHY = {
  phone: "Your telephone is being called. Pick up to take calls.",
  signed_in: "You are signed in. Say when you are ready.",
  wrap_up_limit: "The wrap-up took longer than allowed; the dialer recorded the call without an outcome.",
};

const HEARD = {
  machine: "This sounds like an answering machine.",
  fax: "This sounds like a fax.",
  sit: "This sounds like an announcement of the network.",
};

// A call that the agent asked for, before anybody has picked up.
const rings = () => view.state === "assigned" && ["dialing", "ringing"].includes(view.call?.state);

function explanation() {
  if (view.wants === "paused") return "A pause begins after this call.";
  if (view.wants === "offline") return "The shift ends after this call.";
  switch (view.state) {
    case "offline": return "Begin your shift: the dialer then calls your telephone once and keeps the line.";
    case "paused": return WHY[view.reason] ?? `Reason: ${word(view.reason).toLowerCase()}.`;
    case "ready": return view.offers.length ? "Call when you have read." : "The next call comes by itself.";
    case "assigned": return rings() ? "It rings at the lead's." : view.call?.inbound ? "Somebody is calling you back." : "Somebody has picked up.";
    case "talking": return view.call?.inbound ? "They have called you back." : HEARD[view.call?.screening] ?? "";
    case "wrap_up": return "Choose what came of the call and save it.";
    default: return "";
  }
}

function draw() {
  if (!view) return;
  shift.dataset.state = view.state;
  const button = (label, key, onclick, kind = "", place = label) =>
    h("button", { class: `button ${kind}`, onclick, data: { place } }, label, key && h("kbd", { "aria-hidden": "true" }, key));
  const busy = ["assigned", "talking", "wrap_up"].includes(view.state);
  const offers = [];
  if (view.state === "offline") offers.push(button("Begin shift", "B", acts.signIn, "primary"));
  if (view.state === "paused" || view.wants === "paused" || view.wants === "offline")
    offers.push(button(busy ? "Go on after this call" : "Ready", "R", acts.ready, "primary", "ready"));
  if (view.state !== "offline" && view.wants !== "paused") {
    if (pausing) offers.push(reasons());
    else offers.push(button(busy ? "Pause after this call" : "Pause", "P", acts.offerReasons, "", "pause"));
  }
  if (view.state === "talking" || rings()) offers.push(button(rings() ? "Give up" : "Hang up", "H", acts.hangUp, "danger", "hang-up"));
  if (["paused", "ready", "wrap_up"].includes(view.state) && view.wants !== "offline")
    offers.push(button(busy ? "End shift after this" : "End shift", "", acts.signOff, "plain", "off"));
  fill(shift,
    h("div", { class: "now" },
      h("span", { class: "word" }, rings() ? "Calling" : word(view.state)),
      view.state !== "offline" && h("time", { class: "timer", data: { since: view.since ?? "" } })),
    h("p", { class: "why" }, explanation()),
    view.state !== "offline" && h("span", { class: "link", data: { link: view.leg_up ? "up" : "lost" } },
      view.leg_up ? "telephone connected" : "telephone not connected"),
    h("div", { class: "acts" }, offers),
    view.state === "talking" && view.call && callTools(view, { wish, draw }));
  tickTimers();
}

function reasons() {
  return h("div", { class: "row", role: "group", "aria-label": "Why do you pause?" },
    REASONS.map((reason, place) => h("button", {
      class: "button", data: { place: `reason-${place}` }, onclick: () => acts.pause(reason),
    }, word(reason), h("kbd", { "aria-hidden": "true" }, String(place + 1)))),
    h("button", { class: "button plain", onclick: acts.offerReasons, data: { place: "no-pause" } }, "No"));
}

function showStage() {
  const attempt = view.call?.attempt ?? null;
  if (attempt === null) {
    const mark = `${view.state}/${view.reason}/${view.leg_up}/${offersMark(view)}`;
    if (work || stage.dataset.mark !== mark) {
      work = null;
      loading = null;
      stage.dataset.mark = mark;
      stage.className = "stage idle";
      stage.dataset.state = view.state;
      fill(stage, view.offers.length ? offerStage(view, { wish }) : idleStage(view));
      tickTimers();
    }
    return;
  }
  if (work?.attempt !== attempt && loading !== attempt) open(attempt);
}

async function open(attempt) {
  loading = attempt;
  delete stage.dataset.mark;
  let card = null;
  for (let tries = 0; card === null && loading === attempt; tries += 1) {
    try {
      card = await get(`/attempts/${attempt}`);
    } catch (refusal) {
      if (refusal.status === 404) { loading = null; return; }
      if (tries === 0) toast(refusal.message, "bad");
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
  if (loading !== attempt || view.call?.attempt !== attempt) return;
  loading = null;
  const script = new Script(card);
  const outcome = new Outcome(card, { hangUp: acts.hangUp, done: (next) => show(next), view: () => view });
  work = { attempt, card, script, outcome };
  stage.className = "stage";
  delete stage.dataset.state;
  fill(stage, leadCard(card), script.element, outcome.element);
  outcome.callIs(view);
  tickTimers();
  script.focus();
  say(`${rings() ? "Calling" : "Connected with"} ${card.lead.company || card.lead.name || "the lead"}.`);
}

// --- the keyboard ---------------------------------------------------------------------------

function writing(target) {
  return target.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");
}

addEventListener("keydown", (event) => {
  if (!view || document.querySelector("dialog[open]")) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    work?.outcome.save();
    return;
  }
  if (event.ctrlKey || event.metaKey || (writing(event.target) && !event.altKey)) return;
  const key = event.key.toLowerCase();
  if (pausing && key >= "1" && key <= String(REASONS.length)) acts.pause(REASONS[Number(key) - 1]);
  else if (pausing && key === "escape") acts.offerReasons();
  else if (key === "?") keysDialog();
  else if (key === "b" && view.state === "offline") acts.signIn();
  else if (key === "r" && view.state !== "offline") acts.ready();
  else if (key === "p" && view.state !== "offline") acts.offerReasons();
  else if (key === "h" && (view.state === "talking" || rings())) acts.hangUp();
  else if (key === "c" && view.offers.length) callOffer(view, wish);
  else if (key === "x" && view.offers.length) skipOffer(view, wish);
  else if (key === "s" && work) work.script.focus();
  else if (key === "n" && work) work.outcome.focusNote();
  else if (!work?.outcome.key(key)) return;
  event.preventDefault();
});

await frame({ live: true });
follow("/agents/me/events", "agent", { seen: show, lost: () => showLink(false) });
