// Who sits here, when the gateway asks: a token, kept in this tab only and sent as a header, never as a cookie and never in an address.
import { byId, setText } from "./dom.js";
import { t } from "./words.js";

const KEPT = "laoxiao.token";
let token = "";
let asked = null;
try {
  token = sessionStorage.getItem(KEPT) || "";
} catch {
  // Storage may be forbidden; the token then lasts as long as the page.
}

// What the server said of who sits here: {role, id}, or null where nobody is asked.
export let you = null;

export function authorization() {
  return token ? { authorization: `Bearer ${token}` } : {};
}

export function seen(who) {
  you = who;
  drawWho();
}

export function drawWho() {
  byId("sign_out").hidden = you === null;
  setText("who", you === null ? "" : `${t(`role_of.${you.role}`)} ${you.id}`);
}

// Asks once for a token, whoever finds that one is missing; `code` is the server's reason. Resolves when a person has given one.
export function askToken(code) {
  setText("sign_in_why", t(`access.${code}`));
  if (asked !== null) return asked.promise;
  asked = {};
  asked.promise = new Promise((resolve) => {
    asked.done = resolve;
  });
  if (!byId("sign_in").open) byId("sign_in").showModal();
  byId("token").focus();
  return asked.promise;
}

function keep(given) {
  token = given;
  try {
    if (given) sessionStorage.setItem(KEPT, given);
    else sessionStorage.removeItem(KEPT);
  } catch {
    // See above.
  }
}

// `again` is called when a token was given, so that everything is read with it.
export function installAccess(again) {
  byId("sign_in_form").addEventListener("submit", (event) => {
    event.preventDefault();
    const given = byId("token").value.trim().replace(/^Bearer\s+/i, "");
    byId("token").value = "";
    if (!/^[A-Za-z0-9._-]+$/.test(given)) {
      setText("sign_in_why", t("access.token_not_valid"));
      return;
    }
    keep(given);
    byId("sign_in").close();
    const waiting = asked;
    asked = null;
    if (waiting !== null) waiting.done();
    again();
  });
  // Without a token there is nothing to see behind it.
  byId("sign_in").addEventListener("cancel", (event) => event.preventDefault());
  byId("sign_out").addEventListener("click", () => {
    keep("");
    location.reload();
  });
}
