// Remember what Tab must reach, and what it reaches. Returns how many places there are.
() => {
  const groups = new Set();
  window.places = [
    ...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]"),
  ].filter((e) => {
    if (e.tabIndex < 0 || e.disabled || e.type === "hidden") return false;
    if (!e.checkVisibility({ checkVisibilityCSS: true })) return false;
    // A group of radio buttons is one stop.
    if (e.type === "radio" && groups.has(e.name)) return false;
    if (e.type === "radio") groups.add(e.name);
    return true;
  });
  window.reached = new Set();
  document.addEventListener("focusin", (event) => {
    const e = event.target;
    window.reached.add(e.type === "radio" ? window.places.find((place) => place.name === e.name) : e);
  });
  document.activeElement.blur();
  return window.places.length;
}
