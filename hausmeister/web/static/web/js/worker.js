// Keeps the last copy of Now and of open pages, for a phone in a lift. Network first; forgets all at sign-out.
const KEPT = "hausmeister-1";
const isKept = (url) => url.origin === location.origin && (url.pathname === "/" || /^\/pages\/\d+$/.test(url.pathname));
const isStatic = (url) => url.origin === location.origin && url.pathname.startsWith("/static/");

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.add("/offline")).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});
self.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method === "POST" && url.pathname === "/sign-out") {
    event.waitUntil(caches.delete(KEPT));
    return;
  }
  if (request.method !== "GET") return;
  if (isStatic(url)) {
    event.respondWith(caches.match(request).then((kept) => kept || fetch(request).then((answer) => {
      if (answer.ok) { const copy = answer.clone(); caches.open(KEPT).then((cache) => cache.put(request, copy)); }
      return answer;
    })));
    return;
  }
  if (request.mode !== "navigate") return;
  event.respondWith(fetch(request).then((answer) => {
    if (answer.ok && !answer.redirected && isKept(url)) {
      const copy = answer.clone();
      caches.open(KEPT).then((cache) => cache.put(url.pathname, copy));
    }
    return answer;
  }).catch(async () => {
    const kept = isKept(url) && await caches.match(url.pathname);
    if (!kept) return caches.match("/offline");
    // the copy says of itself that it is one
    const text = (await kept.text()).replace("<body ", "<body data-kept ");
    return new Response(text, { headers: kept.headers });
  }));
});
