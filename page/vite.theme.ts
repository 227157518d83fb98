// The theme's script in the head of both pages.
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

/** Loads `src/before_paint.js` in the head, before anything is painted, so that a chosen theme never flashes the other one. */
export function themeBeforePaint(): Plugin {
  let reference = "";
  return {
    name: "theme-before-paint",
    apply: "build",
    buildStart() {
      const source = readFileSync(new URL("./src/before_paint.js", import.meta.url), "utf8");
      reference = this.emitFile({ type: "asset", name: "before_paint.js", source });
    },
    transformIndexHtml: {
      order: "post",
      handler(_html, context) {
        const name = Object.values(context.bundle ?? {}).find((file) => file.name === "before_paint.js")?.fileName;
        if (!name) throw new Error(`the theme's script was not emitted (${reference})`);
        return [{ tag: "script", attrs: { src: `./${name}` }, injectTo: "head-prepend" as const }];
      },
    },
  };
}
