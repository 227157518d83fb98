// The devices: where they stand as far as their owners let it be known, whose they are, and how much they brought.
import { useCallback } from "preact/hooks";
import { read, withQuery } from "../../api/client";
import { useResource } from "../../api/resource";
import type { DeviceRow, Model, Paged } from "../../api/shapes";
import { Address } from "../../parts/Address";
import { Card } from "../../parts/Card";
import { Loaded } from "../../parts/Loaded";
import { Nothing } from "../../parts/Notice";
import { type Column, PagedTable } from "../../parts/PagedTable";
import { Pill } from "../../parts/Pill";
import { Plan } from "../../parts/Plan";
import { shortHex } from "../../text/addresses";
import { formatCount } from "../../text/numbers";
import { formatDate } from "../../text/times";

const DRAWN_MOST = 200;

const COLUMNS: readonly Column<DeviceRow>[] = [
  { title: "Device", show: (row) => <Address value={row.device} copies={false} /> },
  { title: "Owner", wideOnly: true, show: (row) => (row.owner ? <Address value={row.owner} copies={false} /> : "—") },
  { title: "Days", right: true, show: (row) => (row.days === null ? "—" : formatCount(row.days)) },
  { title: "Hours", right: true, wideOnly: true, show: (row) => (row.slots === null ? "—" : formatCount(row.slots)) },
  {
    title: "Last day",
    wideOnly: true,
    show: (row) => (row.last_day === null ? "—" : formatDate(row.last_day)),
  },
  {
    title: "Standing",
    show: (row) => (row.admitted ? <Pill tone="good">admitted</Pill> : <Pill tone="warn">not admitted</Pill>),
  },
];

const CHANGED_BY = ["round"] as const;

export function DevicesCard({ alliance }: { alliance: Model["alliance"] }) {
  const drawn = useResource<Paged<DeviceRow>>(withQuery("/devices", { first: 0, count: DRAWN_MOST }), ["round"]);
  const source = useCallback(
    (first: number, count: number, signal: AbortSignal) =>
      read<Paged<DeviceRow>>(withQuery("/devices", { first, count }), signal),
    [],
  );
  // a plan takes half the width where there is something on it, and one line where there is not
  const hasPlan = drawn.value?.items.some((row) => row.position) ?? false;
  return (
    <Card
      title="Devices"
      note={alliance.devices === null ? undefined : `${formatCount(alliance.devices)} have a part in the model`}
    >
      <div class={hasPlan ? "halves" : "stack"}>
        <Loaded resource={drawn} what="The plan of devices">
          {(page) => <DrawnPlan page={page} />}
        </Loaded>
        <PagedTable
          label="Devices, by address"
          columns={COLUMNS}
          source={source}
          changedBy={CHANGED_BY}
          empty="No device has a part in the model yet."
          height="26rem"
        />
      </div>
    </Card>
  );
}

function DrawnPlan({ page }: { page: Paged<DeviceRow> }) {
  const places = page.items.flatMap((row) => (row.position ? [{ name: shortHex(row.device), ...row.position }] : []));
  const total = page.total ?? 0;
  if (!page.items.length) return null;
  return (
    <div class="stack">
      <Plan places={places} hidden={page.items.length - places.length} />
      {places.length > 0 && total > page.items.length && (
        <Nothing>
          Of the first {formatCount(page.items.length)} devices; {formatCount(total)} are in the list.
        </Nothing>
      )}
    </div>
  );
}
