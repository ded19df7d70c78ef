// The way to the server: JSON reads, and the live stream with its own reconnecting, so that "disconnected" is always shown.
const SILENT_MS_MAX = 15000;

export async function read(path) {
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  const body = await answer.json().catch(() => null);
  return { ok: answer.ok, status: answer.status, body };
}

// Sends one act of a person and waits for its decision. The key makes sending again safe.
export async function send(path, body) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const key = `page-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  const headers = { "content-type": "application/json", "idempotency-key": key, prefer: "wait=5" };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  return { ok: answer.ok, status: answer.status, body: await answer.json().catch(() => null) };
}

// Opens the live view of an area. `on` has decisions(message), state(message), link(connected). Returns a function that closes it.
export function openLive(domain, area, on) {
  let source = null;
  let closed = false;
  let pauseMs = 1000;
  let timer = null;
  let silence = null;

  const heard = () => {
    clearTimeout(silence);
    // A dead network can leave a connection that never errors: silence beyond several heartbeats is a disconnection.
    silence = setTimeout(lost, SILENT_MS_MAX);
  };

  function lost() {
    if (closed) return;
    clearTimeout(silence);
    if (source) source.close();
    source = null;
    on.link(false);
    clearTimeout(timer);
    timer = setTimeout(open, pauseMs);
    pauseMs = Math.min(pauseMs * 2, 15000);
  }

  function open() {
    source = new EventSource(`/v1/${domain}/live?area=${encodeURIComponent(area)}`);
    source.addEventListener("open", () => {
      pauseMs = 1000;
      heard();
      on.link(true);
    });
    source.addEventListener("state", (event) => {
      heard();
      on.state(JSON.parse(event.data));
    });
    source.addEventListener("decisions", (event) => {
      heard();
      on.decisions(JSON.parse(event.data));
    });
    source.addEventListener("error", lost);
  }

  open();
  return () => {
    closed = true;
    clearTimeout(timer);
    clearTimeout(silence);
    if (source) source.close();
  };
}
