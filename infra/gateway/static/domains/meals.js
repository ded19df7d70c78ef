// The page of meals: numbers of the day, use by meal, providers with one bar each, why orders were refused.
import { bar, byId, card, el, setText, tile } from "../dom.js";
import { ago, number, t } from "../words.js";

const PROVIDERS_STEP = 30;
const REFUSALS_MAX = 8;
const MEALS = ["breakfast", "lunch", "dinner"];

// Portions given away: promised ones and those whose meal has been.
function taken(slot) {
  return (slot.held || 0) + (slot.used || 0);
}

function drawMeals(view) {
  const rows = Object.entries(view.capacity).map(([meal, one]) => {
    const share = one.total ? taken(one) / one.total : taken(one) ? 1 : 0;
    const words = t("used_of", { held: number(taken(one)), total: number(one.total) });
    const more = one.overcommitted_slots ? ` · ${t("overcommitted_n", { n: number(one.overcommitted_slots) })}` : "";
    return el("div", { class: "mealrow" },
      el("b", {}, t(`meal.${meal}`)), bar(share, words), el("span", { class: "share" }, `${Math.round(share * 100)}%`),
      el("span", { class: "muted" }, `${words} · ${t("free_n", { n: number(one.free) })}${more}`));
  });
  byId("meals").replaceChildren(...(rows.length ? rows : [el("div", { class: "muted" }, t("no_capacity_yet"))]));
}

function drawRefusals(view) {
  const rows = Object.entries(view.refused_by_reason).sort((a, b) => b[1] - a[1]).slice(0, REFUSALS_MAX);
  const most = rows.length ? rows[0][1] : 1;
  byId("refusals").replaceChildren(
    ...(rows.length
      ? rows.map(([reason, n]) => el("div", { class: "reason" }, el("span", {}, t(`reason.${reason}`)), bar(Math.min(n / most, 0.999), ""), el("span", { class: "n" }, number(n))))
      : [el("div", { class: "muted" }, t("no_refusals"))]));
}

// The list of providers with one bar each: sorted, searched, shown in steps.
class Providers {
  constructor() {
    this.rows = [];
    this.date = null;
    this.limit = PROVIDERS_STEP;
    this.meal = "lunch";
  }

  build() {
    const sorts = ["free", "share", "name"].map((value) => el("option", { value, "data-t": `sort_${value}` }));
    const choice = card("providers", { count: "provider_count" },
      el("div", { class: "tools" },
        el("input", { id: "search", type: "search", autocomplete: "off", "data-placeholder": "search", "data-label": "search" }),
        el("select", { id: "sort", "data-label": "sort" }, sorts),
        el("select", { id: "meal", "data-label": "capacity_by_meal" })),
      el("ul", { id: "providers", class: "providers" }),
      el("button", { id: "more", type: "button", class: "quiet wide", hidden: true }));
    choice.querySelector("#search").addEventListener("input", () => this.draw());
    choice.querySelector("#sort").addEventListener("change", () => this.draw());
    choice.querySelector("#meal").addEventListener("change", (event) => {
      this.meal = event.target.value;
      this.draw();
    });
    choice.querySelector("#more").addEventListener("click", () => {
      this.limit += PROVIDERS_STEP;
      this.draw();
    });
    return choice;
  }

  slot(provider) {
    return provider.slots.find((one) => one.meal === this.meal && one.date === this.date) || null;
  }

  drawMealChoice() {
    byId("meal").replaceChildren(...MEALS.map((meal) => el("option", { value: meal, selected: meal === this.meal }, t(`meal.${meal}`))));
  }

  draw() {
    const wanted = byId("search").value.trim().normalize("NFC").toLowerCase();
    const found = this.rows
      .map((provider) => ({ provider, slot: this.slot(provider) }))
      .filter(({ provider }) => !wanted || provider.name.normalize("NFC").toLowerCase().includes(wanted) || provider.provider_id.toLowerCase().includes(wanted));
    const share = ({ slot }) => (slot && slot.total ? taken(slot) / slot.total : -1);
    const free = ({ slot }) => (slot ? slot.free : Infinity);
    const byName = (a, b) => a.provider.name.localeCompare(b.provider.name, "zh-CN");
    const order = { free: (a, b) => free(a) - free(b) || byName(a, b), share: (a, b) => share(b) - share(a) || byName(a, b), name: byName }[byId("sort").value];
    found.sort(order);
    setText("provider_count", number(found.length));
    const rest = Math.max(0, found.length - this.limit);
    byId("more").hidden = rest === 0;
    setText("more", t("load_more", { n: number(Math.min(rest, PROVIDERS_STEP)) }));
    byId("providers").replaceChildren(
      ...(found.length ? found.slice(0, this.limit).map((one) => this.item(one)) : [el("li", { class: "muted" }, t("no_match"))]));
  }

