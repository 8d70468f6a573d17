import { useEffect, useState } from "preact/hooks";
import { ui } from "kt:messages";

/* Says that there is no connection, and that nothing typed is lost. */
export function OfflineBar() {
  const [offline, setOffline] = useState(false);
  useEffect(() => {
    const look = () => setOffline(!navigator.onLine);
    look();
    addEventListener("online", look);
    addEventListener("offline", look);
    return () => {
      removeEventListener("online", look);
      removeEventListener("offline", look);
    };
  }, []);
  return <div role="status">{offline && <p class="kt-offline">{ui.offline}</p>}</div>;
}
