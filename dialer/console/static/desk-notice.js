// What an agent is told about their own data before the first shift, to be acknowledged once.
import { get, post } from "./api.js";
import { h, toast } from "./dom.js";

const HEADINGS = { recording: "Recording", monitoring: "Monitoring" };

// Show the notices; resolves to whether they were acknowledged.
export async function readNotices() {
  const { notices: told } = await get("/agents/me/notices");
  return new Promise((resolve) => {
    let read = false;
    const acknowledge = async () => {
      try {
        await post("/agents/me/notices", { kinds: told.map((each) => each.kind) });
        read = true;
        dialog.close();
      } catch (refusal) {
        toast(refusal.message, "bad");
      }
    };
    const dialog = h("dialog", { "aria-label": "About your own data", class: "stack" },
      h("h1", {}, "About your own data"),
      told.map((each) => [h("h2", {}, HEADINGS[each.kind] ?? each.kind), h("p", {}, each.text)]),
      h("p", { class: "quiet small" }, "You are asked once; again only if the text changes."),
      h("div", { class: "row end" },
        h("button", { class: "button plain", onclick: () => dialog.close() }, "Not now"),
        h("button", { class: "button primary", autofocus: "", onclick: acknowledge }, "I have read this")));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(read);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
