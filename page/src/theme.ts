// Dark, light or as the system says. What the reader chose is kept in the browser; src/before_paint.js sets it before painting.
import { createStore } from "./state";

export type Theme = "system" | "dark" | "light";
const KEY = "andel.theme";
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

function chosen(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === "dark" || theme === "light" ? theme : "system";
}

/** What was chosen and what follows from it. A new value whenever the colours change. */
export const theme = createStore<{ readonly chosen: Theme; readonly isDark: boolean }>({
  chosen: chosen(),
  isDark: chosen() === "dark" || (chosen() === "system" && systemIsDark.matches),
});

export function chooseTheme(next: Theme): void {
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    if (next === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // without storage it holds until the reload
  }
  theme.set({ chosen: next, isDark: next === "dark" || (next === "system" && systemIsDark.matches) });
}

systemIsDark.addEventListener("change", () => chooseTheme(theme.get().chosen));
