// Signing in with login and password.
import { post } from "./api.js";
import { byId } from "./dom.js";

const form = byId("sign-in");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  const refused = byId("refused");
  const { login, password } = Object.fromEntries(new FormData(form));
  button.disabled = true;
  refused.hidden = true;
  try {
    const session = await post("/session", { login, password });
    const to = new URLSearchParams(location.search).get("to");
    location.replace(to && /^\/[a-z-]*$/.test(to) && to !== "/sign-in" && to !== "/" ? to : session.home);
  } catch (refusal) {
    refused.textContent = refusal.message.charAt(0).toUpperCase() + refusal.message.slice(1) + ".";
    refused.hidden = false;
    button.disabled = false;
    form.elements.password.select();
  }
});
