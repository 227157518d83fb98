export default function Page() {
  return <h1>share</h1>;
}
