// What the gateway's resources under /page/api give. Amounts, ids and wei are decimal text; times are unix seconds of the
// chain's clock; what is not known is null.
export type Hex = `0x${string}`;
export type Address = `0x${string}`;

export interface Paged<T> {
  readonly total: number;
  readonly first: number;
  readonly items: readonly T[];
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
    readonly coin: { readonly symbol: string; readonly decimals: number };
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
    readonly baseline: number;
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
  };
  readonly rounds: number;
  readonly contributors: number | null;
  readonly offering: "open" | "failed" | "succeeded" | "none";
  readonly alliance: Address;
  readonly endpoints: readonly string[];
  readonly served: boolean;
}

export interface Channel {
  readonly name: string;
  readonly unit: string;
  readonly low: number;
  readonly high: number;
}

export type PartKind = "contributors" | "offering" | "founders" | "treasury" | "operators";

export interface Model {
  readonly address: Address;
  readonly name: string | null;
  readonly predicts: string | null;
  readonly unit: string | null;
  readonly decimals?: number;
  /** One integer step of an answer, in `unit`. */
  readonly step: number | null;
  readonly horizon_seconds: number | null;
  readonly task: { readonly cid: string; readonly features: readonly Channel[]; readonly channels: readonly Channel[] };
  readonly version: { readonly hash: Hex; readonly round: number; readonly answers: boolean };
  readonly lineage: readonly {
    readonly version: Hex;
    readonly round: number;
    readonly error: number | null;
    readonly baseline: number | null;
    readonly at: number | null;
  }[];
  readonly alliance: {
    readonly address: Address;
    readonly terms_hash: Hex | null;
    readonly terms_text: string | null;
    readonly policy: Readonly<Record<string, unknown>> | null;
    readonly devices: number;
    readonly how_to_join: readonly { readonly do: string; readonly command: string | null }[];
  };
  readonly supply: {
    readonly cap: string;
    readonly minted: string;
    readonly symbol?: string;
    readonly decimals?: number;
    readonly parts: readonly { readonly who: string; readonly amount: string; readonly kind: PartKind }[];
  };
  readonly revenue: {
    readonly epoch_seconds: number;
    readonly tokens: readonly {
      readonly token: Token;
      readonly epochs: readonly { readonly epoch: number; readonly starts: number; readonly amount: string }[];
    }[];
  } | null;
  readonly price: Price | null;
  readonly access: Access | null;
  readonly onchain: {
    readonly registry: Address;
    readonly code_address: Address | null;
    readonly code_hash: Hex | null;
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
  readonly unit: string;
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
  readonly round: number;
}

export interface ShareReason {
  readonly account: Address;
  readonly round: number;
  readonly earned_in_round: string;
  readonly sentences: readonly string[];
  readonly facts: readonly { readonly name: string; readonly value: string }[];
}

export interface DeviceRow {
  readonly device: Address;
  readonly owner: Address;
  readonly position: { readonly lat: number; readonly lon: number; readonly precision_m: number } | null;
  readonly days: number;
  readonly slots: number;
  readonly last_day: number | null;
  readonly admitted: boolean;
}

export interface Account {
  readonly account: Address;
  readonly balance: string;
  readonly earned: string;
  readonly claimable: string;
  readonly claim: { readonly cumulative: string; readonly running_sum: string; readonly proof: readonly Hex[] } | null;
  readonly delegate: Address | null;
  readonly votes: string;
  readonly threshold: string | null;
  readonly nonces: { readonly token: string; readonly alliance: string };
  readonly revenue: readonly {
    readonly token: Token;
    readonly claimable: string;
    readonly epochs: readonly number[];
  }[];
  readonly redeemable: readonly { readonly token: Token; readonly amount: string }[];
  readonly devices: readonly { readonly device: Address; readonly admitted: boolean; readonly nonce?: string }[];
  readonly consent: { readonly accepted: boolean; readonly terms_hash: Hex; readonly until: number | null } | null;
  readonly pass: { readonly plan: string; readonly expiry: number } | null;
}

export interface Offering {
  readonly status: string;
  readonly phase: "before" | "open" | "settling" | "failed" | "succeeded" | "none";
  readonly payment: Token;
  readonly token: Token;
  readonly price: string;
  readonly offered: string;
  readonly minimum: string;
  readonly cap_per_buyer: string;
  readonly opens: number;
  readonly closes: number;
  readonly raised: string;
  readonly sold: string;
  readonly buyers: number | null;
  readonly milestones: {
    readonly rounds: readonly number[];
    readonly counted: number;
    readonly first_bps: number;
    readonly deadline: number;
  };
  readonly released: string;
  readonly refunded: string;
  readonly admission: "open" | "list" | "alliance";
  readonly account: {
    readonly paid: string;
    readonly claimed: string | boolean;
    readonly refunded: string | boolean;
    readonly returned: string;
    readonly tokens_due: string;
    readonly refund_due: string;
    readonly may_pay_more: string;
  } | null;
}

export interface Proposal {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly proposer: Address;
  readonly state: string;
  readonly for: string;
  readonly against: string;
  readonly abstain: string;
  readonly quorum: string;
  readonly veto: { readonly votes: string; readonly needed: string } | null;
  readonly snapshot: number;
  readonly deadline: number;
  readonly eta: number | null;
  readonly calls: readonly {
    readonly words: string;
    readonly target: Address;
    readonly name: string | null;
    readonly value: string;
    readonly data: Hex;
  }[];
  readonly voted: { readonly support: number } | null;
}

export interface Proposals extends Paged<Proposal> {
  readonly threshold: string;
  readonly can_propose: boolean | null;
  readonly why_not: string | null;
  readonly decimals: number;
  readonly symbol: string;
}

export interface OperatorFacts {
  readonly round:
    | (Round & {
        readonly deadline: number | null;
        readonly voidable_at: number | null;
        readonly phase: string | null;
        readonly commits: number;
        readonly reveals: number;
        readonly n: number;
        readonly k: number;
        readonly unresolved: number;
      })
    | null;
  readonly operators: readonly {
    readonly account: Address;
    readonly role: string;
    readonly bond: string;
    readonly unbonding: string;
    readonly is_bonded: boolean;
    readonly claimable: string;
    readonly voted: boolean | null;
  }[];
  readonly idle_at: number | null;
  readonly health: {
    readonly status: string;
    readonly version: Hex | null;
    readonly swaps: number;
    readonly waiting_version: Hex | null;
    readonly trouble: string | null;
  };
  readonly market: {
    readonly terms: {
      readonly price: string;
      readonly token: Token;
      readonly servers: number;
      readonly quorum: number;
      readonly routing: string;
    };
    readonly servers: readonly {
      readonly account: Address;
      readonly endpoint: string;
      readonly price: string;
      readonly bond: string;
      readonly leaving: number | boolean | null;
    }[];
  } | null;
  readonly coin: { readonly symbol: string; readonly decimals: number };
}

export interface Refusal {
  readonly sentence: string;
  readonly hint: string | null;
}
