// What came of the call: one outcome, with a meeting or a promise where it needs one.
// Chosen while talking, saved once the call is over; saving while talking hangs up first.
import { get, post } from "./api.js";
import { h, toast } from "./dom.js";
import { city, day, dayKey, instantAt, moment, now, time, wallClock } from "./times.js";

const OUTCOMES = [
  ["meeting_booked", "Meeting booked", "1"], ["callback", "Call back", "2"],
  ["hot_transfer", "Handed over", "+"], ["qualified", "Qualified", "3"], ["not_qualified", "Not qualified", "4"],
  ["not_interested", "Not interested", "5"], ["do_not_call", "Do not call", "6"],
  ["wrong_person", "Wrong person", "7"], ["wrong_number", "Wrong number", "8"],
  ["language_barrier", "No common language", "9"], ["answering_machine", "Answering machine", "0"],
  ["hung_up", "Hung up at once", "-"], ["silence", "Silence", "="],
];
const HOUR = 3600_000;

export class Outcome {
  constructor(card, { hangUp, done, view }) {
    this.card = card;
    this.zone = card.lead.time_zone;
    this.hangUp = hangUp;
    this.done = done;
    this.view = view;
    this.draft = JSON.parse(sessionStorage.getItem(this.place) ?? "{}");
    this.key_ = crypto.randomUUID?.() ?? String(Math.random());
    this.saving = false;
    this.asked = false; // to be saved as soon as the call is over
    this.buttons = new Map();
    this.more = h("div", { class: "stack" });
    this.note = h("textarea", { class: "input", maxlength: 4000, value: this.draft.note ?? "", oninput: () => this.keep({ note: this.note.value }) });
    this.problem = h("p", { class: "note bad", role: "alert", hidden: true });
    this.button = h("button", { class: "button primary", onclick: () => this.save() });
    this.element = h("div", { class: "stack end" }, h("section", { class: "card stack", "aria-label": "Outcome" },
      h("h2", {}, "What came of it"),
      h("div", { class: "outcomes", role: "radiogroup", "aria-label": "Outcome of the call" }, OUTCOMES.map(([code, label, key]) => this.offer(code, label, key))),
      this.more,
      h("label", { class: "field" }, h("span", {}, "Note ", h("kbd", { "aria-hidden": "true" }, "N")), this.note),
      this.problem,
      h("div", { class: "finish" }, this.button)));
    if (this.draft.disposition) this.choose(this.draft.disposition);
    this.refresh();
  }

  get place() {
    return `outcome-${this.card.attempt}`;
  }

  keep(changes) {
    Object.assign(this.draft, changes);
    sessionStorage.setItem(this.place, JSON.stringify(this.draft));
  }

  offer(code, label, key) {
    const button = h("button", { type: "button", class: "outcome", role: "radio", "aria-checked": "false", "aria-keyshortcuts": key, onclick: () => this.choose(code) },
      h("kbd", { "aria-hidden": "true" }, key), label);
    this.buttons.set(code, button);
    return button;
  }

  key(key) {
    const found = OUTCOMES.find((outcome) => outcome[2] === key);
    if (found) {
      this.choose(found[0]);
      this.buttons.get(found[0]).focus();
    }
    return Boolean(found);
  }

  focusNote() {
    this.note.focus();
  }

  choose(code) {
    this.keep({ disposition: code });
    this.asked = false;
    for (const [each, button] of this.buttons) button.setAttribute("aria-checked", String(each === code));
    this.problem.hidden = true;
    if (code === "meeting_booked") this.offerSlots();
    else if (code === "callback") this.offerTimes();
    else this.more.replaceChildren();
    this.refresh();
  }

  // --- a meeting ------------------------------------------------------------------------------

  async offerSlots() {
    this.more.replaceChildren(h("p", { class: "quiet" }, "Looking for free times…"));
    try {
      const languages = this.card.lead.languages.join(",");
      this.free = await get(`/campaigns/${this.card.campaign.id}/slots?days=21&limit=1000&languages=${languages}`);
    } catch (refusal) {
      this.more.replaceChildren(h("p", { class: "note bad" }, refusal.message),
        h("button", { class: "button", onclick: () => this.offerSlots() }, "Try again"));
      return;
    }
    if (this.draft.disposition === "meeting_booked") this.drawSlots();
  }

