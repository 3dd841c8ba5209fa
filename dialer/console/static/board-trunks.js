// How calls leave, below the floor: what every trunk is doing, and how its caller IDs are answered.
import { get } from "./api.js";
import { byId, chip, h, renew } from "./dom.js";

const EVERY = 3000;
const percent = (share) => (share === null ? "–" : `${Math.round(100 * share)}%`);
const used = (value, limit, unit) => (limit === null ? `${value}${unit}` : `${value} of ${limit}${unit}`);

async function watch() {
  try {
    draw(await get("/trunks"));
  } catch {
    // the link's own sign tells that nothing comes; what stands here is the last that came
  }
  setTimeout(watch, EVERY);
}

function draw(board) {
  if (!board.trunks.length) {
    renew(byId("trunks"), h("span"));
    return;
  }
  renew(byId("trunks"), h("section", { class: "card stack", "aria-label": "Trunks" },
    h("h2", {}, "Trunks"),
    h("table", { class: "table" },
      h("thead", {}, h("tr", {}, ["Trunk", "State", "Calls", "Calls per second", "Minutes today", "Spent today", "Answered", "Failed", "Rings after", "Conditions"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, board.trunks.map(trunk))),
    board.caller_ids.length ? h("p", { class: "small" }, h("span", { class: "quiet" }, "Shown today: "),
      board.caller_ids.map((each) => `${each.caller_id} ${percent(each.answer_rate)} of ${each.calls}${each.rests_until ? " (rests)" : ""}`).join(", ")) : false));
}

function trunk(each) {
  const why = [each.because, each.fault].filter(Boolean).join("; ");
  const broken = each.conditions.filter((one) => !one.is_kept);
  return h("tr", {},
    h("th", { scope: "row" }, each.trunk),
    h("td", {}, chip(each.state === "held" ? "resting" : each.state), why && h("span", { class: "quiet small" }, ` ${why}`)),
    h("td", { class: "numeric" }, `${each.calls} of ${each.channels}`),
    h("td", { class: "numeric" }, each.closed_until ? "waits" : `${each.cps_now} of ${each.cps}`),
    h("td", { class: "numeric" }, used(Math.round(each.minutes), each.minutes_limit, "")),
    h("td", { class: "numeric" }, used(each.spent, each.spend_limit, ` ${each.currency}`)),
    h("td", { class: "numeric" }, percent(each.answer_rate)),
    h("td", { class: "numeric" }, percent(each.failure_rate)),
    h("td", { class: "numeric" }, each.post_dial_delay_s === null ? "–" : `${each.post_dial_delay_s.toFixed(1)} s`),
    h("td", {}, broken.length ? broken.map((one) => one.measure.replaceAll("_", " ")).join(", ") : each.conditions.length ? "kept" : "–"));
}

watch();
