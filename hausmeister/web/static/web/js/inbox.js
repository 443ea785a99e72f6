// The inbox at a wide desk: the item whose row has the focus is shown beside the list. What somebody types stays.
(() => {
  const wide = matchMedia("(min-width: 1100px)");
  let shown = "";
  const show = (row) => {
    const title = row && row.querySelector(".title"), pane = document.getElementById("pane");
    if (!title || !pane || !wide.matches || shown === title.href) return;
    const draft = pane.querySelector("textarea");
    if (draft && draft.value !== draft.defaultValue) return;
    shown = title.href;
    htmx.ajax("GET", title.href, { target: "#pane", swap: "innerHTML" });
  };
  document.addEventListener("focusin", (event) => show(event.target.closest("#items .rowline")));
  document.addEventListener("htmx:beforeSwap", (event) => { if (event.detail.target.id === "items") shown = ""; });
  window.addEventListener("load", () => show(document.querySelector("#items .rowline")));
})();
