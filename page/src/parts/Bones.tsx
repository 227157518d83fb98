/** What stands where text will be, while it is read. */
export function Bones({ lines = 3, label = "Loading" }: { lines?: number; label?: string }) {
  return (
    <div class="bones" role="status">
      <span class="heard">{label}</span>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} aria-hidden="true" />
      ))}
    </div>
  );
}
