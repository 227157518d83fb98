// The way to the gateway: JSON in and out, an ETag remembered for each address, and one kind of error with a hint.
export class ApiError extends Error {
  /** The HTTP status; 0 when the gateway was not reached. */
  readonly status: number;
  readonly hint: string | null;

  constructor(status: number, message: string, hint: string | null) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

/** The gateway's root, with a slash: the folder this page was loaded from. */
export const ROOT = new URL("./", location.href.split("#")[0]).href;

interface Kept {
  readonly etag: string;
  readonly value: unknown;
}

const kept = new Map<string, Kept>();
const KEPT_MAX = 200;

/** A resource under /page/api. What has not changed comes as the same object as before. */
export async function read<T>(path: string, signal?: AbortSignal): Promise<T> {
  const before = kept.get(path);
  const answer = await send(`page/api${path}`, {
    headers: { accept: "application/json", ...(before ? { "if-none-match": before.etag } : {}) },
    signal: signal ?? null,
  });
  if (answer.status === 304 && before) return before.value as T;
  const value = (await bodyOf(answer)) as T;
  const etag = answer.headers.get("etag");
  kept.delete(path);
  if (etag) kept.set(path, { etag, value });
  if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value as string);
  return value;
}

/** What a POST of JSON gives, as JSON. `path` starts at the gateway's root, without a slash. */
export async function post<T>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
  const answer = await send(path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return (await bodyOf(answer)) as T;
}

/** The gateway's answer as it is; an ApiError of status 0 when there is none. */
export async function send(path: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(ROOT + path, { credentials: "same-origin", ...request });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "The gateway does not answer.", "The page tries again by itself when it is back.");
  }
}

async function bodyOf(answer: Response): Promise<unknown> {
  let body: unknown = null;
  try {
    body = await answer.json();
  } catch {
    if (answer.ok) throw new ApiError(answer.status, "The gateway's answer is not JSON.", null);
  }
  if (answer.ok) return body;
  const told = (body ?? {}) as { error?: unknown; hint?: unknown };
  throw new ApiError(
    answer.status,
    typeof told.error === "string" ? told.error : `The gateway answered ${answer.status}.`,
    typeof told.hint === "string" ? told.hint : null,
  );
}

/** A path with its query; what is null or undefined is left out. */
export function withQuery(path: string, query: Readonly<Record<string, string | number | null | undefined>>): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  return pairs.length ? `${path}?${new URLSearchParams(pairs.map(([key, value]) => [key, String(value)]))}` : path;
}
