/** Storages and screens for tests. */
import type { Storage } from "../../../../static/src/ui/screen/screen.ts";

export class MemoryStorage implements Storage {
	full = false;
	readonly kept = new Map<string, string>();

	getItem(key: string): string | null {
		return this.kept.get(key) ?? null;
	}

	setItem(key: string, value: string): void {
		if (this.full) throw new DOMException("full", "QuotaExceededError");
		this.kept.set(key, value);
	}
}

export function aGlass(): { devicePixelRatio: number; screen: { width: number; height: number } } {
	return { devicePixelRatio: 1, screen: { width: 1920, height: 1080 } };
}
