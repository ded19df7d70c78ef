// Every word of the page, Chinese first. Both tables have the same keys; a test compares them and checks that every reason,
// rule and task kind of the schemas has its words here.
import { en } from "./strings_en.js";
import { zh } from "./strings_zh.js";

export const STRINGS = { zh, en };
