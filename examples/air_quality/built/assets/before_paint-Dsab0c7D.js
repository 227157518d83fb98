// Runs before the first paint: sets the theme that the reader chose earlier, if any.
try {
  const chosen = localStorage.getItem("andel.theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
} catch {
  // storage may be forbidden: then the system's theme holds
}
