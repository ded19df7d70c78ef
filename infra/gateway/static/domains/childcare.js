// The page of childcare: today's sites with children, seats and staff, waitlists, open offers, duties; a site's file behind its name.
import { bar, byId, card, clockOf, el, setText, tile } from "../dom.js";
import { duration, number, t } from "../words.js";

const SITES_STEP = 100;
const REFUSALS_MAX = 6;
const LIST_MAX = 12;
const NOT_FACTS = ["childcare.session.published.v1", "task.closed.v1"];
const ENDED_BADLY = ["refused", "displaced", "turned_away", "no_show", "expired", "site_closed", "unmet"];

const names = new Map();

// Any id the lookup knows: a site's file, a session, a booking, a child.
function lookUp(id) {
  byId("lookup_id").value = id;
  byId("lookup").requestSubmit();
  byId("found").scrollIntoView({ block: "nearest" });
}

function link(id, words = id) {
  return el("button", { class: "id", type: "button", on: { click: () => lookUp(id) } }, words);
}

function siteLink(id) {
  return el("button", { class: "sitelink", type: "button", on: { click: () => lookUp(id) } }, names.get(id) || id);
}

function span(one) {
  return t("cc.session_of", { date: one.starts_at.slice(5, 10), from: one.starts_at.slice(11, 16), to: one.ends_at.slice(11, 16) });
}

function taken(one) {
  return (one.held || 0) + (one.used || 0);
}

function drawDay(view) {
  const rows = view.capacity.map((one) => {
    const share = one.total ? taken(one) / one.total : taken(one) ? 1 : 0;
    const words = t("cc.used_of", { taken: number(taken(one)), total: number(one.total) });
    const waits = one.waiting ? ` · ${t("cc.waits_n", { n: number(one.waiting) })}` : "";
    return el("div", { class: "mealrow moderow" },
      el("b", {}, `${t(`cc.service.${one.service}`)} · ${t(`cc.mode.${one.mode}`)}`), bar(share, words), el("span", { class: "share" }, `${Math.round(share * 100)}%`),
      el("span", { class: "muted" }, `${t("cc.sessions_n", { n: number(one.sessions) })} · ${words} · ${t("cc.left_n", { n: number(one.free) })}${waits}`));
  });
  byId("cc_day").replaceChildren(...(rows.length ? rows : [el("div", { class: "muted" }, t("cc.no_capacity"))]));
  byId("cc_coming").replaceChildren(...(view.coming.length ? view.coming.map((one) => {
    const words = t("cc.used_of", { taken: number(taken(one)), total: number(one.total) });
    const share = one.total ? taken(one) / one.total : 0;
    return el("div", { class: "mealrow moderow" }, el("b", {}, one.date.slice(5)), bar(share, words), el("span", { class: "share" }, `${Math.round(share * 100)}%`),
      el("span", { class: "muted" }, `${t("cc.sessions_n", { n: number(one.sessions) })} · ${words}${one.waiting ? ` · ${t("cc.waits_n", { n: number(one.waiting) })}` : ""}`));
  }) : [el("div", { class: "muted" }, t("cc.no_capacity"))]));
}

function drawWaitlists(view) {
  setText("cc_waits_count", view.waitlists.length ? number(view.waitlists.reduce((sum, one) => sum + one.waiting, 0)) : "");
  byId("cc_waits").replaceChildren(...(view.waitlists.length ? view.waitlists.slice(0, LIST_MAX).map((one) =>
    el("li", {},
      el("div", { class: "line" }, siteLink(one.site_id), el("span", { class: "tag warn" }, t("cc.waits_n", { n: number(one.waiting) })),
        one.offered ? el("span", { class: "tag" }, t("cc.offers_n", { n: number(one.offered) })) : null),
      el("div", { class: "line muted" }, `${one.starts_at.slice(5, 10)} ${one.starts_at.slice(11, 16)} · ${t(`cc.service.${one.service}`)} · ${t(`cc.mode.${one.mode}`)} · ${t("cc.used_of", { taken: number(taken(one)), total: number(one.total) })}`, link(one.session_id)))) : [el("li", { class: "muted" }, t("cc.no_waitlist"))]));
}

