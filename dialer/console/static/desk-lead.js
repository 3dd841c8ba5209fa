// Who is on the line, and what happened before.
import { h, word } from "./dom.js";
import { city, moment, offset } from "./times.js";

// What the permit asks of the conversation, in the agent's words; null is not the agent's affair.
const MIND = {
  RECORDING_OFF_UNTIL_CONSENT: "nothing is recorded until the person agrees",
  ANNOUNCE_AI: "say first that a machine speaks",
  CALLBACK_REQUESTED_BY_LEAD: "the person asked for this call",
  REGISTER_OVERRIDDEN_BY_CONSENT: "listed against advertising calls, but agreed to ours",
  REGISTER_OVERRIDDEN_BY_EBR: "listed against advertising calls, but is a customer",
  REGISTER_SECTOR_ALLOWED: "listed against advertising calls, though not of this trade",
  REGISTER_GRACE: "newly listed against advertising calls",
  SUBJECT_UNKNOWN_TREATED_AS_CONSUMER: null, COUNTRY_FROM_NUMBER: null, JURISDICTION_MISMATCH: null,
  TIMEZONE_UNKNOWN_ALL_CANDIDATES: null, TIMEZONE_CONFLICT_BOTH: null, POLICY_REVIEW_DUE: null,
  COUNSEL_NOTE_APPLIED: null, SECTOR_UNKNOWN: null,
};
const minded = (card) => (card.obligations ?? [])
  .map((code) => (code in MIND ? MIND[code] : code.toLowerCase().replaceAll("_", " "))).filter(Boolean);

export function leadCard(card) {
  const { lead } = card;
  const name = lead.name || lead.company || "Name not known";
  const dialed = lead.numbers.find((number) => number.dialed);
  const fact = (term, value) => (value ? [h("dt", {}, term), h("dd", {}, value)] : null);
  return h("div", { class: "stack who" },
    h("section", { class: "card stack", "aria-label": "Lead" },
      h("div", {},
        h("h2", {}, card.campaign.name),
        h("h1", {}, name),
        lead.name && lead.company && h("p", {}, lead.company)),
      h("p", { class: "dialed" }, dialed?.number ?? ""),
      h("p", { class: "local" },
        h("time", { class: "numeric", data: { clock: lead.time_zone } }),
        h("span", { class: "quiet" }, `in ${city(lead.time_zone)} (${offset(lead.time_zone)})`)),
      card.was_callback && h("p", { class: "note good" }, "This call was promised."),
      card.promise && !card.was_callback && h("p", { class: "note warn" }, `A call is promised for ${moment(card.promise.due_at, lead.time_zone)}.`),
      minded(card).length > 0 && h("p", { class: "note warn" }, `${word(minded(card).join("; "))}.`),
      h("dl", { class: "facts" },
        fact("Place", [lead.city, lead.country].filter(Boolean).join(", ")),
        fact("Speaks", lead.languages.map(language).join(", ")),
        fact("Subject", word(lead.subject)),
        fact("E-mail", lead.email),
        lead.numbers.filter((number) => !number.dialed).map((number) => fact(word(number.kind), number.number)),
        Object.entries(lead.fields).map(([term, value]) => fact(term, value)))),
    h("section", { class: "card stack" },
      h("h2", {}, "Before"),
      card.history.length || card.meetings.length
        ? h("ul", { class: "history" },
          card.meetings.map((meeting) => h("li", {}, h("strong", {}, `Meeting ${moment(meeting.starts_at, lead.time_zone)}`), ` · ${word(meeting.state)}`)),
          [...card.history].reverse().map((tried) => h("li", {},
            h("div", {}, h("strong", {}, moment(tried.at, lead.time_zone)), ` · ${word(tried.disposition ?? tried.outcome ?? "open")}`),
            tried.note && h("div", { class: "quiet" }, tried.note))))
        : h("p", { class: "quiet" }, "First call to this lead.")));
}

const names = new Intl.DisplayNames(["en"], { type: "language" });
export function language(code) {
  try {
    return names.of(code);
  } catch {
    return code;
  }
}
