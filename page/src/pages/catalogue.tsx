export default function Page() {
  return <h1>catalogue</h1>;
}
