// The page of beds: the board of beds, who waits and how long, open offers with their deadlines, and why each bed went to whom.
import { bar, byId, card, el, setText, tile } from "../dom.js";
import { read } from "../feed.js";
import { ago, duration, number, t } from "../words.js";
import { Homes } from "./beds_homes.js";

const STATES = ["free", "held", "reserved", "occupied", "cleaning", "closed", "total"];
const OFFERS_SHOWN = 12;
const DAY_S = 86400;

function days(n) {
  return t("beds_days", { n: number(n) });
}

// "11-24 18:30": the day and minute of an instant.
function moment(instant) {
  return instant.slice(5, 16).replace("T", " ");
}

// A deadline as a desk says it: midnight is the end of the day before.
function deadline(instant) {
  if (instant.slice(11, 16) !== "00:00") return moment(instant);
  const before = new Date(Date.parse(`${instant.slice(0, 10)}T00:00:00Z`) - DAY_S * 1000).toISOString();
  return `${before.slice(5, 10)} 24:00`;
}

function left(seconds) {
  if (seconds <= 0) return t("beds_late");
  return t("beds_left", { age: seconds < 2 * DAY_S ? duration(seconds) : days(Math.floor(seconds / DAY_S)) });
}

function drawBoard(view) {
  const head = el("tr", {}, el("th", { scope: "col" }), STATES.map((state) => el("th", { scope: "col" }, t(`bed_state.${state}`))));
  const rows = [];
  let shown = null;
  for (const row of view.board) {
    if (row.bed_type !== shown) {
      shown = row.bed_type;
      const all = view.board.filter((one) => one.bed_type === shown);
      const sum = Object.fromEntries(STATES.map((state) => [state, all.reduce((n, one) => n + one[state], 0)]));
      rows.push(boardRow(t(`bed_type.${shown}`), sum, "sum"));
    }
    rows.push(boardRow(t(`pool.${row.pool}`), row, ""));
  }
  const pool = view.pool;
  const share = pool && pool.basic ? t("beds_share_pool", { share: ((100 * pool.pooled) / pool.basic).toFixed(1), min: pool.percent_min }) : "";
  byId("beds_board").replaceChildren(
    rows.length
      ? el("table", { class: "board" }, el("thead", {}, head), el("tbody", {}, rows))
      : el("div", { class: "muted" }, t("beds_no_homes")),
    share ? el("div", { class: pool.below_quota ? "notice" : "muted" }, share) : "");
}

function boardRow(name, counts, kind) {
  return el("tr", { class: kind }, el("th", { scope: "row" }, name),
    STATES.map((state) => el("td", { class: state === "free" && counts.free ? "has" : "" }, counts[state] ? number(counts[state]) : "·")));
}

const GROUPINGS = ["class", "street", "sex"];
let grouping = "class";
let latest = null;

// Built once, so that whoever comes by the keyboard keeps their place.
function groupings() {
  return el("div", { id: "beds_groupings", class: "groupings", role: "group" }, GROUPINGS.map((one) =>
    el("button", { type: "button", value: one, "data-t": `beds_by_${one}`, on: { click: () => { grouping = one; if (latest) drawWaits(latest); } } })));
}

function groupName(group) {
  return grouping === "street" ? group : t(`${grouping}.${group}`);
}

function drawWaits(view) {
  latest = view;
  const rows = view.waits[grouping].filter((one) => one.waiting || one.admitted);
  const most = Math.max(1, ...rows.map((one) => one.waiting));
  for (const button of byId("beds_groupings").children) button.setAttribute("aria-pressed", String(button.value === grouping));
  byId("beds_waits").replaceChildren(
    ...(rows.length ? rows.map((one) => el("div", { class: "mealrow" },
      el("b", {}, groupName(one.group)), bar(Math.min(0.84, one.waiting / most), number(one.waiting)), el("span", { class: "share" }, number(one.waiting)),
      el("span", { class: "muted" }, waits(one))))
      : [el("div", { class: "muted" }, t("beds_nobody_waits"))]));
}

