// The language of the page and the words of a key in it.
import { STRINGS } from "./strings.js";

const KEPT = "laoxiao.language";
let language = "zh";
try {
  if (localStorage.getItem(KEPT) === "en") language = "en";
} catch {
  // Storage may be forbidden; the switch then lasts as long as the page.
}

export function currentLanguage() {
  return language;
}

export function switchLanguage() {
  language = language === "zh" ? "en" : "zh";
  try {
    localStorage.setItem(KEPT, language);
  } catch {
    // See above.
  }
}

// The words of a key, with {names} filled in. An unknown code is shown as it is: a new release may know more than this page.
export function t(key, values = {}) {
  const text = STRINGS[language][key] ?? key.slice(key.indexOf(".") + 1);
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export function number(value) {
  return new Intl.NumberFormat(language === "zh" ? "zh-CN" : "en-GB").format(value);
}

export function ago(seconds) {
  if (seconds === null || seconds === undefined) return t("never");
  if (seconds < 2) return t("just_now");
  if (seconds < 90) return t("seconds_ago", { n: Math.round(seconds) });
  if (seconds < 5400) return t("minutes_ago", { n: Math.round(seconds / 60) });
  return t("hours_ago", { n: Math.round(seconds / 3600) });
}

export function duration(seconds) {
  const zh = language === "zh";
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} ${zh ? "秒" : "s"}`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} ${zh ? "分钟" : "min"}`;
  return `${Math.round(seconds / 3600)} ${zh ? "小时" : "h"}`;
}
