// Builds the page into the Python package. The same sources give the same bytes: names carry the hash of their content,
// nothing carries a time. No script or style is inline, so that the gateway's content policy needs no exception.
import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

/** Loads `src/before_paint.js` in the head, before anything is painted, so that a chosen theme never flashes the other one. */
function themeBeforePaint(): Plugin {
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

export default defineConfig({
  base: "./",
  plugins: [themeBeforePaint()],
  build: {
    outDir: "../src/andel/serving/page/built",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: "licences.txt" },
    reportCompressedSize: true,
    chunkSizeWarningLimit: 300,
  },
});
