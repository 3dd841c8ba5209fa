// The abandon rate over time against its limit, drawn as SVG.
import { get } from "./api.js";
import { h, svg } from "./dom.js";
import { time } from "./times.js";

const KEPT = 1200;
const WIDTH = 640;
const HEIGHT = 150;
const LEFT = 40;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 22;

export class Rates {
  constructor() {
    this.points = new Map(); // campaign -> [{at, rate}]
    this.every = 2000;
  }

  // What the server remembers of the last hour, so that a page just opened is not blank.
  async load() {
    try {
      const { samples } = await get("/board/history");
      for (const sample of samples) this.push(sample.campaign, Date.parse(sample.at), sample.abandon_rate, 0);
    } catch {
      // the chart then begins now
    }
  }

  add(floor) {
    const at = Date.parse(floor.at);
    for (const team of floor.teams)
      for (const each of team.campaigns)
        if (each.live_answers) this.push(each.campaign, at, each.abandon_rate, this.every);
  }

  push(campaign, at, rate, apart) {
    if (!this.points.has(campaign)) this.points.set(campaign, []);
    const points = this.points.get(campaign);
    if (points.length && at - points.at(-1).at < apart) return;
    points.push({ at, rate });
    if (points.length > KEPT) points.splice(0, points.length - KEPT);
  }

  chart(campaign) {
    const points = this.points.get(campaign.campaign) ?? [];
    const limit = campaign.abandon_rate_limit;
    const caption = h("figcaption", {}, h("span", {}, "Abandon rate over time"), h("span", {}, `limit ${(100 * limit).toFixed(1)}%`));
    if (points.length < 2) return h("figure", { class: "chart" }, caption, h("p", { class: "quiet small" }, "The curve begins with the first live answers."));
    const highest = Math.max(limit * 1.35, ...points.map((point) => point.rate * 1.15), 0.001);
    const [from, to] = [points[0].at, Math.max(points.at(-1).at, points[0].at + 1)];
    const x = (at) => LEFT + ((at - from) / (to - from)) * (WIDTH - LEFT - RIGHT);
    const y = (rate) => HEIGHT - BOTTOM - (rate / highest) * (HEIGHT - TOP - BOTTOM);
    const line = points.map((point, place) => `${place ? "L" : "M"}${x(point.at).toFixed(1)} ${y(point.rate).toFixed(1)}`).join("");
    const worst = Math.max(...points.map((point) => point.rate));
    const label = `Abandon rate now ${(100 * campaign.abandon_rate).toFixed(1)} percent, at most ${(100 * worst).toFixed(1)}, limit ${(100 * limit).toFixed(1)} percent`;
    return h("figure", { class: "chart" }, caption,
      svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
        svg("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(0), y2: y(0) }),
        svg("path", { class: "area", d: `${line}L${x(to).toFixed(1)} ${y(0)}L${x(from)} ${y(0)}Z` }),
        svg("path", { class: "rate", d: line }),
        svg("line", { class: "limit", x1: LEFT, x2: WIDTH - RIGHT, y1: y(limit), y2: y(limit) }),
        svg("text", { class: "over", x: LEFT - 6, y: y(limit) + 4, "text-anchor": "end" }, `${(100 * limit).toFixed(1)}%`),
        svg("text", { x: LEFT - 6, y: y(0) + 4, "text-anchor": "end" }, "0"),
        svg("text", { x: LEFT, y: HEIGHT - 6 }, time(from)),
        svg("text", { x: WIDTH - RIGHT, y: HEIGHT - 6, "text-anchor": "end" }, time(to))));
  }
}
