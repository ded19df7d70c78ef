// One incident as its operator needs it: what is known, who was asked and why, the time line, and what can be done about it.
import { you } from "../access.js";
import { clockOf, el } from "../dom.js";
import { read, send } from "../feed.js";
import { why } from "../decisions.js";
import { duration, number, t } from "../words.js";

const SEVERITIES = ["life", "urgent", "help", "false"];
const DESKS = ["120", "110", "119", "family"];
const REASONS = ["seen_on_video", "told_by_scene", "told_by_family", "known_case", "second_call"];
const OUTCOMES = ["rescued", "helped", "false", "test", "duplicate", "unfounded"];
const SHORT = "emergency.dispatch.short.v1";
const SUGGESTED = "emergency.dispatch.preemption_suggested.v1";
const SEAT_KEPT = "laoxiao.seat";

// Where the gateway asks for tokens, the seat is whoever the token names.
function seatKept() {
  if (you !== null) return you.id;
  try {
    return localStorage.getItem(SEAT_KEPT) || "seat-01";
  } catch {
    return "seat-01";
  }
}

function keepSeat(value) {
  try {
    localStorage.setItem(SEAT_KEPT, value);
  } catch {
    // Storage may be forbidden; the seat then lasts as long as the page.
  }
}

export function codes(prefix, values) {
  return values.map((value) => t(`${prefix}.${value}`)).join("、");
}

function choice(label, values, word) {
  return el("select", { "aria-label": label }, el("option", { value: "" }, label), values.map((value) => el("option", { value }, word(value))));
}

// The proposal to take somebody from a lesser incident, while it is the last word on who could come: each search says its own anew.
export function proposal(body) {
  const last = body.short_roles.length ? body.history.findLast((step) => step.type === SHORT || step.type === SUGGESTED) : null;
  return last && last.type === SUGGESTED && body.state !== "closed" ? last.data : null;
}

export class IncidentCard {
  // `now` gives the area's own clock, `units` the responders as the capacity lists them.
  constructor(now, units, changed) {
    this.now = now;
    this.units = units;
    this.changed = changed;
    this.id = null;
    this.body = null;
    this.said = null;
    this.seat = seatKept();
    this.place = el("div", { "aria-live": "polite" });
    this.acts = el("div", { class: "acts" });
    this.asking = el("div", { class: "acts" });
    this.note = el("p", { class: "notice", hidden: true });
    this.drawn = this.asked = "";
  }

  element() {
    const seat = el("input", { class: "seat", maxlength: 32, value: this.seat, readonly: you !== null, "data-label": "seat" });
    seat.addEventListener("change", () => {
      if (/^[A-Za-z0-9._:-]{1,32}$/.test(seat.value)) keepSeat((this.seat = seat.value));
      else seat.value = this.seat;
    });
    return el("section", { class: "card incident", "aria-labelledby": "h-incident" },
      el("div", { class: "head" }, el("h2", { id: "h-incident", "data-t": "incident" }), el("label", { class: "field" }, el("span", { "data-t": "seat" }), seat)),
      this.acts, this.asking, this.note, this.place);
  }

  async show(id) {
    if (id !== this.id) {
      Object.assign(this, { id, body: null, said: null, drawn: "" });
      this.note.hidden = true;
      this.draw();
    }
    await this.refresh();
  }

  async refresh() {
    if (this.id === null) return;
    const id = this.id;
    const answer = await read(`/v1/emergency/requests/${encodeURIComponent(id)}`).catch(() => null);
    if (answer === null || !answer.ok || id !== this.id || answer.body.kind_of_request !== "incident") return;
    this.body = answer.body;
    this.draw();
  }

  clear() {
    Object.assign(this, { id: null, body: null, drawn: "" });
    this.draw();
  }

