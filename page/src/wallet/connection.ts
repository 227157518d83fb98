// The wallet that is connected: which one, which account, which chain. Kept in memory; only the choice of wallet is
// remembered, so that a reload asks nothing.
import type { Address } from "../api/shapes";
import { createStore } from "../state";
import { isAddress } from "../text/addresses";
import { codeOf, type FoundWallet, findWallets, injectedWallet, type Provider } from "./provider";

export interface Connection {
  readonly wallet: FoundWallet;
  readonly account: Address;
  readonly chain: number;
}

export const wallets = createStore<readonly FoundWallet[]>([]);
export const connection = createStore<Connection | null>(null);
/** Whether the dialog that offers the wallets is open. */
export const isChoosing = createStore(false);

const REMEMBERED = "andel.wallet";

/** Looks for wallets, and takes up the one of last time where it is still willing. */
export function startWallets(): void {
  const wanted = remembered();
  findWallets((wallet) => {
    wallets.set([...wallets.get(), wallet]);
    if (wanted && wallet.info.rdns === wanted) void resume(wallet);
  });
  setTimeout(() => {
    const plain = wallets.get().length ? null : injectedWallet();
    if (!plain) return;
    wallets.set([plain]);
    if (wanted === plain.info.uuid) void resume(plain);
  }, 300);
}

/** Asks the wallet for its account; an EIP-1193 error when it will not. */
export async function connect(wallet: FoundWallet): Promise<void> {
  const accounts = await wallet.provider.request({ method: "eth_requestAccounts" });
  await take(wallet, accounts);
  remember(wallet.info.rdns || wallet.info.uuid);
}

/** Forgets the wallet. What it signed and sent stays. */
export function disconnect(): void {
  release();
  connection.set(null);
  remember(null);
}

export interface Chain {
  readonly id: number;
  readonly name: string;
  readonly coin: { readonly symbol: string | null; readonly decimals: number };
  readonly rpc: string | null;
}

/** Asks the wallet to go to the chain, and to add it where it does not know it. */
export async function switchChain(provider: Provider, chain: Chain): Promise<void> {
  const chainId = `0x${chain.id.toString(16)}`;
  // wallets want two to six letters
  const symbol = chain.coin.symbol ?? "COIN";
  try {
    await provider.request({ method: "wallet_switchEthereumChain", params: [{ chainId }] });
  } catch (error) {
    // 4902: unknown chain. Some wallets wrap it in an internal error (-32603).
    const code = codeOf(error);
    if ((code !== 4902 && code !== -32603) || !chain.rpc) throw error;
    await provider.request({
      method: "wallet_addEthereumChain",
      params: [
        {
          chainId,
          chainName: chain.name,
          nativeCurrency: { name: symbol, symbol, decimals: chain.coin.decimals },
          rpcUrls: [chain.rpc],
        },
      ],
    });
    await provider.request({ method: "wallet_switchEthereumChain", params: [{ chainId }] });
  }
}

async function resume(wallet: FoundWallet): Promise<void> {
  if (connection.get()) return;
  try {
    await take(wallet, await wallet.provider.request({ method: "eth_accounts" }));
  } catch {
    // a wallet that is locked or gone: the button offers it again
  }
}

let release: () => void = () => {};

async function take(wallet: FoundWallet, accounts: unknown): Promise<void> {
  const account = firstAccount(accounts);
  if (!account) return connection.set(null);
  const chain = Number(await wallet.provider.request({ method: "eth_chainId" }));
  release();
  connection.set({ wallet, account, chain });
  const changeAccounts = (told: never) => {
    const next = firstAccount(told);
    const now = connection.get();
    connection.set(next && now ? { ...now, account: next } : null);
  };
  const changeChain = (told: never) => {
    const now = connection.get();
    if (now) connection.set({ ...now, chain: Number(told) });
  };
  const part = () => connection.set(null);
  const { provider } = wallet;
  provider.on?.("accountsChanged", changeAccounts);
  provider.on?.("chainChanged", changeChain);
  provider.on?.("disconnect", part);
  release = () => {
    provider.removeListener?.("accountsChanged", changeAccounts);
    provider.removeListener?.("chainChanged", changeChain);
    provider.removeListener?.("disconnect", part);
  };
}

function firstAccount(told: unknown): Address | null {
  const first = Array.isArray(told) ? told[0] : null;
  return typeof first === "string" && isAddress(first) ? first : null;
}

function remembered(): string | null {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null;
  }
}

function remember(name: string | null): void {
  try {
    if (name) localStorage.setItem(REMEMBERED, name);
    else localStorage.removeItem(REMEMBERED);
  } catch {
    // without storage the wallet is chosen again after a reload
  }
}
