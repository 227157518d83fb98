// Builds the page into the Python package. The same sources give the same bytes: names carry the hash of their content,
// nothing carries a time. No script or style is inline, so that the gateway's content policy needs no exception.
import { defineConfig } from "vite";
import { themeBeforePaint } from "./vite.theme.ts";

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
