/** What the browser keeps for us, where it may: with storage blocked every visit is the first. */

export interface Memory {
  get(key: string): string | undefined;
  /** Undefined forgets. */
  set(key: string, value: string | undefined): void;
}

function memory(storage: () => Storage): Memory {
  return {
    get(key) {
      try {
        return storage().getItem(key) ?? undefined;
      } catch {
        return undefined;
      }
    },
    set(key, value) {
      try {
        if (value === undefined) storage().removeItem(key);
        else storage().setItem(key, value);
      } catch {
        // Blocked or full: nothing is kept, and nothing else is lost.
      }
    },
  };
}

/** Kept for good. */
export const kept = memory(() => localStorage);

/** Kept while the tab is open. */
export const tab = memory(() => sessionStorage);
