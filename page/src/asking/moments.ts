// Moments as a form holds them (the reader's own time zone, no seconds) and as the model takes them (unix seconds).

/** The text of `<input type="datetime-local">` for unix seconds. */
export function localInput(seconds: number): string {
  const moment = new Date(seconds * 1_000);
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  return `${day}T${two(moment.getHours())}:${two(moment.getMinutes())}`;
}

/** Unix seconds of such a text; null for what is no moment since 1970. */
export function secondsOfInput(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(text)) return null;
  const seconds = Math.floor(new Date(text).getTime() / 1_000);
  return Number.isFinite(seconds) && seconds >= 0 && seconds < 2 ** 32 ? seconds : null;
}

/** How far the reader's clock is from UTC at that moment: "UTC+01:00". */
export function offsetText(seconds: number): string {
  const minutes = -new Date(seconds * 1_000).getTimezoneOffset();
  const two = (number: number) => String(Math.floor(number)).padStart(2, "0");
  return `UTC${minutes < 0 ? "−" : "+"}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}

/** The same moment in UTC, in the reader's language. */
export function utcText(seconds: number, locale?: string): string {
  const style = { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" } as const;
  return `${new Intl.DateTimeFormat(locale, style).format(seconds * 1_000)} UTC`;
}
