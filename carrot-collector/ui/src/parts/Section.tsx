/** A titled part of a panel, with its copy button. */

import type { ComponentChildren } from "preact";
import { CopyButton } from "./CopyButton";

export function Section({ title, copy, children }: { title: string; copy?: () => string; children: ComponentChildren }) {
  return (
    <section class="section" data-section={title.toLowerCase()}>
      <h3>
        {title}
        {copy && <CopyButton text={copy} what={title.toLowerCase()} />}
      </h3>
      {children}
    </section>
  );
}
