// Where everybody begins: the ways of the role, the campaigns, the meetings.
import { get, post } from "./api.js";
import { byId, chip, fill, h, toast, word } from "./dom.js";
import { frame, waysOf } from "./frame.js";
import { city, moment, now } from "./times.js";

const ABOUT = { "/desk": "Take calls: the lead, the script and the outcome on one screen.", "/board": "Watch and steer the floor: agents, calls, pacing, abandonment.", "/waterfall": "Where a campaign's leads stay behind, and what would free most.", "/why": "May this number be called now, and what says so?" };
const READERS = ["supervisor", "manager", "client", "dpo", "admin"];

const session = await frame();
const { role, name } = session.user;
const parts = [h("div", {}, h("h1", {}, `Good day, ${name}`), h("p", { class: "quiet" }, word(role)))];
const ways = waysOf(role).filter((way) => way.path !== "/");
if (ways.length) parts.push(h("div", { class: "ways" }, ways.map((way) =>
  h("a", { class: "card way", href: way.path }, h("strong", {}, way.label), h("span", { class: "quiet" }, ABOUT[way.path])))));
if (READERS.includes(role)) parts.push(section("Campaigns", campaigns));
if ([...READERS, "rep"].includes(role)) parts.push(section("Meetings", meetings));
fill(byId("home"), parts);

function section(title, draw) {
  const place = h("div", { class: "scroll" }, h("p", { class: "quiet" }, "looking…"));
  draw(place).catch((refusal) => place.replaceChildren(h("p", { class: "note bad" }, refusal.message)));
  return h("section", { class: "card stack" }, h("h2", {}, title), place);
}

async function campaigns(place) {
  const found = await get("/campaigns");
  if (!found.length) {
    fill(place, h("p", { class: "empty" }, h("strong", {}, "No campaigns yet")));
    return;
  }
  const stocks = await Promise.all(found.map((each) => get(`/campaigns/${each.id}/stock`)));
  fill(place, h("table", {},
    h("thead", {}, h("tr", {}, ["Campaign", "State", "Mode"].map((title) => h("th", { scope: "col" }, title)),
      ["Due", "Later", "Booked", "Done"].map((title) => h("th", { scope: "col", class: "number" }, title)))),
    h("tbody", {}, found.map((each, at) => h("tr", {},
      h("td", {}, h("strong", {}, each.name)), h("td", {}, chip(each.state)), h("td", {}, word(each.mode)),
      [stocks[at].due, stocks[at].later, stocks[at].by_state.booked ?? 0, stocks[at].by_state.retired ?? 0].map((value) => h("td", { class: "number" }, value)))))));
}

async function meetings(place) {
  const found = await get("/meetings?limit=100");
  if (!found.length) {
    fill(place, h("div", { class: "empty" }, h("strong", {}, "No meetings"), "Booked meetings appear here, with their invitations."));
    return;
  }
  const decides = ["rep", "manager", "admin"].includes(role);
  fill(place, h("table", {},
    h("thead", {}, h("tr", {}, ["When", "With", "Rep", "State", ""].map((title) => h("th", { scope: "col" }, title)))),
    h("tbody", {}, found.map((each) => h("tr", {},
      h("td", { class: "numeric" }, moment(each.starts_at, each.rep_time_zone), h("span", { class: "quiet small" }, ` ${city(each.rep_time_zone)}`)),
      h("td", {}, each.lead_company || each.lead_name || `lead ${each.lead}`),
      h("td", {}, each.rep_name), h("td", {}, chip(each.state), each.verdict && h("span", { class: "quiet small" }, ` ${word(each.verdict)}`)),
      h("td", {}, h("span", { class: "row end" },
        decides && each.state === "booked" && Date.parse(each.starts_at) < now() && ["good", "poor", "no_show"].map((verdict) =>
          h("button", { class: "button slim", onclick: () => judge(place, each, verdict) }, word(verdict))),
        h("a", { class: "button slim", href: `/api/v1/meetings/${each.id}/invitation`, download: "" }, "Calendar file"))))))));
}

async function judge(place, meeting, verdict) {
  try {
    await post(`/meetings/${meeting.id}/verdict`, { verdict });
    await meetings(place);
  } catch (refusal) {
    toast(refusal.message, "bad");
  }
}
