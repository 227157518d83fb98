// All stations as a table: the plan in words, and another way to pick a place.
import { Card } from "../../src/parts/Card";
import { bandAt } from "./bands";
import { clockTime } from "./clock";
import { rounded } from "./Here";
import { Swatch } from "./Swatch";
import type { CityHour, Place, Standard } from "./shapes";

export interface StationsProps {
  city: CityHour;
  standard: Standard;
  pick: (place: Place) => void;
}

export function Stations({ city, standard, pick }: StationsProps) {
  const value = (measured: number | null, digits: number) => (measured === null ? "—" : rounded(measured, digits));
  return (
    <Card
      title="All stations"
      class="air-last"
      note={`measured ${clockTime(city.measured_at)}, expected ${clockTime(city.at)}`}
    >
      <section class="table-frame" tabIndex={0} aria-label="Table of all stations">
        <table class="table tight">
          <caption class="heard">
            Each station: its index by {standard.title} six hours ahead, dust and temperature measured and expected
          </caption>
          <thead>
            <tr>
              <th scope="col">Station</th>
              <th scope="col">Index</th>
              <th scope="col" class="right">
                between
              </th>
              <th scope="col" class="right">
                PM2.5
              </th>
              <th scope="col" class="right">
                °C
              </th>
            </tr>
          </thead>
          <tbody>
            {city.stations.map(({ name, place, measured, forecast }) => (
              <tr key={name}>
                <th scope="row">
                  <button type="button" class="row-button" onClick={() => pick(place)}>
                    {name}
                  </button>
                </th>
                <td>
                  {forecast ? (
                    <span class="band-cell">
                      <Swatch band={bandAt(standard, forecast.index)} />
                      <span class="number">{forecast.index}</span> {forecast.band}
                    </span>
                  ) : (
                    "not enough was measured"
                  )}
                </td>
                <td class="right">{forecast ? `${forecast.index_low}–${forecast.index_high}` : "—"}</td>
                <td class="right">
                  {value(measured.pm2_5, 0)} → {value(forecast?.pm2_5 ?? null, 0)}
                </td>
                <td class="right">
                  {value(measured.temperature, 1)} → {value(forecast?.temperature ?? null, 1)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p class="quiet">
        PM2.5 in µg/m³ and temperature as they were measured, and as they are expected. In four hours of five the index
        lies between the two that are given.
      </p>
    </Card>
  );
}
