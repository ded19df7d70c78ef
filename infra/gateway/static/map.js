// A plain map from WGS-84 positions: no tiles, nothing from elsewhere. North is up; east-west is shortened by the latitude.
import { byId, svg } from "./dom.js";
import { t } from "./words.js";

const WIDTH = 640;
const HEIGHT = 420;
const MARGIN = 26;
const LABELS_MAX = 24;

// `sites` and `points` as a domain's `markers` gives them (domains/registry.js).
export function drawMap({ sites, points }) {
  const map = byId("map");
  if (!sites.length && !points.length) {
    map.replaceChildren(svg("text", { x: WIDTH / 2, y: HEIGHT / 2, "text-anchor": "middle" }, t("map_empty")));
    return;
  }
  const place = projection(sites.concat(points.filter((one) => one.position)).map((one) => one.position));
  const at = new Map(sites.map((one) => [one.id, place(one.position)]));
  const parts = [];
  for (let i = 1; i < 8; i += 1) parts.push(svg("line", { class: "grid-line", x1: (WIDTH / 8) * i, x2: (WIDTH / 8) * i, y1: 0, y2: HEIGHT }));
  for (let i = 1; i < 6; i += 1) parts.push(svg("line", { class: "grid-line", y1: (HEIGHT / 6) * i, y2: (HEIGHT / 6) * i, x1: 0, x2: WIDTH }));
  for (const point of points.filter((one) => one.position)) {
    const [x, y] = place(point.position);
    const to = at.get(point.to);
    if (to) parts.push(svg("line", { class: "o-line", x1: x, y1: y, x2: to[0], y2: to[1] }));
    if (!point.kind) parts.push(svg("circle", { class: "o", cx: x, cy: y, r: 2.2 }));
  }
  const radius = sites.length > 120 ? 4.5 : 6.5;
  for (const site of sites) {
    const [x, y] = at.get(site.id);
    parts.push(svg("circle", { class: `p p-${site.kind}`, cx: x, cy: y, r: radius }, svg("title", {}, site.title)));
  }
  // What is urgent lies on top.
  for (const point of points.filter((one) => one.position && one.kind)) {
    const [x, y] = place(point.position);
    const on = point.open ? { click: point.open } : {};
    parts.push(svg("rect", { class: `o o-${point.kind}`, x: x - 6, y: y - 6, width: 12, height: 12, on }, svg("title", {}, point.title)));
  }
  if (sites.length <= LABELS_MAX) {
    for (const site of sites) {
      const [x, y] = at.get(site.id);
      const left = x > WIDTH * 0.72;
      parts.push(svg("text", { x: left ? x - 10 : x + 10, y: y + 4, "text-anchor": left ? "end" : "start" }, site.label));
    }
  }
  map.replaceChildren(...parts);
}

function projection(positions) {
  const lats = positions.map((one) => one.lat);
  const lons = positions.map((one) => one.lon);
  const [south, north, west, east] = [Math.min(...lats), Math.max(...lats), Math.min(...lons), Math.max(...lons)];
  const shorten = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const wide = Math.max((east - west) * shorten, 0.002);
  const high = Math.max(north - south, 0.002);
  const scale = Math.min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high);
  const left = (WIDTH - wide * scale) / 2;
  const top = (HEIGHT - high * scale) / 2;
  return ({ lat, lon }) => [left + (lon - west) * shorten * scale, top + (north - lat) * scale].map((n) => Math.round(n * 10) / 10);
}
