// Builds the air-quality index's page into its example, from the same parts as the network's page. The same sources give
// the same bytes.
import { defineConfig } from "vite";
import { themeBeforePaint } from "./vite.theme.ts";

export default defineConfig({
  root: "air",
  base: "./",
  plugins: [themeBeforePaint()],
  build: {
    outDir: "../../examples/air_quality/built",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: "licences.txt" },
    reportCompressedSize: true,
    chunkSizeWarningLimit: 300,
  },
});
