// What the reader looks at, kept behind the # of the address, so that it can be sent to somebody and survives a reload.
import { hourOf, hourText } from "./clock";
import type { Place } from "./shapes";

export interface Where {
  readonly place: Place | null;
  readonly hour: number | null;
  readonly standard: string | null;
}

/** What an address says; what it says wrongly counts as not said. */
export function readWhere(hash: string): Where {
  const asked = new URLSearchParams(hash.replace(/^#/, ""));
  return {
    place: readPlace(asked.get("at") ?? ""),
    hour: hourOf(asked.get("time") ?? ""),
    standard: /^[a-z0-9]{1,20}$/.test(asked.get("standard") ?? "") ? asked.get("standard") : null,
  };
}

/** The same for an address. */
export function writeWhere(place: Place, hour: number, standard: string): string {
  return `#at=${placeText(place)}&time=${hourText(hour)}&standard=${standard}`;
}

/** Degrees north and east of `39.95,116.40` or `39.95 116.40`; null for what is no place. */
export function readPlace(text: string): Place | null {
  const match = /^\s*([+-]?\d{1,2}(?:\.\d{1,15})?)\s*[,;\s]\s*([+-]?\d{1,3}(?:\.\d{1,15})?)\s*$/.exec(text);
  if (!match) return null;
  const north = Number(match[1]);
  const east = Number(match[2]);
  return Math.abs(north) <= 90 && Math.abs(east) <= 180 ? [north, east] : null;
}

/** To four decimals, about ten metres: nobody is asked more precisely. */
export function placeText([north, east]: Place): string {
  return `${north.toFixed(4)},${east.toFixed(4)}`;
}
