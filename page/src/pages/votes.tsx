// Governance: the list of proposals, or one of them.
import "../styles/acting.css";
import type { Route } from "../routing/routes";
import { OneVote } from "../voting/OneVote";
import { VoteList } from "../voting/VoteList";

export default function Page({ route }: { route: Extract<Route, { page: "votes" }> }) {
  return route.id === null ? <VoteList /> : <OneVote id={route.id} key={route.id} />;
}
