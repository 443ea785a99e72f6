// What scripts add to screens that work without them: true ages, toasts, copying, busy buttons, steady focus.
const house = (() => {
  const body = document.body;
  const [S, MIN, H, DAY, DAYS] = (body.dataset.units || "s,min,h,day,days").split(",");
  const drawn = document.querySelector("[data-drawn]");
  const skew = drawn ? +drawn.dataset.drawn * 1e3 - Date.now() : 0;
  const now = () => Date.now() + skew;
  const clock = (ms) => new Date(ms + skew).toTimeString().slice(0, 5);

  const duration = (seconds) => {
    const s = Math.max(0, Math.floor(seconds)), m = Math.floor(s / 60), h = Math.floor(m / 60), d = Math.floor(h / 24);
    if (m < 1) return `${s} ${S}`;
    if (h < 1) return `${m} ${MIN}`;
    if (d < 1) return m % 60 ? `${h} ${H} ${String(m % 60).padStart(2, "0")}` : `${h} ${H}`;
    return `${d} ${d > 1 ? DAYS : DAY}${h % 24 ? ` ${h % 24} ${H}` : ""}`;
  };
  const tick = () => {
    document.querySelectorAll("[data-ago]").forEach((one) => {
      const age = now() / 1e3 - one.dataset.ago;
      one.textContent = body.dataset.sayAgo.replace("%s", duration(age));
    });
    document.querySelectorAll("[data-left]").forEach((one) => {
      one.textContent = duration(one.dataset.left - now() / 1e3);
    });
  };
  setInterval(tick, 10e3);

  const favicon = () => {
    const link = document.getElementById("favicon");
    if (!link) return;
    const number = document.getElementById("nav-firing");
    const state = window.isLive && !window.isLive() ? "lost" : number && !number.hidden ? "firing" : "calm";
    if (link.getAttribute("href") !== link.dataset[state]) link.setAttribute("href", link.dataset[state]);
  };

  // ---- what the stream asks for ----
  let pulseTimer = 0;
  const alarmed = new Set();
  const pulse = () => {
    if (pulseTimer) return;
    pulseTimer = setTimeout(async () => {
      pulseTimer = 0;
      const answer = await fetch("/pulse", { headers: { Accept: "application/json" } }).catch(() => null);
      if (!answer || !answer.ok) return;
      const told = await answer.json();
      const number = document.getElementById("nav-firing");
      if (number) {
        number.hidden = !told.firing;
        number.querySelector(".n").textContent = told.shown;
      }
      document.title = told.prefix + document.title.replace(/^\d+\+? [^·]* · /, "");
      favicon();
      told.hard.filter((one) => one.opened >= body.dataset.drawn && !alarmed.has(one.page)).forEach((one) => {
        alarmed.add(one.page);
        document.getElementById("alarm").textContent = one.words;
        const list = document.querySelector("[data-live-list]");
        const slot = list && list.querySelector(".slot");
        if (one.urgent && slot && !document.getElementById(`row-${one.page}`)) {
          htmx.ajax("GET", `/pages/${one.page}/row`, { target: slot, swap: "beforeend" });
        }
      });
    }, 300);
  };
  const untouched = (list) => window.scrollY < 8 && !list.contains(document.activeElement)
    && !list.querySelector("details[open], .pick:checked");
  const begun = (place) => place.querySelector("details.menu[open]")
    || [...place.querySelectorAll("input:not([type=hidden]), textarea")].some((one) => one.value !== one.defaultValue);
  const fresh = (list, wake) => {
    if (untouched(list)) { wake(list); return; }
    const note = list.querySelector(".fresh");
    if (note) note.hidden = false;
  };

  // ---- toasts ----
  const toasts = document.getElementById("toasts");
  let toastTimer = 0;
  const arm = () => {
    clearTimeout(toastTimer);
    const toast = toasts && toasts.querySelector("[data-toast]");
    if (!toast || toast.dataset.toast === "stay") return;
    toastTimer = setTimeout(() => (toast.matches(":hover, :focus-within") ? arm() : toast.remove()), 10e3);
  };
  const say = (text) => { document.getElementById("say").textContent = text; };
  const problem = (text) => {
    toasts.replaceChildren();
    const toast = document.createElement("div"), words = document.createElement("p");
    toast.className = "toast";
    toast.dataset.toast = "stay";
    words.setAttribute("role", "alert");
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "button row";
    close.dataset.closeToast = "";
    close.textContent = body.dataset.sayClose;
    toast.append(words, close);
    toasts.append(toast);
  };
  arm();

  // ---- a sign-in that has lapsed keeps what was typed, in this tab ----
  const TYPED = "hausmeister-typed";
  const fieldsOf = (form) => [...form.elements].filter((one) => one.name && one.willValidate
    && !["hidden", "password", "file", "submit", "button"].includes(one.type));
  const keep = (form) => {
    const typed = fieldsOf(form).map((one) => [one.name, one.value, !!one.checked]);
    if (!typed.length || form.querySelector("[type=password]")) return;
    sessionStorage.setItem(TYPED, JSON.stringify({ at: location.pathname + location.search, to: form.getAttribute("action"), typed }));
  };
  const giveBack = () => {
    const kept = JSON.parse(sessionStorage.getItem(TYPED) || "null");
    if (!kept) return;
    if (location.pathname === "/sign-in") { sessionStorage.setItem(TYPED, JSON.stringify({ ...kept, lapsed: 1 })); return; }
    if (kept.lapsed === 1 && location.pathname + location.search !== kept.at) {
      sessionStorage.setItem(TYPED, JSON.stringify({ ...kept, lapsed: 2 }));
      location.replace(kept.at);
      return;
    }
    sessionStorage.removeItem(TYPED);
    const form = kept.lapsed && [...document.forms].find((one) => one.getAttribute("action") === kept.to
      && kept.typed.every(([name]) => name in one.elements));
    if (!form) return;
    const fields = fieldsOf(form);
    kept.typed.forEach(([name, value, checked], place) => {
      const one = fields[place];
      if (!one || one.name !== name) return;
      if (["checkbox", "radio"].includes(one.type)) one.checked = checked; else one.value = value;
    });
    for (let fold = form.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    (fields.find((one) => one.value) || fields[0]).focus();
    problem(body.dataset.sayLapsed);
  };

  // ---- forms: one press, one act ----
  document.addEventListener("submit", (event) => {
    const form = event.target, button = event.submitter;
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    form.dataset.sent = "1";
    keep(form);
    if (button) button.setAttribute("aria-disabled", "true");
  }, true);
  const unlock = (form) => {
    delete form.dataset.sent;
    form.querySelectorAll("[aria-disabled]").forEach((one) => one.removeAttribute("aria-disabled"));
  };
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(unlock));
  document.addEventListener("htmx:afterRequest", (event) => { if (event.target.matches("form")) unlock(event.target); });
  const failed = () => problem(body.dataset.sayFailed);
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:timeout", failed);
  document.addEventListener("htmx:responseError", failed);

  // ---- focus stays where it was; when its place is gone, the next one gets it ----
  let focused = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const active = document.activeElement, target = event.detail.target;
    // somebody began to choose or to read while it was on its way: it waits behind "show what is new"
    if (event.detail.requestConfig.triggeringEvent?.type === "live" && target.matches("[data-live-list]") && !untouched(target)) {
      event.detail.shouldSwap = false;
      fresh(target);
      return;
    }
    // what is half typed or half chosen is not taken away; the next change tries again
    if (event.detail.requestConfig.triggeringEvent?.type === "live" && target.matches("[data-live-on]") && begun(target)) {
      event.detail.shouldSwap = false;
      return;
    }
    // a second swap that comes before the first has given the focus back must not forget where it was
    if (active !== body) focused = target && target.contains(active) ? { id: active.id, target: target.id } : null;
  });
  document.addEventListener("htmx:afterSettle", () => {
    tick();
    arm();
    const told = toasts && toasts.querySelector("[data-toast] p");
    if (told && told.textContent !== document.getElementById("say").textContent) say(told.textContent);
    if (document.activeElement !== body) focused = null;
    if (!focused) return;
    const place = document.getElementById(focused.target);
    const next = (focused.id && document.getElementById(focused.id))
      || (place && (place.querySelector(".actions button, .bar .primary") || place.querySelector("a[href], button"))) || document.querySelector("#needs-head, h1");
    if (next) next.focus({ preventScroll: true });
    focused = null;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const row = event.detail.elt;
    if (row && row.classList) {
      row.classList.add("glow");
      setTimeout(() => row.classList.remove("glow"), 1e3);
    }
  });

  // ---- small things ----
  document.addEventListener("click", async (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const from = document.getElementById(copy.dataset.copy);
      getSelection().selectAllChildren(from);
      if (navigator.clipboard) await navigator.clipboard.writeText(from.textContent.trim()).catch(() => {});
      else document.execCommand("copy");
      say(copy.dataset.done);
      copy.querySelector("span").textContent = copy.dataset.done;
    }
    if (event.target.closest("[data-print]")) { print(); return; }
    const close = event.target.closest("[data-close-toast]");
    if (close) close.closest(".toast").remove();
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("change", (event) => {
    const all = event.target.closest("[data-pick-all]");
    if (all) all.form.querySelectorAll(".pick[name]").forEach((one) => { one.checked = all.checked; });
    if (event.target.matches(".pick")) {
      document.querySelectorAll("[data-chosen]").forEach((one) => {
        one.textContent = one.dataset.chosen.replace("%s", one.closest("form").querySelectorAll(".pick[name]:checked").length);
      });
    }
    if (event.target.closest("[data-submits]")) event.target.form.requestSubmit();
  });
  // the worker can wait until what is on the screen has been read
  if ("serviceWorker" in navigator && "live" in body.dataset) {
    setTimeout(() => navigator.serviceWorker.register("/worker.js").catch(() => {}), 10e3);
  }
  window.addEventListener("load", () => { tick(); favicon(); giveBack(); });
  return { now, clock, favicon, fresh, pulse };
})();
window.house = house;
