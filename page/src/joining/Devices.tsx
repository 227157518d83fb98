// The devices of an account, and taking up one more by what it signed when its button was pressed.
import { useState } from "preact/hooks";
import type { Address as Hex20, Network } from "../api/shapes";
import { deviceRegistry } from "../chain/abi";
import { callOf } from "../chain/call";
import type { HoldingProps } from "../holding/Earned";
import { Address } from "../parts/Address";
import { Button } from "../parts/Button";
import { Card } from "../parts/Card";
import { Field } from "../parts/Field";
import { Nothing } from "../parts/Notice";
import { Pill } from "../parts/Pill";
import { isSameAddress, shortHex } from "../text/addresses";
import { formatTime } from "../text/times";
import type { Call } from "../wallet/transaction";
import { useTransaction } from "../wallet/useTransaction";
import { type Claim, claimOf, NoClaim, packageIn, readConfirmation, readDevice } from "./device_claim";

export function Devices({ account, network, again }: HoldingProps) {
  return (
    <Card title="Devices">
      {account.devices.length === 0 ? (
        <Nothing>No device is registered to this account.</Nothing>
      ) : (
        <ul class="plain-list">
          {account.devices.map(({ device, admitted }) => (
            <li key={device} class="row spread">
              <Address value={device} />
              {admitted ? <Pill tone="good">admitted</Pill> : <Pill tone="warn">not admitted by the alliance</Pill>}
            </li>
          ))}
        </ul>
      )}
      {account.devices_note && <p class="quiet">{account.devices_note}</p>}
      <ClaimForm account={account.account} network={network} again={again} />
    </Card>
  );
}

function ClaimForm({ account, network, again }: { account: Hex20; network: Network; again: () => void }) {
  const [device, setDevice] = useState("");
  const [text, setText] = useState("");
  const [file, setFile] = useState<{ name: string; bytes: Uint8Array } | null>(null);
  const [wrong, setWrong] = useState<{ device?: string; text?: string }>({});
  const claiming = useTransaction();
  const { DeviceRegistry } = network.contracts;

  const submit = async (event: Event) => {
    event.preventDefault();
    setWrong({});
    let named: ReturnType<typeof readDevice>;
    try {
      named = readDevice(device);
    } catch (error) {
      return setWrong({ device: wordsOf(error) });
    }
    try {
      const confirmation = readConfirmation(packageIn(file?.bytes ?? text));
      if (!isSameAddress(confirmation.owner, account))
        throw new NoClaim(
          `The device signed for ${confirmation.owner}, on ${formatTime(confirmation.timestamp)}. Connect that account, or press the button for yours.`,
        );
      const claim = await claimOf(confirmation, named);
      if (DeviceRegistry)
        claiming.start({ title: "Take up a device", calls: [callFor(DeviceRegistry, claim)], after: again });
    } catch (error) {
      setWrong({ text: wordsOf(error) });
    }
  };
  const load = async (event: Event) => {
    const chosen = (event.currentTarget as HTMLInputElement).files?.[0];
    if (!chosen) return setFile(null);
    if (chosen.size > 1_024)
      return setWrong({ text: `A confirmation has 96 bytes; ${chosen.name} has ${chosen.size}.` });
    setWrong({});
    setFile({ name: chosen.name, bytes: new Uint8Array(await chosen.arrayBuffer()) });
  };

  return (
    <details>
      <summary>Register a device</summary>
      <form class="stack" onSubmit={submit}>
        <p>
          Give the device your account ({shortHex(account)}) and press its button: it signs who owns it. Bring what it
          signed here within the hour.
        </p>
        <Field
          label="Device"
          value={device}
          change={setDevice}
          hint="Its address (0x…), its DID (did:io:0x…), or p256: and its public key."
          error={wrong.device ?? null}
        />
        <Field
          label="What it signed"
          value={file ? `File ${file.name}` : text}
          change={setText}
          disabled={file !== null}
          lines={3}
          hint="The ConfirmPackage, in hex or base64. Or choose its file below."
          error={wrong.text ?? null}
        />
        <label class="file-field">
          <span>Or its file</span>
          <input type="file" onChange={load} />
        </label>
        <div class="row">
          <Button type="submit">Register</Button>
          {file && (
            <Button kind="plain" onClick={() => setFile(null)}>
              Paste it instead
            </Button>
          )}
        </div>
      </form>
      {claiming.dialog}
    </details>
  );
}

function callFor(registry: Hex20, claim: Claim): Call {
  const contract = "DeviceRegistry";
  if (claim.curve === "p256") {
    const { key, timestamp, r, s } = claim;
    return callOf(registry, deviceRegistry, "claimP256", [key, timestamp, r, s], {
      contract,
      does: "Register the device as yours",
    });
  }
  const does = `Register ${shortHex(claim.device)} as yours`;
  return callOf(registry, deviceRegistry, "claim", [claim.device, claim.timestamp, claim.signature], {
    contract,
    does,
  });
}

function wordsOf(error: unknown): string {
  if (error instanceof NoClaim) return error.message;
  throw error;
}
