// Takes: forge's two calls, `--version` and `--standard-json` with the input on stdin.
// Gives: what a native solc would print. Never reads a source file: forge sends every source inline.
"use strict";

const fs = require("node:fs");
const solc = require("solc");

// stdout is a pipe: one write may take only part of the text, and process.exit would cut the rest at 64 KiB.
function printWhole(text) {
  const bytes = Buffer.from(text, "utf8");
  let offset = 0;
  while (offset < bytes.length) {
    try {
      offset += fs.writeSync(1, bytes, offset);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

const args = process.argv.slice(2);
if (args.includes("--version")) {
  const version = solc.version().replace("Emscripten.clang", "Linux.g++");
  printWhole(`solc, the solidity compiler commandline interface\nVersion: ${version}\n`);
} else if (args.includes("--standard-json")) {
  printWhole(solc.compile(fs.readFileSync(0, "utf8")));
} else {
  process.stderr.write(`solc-js: only --version and --standard-json are answered, got: ${args.join(" ")}\n`);
  process.exitCode = 2;
}
