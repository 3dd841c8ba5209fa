// The live board: what the engines say, four times a second at most, and the switch that stops all.
import { follow, get, post } from "./api.js";
import { ask, byId, chip, fill, h, renew, say, toast, word } from "./dom.js";
import { frame, showLink } from "./frame.js";
import { Rates } from "./board-chart.js";
import { knowAgents, listenButton, look } from "./board-supervising.js";
import { moment, setClock, tickTimers, time } from "./times.js";

const AGENT_STATES = ["talking", "assigned", "wrap_up", "ready", "paused", "offline"];
const CALL_STATES = ["dialing", "ringing", "answered", "connected", "abandoning"];
const LONG = { wrap_up: 120, paused: 1800, ready: 600 };

const rates = new Rates();
const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)}%`;
const count = (value) => new Intl.NumberFormat("en-GB").format(value);
const places = new Map(); // team -> the parts of its section
let stopped = null;

function show(floor) {
  setClock(floor.at);
  showLink(true);
  rates.add(floor);
  knowAgents(floor.teams);
  drawSwitch(floor.teams.some((team) => team.stopped));
  const root = byId("teams");
  if (!floor.teams.length) {
    places.clear();
    fill(root, h("section", { class: "card empty" }, h("strong", {}, "No team is at work"),
      "The floor appears here as soon as a team's engine runs."));
    return;
  }
  if (places.size !== floor.teams.length || floor.teams.some((team) => !places.has(team.team))) {
    places.clear();
    fill(root, floor.teams.map((team) => {
      const place = { head: h("div", { class: "head" }), notes: h("div", { class: "stack" }), campaigns: h("div", { class: "stack" }), people: h("section", { class: "card stack", "aria-label": `Agents of ${team.team}` }) };
      places.set(team.team, place);
      return h("section", { class: "team", "aria-label": `Team ${team.team}` }, place.head, place.notes,
        h("div", { class: "floor" }, place.campaigns, place.people));
    }));
  }
  for (const team of floor.teams) draw(team, places.get(team.team));
  tickTimers();
}

function draw(team, place) {
  renew(place.head, h("h1", {}, team.team || "Team"), team.draining && h("span", { class: "chip" }, "shutting down"),
    team.called_back > 0 && h("span", { class: "quiet small numeric" }, `${count(team.called_back)} rang back${team.callers ? `, ${count(team.callers)} waiting` : ""}`));
  renew(place.notes, team.trouble.map((trouble) => h("p", { class: "note warn", role: "status" }, `${trouble.charAt(0).toUpperCase()}${trouble.slice(1)}.`)));
  renew(place.campaigns, team.campaigns.length ? team.campaigns.map(campaign)
    : h("section", { class: "card empty" }, h("strong", {}, "No campaign"), "Campaigns of this team appear here."));
  const order = (agent) => AGENT_STATES.indexOf(agent.state);
  const agents = [...team.agents].sort((one, other) => order(one) - order(other) || one.name.localeCompare(other.name));
  const signedIn = agents.filter((agent) => agent.state !== "offline");
  renew(place.people,
    h("div", { class: "row" }, h("h2", {}, "Agents"), h("span", { class: "quiet small numeric" }, `${signedIn.length} of ${agents.length} signed in`)),
    bars(team.agents_by_state, AGENT_STATES, "Agents by state"),
    agents.length ? h("ul", { class: "people" }, agents.map(person)) : h("p", { class: "quiet" }, "This team has no agents yet."));
}

function person(agent) {
  const why = agent.state === "paused" && agent.reason ? word(agent.reason) : agent.languages.join(" ");
  return h("li", { class: "person" },
    h("span", {}, h("span", { class: "name" }, agent.name), h("span", { class: "quiet small" }, ` ${why}`),
      agent.state !== "offline" && !agent.leg_up && h("span", { class: "chip", data: { state: "paused" } }, "no telephone")),
    chip(agent.state),
    agent.state === "offline" ? h("span") : h("time", { class: "timer", data: { since: agent.since ?? "", ...(LONG[agent.state] ? { long: LONG[agent.state] } : {}) } }),
    listenButton(agent));
}

function bars(counts, states, label) {
  const found = states.filter((state) => counts[state]);
  return h("div", { class: "bars", role: "group", "aria-label": label },
    h("div", { class: "stacked", "aria-hidden": "true" }, found.map((state) => {
      const part = h("i", { data: { state } });
      part.style.flexGrow = counts[state];
      return part;
    })),
    found.length ? h("ul", { class: "legend" }, found.map((state) => h("li", { data: { state } }, h("b", {}, counts[state]), word(state).toLowerCase())))
      : h("p", { class: "quiet small" }, "none"));
}

function tile(label, value, { tone = null, hint = null, small = null } = {}) {
  return h("div", { class: "card tile", data: tone ? { tone } : {}, title: hint },
    h("h2", {}, label), h("div", { class: "value" }, value, small && h("small", {}, ` ${small}`)));
}

function campaign(each) {
  const close = each.abandon_rate > each.abandon_rate_limit ? "bad" : each.abandon_rate > 0.8 * each.abandon_rate_limit ? "warn" : "good";
  const judged = each.live_answers > 0;
  return h("section", { class: "campaign", "aria-label": each.name },
    h("div", { class: "head" }, h("h3", {}, each.name), chip(each.state), h("span", { class: "quiet" }, word(each.mode)),
      h("span", { class: "push row" }, moves(each))),
    h("div", { class: "tiles" },
      tile("Abandoned", judged ? percent(each.abandon_rate) : "–", { tone: judged ? close : null, small: `limit ${percent(each.abandon_rate_limit)}`, hint: `${each.abandoned} of ${each.live_answers} live answers found no agent in time` }),
      tile("Answered", each.placed ? percent(each.answer_rate, 0) : "–", { small: `${count(each.answered)} so far, ${count(each.placed)} placed`, hint: "share of the calls that have ended" }),
      tile("Leads left", count(each.due), { small: each.later ? `+ ${count(each.later)} later` : "", hint: "may be tried now; later: not yet due" }),
      tile("Meetings", count(each.meetings), { small: each.callbacks ? `${count(each.callbacks)} callbacks` : "" }),
      tile("Ends about", each.ends_at ? time(each.ends_at) : "–", { hint: each.ends_at ? moment(each.ends_at) : "not enough calls to tell" })),
    h("div", { class: "card stack" },
      h("div", { class: "row" }, h("h2", {}, "Calls"), h("span", { class: "quiet small numeric" }, `${count(each.connected)} connected, ${count(each.machines)} machines so far`)),
      bars(each.calls_by_state, CALL_STATES, "Calls by state"),
      h("p", { class: "pacing" }, h("span", { class: "quiet" }, "Pacing: "), each.pacing || "nothing decided yet"),
      rates.chart(each)));
}

function moves(each) {
  const move = (label, path) => h("button", { class: "button slim", data: { place: `${path}-${each.campaign}` }, onclick: () => steer(each, path, label) }, label);
  switch (each.state) {
    case "running": return [move("Pause", "pause")];
    case "paused": return [move("Go on", "start")];
    case "draft": return [move("Start", "start")];
    default: return [];
  }
}

async function steer(each, path, label) {
  try {
    await post(`/campaigns/${each.campaign}/${path}`);
    say(`${each.name}: ${label}`);
  } catch (refusal) {
    toast(refusal.message, "bad");
  }
}

// --- stop all -------------------------------------------------------------------------------

function drawSwitch(now) {
  if (now === stopped) return;
  stopped = now;
  const place = byId("switch");
  if (!now) {
    fill(place);
    fill(byId("act"), h("button", { class: "button danger", onclick: stopAll }, "Stop all calls"));
    return;
  }
  fill(byId("act"));
  const since = h("span", {}, "");
  fill(place, h("div", { class: "stopped", role: "alert" }, h("span", {}, "All dialing is stopped. Live calls go on. ", since),
    h("button", { class: "button", data: { place: "switch" }, onclick: resume }, "Dial again")));
  get("/stop").then((found) => { if (found.stopped) since.textContent = `Since ${time(found.stopped_at)}, by ${found.stopped_by}.`; }).catch(() => {});
}

async function stopAll() {
  const sure = await ask("Stop all calls?", "No new call is placed anywhere in the house until somebody resumes. Calls that are under way go on to their end.", "Stop all calls", { danger: true });
  if (sure) await turn("/stop", "All dialing is stopped.");
}

async function resume() {
  const sure = await ask("Dial again?", "Every running campaign goes on dialing at once.", "Dial again");
  if (sure) await turn("/resume", "Dialing goes on.");
}

async function turn(path, text) {
  try {
    await post(path);
    say(text);
    show(await get("/board"));
  } catch (refusal) {
    toast(refusal.message, "bad");
  }
}

await frame({ live: true });
await rates.load();
await look();
follow("/board/events", "board", { seen: show, lost: () => showLink(false) });
