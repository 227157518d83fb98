// EIP-712: what a wallet is asked to sign, as JSON that every wallet reads, and the signature. Nothing is sent.
import type { Address, Hex } from "../api/shapes";
import type { Provider } from "./provider";

export interface TypedData {
  readonly domain: Readonly<Record<string, unknown>>;
  readonly types: Readonly<Record<string, readonly { readonly name: string; readonly type: string }[]>>;
  readonly primaryType: string;
  readonly message: Readonly<Record<string, unknown>>;
}

const DOMAIN_FIELDS = [
  { name: "name", type: "string" },
  { name: "version", type: "string" },
  { name: "chainId", type: "uint256" },
  { name: "verifyingContract", type: "address" },
  { name: "salt", type: "bytes32" },
] as const;

/** The JSON for `eth_signTypedData_v4`: whole numbers as decimal text, the domain's type spelled out. */
export function typedDataJson(data: TypedData): string {
  const EIP712Domain = DOMAIN_FIELDS.filter((field) => field.name in data.domain);
  return JSON.stringify({ ...data, types: { EIP712Domain, ...data.types } }, (_key, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}

/** The signature of `data` by `account`; the wallet's own error when it is not given. */
export async function signTypedData(provider: Provider, account: Address, data: TypedData): Promise<Hex> {
  return (await provider.request({ method: "eth_signTypedData_v4", params: [account, typedDataJson(data)] })) as Hex;
}

/** The signature of a text (EIP-191), as signing in asks for it. */
export async function signText(provider: Provider, account: Address, text: string): Promise<Hex> {
  const bytes = new TextEncoder().encode(text);
  const hex = `0x${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  return (await provider.request({ method: "personal_sign", params: [hex, account] })) as Hex;
}
