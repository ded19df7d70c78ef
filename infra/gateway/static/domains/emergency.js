// The page of emergencies, as a call centre works with it: calls just in, the queue by severity and age, one incident with what can
// be done about it, responders, coverage.
import { bar, byId, card, el, setText, tile } from "../dom.js";
import { ago, duration, number, t } from "../words.js";
import { IncidentCard, codes, stepWords } from "./emergency_incident.js";

const WARN_S = { unanswered: 10, unserved: 60 };
const ALERT_S = { unanswered: 30, unserved: 180 };
const STALE_S = 300;
const FLEET_MAX = 60;
const NOT_FACTS = ["task.closed.v1", "emergency.call.reviewed.v1"];

const view = { overview: null, fetchedAt: 0, units: [], presses: null };
let incident = null;
let chosenByHand = false;

// Seconds since this picture was made; a played day's clock does not go by itself.
function since() {
  return emergency.played ? 0 : Math.max(0, (Date.now() - view.fetchedAt) / 1000);
}

// What an open incident waits for: an answer, or somebody who comes.
function waitsFor(one) {
  if (!one.answered_at) return "unanswered";
  const coming = Object.values(one.engaged).some((leg) => leg !== "asked");
  return one.dispatching && !coming && !one.handed_to && one.state !== "on_scene" ? "unserved" : null;
}

function urgency(one, age) {
  const waits = waitsFor(one);
  if (waits === null) return "calm";
  return age >= ALERT_S[waits] ? "alert" : age >= WARN_S[waits] ? "warn" : "calm";
}

function choose(id) {
  chosenByHand = true;
  incident.show(id);
  drawQueue();
}

function queueRow(one) {
  const age = one.age_s + since();
  const legs = Object.entries(one.engaged);
  const words = [
    one.level ? `${t("level_n", { n: one.level })} ${t("told_to", { seat: t(`seat_of.${one.told}`) })}` : null,
    one.signals > 1 ? t("signals_n", { n: number(one.signals) }) : null,
    legs.length ? legs.map(([id, leg]) => `${id} ${t(`incident.${leg}`)}`).join("、") : one.dispatching && !one.handed_to ? t("nobody_yet") : null,
    one.short_roles.length ? t("searching", { reason: codes("short", [...new Set(one.short_roles.map(([, reason]) => reason))]) }) : null,
  ].filter(Boolean);
  return el("li", {},
    el("button", { type: "button", class: `queued ${urgency(one, age)}`, "aria-pressed": String(incident.id === one.call_id), on: { click: () => choose(one.call_id) } },
      el("span", { class: `tag sev-${one.severity}` }, t(`severity.${one.severity}`)),
      el("span", { class: "what" },
        el("span", { class: "line" }, el("b", {}, `${t(`need.${one.kind}`)} · ${t(`signal.${one.channel}`)}`), el("span", { class: "state" }, t(`incident.${one.state}`)),
          one.manual ? el("span", { class: "tag warn" }, t("manual")) : null,
          one.needs_review.length && !one.triaged ? el("span", { class: "tag warn" }, t("review_flag", { what: codes("review", one.needs_review) })) : null),
        el("span", { class: "muted" }, words.join(" · ") || one.call_id)),
      el("span", { class: "age" }, duration(age))));
}

function drawQueue() {
  const list = byId("queue");
  if (!list || !view.overview) return;
  const rows = view.overview.incidents;
  setText("queue_count", rows.length ? number(view.overview.open.all) : "");
  list.replaceChildren(...(rows.length ? rows.map(queueRow) : [el("li", { class: "muted" }, t("queue_none"))]));
}

function drawPresses() {
  const list = byId("presses");
  if (!list) return;
  const presses = view.presses;
  byId("presses_card").hidden = !presses || !presses.waiting;
  if (!presses || !presses.waiting) return;
  setText("press_count", number(presses.waiting));
  const more = presses.waiting - presses.oldest.length;
  list.replaceChildren(
    ...presses.oldest.map((one) =>
      el("li", { class: `press ${one.status === "received" || one.status === "recorded" ? "" : "kept"}` },
        el("b", {}, t(`signal.${one.channel}`)), el("span", { class: "tag warn" }, t(`press.${one.status}`)),
        one.needs_review.length ? el("span", { class: "tag warn" }, t("review_flag", { what: codes("review", one.needs_review) })) : null,
        el("span", { class: "id" }, [one.call_id, one.person_id, one.device_id].filter(Boolean).join(" · ")),
        el("span", { class: "muted" }, [one.area, duration(one.age_s)].join(" · ")))),
    more > 0 ? el("li", { class: "muted" }, t("presses_more", { n: number(more) })) : "");
}

