// The rota: a turn's details where the pointer rests, and a turn dragged onto another, which opens the form for it.
(() => {
  const DESK = 900, FAR = 6, REST = 400;
  const slotOf = (link) => document.getElementById(link.getAttribute("href").slice(1));
  const isOpen = (slot) => slot && slot.matches(":popover-open");
  let timer = 0, hovered = null, missed = false, drag = null;

  const place = (slot, link) => {
    slot.removeAttribute("style");
    if (innerWidth < DESK) return;
    const at = link.getBoundingClientRect(), height = slot.offsetHeight;
    const below = at.bottom + 6 + height < innerHeight;
    slot.style.left = `${Math.max(8, Math.min(at.left, innerWidth - slot.offsetWidth - 24))}px`;
    slot.style.top = `${Math.max(8, below ? at.bottom + 6 : at.top - height - 6)}px`;
  };
  const open = (link, byPointer) => {
    const slot = slotOf(link);
    if (!slot || !slot.showPopover) return false;
    link.querySelectorAll("title").forEach((one) => one.remove());
    if (!isOpen(slot)) slot.showPopover();
    place(slot, link);
    hovered = byPointer ? slot : null;
    if (!byPointer) slot.focus();
    return true;
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-slot]"), close = event.target.closest("[data-close-slot]");
    if (link && !event.ctrlKey && !event.metaKey) {
      clearTimeout(timer);
      if (open(link)) event.preventDefault();
    }
    const slot = close && close.closest(".turn");
    if (isOpen(slot)) { slot.hidePopover(); event.preventDefault(); }
  });
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse" || drag) return;
    const link = event.target.closest("[data-slot]");
    clearTimeout(timer);
    if (link) timer = setTimeout(open, REST, link, true);
    else if (hovered && !hovered.contains(event.target)) timer = setTimeout(() => isOpen(hovered) && hovered.hidePopover(), REST);
  });
  // what changed meanwhile waits until the details are closed
  const alike = (link) => [...document.querySelectorAll(`[data-slot][href="${link.getAttribute("href")}"]`)];
  let kept = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "rota") return;
    const active = document.activeElement;
    kept = active && active.matches("[data-slot]") ? { link: active, place: alike(active).indexOf(active) } : null;
    if (!document.querySelector(".turn:popover-open") && !drag) return;
    event.detail.shouldSwap = false;
    missed = true;
  });
  document.addEventListener("htmx:afterSettle", () => {
    const again = kept && !kept.link.isConnected && alike(kept.link)[kept.place];
    if (again) again.focus({ preventScroll: true });
    kept = null;
  });
  const catchUp = () => {
    if (!missed) return;
    missed = false;
    htmx.trigger("#rota", "live");
  };
  document.addEventListener("toggle", (event) => {
    if (event.newState === "closed" && event.target.matches(".turn")) catchUp();
  }, true);

  // ---- dragging, an extra over the form: it never writes ----
  const overOf = (event) => {
    const found = document.elementFromPoint(event.clientX, event.clientY), over = found && found.closest("[data-drop]");
    return over && over !== drag.link && !over.contains(drag.link) ? over : null;
  };
  const mark = (over) => {
    if (drag.over === over) return;
    if (drag.over) drag.over.classList.remove("over");
    drag.over = over;
    if (over) over.classList.add("over");
    drag.ghost.textContent = over ? `${drag.link.dataset.name} → ${over.dataset.says}` : drag.link.dataset.name;
  };
  const drop = () => {
    if (!drag) return;
    if (drag.ghost) { mark(null); drag.ghost.remove(); }
    document.body.classList.remove("dragging");
    drag = null;
    catchUp();
  };
  document.addEventListener("dragstart", (event) => { if (event.target.closest && event.target.closest("[data-drag]")) event.preventDefault(); });
  document.addEventListener("pointerdown", (event) => {
    const link = event.target.closest("[data-drag]");
    if (link && event.pointerType === "mouse" && event.button === 0) drag = { link, x: event.clientX, y: event.clientY };
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    if (!drag.ghost) {
      if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < FAR) return;
      clearTimeout(timer);
      document.querySelectorAll(".turn:popover-open").forEach((one) => one.hidePopover());
      document.body.classList.add("dragging");
      drag.ghost = document.body.appendChild(document.createElement("div"));
      drag.ghost.className = "dragged";
      drag.ghost.textContent = drag.link.dataset.name;
    }
    drag.ghost.style.transform = `translate(${event.clientX + 12}px, ${event.clientY + 12}px)`;
    mark(overOf(event));
  });
  document.addEventListener("pointerup", () => {
    if (!drag || !drag.ghost) { drop(); return; }
    const { link, over } = drag, form = link.closest("[data-override]");
    drop();
    // the press was a drag: it opens no details
    const swallow = (event) => { event.preventDefault(); event.stopPropagation(); };
    addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, true), 50);
    if (!over || !form) return;
    const asked = new URLSearchParams(over.dataset.drop);
    asked.set("person", link.dataset.drag);
    if (!asked.has("post")) asked.set("post", link.dataset.post);
    location.assign(`${form.dataset.override}&${asked}`);
  });
  document.addEventListener("pointercancel", drop);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") drop(); });
})();