function drawOffers(view) {
  setText("cc_offers_count", view.offers.length ? number(view.offers.length) : "");
  byId("cc_offers").replaceChildren(...(view.offers.length ? view.offers.slice(0, LIST_MAX).map((one) =>
    el("li", {},
      el("div", { class: "line" }, link(one.booking_id), el("span", { class: "tag" }, t(`cc.offer.${one.offer_kind}`)),
        el("b", { class: one.left_s < 300 ? "late" : "" }, t("cc.left_time", { age: duration(one.left_s) })), el("span", { class: "muted" }, t("cc.until", { time: clockOf(one.expires_at).slice(0, 5) }))),
      el("div", { class: "line muted" }, siteLink(one.site_id), `${one.starts_at.slice(5, 10)} ${one.starts_at.slice(11, 16)}`))) : [el("li", { class: "muted" }, t("cc.no_offers"))]));
}

function drawDuties(view) {
  byId("cc_duties").replaceChildren(
    el("div", { class: "pairs" }, Object.entries(view.duties).map(([name, n]) =>
      el("div", { class: "pair" }, el("span", {}, t(`cc.duty.${name}`)), el("b", { class: n && name !== "entitlements_owed" ? "bad" : "" }, number(n))))),
    el("p", { class: "muted" }, t("cc.file_hint")));
}

function drawRefusals(view) {
  const rows = Object.entries(view.refused_by_reason).sort((a, b) => b[1] - a[1]).slice(0, REFUSALS_MAX);
  const most = rows.length ? rows[0][1] : 1;
  byId("cc_refusals").replaceChildren(...(rows.length
    ? rows.map(([reason, n]) => el("div", { class: "reason" }, el("span", {}, t(`reason.${reason}`)), bar(Math.min(n / most, 0.999), ""), el("span", { class: "n" }, number(n))))
    : [el("div", { class: "muted" }, t("cc.no_refusals"))]));
}

// Today's sites: what runs now, how many children and carers, and what is wrong, the worst first.
class Sites {
  constructor() {
    this.rows = [];
    this.date = null;
    this.limit = SITES_STEP;
  }

  build() {
    const sorts = ["risk", "there", "free"].map((value) => el("option", { value, "data-t": `cc.sort_${value}` }));
    const made = card("cc.sites_today", { count: "cc_site_count" },
      el("div", { class: "tools" },
        el("input", { id: "cc_search", type: "search", autocomplete: "off", "data-placeholder": "search", "data-label": "search" }),
        el("select", { id: "cc_sort", "data-label": "sort" }, sorts)),
      el("ul", { id: "cc_sites", class: "providers sites" }),
      el("button", { id: "cc_more", type: "button", class: "quiet wide", hidden: true }));
    made.querySelector("#cc_search").addEventListener("input", () => this.draw());
    made.querySelector("#cc_sort").addEventListener("change", () => this.draw());
    made.querySelector("#cc_more").addEventListener("click", () => {
      this.limit += SITES_STEP;
      this.draw();
    });
    return made;
  }

  static of(site, date) {
    const today = site.slots.filter((one) => one.date === date);
    const now = today.filter((one) => one.now);
    const sum = (slots, name) => slots.reduce((all, one) => all + (one[name] || 0), 0);
    const coming = today.filter((one) => !one.over);
    const shut = site.closures.some((one) => one.now);
    const breach = now.some((one) => one.breach);
    const short = coming.some((one) => one.short);
    return {
      site, today, now, shut, breach, short, total: sum(today, "total"), taken: sum(today, "held") + sum(today, "used"), free: sum(coming, "free"),
      staff: sum(now, "staff"), planned: sum(now, "staff_planned"), present: site.present, waiting: sum(today, "waiting"),
      risk: 8 * breach + 4 * short + 2 * shut + site.inspection_overdue,
    };
  }

