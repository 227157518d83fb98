// The repository's vectors, to which contracts and the Python code are held as well.
import { readFileSync } from "node:fs";

export function vectors(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8"));
}
