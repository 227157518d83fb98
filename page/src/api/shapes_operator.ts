// What the gateway tells of how the model is run.
import type { Address, Hex, Round, Token } from "./shapes";

export interface RoundUnderWay extends Round {
  readonly deadline: number | null;
  readonly voidable_at: number | null;
  readonly finalisable_at?: number | null;
  readonly phase: string | null;
  readonly plant?: string;
  readonly commits: number;
  readonly reveals: number;
  readonly n: number;
  readonly k: number;
  readonly unresolved: number;
}

export interface OperatorRow {
  readonly account: Address;
  readonly role: string;
  /** Wei of the coin. */
  readonly bond: string;
  readonly unbonding: string;
  readonly is_bonded: boolean;
  /** Base units of the model's token. */
  readonly claimable: string;
  readonly voted: string | boolean | null;
}

export interface Health {
  readonly status: string;
  readonly version: Hex | null;
  readonly swaps?: number | null;
  readonly waiting_version?: Hex | null;
  readonly trouble?: string | null;
}

export interface Market {
  readonly address?: Address;
  readonly terms: {
    readonly number?: number;
    readonly price: string;
    readonly token: Token;
    readonly servers: number;
    readonly quorum: number;
    readonly routing: string;
    readonly bond?: string;
  };
  readonly servers: readonly {
    readonly account: Address;
    readonly endpoint: string;
    readonly price: string;
    readonly bond: string;
    readonly agreed?: boolean;
    /** When its bond is free; null: it stays. */
    readonly leaving: number | null;
  }[];
}

export interface OperatorFacts {
  readonly round: RoundUnderWay | null;
  readonly operators: readonly OperatorRow[];
  readonly k?: number;
  readonly idle_at: number | null;
  readonly health: Health | null;
  readonly market: Market | null;
  readonly coin: { readonly symbol: string | null; readonly decimals: number };
  readonly symbol?: string;
  readonly decimals?: number;
}
