// Every word of the page, Chinese first: the shared ones and each domain's, one line a domain. Both languages have the same keys and
// no key stands twice; a test compares them and checks that every reason, rule and task kind of the schemas has its words.
import * as shared_zh from "./words/shared_zh.js";
import * as shared_en from "./words/shared_en.js";
import * as childcare_zh from "./words/childcare_zh.js";
import * as childcare_en from "./words/childcare_en.js";
import * as emergency_zh from "./words/emergency_zh.js";
import * as emergency_en from "./words/emergency_en.js";
import * as meals_zh from "./words/meals_zh.js";
import * as meals_en from "./words/meals_en.js";
import * as beds_zh from "./words/beds_zh.js";
import * as beds_en from "./words/beds_en.js";

export const STRINGS = {
  zh: { ...shared_zh.zh, ...meals_zh.zh, ...beds_zh.zh, ...emergency_zh.zh, ...childcare_zh.zh },
  en: { ...shared_en.en, ...meals_en.en, ...beds_en.en, ...emergency_en.en, ...childcare_en.en },
};