function waits(one) {
  const parts = [];
  if (one.waiting) parts.push(t("beds_waiting_days", { mean: days(one.waiting_days_mean), max: days(one.waiting_days_max) }));
  if (one.admitted) parts.push(t("beds_waited_days", { n: number(one.admitted), mean: days(one.waited_days_mean) }));
  return parts.join(" · ");
}

function idButton(id, lookUp) {
  return el("button", { class: "id", type: "button", on: { click: () => lookUp(id) } }, id);
}

function lookUp(id) {
  byId("lookup_id").value = id;
  byId("lookup").requestSubmit();
  byId("lookup").scrollIntoView({ block: "nearest" });
}

function drawOffers(view) {
  const rows = view.offers_open;
  setText("beds_offer_count", rows.length ? number(rows.length) : "");
  const more = rows.length - OFFERS_SHOWN;
  byId("beds_offers").replaceChildren(
    ...(rows.length ? rows.slice(0, OFFERS_SHOWN).map((one) => el("li", { class: one.left_s < DAY_S / 2 ? "soon" : "" },
      el("div", { class: "line" }, el("b", {}, one.name || one.facility_id), el("span", {}, `${t(`bed_type.${one.bed_type}`)} · ${t(`pool.${one.pool}`)} · ${one.bed_id}`)),
      el("div", { class: "line muted" }, idButton(one.application_id, lookUp), el("span", {}, t(`class.${one.priority_class}`)),
        el("span", {}, t("beds_until", { at: deadline(one.expires_at) })), el("span", { class: "left" }, left(one.left_s)),
        one.provisional ? el("span", { class: "tag warn" }, t("beds_provisional")) : null)))
      : [el("li", { class: "muted" }, t("beds_no_offers"))]),
    more > 0 ? el("li", { class: "muted" }, t("beds_offers_more", { n: number(more) })) : "");
}

// Which state of an offer, in words: a refusal says whose it was.
function offerState(one) {
  const key = one.state === "declined" && one.by === "facility" ? "declined_by_facility" : one.state;
  const kind = { open: "warn", accepted: "good", admitted: "good" }[key] || "bad";
  return el("span", { class: `tag ${kind}` }, t(`offer.${key}`));
}

// What put the one before the next: the criterion, with both values where a number says something to a reader.
function criterion(one) {
  const words = t("beds_by", { criterion: t(`criterion.${one.criterion}`) });
  if (!one.values || !["level", "score"].includes(one.criterion)) return words;
  return `${words} ${number(-one.values[0])} > ${number(-one.values[1])}`;
}

function drawAllocations(view) {
  const rows = view.allocations;
  byId("beds_allocations").replaceChildren(
    ...(rows.length ? rows.map((one) => el("li", {},
      el("div", { class: "line" }, el("time", { datetime: one.made_at }, moment(one.made_at)), offerState(one),
        el("b", {}, one.name || one.facility_id), el("span", {}, t(`bed_type.${one.bed_type}`)), el("span", { class: "muted" }, t("distance", { n: number(one.distance_m) })),
        one.reason ? el("span", { class: "muted" }, t(`reason.${one.reason}`)) : null),
      el("div", { class: "line" }, idButton(one.application_id, lookUp), el("span", {}, `${t(`class.${one.priority_class}`)} · ${t(`lane.${one.lane}`)}`)),
      el("div", { class: "line muted" },
        one.next_application_id
          ? [el("span", {}, criterion(one)), el("span", {}, t("beds_before_next", { id: "" })), idButton(one.next_application_id, lookUp)]
          : el("span", {}, t("beds_only_next")),
        el("span", {}, t("beds_of_waiting", { n: number(one.waiting) })))))
      : [el("li", { class: "muted" }, t("beds_no_allocations"))]));
}

function drawRefusals(view) {
  const rows = Object.entries(view.refused_by_reason).slice(0, 8);
  const most = rows.length ? rows[0][1] : 1;
  byId("beds_refusals").replaceChildren(
    ...(rows.length
      ? rows.map(([reason, n]) => el("div", { class: "reason" }, el("span", {}, t(`reason.${reason}`)), bar(Math.min(n / most, 0.999), ""), el("span", { class: "n" }, number(n))))
      : [el("div", { class: "muted" }, t("no_refusals"))]));
}

