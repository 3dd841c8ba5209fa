// May this number be called now, and what says so? The number is sent in a body, never in an address.
import { get, post } from "./api.js";
import { byId, fill, h, say, word } from "./dom.js";
import { frame } from "./frame.js";
import { moment } from "./times.js";

await frame();
const number = h("input", { class: "input", name: "number", required: true, maxlength: "40", autocomplete: "off", inputmode: "tel", placeholder: "+442079460123" });
const country = h("input", { class: "input", name: "country", maxlength: "2", pattern: "[A-Za-z]{2}", placeholder: "GB" });
fill(byId("question"),
  h("h1", {}, "May this number be called?"),
  h("form", { class: "card asked", onsubmit: ask },
    h("label", { class: "field" }, h("span", {}, "Number"), number),
    h("label", { class: "field" }, h("span", {}, "Country"), country),
    h("button", { class: "button primary", type: "submit" }, "Ask")));
number.focus();

let names = null;

async function ask(event) {
  event.preventDefault();
  const answer = byId("answer");
  try {
    const wish = { number: number.value.trim() };
    if (country.value.trim()) wish.country = country.value.trim().toUpperCase();
    names ??= new Map((await get("/campaigns")).map((each) => [each.id, each.name]));
    const report = await post("/why", wish);
    fill(answer, shown(report));
    say(report.known ? `${report.leads.length} leads have this number` : "Nobody on our lists has this number");
  } catch (refusal) {
    fill(answer, h("p", { class: "note bad", role: "alert" }, refusal.message));
  }
}

function shown(report) {
  return [
    h("p", { class: "quiet" }, `${report.number}, asked ${moment(report.asked_at)}`),
    !report.known && h("p", { class: "note" }, "Nobody on our lists has this number."),
    report.leads.map(lead),
    facts("Consents", report.consents, ["method", "purposes", "given_at", "wording", "evidence_sha256", "attestation", "events"]),
    facts("Suppressions", report.suppressions, ["reason", "reach", "created_at", "until", "lifted_at", "lifted_because"]),
    facts("Asked for or learnt", report.marks, ["kind", "at", "recording_second"]),
    decisions(report.decisions),
  ];
}

const verdict = (text) => h("span", { class: "chip", data: { verdict: text } }, word(text));

function lead(one) {
  const rows = one.gates.flatMap((gate) => gate.findings.map((found, at) => h("tr", {},
    h("td", {}, at === 0 ? word(gate.gate.toLowerCase()) : ""),
    h("td", {}, at === 0 ? verdict(gate.verdict) : ""),
    h("td", {}, found.kind === "passed" ? "" : h("code", {}, found.code)),
    h("td", {}, found.detail, found.sources.length ? h("span", { class: "quiet small" }, ` ${found.sources.join(", ")}`) : null))));
  return h("section", { class: "card stack" },
    h("div", { class: "row" }, h("h2", {}, `Lead ${one.lead}: ${names.get(one.campaign) ?? `campaign ${one.campaign}`}`), verdict(one.verdict),
      h("span", { class: "chip", data: { state: one.state } }, word(one.state))),
    one.retired_because && h("p", { class: "note" }, `Not called again: ${word(one.retired_because).toLowerCase()}.`),
    one.next_eligible_at && h("p", { class: "note warn" }, `Next eligible ${moment(one.next_eligible_at)}.`),
    one.wait_for.map((event) => h("p", { class: "note warn" }, `Waits for ${event}.`)),
    h("div", { class: "scroll" }, h("table", { class: "gates" },
      h("thead", {}, h("tr", {}, ["Gate", "Verdict", "Code", "Found"].map((title) => h("th", { scope: "col" }, title)))),
      h("tbody", {}, rows))),
    one.attempts.length ? h("p", { class: "small" }, "Attempts: ",
      one.attempts.map((attempt) => `${moment(attempt.at)} ${word(attempt.outcome).toLowerCase()}`).join("; ")) : null);
}

function facts(title, rows, names) {
  return h("section", { class: "card stack" }, h("h2", {}, `${title}: ${rows.length || "none"}`),
    rows.map((row) => h("dl", { class: "facts" }, names
      .filter((name) => row[name] !== null && row[name] !== undefined && row[name] !== "")
      .flatMap((name) => [h("dt", {}, word(name)), h("dd", {}, told(row[name]))]))));
}

function told(value) {
  if (Array.isArray(value)) return value.map((one) => (one.kind ? `${one.kind} ${moment(one.at)}` : String(one))).join(", ");
  return /^\d{4}-\d\d-\d\dT/.test(value) ? moment(value) : String(value);
}

function decisions(rows) {
  if (!rows.length) return null;
  return h("section", { class: "card stack" }, h("h2", {}, "Latest decisions"),
    h("ul", {}, rows.map((row) => h("li", {}, moment(row.at), " ", verdict(row.verdict), " ", row.primary))));
}
