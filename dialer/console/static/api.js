// The public API, as every page uses it. Refusals are thrown as Refusal.

export const PREFIX = "/api/v1";

export class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail ?? "the request was refused");
    this.status = status;
    this.type = problem.type ?? "refused";
    this.problem = problem;
  }
}

async function ask(method, path, body, headers = {}) {
  const options = { method, headers: { Accept: "application/json", ...headers }, credentials: "same-origin" };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(PREFIX + path, options);
  } catch {
    throw new Refusal(0, { type: "unreachable", detail: "The dialer cannot be reached. Check the connection." });
  }
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  if (response.status === 401 && path !== "/session") {
    location.assign(`/sign-in?to=${encodeURIComponent(location.pathname)}`);
  }
  throw new Refusal(response.status, answer);
}

export const get = (path) => ask("GET", path);
export const post = (path, body, headers) => ask("POST", path, body, headers);
export const put = (path, body) => ask("PUT", path, body);
export const remove = (path) => ask("DELETE", path);

// Follow server-sent events for as long as the page lives. A browser gives up by itself when it
// is answered with an error, so it is told to begin again, each time a little later. `seen` is told
// whether what it gets is the first of a connection: versions begin anew when the dialer does.
export function follow(path, name, { seen, lost }) {
  let wait = 500;
  const begin = () => {
    const source = new EventSource(PREFIX + path);
    let first = true;
    source.addEventListener("open", () => { first = true; });
    source.addEventListener(name, (event) => {
      wait = 500;
      seen(JSON.parse(event.data), first);
      first = false;
    });
    source.addEventListener("error", () => {
      lost();
      if (source.readyState !== EventSource.CLOSED) return;
      get("/session").catch((refusal) => {
        if (refusal.status === 401) location.assign(`/sign-in?to=${encodeURIComponent(location.pathname)}`);
      });
      setTimeout(begin, wait);
      wait = Math.min(wait * 2, 8000);
    });
    addEventListener("pagehide", () => source.close(), { once: true });
  };
  begin();
}
