// The chart, with the library that draws it loaded when the first one is wanted.
import { useEffect, useState } from "preact/hooks";
import { Bones } from "./Bones";
import type { ChartProps } from "./Chart";
import { FailedNotice } from "./Notice";

type ChartPart = typeof import("./Chart").Chart;
let loaded: ChartPart | null = null;

export function LazyChart(props: ChartProps) {
  const [part, setPart] = useState<{ Chart: ChartPart } | null>(loaded && { Chart: loaded });
  const [trouble, setTrouble] = useState<unknown>(null);
  useEffect(() => {
    if (part) return;
    import("./Chart").then(
      (module) => {
        loaded = module.Chart;
        setPart({ Chart: module.Chart });
      },
      (error) => setTrouble(error),
    );
  }, [part]);
  if (trouble) return <FailedNotice trouble={trouble} what="The chart" />;
  if (!part) return <Bones lines={6} label="The chart: loading" />;
  return <part.Chart {...props} />;
}
