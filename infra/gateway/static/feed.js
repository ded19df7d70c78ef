// The way to the server: JSON reads, and the live stream with its own reconnecting, so that "disconnected" is always shown.
import { askToken, authorization } from "./access.js";

const SILENT_MS_MAX = 15000;

// A 401 is shown to whoever sits here at once; what was asked for is asked again when a token has been given.
function heard(answer, body) {
  if (answer.status === 401) askToken(body && body.code ? body.code : "no_token");
  return { ok: answer.ok, status: answer.status, body };
}

export async function read(path) {
  const answer = await fetch(path, { headers: { accept: "application/json", ...authorization() } });
  return heard(answer, await answer.json().catch(() => null));
}

// Sends one act of a person and waits for its decision. The key makes sending again safe.
export async function send(path, body) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const key = `page-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  const headers = { "content-type": "application/json", "idempotency-key": key, prefer: "wait=5", ...authorization() };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  return heard(answer, await answer.json().catch(() => null));
}

// Opens the live view of an area. `on` has decisions(message), state(message), link(connected). Returns a function that closes it.
export function openLive(domain, area, on) {
  let line = null;
  let closed = false;
  let pauseMs = 1000;
  let timer = null;
  let silence = null;

  const alive = () => {
    clearTimeout(silence);
    // A dead network can leave a connection that never errors: silence beyond several heartbeats is a disconnection.
    silence = setTimeout(lost, SILENT_MS_MAX);
  };

  function lost() {
    if (closed) return;
    clearTimeout(silence);
    if (line) line.abort();
    line = null;
    on.link(false);
    clearTimeout(timer);
    timer = setTimeout(open, pauseMs);
    pauseMs = Math.min(pauseMs * 2, 15000);
  }

  // Server-sent events by `fetch`: an EventSource cannot say who it is.
  async function open() {
    const mine = new AbortController();
    line = mine;
    try {
      const answer = await fetch(`/v1/${domain}/live?area=${encodeURIComponent(area)}`, {
        headers: { accept: "text/event-stream", ...authorization() }, signal: mine.signal, cache: "no-store",
      });
      if (!answer.ok) {
        if (answer.status === 401) await askToken((await answer.json().catch(() => null))?.code || "no_token");
        throw new Error(String(answer.status));
      }
      pauseMs = 1000;
      alive();
      on.link(true);
      for await (const [name, data] of events(answer.body)) {
        if (mine !== line) return;
        alive();
        if (name === "state") on.state(data);
        if (name === "decisions") on.decisions(data);
      }
    } catch {
      // Whatever it was, the line is lost.
    }
    if (mine === line) lost();
  }

  open();
  return () => {
    closed = true;
    clearTimeout(timer);
    clearTimeout(silence);
    if (line) line.abort();
  };
}

// The named events of a stream, as they come: [name, data].
async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const whole = text.split("\n\n");
    text = whole.pop();
    for (const one of whole) {
      const fields = Object.fromEntries(one.split("\n").map((row) => [row.slice(0, row.indexOf(":")), row.slice(row.indexOf(":") + 1).trim()]));
      if (fields.event && fields.data) yield [fields.event, JSON.parse(fields.data)];
    }
  }
}
