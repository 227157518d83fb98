// Times of the stations' clock, which has no offset: shown as they stand, whatever the reader's time zone.
const HOUR = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):00$/;

/** Date and hour, as the reader's locale writes them. */
export function clockTime(seconds: number, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }).format(
    seconds * 1000,
  );
}

/** A day since 1970-01-01. */
export function clockDay(day: number, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" }).format(day * 86_400_000);
}

/** `2017-02-15T08:00`, as the server and inputs of type datetime-local write an hour. */
export function hourText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 16);
}

/** Seconds of `hourText`; null for what is no whole hour. */
export function hourOf(text: string): number | null {
  if (!HOUR.test(text)) return null;
  const seconds = Date.parse(`${text}:00Z`) / 1000;
  return Number.isInteger(seconds) && hourText(seconds) === text ? seconds : null;
}
