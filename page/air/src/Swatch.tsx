// A band as it is drawn: a colour and a hatching, so that nobody needs to tell colours apart.
import { DRAWN } from "./bands";

/** The hatchings, once for the whole page; `url(#hatch-3)` draws them. */
export function Hatchings() {
  return (
    <svg class="heard" aria-hidden="true" width="0" height="0">
      <defs>
        <pattern id="hatch-1" class="hatch" width="12" height="12" patternUnits="userSpaceOnUse">
          <circle cx="3" cy="3" r="1" />
          <circle cx="9" cy="9" r="1" />
        </pattern>
        <pattern id="hatch-2" class="hatch" width="12" height="12" patternUnits="userSpaceOnUse">
          <path d="M-2 2 2 -2M0 12 12 0M10 14 14 10" />
        </pattern>
        <pattern id="hatch-3" class="hatch" width="6" height="6" patternUnits="userSpaceOnUse">
          <path d="M-1 1 1 -1M0 6 6 0M5 7 7 5" />
        </pattern>
        <pattern id="hatch-4" class="hatch" width="10" height="10" patternUnits="userSpaceOnUse">
          <path d="M0 0 10 10M0 10 10 0" />
        </pattern>
        <pattern id="hatch-5" class="hatch" width="6" height="6" patternUnits="userSpaceOnUse">
          <path d="M0 0 6 6M0 6 6 0" />
        </pattern>
      </defs>
    </svg>
  );
}

export interface AreaProps {
  x: number;
  y: number;
  width: number;
  height: number;
  band: number;
}

/** A rectangle of a drawing in a band's colour and hatching. */
export function Area({ band, ...place }: AreaProps) {
  const drawn = Math.min(band, DRAWN - 1);
  return (
    <>
      <rect class={`band-${drawn}`} {...place} />
      {drawn > 0 && <rect fill={`url(#hatch-${drawn})`} {...place} />}
    </>
  );
}

/** The little picture of a band beside its name. */
export function Swatch({ band }: { band: number }) {
  return (
    <svg class="swatch" viewBox="0 0 24 24" aria-hidden="true">
      <Area x={0} y={0} width={24} height={24} band={band} />
    </svg>
  );
}