  draw() {
    if (!byId("cc_sites")) return;
    const wanted = byId("cc_search").value.trim().normalize("NFC").toLowerCase();
    const found = this.rows.map((site) => Sites.of(site, this.date))
      .filter(({ site }) => !wanted || site.name.normalize("NFC").toLowerCase().includes(wanted) || site.site_id.toLowerCase().includes(wanted));
    const byName = (a, b) => a.site.name.localeCompare(b.site.name, "zh-CN");
    const orders = {
      risk: (a, b) => b.risk - a.risk || b.present - a.present || b.taken - a.taken || byName(a, b),
      there: (a, b) => b.present - a.present || byName(a, b),
      free: (a, b) => Boolean(b.today.length) - Boolean(a.today.length) || a.free - b.free || byName(a, b),
    };
    found.sort(orders[byId("cc_sort").value]);
    setText("cc_site_count", number(found.length));
    const rest = Math.max(0, found.length - this.limit);
    byId("cc_more").hidden = rest === 0;
    setText("cc_more", t("load_more", { n: number(Math.min(rest, SITES_STEP)) }));
    byId("cc_sites").replaceChildren(...(found.length ? found.slice(0, this.limit).map((one) => Sites.item(one)) : [el("li", { class: "muted" }, t("no_match"))]));
  }

  static item(one) {
    const { site } = one;
    const tags = [
      one.breach ? el("span", { class: "tag bad" }, t("cc.breach")) : null,
      one.short ? el("span", { class: "tag warn" }, t("cc.short")) : null,
      one.shut ? el("span", { class: "tag bad" }, t("closed_now")) : site.closures.length ? el("span", { class: "tag warn" }, t("closure_planned")) : null,
      site.inspection_overdue ? el("span", { class: "tag warn" }, t("cc.inspection_overdue")) : null,
      one.waiting ? el("span", { class: "tag" }, t("cc.waits_n", { n: number(one.waiting) })) : null,
    ];
    const words = t("cc.used_of", { taken: number(one.taken), total: number(one.total) });
    const staff = one.now.length ? (one.staff === one.planned ? t("cc.staff_n", { n: number(one.staff) }) : t("cc.staff_of", { n: number(one.staff), planned: number(one.planned) })) : "";
    const inside = one.now.reduce((all, slot) => all + slot.present, 0);
    const ratio = inside && one.staff ? t("cc.ratio", { n: (inside / one.staff).toFixed(1) }) : "";
    return el("li", { class: one.breach ? "breach" : one.short ? "short" : "" },
      el("div", {}, el("div", { class: "name" }, siteLink(site.site_id), " ", tags),
        el("div", { class: "small" }, [t(`cc.kind.${site.kind}`), t("cc.sessions_n", { n: number(one.today.length) }), staff, ratio].filter(Boolean).join(" · "))),
      el("div", {}, bar(one.total ? one.taken / one.total : 0, words), el("div", { class: "small" }, one.today.length ? words : t("cc.no_sessions"))),
      el("div", { class: "right" }, el("div", { class: "there" }, t("cc.present_n", { n: number(one.present) })), el("div", { class: "small" }, one.today.length ? t("cc.left_n", { n: number(one.free) }) : "—")));
  }
}

const sites = new Sites();

function fileWords(body) {
  const found = [t(`cc.kind.${body.site_kind}`), t("cc.present_n", { n: number(body.present) })];
  if (body.inspected_at) found.push(t("cc.inspected", { date: body.inspected_at.slice(0, 10), result: t(`cc.result.${body.inspection_result}`) }));
  if (body.inspection_due_at) found.push(t("cc.inspection_due", { date: body.inspection_due_at.slice(0, 10) }));
  if (body.inspection_overdue_since) found.push(t("cc.inspection_overdue"));
  return found;
}

function bookingWords(body) {
  const found = [`${t(`cc.service.${body.service}`)}${body.mode ? ` · ${t(`cc.mode.${body.mode}`)}` : ""}`];
  found.push(body.starts_at ? span(body) : body.date);
  if (body.units) found.push(t("cc.units", { units: number(body.units), free: number(body.free_units || 0) }));
  if (body.units && body.free_units < body.units) found.push(body.price_fen === null ? t("cc.price_unknown") : t("cc.price", { yuan: (body.price_fen / 100).toFixed(2) }));
  if (body.provisional) found.push(t("cc.provisional"));
  if (body.home_area && body.home_area !== body.area) found.push(t("cc.home_area", { area: body.home_area }));
  if (body.state === "waitlisted") found.push(t("cc.rank", { n: number(body.rank) }));
  if (body.group_id) found.push(t("cc.group", { id: body.group_id }));
  return found;
}

