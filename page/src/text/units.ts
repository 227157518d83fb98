// Units as people write them. The protocol names them in ASCII ("degC", "ug/m3").
const WRITTEN: Readonly<Record<string, string>> = {
  degC: "°C",
  degF: "°F",
  deg: "°",
  "ug/m3": "µg/m³",
  "mg/m3": "mg/m³",
  "m/s2": "m/s²",
  ohm: "Ω",
  lux: "lx",
};

/** A unit for the eye; one that is not known stays as it is. */
export function formatUnit(unit: string): string {
  return WRITTEN[unit] ?? unit;
}

/** The same text beginning with a capital letter. */
export function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