// What came in and nobody could read: somebody may have called for help.
function drawUnread() {
  const unread = view.presses && view.presses.unread;
  if (!byId("unread")) return;
  byId("unread_card").hidden = !unread || !unread.count;
  if (!unread || !unread.count) return;
  setText("unread_count", t("quarantined_n", { n: number(unread.count) }));
  byId("unread").replaceChildren(
    el("li", { class: "press kept" }, t("quarantined_note")),
    ...unread.newest.map((one) =>
      el("li", { class: "press kept" }, el("span", { class: "tag warn", title: one.reason }, t(`rejected.${one.reason}`)),
        el("span", { class: "id" }, [one.event_id, one.place ? `${one.place.partition}@${one.place.offset}` : "HTTP"].filter(Boolean).join(" · ")),
        el("span", { class: "muted" }, duration(one.age_s)))));
}

function drawCoverage(overview) {
  const { coverage, devices, callbacks } = overview;
  const share = coverage.counted ? coverage.covered / coverage.counted : 0;
  const row = (key, n, bad = false) => el("div", { class: "pair" }, el("span", {}, t(key)), el("b", { class: bad && n ? "bad" : "" }, number(n)));
  byId("coverage").replaceChildren(
    el("div", { class: "coverbar" }, bar(Math.min(share, 0.8499), t("covered_note", { n: number(coverage.covered), of: number(coverage.counted) })), el("b", {}, coverage.counted ? `${(share * 100).toFixed(1)}%` : "—")),
    el("div", { class: "pairs" },
      row("counted_alone", coverage.counted), row("covered_alone", coverage.covered), row("devices_in_use", devices.in_use), row("devices_silent", devices.silent, true),
      row("devices_low", devices.battery_low, true), row("callbacks_owed", callbacks.owed), row("callbacks_overdue", callbacks.overdue, true)));
}

function unitKind(one) {
  if (one.call_id) return "full";
  return one.callable && !one.resting && !one.reserved && (one.kind === "station" || one.position_age_s <= STALE_S) ? "free" : "little";
}

function drawFleet() {
  const list = byId("fleet");
  if (!list) return;
  const shown = view.units.filter((one) => one.status !== "off" || one.call_id);
  shown.sort((a, b) => Boolean(b.call_id) - Boolean(a.call_id) || Boolean(b.callable) - Boolean(a.callable) || a.responder_id.localeCompare(b.responder_id));
  setText("fleet_count", `${number(shown.length)} / ${number(view.units.length)}`);
  list.replaceChildren(...(shown.length ? shown.slice(0, FLEET_MAX).map((one) =>
    el("li", {},
      el("div", {}, el("div", { class: "name" }, one.responder_id), el("div", { class: "small" }, `${t(`unit.${one.kind}`)}${one.skills.length ? ` · ${codes("role", one.skills)}` : ""}`)),
      el("div", {}, el("span", { class: `tag ${{ free: "good", little: "warn", full: "bad" }[unitKind(one)]}` }, t(`incident.${one.call_id ? "out" : one.status}`)),
        one.call_id ? el("button", { class: "id", type: "button", on: { click: () => choose(one.call_id) } }, one.call_id) : null),
      el("div", { class: "right small" }, one.position_age_s === null ? t("no_position_yet") : ago(one.position_age_s)))) : [el("li", { class: "muted" }, t("fleet_none"))]));
}

function seconds(value) {
  if (value === null) return "—";
  if (value < 1) return t("under_a_second");
  return value < 90 ? t("seconds_n", { n: value < 10 ? value : Math.round(value) }) : t("minutes_n", { n: Math.round(value / 60) });
}

