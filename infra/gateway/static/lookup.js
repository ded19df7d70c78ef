// Looking one id up: an order or standing order with its history, else the decision of an event.
import { byId, clockOf, el } from "./dom.js";
import { read } from "./feed.js";
import { decisionItem, why } from "./decisions.js";
import { number, t } from "./words.js";

const ID = /^[A-Za-z0-9._:-]{1,64}$/;

// `panel()` is the panel of the domain that is shown now.
export function installLookup(panel) {
  let shown = null;
  const go = async (id) => {
    byId("lookup_id").value = id;
    if (!ID.test(id)) {
      note(t("lookup_bad"));
      return;
    }
    shown = id;
    try {
      const request = await read(`/v1/${panel().name}/requests/${encodeURIComponent(id)}`);
      if (request.ok) {
        byId("found").replaceChildren(requestView(panel(), request.body, go));
        return;
      }
      const decision = await read(`/v1/decisions/${encodeURIComponent(id)}`);
      if (decision.status === 202) note(t("lookup_recorded"));
      else if (decision.ok && decision.body.facts) byId("found").replaceChildren(el("ul", { class: "latest" }, decisionItem(decision.body, go)));
      else note(t(request.status === 404 && decision.status === 404 ? "lookup_none" : "lookup_trouble"));
    } catch {
      note(t("lookup_trouble"));
    }
  };
  byId("lookup").addEventListener("submit", (event) => {
    event.preventDefault();
    go(byId("lookup_id").value.trim());
  });
  return {
    lookUp: (id) => {
      go(id);
      byId("found").scrollIntoView({ block: "nearest" });
    },
    redraw: () => {
      if (shown !== null) go(shown);
    },
    clear: () => {
      shown = null;
      byId("lookup_id").value = "";
      byId("found").replaceChildren();
    },
  };
}

function note(text) {
  byId("found").replaceChildren(el("p", { class: "notice" }, text));
}

function requestView(panel, body, lookUp) {
  const id = panel.requestId(body);
  const facts = panel.request(body);
  if (body.provider_id) facts.push(body.provider_id);
  if (typeof body.distance_m === "number") facts.push(t("distance", { n: number(body.distance_m) }));
  if (typeof body.travel_s === "number") facts.push(t("travel", { n: Math.max(1, Math.round(body.travel_s / 60)) }));
  const own = panel.state ? panel.state(body) : null;
  const bad = own ? own.bad : body.state === "refused" || body.state === "unplaced";
  return el("div", { class: "found" },
    el("div", { class: "line" },
      el("span", { class: `tag ${bad ? "bad" : "good"}` }, own ? own.words : t(`state.${body.state}`)),
      el("b", { class: "id" }, id),
      body.reason ? el("span", {}, t(`reason.${body.reason}`)) : null),
    el("div", { class: "muted" }, facts.join(" · ")),
    panel.more ? panel.more(body) : null,
    body.behind ? el("p", { class: "notice" }, t("lookup_behind")) : null,
    body.newest ? el("ul", { class: "latest" }, decisionItem(body.newest, lookUp)) : null,
    body.history.length ? el("ol", { class: "steps", "aria-label": t("history") }, body.history.map((step) => historyStep(step, lookUp, panel))) : null);
}

function historyStep(step, lookUp, panel) {
  if (!step.type) {
    const words = step.skipped ? t(`reason.${step.skipped}`) : step.state ? t(`state.${step.state}`) : "";
    return el("li", {}, el("div", { class: "line" }, el("time", {}, step.date), el("span", {}, words),
      step.order_id ? el("button", { class: "id", type: "button", on: { click: () => lookUp(step.order_id) } }, step.order_id) : null));
  }
  const data = step.data || {};
  const reason = why(step.why);
  return el("li", {},
    el("div", { class: "line" },
      el("time", { datetime: step.at }, `${step.at.slice(5, 10)} ${clockOf(step.at)}`),
      el("b", {}, t(`fact.${step.type}`)),
      panel.step ? el("span", {}, panel.step({ type: step.type, data })) : null,
      data.provider_id ? el("span", {}, data.provider_id) : null,
      data.reason ? el("span", {}, t(`reason.${data.reason}`)) : null),
    reason ? el("details", {}, el("summary", {}, t("why")), el("div", { class: "inside" }, reason)) : null);
}
