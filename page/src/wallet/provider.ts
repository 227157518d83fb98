// The wallets of this browser: found by EIP-6963, spoken to by EIP-1193, and what their errors mean.
export interface Provider {
  request(call: { readonly method: string; readonly params?: unknown }): Promise<unknown>;
  on?(event: string, listener: (told: never) => void): void;
  removeListener?(event: string, listener: (told: never) => void): void;
}

export interface WalletInfo {
  readonly uuid: string;
  readonly name: string;
  /** A data: address of an image; anything else is left out, so that the page asks no third party. */
  readonly icon: string | null;
  readonly rdns: string;
}

export interface FoundWallet {
  readonly info: WalletInfo;
  readonly provider: Provider;
}

const WALLETS_MAX = 20;

/** Calls back with each wallet that announces itself, once each; asks all to. Returns what ends it. */
export function findWallets(found: (wallet: FoundWallet) => void): () => void {
  const known = new Set<string>();
  const hear = (event: Event) => {
    const detail = (event as CustomEvent<{ info?: Partial<WalletInfo>; provider?: Provider }>).detail;
    const info = detail?.info;
    if (!info || typeof detail.provider?.request !== "function" || typeof info.uuid !== "string") return;
    if (known.has(info.uuid) || known.size >= WALLETS_MAX) return;
    known.add(info.uuid);
    found({
      info: {
        uuid: info.uuid,
        name: String(info.name ?? "Wallet").slice(0, 60),
        icon: typeof info.icon === "string" && info.icon.startsWith("data:image/") ? info.icon : null,
        rdns: String(info.rdns ?? ""),
      },
      provider: detail.provider,
    });
  };
  addEventListener("eip6963:announceProvider", hear);
  dispatchEvent(new Event("eip6963:requestProvider"));
  return () => removeEventListener("eip6963:announceProvider", hear);
}

/** A wallet that only sets `window.ethereum`, as before EIP-6963; null where there is none. */
export function injectedWallet(): FoundWallet | null {
  const provider = (globalThis as { ethereum?: Provider }).ethereum;
  if (typeof provider?.request !== "function") return null;
  return { info: { uuid: "injected", name: "Browser wallet", icon: null, rdns: "" }, provider };
}

/** The number of a JSON-RPC or EIP-1193 error; null where it carries none. */
export function codeOf(error: unknown): number | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "number" ? code : null;
}

/** Whether the person said no in the wallet (4001), or the wallet words it so. */
export function isRejected(error: unknown): boolean {
  return codeOf(error) === 4001 || /user (rejected|denied|cancel)/i.test(messageOf(error));
}

export function messageOf(error: unknown): string {
  const message = (error as { message?: unknown } | null)?.message;
  return typeof message === "string" ? message : String(error);
}

/** The data of a revert, however deep a wallet wraps the node's error; null where none is told. */
export function revertData(error: unknown, depth = 0): `0x${string}` | null {
  if (depth > 6 || error === null || error === undefined) return null;
  if (typeof error === "string") {
    const match = /^(?:Reverted )?(0x(?:[0-9a-fA-F]{2})*)$/.exec(error.trim());
    return match ? (match[1] as `0x${string}`) : null;
  }
  if (typeof error !== "object") return null;
  const { data, error: inner, cause, originalError } = error as Record<string, unknown>;
  for (const deeper of [data, originalError, inner, cause]) {
    const found = revertData(deeper, depth + 1);
    if (found) return found;
  }
  return null;
}

/** Whether an error of `eth_call` says that the contract refused, with or without data. */
export function isRevert(error: unknown): boolean {
  return revertData(error) !== null || codeOf(error) === 3 || /revert/i.test(messageOf(error));
}