  draw() {
    const body = this.body;
    if (body === null) {
      this.acts.replaceChildren();
      this.asking.replaceChildren();
      this.asked = "";
      this.place.replaceChildren(el("p", { class: "muted" }, t("incident_pick")));
      return;
    }
    // The buttons stay as they are while the operator is at them; only another state makes new ones.
    const key = [body.call_id, body.state, body.manual, body.answered_at, document.documentElement.lang].join("|");
    if (key !== this.drawn) this.acts.replaceChildren(...this.actions(body));
    this.drawn = key;
    // Answers half given stay, however far help has come meanwhile; only other questions make a new form.
    const asked = [body.call_id, body.kind, body.state === "closed" || body.state === "called_back", document.documentElement.lang].join("|");
    if (asked !== this.asked) this.asking.replaceChildren(...this.questions(body));
    this.asked = asked;
    if (this.place.querySelector("details[open]")) return;
    this.place.replaceChildren(...this.facts(body), this.responders(body), this.timeline(body));
  }

  facts(body) {
    const short = body.short_roles.map(([role, reason]) => `${t(`role.${role}`)}：${t(`short.${reason}`)}`).join("、");
    const lines = [
      el("div", { class: "line" },
        el("span", { class: `tag sev-${body.severity}` }, t(`severity.${body.severity}`)),
        el("b", {}, `${t(`need.${body.kind}`)} · ${t(`signal.${body.channel}`)}`),
        el("span", { class: "tag" }, t(`incident.${body.state}`)),
        body.manual ? el("span", { class: "tag warn" }, t("manual")) : null,
        el("span", { class: "id" }, body.call_id)),
      el("div", { class: "muted" }, [
        `${clockOf(body.opened_at)} · ${duration(body.age_s)}`,
        body.person_id, body.device_id,
        body.signals > 1 ? t("signals_n", { n: number(body.signals) }) : null,
        body.position ? `${body.position.lat.toFixed(5)}, ${body.position.lon.toFixed(5)}` : null,
        body.level ? `${t("level_n", { n: body.level })} ${t("told_to", { seat: t(`seat_of.${body.told}`) })}` : null,
        body.handed_to ? t(`desk.${body.handed_to}`) : null,
        body.outcome ? t(`outcome_of.${body.outcome}`) : null,
      ].filter(Boolean).join(" · ")),
    ];
    if (body.needs_review.length && !body.triaged) lines.push(el("p", { class: "notice" }, t("review_flag", { what: codes("review", body.needs_review) })));
    if (short) lines.push(el("p", { class: "notice" }, t("searching", { reason: short })));
    const taken = proposal(body);
    if (taken) lines.push(this.preemption(taken));
    return lines;
  }

  // Nobody is taken from an incident by rule: the operator does it here, or leaves it.
  preemption(taken) {
    const words = t("preempt", {
      who: taken.candidate_id, from: taken.from_call_id, severity: t(`severity.${taken.from_severity}`), leg: t(`incident.${taken.from_leg}`),
      n: Math.max(1, Math.round(taken.travel_s / 60)), m: number(taken.distance_m),
    });
    const take = () => this.act("override", { responder_id: taken.candidate_id, reason: t("preempt_reason", { from: taken.from_call_id }) });
    return el("p", { class: "notice" }, words, " ", el("button", { type: "button", class: "quiet", on: { click: take } }, t("preempt_act")));
  }

