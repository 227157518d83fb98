// A question to the gateway, and each way in which it answers: the answer, the price, who may ask, what was wrong.
import { ApiError, send } from "../api/client";
import type { Hex } from "../api/shapes";
import type { DescribedModel } from "./model_form";
import {
  CannotPay,
  DEMAND_HEADER,
  type Demand,
  PAYMENT_HEADER,
  RECEIPT_HEADER,
  readDemand,
  receiptOf,
} from "./payment";

export type Outcome =
  /** `record` is as the gateway sent it, to be read strictly; `transaction` paid for it; `left` are questions today. */
  | {
      readonly kind: "answered";
      readonly record: unknown;
      readonly transaction: Hex | null;
      readonly left: string | null;
    }
  /** It costs, and this is how it can be paid. */
  | { readonly kind: "costs"; readonly demand: Demand }
  /** Only some may ask: holders, who has a pass, who signed in. */
  | { readonly kind: "barred"; readonly error: string; readonly hint: string | null }
  /** The question was wrong; a payment with it is still good. */
  | { readonly kind: "refused"; readonly error: string; readonly hint: string | null }
  /** Not now: too many questions, the chain is slow, the gateway is away. Ask again later. */
  | {
      readonly kind: "later";
      readonly error: string;
      readonly hint: string | null;
      readonly seconds: number | null;
      /** HTTP status; 0 where there was no answer. */
      readonly status: number;
    };

/** GET /model of the gateway: what can be asked and on which terms. */
export async function readForm(): Promise<DescribedModel> {
  const answer = await send("model", { headers: { accept: "application/json" } });
  if (!answer.ok) throw await failureOf(answer);
  return (await answer.json()) as DescribedModel;
}

/** Asks once. `proof` goes into Authorization, `payment` into PAYMENT-SIGNATURE. Never throws for what may happen. */
export async function ask(
  body: string,
  chainId: number,
  proof: string | null,
  payment: string | null,
  signal?: AbortSignal,
): Promise<Outcome> {
  const headers: Record<string, string> = { "content-type": "application/json", accept: "application/json" };
  if (proof !== null) headers.authorization = proof;
  if (payment !== null) headers[PAYMENT_HEADER] = payment;
  let answer: Response;
  try {
    answer = await send("predict", { method: "POST", headers, body, signal: signal ?? null });
    return await outcomeOf(answer, chainId);
  } catch (error) {
    if (error instanceof ApiError)
      return { kind: "later", error: error.message, hint: error.hint, seconds: null, status: error.status };
    if (error instanceof CannotPay) return { kind: "barred", error: error.message, hint: null };
    // a body that broke off: whether it was answered nobody here knows
    return { kind: "later", error: "The gateway's answer broke off.", hint: null, seconds: null, status: 0 };
  }
}

async function outcomeOf(answer: Response, chainId: number): Promise<Outcome> {
  if (answer.ok) {
    const record: unknown = await answer.json();
    const left = /"day";r=(\d+)/.exec(answer.headers.get("ratelimit") ?? "")?.[1] ?? null;
    return { kind: "answered", record, transaction: receiptOf(answer.headers.get(RECEIPT_HEADER)), left };
  }
  if (answer.status === 402 && answer.headers.has(DEMAND_HEADER))
    return { kind: "costs", demand: readDemand(answer.headers.get(DEMAND_HEADER), chainId) };
  const { message: error, hint } = await failureOf(answer);
  if (answer.status === 401 || answer.status === 402) return { kind: "barred", error, hint };
  if (answer.status === 429 || answer.status === 408 || answer.status >= 500) {
    const seconds = Number(answer.headers.get("retry-after") ?? Number.NaN);
    return { kind: "later", error, hint, seconds: Number.isFinite(seconds) ? seconds : null, status: answer.status };
  }
  return { kind: "refused", error, hint };
}

async function failureOf(answer: Response): Promise<ApiError> {
  const told = (await answer.json().catch(() => ({}))) as { error?: unknown; hint?: unknown };
  const error = typeof told.error === "string" ? told.error : `The gateway answered ${answer.status}.`;
  return new ApiError(answer.status, error, typeof told.hint === "string" && told.hint !== "" ? told.hint : null);
}
