// What is looked at: the hour, the standard, the place in figures, and which of the bounds the plan shows.
import { useEffect, useState } from "preact/hooks";
import { Button } from "../../src/parts/Button";
import { ChoiceField, Field } from "../../src/parts/Field";
import type { Shown } from "./bands";
import { hourOf, hourText } from "./clock";
import type { About, Place } from "./shapes";
import { placeText, readPlace } from "./where";

const HOUR = 3_600;

export interface AskedProps {
  about: About;
  hour: number;
  setHour: (hour: number) => void;
  standard: string;
  setStandard: (name: string) => void;
  shown: Shown;
  setShown: (shown: Shown) => void;
  place: Place;
  pick: (place: Place) => void;
}

export function Asked(props: AskedProps) {
  const { about, hour, setHour } = props;
  return (
    <div class="asked">
      <HourField about={about} hour={hour} setHour={setHour} />
      <PlaceField place={props.place} pick={props.pick} />
      <ChoiceField
        label="Standard"
        value={props.standard}
        change={props.setStandard}
        choices={about.standards.map((each) => ({ value: each.name, label: each.title }))}
      />
      <ChoiceField
        label="The plan shows"
        value={props.shown}
        change={(value) => props.setShown(value as Shown)}
        choices={[
          { value: "index", label: "what is expected" },
          { value: "index_low", label: "how good it may be" },
          { value: "index_high", label: "how bad it may be" },
        ]}
      />
    </div>
  );
}

function HourField({ about, hour, setHour }: Pick<AskedProps, "about" | "hour" | "setHour">) {
  const [typed, setTyped] = useState(hourText(hour));
  useEffect(() => setTyped(hourText(hour)), [hour]);
  const found = hourOf(typed);
  const isInside = found !== null && found >= about.first_hour && found <= about.last_hour;
  const change = (text: string) => {
    setTyped(text);
    const next = hourOf(text);
    if (next !== null && next >= about.first_hour && next <= about.last_hour) setHour(next);
  };
  return (
    <div class="with-buttons">
      <Field
        label="Measured at"
        type="datetime-local"
        value={typed}
        change={change}
        error={isInside ? null : "A full hour within the stations’ data."}
      />
      <Button
        kind="plain"
        label="−1 h: an hour earlier"
        disabled={hour <= about.first_hour}
        onClick={() => setHour(hour - HOUR)}
      >
        −1 h
      </Button>
      <Button
        kind="plain"
        label="+1 h: an hour later"
        disabled={hour >= about.last_hour}
        onClick={() => setHour(hour + HOUR)}
      >
        +1 h
      </Button>
    </div>
  );
}

function PlaceField({ place, pick }: Pick<AskedProps, "place" | "pick">) {
  const [typed, setTyped] = useState(placeText(place));
  const [wrong, setWrong] = useState<string | null>(null);
  useEffect(() => {
    setTyped(placeText(place));
    setWrong(null);
  }, [place]);
  const go = (event: Event) => {
    event.preventDefault();
    const found = readPlace(typed);
    if (found) pick(found);
    setWrong(found ? null : "Degrees north and east, as 39.95,116.40.");
  };
  return (
    <form class="with-buttons" onSubmit={go}>
      <Field label="Place" value={typed} change={setTyped} error={wrong} />
      <Button kind="plain" type="submit">
        Show
      </Button>
    </form>
  );
}
