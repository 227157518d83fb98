// What the gateway tells of one account, of the offering and of votes.
import type { Address, Hex, Paged, Token } from "./shapes";

export interface Account {
  readonly account: Address;
  readonly symbol: string;
  readonly decimals: number;
  readonly balance: string;
  /** What it has earned in all rounds; null where the store does not hold the state that the pool pays by. */
  readonly earned: string | null;
  readonly claimed: string;
  readonly claimable: string | null;
  readonly operator_claimable: string;
  readonly claim: { readonly cumulative: string; readonly running_sum: string; readonly proof: readonly Hex[] } | null;
  /** The supply that votes are counted against. */
  readonly held_supply: string;
  /** What it holds has no votes: pool, treasury, offering, vesting. */
  readonly set_aside: boolean;
  readonly delegate: Address | null;
  readonly votes: string;
  readonly threshold: string | null;
  readonly nonces: { readonly token: string; readonly alliance: string };
  readonly revenue: readonly {
    readonly token: Token;
    readonly claimable: string;
    readonly epochs: readonly number[];
  }[];
  /** What burning all would pay. */
  readonly redeemable: readonly { readonly token: Token; readonly amount: string }[];
  readonly devices: readonly { readonly device: Address; readonly admitted: boolean }[];
  readonly devices_note: string | null;
  readonly consent: { readonly accepted: boolean; readonly terms_hash: Hex; readonly until: number | null } | null;
  readonly pass: { readonly plan: string; readonly expiry: number; readonly live: boolean } | null;
  /** Wei. */
  readonly coins: string;
}

/** `none`: the model has no offering, and nothing besides `phase` is told. */
export type OfferingTold = Offering | { readonly status: "none"; readonly phase: "none"; readonly account: null };

export interface Offering {
  readonly address: Address;
  readonly status: string;
  readonly phase: "before" | "open" | "settling" | "failed" | "succeeded";
  readonly payment: Token;
  readonly token: Token;
  /** Units of `payment` for one whole token. */
  readonly price: string;
  readonly offered: string;
  readonly target: string;
  readonly minimum: string;
  readonly cap_per_buyer: string | null;
  readonly opens: number;
  readonly closes: number;
  readonly raised: string;
  readonly proceeds: string;
  readonly sold: string;
  readonly buyers: number | null;
  readonly milestones: {
    readonly rounds: number;
    readonly counted: number;
    readonly first_bps: number;
    readonly deadline: number;
    readonly missed: boolean;
  } | null;
  readonly treasury: Address;
  readonly released: string;
  readonly releasable: string;
  readonly refunded: string;
  readonly admission: "open" | "list" | "alliance";
  readonly account: {
    readonly account: Address;
    readonly paid: string;
    readonly claimed: boolean;
    readonly refunded: boolean;
    readonly returned: boolean;
    readonly tokens_due: string;
    readonly refund_due: string;
    /** Null where nothing but its own money bounds it. */
    readonly may_pay_more: string | null;
  } | null;
}

/** A call told twice: in a plain sentence, and decoded, with every value. */
export interface CallWords {
  readonly words: string;
  readonly call: string;
}

export interface ProposedCall extends CallWords {
  readonly target: Address;
  readonly name: string | null;
  readonly value: string;
  readonly data: Hex;
}

export type ProposalState =
  | "pending"
  | "active"
  | "canceled"
  | "defeated"
  | "succeeded"
  | "queued"
  | "expired"
  | "executed";

export interface Proposal {
  readonly id: string;
  readonly title: string | null;
  readonly description: string | null;
  readonly description_hash: Hex;
  readonly proposer: Address;
  readonly state: ProposalState;
  readonly for: string;
  readonly against: string;
  readonly abstain: string;
  readonly quorum: string;
  readonly veto: { readonly votes: string; readonly needed: string; readonly open: boolean } | null;
  /** Votes count as they stood then; voting begins then and ends at `deadline`. */
  readonly snapshot: number;
  readonly deadline: number;
  readonly eta: number | null;
  readonly calls: readonly ProposedCall[];
  readonly voted: { readonly support: "for" | "against" | "abstain" | null } | null;
}

export interface VotingHead {
  readonly threshold: string | null;
  readonly can_propose: boolean | null;
  readonly why_not: string | null;
  readonly decimals: number;
  readonly symbol: string;
}

export interface Proposals extends Paged<Proposal>, VotingHead {}
export type OneProposal = Proposal & VotingHead;
