"use strict";
/* Rows of the editor added in place. Without a script, the same button asks the server for one more. */

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=add]");
  if (!button) return;
  const name = button.value;
  const total = button.form.elements[`${name}-TOTAL_FORMS`];
  const rows = button.parentElement.querySelectorAll(
    button.closest(".row-targets") ? ":scope > .row-cells" : ":scope > .row-card");
  const last = rows[rows.length - 1];
  if (!total || !last) return;
  event.preventDefault();
  const n = rows.length;
  const row = last.cloneNode(true);
  empty(row);
  for (const element of [row, ...row.querySelectorAll("*")]) {
    for (const attribute of element.attributes) {
      attribute.value = attribute.value.replaceAll(`${name}-${n - 1}-`, `${name}-${n}-`);
    }
  }
  row.id = row.id.replace(/\d+$/, n);
  const legend = row.querySelector(":scope > legend");
  if (legend) legend.textContent = legend.textContent.replace(/\d+\s*$/, n + 1);
  for (const words of row.querySelectorAll("button .visually-hidden")) {
    words.textContent = words.textContent.replace(/\d+\s*$/, n + 1);
  }
  last.after(row);
  total.value = n + 1;
  row.querySelector("input:not([type=hidden]), textarea, select").focus();
});

/* A copy of a row without what was typed in it, its own targets but the first one left out. */
function empty(row) {
  for (const field of row.querySelectorAll("input, textarea, select")) {
    if (field.name.endsWith("-TOTAL_FORMS")) field.value = "1";
    else if (field.name.endsWith("-INITIAL_FORMS")) field.value = "0";
    else if (/-(MIN|MAX)_NUM_FORMS$/.test(field.name)) continue;
    else if (field.type === "checkbox") field.checked = false;
    else if (field.tagName === "SELECT") field.selectedIndex = 0;
    else field.value = "";
    field.removeAttribute("aria-invalid");
  }
  for (const extra of [...row.querySelectorAll(".row-targets > .row-cells")].slice(1)) extra.remove();
  for (const error of row.querySelectorAll(".field-error")) error.remove();
  for (const field of [row, ...row.querySelectorAll(".field-invalid")]) field.classList.remove("field-invalid");
}

/* Leaving with something typed is asked about by the browser; saving is not leaving. */
let touched = false;
for (const form of document.querySelectorAll("form.editor")) {
  form.addEventListener("input", () => { touched = true; });
  form.addEventListener("submit", () => { touched = false; });
}
window.addEventListener("beforeunload", (event) => { if (touched) event.preventDefault(); });
