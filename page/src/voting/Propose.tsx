// Making a proposal: by a small form for what is common, or from a file. The gateway makes calls of it and says in words
// what they do, before anything is signed.
import { useState } from "preact/hooks";
import { post } from "../api/client";
import { useResource } from "../api/resource";
import type { Model, Network, Proposals, ProposedCall } from "../api/shapes";
import { troubleOf } from "../asking/use_ask";
import { modelGovernor } from "../chain/abi";
import { callOf } from "../chain/call";
import { Button } from "../parts/Button";
import { Card } from "../parts/Card";
import { ChoiceField, Field } from "../parts/Field";
import { Notice } from "../parts/Notice";
import { useStore } from "../state";
import { formatAmount } from "../text/amounts";
import { connection, isChoosing } from "../wallet/connection";
import { useTransaction } from "../wallet/useTransaction";
import { Calls } from "./Calls";
import { type Draft, draftFile, EMPTY, type Kind } from "./draft";
import { type ProposalFile, readProposalFile } from "./proposal_file";

interface Preview {
  readonly why: string;
  readonly calls: readonly ProposedCall[];
}

const KINDS: readonly { readonly value: Kind; readonly label: string }[] = [
  { value: "price", label: "Who may ask, and at what price" },
  { value: "pay", label: "Pay somebody from the treasury" },
  { value: "text", label: "A text to agree on, that changes nothing" },
  { value: "file", label: "From a file (andel-proposal/1)" },
];

export function Propose({ page, network, again }: { page: Proposals; network: Network; again: () => void }) {
  const now = useStore(connection);
  const model = useResource<Model>("/model").value;
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [file, setFile] = useState<ProposalFile | null>(null);
  const [preview, setPreview] = useState<Preview | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const proposing = useTransaction();
  const tokens = [
    {
      address: "0x0000000000000000000000000000000000000000" as const,
      ...network.chain.coin,
      symbol: network.chain.coin.symbol ?? "coin",
    },
    ...(model?.revenue?.tokens ?? []).map((part) => part.token).filter((token) => BigInt(token.address) !== 0n),
  ];
  const change = (part: Partial<Draft>) => {
    setDraft({ ...draft, ...part });
    setPreview(null);
  };

  const look = async (event: Event) => {
    event.preventDefault();
    setTrouble(null);
    try {
      const made = draft.kind === "file" ? file : await draftFile(draft, tokens, network, navigator.language);
      if (made === null) throw new Error("Choose a file first.");
      setPreview(await post<Preview>("page/api/proposal", { file: made }));
    } catch (error) {
      setTrouble(troubleOf(error));
    }
  };
  const load = async (event: Event) => {
    const chosen = (event.currentTarget as HTMLInputElement).files?.[0];
    setPreview(null);
    setFile(null);
    if (!chosen) return;
    try {
      if (chosen.size > 256 * 1_024) throw new Error("A proposal's file has at most 256 KiB.");
      setFile(readProposalFile(await chosen.text()));
      setTrouble(null);
    } catch (error) {
      setTrouble(troubleOf(error));
    }
  };
  const propose = () => {
    const { ModelGovernor } = network.contracts;
    if (!now) return isChoosing.set(true);
    if (!ModelGovernor || preview === null) return;
    const { calls, why } = preview;
    const args = [
      calls.map((call) => call.target),
      calls.map((call) => BigInt(call.value)),
      calls.map((call) => call.data),
      why,
    ] as const;
    const call = callOf(ModelGovernor, modelGovernor, "propose", args, {
      contract: "ModelGovernor",
      does: "Propose it to all holders",
    });
    const after = () => {
      setDraft(EMPTY);
      setFile(null);
      setPreview(null);
      again();
    };
    proposing.start({ title: "Propose", calls: [call], after });
  };

  return (
    <Card title="Propose something">
      <WhoMay page={page} isConnected={now !== null} />
      <form class="stack" onSubmit={look}>
        <ChoiceField
          label="What kind"
          value={draft.kind}
          change={(kind) => change({ kind: kind as Kind })}
          choices={KINDS}
        />
        {draft.kind === "price" && <PriceFields draft={draft} change={change} tokens={tokens} />}
        {draft.kind === "pay" && <PayFields draft={draft} change={change} tokens={tokens} />}
        {draft.kind === "file" ? (
          <label class="file-field">
            <span>The proposal's file</span>
            <input type="file" accept="application/json,.json" onChange={load} />
          </label>
        ) : (
          <Field
            label={draft.kind === "text" ? "The text" : "Why"}
            value={draft.why}
            change={(why) => change({ why })}
            lines={4}
            hint="Its first line is its title. Public, for ever."
          />
        )}
        {trouble && <Notice tone="bad">{trouble}</Notice>}
        {preview === null && (
          <div class="row">
            <Button kind="plain" type="submit">
              Show what it would do
            </Button>
          </div>
        )}
      </form>
      {preview && (
        <div class="stack" aria-live="polite">
          <h3>It would do this</h3>
          <Calls calls={preview.calls} />
          {draft.kind === "file" && <p class="proposal-text">{preview.why}</p>}
          <div class="row">
            <Button onClick={propose} disabled={page.can_propose === false}>
              {now ? "Propose it" : "Connect a wallet to propose"}
            </Button>
          </div>
        </div>
      )}
      {proposing.dialog}
    </Card>
  );
}