  item({ provider, slot }) {
    const share = slot && slot.total ? taken(slot) / slot.total : slot && taken(slot) ? 1 : 0;
    const words = slot ? t("used_of", { held: number(taken(slot)), total: number(slot.total) }) : t("rule.not_published");
    const shut = provider.closures.length ? (provider.closures.some((one) => one.now) ? "now" : "planned") : null;
    const closed = shut ? el("span", { class: `tag ${shut === "now" ? "bad" : "warn"}` }, t(shut === "now" ? "closed_now" : "closure_planned")) : null;
    const age = slot && slot.data_age_s !== null ? ` · ${t("age", { age: ago(slot.data_age_s) })}` : "";
    return el("li", {},
      el("div", {}, el("div", { class: "name" }, provider.name, " ", closed), el("div", { class: "small" }, `${t(`kind.${provider.kind}`)} · ${provider.provider_id}${age}`)),
      bar(share, words),
      el("div", { class: "right" }, el("div", {}, slot ? t("free_n", { n: number(slot.free) }) : "—"), el("div", { class: "small" }, slot ? `${number(taken(slot))} / ${number(slot.total)}` : words)));
  }
}

const providers = new Providers();

export const meals = {
  name: "meals",
  filters: [["orders", "only_orders", (one) => one.event_type.startsWith("meals.order.")]],

  build(rooms) {
    rooms.top.append(card("capacity_by_meal", {}, el("div", { id: "meals" })));
    rooms.bottom.append(providers.build());
    rooms.side.append(card("refused_by_reason", {}, el("div", { id: "refusals" })));
    for (const kind of ["free", "little", "full", "order"])
      rooms.legend.append(el("li", {}, el("i", { class: `dot ${kind}` }), el("span", { "data-t": `map_legend_${kind}` })));
    providers.drawMealChoice();
  },

  numbers(view) {
    const { orders, within_15_minutes: near } = view;
    const share = near.share === null ? "—" : `${(near.share * 100).toFixed(near.share === 1 ? 0 : 1)}%`;
    return [
      tile(t("orders"), number(orders.placed), t("portions_n", { n: number(orders.portions) })),
      tile(t("assigned"), number(orders.assigned + orders.delivered + orders.closed), t("delivered_n", { n: number(orders.delivered) }), "good"),
      tile(t("near"), share, t("near_of", { n: number(near.orders), of: number(near.of) })),
      tile(t("refused"), number(orders.refused), `${t("cancelled")} ${number(orders.cancelled)}`, orders.refused ? "warn" : ""),
      tile(t("tasks"), number(view.tasks_open), view.tasks_open ? `${t("unplaced")} ${number(orders.unplaced)}` : t("tasks_none"), view.tasks_open ? "warn" : "good"),
    ];
  },

  overview(view) {
    drawMeals(view);
    drawRefusals(view);
  },

  slow({ capacity, date }) {
    providers.rows = capacity.providers;
    providers.date = date;
    providers.draw();
  },

  redraw() {
    providers.drawMealChoice();
    providers.draw();
  },

  names(rows) {
    return new Map(rows.map((one) => [one.provider_id, one.name]));
  },

  markers(map) {
    const sites = map.providers.filter((one) => one.position).map((one) => {
      const share = one.total ? one.free / one.total : 0;
      const kind = one.closures.some((closure) => closure.now) || share <= 0 ? "full" : share < 0.15 ? "little" : "free";
      const title = `${one.name} · ${t("used_of", { held: number(taken(one)), total: number(one.total) })}`;
      return { id: one.provider_id, position: one.position, kind, title, label: one.name };
    });
    return { sites, points: map.requests.map((one) => ({ position: one.position, to: one.provider_id })) };
  },

  fact(decision) {
    const facts = (decision.facts || []).filter((fact) => fact.type !== "meals.slot.published.v1");
    return facts.find((fact) => fact.type.startsWith("meals.order.")) || facts[0] || null;
  },

  parts(data) {
    return data.meal ? [t(`meal.${data.meal}`)] : [];
  },

  requestId(data) {
    return data.order_id || data.standing_order_id || data.request_id || null;
  },

  request(body) {
    const facts = [];
    if (body.date) facts.push(body.date);
    if (body.meal) facts.push(t(`meal.${body.meal}`));
    if (body.service) facts.push(t(`service.${body.service}`));
    if (body.portions) facts.push(t("portions_n", { n: number(body.portions) }));
    return facts;
  },
};
