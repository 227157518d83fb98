// What a device signed for its owner when its button was pressed (a Pebble's ConfirmPackage), read from a file or a pasted
// text, and made into the arguments of DeviceRegistry.claim or claimP256. As `andel.device.claim` reads it.
import {
  bytesToHex,
  getAddress,
  type Hex,
  hexToBytes,
  isAddress,
  recoverAddress,
  serializeSignature,
  sha256,
  toHex,
} from "viem";
import { halfOrder, order, pointOf } from "./p256";

/** The fields of a ConfirmPackage, and the digest that the device signed. */
export interface Confirmation {
  owner: Hex;
  /** Seconds, by the device's clock. */
  timestamp: number;
  /** 64 bytes r‖s. */
  signature: Uint8Array;
  digest: Hex;
}

/** Arguments for the registry. */
export type Claim =
  | { curve: "secp256k1"; device: Hex; timestamp: number; signature: Hex }
  | { curve: "p256"; key: { x: Hex; y: Hex }; timestamp: number; r: Hex; s: Hex };

/** Something that is no claim; the message says why, in words for its owner. */
export class NoClaim extends Error {}

const MAX_BYTES = 1_024;
/** Owners whose first four bytes are at most this could be mistaken for a reading's packet type. */
const LAST_PACKET_TYPE = 3;

/** The package in a file's bytes or a pasted text: the bytes themselves, or base64 or hex of them. Throws NoClaim. */
export function packageIn(given: Uint8Array | string): Uint8Array {
  if (given.length > MAX_BYTES) throw new NoClaim(`A confirmation has 96 bytes; this has ${given.length}.`);
  const text = (typeof given === "string" ? given : String.fromCharCode(...given)).trim();
  if (/^(0x)?([0-9a-fA-F]{2})+$/.test(text)) return hexToBytes(`0x${text.replace(/^0x/, "")}`);
  if (/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) {
    try {
      const letters = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
      return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    } catch {
      // told below
    }
  }
  if (typeof given !== "string") return given;
  throw new NoClaim("This is neither hex nor base64. Paste what the device sent, or choose its file.");
}

/** The fields of a ConfirmPackage in canonical protobuf form. Throws NoClaim. */
export function readConfirmation(raw: Uint8Array): Confirmation {
  const fields = { owner: new Uint8Array(), timestamp: 0, signature: new Uint8Array(), channel: 0 };
  const order = ["owner", "timestamp", "signature", "channel"] as const;
  let at = 0;
  let last = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = raw[at++];
      if (byte === undefined) throw new NoClaim("The confirmation is cut off.");
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) {
        if (shift > 0 && byte === 0) break;
        return value;
      }
    }
    throw new NoClaim("The confirmation is not in its canonical form.");
  };
  while (at < raw.length) {
    const tag = varint();
    const number = tag >> 3;
    const name = order[number - 1];
    if (name === undefined || number <= last) throw new NoClaim("This is not a Pebble's confirmation.");
    last = number;
    if (name === "owner" || name === "signature") {
      if ((tag & 7) !== 2) throw new NoClaim("This is not a Pebble's confirmation.");
      const length = varint();
      if (at + length > raw.length) throw new NoClaim("The confirmation is cut off.");
      fields[name] = raw.slice(at, at + length);
      at += length;
    } else {
      if ((tag & 7) !== 0) throw new NoClaim("This is not a Pebble's confirmation.");
      fields[name] = varint();
    }
  }
  if (fields.owner.length !== 20 || fields.signature.length !== 64 || fields.timestamp > 0xffff_ffff)
    throw new NoClaim("A confirmation names an owner of 20 bytes and has a signature of 64; this does not.");
  if (toNumber(fields.owner.slice(0, 4)) <= LAST_PACKET_TYPE)
    throw new NoClaim(
      "This owner's address begins like a reading's packet and cannot own devices. Use another account.",
    );
  const signed = new Uint8Array(24);
  signed.set(fields.owner);
  new DataView(signed.buffer).setUint32(20, fields.timestamp);
  return {
    owner: getAddress(bytesToHex(fields.owner)),
    timestamp: fields.timestamp,
    signature: fields.signature,
    digest: sha256(signed),
  };
}

/** How a device was named: by its address, or by a P-256 key. */
export type NamedDevice = { address: Hex } | { x: bigint; y: bigint };

/** The device in a text: 0x…, did:io:0x…, or p256: and its public key in hex. Throws NoClaim. */
export function readDevice(text: string): NamedDevice {
  const name = text.trim();
  const address = name.replace(/^did:io:/, "");
  if (isAddress(address, { strict: false })) return { address: getAddress(address) };
  const key = /^(?:p256:|8024)(?:0x)?((?:[0-9a-fA-F]{2})+)$/.exec(name.replace(/^0x8024/, "8024"))?.[1];
  if (key !== undefined) {
    const point = pointOf(key.replace(/^8024/, ""));
    if (point !== null) return point;
  }
  throw new NoClaim("Name the device by its address (0x…), its DID (did:io:0x…), or p256: and its public key.");
}

/** The registry's arguments for a confirmation by `device`. Throws NoClaim where the device did not sign it. */
export async function claimOf(confirmation: Confirmation, device: NamedDevice): Promise<Claim> {
  const { timestamp, signature, digest } = confirmation;
  const r = bytesToHex(signature.slice(0, 32));
  const given = BigInt(bytesToHex(signature.slice(32)));
  if ("x" in device) {
    const s = given > halfOrder ? order - given : given;
    const key = { x: toHex(device.x, { size: 32 }), y: toHex(device.y, { size: 32 }) };
    return { curve: "p256", key, timestamp, r, s: toHex(s, { size: 32 }) };
  }
  const flipped = given > SECP256K1_HALF ? SECP256K1_ORDER - given : given;
  const s = toHex(flipped, { size: 32 });
  for (const yParity of [0, 1] as const) {
    const found = serializeSignature({ r, s, yParity });
    try {
      if ((await recoverAddress({ hash: digest, signature: found })) === device.address)
        return { curve: "secp256k1", device: device.address, timestamp, signature: found };
    } catch {
      // no point has this r with this parity
    }
  }
  throw new NoClaim("This device did not sign this confirmation. Check its address, or name it by its P-256 key.");
}

const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const SECP256K1_HALF = SECP256K1_ORDER / 2n;

function toNumber(bytes: Uint8Array): number {
  return bytes.reduce((number, byte) => number * 256 + byte, 0);
}
