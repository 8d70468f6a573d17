import "../demo";

/* After everything else: keep the emergency page for when there is no connection. */
if ("serviceWorker" in navigator)
  addEventListener("load", () => {
    navigator.serviceWorker.register("/sw.js").catch(() => {
      /* Without it the site works as well, with a connection. */
    });
  });
