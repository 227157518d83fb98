export default function Page() {
  return <h1>offering</h1>;
}