  responders(body) {
    const row = (one) =>
      el("li", {},
        el("div", { class: "line" },
          el("b", { class: "id" }, one.responder_id),
          el("span", { class: `tag ${one.leg === "ended" ? "bad" : one.leg === "asked" ? "warn" : "good"}` }, t(`incident.${one.leg}`)),
          el("span", {}, t(`role.${one.role}`)),
          one.cause ? el("span", { class: "muted" }, t(`cause.${one.cause}`)) : null,
          one.times > 1 ? el("span", { class: "muted" }, t("asked_times", { n: one.times })) : null,
          one.fit ? null : el("span", { class: "tag warn" }, t("unfit")),
          one.rested ? null : el("span", { class: "tag warn" }, t("rest_broken")),
          one.why && one.why.reservation_broken ? el("span", { class: "tag warn" }, t("reservation_broken")) : null),
        el("div", { class: "muted" }, [
          t("eta", { n: Math.max(1, Math.round(one.travel_s / 60)), m: number(one.distance_m) }),
          one.data_age_s < 0 ? t("no_position_yet") : t("position_age", { age: duration(one.data_age_s) }),
          one.override,
        ].filter(Boolean).join(" · ")),
        one.why ? el("details", {}, el("summary", {}, t("why")), el("div", { class: "inside" }, why(one.why))) : null);
    // Who is on it stands first; who will not come is a click away.
    const on = body.dispatches.filter((one) => !one.ended_at);
    const off = body.dispatches.filter((one) => one.ended_at).reverse();
    return el("div", {}, el("h3", {}, t("responders")),
      on.length ? el("ul", { class: "sent" }, on.map(row)) : el("p", { class: "muted" }, t("nobody_yet")),
      off.length ? el("details", {}, el("summary", {}, t("off_n", { n: number(off.length) })), el("ul", { class: "sent" }, off.map(row))) : null);
  }

  timeline(body) {
    const rows = body.history.slice().reverse().map((step) => {
      const reason = why(step.why);
      return el("li", {},
        el("div", { class: "line" }, el("time", { datetime: step.at }, clockOf(step.at)), el("b", {}, t(`fact.${step.type}`)), el("span", {}, stepWords(step.data, body.protocol).join(" · "))),
        reason ? el("details", {}, el("summary", {}, t("why")), el("div", { class: "inside" }, reason)) : null);
    });
    return el("div", {}, el("h3", {}, t("timeline")), el("ol", { class: "steps" }, rows));
  }

  actions(body) {
    const button = (key, path, data, kind = "quiet") => el("button", { type: "button", class: kind, on: { click: () => this.act(path, data()) } }, t(key));
    if (body.state === "called_back") return [];
    if (body.state === "closed") return body.callback_by ? [button("act_callback", "callback", () => ({ outcome: body.outcome }), "")] : [];
    const out = [];
    const seat = () => ({ operator_id: this.seat });
    if (!body.answered_at) {
      out.push(button("act_answer", "answer", seat, ""), button("act_silent", "answer", () => ({ ...seat(), silent: true })));
    }
    const picked = (key, values, word, path, field) => {
      const select = choice(t(key), values, word);
      select.addEventListener("change", () => {
        if (select.value) this.act(path, { [field]: select.value });
        select.value = "";
      });
      return select;
    };
    out.push(
      picked("act_triage", SEVERITIES, (value) => t(`severity.${value}`), "triage", "severity"),
      picked("act_handover", DESKS, (value) => t(`desk.${value}`), "handover", "to"),
      picked("act_close", OUTCOMES, (value) => t(`outcome_of.${value}`), "close", "outcome"),
      button(body.manual ? "act_giveback" : "act_takeover", "takeover", () => ({ ...seat(), reason: "console", control: body.manual ? "automatic" : "manual" })),
      this.override(body));
    return out;
  }

