// The switch of colours: as the system has them, dark, light.
import { useStore } from "../state";
import { chooseTheme, type Theme, theme } from "../theme";
import { HalfIcon, MoonIcon, SunIcon } from "./icons";

const NEXT: Readonly<Record<Theme, Theme>> = { system: "dark", dark: "light", light: "system" };
const THEME_WORDS: Readonly<Record<Theme, string>> = {
  system: "Colours as the system has them",
  dark: "Dark colours",
  light: "Light colours",
};

export function ThemeButton() {
  const { chosen } = useStore(theme);
  return (
    <button
      type="button"
      class="icon-button"
      onClick={() => chooseTheme(NEXT[chosen])}
      aria-label={`${THEME_WORDS[chosen]}. Change to: ${THEME_WORDS[NEXT[chosen]].toLowerCase()}`}
      title={THEME_WORDS[chosen]}
    >
      {chosen === "dark" ? <MoonIcon /> : chosen === "light" ? <SunIcon /> : <HalfIcon />}
    </button>
  );
}
