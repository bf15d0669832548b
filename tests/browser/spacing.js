// Space letters as WCAG 1.4.12 asks, and return what is then cut.
() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }" +
      "p { margin-bottom: 2em !important }",
  );
  document.adoptedStyleSheets = [sheet];
  return [...document.querySelectorAll("body *")]
    .filter((e) => {
      const hides = getComputedStyle(e).overflow === "hidden" && e.clientHeight > 2;
      const cut = e.textContent.trim() && e.scrollHeight > e.clientHeight + 2;
      return hides && cut && !e.closest("svg, progress") && e.checkVisibility();
    })
    .map((e) => e.outerHTML.slice(0, 100));
}
