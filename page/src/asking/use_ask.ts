// How one question goes: asked, priced, paid, answered; and what is kept so that nothing is paid for twice.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { head } from "../api/live";
import type { Hex, Network } from "../api/shapes";
import { announce } from "../parts/toasts";
import { connection } from "../wallet/connection";
import { isRejected, messageOf } from "../wallet/provider";
import { signTypedData } from "../wallet/typed_data";
import { ask, type Outcome } from "./asking";
import type { DescribedModel } from "./model_form";
import { packedQuestion } from "./packed_question";
import { type Demand, paymentHeader, randomNonce, takesIdentifiers, transferToSign } from "./payment";
import { proofOf } from "./sign_in";
import { NoAnswer, readSignedAnswer, type SignedAnswer } from "./signed_answer";

/** What was asked: the request's body, and the same as values. */
export interface Asked {
  readonly body: string;
  readonly values: Readonly<Record<string, string>>;
  /** When it was measured, unix seconds. */
  readonly seconds: number;
}

/** A payment that was signed. With the same question it takes nothing again, however often it is sent. */
export interface Payment {
  readonly header: string;
  readonly demand: Demand;
  /** The payer's own name for it, which alone fetches the answer; null where the gateway takes none. */
  readonly identifier: string | null;
}

export interface Answered {
  readonly asked: Asked;
  readonly signed: SignedAnswer;
  /** The question as this page packs it; null where it cannot. */
  readonly packed: Hex | null;
  readonly transaction: Hex | null;
  readonly left: string | null;
  readonly payment: Payment | null;
}

export type Stage =
  | { readonly at: "idle" }
  | { readonly at: "asking"; readonly asked: Asked; readonly payment: Payment | null }
  | ({ readonly at: "answered" } & Answered)
  | { readonly at: "costs"; readonly asked: Asked; readonly demand: Demand; readonly said: string | null }
  | { readonly at: "signing"; readonly asked: Asked; readonly demand: Demand }
  | { readonly at: "barred"; readonly error: string; readonly hint: string | null }
  | { readonly at: "refused"; readonly error: string; readonly hint: string | null; readonly payment: Payment | null }
  | {
      readonly at: "later";
      readonly asked: Asked;
      readonly error: string;
      readonly hint: string | null;
      readonly seconds: number | null;
      readonly payment: Payment | null;
    };

/** What x402's reasons mean for who pays. */
const REASONS: Readonly<Record<string, string>> = {
  insufficient_funds: "The account does not have enough of the payment token. Nothing was taken.",
  invalid_exact_evm_nonce_already_used: "This signature was used or cancelled before. Sign a new one.",
  invalid_exact_evm_payload_authorization_valid_before:
    "The signature ran out before it reached the chain. Nothing was taken.",
  invalid_exact_evm_payload_signature:
    "The gateway does not find the account's signature. Only accounts with a key of their own can pay this way. Nothing was taken.",
};

export interface AskFlow {
  readonly stage: Stage;
  readonly start: (asked: Asked) => void;
  /** Signs what the demand names and asks with it. */
  readonly pay: () => void;
  /** Asks again with the payment that was signed: nothing is taken again. */
  readonly again: () => void;
  readonly cancel: () => void;
}

export function useAsk(network: Network | null, model: DescribedModel | null): AskFlow {
  const [stage, setStage] = useState<Stage>({ at: "idle" });
  // a payment whose question was refused is good for another question, where it has an identifier
  const spare = useRef<Payment | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const go = useCallback(
    async (asked: Asked, payment: Payment | null) => {
      if (network === null || model === null) return;
      running.current?.abort();
      const leaving = new AbortController();
      running.current = leaving;
      setStage({ at: "asking", asked, payment });
      const account = connection.get()?.account ?? null;
      const header = payment?.header ?? null;
      let outcome: Outcome;
      try {
        outcome = await ask(asked.body, network.chain.id, payment ? null : proofOf(account), header, leaving.signal);
      } catch (error) {
        if (leaving.signal.aborted) return;
        throw error;
      }
      if (leaving.signal.aborted) return;
      if (outcome.kind === "refused" && payment?.identifier) spare.current = payment;
      else if (outcome.kind !== "later") spare.current = null;
      const next = stageOf(outcome, asked, payment, model);
      announce(spoken(next));
      setStage(next);
    },
    [network, model],
  );

  const pay = useCallback(async () => {
    const now = connection.get();
    if (stage.at !== "costs" || now === null || network === null) return;
    const { asked, demand } = stage;
    setStage({ at: "signing", asked, demand });
    try {
      const time = head.get()?.time ?? network.chain.time;
      const typed = transferToSign(demand, now.account, BigInt(time), randomNonce());
      const signature = await signTypedData(now.wallet.provider, now.account, {
        ...typed,
        domain: { ...typed.domain },
        message: { ...typed.message },
      });
      const identifier = takesIdentifiers(demand) ? `page_${randomNonce().slice(2)}` : null;
      const header = paymentHeader(demand, typed.message, signature, identifier ?? "");
      await go(asked, { header, demand, identifier });
    } catch (error) {
      const said = isRejected(error) ? "You declined it in the wallet. Nothing was taken." : messageOf(error);
      setStage({ at: "costs", asked, demand, said });
    }
  }, [stage, network, go]);

  return {
    stage,
    start: (asked) => void go(asked, spare.current),
    pay: () => void pay(),
    again: () => stage.at === "later" && void go(stage.asked, stage.payment),
    cancel: () => {
      running.current?.abort();
      // a request that paid may be answered all the same: the payment is kept for it
      if (stage.at === "asking" && stage.payment) {
        const { asked, payment } = stage;
        setStage({ at: "later", asked, payment, error: "You stopped waiting.", hint: null, seconds: null });
      } else setStage({ at: "idle" });
    },
  };
}

function stageOf(outcome: Outcome, asked: Asked, payment: Payment | null, model: DescribedModel): Stage {
  switch (outcome.kind) {
    case "answered":
      try {
        const signed = readSignedAnswer(outcome.record);
        const packed = packedQuestion(model, asked.values, asked.seconds);
        return { at: "answered", asked, signed, packed, transaction: outcome.transaction, left: outcome.left, payment };
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        return {
          at: "refused",
          error: `What the gateway sent is no signed answer: ${error.message}.`,
          hint: null,
          payment,
        };
      }
    case "costs": {
      const said =
        payment === null
          ? null
          : (REASONS[outcome.demand.reason] ?? `The payment was not taken: ${outcome.demand.reason}.`);
      return { at: "costs", asked, demand: outcome.demand, said };
    }
    case "barred":
      return { at: "barred", error: outcome.error, hint: outcome.hint };
    case "refused":
      return { at: "refused", error: outcome.error, hint: outcome.hint, payment };
    case "later":
      return { at: "later", asked, error: outcome.error, hint: outcome.hint, seconds: outcome.seconds, payment };
  }
}

function spoken(stage: Stage): string {
  switch (stage.at) {
    case "answered":
      return "The answer is here";
    case "costs":
      return stage.said ?? "This question costs something";
    case "barred":
    case "refused":
    case "later":
      return stage.error;
    default:
      return "";
  }
}

/** What a failure is called for people. */
export function troubleOf(error: unknown): string {
  if (isRejected(error)) return "You declined it in the wallet.";
  return error instanceof ApiError && error.hint ? `${error.message} ${error.hint}` : messageOf(error);
}
