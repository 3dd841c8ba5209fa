// The script: what to say, and the answers as they are given. Which questions are asked is the
// server's to say; it answers every saved answer with the script as it then stands.
import { put } from "./api.js";
import { h, say } from "./dom.js";
import { language } from "./desk-lead.js";

export class Script {
  constructor(card) {
    this.attempt = card.attempt;
    this.questions = card.questions;
    this.earlier = card.earlier_answers;
    this.languages = this.offered(card);
    this.language = card.lead.languages.find((code) => this.languages.includes(code)) ?? this.languages[0] ?? "";
    this.opening = card.opening;
    this.element = h("section", { class: "card stack", "aria-label": "Script" });
    this.blocks = new Map();
    this.draw(card.script);
  }

  offered(card) {
    const codes = new Set([card.opening, ...card.questions.map((question) => question.text)].flatMap((text) => Object.keys(text)));
    codes.delete("");
    return [...codes];
  }

  worded(text) {
    return text[this.language] || text[""] || Object.values(text)[0] || "";
  }

  draw(script) {
    this.blocks.clear();
    this.meter = h("div", { class: "fill" });
    this.count = h("span", { class: "small quiet numeric" });
    const questions = this.questions.map((question) => this.block(question, script.answers[question.id]));
    const choose = this.languages.length > 1 && h("select", {
      class: "input slim", "aria-label": "Language of the script", onchange: (event) => {
        this.language = event.target.value;
        this.draw(this.script);
      },
    }, this.languages.map((code) => h("option", { value: code, selected: code === this.language }, language(code))));
    this.element.replaceChildren(
      h("div", { class: "row" }, h("h2", {}, "Script"), choose || ""),
      this.worded(this.opening) ? h("p", { class: "says", lang: this.language }, this.worded(this.opening)) : "",
      this.questions.length
        ? h("div", { class: "progress" }, h("div", { class: "track", "aria-hidden": "true" }, this.meter), this.count)
        : h("p", { class: "empty" }, "This campaign has no questions."),
      h("div", {}, questions));
    this.stand(script);
  }

  block(question, answer) {
    const mark = h("span", { class: "mark", "aria-live": "polite" });
    const earlier = this.earlier[question.id];
    const control = this.control(question, answer);
    const block = h("div", { class: "question" },
      h("div", { class: "row" },
        h("span", { class: "ask", id: `ask-${question.id}`, lang: this.language }, this.worded(question.text)),
        !question.required && h("span", { class: "mark" }, "optional"), mark),
      control,
      earlier !== undefined && answer === undefined && h("span", { class: "mark" }, `earlier: ${this.shown(question, earlier)}`));
    this.blocks.set(question.id, { block, mark, control });
    return block;
  }

  control(question, answer) {
    const labelled = { "aria-labelledby": `ask-${question.id}`, class: "input" };
    const save = (value) => this.save(question.id, value);
    switch (question.kind) {
      case "yes_no":
        return this.radios(question, [[true, "Yes"], [false, "No"]], answer, save);
      case "choice":
        return this.radios(question, question.choices.map((choice) => [choice.value, this.worded(choice.label)]), answer, save);
      case "number":
        return h("input", { ...labelled, type: "number", inputmode: "decimal", step: "any", min: question.least, max: question.most, value: answer ?? "",
          onchange: (event) => event.target.value !== "" && save(Number(event.target.value)) });
      case "date":
        return h("input", { ...labelled, type: "date", value: answer ?? "", onchange: (event) => event.target.value && save(event.target.value) });
      default:
        return h("textarea", { ...labelled, maxlength: 4000, rows: 2, value: answer ?? "", onchange: (event) => event.target.value.trim() && save(event.target.value) });
    }
  }

  radios(question, choices, answer, save) {
    return h("div", { class: "choices", role: "radiogroup", "aria-labelledby": `ask-${question.id}` },
      choices.map(([value, label]) => h("label", { class: "choice" },
        h("input", { type: "radio", name: `q-${question.id}`, checked: answer === value, onchange: () => save(value) }),
        h("span", { lang: this.language }, label))));
  }

  shown(question, answer) {
    if (answer === true) return "yes";
    if (answer === false) return "no";
    const choice = question.choices.find((each) => each.value === answer);
    return choice ? this.worded(choice.label) : String(answer);
  }

  async save(question, value) {
    const { mark } = this.blocks.get(question);
    mark.className = "mark";
    mark.textContent = "saving…";
    try {
      const before = this.script.next;
      this.stand(await put(`/attempts/${this.attempt}/answers/${question}`, { value }));
      mark.className = "mark saved";
      mark.textContent = "✓ saved";
      if (before === question && this.script.next) this.focus({ unlessWriting: true });
    } catch (refusal) {
      mark.className = "mark failed";
      mark.textContent = `not saved: ${refusal.message}`;
      say(`Not saved: ${refusal.message}`);
    }
  }

  // Show the script as the server says it stands.
  stand(script) {
    this.script = script;
    for (const [id, { block }] of this.blocks) {
      block.hidden = !script.asked.includes(id);
      block.classList.toggle("next", script.next === id);
    }
    const given = script.asked.filter((id) => id in script.answers).length;
    this.meter.style.width = `${script.asked.length ? (100 * given) / script.asked.length : 0}%`;
    this.count.textContent = script.complete ? `${given} of ${script.asked.length} · complete` : `${given} of ${script.asked.length}`;
  }

  focus({ unlessWriting = false } = {}) {
    if (unlessWriting && document.activeElement?.matches("textarea, input:not([type=radio])") && !this.element.contains(document.activeElement)) return;
    const next = this.blocks.get(this.script.next ?? this.script.asked[0]);
    next?.control.querySelector("input, textarea")?.focus() ?? next?.control.focus?.();
  }
}
