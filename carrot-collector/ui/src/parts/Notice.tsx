/** A page or panel that has nothing to show, and says why. */

import type { ComponentChildren } from "preact";

interface Props {
  title: string;
  tone?: "error";
  children?: ComponentChildren;
}

export function Notice({ title, tone, children }: Props) {
  return (
    <div class="notice" data-tone={tone} role={tone === "error" ? "alert" : undefined}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}
