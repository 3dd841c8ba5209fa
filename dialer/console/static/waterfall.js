// Where a campaign's rows stay behind on the way to the telephone, and what would free most.
import { get } from "./api.js";
import { byId, fill, h, say, svg, word } from "./dom.js";
import { frame } from "./frame.js";
import { day, dayKey, moment } from "./times.js";

const count = (value) => new Intl.NumberFormat("en-GB").format(value);

await frame();
const campaigns = await get("/campaigns");
const choice = h("select", { class: "input", name: "campaign", onchange: draw },
  campaigns.map((each) => h("option", { value: each.id }, each.name)));
fill(byId("question"), h("h1", {}, "Where the leads are"),
  campaigns.length ? h("label", { class: "field" }, h("span", {}, "Campaign"), choice)
    : h("p", { class: "empty" }, h("strong", {}, "No campaigns yet")));
if (campaigns.length) await draw();

async function draw() {
  const answer = byId("answer");
  fill(answer, h("p", { class: "quiet" }, "asking the gate about every lead…"));
  try {
    const [found, abandoned] = await Promise.all([
      get(`/campaigns/${choice.value}/waterfall`), get(`/campaigns/${choice.value}/abandonment`)]);
    fill(answer, steps(found), unlocks(found), week(found), laws(abandoned));
    say(`${found.dialable_now} leads are dialable now`);
  } catch (refusal) {
    fill(answer, h("p", { class: "note bad", role: "alert" }, refusal.message));
  }
}

function steps(found) {
  const most = Math.max(1, ...found.steps.map((step) => step.left));
  const line = (name, left, lost) => [
    h("span", {}, word(name)),
    svg("svg", { "aria-hidden": "true" }, svg("rect", { width: `${(100 * left) / most}%`, height: "100%", rx: "5" })),
    h("span", { class: "number" }, count(left)),
    lost && h("span", { class: "quiet small lost" }, lost),
  ];
  return h("section", { class: "card stack" }, h("h2", {}, `At ${moment(found.at)}`),
    h("div", { class: "steps" },
      found.steps.map((step) => line(step.name, step.left,
        step.lost_in_words.join(", "))),
      line("dialable_now", found.dialable_now, "")));
}

function unlocks(found) {
  if (!found.unlocks.length) return null;
  return h("section", { class: "card stack" }, h("h2", {}, "What would free most"),
    h("ul", {}, found.unlocks.map((each) => h("li", {}, each.sentence))));
}

function week(found) {
  const days = new Map();
  for (const hour of found.per_hour) {
    const key = dayKey(hour.at);
    if (!days.has(key)) days.set(key, { title: day(hour.at), hours: new Array(24).fill(null) });
    days.get(key).hours[new Date(hour.at).getHours()] = hour.dialable;
  }
  const most = Math.max(1, ...found.per_hour.map((hour) => hour.dialable));
  const level = (value) => (value ? Math.min(3, 1 + Math.floor((2.999 * value) / most)) : 0);
  return h("section", { class: "card stack" }, h("h2", {}, "Dialable by hour, your time"),
    h("div", { class: "scroll" }, h("table", { class: "week" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, ""), Array.from({ length: 24 }, (_, hour) => h("th", { scope: "col" }, String(hour))))),
      h("tbody", {}, [...days.values()].map((each) => h("tr", {}, h("th", { scope: "row" }, each.title),
        each.hours.map((value) => h("td", { data: { level: level(value) } }, value === null ? "" : count(value)))))))));
}

function laws(found) {
  const percent = (share) => `${(100 * share).toFixed(2)} %`;
  return h("section", { class: "card stack" }, h("h2", {}, "Abandoned calls, as each country's law counts them"),
    h("div", { class: "scroll" }, h("table", { class: "laws" },
      h("thead", {}, h("tr", {}, ["Rules of", "Which calls", "Abandoned", "Limit", "How it stands", "Abandoned when no agent comes within", "The callee then hears"]
        .map((title) => h("th", { scope: "col" }, title)))),
      h("tbody", {}, found.laws.map((law) => h("tr", {}, h("th", { scope: "row" }, law.profiles.join(", ")),
        h("td", {}, law.window),
        h("td", { class: "number" }, `${count(law.abandoned)} of ${count(law.answered)} ${law.share_of} (${percent(law.rate)})`),
        h("td", { class: "number" }, percent(law.limit)),
        h("td", {}, law.verdict), h("td", {}, law.clock), h("td", {}, law.callee_hears)))))));
}