// The place in line and the forecast of an application that was looked up.
function place(one) {
  const seen = one.forecast;
  const ahead = Object.entries(one.ahead_by_class).map(([code, n]) => `${t(`class.${code}`)} ${number(n)}`).join(" · ");
  const range = seen.expected_days === null ? "" : t("beds_days_range", { low: number(seen.low_days), high: number(seen.high_days) });
  const wait = seen.expected_days === null ? t("beds_expected_none") : t("beds_expected", { expected: days(seen.expected_days), range });
  return el("div", { class: "place" },
    el("div", { class: "line" }, el("b", {}, t(`bed_type.${one.bed_type}`)), el("span", {}, t("beds_rank", { rank: number(one.rank), ahead: number(one.ahead) })),
      el("span", { class: "muted" }, ahead)),
    el("div", { class: "line" }, el("span", {}, wait),
      seen.vacancies ? el("span", { class: "muted" }, t("beds_seen", { days: number(seen.days_seen), n: number(seen.vacancies) })) : null));
}

// The certificate of the last allocation this applicant waited for, worked out from the journal when somebody asks.
function whyNot(body) {
  const answer = el("div", { "aria-live": "polite" });
  const ask = el("button", { type: "button", class: "quiet", on: { click: async () => {
    ask.disabled = true;
    answer.replaceChildren(el("span", { class: "muted" }, t("beds_why_working")));
    try {
      const found = await read(`/v1/beds/applications/${encodeURIComponent(body.application_id)}/why`);
      answer.replaceChildren(found.ok ? certificate(found.body) : el("p", { class: "notice" }, t(found.status === 404 ? "beds_why_none" : "lookup_trouble")));
    } catch {
      answer.replaceChildren(el("p", { class: "notice" }, t("lookup_trouble")));
    }
    ask.disabled = false;
  } } }, t("beds_why"));
  return el("div", {}, ask, answer);
}

function certificate(one) {
  const words = one.rule === null ? t("beds_why_mine")
    : one.rule === "behind" ? t("beds_why_behind", { n: number(one.ahead_count), criterion: t(`criterion.${one.criterion === "tie" ? "arrival" : one.criterion}`) })
      : t(`rule.${one.rule}`);
  const when = new Date(one.time_ms + 8 * 3600 * 1000).toISOString();
  return el("div", { class: "place" }, el("div", {}, words),
    el("div", { class: "line muted" }, el("span", {}, moment(when)), el("span", {}, `${homes.name(one.facility_id)} ${one.bed_id}`),
      el("span", {}, t("beds_why_seq", { seq: one.seq })), el("span", {}, `${t("policy")} ${one.policy}`)));
}

const homes = new Homes();

