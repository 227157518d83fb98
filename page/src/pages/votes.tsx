export default function Page() {
  return <h1>votes</h1>;
}
