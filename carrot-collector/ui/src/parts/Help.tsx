/** The list of keys, in a native dialog that keeps focus and closes on Escape. */

import "./help.css";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./Icon";

const KEYS: [section: string, keys: [string[], string][]][] = [
  [
    "Traces",
    [
      [["j", "k"], "next, previous trace"],
      [["Enter"], "open it"],
      [["/"], "search"],
      [["Esc"], "leave the search, then drop the selection"],
    ],
  ],
  [
    "A trace",
    [
      [["j", "k"], "next, previous span (arrows too)"],
      [["←", "→"], "collapse, expand"],
      [["Home", "End"], "first, last span"],
      [["e"], "next error"],
      [["u"], "back to the list"],
    ],
  ],
];

export function Help({ close }: { close(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const outside = (event: MouseEvent) => event.target === dialog.current && close();
  return (
    <dialog ref={dialog} class="help" onClose={close} onClick={outside} aria-label="Keyboard help">
      <div class="help-body">
        <h2>Keyboard</h2>
        <button class="icon-button" type="button" onClick={close} aria-label="Close">
          <Icon name="close" />
        </button>
        {KEYS.map(([section, keys]) => (
          <section key={section}>
            <h3>{section}</h3>
            <dl>
              {keys.map(([names, what]) => (
                <div key={what}>
                  <dt>
                    {names.map((name) => (
                      <kbd key={name}>{name}</kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  );
}
