/** A clock that components can follow. */

import { useEffect, useState } from "preact/hooks";

/** The time in milliseconds, renewed every `period` milliseconds; a null period stops it. */
export function useNow(period: number | null): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (period === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), period);
    return () => clearInterval(timer);
  }, [period]);
  return now;
}
