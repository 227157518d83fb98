// A resource on the page: bones while it is read, a notice when it fails, else what the caller makes of it.
import type { ComponentChildren } from "preact";
import type { Resource } from "../api/resource";
import { Bones } from "./Bones";
import { FailedNotice } from "./Notice";

export interface LoadedProps<T> {
  resource: Resource<T>;
  /** What it is, to begin a sentence: "The offering". */
  what: string;
  lines?: number;
  children: (value: T) => ComponentChildren;
}

export function Loaded<T>({ resource, what, lines, children }: LoadedProps<T>) {
  // what was read before stays while the gateway is away: the head of the page says that it is
  if (resource.value !== null) return <>{children(resource.value)}</>;
  if (resource.trouble) return <FailedNotice trouble={resource.trouble} what={what} again={resource.again} />;
  return <Bones lines={lines ?? 3} label={`${what}: loading`} />;
}
