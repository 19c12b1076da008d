/** The filters of the Traces page, as they stand in its URL and as the collector takes them. */

/** Filters with one value. */
const SINGLE = ["q", "status", "model", "name", "session", "user", "range", "from", "to"] as const;

type Single = (typeof SINGLE)[number];

export type Filters = Record<Single, string> & { tags: string[] };

/** Quick ranges, in milliseconds back from now. */
export const RANGES: Record<string, { label: string; ms: number }> = {
  "15m": { label: "Last 15 minutes", ms: 15 * 60_000 },
  "1h": { label: "Last hour", ms: 3_600_000 },
  "24h": { label: "Last 24 hours", ms: 86_400_000 },
  "7d": { label: "Last 7 days", ms: 7 * 86_400_000 },
  "30d": { label: "Last 30 days", ms: 30 * 86_400_000 },
};

export function readFilters(search: string): Filters {
  const query = new URLSearchParams(search);
  const single = Object.fromEntries(SINGLE.map((key) => [key, query.get(key) ?? ""])) as Record<Single, string>;
  return { ...single, tags: [...new Set(query.getAll("tag"))] };
}

/** The page's own query: what is empty is left out. */
export function writeFilters(filters: Filters): URLSearchParams {
  const query = new URLSearchParams();
  for (const key of SINGLE) if (filters[key]) query.set(key, filters[key]);
  for (const tag of filters.tags) query.append("tag", tag);
  return query;
}

/** The collector's query. A quick range becomes a `from`, counted from `now`. */
export function apiQuery(filters: Filters, now: number): URLSearchParams {
  const { range, ...rest } = filters;
  const quick = RANGES[range];
  if (quick) rest.from = new Date(now - quick.ms).toISOString();
  return writeFilters({ ...rest, range: "" });
}

export interface Chip {
  label: string;
  value: string;
  /** The filters with this one taken out. */
  without: Filters;
}

export function chipsOf(filters: Filters): Chip[] {
  const chips: Chip[] = SINGLE.filter((key) => filters[key]).map((key) => ({
    label: key === "q" ? "text" : key,
    value: shownValue(key, filters[key]),
    without: { ...filters, [key]: "" },
  }));
  for (const tag of filters.tags)
    chips.push({ label: "tag", value: tag, without: { ...filters, tags: filters.tags.filter((other) => other !== tag) } });
  return chips;
}

function shownValue(key: Single, value: string): string {
  if (key === "range") return RANGES[value]?.label ?? value;
  if (key !== "from" && key !== "to") return value;
  const time = Date.parse(value);
  return Number.isNaN(time) ? value : new Date(time).toLocaleString();
}
