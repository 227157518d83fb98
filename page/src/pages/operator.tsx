export default function Page() {
  return <h1>operator</h1>;
}