export const emergency = {
  name: "emergency",
  played: false,
  filters: [
    ["incidents", "only_incidents", (one) => /^emergency\.(call|dispatch|scene|contact)\./.test(one.event_type) || one.facts.some((fact) => fact.data && fact.data.call_id)],
    ["escalated", "only_escalated", (one) => one.facts.some((fact) => fact.type === "emergency.call.escalated.v1")],
  ],
  filter: "incidents",

  build(rooms) {
    Object.assign(view, { overview: null, units: [], presses: null });
    chosenByHand = false;
    incident = new IncidentCard(() => (this.played && view.overview ? view.overview.now : new Date().toISOString()), () => view.units, () => drawQueue());
    const presses = el("section", { class: "card presses", id: "presses_card", hidden: true, "aria-labelledby": "h-presses", role: "alert" },
      el("div", { class: "head" }, el("h2", { id: "h-presses", "data-t": "presses" }), el("span", { id: "press_count", class: "muted" })), el("ul", { id: "presses" }));
    const unread = el("section", { class: "card presses", id: "unread_card", hidden: true, "aria-labelledby": "h-unread", role: "alert" },
      el("div", { class: "head" }, el("h2", { id: "h-unread", "data-t": "quarantined" }), el("span", { id: "unread_count", class: "muted" })), el("ul", { id: "unread" }));
    rooms.top.append(presses, unread, card("queue", { count: "queue_count" }, el("ul", { id: "queue", class: "queue" })));
    rooms.right.append(incident.element());
    incident.draw();
    rooms.bottom.append(card("fleet", { count: "fleet_count" }, el("ul", { id: "fleet", class: "providers" })));
    rooms.side.append(card("coverage_card", {}, el("div", { id: "coverage" })));
    for (const kind of ["unit_free", "unit_little", "unit_full", "life", "urgent", "help"])
      rooms.legend.append(el("li", {}, el("i", { class: `dot ${kind.replace("unit_", "")}` }), el("span", { "data-t": `map_legend_${kind}` })));
    const clock = setInterval(() => {
      if (!document.contains(rooms.top.firstChild) || byId("queue") === null) clearInterval(clock);
      else if (!this.played) drawQueue();
    }, 1000);
  },

  numbers(overview) {
    const { open, day, responders, coverage } = overview;
    const quick = day.answered ? `${((day.answered_in_10_s / day.answered) * 100).toFixed(0)}%` : "—";
    const share = coverage.share === null ? "—" : `${(coverage.share * 100).toFixed(1)}%`;
    return [
      tile(t("open_incidents"), number(open.all), t("unanswered_n", { n: number(open.unanswered) }), open.unanswered || open.unserved ? "warn" : "good"),
      tile(t("answered_in"), quick, t("answered_of", { n: number(day.answered_in_10_s), of: number(day.answered), m: number(day.answered_in_60_s) })),
      tile(t("dispatch_time"), seconds(day.dispatch_s_p50), t("arrive_time", { n: seconds(day.arrive_s_p50) })),
      tile(t("units_free"), number(responders.available), t("units_note", { engaged: number(responders.engaged), resting: number(responders.resting), stale: number(responders.stale) }), responders.available ? "" : "warn"),
      tile(t("covered"), share, t("covered_note", { n: number(coverage.covered), of: number(coverage.counted) })),
    ];
  },

  overview(overview) {
    view.overview = overview;
    view.fetchedAt = Date.now();
    const first = overview.incidents[0];
    // Nobody has chosen: the gravest and oldest is in front of the operator.
    if (!chosenByHand && first && incident.id !== first.call_id) incident.show(first.call_id);
    else incident.refresh();
    drawQueue();
    drawCoverage(overview);
  },

  live(state) {
    view.presses = state.presses || null;
    drawPresses();
    drawUnread();
  },

  slow({ capacity }) {
    view.units = capacity.providers;
    drawFleet();
  },

  redraw() {
    drawQueue();
    drawPresses();
    drawUnread();
    drawFleet();
    incident.drawn = "";
    incident.draw();
  },

  names() {
    return new Map();
  },

  markers(map) {
    const units = map.providers.filter((one) => one.status !== "off" || one.call_id);
    const sites = units.map((one) => ({ id: one.responder_id, position: one.position, kind: unitKind(one), label: "",
      title: `${one.responder_id} · ${t(`unit.${one.kind}`)} · ${t(`incident.${one.status}`)} · ${ago(one.position_age_s)}` }));
    const points = map.requests.flatMap((one) => (one.responders.length ? one.responders : [null]).map((to) => ({ position: one.position, to, kind: one.severity,
      title: `${one.request_id} · ${t(`severity.${one.severity}`)} · ${t(`incident.${one.state}`)} · ${duration(one.age_s)}`, open: () => choose(one.request_id) })));
    return { sites, points };
  },

  fact(decision) {
    const facts = (decision.facts || []).filter((fact) => !NOT_FACTS.includes(fact.type));
    return facts.find((fact) => fact.type === "emergency.responder.dispatched.v1") || facts.find((fact) => fact.type.startsWith("emergency.call.")) || facts[0] || null;
  },

  parts(data) {
    return stepWords(data);
  },

  requestId(data) {
    return data.into_call_id || data.call_id || data.responder_id || data.device_id || null;
  },

  state(body) {
    return { words: t(`incident.${body.state}`), bad: ["received", "silent"].includes(body.state) };
  },

  request(body) {
    if (body.kind_of_request === "incident") choose(body.call_id);
    const out = [t(`kind_of.${body.kind_of_request}`)];
    if (body.severity) out.push(t(`severity.${body.severity}`), t(`need.${body.kind}`), t(`signal.${body.channel}`));
    if (body.sent_to) out.push(`${t("sent_to")} ${body.sent_to.slice(0, 5).map((one) => one.call_id).join("、") || "—"}`);
    return out;
  },
};
