// The list of homes with one bar each: sorted, searched, shown in steps; how old each home's word is.
import { bar, byId, card, el, setText } from "../dom.js";
import { ago, number, t } from "../words.js";

const STEP = 20;

// Nearly full is what a home should be: its bar warns of nothing.
function calm(made) {
  made.className = "bar";
  return made;
}

export class Homes {
  constructor() {
    this.rows = [];
    this.limit = STEP;
  }

  build() {
    const sorts = [["free", "beds_sort_free"], ["share", "beds_sort_share"], ["name", "sort_name"]].map(([value, key]) => el("option", { value, "data-t": key }));
    const made = card("beds_homes", { count: "beds_home_count" },
      el("div", { class: "tools" },
        el("input", { id: "beds_search", type: "search", autocomplete: "off", "data-placeholder": "search", "data-label": "search" }),
        el("select", { id: "beds_sort", "data-label": "sort" }, sorts)),
      el("ul", { id: "beds_homes", class: "providers" }),
      el("button", { id: "beds_more", type: "button", class: "quiet wide", hidden: true }));
    made.querySelector("#beds_search").addEventListener("input", () => this.draw());
    made.querySelector("#beds_sort").addEventListener("change", () => this.draw());
    made.querySelector("#beds_more").addEventListener("click", () => {
      this.limit += STEP;
      this.draw();
    });
    return made;
  }

  name(id) {
    return this.rows.find((one) => one.facility_id === id)?.name || id;
  }

  draw() {
    const wanted = byId("beds_search").value.trim().normalize("NFC").toLowerCase();
    const found = this.rows.filter((one) => !wanted || one.name.normalize("NFC").toLowerCase().includes(wanted) || one.facility_id.toLowerCase().includes(wanted));
    const share = (one) => (one.total ? one.occupied / one.total : 0);
    const byName = (a, b) => a.name.localeCompare(b.name, "zh-CN");
    found.sort({ free: (a, b) => b.free - a.free || byName(a, b), share: (a, b) => share(b) - share(a) || byName(a, b), name: byName }[byId("beds_sort").value]);
    setText("beds_home_count", number(found.length));
    const rest = Math.max(0, found.length - this.limit);
    byId("beds_more").hidden = rest === 0;
    setText("beds_more", t("load_more", { n: number(Math.min(rest, STEP)) }));
    byId("beds_homes").replaceChildren(...(found.length ? found.slice(0, this.limit).map((one) => this.item(one)) : [el("li", { class: "muted" }, t("no_match"))]));
  }

  item(one) {
    const words = t("beds_occupied_of", { n: number(one.occupied), total: number(one.total) });
    const age = one.data_age_s === null ? "" : ` · ${t("age", { age: ago(one.data_age_s) })}`;
    const promised = one.held + one.reserved;
    const free = one.beds.filter((group) => group.free).map((group) => `${t(`bed_type.${group.bed_type}`)}（${t(`pool.${group.pool}`)}）${number(group.free)}`);
    return el("li", {},
      el("div", {},
        el("div", { class: "name" }, one.name, " ", one.silent ? el("span", { class: "tag bad" }, t("beds_silent")) : null),
        el("div", { class: "small" }, `${one.facility_id}${age}`),
        free.length ? el("div", { class: "small" }, free.join(" · ")) : null),
      calm(bar(one.total ? one.occupied / one.total : 0, words)),
      el("div", { class: "right" }, el("div", {}, t("free_n", { n: number(one.free) })),
        el("div", { class: "small" }, words), promised ? el("div", { class: "small" }, t("beds_promised_n", { n: number(promised) })) : null));
  }
}
