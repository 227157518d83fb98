export default function Page() {
  return <h1>model</h1>;
}
