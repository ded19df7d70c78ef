// The panels that show the register: numbers of the day, meals, refusals, tasks, providers.
import { bar, byId, el, setText } from "./dom.js";
import { ago, duration, number, t } from "./words.js";

const PROVIDERS_STEP = 30;
const REFUSALS_MAX = 8;

// Portions given away: promised ones and those whose meal has been.
export function taken(slot) {
  return (slot.held || 0) + (slot.used || 0);
}

function tile(label, value, note, kind = "") {
  return el("div", { class: `number ${kind}` }, el("div", { class: "label" }, label), el("div", { class: "value" }, value), el("div", { class: "note" }, note));
}

export function drawNumbers(view) {
  const { orders, within_15_minutes: near } = view;
  const share = near.share === null ? "—" : `${(near.share * 100).toFixed(near.share === 1 ? 0 : 1)}%`;
  byId("numbers").replaceChildren(
    tile(t("orders"), number(orders.placed), t("portions_n", { n: number(orders.portions) })),
    tile(t("assigned"), number(orders.assigned + orders.delivered + orders.closed), t("delivered_n", { n: number(orders.delivered) }), "good"),
    tile(t("near"), share, t("near_of", { n: number(near.orders), of: number(near.of) })),
    tile(t("refused"), number(orders.refused), `${t("cancelled")} ${number(orders.cancelled)}`, orders.refused ? "warn" : ""),
    tile(t("tasks"), number(view.tasks_open), view.tasks_open ? `${t("unplaced")} ${number(orders.unplaced)}` : t("tasks_none"), view.tasks_open ? "warn" : "good"));
}

export function drawMeals(view) {
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

export function drawRefusals(view) {
  const rows = Object.entries(view.refused_by_reason).sort((a, b) => b[1] - a[1]).slice(0, REFUSALS_MAX);
  const most = rows.length ? rows[0][1] : 1;
  byId("refusals").replaceChildren(
    ...(rows.length
      ? rows.map(([reason, n]) => el("div", { class: "reason" }, el("span", {}, t(`reason.${reason}`)), bar(Math.min(n / most, 0.999), ""), el("span", { class: "n" }, number(n))))
      : [el("div", { class: "muted" }, t("no_refusals"))]));
}

export function drawTasks(tasks, lookUp) {
  setText("task_count", tasks.length ? number(tasks.length) : "");
  const list = byId("tasks");
  if (!tasks.length) {
    list.replaceChildren(el("li", { class: "muted" }, t("tasks_none")));
    return;
  }
  list.replaceChildren(...tasks.slice(0, 100).map((task) =>
    el("li", {},
      el("div", { class: "line" }, el("b", {}, t(`task.${task.kind}`)), el("span", { class: "muted" }, t("waiting", { age: duration(task.age_s) }))),
      el("div", { class: "line muted" }, `${t("owner")} ${task.owner} · ${t("about")}`,
        el("button", { class: "id", type: "button", on: { click: () => lookUp(task.about) } }, task.about)))));
}

// The list of providers with one bar each: sorted, searched, shown in steps.
export class Providers {
  constructor() {
    this.rows = [];
    this.date = null;
    this.limit = PROVIDERS_STEP;
    this.meal = "lunch";
    byId("search").addEventListener("input", () => this.draw());
    byId("sort").addEventListener("change", () => this.draw());
    byId("meal").addEventListener("change", (event) => {
      this.meal = event.target.value;
      this.draw();
    });
    byId("more").addEventListener("click", () => {
      this.limit += PROVIDERS_STEP;
      this.draw();
    });
  }

  slot(provider) {
    return provider.slots.find((one) => one.meal === this.meal && one.date === this.date) || null;
  }

  drawMealChoice() {
    byId("meal").replaceChildren(...["breakfast", "lunch", "dinner"].map((meal) => el("option", { value: meal, selected: meal === this.meal }, t(`meal.${meal}`))));
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
    const closed = provider.closure ? el("span", { class: `tag ${provider.closure.now ? "bad" : "warn"}` }, t(provider.closure.now ? "closed_now" : "closure_planned")) : null;
    const age = slot && slot.data_age_s !== null ? ` · ${t("age", { age: ago(slot.data_age_s) })}` : "";
    return el("li", {},
      el("div", {}, el("div", { class: "name" }, provider.name, " ", closed), el("div", { class: "small" }, `${t(`kind.${provider.kind}`)} · ${provider.provider_id}${age}`)),
      bar(share, words),
      el("div", { class: "right" }, el("div", {}, slot ? t("free_n", { n: number(slot.free) }) : "—"), el("div", { class: "small" }, slot ? `${number(taken(slot))} / ${number(slot.total)}` : words)));
  }
}
