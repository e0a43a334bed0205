// What makes the console quicker to use. Every page works without it; nothing here asks the server for anything.
"use strict";

const home = document.body.dataset.home;
const PLACES = { o: "/", c: "/campaigns", t: "/templates", p: "/placements", l: "/policies", s: "/products", u: "/users" };

/* A question before what is felt at once. Without a script the server asks it on a page of its own. */

const question = document.getElementById("sure");
let asked = null;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.sure || form.dataset.asked) return;
  event.preventDefault();
  asked = { form, button: event.submitter };
  document.getElementById("sure-says").textContent = form.dataset.sure;
  question.showModal();
});
question.querySelector("[data-no]").addEventListener("click", () => question.close());
question.querySelector("[data-yes]").addEventListener("click", () => {
  const { form, button } = asked;
  const sure = document.createElement("input");
  Object.assign(sure, { type: "hidden", name: "sure", value: "1" });
  form.append(sure);
  form.dataset.asked = "1";
  question.close();
  form.requestSubmit(button);
});

/* Keys */

let waiting = "";

function typing(target) {
  return target.closest("input, select, textarea, [contenteditable]") && target.type !== "checkbox";
}

function go(selector) {
  const found = document.querySelector(selector);
  if (found) found.click();
}

function step(by) {
  const links = [...document.querySelectorAll("[data-rows] tbody th a")];
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  links[Math.min(Math.max(at + by, 0), links.length - 1)].focus();
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    const save = event.target.closest("form")?.querySelector("[data-save]");
    if (save) event.preventDefault(), save.click();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || question.open) return;
  if (waiting === "g") {
    waiting = "";
    if (PLACES[event.key]) event.preventDefault(), location.assign(home + PLACES[event.key]);
    return;
  }
  const actions = {
    g: () => (waiting = "g"),
    n: () => go("[data-new]"),
    j: () => step(1),
    k: () => step(-1),
    "/": () => document.querySelector("[data-filter]")?.select(),
    "?": () => location.assign(home + "/help"),
  };
  if (actions[event.key]) event.preventDefault(), actions[event.key]();
});

/* Rows that can be added and removed. Without a script there is one empty row, and empty ones are left out. */

function renamed(row, from, to) {
  for (const part of [row, ...row.querySelectorAll("*")])
    for (const name of ["id", "name", "for", "aria-describedby"])
      if (part.hasAttribute(name)) part.setAttribute(name, part.getAttribute(name).replaceAll(from, to));
}

for (const group of document.querySelectorAll("[data-rows-of]")) {
  const name = group.dataset.rowsOf;
  let next = group.querySelectorAll(".row").length;
  const last = next - 1;
  const empty = group.querySelector(".row:last-of-type").cloneNode(true);
  const add = group.querySelector("[data-add-row]");
  add.hidden = false;
  for (const button of group.querySelectorAll("[data-remove-row]")) button.hidden = false;
  empty.querySelector("[data-remove-row]").hidden = false;
  add.addEventListener("click", () => {
    const row = empty.cloneNode(true);
    renamed(row, `${name}.${last}.`, `${name}.${next}.`);
    group.insertBefore(row, add.previousElementSibling);
    next += 1;
    row.querySelector("input, select").focus();
  });
  group.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove-row]");
    if (button) button.closest(".row").remove(), add.focus();
  });
}

/* Variants, as they are written */

const variants = document.querySelector("[data-variants]");
if (variants) {
  const lines = (name) =>
    (document.getElementById(`f-grammar.${name}`)?.value ?? "").split("\n").map((line) => line.trim()).filter(Boolean);
  const own = (name) => [document.getElementById(`f-creative.${name}`)?.value ?? ""];
  const there = () => document.getElementById("f-grammar")?.checked;
  const show = () => {
    const several = (name, other) => (there() && lines(name).length ? lines(name) : own(other));
    const [headlines, calls] = [several("headlines", "title"), several("calls_to_action", "call_to_action")];
    variants.querySelector("[data-count]").textContent = headlines.length * calls.length;
    const rows = headlines.flatMap((headline) => calls.map((call) => {
      const [row, said, button] = ["li", "span", "b"].map((tag) => document.createElement(tag));
      said.textContent = headline || "–";
      button.textContent = call;
      row.append(said, " ", button);
      return row;
    }));
    variants.querySelector("[data-list]").replaceChildren(...rows.slice(0, 50));
  };
  document.addEventListener("input", (event) => /^f-(grammar|creative)/.test(event.target.id) && show());
}

/* What was said once is not said again when the page is loaded anew. */

if (document.querySelector("[data-done]")) {
  const address = new URL(location.href);
  address.searchParams.delete("done");
  history.replaceState(null, "", address);
}

/* Leaving a form that was written in */

const written = document.querySelector("[data-item]");
if (written) {
  let touched = false;
  written.addEventListener("input", () => (touched = true));
  written.addEventListener("submit", () => (touched = false));
  addEventListener("beforeunload", (event) => touched && event.preventDefault());
}

document.getElementById("faults")?.focus();
document.getElementById("meanwhile")?.focus();
