/** A field that takes one value at a time, typed or picked from those seen, and hands it on. */

import { useId } from "preact/hooks";
import type { TargetedEvent } from "preact";

const MAX_OPTIONS = 100;

interface Props {
  label: string;
  options: string[];
  onPick(value: string): void;
}

export function PickField({ label, options, onPick }: Props) {
  const list = useId();
  const offered = [...new Set(options)].sort().slice(0, MAX_OPTIONS);
  const pick = (event: TargetedEvent<HTMLInputElement>) => {
    const value = event.currentTarget.value.trim();
    if (!value) return;
    event.currentTarget.value = "";
    onPick(value);
  };
  // A pick from the list comes as an input event that is no typing.
  const input = (event: TargetedEvent<HTMLInputElement, Event>) => {
    const kind = (event as Event as InputEvent).inputType;
    if (kind === undefined || kind === "insertReplacementText") pick(event);
  };
  return (
    <>
      <input
        class="field"
        type="text"
        list={list}
        placeholder={label}
        aria-label={`Filter by ${label.toLowerCase()}`}
        autocomplete="off"
        spellcheck={false}
        onInput={input}
        onChange={pick}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
      />
      <datalist id={list}>
        {offered.map((option) => (
          <option key={option} value={option} />
        ))}
      </datalist>
    </>
  );
}
