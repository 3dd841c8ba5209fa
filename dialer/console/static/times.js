// Times. The dialer's clock counts, not this machine's: in a lab they differ.

let ahead = 0;

export function setClock(now) {
  ahead = Date.parse(now) - Date.now();
}
export const now = () => new Date(Date.now() + ahead);

export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const two = (value) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
export const elapsed = (since) => (since ? (now() - Date.parse(since)) / 1000 : 0);

// Every element with data-since shows how long ago that was, and goes on doing so.
export function tickTimers() {
  for (const node of document.querySelectorAll("[data-since]")) {
    const seconds = elapsed(node.dataset.since);
    node.textContent = duration(seconds);
    if (node.dataset.long) node.classList.toggle("long", seconds > Number(node.dataset.long));
  }
  for (const node of document.querySelectorAll("[data-clock]")) node.textContent = time(now(), node.dataset.clock || undefined);
}
setInterval(tickTimers, 500);

const formats = new Map();
function format(zone, options) {
  const key = JSON.stringify([zone, options]);
  if (!formats.has(key)) {
    let made;
    try {
      made = new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options });
    } catch {
      made = new Intl.DateTimeFormat("en-GB", options);
    }
    formats.set(key, made);
  }
  return formats.get(key);
}
export const time = (at, zone) => format(zone, { hour: "2-digit", minute: "2-digit" }).format(new Date(at));
export const day = (at, zone) => format(zone, { weekday: "short", day: "numeric", month: "short" }).format(new Date(at));
export const dayKey = (at, zone) => format(zone, { year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date(at));
export const moment = (at, zone) => `${day(at, zone)}, ${time(at, zone)}`;
export function offset(zone) {
  const part = format(zone, { timeZoneName: "shortOffset" }).formatToParts(now()).find((each) => each.type === "timeZoneName");
  return part?.value ?? "";
}
export const city = (zone) => zone.split("/").pop().replaceAll("_", " ");

// The instant at which the wall clock of a zone shows this date and time.
export function instantAt(zone, wall) {
  const guess = Date.parse(`${wall}:00Z`);
  const shown = (at) => {
    const parts = Object.fromEntries(format(zone, {
      year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    }).formatToParts(at).map((part) => [part.type, part.value]));
    return Date.parse(`${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}:00Z`);
  };
  let at = guess;
  for (let round = 0; round < 3; round += 1) at += guess - shown(at);
  return new Date(at);
}

// The wall clock of a zone, as an <input type=datetime-local> wants it.
export function wallClock(at, zone) {
  const parts = Object.fromEntries(format(zone, {
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  }).formatToParts(at).map((part) => [part.type, part.value]));
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}
