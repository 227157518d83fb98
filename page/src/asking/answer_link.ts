// An answer in an address of the page: base64url of its JSON, so that whoever has the link can audit it.
import { readSignedAnswer, type SignedAnswer, writeSignedAnswer } from "./signed_answer";

const MAX_TEXT = 16_384;

/** The hash route that audits this answer. */
export function auditLink(signed: SignedAnswer): string {
  return `#/audit/${toBase64Url(JSON.stringify(writeSignedAnswer(signed)))}`;
}

/** The answer in such a route's last part. Throws NoAnswer or SyntaxError for anything else. */
export function readAuditLink(text: string): SignedAnswer {
  if (text.length > MAX_TEXT || !/^[A-Za-z0-9_-]+$/.test(text)) throw new SyntaxError("the link holds no answer");
  let json: string;
  try {
    json = fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    throw new SyntaxError("the link was cut or changed");
  }
  return readSignedAnswer(JSON.parse(json));
}

/** Base64 of a text in UTF-8. */
export function toBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** The text in base64 of UTF-8, with or without padding. Throws where it is none. */
export function fromBase64(text: string): string {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

function toBase64Url(text: string): string {
  return toBase64(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
