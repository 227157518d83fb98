// The page: what is looked at, the plan, the place, what it rests on, all stations, the cover.
import { useEffect, useState } from "preact/hooks";
import { Bones } from "../../src/parts/Bones";
import { Card } from "../../src/parts/Card";
import { Mark } from "../../src/parts/icons";
import { Loaded } from "../../src/parts/Loaded";
import { FailedNotice } from "../../src/parts/Notice";
import { ThemeButton } from "../../src/parts/ThemeButton";
import { announce, Toasts } from "../../src/parts/toasts";
import { Asked } from "./Asked";
import type { Shown } from "./bands";
import { BandKey, CityPlan } from "./CityPlan";
import { CoverCard } from "./CoverCard";
import { hourText } from "./clock";
import { Here } from "./Here";
import { RestsOn } from "./RestsOn";
import { useAir, withQuery } from "./reading";
import { Stations } from "./Stations";
import { Hatchings } from "./Swatch";
import type { About, CityHour, Cover, Forecast, Place } from "./shapes";
import { placeText, readWhere, writeWhere } from "./where";

const SOON_MS = 120;
const COVER_MS = 10_000;

export function Air() {
  const about = useAir<About>("air/about");
  return (
    <>
      <Hatchings />
      <header class="top">
        <div class="top-row">
          <span class="brand">
            <Mark />
            <span class="brand-name">Andel</span>
          </span>
          <div class="tools">
            <ThemeButton />
          </div>
        </div>
      </header>
      <main id="main" class="page">
        <section class="lead">
          <p class="overline">Fine dust and temperature, six hours ahead</p>
          <h1>The air in six hours</h1>
          <p class="lead-text">
            Stations and trackers of many owners train two models together, and own them. Pick a place among the
            stations: every number is made of answers that were signed, and is checked in your browser.
          </p>
        </section>
        <Loaded resource={about} what="The index" lines={6}>
          {(told) => <Shows about={told} />}
        </Loaded>
      </main>
      <footer class="foot">
        <div class="foot-row">
          <span>{about.value?.source}</span>
          {about.value && <span>Chain {about.value.chain_id}</span>}
        </div>
      </footer>
      <Toasts />
    </>
  );
}

function Shows({ about }: { about: About }) {
  const [asked] = useState(() => readWhere(location.hash));
  const [place, pick] = useState<Place>(asked.place ?? middleOf(about));
  const [hour, setHour] = useState(asked.hour ?? about.hour);
  const [name, setStandard] = useState(asked.standard ?? about.standard);
  const [shown, setShown] = useState<Shown>("index");
  const standard = about.standards.find((each) => each.name === name) ?? about.standards[0];
  if (!standard) throw new Error("the server names no standard");
  const query = { time: hourText(hour), standard: standard.name };
  const city = useAir<CityHour>(withQuery("air/map", query), SOON_MS);
  const forecast = useAir<Forecast>(withQuery("air/at", { at: placeText(place), ...query }), SOON_MS);
  const cover = useAir<Cover | null>("air/cover", 0, COVER_MS);

  useEffect(() => history.replaceState(null, "", writeWhere(place, hour, standard.name)), [place, hour, standard.name]);
  const found = forecast.value;
  useEffect(() => {
    if (found) announce(`Index ${found.index}, ${found.band}, at ${placeText(found.place)}`);
  }, [found]);

  // an hour or a place of which nothing can be said must not stand beside what was said of another
  const drawn =
    city.trouble?.status !== 400 && city.value && about.standards.find((each) => each.name === city.value?.standard);
  const judged =
    forecast.trouble?.status !== 400 && found && about.standards.find((each) => each.title === found.standard);
  const choices = { hour, setHour, standard: standard.name, setStandard, shown, setShown, place, pick };
  return (
    <>
      <Asked about={about} {...choices} />
      <div class="halves air-halves">
        <div class="air-side">
          <Card title="The city" class={city.isLoading && city.value ? "older" : ""}>
            {city.trouble && <FailedNotice trouble={city.trouble} what="This hour" again={city.again} />}
            {city.value && drawn ? (
              <>
                <CityPlan city={city.value} standard={drawn} shown={shown} place={place} pick={pick} />
                <BandKey standard={drawn} />
              </>
            ) : (
              !city.trouble && <Bones lines={9} label="The plan: loading" />
            )}
          </Card>
          {city.value && drawn && <Stations city={city.value} standard={drawn} pick={pick} />}
        </div>
        <div class="air-side">
          {forecast.trouble && <FailedNotice trouble={forecast.trouble} what="This place" again={forecast.again} />}
          {found && judged ? (
            <Here forecast={found} standard={judged} about={about} isOld={forecast.isLoading} />
          ) : (
            !forecast.trouble && <Bones lines={9} label="The place: loading" />
          )}
          {found && judged && <RestsOn forecast={found} standard={judged} about={about} />}
        </div>
      </div>
      <CoverCard cover={cover} hasNone={!cover.isLoading && !cover.trouble && cover.value === null} />
    </>
  );
}

function middleOf(about: About): Place {
  const mean = (part: 0 | 1) =>
    about.stations.reduce((sum, station) => sum + station.place[part], 0) / about.stations.length;
  return [mean(0), mean(1)];
}
