import type { ComponentChildren } from "preact";

export interface ButtonProps {
  kind?: "main" | "plain";
  small?: boolean;
  disabled?: boolean;
  type?: "button" | "submit";
  label?: string;
  onClick?: (event: MouseEvent) => void;
  children: ComponentChildren;
}

export function Button({ kind = "main", small, disabled, type = "button", label, onClick, children }: ButtonProps) {
  return (
    <button
      type={type}
      class={`button ${kind}${small ? " small" : ""}`}
      disabled={disabled}
      aria-label={label}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
