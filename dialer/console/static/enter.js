// A one-time link: its token becomes a session. Looking at the address does not use it up.
import { post } from "./api.js";
import { byId } from "./dom.js";

const link = location.pathname.split("/").pop();
history.replaceState(null, "", "/enter/done");
try {
  const session = await post("/session", { link });
  location.replace(session.home);
} catch (refusal) {
  byId("heading").textContent = "This link does not work";
  byId("said").textContent = `${refusal.message.charAt(0).toUpperCase()}${refusal.message.slice(1)}. Ask for a new one, or sign in.`;
  byId("way-out").hidden = false;
}
