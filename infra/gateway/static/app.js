// The living page: numbers from the register, decisions as the journal tells them, both said plainly when they are late.
import { drawWho, installAccess, seen } from "./access.js";
import { byId, clockOf, coalesced, el, setText } from "./dom.js";
import { Latest, setPanel, setProviderNames } from "./decisions.js";
import { openLive, read } from "./feed.js";
import { installLookup } from "./lookup.js";
import { drawMap } from "./map.js";
import { PANELS } from "./domains/registry.js";
import { drawTasks } from "./panels.js";
import { ago, currentLanguage, number, switchLanguage, t } from "./words.js";

const REFRESH_MS = 1000;
const QUIET_REFRESH_MS = 10000;
const SLOW_REFRESH_MS = 4000;
const RATE_WINDOW_MS = 60000;

const view = { area: null, overview: null, tasks: [], map: null, link: null, state: null, trouble: false, fetchedAt: 0 };
const arrivals = [];
let panels = [];
let panel = null;
const lookup = installLookup(() => panel);
const latest = new Latest(byId("latest"), byId("pause"), lookup.lookUp);
let closeLive = () => {};
let dirty = true;
let refreshing = false;
let lastRefresh = 0;
let lastSlow = 0;
let named = false;

const drawLatest = coalesced(() => latest.draw());

function translate() {
  document.documentElement.lang = currentLanguage() === "zh" ? "zh-CN" : "en";
  document.title = t("title");
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll("[data-title]")) element.title = t(element.dataset.title);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", t(element.dataset.label));
  for (const element of document.querySelectorAll("[data-placeholder]")) element.placeholder = t(element.dataset.placeholder);
}

function drawAll() {
  drawStatus();
  drawWho();
  if (panel === null) return;
  drawTabs();
  latest.drawn = null;
  latest.draw();
  panel.redraw();
  if (!view.overview) return;
  drawOverview();
  drawTasks(view.tasks, lookup.lookUp);
  if (view.map) drawMap(panel.markers(view.map));
}

function drawOverview() {
  byId("numbers").replaceChildren(...panel.numbers(view.overview));
  panel.overview(view.overview);
}

function drawTabs() {
  byId("tabs").replaceChildren(...panels.map((one) =>
    el("button", { type: "button", role: "tab", "aria-selected": String(one === panel), on: { click: () => open(one) } }, t(`domain.${one.name}`))));
}

// Shows a domain: its own cards, its own choices, its own areas. Nothing of the one before stays.
async function open(one) {
  if (one === panel) return;
  closeLive();
  panel = one;
  setPanel(one);
  lookup.clear();
  latest.filter = panel.filter || "all";
  latest.replace([]);
  const rooms = { top: byId("room_top"), right: byId("room_right"), bottom: byId("room_bottom"), side: byId("room_side"), legend: byId("room_legend") };
  for (const room of Object.values(rooms)) room.replaceChildren();
  byId("numbers").replaceChildren();
  byId("map").replaceChildren();
  drawTasks([], lookup.lookUp);
  panel.build(rooms);
  const choices = [["all", "all"], ["refused", "only_refused"], ...panel.filters];
  byId("filter").replaceChildren(...choices.map(([value, key]) => el("option", { value, "data-t": key, selected: value === latest.filter })));
  Object.assign(view, { area: null, overview: null, map: null, link: null, state: null, tasks: [], trouble: false });
  byId("area").replaceChildren();
  const address = new URL(location.href);
  address.searchParams.set("domain", panel.name);
  history.replaceState(null, "", address);
  translate();
  drawTabs();
  await loadAreas();
}

async function loadDomains() {
  if (panels.length) return;
  try {
    const answer = await read("/v1/domains");
    view.trouble = !answer.ok;
    if (!answer.ok) return;
    seen(answer.body.you);
    panels = PANELS.filter((one) => answer.body.domains.includes(one.name));
    for (const one of panels) one.played = answer.body.played;
    const wanted = new URLSearchParams(location.search).get("domain");
    if (panels.length) await open(panels.find((one) => one.name === wanted) || panels[0]);
  } catch {
    view.trouble = true;
  } finally {
    drawStatus();
  }
}

function drawStatus() {
  const pill = byId("connection");
  const words = view.link === null ? "connecting" : !view.link ? "reconnecting" : view.state && !view.state.caught_up ? "behind" : "live";
  setText("connection", t(words));
  pill.className = `pill ${words === "live" ? "good" : words === "reconnecting" ? "bad" : ""}`;
  const trouble = view.state && view.state.recording === false ? "recording_trouble" : view.trouble ? "register_trouble" : null;
  byId("trouble").hidden = trouble === null;
  if (trouble) setText("trouble", t(trouble));
  document.body.classList.toggle("stale", view.link === false || view.trouble);
  const cut = Date.now() - RATE_WINDOW_MS;
  while (arrivals.length && arrivals[0][0] < cut) arrivals.shift();
  setText("rate", t("latest_rate", { n: number(arrivals.reduce((sum, [, n]) => sum + n, 0)) }));
  if (!view.overview) return;
  const since = (Date.now() - view.fetchedAt) / 1000;
  const age = view.overview.projection.age_s;
  setText("data_age", ago(age === null ? null : Math.max(0, age) + since));
  setText("ahead", number(view.overview.journal.records_ahead));
  setText("clock", `${view.overview.now.slice(0, 10)} ${clockOf(view.overview.now)}`);
  setText("day", view.overview.date);
}

