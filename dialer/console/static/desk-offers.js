// Leads to look at before the call, in preview and manual campaigns: one set before the agent, or
// several to choose from. Whether a call may be made is the dialer's to say, when it is asked for.
import { get } from "./api.js";
import { fill, h } from "./dom.js";
import { leadCard } from "./desk-lead.js";
import { moment, tickTimers } from "./times.js";

const cards = new Map(); // lead -> its card, as long as it is offered
let chosen = null; // the lead that is looked at

export const offersMark = (view) => view.offers.map((offer) => offer.lead).join();

// The lead that "call" and "next" mean.
export function offerInHand(view) {
  return view.offers.find((offer) => offer.lead === chosen) ?? view.offers[0] ?? null;
}

export function offerStage(view, { wish }) {
  for (const lead of cards.keys()) if (!view.offers.some((offer) => offer.lead === lead)) cards.delete(lead);
  const card = h("div", { class: "stack" });
  const list = h("ul", { class: "stack offers", role: "radiogroup", "aria-label": "Leads to choose from" });
  const drawAll = () => {
    drawList(list, view, drawAll);
    drawCard(card, offerInHand(view));
  };
  drawAll();
  for (const offer of view.offers) if (!cards.has(offer.lead)) fetchCard(offer, drawAll);
  const several = view.offers.length > 1;
  return [card, h("div", { class: "stack" },
    h("section", { class: "card stack", "aria-label": "Before the call" },
      h("h2", {}, "Before the call"),
      h("p", { class: "quiet" }, several ? "Choose whom to call. Your line stays open while it rings." : "Read first, then call. Your line stays open while it rings."),
      h("div", { class: "row" },
        h("button", { class: "button primary", data: { place: "offer-call" }, onclick: () => callOffer(view, wish) }, "Call", h("kbd", { "aria-hidden": "true" }, "C")),
        offerInHand(view)?.may_skip && h("button", { class: "button", data: { place: "offer-skip" }, onclick: () => skipOffer(view, wish) }, "Next lead", h("kbd", { "aria-hidden": "true" }, "X")))),
    several && h("section", { class: "card stack" }, h("h2", {}, "Next on the list"), list))];
}

export const callOffer = (view, wish) => offerInHand(view) && wish(`offers/${offerInHand(view).lead}/call`);
export const skipOffer = (view, wish) => offerInHand(view)?.may_skip && wish(`offers/${offerInHand(view).lead}/skip`);

async function fetchCard(offer, drawn) {
  try {
    cards.set(offer.lead, await get(`/agents/me/offers/${offer.lead}`));
    drawn();
  } catch {
    // It has gone back to the list; the next change says so.
  }
}

function drawCard(place, offer) {
  const card = offer && cards.get(offer.lead);
  fill(place, card
    ? leadCard(card)
    : h("section", { class: "card" }, h("p", { class: "quiet" }, "Looking the lead up…")));
  tickTimers();
}

function drawList(list, view, drawn) {
  fill(list, view.offers.map((offer) => {
    const lead = cards.get(offer.lead)?.lead;
    const is = offerInHand(view).lead === offer.lead;
    const choose = () => { chosen = offer.lead; drawn(); };
    return h("li", {}, h("button", { type: "button", class: "outcome", role: "radio", "aria-checked": String(is), onclick: choose, data: { place: `offer-${offer.lead}` } },
      h("span", {}, lead?.name || lead?.company || offer.number,
        h("small", { class: "quiet" }, offer.is_callback && cards.get(offer.lead)?.promise
          ? ` promised for ${moment(cards.get(offer.lead).promise.due_at, lead.time_zone)}` : ` ${lead?.city ?? ""}`))));
  }));
}
