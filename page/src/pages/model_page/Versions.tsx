import type { Feature, Lineage, Model } from "../../api/shapes";
import { Address } from "../../parts/Address";
import { Card } from "../../parts/Card";
import { Nothing } from "../../parts/Notice";
import { Pill } from "../../parts/Pill";
import { Facts } from "../../parts/Stat";
import { formatBytes, formatCount, formatMeasure } from "../../text/numbers";
import { formatPeriod, formatTime } from "../../text/times";

/** Which version answers, and the ones it came from. */
export function VersionCard({ model }: { model: Model }) {
  const { version, onchain } = model;
  return (
    <Card
      title="Version and lineage"
      note={version?.round ? `the one that counts is from round ${formatCount(version.round)}` : "as it was founded"}
    >
      {version && (
        <Facts
          facts={[
            [version.answers ? "Answers now" : "Newest version", <Address key="v" value={version.hash} />],
            ...(version.newest && version.newest !== version.hash
              ? [["Newer, waiting for promotion", <Address key="n" value={version.newest} />] as const]
              : []),
            ...(onchain?.code_address
              ? [
                  ["Code on chain", <Address key="c" value={onchain.code_address} />] as const,
                  ["Its hash", <Address key="h" value={onchain.code_hash ?? "not known"} />] as const,
                ]
              : []),
            ...(onchain?.bytes ? [["Its size", formatBytes(onchain.bytes)] as const] : []),
          ]}
        />
      )}
      <LineageTable
        lineage={model.lineage}
        unit={model.unit ?? ""}
        answering={version?.answers ? version.hash : null}
      />
    </Card>
  );
}

function LineageTable({
  lineage,
  unit,
  answering,
}: {
  lineage: readonly Lineage[];
  unit: string;
  answering: string | null;
}) {
  if (!lineage.length) return <Nothing>No round has made a version yet.</Nothing>;
  return (
    <section class="table-frame short" tabIndex={0} aria-label="Versions, the newest first">
      <table class="table">
        <caption class="heard">Versions, the newest first</caption>
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col" class="right">
              Round
            </th>
            <th scope="col" class="right">
              Error
            </th>
            <th scope="col" class="wide-only">
              Final since
            </th>
          </tr>
        </thead>
        <tbody>
          {lineage.map((each) => (
            <tr key={each.version}>
              <td>
                <Address value={each.version} copies={false} />{" "}
                {each.version === answering && <Pill tone="good">answers</Pill>}
              </td>
              <td class="right">{formatCount(each.round)}</td>
              <td class="right">{formatMeasure(each.error, unit)}</td>
              <td class="wide-only">{each.at === null ? "—" : formatTime(each.at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** What the model takes in, as its task writes it. */
export function InputsCard({ model }: { model: Model }) {
  const { task } = model;
  return (
    <Card title="What it looks at" note={task.privacy ? `privacy: ${task.privacy}` : undefined}>
      {task.features === null ? (
        <Nothing>The task is not in this gateway's store.</Nothing>
      ) : (
        <section class="table-frame short" tabIndex={0} aria-label="Inputs of the model">
          <table class="table">
            <caption class="heard">Inputs of the model</caption>
            <thead>
              <tr>
                <th scope="col">Value</th>
                <th scope="col" class="wide-only">
                  What it is
                </th>
                <th scope="col" class="right">
                  Physical range
                </th>
              </tr>
            </thead>
            <tbody>
              {task.features.map((feature) => (
                <tr key={feature.name}>
                  <td>{feature.name}</td>
                  <td class="wide-only">{kindWords(feature)}</td>
                  <td class="right">{rangeWords(feature)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      <Facts
        facts={[
          ...(task.layers?.length
            ? [["Layers", task.layers.map((size) => formatCount(size)).join(" → ")] as const]
            : []),
          ...(task.parameters ? [["Parameters", formatCount(task.parameters)] as const] : []),
          ...(task.hash ? [["Task", <Address key="t" value={task.hash} />] as const] : []),
          ...(model.step ? [["One step of an answer", formatMeasure(model.step, model.unit ?? "")] as const] : []),
        ]}
      />
    </Card>
  );
}

function kindWords(feature: Feature): string {
  const span = feature.seconds ? formatPeriod(feature.seconds) : "";
  const of = feature.channel && feature.channel !== feature.name ? ` of ${feature.channel}` : "";
  switch (feature.kind) {
    case "channel":
      return `as measured now${of}`;
    case "lag":
      return `as measured ${span} before${of}`;
    case "difference":
      return `change over ${span}${of}`;
    case "mean":
      return `mean over ${span}${of}`;
    case "hour-sin":
    case "hour-cos":
      return "hour of the day";
    case "year-sin":
    case "year-cos":
      return "time of the year";
    default:
      return feature.kind ?? "";
  }
}

function rangeWords(feature: Feature): string {
  if (feature.low === null || feature.high === null) return feature.channel ? "—" : "from the clock";
  return `${formatMeasure(feature.low)} to ${formatMeasure(feature.high, feature.unit ?? "")}`;
}
