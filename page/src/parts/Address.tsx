import { useState } from "preact/hooks";
import { shortHex } from "../text/addresses";
import { CopyIcon, TickIcon } from "./icons";
import { announce } from "./toasts";

/** An address or hash: short for the eye, whole for the screen reader and the clipboard. */
export function Address({ value, name, copies = true }: { value: string; name?: string; copies?: boolean }) {
  return (
    <span class="address" title={value}>
      <span aria-hidden="true">{name ?? shortHex(value)}</span>
      <span class="heard">{name ? `${name}, ${value}` : value}</span>
      {copies && <Copy text={value} what={name ?? shortHex(value)} />}
    </span>
  );
}

/** A button that puts `text` on the clipboard. */
export function Copy({ text, what }: { text: string; what: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      announce("Copied");
      setTimeout(() => setCopied(false), 1500);
    } catch {
      announce("The browser does not let this page copy.");
    }
  };
  return (
    <button type="button" class="icon-button" onClick={copy} aria-label={`Copy ${what}`} title="Copy">
      {isCopied ? <TickIcon /> : <CopyIcon />}
    </button>
  );
}

/** A command to type, with a button that copies it. */
export function Command({ text }: { text: string }) {
  return (
    <div class="command">
      {/* each word stands whole, so that no option is broken at its hyphens; one longer than the line breaks within */}
      <code>
        {text.split(" ").map((word, index) => (
          <>
            {index > 0 && " "}
            <span key={index} class="command-word">
              {word}
            </span>
          </>
        ))}
      </code>
      <Copy text={text} what="the command" />
    </div>
  );
}
