/** The bar above both pages: where we are, whether the stream is open, theme and help. */

import "./topbar.css";
import { useState } from "preact/hooks";
import { useKeys } from "../keys";
import { useLiveState } from "../live";
import { listPath } from "../route";
import { useTheme } from "../theme";
import { Help } from "./Help";
import { Icon } from "./Icon";

const LIVE_TEXT = { connecting: "Connecting", live: "Live", reconnecting: "Reconnecting" };

export function TopBar({ page }: { page: string }) {
  const [help, setHelp] = useState(false);
  const { dark, toggle } = useTheme();
  useKeys({ "?": () => setHelp(true) });
  return (
    <header class="topbar">
      <a class="brand" href={page === "traces" ? "/" : listPath()}>
        <img src="/favicon.svg" alt="" width="20" height="20" />
        Carrot
      </a>
      <nav aria-label="Pages">
        <a href={page === "traces" ? "/" : listPath()} aria-current={page === "traces" ? "page" : undefined}>
          Traces
        </a>
      </nav>
      <LiveBadge />
      <button class="icon-button" type="button" onClick={toggle} aria-label={dark ? "Use the light theme" : "Use the dark theme"}>
        <Icon name={dark ? "sun" : "moon"} />
      </button>
      <button class="icon-button" type="button" onClick={() => setHelp(true)} aria-label="Keyboard help">
        <kbd>?</kbd>
      </button>
      {help && <Help close={() => setHelp(false)} />}
    </header>
  );
}

function LiveBadge() {
  const state = useLiveState();
  return (
    <span class="live" data-state={state} role="status" aria-live="polite" title="New traces appear by themselves">
      <i aria-hidden="true" />
      {LIVE_TEXT[state]}
    </span>
  );
}
