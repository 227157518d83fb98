import { bytesToHex, type Hex, hexToBytes } from "viem";
import { describe, expect, it } from "vitest";
import { claimOf, NoClaim, packageIn, readConfirmation, readDevice } from "../src/joining/device_claim";
import { vectors } from "./vectors";

interface Made {
  package: Hex;
  device: Hex;
  curve: "secp256k1" | "P-256";
  public_key: Hex;
  point: Hex | null;
  owner: Hex;
  timestamp: number;
  signature: Hex;
}
const made = (vectors("page") as { confirmations: Made[] }).confirmations;
const nameOf = (each: Made) => (each.curve === "P-256" ? `p256:${each.public_key.slice(6)}` : each.device);

describe("a device's confirmation", () => {
  it.each(made)("becomes the registry's arguments that `andel device claim` makes ($curve, %#)", async (each) => {
    const confirmation = readConfirmation(packageIn(each.package));
    expect([confirmation.owner, confirmation.timestamp]).toEqual([each.owner, each.timestamp]);
    const claim = await claimOf(confirmation, readDevice(nameOf(each)));
    if (claim.curve === "secp256k1") expect([claim.device, claim.signature]).toEqual([each.device, each.signature]);
    else {
      expect(claim.r + claim.s.slice(2)).toBe(each.signature);
      expect(claim.key.x + claim.key.y.slice(2)).toBe(each.point);
    }
  });

  it("is found in bytes, hex and base64 alike", () => {
    const raw = hexToBytes(made[0]!.package);
    const base64 = btoa(String.fromCharCode(...raw));
    for (const form of [
      raw,
      made[0]!.package,
      ` ${made[0]!.package.slice(2)}\n`,
      base64,
      base64.replaceAll("+", "-").replaceAll("/", "_"),
    ])
      expect(bytesToHex(packageIn(form))).toBe(made[0]!.package);
    expect(bytesToHex(packageIn(new TextEncoder().encode(base64)))).toBe(made[0]!.package);
    expect(() => packageIn("what is this?")).toThrow(NoClaim);
    expect(() => packageIn("ab".repeat(2_000))).toThrow(NoClaim);
  });

  it("of another device, or altered, is refused", async () => {
    const confirmation = readConfirmation(packageIn(made[0]!.package));
    await expect(claimOf(confirmation, readDevice(made[1]!.device))).rejects.toThrow("did not sign");
    const later = { ...confirmation, digest: `0x${"11".repeat(32)}` as Hex };
    await expect(claimOf(later, readDevice(made[0]!.device))).rejects.toThrow("did not sign");
  });

  it("cut anywhere, or with bytes besides, is refused in words", () => {
    const raw = hexToBytes(made[0]!.package);
    for (let end = 0; end < raw.length - 2; end++) expect(() => readConfirmation(raw.slice(0, end))).toThrow(NoClaim);
    expect(() => readConfirmation(new Uint8Array([...raw, 0x28, 1]))).toThrow(NoClaim);
    expect(() => readConfirmation(new Uint8Array([...raw, ...raw]))).toThrow(NoClaim);
  });

  it("with an owner that begins like a packet is refused", () => {
    const raw = hexToBytes(made[0]!.package);
    raw.set([0, 0, 0, 1], 2);
    expect(() => readConfirmation(raw)).toThrow("another account");
  });

  it("names devices in every form that people write", () => {
    const [first, , , fourth] = made;
    expect(readDevice(`did:io:${first!.device.toLowerCase()}`)).toEqual({ address: first!.device });
    const whole = readDevice(`p256:04${fourth!.point!.slice(2)}`);
    expect(readDevice(`p256:${fourth!.point}`)).toEqual(whole);
    expect(readDevice(fourth!.public_key)).toEqual(whole);
    expect(readDevice(`p256:${fourth!.public_key.slice(6)}`)).toEqual(whole);
    for (const wrong of ["", "0x12", "p256:00", `p256:02${"ff".repeat(32)}`, "my sensor"])
      expect(() => readDevice(wrong)).toThrow(NoClaim);
  });
});
