// What the example's server gives below /air. The server's word: what can be checked, the page checks (checking.ts).
export interface Band {
  readonly name: string;
  /** Micrograms per cubic metre. */
  readonly low: number;
  readonly high: number;
  /** Of the index. */
  readonly first: number;
  readonly last: number;
}

export interface Standard {
  readonly name: string;
  readonly title: string;
  readonly bands: readonly Band[];
  /** Concentrations from, to (micrograms per cubic metre), and the index from, to. */
  readonly segments: readonly (readonly [number, number, number, number])[];
}

/** Degrees north and east. */
export type Place = readonly [number, number];

export interface ModelTold {
  readonly model: string;
  readonly signer: string;
  /** Answers are in steps of ten to the power of it. */
  readonly exponent: number;
  readonly between: {
    readonly power: string;
    readonly edges: readonly number[];
    readonly low: readonly number[];
    readonly high: readonly number[];
    readonly mae: Readonly<Record<string, number>>;
    readonly coverage: number;
    readonly persistence_between_mae: number;
  };
}

export type ModelName = "dust" | "temperature";

export interface About {
  readonly chain_id: number;
  readonly alliance: string;
  readonly horizon_seconds: number;
  readonly margin_km: number;
  readonly source: string;
  readonly hour: number;
  readonly first_hour: number;
  readonly last_hour: number;
  readonly standard: string;
  readonly standards: readonly Standard[];
  readonly models: Readonly<Record<ModelName, ModelTold>>;
  readonly stations: readonly { readonly name: string; readonly place: Place; readonly device: string }[];
}

export interface Field {
  readonly south_west: Place;
  readonly north_east: Place;
  /** Points on a side; rows from the south, in each from the west. */
  readonly steps: number;
  /** Null where the point is too far from all stations that measured. */
  readonly index: readonly (number | null)[];
  readonly index_low: readonly (number | null)[];
  readonly index_high: readonly (number | null)[];
  readonly pm2_5: readonly (number | null)[];
  readonly temperature: readonly (number | null)[];
}

export interface StationHour {
  readonly name: string;
  readonly place: Place;
  readonly measured: { readonly pm2_5: number | null; readonly temperature: number | null };
  /** Null where a value is missing that the models ask about. */
  readonly forecast: {
    readonly index: number;
    readonly band: string;
    readonly index_low: number;
    readonly index_high: number;
    readonly pm2_5: number;
    readonly temperature: number;
  } | null;
}

export interface CityHour {
  readonly standard: string;
  readonly measured_at: number;
  readonly at: number;
  readonly field: Field;
  readonly stations: readonly StationHour[];
}

export interface Heard {
  readonly station: string;
  readonly km: number;
  readonly weight: number;
  readonly value: number;
  /** A signed answer, of unknown origin until it is read. */
  readonly signed: unknown;
}

export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly stations: readonly Heard[];
}

export interface Forecast {
  readonly place: Place;
  readonly measured_at: number;
  readonly at: number;
  readonly standard: string;
  readonly index: number;
  readonly band: string;
  readonly index_low: number;
  readonly index_high: number;
  readonly bands: readonly string[];
  readonly pm2_5: Estimate;
  readonly temperature: Estimate;
}

export interface CoverDay {
  /** Since 1970-01-01. */
  readonly day: number;
  readonly is_paid: boolean;
  readonly shown: readonly {
    readonly station: string;
    readonly mean: number;
    readonly hours: number;
    readonly is_bad: boolean;
  }[];
}

export interface Cover {
  readonly contract: string;
  readonly block: number;
  readonly threshold: number;
  readonly needed: number;
  readonly hours_needed: number;
  readonly first_day: number;
  readonly last_day: number;
  readonly beneficiary: string;
  readonly sponsor: string;
  readonly amount: string;
  readonly most_days: number;
  readonly paid_days: number;
  readonly owed: string;
  readonly is_closed: boolean;
  readonly days: readonly CoverDay[];
}
