/** The tokens named, as colours a canvas understands, in the theme that holds for `place`. */
export function coloursOf(place: Element, names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) {
    // one probe for each: a colour that changes on an element may be read in the middle of its transition
    const probe = document.createElement("span");
    probe.style.color = `var(--${name})`;
    place.append(probe);
    found[name] = getComputedStyle(probe).color;
    probe.remove();
  }
  return found;
}
