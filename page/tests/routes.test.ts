import { expect, test } from "vitest";
import { hashOf, parseRoute, type Route } from "../src/routing/routes";

const MODEL = "0x5FbDB2315678afecb367f032d93F642f64180aa3";

test.each<[string, Route]>([
  ["", { page: "catalogue" }],
  ["#/", { page: "catalogue" }],
  [`#/model/${MODEL}`, { page: "model", address: MODEL }],
  ["#/votes/123", { page: "votes", id: "123" }],
  ["#/audit/eyJhIjoxfQ", { page: "audit", answer: "eyJhIjoxfQ" }],
  ["#/operator", { page: "operator" }],
])("%s is an address of the page", (hash, route) => {
  expect(parseRoute(hash)).toEqual(route);
  expect(parseRoute(hashOf(route))).toEqual(route);
});

test.each(["#/model/0x12", "#/votes/abc", "#/ask/more", "#/share/0x1/2", "#/audit/a+b", "#/elsewhere"])(
  "%s is no address of the page",
  (hash) => {
    expect(parseRoute(hash).page).toBe("nowhere");
  },
);