  // What to ask the person, as the policy of this incident has it; the answers raise or lower the priority from where it stands.
  questions(body) {
    const questions = (body.protocol || {})[body.kind] || [];
    if (!questions.length || body.state === "closed" || body.state === "called_back") return [];
    const fields = questions.map((one) => [one.question, choice(inWords(one), one.answers.map((answer) => answer.answer),
      (value) => inWords(one.answers.find((answer) => answer.answer === value)))]);
    const severity = choice(t("ask_severity"), SEVERITIES, (value) => t(`severity.${value}`));
    const reason = choice(t("ask_reason"), REASONS, (value) => t(`judged_since.${value}`));
    const form = el("form", { class: "override" }, fields.map(([, field]) => field), severity, reason,
      el("button", { type: "submit", class: "quiet" }, t("ask_send")));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const answers = fields.filter(([, field]) => field.value).map(([question, field]) => ({ question, answer: field.value }));
      if (!answers.length) return fields[0][1].focus();
      if (severity.value && !reason.value) return reason.focus();
      const own = severity.value ? { severity: severity.value, severity_reason: reason.value } : { severity: this.body.severity };
      await this.act("triage", { ...own, answers });
    });
    return [el("details", {}, el("summary", {}, t("ask")), form)];
  }

  override(body) {
    const near = this.units().filter((one) => one.callable && !(one.responder_id in body.engaged)).slice(0, 30);
    const select = choice(t("act_pick"), near.map((one) => one.responder_id), (id) => {
      const unit = near.find((one) => one.responder_id === id);
      return [id, t(`unit.${unit.kind}`), unit.reserved ? t("reserved_until", { at: clockOf(unit.reserved_until) }) : null].filter(Boolean).join(" · ");
    });
    const reason = el("input", { maxlength: 200, placeholder: t("act_reason"), "aria-label": t("act_reason") });
    const form = el("form", { class: "override" }, select, reason, el("button", { type: "submit", class: "quiet" }, t("act_override")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (select.value && reason.value.trim()) this.act("override", { responder_id: select.value, reason: reason.value.trim() });
      else reason.focus();
    });
    return form;
  }

  async act(path, data) {
    const body = { area: this.body.area, actor: `operator:${this.seat}`, time: this.now(), channel: "system", data };
    const answer = await send(`/v1/emergency/calls/${encodeURIComponent(this.body.call_id)}/${path}`, body).catch(() => null);
    const decision = answer && answer.body && answer.body.decisions ? answer.body.decisions[0] : null;
    if (answer === null || !answer.ok) this.note.textContent = t("act_failed");
    else if (decision && decision.outcome === "refused") this.note.textContent = t("act_refused", { why: t(`reason.${decision.reason}`) });
    else this.note.textContent = t("act_done");
    this.note.hidden = false;
    this.drawn = "";
    this.changed();
    await this.refresh();
  }
}

function inWords(one) {
  return document.documentElement.lang.startsWith("zh") ? one.zh : one.en;
}

// ``question:answer`` as the protocol words it, whatever kind it was asked for; by its codes when the protocol does not know it.
function answered(protocol, pair) {
  const [question, answer] = pair.split(":");
  for (const one of Object.values(protocol).flat()) {
    const said = one.question === question && one.answers.find((each) => each.answer === answer);
    if (said) return `${inWords(one)} ${inWords(said)}`;
  }
  return pair;
}

export function stepWords(data, protocol = {}) {
  const out = [];
  if (data.responder_id) out.push(data.responder_id);
  if (data.candidate_id) out.push(data.candidate_id, data.from_call_id);
  if (data.contact_id) out.push(data.contact_id);
  if (data.to_kind) out.push(data.to_id);
  if (data.operator_id) out.push(data.operator_id);
  if (data.severity) out.push(t(`severity.${data.severity}`));
  if (typeof data.level === "number" && data.to) out.push(t("level_n", { n: data.level }), t(`seat_of.${data.to}`));
  else if (data.to) out.push(t(`desk.${data.to}`));
  if (data.cause) out.push(t(`cause.${data.cause}`));
  if (data.answers) out.push(...data.answers.map((pair) => answered(protocol, pair)));
  if (data.said && data.said !== data.severity) out.push(t("judged_from", { severity: t(`severity.${data.said}`) }));
  if (data.severity_reason) out.push(t(`judged_since.${data.severity_reason}`));
  if (data.outcome) out.push(t(`outcome_of.${data.outcome}`));
  if (data.suggests) out.push(t(`desk.${data.suggests.replace("desk_", "")}`));
  if (data.reasons) out.push(codes("short", data.reasons));
  if (typeof data.travel_s === "number" && typeof data.distance_m === "number") out.push(t("eta", { n: Math.max(1, Math.round(data.travel_s / 60)), m: number(data.distance_m) }));
  if (typeof data.waited_ms === "number") out.push(duration(data.waited_ms / 1000));
  if (data.count > 1) out.push(t("signals_n", { n: number(data.count) }));
  if (data.move_up) out.push(data.move_up);
  return out;
}
