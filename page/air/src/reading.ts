// One resource below /air as a hook: what was read last stays while the next is read, and a request that nobody waits for
// any more is given up.
import { useCallback, useEffect, useState } from "preact/hooks";
import { ApiError, send, withQuery } from "../../src/api/client";
import type { Resource } from "../../src/api/resource";

const RETRY_MS = 5_000;

/** The resource at `path` (null: none yet), asked for `afterMs` after it was last changed, and every `everyMs`. */
export function useAir<T>(path: string | null, afterMs = 0, everyMs = 0): Resource<T> {
  const [value, setValue] = useState<T | null>(null);
  const [trouble, setTrouble] = useState<ApiError | null>(null);
  const [isLoading, setLoading] = useState(path !== null);
  const [turn, setTurn] = useState(0);
  const again = useCallback(() => setTurn((before) => before + 1), []);

  useEffect(() => {
    if (path === null) return;
    const leaving = new AbortController();
    let later: ReturnType<typeof setTimeout> | undefined;
    setLoading(true);
    const wait = setTimeout(async () => {
      try {
        const found = await readAir<T>(path, leaving.signal);
        setValue(() => found);
        setTrouble(null);
        if (everyMs) later = setTimeout(again, everyMs);
      } catch (error) {
        if (leaving.signal.aborted) return;
        const told = error instanceof ApiError ? error : new ApiError(0, String(error), null);
        setTrouble(told);
        if (told.status === 0 || told.status >= 500 || told.status === 429) later = setTimeout(again, RETRY_MS);
      }
      setLoading(false);
    }, afterMs);
    return () => {
      leaving.abort();
      clearTimeout(wait);
      clearTimeout(later);
    };
  }, [path, turn, again, afterMs, everyMs]);

  return { value, trouble, isLoading, again };
}

async function readAir<T>(path: string, signal: AbortSignal): Promise<T> {
  const answer = await send(path, { headers: { accept: "application/json" }, signal });
  let body: unknown = null;
  try {
    body = await answer.json();
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ApiError(answer.status, "The server's answer is not JSON.", null);
  }
  if (answer.ok) return body as T;
  const told = body as { error?: unknown; hint?: unknown };
  throw new ApiError(
    answer.status,
    typeof told.error === "string" ? told.error : `The server answered ${answer.status}.`,
    typeof told.hint === "string" ? told.hint : null,
  );
}

export { withQuery };
