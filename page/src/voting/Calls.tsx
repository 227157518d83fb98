// What a proposal does, call by call: in plain words, with the call itself beneath for whoever wants them.
import type { ProposedCall } from "../api/shapes";
import { Address } from "../parts/Address";
import { Facts } from "../parts/Stat";

export function Calls({ calls }: { calls: readonly ProposedCall[] }) {
  return (
    <ol class="calls">
      {calls.map((call, index) => (
        <li key={index}>
          <p class={call.words.includes("UNKNOWN") ? "call-words unknown" : "call-words"}>{call.words}</p>
          {call.words.includes("UNKNOWN") && (
            <p class="field-error">This page cannot read it. Do not vote for what you cannot read.</p>
          )}
          <details>
            <summary>The call itself</summary>
            <p class="call-decoded">{call.call}</p>
            <Facts
              facts={[
                ["Contract", <Address key="t" value={call.target} {...(call.name ? { name: call.name } : {})} />],
                ["Coin sent along, wei", call.value],
                ["Data", <Address key="d" value={call.data} />],
              ]}
            />
          </details>
        </li>
      ))}
    </ol>
  );
}
