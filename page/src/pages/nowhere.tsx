export default function Nowhere({ route }: { route: { path: string } }) {
  return (
    <div class="lead">
      <h1>Nothing stands here</h1>
      <p class="lead-text">
        This page has no address <code>{route.path}</code>. <a href="#/">To the models</a>
      </p>
    </div>
  );
}
