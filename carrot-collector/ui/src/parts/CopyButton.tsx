/** Copies a text and says that it did. */

import { useEffect, useState } from "preact/hooks";
import { Icon } from "./Icon";

interface Props {
  /** Made when asked for: payloads can be large. */
  text: () => string;
  /** What is copied, for the tooltip. */
  what: string;
  label?: string;
}

export function CopyButton({ text, what, label }: Props) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = (event: MouseEvent) => {
    event.stopPropagation();
    void write(text()).then(setDone);
  };
  const says = done ? "Copied" : `Copy ${what}`;
  return (
    <button class="copy" type="button" onClick={copy} aria-label={says} title={says} data-done={done || undefined}>
      <Icon name={done ? "check" : "copy"} />
      {label}
    </button>
  );
}

async function write(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return writeBySelection(text);
  }
}

/** The clipboard interface is missing where the page came over plain HTTP from another machine. */
function writeBySelection(text: string): boolean {
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
