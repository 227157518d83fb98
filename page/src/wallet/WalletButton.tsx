// The button in the page's head: offers the wallets of this browser, then shows the account and where it is.
import { useState } from "preact/hooks";
import { useNetwork } from "../api/resource";
import { Address } from "../parts/Address";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Notice } from "../parts/Notice";
import { useStore } from "../state";
import { shortHex } from "../text/addresses";
import { connect, connection, disconnect, isChoosing, switchChain, wallets } from "./connection";
import { type FoundWallet, isRejected, messageOf } from "./provider";

export function WalletButton() {
  const now = useStore(connection);
  const open = useStore(isChoosing);
  const network = useNetwork().value;
  const isElsewhere = !!now && !!network && now.chain !== network.chain.id;
  return (
    <>
      <Button kind={now ? "plain" : "main"} small onClick={() => isChoosing.set(true)}>
        {now ? (
          <>
            <span class={`dot ${isElsewhere ? "elsewhere" : "here"}`} aria-hidden="true" />
            <span class="mono">{shortHex(now.account)}</span>
            {isElsewhere && <span class="heard"> on another network</span>}
          </>
        ) : (
          "Connect"
        )}
      </Button>
      <Dialog title={now ? "Your wallet" : "Connect a wallet"} isOpen={open} close={() => isChoosing.set(false)}>
        {now ? <Connected /> : <Choices />}
      </Dialog>
    </>
  );
}

function Connected() {
  const now = useStore(connection);
  const network = useNetwork().value;
  const [trouble, setTrouble] = useState<string | null>(null);
  if (!now) return null;
  const isElsewhere = network && now.chain !== network.chain.id;
  return (
    <>
      <p>
        {now.wallet.info.name}, account <Address value={now.account} />
      </p>
      {isElsewhere && (
        <Notice tone="warn" title="Your wallet is on another network.">
          <p>
            It is on chain {now.chain}; this gateway serves {network.chain.name} (chain {network.chain.id}).
          </p>
          {trouble && <p>{trouble}</p>}
          <Button
            onClick={() =>
              switchChain(now.wallet.provider, network.chain).catch((error) => setTrouble(messageOf(error)))
            }
          >
            Change to {network.chain.name}
          </Button>
        </Notice>
      )}
      <div class="dialog-foot">
        <a class="button plain" href="#/share" onClick={() => isChoosing.set(false)}>
          My share
        </a>
        <Button kind="plain" onClick={disconnect}>
          Disconnect
        </Button>
      </div>
    </>
  );
}

function Choices() {
  const found = useStore(wallets);
  const [trouble, setTrouble] = useState<string | null>(null);
  const choose = async (wallet: FoundWallet) => {
    setTrouble(null);
    try {
      await connect(wallet);
      isChoosing.set(false);
    } catch (error) {
      setTrouble(isRejected(error) ? "You declined in the wallet." : messageOf(error));
    }
  };
  if (!found.length) {
    return (
      <Notice title="No wallet was found in this browser.">
        <p>
          Any wallet that follows EIP-6963 works, as a browser extension or in a wallet's own browser. Everything that
          only reads works without one.
        </p>
      </Notice>
    );
  }
  return (
    <>
      <p class="quiet">The page sees your account's address. It can do nothing that you do not sign.</p>
      {trouble && <Notice tone="warn">{trouble}</Notice>}
      <ul class="choices">
        {found.map((wallet) => (
          <li key={wallet.info.uuid}>
            <button type="button" class="choice" onClick={() => choose(wallet)}>
              {wallet.info.icon && <img src={wallet.info.icon} alt="" width="32" height="32" />}
              {wallet.info.name}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
