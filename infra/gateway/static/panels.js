// What every domain's page has: the open tasks of humans.
import { byId, el, setText } from "./dom.js";
import { duration, number, t } from "./words.js";

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
