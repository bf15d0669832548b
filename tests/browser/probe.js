// What axe does not look at. Returns sentences, one for each fault; [] when the page is right.
() => {
  const faults = [];
  const shown = (e) => e.checkVisibility({ checkVisibilityCSS: true });
  const name = (e) => `<${e.tagName.toLowerCase()}${e.id ? "#" + e.id : ""}${e.className && e.className.baseVal === undefined ? "." + e.className : ""}> ${e.textContent.trim().slice(0, 40)}`;

  if (document.doctype?.name !== "html") faults.push("no doctype");
  if (!document.title.endsWith("Ansanm")) faults.push(`title without the site's name: ${document.title}`);
  if (document.title.startsWith(" –") || document.title.startsWith("–")) faults.push("title without the page's name");
  const firsts = [...document.querySelectorAll("h1")].filter(shown);
  if (firsts.length !== 1) faults.push(`${firsts.length} h1`);
  let level = 0;
  for (const heading of [...document.querySelectorAll("h1,h2,h3,h4,h5,h6")].filter(shown)) {
    const its = Number(heading.tagName[1]);
    if (its > level + 1) faults.push(`heading level skipped before ${name(heading)}`);
    level = its;
  }
  for (const e of document.querySelectorAll("[style]")) faults.push(`inline style: ${name(e)}`);
  for (const e of document.querySelectorAll("font,center,big,marquee,[bgcolor],[align]:not(svg *)"))
    faults.push(`presentational markup: ${name(e)}`);
  for (const landmark of ["header", "main", "footer"])
    if (!document.querySelector(landmark)) faults.push(`no <${landmark}>`);
  const skip = document.querySelector("a.skip-link");
  if (!skip || !document.querySelector(skip.getAttribute("href"))) faults.push("no skip link, or it leads nowhere");
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) faults.push(`id used twice: ${id}`);
  for (const e of document.querySelectorAll("a[href^='#']"))
    if (e.getAttribute("href").length > 1 && !document.getElementById(e.getAttribute("href").slice(1)))
      faults.push(`link to nowhere: ${e.getAttribute("href")}`);
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) {
    const culprit = [...document.querySelectorAll("body *")].filter(
      (e) => e.getBoundingClientRect().right > innerWidth + 1 && shown(e) && !e.closest(".table-frame, .map-list, svg"),
    ).pop();
    faults.push(`${wide} px too wide${culprit ? ": " + name(culprit) : ""}`);
  }
  return faults;
}
