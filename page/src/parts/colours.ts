/** The tokens named, as colours a canvas understands, in the theme that holds for `place`. */
export function coloursOf(place: Element, names: readonly string[]): Record<string, string> {
  const probe = document.createElement("span");
  place.append(probe);
  const found: Record<string, string> = {};
  for (const name of names) {
    probe.style.color = `var(--${name})`;
    found[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return found;
}
