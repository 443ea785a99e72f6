// Keys, for those who want them (off in the profile). The same letter means the same everywhere.
(() => {
  if (!("keys" in document.body.dataset)) return;
  let after = "", timer = 0;
  const rows = () => [...document.querySelectorAll(".rowline .title, .alerts .title")];
  const here = () => {
    const row = document.activeElement && document.activeElement.closest(".rowline, .alerts tbody tr");
    return row || document.getElementById("page") || document;
  };
  const move = (step) => {
    const all = rows(), place = all.indexOf(here().querySelector(".title"));
    const next = all[Math.min(all.length - 1, Math.max(0, place + step))];
    if (next) next.focus();
  };
  const press = (key) => {
    const box = here().querySelector(".pick[name]"), verb = box && document.querySelector(`.bulk [data-key="${key}"]`);
    if (verb) {
      if (!box.form.querySelector(".pick[name]:checked")) box.click();
      verb.click();
      return true;
    }
    const draft = key === "w" && document.querySelector(".pane textarea");
    if (draft && draft.offsetParent) { draft.focus(); return true; }
    const found = here().querySelector(`[data-key="${key}"]`) || (here() !== document && document.querySelector(`.bar [data-key="${key}"]`));
    if (!found) return false;
    if (found.matches("input, textarea")) found.focus();
    else found.click();
    return true;
  };
  const escape = () => {
    const menu = document.querySelector("details.menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); return; }
    const back = document.querySelector(".bar .back");
    if (back) location.assign(back.href);
  };
  const act = (key) => {
    if (after === "g") {
      const link = document.querySelector(`[data-key="g ${key}"]`);
      if (link) link.click();
      return true;
    }
    if (key === "j" || key === "k") { move(key === "j" ? 1 : -1); return true; }
    if (key === "x") { const box = here().querySelector(".pick"); if (box) box.click(); return true; }
    if (key === "?") { document.getElementById("keys").showModal(); return true; }
    if (key === "/") {
      const find = document.getElementById("find");
      if (find) find.focus(); else location.assign("/alerts#find");
      return true;
    }
    if (key === "u") { const undo = document.querySelector('[data-toast] [data-key="u"]'); if (undo) undo.click(); return true; }
    if (key === "Escape") { escape(); return false; }
    return "aescwtpn".includes(key) && press(key);
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select, dialog")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (act(event.key)) event.preventDefault();
    clearTimeout(timer);
    after = event.key === "g" && after !== "g" ? "g" : "";
    timer = setTimeout(() => { after = ""; }, 1e3);
  });
})();