// What a request shows beyond one line: the sums of a file, a child's quota, who is in a session.
function more(body) {
  if (body.kind === "site")
    return el("div", { class: "pairs" }, Object.entries(body.file).map(([name, n]) =>
      el("div", { class: "pair" }, el("span", {}, t(`cc.file.${name}`)), el("b", { class: n && ["ratio_breaches", "incidents", "inspections_missed"].includes(name) ? "bad" : "" }, number(n)))));
  if (body.kind === "child") {
    const service = (one) => t(`cc.service.${one.service}`);
    return el("ul", { class: "sent" },
      body.quotas.map((one) => el("li", {}, t("cc.quota_line", { ...one, service: service(one) }))),
      body.entitlements.map((one) => el("li", {}, t("cc.entitled_line", { year: one.year, service: service(one), sessions: one.sessions, state: t(`cc.state.${one.state}`) }))),
      body.bookings.map((one) => el("li", {}, el("div", { class: "line" }, link(one.booking_id), t("cc.booking_line", { date: one.date, service: service(one), state: t(`cc.state.${one.state}`) }), one.site_id ? siteLink(one.site_id) : null))));
  }
  if (body.kind === "session")
    return el("ul", { class: "sent" }, body.bookings.map((one) => el("li", {}, el("div", { class: "line" }, link(one.booking_id), t(`cc.state.${one.state}`)))));
  return null;
}