export const beds = {
  name: "beds",
  filters: [
    ["applications", "beds_only_applications", (one) => one.event_type.startsWith("beds.application.")],
    ["offers", "beds_only_offers", (one) => (one.facts || []).some((fact) => fact.type.startsWith("beds.offer.") || fact.type.startsWith("beds.admission."))],
  ],

  build(rooms) {
    rooms.top.append(card("beds_board", {}, el("div", { id: "beds_board", class: "scrolls" })), card("beds_allocations", {}, el("ul", { id: "beds_allocations", class: "allotted" })));
    rooms.bottom.append(homes.build());
    rooms.side.append(
      card("beds_waits", {}, groupings(), el("div", { id: "beds_waits", class: "scrolls waits" })),
      card("beds_offers_open", { count: "beds_offer_count" }, el("ul", { id: "beds_offers", class: "allotted" })),
      card("refused_by_reason", {}, el("div", { id: "beds_refusals" })));
    for (const kind of ["free", "little", "full", "order"])
      rooms.legend.append(el("li", {}, el("i", { class: `dot ${kind}` }), el("span", { "data-t": `beds_legend_${kind}` })));
  },

  numbers(view) {
    const count = (state) => view.applications[state] || 0;
    const sum = (state) => view.board.reduce((n, one) => n + one[state], 0);
    const waiting = view.waits.class.reduce((n, one) => n + one.waiting, 0);
    return [
      tile(t("beds_waiting"), number(waiting), t("beds_waiting_note", { paused: number(count("suspended")), reassess: number(count("reassess")) })),
      tile(t("beds_offered"), number(count("offered")), t("beds_reserved_n", { n: number(count("accepted")) })),
      tile(t("beds_free"), number(sum("free")), t("beds_free_of", { total: number(sum("total")) }), "good"),
      tile(t("beds_admitted"), number(view.day.admitted), t("beds_vacated_n", { n: number(view.day.vacated) })),
      tile(t("tasks"), number(view.tasks_open), view.tasks_open ? "" : t("tasks_none"), view.tasks_open ? "warn" : "good"),
    ];
  },

  overview(view) {
    drawBoard(view);
    drawWaits(view);
    drawOffers(view);
    drawAllocations(view);
    drawRefusals(view);
  },

  slow({ capacity }) {
    homes.rows = capacity.providers;
    homes.draw();
  },

  redraw() {
    homes.draw();
  },

  names(rows) {
    homes.rows = rows;
    return new Map(rows.map((one) => [one.facility_id, one.name]));
  },

  markers(map) {
    const sites = map.providers.filter((one) => one.position).map((one) => {
      const kind = one.silent ? "full" : one.free ? "free" : one.promised ? "little" : "full";
      const title = `${one.name} · ${t("beds_occupied_of", { n: number(one.occupied), total: number(one.total) })} · ${t("free_n", { n: number(one.free) })} · ${t("beds_promised_n", { n: number(one.promised) })}`;
      return { id: one.facility_id, position: one.position, kind, title, label: one.name };
    });
    return { sites, points: map.requests.map((one) => ({ position: one.position, to: one.facility_id })) };
  },

  fact(decision) {
    const facts = (decision.facts || []).filter((fact) => !["beds.bed.listed.v1", "beds.inventory.reported.v1"].includes(fact.type));
    return facts.find((fact) => fact.type.startsWith("beds.offer.")) || facts.find((fact) => fact.type.startsWith("beds.application.")) || facts[0] || null;
  },

  parts(data) {
    const parts = [];
    if (data.facility_id) parts.push(homes.name(data.facility_id));
    if (data.bed_type) parts.push(t(`bed_type.${data.bed_type}`));
    if (data.rank && data.rank_type) parts.push(`${t(`bed_type.${data.rank_type}`)} ${t("beds_rank", { rank: number(data.rank), ahead: number(data.ahead) })}`);
    return parts;
  },

  requestId(data) {
    return data.application_id || null;
  },

  state(body) {
    return { words: t(`application.${body.state}`), bad: ["refused", "ineligible", "reassess"].includes(body.state) };
  },

  request(body) {
    const facts = (body.bed_types || []).map((kind) => t(`bed_type.${kind}`));
    if (body.emergency) facts.push(t("beds_emergency"));
    if (body.priority_class) facts.push(t(`class.${body.priority_class}`));
    if (typeof body.level === "number") facts.push(t("beds_level", { n: body.level }));
    if (body.eligible_on) facts.push(t("beds_applied_on", { day: body.eligible_on }));
    if (typeof body.waited_days === "number") facts.push(t("beds_waited", { n: number(body.waited_days) }));
    else if (typeof body.waited_so_far_days === "number") facts.push(t("beds_waited_so_far", { n: number(body.waited_so_far_days) }));
    return facts;
  },

  more(body) {
    const offer = body.offer;
    return el("div", {}, (body.positions || []).map(place),
      offer ? el("div", { class: "place" },
        el("div", { class: "line" }, el("b", {}, t("beds_your_offer")), offerState(offer), el("span", {}, offer.name || offer.facility_id), el("span", {}, offer.bed_id)),
        el("div", { class: "line muted" }, el("span", {}, t("beds_until", { at: deadline(offer.admit_by || offer.expires_at) })),
          el("span", {}, t("distance", { n: number(offer.distance_m) })), offer.provisional ? el("span", { class: "tag warn" }, t("beds_provisional")) : null)) : null,
      body.queued_at ? whyNot(body) : null);
  },
};
