// How the votes stand: a bar with the quorum marked on it, and the same in words and numbers.
import type { Proposal } from "../api/shapes";
import { formatAmount } from "../text/amounts";
import { partsOf } from "./standing";

export function VoteBar({ proposal, symbol, decimals }: { proposal: Proposal; symbol: string; decimals: number }) {
  const parts = partsOf(proposal);
  const shown = (amount: string) => formatAmount(amount, decimals, { digits: 2 });
  const width = (part: number) => ({ width: `${part / 10_000}%` });
  return (
    <div class="vote-bar-frame">
      <div class="vote-bar" aria-hidden="true">
        <span class="vote-for" style={width(parts.for)} />
        <span class="vote-abstain" style={width(parts.abstain)} />
        <span class="vote-against" style={width(parts.against)} />
        <span class="goal-mark" style={{ insetInlineStart: `${parts.quorum / 10_000}%` }} />
      </div>
      <ul class="vote-legend">
        <li>
          <span class="key vote-for" aria-hidden="true" /> For <strong>{shown(proposal.for)}</strong>
        </li>
        <li>
          <span class="key vote-against" aria-hidden="true" /> Against <strong>{shown(proposal.against)}</strong>
        </li>
        <li>
          <span class="key vote-abstain" aria-hidden="true" /> Abstain <strong>{shown(proposal.abstain)}</strong>
        </li>
        <li>
          <span class="key goal-key" aria-hidden="true" /> Quorum <strong>{shown(proposal.quorum)}</strong>{" "}
          {parts.isQuorate ? "(reached)" : "(not reached)"}
        </li>
        <li class="quiet">in {symbol}</li>
      </ul>
    </div>
  );
}