export const childcare = {
  name: "childcare",
  filters: [
    ["bookings", "cc.only_bookings", (one) => /^childcare\.(booking|group|hold|offer|extension)\./.test(one.event_type)],
    ["arrivals", "cc.only_arrivals", (one) => one.event_type.startsWith("childcare.child.")],
  ],

  build(rooms) {
    rooms.top.append(sites.build());
    rooms.right.append(card("cc.waitlists", { count: "cc_waits_count" }, el("ul", { id: "cc_waits", class: "sent" })), card("cc.offers", { count: "cc_offers_count" }, el("ul", { id: "cc_offers", class: "sent" })));
    rooms.bottom.append(card("cc.sessions_today", {}, el("div", { id: "cc_day" })), card("cc.coming", {}, el("div", { id: "cc_coming" })));
    rooms.side.append(card("cc.duties", {}, el("div", { id: "cc_duties" })), card("cc.refusals", {}, el("div", { id: "cc_refusals" })));
    for (const [kind, word] of [["free", "free"], ["little", "little"], ["full", "full"], ["order", "booking"]])
      rooms.legend.append(el("li", {}, el("i", { class: `dot ${kind}` }), el("span", { "data-t": `cc.legend_${word}` })));
  },

  numbers(view) {
    const { bookings, now_there: now, within_15_minutes: near } = view;
    const share = near.share === null ? "—" : `${(near.share * 100).toFixed(near.share === 1 ? 0 : 1)}%`;
    const waiting = bookings.waitlisted + bookings.offered;
    return [
      tile(t("cc.there_now"), number(now.children), now.breaches.length ? `${t("cc.breach")} ${number(now.breaches.length)}` : t("cc.there_note", { sites: number(now.sites), staff: number(now.staff) }), now.breaches.length ? "warn" : "good"),
      tile(t("cc.bookings"), number(bookings.asked), `${t("cc.seated")} ${number(bookings.seated)} · ${t("cc.free_n", { n: number(bookings.free) })}`),
      tile(t("cc.near"), share, t("cc.near_of", { n: number(near.bookings), of: number(near.of) })),
      tile(t("cc.waiting"), number(waiting), t("cc.offers_n", { n: number(bookings.offered) })),
      tile(t("refused"), number(bookings.refused), t("cc.refused_note", { cancelled: number(bookings.cancelled), no_show: number(bookings.no_show) }), bookings.refused ? "warn" : ""),
    ];
  },

  overview(view) {
    drawDay(view);
    drawWaitlists(view);
    drawOffers(view);
    drawDuties(view);
    drawRefusals(view);
  },

  slow({ capacity, date }) {
    sites.rows = capacity.providers;
    sites.date = date;
    sites.draw();
  },

  redraw() {
    sites.draw();
  },

  names(rows) {
    names.clear();
    for (const one of rows) names.set(one.site_id, one.name);
    return new Map(names);
  },

  markers(map) {
    const shown = map.providers.filter((one) => one.position).map((one) => {
      const share = one.total ? one.free / one.total : 0;
      const kind = one.breach || one.closures.some((closure) => closure.now) || share <= 0 ? "full" : share < 0.2 ? "little" : "free";
      const title = `${one.name} · ${t("cc.present_n", { n: number(one.present) })} · ${t("cc.used_of", { taken: number(taken(one)), total: number(one.total) })}`;
      return { id: one.site_id, position: one.position, kind, title, label: one.name };
    });
    return { sites: shown, points: map.requests.map((one) => ({ position: one.position, to: one.provider_id })) };
  },

  fact(decision) {
    const facts = (decision.facts || []).filter((fact) => !NOT_FACTS.includes(fact.type));
    return facts.find((fact) => /^childcare\.(booking|child|offer|quota)\./.test(fact.type)) || facts[0] || null;
  },

  parts(data) {
    const found = [];
    if (data.site_id) found.push(names.get(data.site_id) || data.site_id);
    if (data.mode) found.push(t(`cc.mode.${data.mode}`));
    if (data.starts_ms && data.date) found.push(data.date.slice(5));
    if (typeof data.free_units === "number" && data.units) found.push(t("cc.units", { units: number(data.units), free: number(data.free_units) }));
    return found;
  },

  requestId(data) {
    return data.booking_id || data.entitlement_id || data.session_id || data.site_id || data.child_id || data.request_id || null;
  },

  state(body) {
    const known = ["refused", "cancelled", "recorded", "decided"].includes(body.state);
    return { words: t(known ? `state.${body.state}` : `cc.state.${body.state}`), bad: ENDED_BADLY.includes(body.state) };
  },

  request(body) {
    if (body.kind === "site") return [body.name || "", ...fileWords(body)];
    if (body.kind === "child") {
      const found = [t("cc.persons_n", { n: number(body.pickup_persons) })];
      if (body.restricted_until) found.push(t("cc.restricted", { date: body.restricted_until.slice(0, 10) }));
      return found;
    }
    if (body.kind === "session")
      return [body.name || body.site_id, span(body), t(`cc.mode.${body.mode}`), t("cc.used_of", { taken: number(taken(body)), total: number(body.total) }), t("cc.staff_of", { n: number(body.staff), planned: number(body.staff_planned) })];
    if (body.kind === "entitlement") return [t(`cc.service.${body.service}`), String(body.year)];
    return body.kind === "booking" ? [names.get(body.site_id) || body.site_id || "", ...bookingWords(body)] : [];
  },

  // Words beside a line of a booking's history or of a site's file.
  step({ type, data }) {
    if (type === "childcare.session.closed.v1") return t("cc.step_closed", { span: t(`cc.mode.${data.mode}`), attended: number(data.attended), no_shows: number(data.no_shows) });
    if (type === "childcare.inspection.recorded.v1") return t(`cc.result.${data.result}`);
    if (type === "childcare.incident.recorded.v1") return `${t(`cc.incident.${data.kind}`)} · ${t(`cc.severity.${data.severity}`)}`;
    if (type === "childcare.ratio.breached.v1") return t("cc.step_breach", { children: number(data.children_present), staff: number(data.staff) });
    if (data.quota) return t(`cc.quota.${data.quota}`);
    return data.site_id && type.startsWith("childcare.offer.") ? names.get(data.site_id) || data.site_id : "";
  },

  more,
};
