// Offers the members as one types « @ » in a comment. A script because only it knows where the caret is;
// without it, the list of boxes under the comment does the same. Buttons rather than a list box: Tab and
// Enter reach them with nothing to learn.
const MOST = 6;
const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

for (const area of document.querySelectorAll("textarea[data-mentions]")) {
  const offer = document.querySelector(`[data-offer="${area.id}"]`);
  if (!offer) continue;
  const [status, buttons] = [offer.querySelector("[role=status]"), offer.querySelector(".button-row")];
  const boxes = [...area.form.querySelectorAll("input[data-name]")];

  const sought = () => {
    const before = area.value.slice(0, area.selectionStart);
    return /(?:^|\s)@([\p{L}'’-]*(?: [\p{L}'’-]*)?)$/u.exec(before);
  };
  const close = () => {
    offer.hidden = true;
    buttons.replaceChildren();
    status.textContent = "";
  };
  const choose = (box) => {
    const found = sought();
    const end = area.selectionStart;
    const start = found ? end - found[1].length : end;
    area.setRangeText(`${box.dataset.name} `, start, end, "end");
    // Two people may bear one name: the box says which.
    box.checked = true;
    close();
    area.focus();
  };
  area.addEventListener("input", () => {
    const found = sought();
    if (!found) return close();
    const text = folded(found[1]);
    const people = boxes.filter((box) => folded(box.dataset.name).split(" ").some((word) => word.startsWith(text))
      || folded(box.dataset.name).startsWith(text)).slice(0, MOST);
    if (!people.length && found[1].includes(" ")) return close();
    status.textContent = people.length ? offer.dataset.some : offer.dataset.none;
    buttons.replaceChildren(...people.map((box) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-secondary btn-sm";
      button.textContent = box.labels[0].textContent;
      button.addEventListener("click", () => choose(box));
      return button;
    }));
    offer.hidden = false;
  });
  for (const part of [area, offer]) {
    part.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !offer.hidden) {
        close();
        area.focus();
      }
    });
  }
}
