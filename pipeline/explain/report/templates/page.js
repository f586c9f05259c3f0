"use strict";
(() => {
  const samples = [...document.querySelectorAll(".sample")];
  const search = document.getElementById("search");
  const chips = [...document.querySelectorAll(".chip")];
  const found = document.getElementById("found");
  const contents = samples.map((each) => each.textContent.toLowerCase());
  let kind = "";

  function show() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    samples.forEach((each, place) => {
      const fits = (!kind || each.dataset.kind === kind) && words.every((word) => contents[place].includes(word));
      each.hidden = !fits;
      count += fits;
    });
    found.textContent = words.length || kind ? `${count} of ${samples.length} samples` : "";
  }

  function move(step) {
    const visible = samples.filter((each) => !each.hidden);
    if (!visible.length) return;
    const place = visible.findIndex((each) => each.contains(document.activeElement));
    const next = place < 0 ? (step > 0 ? 0 : visible.length - 1) : Math.min(Math.max(place + step, 0), visible.length - 1);
    visible[next].querySelector("summary").focus();
    visible[next].scrollIntoView({ block: "nearest" });
  }

  search.addEventListener("input", show);
  chips.forEach((chip) => chip.addEventListener("click", () => {
    kind = chip.dataset.kind;
    chips.forEach((each) => each.setAttribute("aria-pressed", String(each === chip)));
    show();
  }));
  document.querySelectorAll("[data-more]").forEach((button) => button.addEventListener("click", () => {
    button.previousElementSibling.classList.add("opened");
    button.remove();
  }));
  document.querySelectorAll("[data-sort]").forEach((button) => button.addEventListener("click", () => {
    const body = button.closest("table").tBodies[0];
    const column = Number(button.dataset.sort);
    const down = button.dataset.down !== "true";
    button.dataset.down = String(down);
    const value = (row) => column ? parseFloat(row.cells[column].textContent.replace(/,/g, "")) : row.cells[0].textContent;
    const rows = [...body.rows].sort((one, other) => {
      const [a, b] = [value(one), value(other)];
      const order = column ? a - b : b.localeCompare(a);
      return down ? -order : order;
    });
    body.append(...rows);
  }));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target === search) {
      if (event.key === "Escape") { search.value = ""; show(); search.blur(); }
      return;
    }
    if (event.key === "/") { event.preventDefault(); search.focus(); }
    else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
  });
})();
