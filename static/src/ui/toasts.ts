/** Short messages at the bottom centre: one at a time, six seconds, failures stay until closed. */
import { Store } from "../kit/store.ts";

export interface Toast {
	readonly kind: "info" | "undo" | "failed";
	readonly text: string;
	/** What the button does, with its words: 撤销. */
	readonly action?: { readonly label: string; readonly run: () => void; readonly keys?: string };
	/** How long it stays, in milliseconds; failures stay. */
	readonly staysMs?: number;
}

export const TOAST_MS = 6000;
export const toast = new Store<Toast | null>(null);

export function showToast(shown: Toast): void {
	toast.set(shown);
}

export function hideToast(): void {
	toast.set(null);
}

/** How long a toast stays, in milliseconds; null for good. */
export function toastStayMs(shown: Toast): number | null {
	return shown.kind === "failed" ? null : (shown.staysMs ?? TOAST_MS);
}