async function refresh() {
  const now = Date.now();
  const due = dirty ? now - lastRefresh >= REFRESH_MS : now - lastRefresh >= QUIET_REFRESH_MS;
  if (refreshing || !due || view.area === null || document.hidden) return;
  refreshing = true;
  dirty = false;
  lastRefresh = now;
  const area = view.area;
  const shown = panel;
  const slow = now - lastSlow >= SLOW_REFRESH_MS;
  try {
    const query = `area=${encodeURIComponent(area)}`;
    const overview = await read(`/v1/${panel.name}/overview?${query}`);
    if (area !== view.area || shown !== panel) return;
    view.trouble = !overview.ok;
    if (!overview.ok) return;
    view.overview = overview.body;
    view.fetchedAt = Date.now();
    drawOverview();
    if (slow || !view.map) await refreshSlow(area, query);
  } catch {
    view.trouble = true;
  } finally {
    refreshing = false;
    drawStatus();
  }
}

async function refreshSlow(area, query) {
  const shown = panel;
  lastSlow = Date.now();
  const day = `day=${view.overview.date}`;
  const [tasks, map, capacity] = await Promise.all([
    read(`/v1/${panel.name}/tasks?${query}`), read(`/v1/${panel.name}/map?${query}&${day}`), read(`/v1/${panel.name}/capacity?${query}&${day}`)]);
  if (area !== view.area || shown !== panel) return;
  view.trouble = !(tasks.ok && map.ok && capacity.ok);
  if (view.trouble) return;
  view.tasks = tasks.body.tasks;
  view.map = map.body;
  setProviderNames(panel.names(capacity.body.providers));
  if (!named) {
    named = true;
    latest.drawn = null;
    latest.draw();
  }
  drawTasks(view.tasks, lookup.lookUp);
  drawMap(panel.markers(view.map));
  panel.slow({ capacity: capacity.body, map: view.map, date: view.overview.date });
}

async function show(area) {
  closeLive();
  Object.assign(view, { area, overview: null, map: null, link: null, state: null, tasks: [] });
  arrivals.length = 0;
  lastRefresh = 0;
  lastSlow = 0;
  named = false;
  dirty = true;
  drawStatus();
  closeLive = openLive(panel.name, area, {
    link: (connected) => {
      view.link = connected;
      // What was decided while the line was down is in the register.
      if (connected) loadLatest(area);
      dirty = true;
      drawStatus();
    },
    state: (state) => {
      view.state = state;
      if (panel.live) panel.live(state);
      drawStatus();
    },
    decisions: (message) => {
      arrivals.push([Date.now(), message.decided]);
      latest.add(message.decisions, message.decided);
      dirty = true;
      drawLatest();
    },
  });
  await refresh();
}

async function loadLatest(area) {
  const shown = panel;
  try {
    const answer = await read(`/v1/${panel.name}/decisions?area=${encodeURIComponent(area)}&limit=60`);
    if (answer.ok && shown === panel && area === view.area) latest.replace(answer.body.decisions);
  } catch {
    view.trouble = true;
  }
}

async function loadAreas() {
  if (panel === null) return loadDomains();
  const shown = panel;
  try {
    const answer = await read(`/v1/${panel.name}/areas`);
    if (shown !== panel) return;
    view.trouble = !answer.ok;
    if (!answer.ok) return;
    const known = answer.body.areas.map((one) => one.area);
    const select = byId("area");
    const have = [...select.options].map((one) => one.value);
    if (known.join() !== have.join()) select.replaceChildren(...known.map((area) => el("option", { value: area, selected: area === view.area }, t(`area.${area}`))));
    if (view.area === null && known.length) {
      const busiest = answer.body.areas.reduce((a, b) => (b.decisions > a.decisions ? b : a)).area;
      const wanted = new URLSearchParams(location.search).get("area");
      select.value = known.includes(wanted) ? wanted : busiest;
      await show(select.value);
    }
  } catch {
    view.trouble = true;
  } finally {
    drawStatus();
  }
}

byId("area").addEventListener("change", (event) => show(event.target.value));
byId("filter").addEventListener("change", (event) => {
  latest.filter = event.target.value;
  latest.drawn = null;
  latest.draw();
});
byId("language").addEventListener("click", () => {
  switchLanguage();
  for (const option of byId("area").options) option.textContent = t(`area.${option.value}`);
  translate();
  drawAll();
  lookup.redraw();
});
document.addEventListener("visibilitychange", refresh);

installAccess(() => {
  dirty = true;
  loadAreas();
});
translate();
drawStatus();
loadDomains();
setInterval(refresh, 250);
setInterval(drawStatus, 1000);
setInterval(loadAreas, 15000);
