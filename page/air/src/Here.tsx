// The forecast at the place that was picked: the index, what it means, between what truth lies, dust and temperature.
import { Card } from "../../src/parts/Card";
import { Stat, Stats } from "../../src/parts/Stat";
import { capital } from "../../src/text/units";
import { bandAt, meaningOf } from "./bands";
import { clockTime } from "./clock";
import { directionFrom } from "./frame";
import { Area, Swatch } from "./Swatch";
import type { About, Estimate, Forecast, Standard } from "./shapes";
import { distanceKm } from "./summing";
import { placeText } from "./where";

export interface HereProps {
  forecast: Forecast;
  standard: Standard;
  about: About;
  isOld: boolean;
}

export function Here({ forecast, standard, about, isOld }: HereProps) {
  const band = bandAt(standard, forecast.index);
  return (
    <Card title={nameOf(forecast, about)} note={placeText(forecast.place)} class={isOld ? "older" : ""}>
      <div class="verdict">
        <p class="verdict-index">
          <span class="heard">Index </span>
          {forecast.index}
        </p>
        <p class="verdict-band">
          <Swatch band={band} />
          <strong>{capital(forecast.band)}</strong>
        </p>
        <p class="quiet">{standard.title}</p>
      </div>
      <p>{meaningOf(standard, band)}</p>
      <Scale forecast={forecast} standard={standard} />
      <Stats>
        <Stat
          label="Fine dust, PM2.5"
          value={rounded(forecast.pm2_5.value, 0)}
          unit="µg/m³"
          note={rangeOf(forecast.pm2_5, 0, 0)}
        />
        <Stat
          label="Temperature"
          value={rounded(forecast.temperature.value, 1)}
          unit="°C"
          note={rangeOf(forecast.temperature, 1)}
        />
      </Stats>
      <p class="quiet">
        For {clockTime(forecast.at)}, from what was measured at {clockTime(forecast.measured_at)}, by the stations’
        clock. In four hours of five, truth lies between the numbers that are given. It is the index of one hour of fine
        dust on the scale of a day; the official index also looks at other pollutants.
      </p>
    </Card>
  );
}

/** From 0 to 500, with what is expected and between what it lies. */
function Scale({ forecast, standard }: { forecast: Forecast; standard: Standard }) {
  const top = standard.bands.at(-1)?.last ?? 500;
  const x = (index: number) => (index / top) * 500;
  const [low, high] = [x(forecast.index_low), x(forecast.index_high)];
  return (
    <figure class="scale">
      <svg viewBox="-6 0 512 40" aria-hidden="true">
        {standard.bands.map((band, number) => {
          const from = number === 0 ? 0 : x(standard.bands[number - 1]?.last ?? 0);
          return <Area key={band.name} x={from} y={18} width={x(band.last) - from} height={14} band={number} />;
        })}
        <path class="range" d={`M${low} 4V14M${low} 9H${Math.max(high, low + 1)}M${high} 4V14`} />
        <path class="marker" d={`M${x(forecast.index)} 38l-6 -0V36L${x(forecast.index)} 18l6 18V38Z`} />
      </svg>
      <figcaption>
        Between <strong class="number">{forecast.index_low}</strong> and{" "}
        <strong class="number">{forecast.index_high}</strong>
        {forecast.bands.length > 1
          ? `: from ${forecast.bands[0]} to ${forecast.bands.at(-1)}`
          : `: ${forecast.bands[0]} all the way`}
      </figcaption>
    </figure>
  );
}

function nameOf(forecast: Forecast, about: About): string {
  const away = about.stations.map((station) => ({ ...station, km: distanceKm(forecast.place, station.place) }));
  const nearest = away.sort((one, other) => one.km - other.km)[0];
  if (!nearest) return "The place";
  if (nearest.km < 0.1) return nearest.name;
  return `${rounded(nearest.km, nearest.km < 10 ? 1 : 0)} km ${directionFrom(nearest.place, forecast.place)} of ${nearest.name}`;
}

export function rounded(value: number, digits: number): string {
  return new Intl.NumberFormat(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(
    value,
  );
}

function rangeOf(estimate: Estimate, digits: number, least = Number.NEGATIVE_INFINITY): string {
  const [low, high] = [estimate.low, estimate.high].map((value) => rounded(Math.max(least, value), digits));
  return `${low} to ${high}`;
}
