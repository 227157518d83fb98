// Where a vote stands: parts for its bar, what is still missing, and its moments in order.
import type { Proposal, ProposalState } from "../api/shapes";
import type { Tone } from "../parts/Pill";

export interface Parts {
  /** Millionths of the bar's whole, which is all votes, or the quorum where that is more. */
  readonly for: number;
  readonly against: number;
  readonly abstain: number;
  readonly quorum: number;
  /** For and abstain count for the quorum. */
  readonly isQuorate: boolean;
  readonly isAhead: boolean;
}

const MILLION = 1_000_000n;

export function partsOf(proposal: Proposal): Parts {
  const yes = BigInt(proposal.for);
  const no = BigInt(proposal.against);
  const neither = BigInt(proposal.abstain);
  const quorum = BigInt(proposal.quorum);
  const all = yes + no + neither;
  const whole = all > quorum ? all : quorum;
  const part = (votes: bigint) => (whole > 0n ? Number((votes * MILLION) / whole) : 0);
  return {
    for: part(yes),
    against: part(no),
    abstain: part(neither),
    quorum: part(quorum),
    isQuorate: yes + neither >= quorum,
    isAhead: yes > no,
  };
}

export const STATES: Readonly<Record<ProposalState, readonly [words: string, tone: Tone]>> = {
  pending: ["not open yet", "plain"],
  active: ["open for votes", "good"],
  canceled: ["cancelled", "bad"],
  defeated: ["defeated", "bad"],
  succeeded: ["passed, to be queued", "good"],
  queued: ["passed, waiting", "warn"],
  expired: ["expired", "bad"],
  executed: ["carried out", "good"],
};

export interface Moment {
  readonly name: string;
  /** Chain clock; null where it is not known. */
  readonly at: number | null;
  readonly done: boolean;
}

/** The way of a proposal, oldest first; what cannot come any more is left out. */
export function momentsOf(proposal: Proposal, now: number): Moment[] {
  const { state, snapshot, deadline, eta } = proposal;
  const moments: Moment[] = [
    { name: "Votes begin, and count as they stood then", at: snapshot, done: now >= snapshot },
    { name: "Votes end", at: deadline, done: now > deadline },
  ];
  if (state === "defeated") moments.push({ name: "Defeated", at: deadline, done: true });
  else if (state === "canceled") moments.push({ name: "Cancelled", at: null, done: true });
  else if (state === "expired") moments.push({ name: "Expired", at: null, done: true });
  else {
    moments.push({ name: "Queued: everybody can see what is coming", at: null, done: eta !== null });
    moments.push({ name: "Can be carried out", at: eta, done: eta !== null && now >= eta });
    moments.push({ name: "Carried out", at: null, done: state === "executed" });
  }
  return moments;
}

export const SUPPORT = { against: 0, for: 1, abstain: 2 } as const;
export type Support = keyof typeof SUPPORT;
