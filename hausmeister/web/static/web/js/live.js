// One event stream for each browser: the tab that holds the lock reads it and passes it on to the others.
// Events carry names and versions; what changed is fetched anew, with this person's rights.
document.documentElement.classList.add("scripted");
(() => {
  const body = document.body;
  if (!("live" in body.dataset) || !window.EventSource) return;
  const SILENT = 45e3, HIDDEN = 30e3, FETCH = 30e3;
  const channel = new BroadcastChannel("hausmeister-live");
  let source = null, release = null, waiting = null, hideTimer = 0, beat = Date.now(), stopped = 0, fetched = 0;
  // seconds since 1970, by the server's clock: the stream begins with what changed from then on
  let upto = +body.dataset.drawn;
  const pending = new Set();

  const show = (on) => {
    const state = document.getElementById("live-state");
    if (on === !stopped) return;
    stopped = on ? 0 : Date.now();
    if (state) state.textContent = on ? "" : body.dataset.sayStopped.replace("%s", house.clock(beat));
    house.favicon();
  };
  const wake = (element) => {
    // one already on its way brings this change as well; putting it off again would starve it in a storm
    if (pending.has(element)) return;
    pending.add(element);
    setTimeout(() => {
      pending.delete(element);
      if (element.isConnected) htmx.trigger(element, "live");
    }, 150);
  };
  const all = () => {
    fetched = Date.now();
    document.querySelectorAll("[data-page], [data-live-on]").forEach((one) => {
      if (!one.closest("[data-live-list]")) wake(one);
    });
    document.querySelectorAll("[data-live-list]").forEach((list) => house.fresh(list, wake));
    house.pulse();
  };
  const page = (id, version) => {
    const known = [...document.querySelectorAll(`[data-page="${id}"]`)];
    known.forEach((one) => {
      if (+one.dataset.version >= version) return;
      if (one.hasAttribute("hx-get")) wake(one); else house.fresh(one.closest("[data-live-list]"), wake);
    });
    if (!known.length) document.querySelectorAll("[data-live-list]").forEach((list) => house.fresh(list, wake));
    house.pulse();
  };
  // what a tab that listens to another one missed between its drawing and now
  const missed = async () => {
    const answer = await fetch(`/pulse?since=${body.dataset.drawn}`, { headers: { Accept: "application/json" } })
      .catch(() => null);
    if (answer && answer.ok) ((await answer.json()).changes || []).forEach(heard);
  };
  const heard = (message) => {
    beat = Date.now();
    upto = Math.floor(house.now() / 1e3);
    show(true);
    const [kind, name, version] = message.split(" ");
    if (kind === "page") page(name, +version.slice(1));
    else if (kind === "again") all();
    else if (kind !== "beat") document.querySelectorAll(`[data-live-on~="${kind}:${name}"]`).forEach((one) => {
      if (!version || !(+one.dataset.version >= +version.slice(1))) wake(one);
    });
  };
  const tell = (message) => { heard(message); channel.postMessage(message); };

  const read = () => new Promise((done) => {
    let first = true;
    release = () => { source.close(); source = release = null; done(); };
    source = new EventSource(`/events?since=${upto}`);
    source.onmessage = (event) => tell(event.data);
    source.addEventListener("hello", () => { tell(first ? "beat" : "again"); first = false; });
    source.onerror = () => { if (source && source.readyState === 2) show(false); };
  });
  const begin = () => {
    if (waiting || release) return;
    beat = Date.now();
    if (!navigator.locks) { read(); return; }
    waiting = new AbortController();
    navigator.locks.request("hausmeister-live", { signal: waiting.signal }, () => { waiting = null; return read(); })
      .catch(() => {});
  };
  const end = () => {
    if (waiting) waiting.abort();
    waiting = null;
    if (release) release();
  };

  channel.onmessage = (event) => heard(event.data);
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hideTimer);
    if (document.hidden) { hideTimer = setTimeout(end, HIDDEN); return; }
    if (!waiting && !release) { begin(); all(); }
  });
  window.addEventListener("pagehide", end);
  window.addEventListener("pageshow", (event) => { if (event.persisted) { begin(); all(); } });
  setInterval(() => {
    if (document.hidden) return;
    if (Date.now() - beat > SILENT) {
      show(false);
      if (Date.now() - fetched > FETCH) all();
      if (source && source.readyState === 2) { end(); begin(); }
    }
  }, 5e3);
  window.isLive = () => !stopped;
  window.addEventListener("load", () => { begin(); setTimeout(() => { if (!release) missed(); }, 500); });
})();
