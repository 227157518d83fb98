// What a model's privacy keeps and shows of an owner's data, in plain words. The whole of it: docs/privacy.md.

export interface Shown {
  readonly kept: readonly string[];
  readonly shown: readonly string[];
}

const ALWAYS =
  "Which devices are yours, on which days and hours they measured, and what you earned: to everybody, for ever.";

/** `privacy` as the model's task names it: "open", "grouped", each with noise or without. */
export function shownOf(privacy: string | null | undefined): Shown {
  const kept = ["Your readings lie in your own store; training goes on your own machine."];
  if (privacy == null)
    return {
      kept,
      shown: [
        "How private this model's rounds are is not known to this gateway. Ask its founder before you join.",
        ALWAYS,
      ],
    };
  const noise = privacy.includes("noise") ? " with noise added" : "";
  if (privacy.startsWith("grouped"))
    return {
      kept: [
        ...kept,
        `What training makes of your data (your update) is seen by nobody alone: only its sum with others of your group is${noise}.`,
      ],
      shown: [
        "To the round's validators: the packets that a draw opens, at most a fifth of a day, in all rounds together.",
        "Your group's sum: to everybody, for ever.",
        ALWAYS,
      ],
    };
  return {
    kept,
    shown: [
      `Your update of each round${noise}: to everybody, for ever. Much can be told of few readings from an update.`,
      "The packets that a draw opens, as a check that the rest is real: to everybody, as long as anybody keeps them.",
      ALWAYS,
    ],
  };
}
