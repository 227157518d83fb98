// The alliance: its terms and policy in words, and how to become part of it.
import type { Model, Policy } from "../../api/shapes";
import { Address, Command } from "../../parts/Address";
import { Card } from "../../parts/Card";
import { Nothing } from "../../parts/Notice";
import { Facts } from "../../parts/Stat";
import { formatCount } from "../../text/numbers";

export function AllianceCard({ alliance }: { alliance: Model["alliance"] }) {
  return (
    <Card title="Terms of the alliance" note={<Address value={alliance.address} />}>
      {alliance.terms_text ? (
        <section class="terms" tabIndex={0} aria-label="The terms">
          {alliance.terms_text.split(/\n{2,}/).map((paragraph, index) => (
            <p key={index}>{paragraph}</p>
          ))}
        </section>
      ) : (
        <Nothing>
          The text of the terms is not in this gateway's store. Its hash is on chain, and consent is given to that hash.
        </Nothing>
      )}
      <Facts
        facts={[
          ["Hash of the terms", alliance.terms_hash ? <Address key="t" value={alliance.terms_hash} /> : "none"],
          ["Where devices may stand", policyPlaces(alliance.policy)],
          ["What they must measure", policyChannels(alliance.policy)],
          ...(alliance.owner ? [["Run by", <Address key="o" value={alliance.owner} />] as const] : []),
        ]}
      />
    </Card>
  );
}

export function JoinCard({ steps }: { steps: Model["alliance"]["how_to_join"] }) {
  return (
    <div id="join" class="join" tabIndex={-1}>
      <Card title="How to join" note="what is opened of your data, the terms say">
        {steps.length === 0 && <Nothing>This gateway does not know how.</Nothing>}
        <ol class="steps">
          {steps.map((step) => (
            <li key={step.do}>
              <span>{step.do}</span>
              {step.command && <Command text={step.command} />}
            </li>
          ))}
        </ol>
      </Card>
    </div>
  );
}

function policyPlaces(policy: Policy | null): string {
  if (!policy) return "not known here";
  const { boxes = [] } = policy;
  if (!boxes.length) return "anywhere";
  const degrees = (value: number) =>
    new Intl.NumberFormat(undefined, {
      maximumFractionDigits: 2,
      style: "unit",
      unit: "degree",
      unitDisplay: "narrow",
    }).format(value);
  return boxes
    .slice(0, 6)
    .map(
      (box) =>
        `${degrees(box.south)} to ${degrees(box.north)} north, ${degrees(box.west)} to ${degrees(box.east)} east`,
    )
    .concat(boxes.length > 6 ? [`and ${formatCount(boxes.length - 6)} more areas`] : [])
    .join("; ");
}

function policyChannels(policy: Policy | null): string {
  if (!policy) return "not known here";
  const { channels = [] } = policy;
  if (!channels.length) return "anything";
  return channels
    .map((channel) =>
      typeof channel === "string" ? channel : String((channel as { name?: unknown } | null)?.name ?? "a channel"),
    )
    .join(", ");
}
