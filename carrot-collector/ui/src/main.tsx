/** Starts the page: theme, routing and the live stream, then whichever of the two pages the path names. */

import "./styles/tokens.css";
import "./styles/base.css";
import { render } from "preact";
import { startLive } from "./live";
import { TracePage } from "./pages/trace/TracePage";
import { TracesPage } from "./pages/traces/TracesPage";
import { Notice } from "./parts/Notice";
import { TopBar } from "./parts/TopBar";
import { routeOf, startRouting, useLocation } from "./route";
import { applyTheme } from "./theme";

function App() {
  const { path, search } = useLocation();
  const route = routeOf(path);
  return (
    <>
      <TopBar page={route.page} />
      {route.page === "traces" && <TracesPage search={search} />}
      {route.page === "trace" && <TracePage key={route.id} id={route.id} search={search} />}
      {route.page === "missing" && (
        <Notice title="There is no such page">
          <a class="button" href="/">
            All traces
          </a>
        </Notice>
      )}
    </>
  );
}

applyTheme();
startRouting();
startLive();
render(<App />, document.getElementById("app")!);
