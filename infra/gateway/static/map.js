// A plain map from WGS-84 positions: no tiles, nothing from elsewhere. North is up; east-west is shortened by the latitude.
import { byId, svg } from "./dom.js";
import { taken } from "./panels.js";
import { number, t } from "./words.js";

const WIDTH = 640;
const HEIGHT = 420;
const MARGIN = 26;
const LABELS_MAX = 24;

export function drawMap(data) {
  const map = byId("map");
  const providers = data.providers.filter((one) => one.position);
  if (!providers.length) {
    map.replaceChildren(svg("text", { x: WIDTH / 2, y: HEIGHT / 2, "text-anchor": "middle" }, t("map_empty")));
    return;
  }
  const place = projection(providers.concat(data.requests.filter((one) => one.position)).map((one) => one.position));
  const at = new Map(providers.map((one) => [one.provider_id, place(one.position)]));
  const parts = [];
  for (let i = 1; i < 8; i += 1) parts.push(svg("line", { class: "grid-line", x1: (WIDTH / 8) * i, x2: (WIDTH / 8) * i, y1: 0, y2: HEIGHT }));
  for (let i = 1; i < 6; i += 1) parts.push(svg("line", { class: "grid-line", y1: (HEIGHT / 6) * i, y2: (HEIGHT / 6) * i, x1: 0, x2: WIDTH }));
  for (const request of data.requests) {
    const [x, y] = place(request.position);
    const to = at.get(request.provider_id);
    if (to) parts.push(svg("line", { class: "o-line", x1: x, y1: y, x2: to[0], y2: to[1] }));
    parts.push(svg("circle", { class: "o", cx: x, cy: y, r: 2.2 }));
  }
  const radius = providers.length > 120 ? 4.5 : 6.5;
  for (const provider of providers) {
    const [x, y] = at.get(provider.provider_id);
    const share = provider.total ? provider.free / provider.total : 0;
    const kind = provider.closure?.now || share <= 0 ? "full" : share < 0.15 ? "little" : "free";
    const words = `${provider.name} · ${t("used_of", { held: number(taken(provider)), total: number(provider.total) })}`;
    parts.push(svg("circle", { class: `p p-${kind}`, cx: x, cy: y, r: radius }, svg("title", {}, words)));
  }
  if (providers.length <= LABELS_MAX) {
    for (const provider of providers) {
      const [x, y] = at.get(provider.provider_id);
      const left = x > WIDTH * 0.72;
      parts.push(svg("text", { x: left ? x - 10 : x + 10, y: y + 4, "text-anchor": left ? "end" : "start" }, provider.name));
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
