/** Dark or light: the system's choice until the reader makes one. */

import { useState } from "preact/hooks";
import { kept } from "./memory";

export type Theme = "system" | "light" | "dark";

const KEY = "carrot.theme";

function stored(): Theme {
  const value = kept.get(KEY);
  return value === "light" || value === "dark" ? value : "system";
}

export function applyTheme(theme: Theme = stored()): void {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
}

/** What is on screen, and the switch to the other one. */
export function useTheme(): { dark: boolean; toggle(): void } {
  const [theme, setTheme] = useState(stored);
  const systemDark = matchMedia("(prefers-color-scheme: dark)").matches;
  const dark = theme === "dark" || (theme === "system" && systemDark);
  const toggle = () => {
    // Back to what the system says means to follow it again.
    const next: Theme = dark === systemDark ? (dark ? "light" : "dark") : "system";
    kept.set(KEY, next === "system" ? undefined : next);
    applyTheme(next);
    setTheme(next);
  };
  return { dark, toggle };
}
