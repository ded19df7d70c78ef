// Decisions in words: one line each, the candidates and the rules that ruled them out behind a disclosure.
import { clockOf, el } from "./dom.js";
import { number, t } from "./words.js";

const SHOWN_MAX = 60;

let names = new Map();
let panel = null;

export function setProviderNames(map) {
  names = map;
}

// Whose decisions are shown: one of the panels of domains/registry.js.
export function setPanel(one) {
  panel = one;
  names = new Map();
}

function providerName(id) {
  const name = names.get(id);
  return name ? `${name}（${id}）` : id;
}

function summary(decision) {
  const fact = panel.fact(decision);
  if (decision.outcome === "refused") return t(`reason.${decision.reason}`);
  if (!fact) return "";
  const data = fact.data || {};
  const parts = [t(`fact.${fact.type}`)];
  if (data.provider_id) parts.push(providerName(data.provider_id));
  if (data.reason) parts.push(t(`reason.${data.reason}`));
  if (data.kind && fact.type === "task.opened.v1") parts.push(t(`task.${data.kind}`));
  parts.push(...panel.parts(data));
  if (typeof data.distance_m === "number") parts.push(t("distance", { n: number(data.distance_m) }));
  return parts.join(" · ");
}

export function why(explanation) {
  if (!explanation) return null;
  const parts = [];
  const head = [];
  if (explanation.considered) head.push(t("considered", { n: number(explanation.considered) }));
  if (explanation.chosen) head.push(t("chosen", { id: providerName(explanation.chosen) }));
  else if (explanation.considered) head.push(t("nobody"));
  if (explanation.rule) head.push(t(`rule.${explanation.rule}`));
  if (head.length) parts.push(el("div", {}, head.join(" · ")));
  const rejected = explanation.rejected || [];
  const rest = Object.entries(explanation.rest || explanation.rejected_rest || {}).filter(([, n]) => typeof n === "number");
  if (rejected.length || rest.length) {
    parts.push(el("div", { class: "muted" }, t("rejected_because")));
    parts.push(
      el("ul", { class: "rejected" },
        rejected.map((one) =>
          el("li", {}, el("span", {}, providerName(one.provider_id)), el("span", {}, t(`rule.${one.rule}`)),
            el("span", { class: "right" }, typeof one.distance_m === "number" ? t("distance", { n: number(one.distance_m) }) : ""))),
        rest.map(([rule, n]) => el("li", {}, el("span", {}, t("rejected_more", { n: number(n), rule: t(`rule.${rule}`) }))))));
  }
  return parts.length ? el("div", {}, parts) : null;
}

function requestId(decision) {
  const fact = panel.fact(decision);
  return fact ? panel.requestId(fact.data || {}) : null;
}

export function decisionItem(decision, lookUp) {
  const refused = decision.outcome === "refused";
  const id = requestId(decision) || decision.event_id;
  const policy = Object.entries(decision.policy || {}).map(([name, version]) => `${name} ${version}`).join(" · ");
  const flags = (decision.flags || []).map((flag) => el("span", { class: "tag warn" }, t(`flag.${flag}`)));
  const inside = [why(decision.why || panel.fact(decision)?.why)];
  if (policy) inside.push(el("div", { class: "muted" }, `${t("policy")} ${policy}`));
  const hasInside = inside.some(Boolean);
  return el("li", {},
    el("div", { class: "line" },
      el("time", { datetime: decision.time }, clockOf(decision.time)),
      el("span", { class: `tag ${refused ? "bad" : "good"}` }, t(`outcome.${decision.outcome}`)),
      el("b", {}, t(`event.${decision.event_type}`)),
      decision.repeat ? el("span", { class: "tag" }, t("repeat")) : null,
      flags,
      el("span", {}, summary(decision))),
    el("div", { class: "under" },
      el("button", { class: "id", type: "button", on: { click: () => lookUp(id) } }, id),
      hasInside ? el("details", {}, el("summary", {}, t("details")), el("div", { class: "inside" }, inside)) : null));
}

// The list of the newest decisions. It keeps a bounded number, and holds still while somebody reads.
export class Latest {
  constructor(list, pauseButton, lookUp) {
    this.list = list;
    this.pauseButton = pauseButton;
    this.lookUp = lookUp;
    this.filter = "all";
    this.decisions = [];
    this.held = null;
    this.seen = 0;
    pauseButton.addEventListener("click", () => {
      this.held = this.held === null ? 0 : null;
      this.draw();
    });
  }

  replace(newestFirst) {
    this.decisions = newestFirst.slice(0, SHOWN_MAX * 3);
    this.drawn = null;
    this.draw();
  }

  add(oldestFirst, count) {
    this.decisions = [...oldestFirst.slice().reverse(), ...this.decisions].slice(0, SHOWN_MAX * 3);
    if (this.held !== null) this.held += count;
  }

  shown() {
    const own = panel.filters.find(([value]) => value === this.filter);
    const keep = own ? own[2] : this.filter === "refused" ? (one) => one.outcome === "refused" : () => true;
    return this.decisions.filter(keep).slice(0, SHOWN_MAX);
  }

  draw() {
    this.pauseButton.textContent = this.held === null ? t("pause") : t("resume", { n: number(this.held) });
    this.pauseButton.setAttribute("aria-pressed", String(this.held !== null));
    // An open explanation, like a held list, may not run away under the reader.
    if (this.held !== null && this.drawn) return;
    if (this.drawn && this.list.querySelector("details[open]")) return;
    const rows = this.shown();
    this.list.replaceChildren(
      ...(rows.length ? rows.map((one) => decisionItem(one, this.lookUp)) : [el("li", { class: "muted" }, t("empty_latest"))]));
    this.drawn = true;
  }
}
