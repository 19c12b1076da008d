/** Keyboard commands of a page, by `event.key`. */

import { useEffect, useRef } from "preact/hooks";

export type Commands = { [key: string]: (event: KeyboardEvent) => void };

/** Runs the commands while no field, dialog or modifier claims the key. */
export function useKeys(commands: Commands): void {
  const current = useRef(commands);
  current.current = commands;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isField(event.target) || document.querySelector("dialog[open]")) return;
      const command = Object.hasOwn(current.current, event.key) && current.current[event.key];
      if (command) command(event);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("input, select, textarea, [contenteditable]");

/** Enter and space on these do what the browser does with them. */
export const isControl = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("a, button, summary") !== null;
