// What the gateway's resources under /page/api give. Amounts, ids and wei are decimal text; times are unix seconds of the
// chain's clock; what is not known is null.
export type * from "./shapes_operator";
export type * from "./shapes_people";

export type Hex = `0x${string}`;
export type Address = `0x${string}`;

export interface Paged<T> {
  /** null where the gateway does not hold what the list is made of; `note` says why. */
  readonly total: number | null;
  readonly first: number;
  readonly items: readonly T[];
  readonly note?: string | null;
}

export interface Token {
  readonly address: Address;
  readonly symbol: string;
  readonly decimals: number;
}

export interface Network {
  readonly chain: {
    readonly id: number;
    readonly name: string;
    readonly coin: { readonly symbol: string | null; readonly decimals: number };
    readonly rpc: string | null;
    readonly block: number;
    readonly time: number;
  };
  readonly gateway: {
    readonly version: string;
    readonly signer: Address | null;
    readonly sign_in: boolean;
    readonly paid_calls: boolean;
    readonly audits: boolean;
  };
  readonly model: Address;
  readonly contracts: Readonly<Partial<Record<string, Address>>>;
}

export interface Price {
  readonly token: Token;
  readonly amount: string;
  /** Seconds that the price pays for; 0: one call. */
  readonly period: number;
}

export type Access = "open" | "paid" | "holders" | "closed" | (string & {});

export interface ModelRow {
  readonly address: Address;
  readonly name: string | null;
  readonly predicts: string | null;
  readonly unit: string | null;
  readonly horizon_seconds: number | null;
  readonly features: number | null;
  readonly skill: {
    readonly error: number;
    readonly baseline: number | null;
    readonly unit: string;
    readonly rounds_measured: number;
  } | null;
  readonly price: Price | null;
  readonly access: Access | null;
  readonly supply: {
    readonly minted: string;
    readonly cap: string;
    readonly symbol: string;
    readonly decimals: number;
  } | null;
  readonly rounds: number | null;
  readonly contributors: number | null;
  readonly offering: "open" | "failed" | "succeeded" | "none" | null;
  readonly alliance: Address | null;
  readonly endpoints: readonly string[];
  readonly served: boolean;
  readonly note?: string | null;
}

/** A value with the range that is physical; unit and range are null where the task does not name them. */
export interface Channel {
  readonly name: string;
  readonly unit: string | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface Feature extends Channel {
  readonly kind?: string;
  /** What is measured for it; null for what follows from the time. */
  readonly channel?: string | null;
  readonly seconds?: number | null;
}

export type PartKind = "contributors" | "offering" | "founders" | "treasury" | "operators";

export interface Lineage {
  readonly version: Hex;
  readonly parent?: Hex | null;
  readonly round: number;
  readonly error: number | null;
  readonly baseline: number | null;
  readonly at: number | null;
}

export interface Revenue {
  readonly epoch_seconds: number;
  /** Of every epoch, so many ten-thousandths stay for whoever gives tokens back. */
  readonly redeemable_bps?: number;
  readonly tokens: readonly {
    readonly token: Token;
    readonly held?: string;
    readonly redeemable?: string;
    readonly epochs: readonly { readonly epoch: number; readonly starts: number; readonly amount: string }[];
  }[];
}

export interface Policy {
  /** In degrees; none: anywhere. */
  readonly boxes?: readonly {
    readonly south: number;
    readonly west: number;
    readonly north: number;
    readonly east: number;
  }[];
  readonly channels?: readonly unknown[];
}

export interface Model {
  readonly address: Address;
  readonly name: string | null;
  readonly predicts: string | null;
  readonly unit: string | null;
  readonly decimals?: number | null;
  /** One integer step of an answer, in `unit`. */
  readonly step: number | null;
  readonly horizon_seconds: number | null;
  readonly task: {
    readonly hash?: Hex;
    readonly name?: string;
    readonly features: readonly Feature[] | null;
    readonly channels: readonly Channel[] | null;
    readonly layers?: readonly number[];
    readonly parameters?: number;
    readonly privacy?: string | null;
  };
  readonly version: {
    readonly hash: Hex;
    readonly round: number | null;
    readonly answers: boolean;
    readonly newest?: Hex;
  } | null;
  readonly lineage: readonly Lineage[];
  readonly alliance: {
    readonly address: Address;
    readonly owner?: Address | null;
    readonly terms_hash: Hex | null;
    readonly terms_text: string | null;
    readonly policy_hash?: Hex | null;
    readonly policy: Policy | null;
    readonly devices: number | null;
    readonly how_to_join: readonly { readonly do: string; readonly command: string | null }[];
  };
  readonly supply: {
    readonly cap: string;
    readonly minted: string;
    readonly supply?: string;
    readonly accrued?: string;
    readonly symbol: string;
    readonly decimals: number;
    readonly parts: readonly { readonly who: string; readonly amount: string; readonly kind: PartKind }[];
  };
  readonly revenue: Revenue | null;
  readonly price: Price | null;
  readonly access: Access | null;
  readonly onchain: {
    readonly registry: Address;
    readonly code_address: Address | null;
    readonly code_hash: Hex | null;
    readonly model_file_hash?: Hex | null;
    readonly bytes: number | null;
  } | null;
}

export interface Round {
  readonly round: number;
  readonly attempt: number;
  readonly status: string;
  readonly opened_at: number | null;
  readonly finalised_at: number | null;
  readonly minted: string;
  readonly error: number | null;
  readonly baseline: number | null;
  readonly contributors: number | null;
  readonly version: Hex | null;
  readonly void_reason: string | null;
}

export interface RoundSeries {
  readonly rounds: readonly number[];
  readonly error: readonly (number | null)[];
  readonly baseline: readonly (number | null)[];
  readonly minted: readonly number[];
  readonly unit: string | null;
  /** Why there are no baselines; null where there are. */
  readonly note?: string | null;
}

export interface ShareRow {
  readonly account: Address;
  readonly earned: string;
  readonly share_ppm: number;
  readonly claimed: string;
  readonly devices: number | null;
  readonly rounds: number | null;
}

export interface Shares extends Paged<ShareRow> {
  readonly symbol: string;
  readonly decimals: number;
  readonly round: number | null;
  readonly total_earned?: string;
}

export interface ShareReason {
  readonly account: Address;
  readonly round: number;
  /** null while the round is settled again for somebody else: `pending`, ask again. */
  readonly earned_in_round: string | null;
  readonly pending?: boolean;
  readonly sentences: readonly string[];
  readonly facts: readonly { readonly name: string; readonly value: string }[];
}

export interface DeviceRow {
  readonly device: Address;
  readonly owner: Address | null;
  readonly position: { readonly lat: number; readonly lon: number; readonly precision_m: number } | null;
  readonly days: number | null;
  readonly slots: number | null;
  readonly last_day: number | null;
  readonly admitted: boolean;
}

export interface Refusal {
  readonly sentence: string;
  readonly hint: string | null;
}