  drawSlots() {
    const { slots, reps } = this.free;
    const mine = this.draft.rep ? slots.filter((slot) => slot.rep === this.draft.rep) : slots;
    if (!mine.length) {
      this.more.replaceChildren(h("p", { class: "note warn" }, "No rep has a free time in the next three weeks. Promise a call instead."));
      return;
    }
    const days = [...new Map(mine.map((slot) => [dayKey(slot.starts_at, this.zone), slot.starts_at]))];
    const chosen = days.some(([key]) => key === this.draft.day) ? this.draft.day : days[0][0];
    const rep = (id) => reps.find((each) => each.id === id);
    const offered = mine.filter((slot) => dayKey(slot.starts_at, this.zone) === chosen);
    const once = this.draft.rep ? offered : [...new Map(offered.map((slot) => [slot.starts_at, slot])).values()];
    this.more.replaceChildren(
      reps.length > 1 ? h("label", { class: "field" }, h("span", {}, "With"),
        h("select", { class: "input", onchange: (event) => { this.keep({ rep: Number(event.target.value) || null, slot: null }); this.drawSlots(); this.refresh(); } },
          h("option", { value: "" }, "anybody who is free"),
          reps.map((each) => h("option", { value: String(each.id), selected: this.draft.rep === each.id }, each.name)))) : "",
      h("div", { class: "days", role: "tablist", "aria-label": "Day" }, days.map(([key, at]) =>
        h("button", { type: "button", class: "day", role: "tab", "aria-selected": String(key === chosen), onclick: () => { this.keep({ day: key }); this.drawSlots(); } },
          day(at, this.zone)))),
      h("p", { class: "small quiet" }, `Times in ${city(this.zone)}, the lead's; below them the rep's, where it differs.`),
      h("div", { class: "slots", role: "radiogroup", "aria-label": "Time" }, once.map((slot) => {
        const zone = rep(slot.rep).time_zone;
        const here = time(slot.starts_at, this.zone);
        const there = time(slot.starts_at, zone);
        const is = this.draft.slot?.starts_at === slot.starts_at && this.draft.slot?.rep === slot.rep;
        return h("button", { type: "button", class: "slot", role: "radio", "aria-checked": String(is), onclick: () => this.chooseSlot(slot) },
          here, h("small", {}, here === there ? rep(slot.rep).name.split(" ")[0] : `${there} ${city(zone)}`));
      })));
  }

  chooseSlot(slot) {
    this.keep({ slot });
    this.drawSlots();
    this.refresh();
    this.more.querySelector(".slot[aria-checked=true]")?.focus();
  }

  // --- a promise ------------------------------------------------------------------------------

  offerTimes() {
    const at = (wall) => instantAt(this.zone, wall);
    const today = wallClock(now(), this.zone).slice(0, 10);
    const tomorrow = wallClock(new Date(now().getTime() + 24 * HOUR), this.zone).slice(0, 10);
    const quick = [
      ["in an hour", new Date(now().getTime() + HOUR)], ["today 17:00", at(`${today}T17:00`)],
      ["tomorrow 10:00", at(`${tomorrow}T10:00`)], ["tomorrow 15:00", at(`${tomorrow}T15:00`)],
    ].filter(([, when]) => when > now());
    const field = h("input", { class: "input", type: "datetime-local", value: this.draft.due ?? "", min: wallClock(now(), this.zone),
      oninput: () => { this.keep({ due: field.value }); this.refresh(); } });
    this.more.replaceChildren(
      h("div", { class: "choices", role: "group", "aria-label": "Often promised" }, quick.map(([label, when]) =>
        h("button", { type: "button", class: "button slim", onclick: () => { field.value = wallClock(when, this.zone); this.keep({ due: field.value }); this.refresh(); } }, label))),
      h("label", { class: "field" }, h("span", {}, `When, in ${city(this.zone)}`), field),
      h("label", { class: "row" }, h("input", { type: "checkbox", checked: this.draft.personal ?? false, onchange: (event) => this.keep({ personal: event.target.checked }) }),
        "I call myself"));
  }

  // --- saving ---------------------------------------------------------------------------------

  missing() {
    const { disposition, slot, due } = this.draft;
    if (!disposition) return "Choose an outcome";
    if (disposition === "meeting_booked" && !slot) return "Choose a time";
    if (disposition === "callback" && !due) return "Choose when to call";
    return null;
  }

  callIs(view) {
    this.over = view.state === "wrap_up" && Boolean(view.call?.ended_at);
    if (this.over && !this.draft.disposition && view.call?.transfer_state === "joined") this.choose("hot_transfer");
    if (this.over && this.asked) this.send();
    this.refresh();
  }

  refresh() {
    const missing = this.missing();
    const hint = h("kbd", { "aria-hidden": "true" }, "Ctrl ⏎");
    this.button.disabled = this.saving || this.asked || Boolean(missing);
    this.button.replaceChildren(...(missing ? [missing] : this.saving || this.asked ? ["Saving…"] : [this.over ? "Save" : "Hang up and save", hint]));
  }

  async save() {
    if (this.saving || this.asked || this.missing()) return;
    if (this.over) {
      await this.send();
      return;
    }
    this.asked = true;
    this.refresh();
    if (this.view().state === "talking" && !(await this.hangUp())) this.asked = false;
    this.refresh();
  }

  async send() {
    this.asked = false;
    if (this.saving) return;
    this.saving = true;
    this.refresh();
    const { disposition, slot, due, personal } = this.draft;
    const body = { disposition, note: this.note.value };
    if (disposition === "meeting_booked") body.booking = { rep: slot.rep, starts_at: slot.starts_at };
    if (disposition === "callback") body.callback = { due_at: instantAt(this.zone, due).toISOString(), personal: Boolean(personal) };
    try {
      await post(`/attempts/${this.card.attempt}/disposition`, body, { "Idempotency-Key": this.key_ });
      sessionStorage.removeItem(this.place);
      if (disposition === "meeting_booked") toast(`Meeting booked: ${moment(slot.starts_at, this.zone)} (${city(this.zone)}).`);
      this.done(await get("/agents/me"));
    } catch (refusal) {
      this.key_ = crypto.randomUUID?.() ?? String(Math.random());
      this.problem.textContent = `${refusal.message.charAt(0).toUpperCase()}${refusal.message.slice(1)}.`;
      this.problem.hidden = false;
      if (["slot-taken", "outside-availability"].includes(refusal.type)) {
        this.keep({ slot: null });
        this.offerSlots();
      }
    } finally {
      this.saving = false;
      this.refresh();
    }
  }
}
