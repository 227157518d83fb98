// What a page throws while it is drawn ends here: it is told where the page would stand, and the next page is a new one.
import { Component, type ComponentChildren } from "preact";
import { FailedNotice } from "../parts/Notice";

export class Boundary extends Component<{ children: ComponentChildren }, { trouble: unknown }> {
  override state: { trouble: unknown } = { trouble: null };

  static override getDerivedStateFromError(trouble: unknown) {
    return { trouble: trouble ?? new Error("unknown") };
  }

  override render() {
    if (this.state.trouble === null) return this.props.children;
    return (
      <>
        <h1>Something here went wrong</h1>
        <FailedNotice trouble={this.state.trouble} what="This page" again={() => this.setState({ trouble: null })} />
      </>
    );
  }
}
