// What every page has around it: the bar with the ways of this role, the clock, the way out.
import { get, remove } from "./api.js";
import { byId, fill, h } from "./dom.js";
import { setClock, tickTimers } from "./times.js";

const WAYS = [
  { path: "/", label: "Home", roles: null },
  { path: "/desk", label: "Desk", roles: ["agent"] },
  { path: "/board", label: "Board", roles: ["supervisor", "manager", "admin"] },
  { path: "/waterfall", label: "Leads", roles: ["supervisor", "manager", "client", "dpo", "admin"] },
  { path: "/why", label: "Why", roles: ["supervisor", "manager", "client", "dpo", "admin"] },
];

export const waysOf = (role) => WAYS.filter((way) => !way.roles || way.roles.includes(role));

export async function frame({ live = false } = {}) {
  const session = await get("/session").catch((refusal) => {
    if (refusal.status === 401) location.replace(`/sign-in?to=${encodeURIComponent(location.pathname)}`);
    throw refusal;
  });
  setClock(session.now);
  fill(byId("bar"),
    h("a", { class: "brand", href: "/", "aria-label": "Callwright" }, h("img", { src: "/static/icon.svg", alt: "" }), h("span", {}, "Callwright")),
    h("nav", { "aria-label": "Pages" }, waysOf(session.user.role).map((way) =>
      h("a", { href: way.path, "aria-current": way.path === location.pathname ? "page" : null }, way.label))),
    h("span", { class: "push" }),
    h("span", { id: "act" }),
    live && h("span", { class: "link", id: "link", data: { link: "lost" } }, "connecting"),
    session.lab && h("span", { class: "lab", title: "A laboratory: no real telephones, and a clock of its own" }, "Lab"),
    h("time", { class: "numeric quiet", data: { clock: "" }, title: "The dialer's clock" }),
    h("div", { class: "who" },
      h("span", {}, session.user.name),
      h("button", { class: "button plain slim", onclick: changeTheme, "aria-label": "Light or dark" }, "◐"),
      h("button", { class: "button plain slim", onclick: signOut, title: session.user.name }, "Sign out")));
  tickTimers();
  return session;
}

export function showLink(up) {
  const link = byId("link");
  if (!link || link.dataset.link === (up ? "up" : "lost")) return;
  link.dataset.link = up ? "up" : "lost";
  link.textContent = up ? "live" : "reconnecting";
}

function changeTheme() {
  const other = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", other);
  document.documentElement.dataset.theme = other;
}

async function signOut() {
  await remove("/session").catch(() => {});
  location.assign("/sign-in");
}
