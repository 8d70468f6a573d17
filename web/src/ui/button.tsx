import type { ComponentChildren } from "preact";
import { ui } from "kt:messages";

export type ButtonKind = "primary" | "secondary" | "subtle" | "danger";

const CLASS: Record<ButtonKind, string> = {
  primary: "utrecht-button--primary-action",
  secondary: "utrecht-button--secondary-action",
  subtle: "utrecht-button--subtle",
  danger: "kt-button--danger",
};

export const buttonClass = (kind: ButtonKind) => `utrecht-button kt-button ${CLASS[kind]}`;

/* Never disabled: a button that cannot work yet explains itself when pressed. While busy it takes no second press. */
export function Button({ kind = "primary", type = "button", busy, onClick, children }: {
  kind?: ButtonKind; type?: "button" | "submit"; busy?: boolean; onClick?: () => void; children: ComponentChildren;
}) {
  return (
    <button type={type} class={buttonClass(kind)} aria-busy={busy || undefined}
      onClick={(e) => {
        if (busy) e.preventDefault();
        else onClick?.();
      }}>
      {busy ? ui.busy : children}
    </button>
  );
}

export function ButtonLink({ kind = "primary", href, children }: { kind?: ButtonKind; href: string; children: ComponentChildren }) {
  return <a class={buttonClass(kind)} href={href}>{children}</a>;
}
