export default function Page() {
  return <h1>ask</h1>;
}