function WhoMay({ page, isConnected }: { page: Proposals; isConnected: boolean }) {
  if (isConnected && page.why_not) return <Notice tone="warn">You cannot propose now: {page.why_not}.</Notice>;
  if (page.threshold === null || page.threshold === "0") return null;
  return (
    <p class="quiet">
      Who proposes needs {formatAmount(page.threshold, page.decimals, { symbol: page.symbol, digits: 2 })} of votes.
    </p>
  );
}

interface FieldsProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  tokens: readonly { readonly address: string; readonly symbol: string }[];
}

function PriceFields({ draft, change, tokens }: FieldsProps) {
  const known = tokens
    .filter((token) => BigInt(token.address) !== 0n)
    .map((token) => `${token.symbol}: ${token.address}`)
    .join(", ");
  return (
    <>
      <ChoiceField
        label="Who may ask"
        value={draft.mode}
        change={(mode) => change({ mode: mode as Draft["mode"] })}
        choices={[
          { value: "paid", label: "Whoever pays" },
          { value: "holders", label: "Whoever holds the token" },
          { value: "open", label: "Everybody, for nothing" },
        ]}
      />
      {draft.mode === "paid" && (
        <div class="grid ask-fields">
          <Field
            label="Price of one question"
            value={draft.amount}
            change={(amount) => change({ amount })}
            inputMode="decimal"
          />
          <Field
            label="Paid in: the token's address"
            value={draft.otherToken}
            change={(otherToken) => change({ otherToken })}
            hint={known || "A token whose transfers can be signed (ERC-3009), as USDC's can."}
          />
        </div>
      )}
      <p class="quiet">This replaces all prices that hold now.</p>
    </>
  );
}

function PayFields({ draft, change, tokens }: FieldsProps) {
  return (
    <div class="grid ask-fields">
      <Field label="To" value={draft.to} change={(to) => change({ to })} hint="An account's address." />
      <Field label="Amount" value={draft.amount} change={(amount) => change({ amount })} inputMode="decimal" />
      <TokenChoice draft={draft} change={change} tokens={tokens} />
    </div>
  );
}

function TokenChoice({ draft, change, tokens }: FieldsProps) {
  const choices = tokens.map((token) => ({ value: token.address, label: token.symbol }));
  return <ChoiceField label="In" value={draft.token} change={(token) => change({ token })} choices={choices} />;
}
